//! Plain YAML and JSON files of a folder.
//!
//! Matches Argo CD 3.5: files named `*.yaml`, `*.yml` and `*.json` (hidden ones too), folders
//! below only with `recurse`, in the order of a walk that sorts each folder by name; `exclude`
//! is asked before `include`, both about the path relative to the source; a file that holds the
//! skip marker is left out. Jsonnet files are refused. Two points differ on purpose: files that
//! do not look like Kubernetes objects are left out with a warning instead of silently, and JSON
//! files follow the same rule instead of failing.

use super::{RenderError, RenderLimits, Rendered, source_overrides};
use crate::model::source::DirectoryOptions;
use crate::model::{Manifest, Origin};
use crate::render::tree::{EntryKind, ReadTree, TreeError, join};
use crate::support::glob::{Glob, Separator};
use crate::yaml::{FileId, Node, Position, ReadOptions, Text, read_documents, read_json};

/// A file with these words anywhere in it is not rendered.
const SKIP_MARKER: &str = "+argocd:skip-file-rendering";
/// Deeper folders are refused: symbolic links may lead in circles.
const DEPTH_MAX: usize = 64;
/// More entries are refused, for the same reason.
const ENTRIES_MAX: usize = 500_000;

/// Renders the files in the folder at `path`.
pub(super) fn render(
    tree: &dyn ReadTree,
    path: &str,
    options: &DirectoryOptions,
    limits: RenderLimits,
) -> Result<Rendered, RenderError> {
    let mut walk = Walk { tree, recurse: options.recurse, files: Vec::new(), entries: 0 };
    walk.folder(path, "", 0)?;
    let filter = Filter::new(options)?;
    let mut rendered = Rendered::default();
    let mut bytes = 0_u64;
    for relative in walk.files.iter().filter(|file| filter.takes(file)) {
        let file = join(path, relative).unwrap_or_default();
        if has_extension(relative, "jsonnet") {
            let what = format!("{file}: jsonnet files");
            return Err(RenderError::Unsupported { what });
        }
        let content =
            tree.read(&file).map_err(|source| RenderError::Tree { path: file.clone(), source })?;
        bytes = bytes.saturating_add(content.len() as u64);
        if bytes > limits.bytes {
            return Err(RenderError::TooLarge { path: path.to_owned(), limit_bytes: limits.bytes });
        }
        read_file(&file, &content, &mut rendered)?;
    }
    Ok(rendered)
}

struct Walk<'a> {
    tree: &'a dyn ReadTree,
    recurse: bool,
    /// Paths relative to the source.
    files: Vec<String>,
    entries: usize,
}

impl Walk<'_> {
    fn folder(&mut self, path: &str, relative: &str, depth: usize) -> Result<(), RenderError> {
        let fail = |source: TreeError| RenderError::Tree { path: path.to_owned(), source };
        if depth > DEPTH_MAX {
            let message = format!(
                "folders are nested more than {DEPTH_MAX} deep; does a symbolic link lead back?"
            );
            return Err(fail(TreeError::Unreadable { path: path.to_owned(), message }));
        }
        for entry in self.tree.list(path).map_err(fail)? {
            self.entries += 1;
            if self.entries > ENTRIES_MAX {
                let message = format!("more than {ENTRIES_MAX} files");
                return Err(fail(TreeError::Unreadable { path: path.to_owned(), message }));
            }
            let below = join(relative, &entry.name).unwrap_or_default();
            match entry.kind {
                EntryKind::Directory if self.recurse => {
                    self.folder(&join(path, &entry.name).unwrap_or_default(), &below, depth + 1)?;
                }
                EntryKind::File if is_manifest_file(&entry.name) => self.files.push(below),
                _ => {}
            }
        }
        Ok(())
    }
}

fn is_manifest_file(name: &str) -> bool {
    ["yaml", "yml", "json", "jsonnet"].iter().any(|extension| has_extension(name, extension))
        && !source_overrides::is_overrides_file(name)
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found == extension)
}

struct Filter {
    include: Option<Glob>,
    exclude: Option<Glob>,
}

impl Filter {
    fn new(options: &DirectoryOptions) -> Result<Self, RenderError> {
        let glob = |option: &'static str, pattern: &str| {
            let glob = (!pattern.is_empty()).then(|| Glob::new(pattern, Separator::None));
            glob.transpose().map_err(|source| RenderError::Glob { option, source })
        };
        Ok(Self {
            include: glob("directory.include", &options.include)?,
            exclude: glob("directory.exclude", &options.exclude)?,
        })
    }

    fn takes(&self, relative: &str) -> bool {
        !self.exclude.as_ref().is_some_and(|glob| glob.matches(relative))
            && self.include.as_ref().is_none_or(|glob| glob.matches(relative))
    }
}

/// Reads one file and adds its objects.
fn read_file(file: &str, content: &[u8], rendered: &mut Rendered) -> Result<(), RenderError> {
    let Ok(text) = std::str::from_utf8(content) else {
        return Err(RenderError::Encoding { file: file.to_owned() });
    };
    if text.contains(SKIP_MARKER) {
        return Ok(());
    }
    let id = rendered.files.add(file);
    let name: Text = file.into();
    let documents = if has_extension(file, "json") {
        read_json(text, id, &name).map(|root| (vec![at_start(root, id)], Vec::new()))
    } else {
        let options = ReadOptions::manifests(id, file);
        let read = read_documents(text, &options);
        read.map(|(documents, warnings)| {
            let roots = documents.into_iter().map(|document| document.root);
            (roots.collect(), warnings)
        })
    };
    let (documents, warnings): (Vec<Node>, Vec<_>) = match documents {
        Ok(read) => read,
        Err(error) => return Err(RenderError::Yaml(Box::new(error))),
    };
    rendered.warnings.extend(warnings.into_iter().map(|warning| warning.message));
    if !documents.is_empty() && !documents.iter().any(looks_like_object) {
        let reason = "it does not look like a Kubernetes object (no apiVersion, no kind)";
        rendered.warnings.push(format!("{file}: left out, {reason}"));
        return Ok(());
    }
    rendered.manifests.extend(documents.into_iter().map(|root| {
        let origin = Origin { source_index: 0, file: name.clone(), position: root.position };
        Manifest { root, origin }
    }));
    Ok(())
}

/// JSON nodes do not know their line: the object is where the file starts.
fn at_start(root: Node, file: FileId) -> Node {
    root.at(Position { file, line: 1 })
}

fn looks_like_object(root: &Node) -> bool {
    root.get("apiVersion").is_some() || root.get("kind").is_some()
}

#[cfg(test)]
#[path = "directory_tests.rs"]
mod tests;
