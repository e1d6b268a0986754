//! Walks a path through a tree, symbolic links followed inside it only. Shared by commits and
//! folders; knows neither Git nor the disk.

use crate::render::tree::TreeError;

/// As many links on one path as Linux follows.
const LINKS_MAX: usize = 40;
/// Longest path, in parts, links unfolded; a bound for links that grow.
const PARTS_MAX: usize = 4096;

/// What lies at a path whose parent is a real folder, links not followed.
pub(super) enum Step<F> {
    /// Nothing.
    Missing,
    /// A folder.
    Directory,
    /// A file, with what is needed to read it.
    File(F),
    /// A symbolic link and where it leads.
    Link(String),
}

/// Where a walk ended.
#[derive(Debug)]
pub(super) enum Found<F> {
    /// Nothing is there.
    Missing,
    /// A folder, by its real path.
    Directory(String),
    /// A file.
    File(F),
}

/// Follows `path` from the root of a tree. `look` tells what lies at a real path.
pub(super) fn walk<F>(
    path: &str,
    mut look: impl FnMut(&str) -> Result<Step<F>, TreeError>,
) -> Result<Found<F>, TreeError> {
    let mut pending: Vec<String> = parts(path);
    let mut real = String::new();
    let mut links = 0;
    while let Some(name) = pending.pop() {
        if name == ".." {
            real = parent(&real).ok_or_else(|| TreeError::Escapes { path: path.to_owned() })?;
            continue;
        }
        let candidate = if real.is_empty() { name } else { format!("{real}/{name}") };
        match look(&candidate)? {
            Step::Directory => real = candidate,
            Step::File(file) if pending.is_empty() => return Ok(Found::File(file)),
            Step::File(_) | Step::Missing => return Ok(Found::Missing),
            Step::Link(target) => {
                links += 1;
                if links > LINKS_MAX || pending.len() > PARTS_MAX {
                    return Err(TreeError::LinkLoop { path: path.to_owned() });
                }
                if target.starts_with('/') {
                    return Err(TreeError::Escapes { path: path.to_owned() });
                }
                pending.extend(parts(&target));
            }
        }
    }
    Ok(Found::Directory(real))
}

/// The parts of a path, last first.
fn parts(path: &str) -> Vec<String> {
    let parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts.rev().map(str::to_owned).collect()
}

fn parent(real: &str) -> Option<String> {
    if real.is_empty() {
        return None;
    }
    Some(real.rsplit_once('/').map(|(parent, _)| parent.to_owned()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(path: &str) -> Step<String> {
        match path {
            "a" | "a/b" => Step::Directory,
            "a/f" | "a/b/f" => Step::File(path.to_owned()),
            "a/to-b" => Step::Link("./b".to_owned()),
            "a/b/up" => Step::Link("../f".to_owned()),
            "out" => Step::Link("a/../../etc".to_owned()),
            "root" => Step::Link("/etc".to_owned()),
            "loop" => Step::Link("loop".to_owned()),
            "grow" => Step::Link("grow/x".to_owned()),
            _ => Step::Missing,
        }
    }

    fn check(path: &str, want: &str) {
        let got = match walk(path, |path| Ok(look(path))) {
            Ok(Found::Missing) => "missing".to_owned(),
            Ok(Found::Directory(real)) => format!("folder {real}"),
            Ok(Found::File(real)) => format!("file {real}"),
            Err(TreeError::Escapes { path }) => format!("escapes {path}"),
            Err(TreeError::LinkLoop { path }) => format!("loop {path}"),
            Err(other) => other.to_string(),
        };
        assert_eq!(got, want, "{path}");
    }

    #[test]
    fn links_are_followed_inside_the_tree_only() {
        check("", "folder ");
        check("a/./b/", "folder a/b");
        check("a/to-b/f", "file a/b/f");
        check("a/to-b/up", "file a/f");
        check("a/b/../f", "file a/f");
        check("a/f/x", "missing");
        check("nothing/x", "missing");
        check("..", "escapes ..");
        check("out/passwd", "escapes out/passwd");
        check("root", "escapes root");
        check("loop", "loop loop");
        check("grow", "loop grow");
    }
}
