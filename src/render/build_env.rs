//! The build environment: `$ARGOCD_APP_NAME` and its like in the options of a source.
//!
//! Matches Argo CD 3.5, which expands as Go's `os.Expand` does: `$NAME` and `${NAME}`, unknown
//! names become nothing, `$$` is a dollar, a dollar before anything else stays. Only images,
//! values of common labels and, where asked for, values of common annotations are expanded.

use std::borrow::Cow;

use crate::model::source::KustomizeOptions;

/// Lengths of the shortened revisions.
const SHORT: usize = 7;
const SHORT_8: usize = 8;

/// What the variables stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildEnv {
    /// `ARGOCD_APP_NAME`.
    pub application_name: String,
    /// `ARGOCD_APP_NAMESPACE`: the namespace of the destination.
    pub namespace: String,
    /// `ARGOCD_APP_PROJECT_NAME`.
    pub project_name: String,
    /// `ARGOCD_APP_REVISION`: the resolved commit; also shortened as `…_SHORT` and `…_SHORT_8`.
    pub revision: String,
    /// `ARGOCD_APP_SOURCE_REPO_URL`.
    pub repo_url: String,
    /// `ARGOCD_APP_SOURCE_PATH`.
    pub path: String,
    /// `ARGOCD_APP_SOURCE_TARGET_REVISION`.
    pub target_revision: String,
}

impl BuildEnv {
    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let shortened = |length: usize| {
            let end = self.revision.char_indices().nth(length).map(|(index, _)| index);
            &self.revision[..end.unwrap_or(self.revision.len())]
        };
        Some(match name {
            "ARGOCD_APP_NAME" => &self.application_name,
            "ARGOCD_APP_NAMESPACE" => &self.namespace,
            "ARGOCD_APP_PROJECT_NAME" => &self.project_name,
            "ARGOCD_APP_REVISION" => &self.revision,
            "ARGOCD_APP_REVISION_SHORT" => shortened(SHORT),
            "ARGOCD_APP_REVISION_SHORT_8" => shortened(SHORT_8),
            "ARGOCD_APP_SOURCE_REPO_URL" => &self.repo_url,
            "ARGOCD_APP_SOURCE_PATH" => &self.path,
            "ARGOCD_APP_SOURCE_TARGET_REVISION" => &self.target_revision,
            _ => return None,
        })
    }

    /// `text` with its variables expanded.
    #[must_use]
    pub fn expand<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !text.contains('$') {
            return Cow::Borrowed(text);
        }
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            expanded.push_str(before);
            let (reference, length) = reference(after);
            match reference {
                Reference::Name("$") | Reference::Dollar => expanded.push('$'),
                Reference::Name(name) => expanded.push_str(self.get(name).unwrap_or("")),
                Reference::Broken => {}
            }
            rest = &after[length..];
        }
        expanded.push_str(rest);
        Cow::Owned(expanded)
    }

    /// The options with the variables in them expanded.
    #[must_use]
    pub fn expand_kustomize(&self, options: &KustomizeOptions) -> KustomizeOptions {
        let expand = |text: &mut String| {
            if let Cow::Owned(expanded) = self.expand(text) {
                *text = expanded;
            }
        };
        let mut options = options.clone();
        options.images.iter_mut().for_each(expand);
        options.common_labels.values_mut().for_each(expand);
        if options.common_annotations_envsubst {
            options.common_annotations.values_mut().for_each(expand);
        }
        options
    }
}

/// What follows a dollar.
#[derive(Debug, PartialEq, Eq)]
enum Reference<'a> {
    Name(&'a str),
    /// No name: the dollar stands for itself.
    Dollar,
    /// `${}` or an unclosed `${`: dropped.
    Broken,
}

/// The reference at the start of `text` and how long it is.
fn reference(text: &str) -> (Reference<'_>, usize) {
    if let Some(inner) = text.strip_prefix('{') {
        return match inner.find('}') {
            Some(0) => (Reference::Broken, 2),
            Some(end) => (Reference::Name(&inner[..end]), end + 2),
            None => (Reference::Broken, 1),
        };
    }
    if text.starts_with(|c: char| "*#$@!?-".contains(c) || c.is_ascii_digit()) {
        return (Reference::Name(&text[..1]), 1);
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match text.find(|c| !is_name(c)).unwrap_or(text.len()) {
        0 => (Reference::Dollar, 0),
        end => (Reference::Name(&text[..end]), end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> BuildEnv {
        BuildEnv {
            application_name: "web".to_owned(),
            namespace: "prod".to_owned(),
            revision: "0123456789abcdef".to_owned(),
            ..BuildEnv::default()
        }
    }

    #[test]
    fn variables_are_expanded() {
        let check = |text: &str, want: &str| assert_eq!(environment().expand(text), want, "{text}");
        check("plain", "plain");
        check("$ARGOCD_APP_NAME-x", "web-x");
        check("${ARGOCD_APP_NAME}x", "webx");
        check("$ARGOCD_APP_NAMEx", "");
        check("a:$ARGOCD_APP_REVISION_SHORT", "a:0123456");
        check("$ARGOCD_APP_REVISION_SHORT_8", "01234567");
        check("$HOME/$ARGOCD_APP_NAMESPACE", "/prod");
        check("$$ARGOCD_APP_NAME", "$ARGOCD_APP_NAME");
        check("5$ and $.", "5$ and $.");
        check("${}a${b", "ab");
        check("$1a", "a");
        check("end$", "end$");
    }

    #[test]
    fn images_and_labels_are_expanded_and_annotations_on_request() {
        let pair = || [("k".to_owned(), "$ARGOCD_APP_NAME".to_owned())].into();
        let mut options = KustomizeOptions {
            images: vec!["a:$ARGOCD_APP_REVISION_SHORT".to_owned()],
            common_labels: pair(),
            common_annotations: pair(),
            ..KustomizeOptions::default()
        };
        let expanded = environment().expand_kustomize(&options);
        assert_eq!(expanded.images, ["a:0123456"]);
        assert_eq!(expanded.common_labels["k"], "web");
        assert_eq!(expanded.common_annotations["k"], "$ARGOCD_APP_NAME");
        options.common_annotations_envsubst = true;
        let expanded = environment().expand_kustomize(&options);
        assert_eq!(expanded.common_annotations["k"], "web");
    }
}
