//! A folder on disk as a source: `--local` and `kustomize build DIR`. Shows what a commit would
//! show, so the folder's own `.git` is hidden.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::links::{Found, Step, walk};
use super::{FILE_BYTES_MAX, error};
use crate::ports::{ResolvedSource, SourceError, SourceErrorKind};
use crate::render::tree::{EntryKind, ReadTree, TreeEntry, TreeError};

/// Opens the folder at `path` as a source.
pub fn open_local(path: &Path) -> Result<ResolvedSource, SourceError> {
    let tree = LocalTree::open(path)?;
    let revision = format!("folder {}", tree.root.display());
    Ok(ResolvedSource { revision, tree: Arc::new(tree) })
}

/// The files below a folder on disk.
#[derive(Debug)]
pub struct LocalTree {
    /// Absolute, without symbolic links.
    root: PathBuf,
}

impl LocalTree {
    /// The files below `root`.
    pub fn open(root: &Path) -> Result<Self, SourceError> {
        let missing =
            |message: String| error::source_error(SourceErrorKind::RepositoryMissing, message);
        let real = root.canonicalize().map_err(|cause| {
            missing(format!("folder {} cannot be opened: {cause}", root.display()))
        })?;
        if !real.is_dir() {
            return Err(missing(format!("{} is not a folder", root.display())));
        }
        Ok(Self { root: real })
    }

    /// The folder itself, absolute and without symbolic links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn look(&self, path: &str) -> Result<Step<PathBuf>, TreeError> {
        if path == ".git" {
            return Ok(Step::Missing);
        }
        let full = self.root.join(path);
        let metadata = match full.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(cause) if is_missing(&cause) => return Ok(Step::Missing),
            Err(cause) => return Err(unreadable(path, &cause)),
        };
        if metadata.is_dir() {
            return Ok(Step::Directory);
        }
        if !metadata.is_symlink() {
            return Ok(Step::File(full));
        }
        let target = fs::read_link(&full).map_err(|cause| unreadable(path, &cause))?;
        // An absolute link into the folder itself is as good as a relative one.
        let inside = target.strip_prefix(&self.root).map(|inside| {
            let ups = "../".repeat(path.matches('/').count());
            format!("{ups}{}", inside.display())
        });
        let target = inside.ok().or_else(|| target.to_str().map(str::to_owned));
        let not_text = || TreeError::Unreadable {
            path: path.to_owned(),
            message: "the symbolic link's target is not valid UTF-8".to_owned(),
        };
        target.map(Step::Link).ok_or_else(not_text)
    }

    fn find(&self, path: &str) -> Result<Found<PathBuf>, TreeError> {
        walk(path, |path| self.look(path))
    }
}

impl ReadTree for LocalTree {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, TreeError> {
        match self.find(path)? {
            Found::File(full) => read_file(path, &full),
            Found::Directory(_) => {
                Err(TreeError::WrongKind { path: path.to_owned(), wanted: "file" })
            }
            Found::Missing => Err(TreeError::Missing { path: path.to_owned() }),
        }
    }

    fn kind(&self, path: &str) -> Result<EntryKind, TreeError> {
        Ok(entry_kind(&self.find(path)?))
    }

    fn list(&self, path: &str) -> Result<Vec<TreeEntry>, TreeError> {
        let real = match self.find(path)? {
            Found::Directory(real) => real,
            Found::File(_) => {
                return Err(TreeError::WrongKind { path: path.to_owned(), wanted: "folder" });
            }
            Found::Missing => return Err(TreeError::Missing { path: path.to_owned() }),
        };
        let folder =
            fs::read_dir(self.root.join(&real)).map_err(|cause| unreadable(path, &cause))?;
        let mut entries = Vec::new();
        for entry in folder {
            let name = entry.map_err(|cause| unreadable(path, &cause))?.file_name();
            let Some(name) = name.to_str() else {
                return Err(TreeError::Unreadable {
                    path: path.to_owned(),
                    message: format!("the name {} is not valid UTF-8", name.display()),
                });
            };
            if real.is_empty() && name == ".git" {
                continue;
            }
            let inside = if real.is_empty() { name.to_owned() } else { format!("{real}/{name}") };
            let kind = entry_kind(&self.find(&inside)?);
            entries.push(TreeEntry { name: name.to_owned(), kind });
        }
        entries.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        Ok(entries)
    }
}

fn read_file(path: &str, full: &Path) -> Result<Arc<[u8]>, TreeError> {
    // Opening a pipe or a device could wait for ever.
    let metadata = full.metadata().map_err(|cause| unreadable(path, &cause))?;
    if !metadata.is_file() {
        return Err(TreeError::WrongKind { path: path.to_owned(), wanted: "file" });
    }
    let file = File::open(full).map_err(|cause| unreadable(path, &cause))?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| unreadable(path, &cause))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(TreeError::TooLarge { path: path.to_owned(), limit_bytes: FILE_BYTES_MAX });
    }
    Ok(bytes.into())
}

pub(super) fn entry_kind<F>(found: &Found<F>) -> EntryKind {
    match found {
        Found::Missing => EntryKind::Missing,
        Found::Directory(_) => EntryKind::Directory,
        Found::File(_) => EntryKind::File,
    }
}

fn is_missing(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn unreadable(path: &str, cause: &io::Error) -> TreeError {
    TreeError::Unreadable { path: path.to_owned(), message: cause.to_string() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn sample() -> (tempfile::TempDir, LocalTree) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("app/.git")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        File::create(root.join("app/b.yaml")).unwrap();
        File::create(root.join("app/a.yaml")).unwrap();
        let tree = LocalTree::open(root).unwrap();
        (folder, tree)
    }

    #[test]
    fn names_are_sorted_and_the_git_folder_is_hidden() {
        let (_folder, tree) = sample();
        let names = |path| -> Vec<String> {
            tree.list(path).unwrap().into_iter().map(|entry| entry.name).collect()
        };
        assert_eq!(names(""), ["app"]);
        assert_eq!(names("app"), [".git", "a.yaml", "b.yaml"]);
        assert_eq!(tree.kind(".git/config"), Ok(EntryKind::Missing));
    }

    #[test]
    fn links_inside_are_followed_and_links_out_of_the_folder_refused() {
        let (folder, tree) = sample();
        let root = folder.path().canonicalize().unwrap();
        symlink("a.yaml", root.join("app/relative")).unwrap();
        symlink(root.join("app/a.yaml"), root.join("app/absolute")).unwrap();
        assert_eq!(tree.kind("app/relative"), Ok(EntryKind::File));
        assert_eq!(tree.kind("app/absolute"), Ok(EntryKind::File));
        assert!(tree.read("app/absolute").is_ok());
        symlink("/etc/passwd", root.join("app/out")).unwrap();
        assert!(matches!(tree.read("app/out"), Err(TreeError::Escapes { .. })));
        assert!(matches!(tree.list("app"), Err(TreeError::Escapes { .. })));
        assert!(matches!(tree.read("../x"), Err(TreeError::Escapes { .. })));
    }

    #[test]
    fn a_file_over_the_limit_is_refused() {
        let (folder, tree) = sample();
        let big = File::create(folder.path().join("big")).unwrap();
        big.set_len(FILE_BYTES_MAX + 1).unwrap();
        assert!(matches!(tree.read("big"), Err(TreeError::TooLarge { .. })));
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = LocalTree::open(Path::new("/no/such/folder")).unwrap_err();
        assert_eq!(error.kind, SourceErrorKind::RepositoryMissing);
        assert!(error.message.contains("/no/such/folder"));
    }
}
