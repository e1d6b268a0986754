//! An image reference taken apart: name, tag, digest.

/// The parts of `[registry/]name[:tag][@digest]`, the way kustomize v5.8.2 cuts them: up to the
/// first slash nothing counts as tag or digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageReference<'a> {
    /// Registry, repository and name.
    pub name: &'a str,
    /// What follows the colon, `""` when there is none.
    pub tag: &'a str,
    /// What follows the `@`, `""` when there is none.
    pub digest: &'a str,
}

impl<'a> ImageReference<'a> {
    /// Cuts `image`.
    #[must_use]
    pub fn parse(image: &'a str) -> Self {
        let start = image.find('/').unwrap_or(0);
        let at = image[start..].find('@').map(|index| start + index);
        let (named, digest) = match at {
            Some(at) => (&image[..at], image[at..].trim_start_matches('@')),
            None => (image, ""),
        };
        let colon = named.get(start..).and_then(|rest| rest.find(':')).map(|index| start + index);
        let (name, tag) = match colon {
            Some(colon) => (&named[..colon], &named[colon + 1..]),
            None => (named, ""),
        };
        Self { name, tag, digest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_cut_at_tag_and_digest() {
        let check = |image: &str, name: &str, tag: &str, digest: &str| {
            assert_eq!(
                ImageReference::parse(image),
                ImageReference { name, tag, digest },
                "{image}"
            );
        };
        check("nginx", "nginx", "", "");
        check("nginx:1.27", "nginx", "1.27", "");
        check("nginx:", "nginx", "", "");
        check("nginx@sha256:ab", "nginx", "", "sha256:ab");
        check("nginx:1@sha256:ab", "nginx", "1", "sha256:ab");
        check("host:5000/team/app", "host:5000/team/app", "", "");
        check("host:5000/team/app:2", "host:5000/team/app", "2", "");
    }
}
