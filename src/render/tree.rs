//! Read-only files of one source: a commit, a folder on disk, a map in memory.
//!
//! Paths are relative to the root of the tree, `/`-separated, without `.` and `..`; the root is
//! `""`. Symbolic links are followed inside the tree only.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

/// Read-only files of one source.
pub trait ReadTree: Send + Sync {
    /// The bytes of the file at `path`, links followed.
    fn read(&self, path: &str) -> Result<Arc<[u8]>, TreeError>;

    /// What is at `path`, links followed.
    fn kind(&self, path: &str) -> Result<EntryKind, TreeError>;

    /// The names in the folder at `path`, sorted bytewise, links followed for their kind.
    fn list(&self, path: &str) -> Result<Vec<TreeEntry>, TreeError>;
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Directory,
    /// Nothing.
    Missing,
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// The name, without folders.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// Why a tree could not be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TreeError {
    /// Nothing is there.
    #[error("{path}: no such file or folder")]
    Missing {
        /// Where.
        path: String,
    },
    /// A folder was wanted and a file found, or the reverse.
    #[error("{path}: not a {wanted}")]
    WrongKind {
        /// Where.
        path: String,
        /// `file` or `folder`.
        wanted: &'static str,
    },
    /// A path or symbolic link leaves the tree.
    #[error("{path}: leads out of the repository")]
    Escapes {
        /// Where.
        path: String,
    },
    /// Symbolic links that lead to each other.
    #[error("{path}: too many levels of symbolic links")]
    LinkLoop {
        /// Where.
        path: String,
    },
    /// The file is larger than the limit.
    #[error("{path}: larger than {limit_bytes} bytes")]
    TooLarge {
        /// Where.
        path: String,
        /// The limit.
        limit_bytes: u64,
    },
    /// The disk or the object database failed.
    #[error("{path}: {message}")]
    Unreadable {
        /// Where.
        path: String,
        /// What the system said.
        message: String,
    },
}

/// Joins `base` and `relative` and resolves `.` and `..`; `None` when that leaves the tree.
pub fn join(base: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Files in memory: for tests and for sources that are made, not read.
#[derive(Clone, Debug, Default)]
pub struct MemoryTree {
    files: BTreeMap<String, Arc<[u8]>>,
}

impl MemoryTree {
    /// A tree of `(path, text)` pairs.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().into()));
        Self { files: files.collect() }
    }

    fn below(&self, path: &str) -> impl Iterator<Item = &str> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        self.files.keys().filter_map(move |file| file.strip_prefix(prefix.as_str()))
    }
}

impl ReadTree for MemoryTree {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, TreeError> {
        match self.kind(path)? {
            EntryKind::File => Ok(self.files[path].clone()),
            EntryKind::Directory => {
                Err(TreeError::WrongKind { path: path.to_owned(), wanted: "file" })
            }
            EntryKind::Missing => Err(TreeError::Missing { path: path.to_owned() }),
        }
    }

    fn kind(&self, path: &str) -> Result<EntryKind, TreeError> {
        Ok(if self.files.contains_key(path) {
            EntryKind::File
        } else if path.is_empty() || self.below(path).next().is_some() {
            EntryKind::Directory
        } else {
            EntryKind::Missing
        })
    }

    fn list(&self, path: &str) -> Result<Vec<TreeEntry>, TreeError> {
        let mut entries: BTreeMap<&str, EntryKind> = BTreeMap::new();
        for file in self.below(path) {
            match file.split_once('/') {
                Some((folder, _)) => entries.insert(folder, EntryKind::Directory),
                None => entries.insert(file, EntryKind::File),
            };
        }
        let entry = |(name, kind): (&str, EntryKind)| TreeEntry { name: name.to_owned(), kind };
        Ok(entries.into_iter().map(entry).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn join_resolves_dots_and_refuses_to_leave_the_tree() {
        assert_eq!(join("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(join("", "x//y").as_deref(), Some("x/y"));
        assert_eq!(join("a", "../.."), None);
    }

    #[test]
    fn a_memory_tree_lists_files_and_folders() {
        let tree = MemoryTree::new([("a/x.yaml", "x: 1"), ("a/b/y.yaml", ""), ("z", "")]);
        let names: Vec<_> = tree.list("a").unwrap().into_iter().map(|e| e.name).collect();
        assert_eq!(names, ["b", "x.yaml"]);
        assert_eq!(tree.kind("a/b"), Ok(EntryKind::Directory));
        assert_eq!(&*tree.read("a/x.yaml").unwrap(), b"x: 1");
        assert!(matches!(tree.read("a"), Err(TreeError::WrongKind { .. })));
    }
}
