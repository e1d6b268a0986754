//! The files of one commit, read straight from the object database without a checkout.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use git2::{ErrorCode, Oid, Repository};

use super::FILE_BYTES_MAX;
use super::error::is_damage;
use super::links::{Found, Step, walk};
use super::local::entry_kind;
use crate::ports::SourceError;
use crate::render::tree::{EntryKind, ReadTree, TreeEntry, TreeError};

/// Longest target of a symbolic link, as on Linux.
const LINK_BYTES_MAX: usize = 4096;

const MODE_FOLDER: i32 = 0o040_000;
const MODE_LINK: i32 = 0o120_000;
const MODE_SUBMODULE: i32 = 0o160_000;

/// What to do about a mirror that turns out to be damaged while it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recovery {
    /// Open it again: another process may have replaced it.
    Reopen,
    /// Throw it away and fetch anew.
    Refetch,
}

/// Gives the reader of a damaged mirror a better one.
pub(super) type Recover = Box<dyn Fn(Recovery) -> Result<Repository, SourceError> + Send + Sync>;

/// The files of one commit.
pub(super) struct GitTree {
    /// One reader at a time: libgit2's handle is not shared between threads.
    repository: Mutex<Repository>,
    root: Oid,
    /// Folders read so far by their path, names sorted bytewise.
    folders: Mutex<HashMap<String, Arc<[Entry]>>>,
    recover: Option<Recover>,
    is_refetched: AtomicBool,
}

#[derive(Clone, Debug)]
struct Entry {
    name: String,
    id: Oid,
    mode: i32,
}

impl GitTree {
    /// The files of the commit whose root folder is `root`.
    pub(super) fn new(repository: Repository, root: Oid, recover: Option<Recover>) -> Self {
        Self {
            repository: Mutex::new(repository),
            root,
            folders: Mutex::default(),
            recover,
            is_refetched: AtomicBool::new(false),
        }
    }

    /// Runs `job` on the repository; on a damaged mirror once more after fetching it anew.
    fn with_repository<T>(
        &self,
        path: &str,
        job: impl Fn(&Repository) -> Result<T, git2::Error>,
    ) -> Result<T, TreeError> {
        let mut repository = locked(&self.repository);
        let unreadable = |message: String| TreeError::Unreadable { path: path.to_owned(), message };
        let mut result = job(&repository);
        for recovery in [Recovery::Reopen, Recovery::Refetch] {
            let Err(cause) = &result else { break };
            let is_curable = is_damage(cause) || cause.code() == ErrorCode::NotFound;
            let Some(recover) = self.recover.as_ref().filter(|_| is_curable) else { break };
            if recovery == Recovery::Refetch && self.is_refetched.swap(true, Ordering::Relaxed) {
                break;
            }
            match recover(recovery) {
                Ok(better) => *repository = better,
                Err(_) if recovery == Recovery::Reopen => continue,
                Err(error) => return Err(unreadable(error.message)),
            }
            result = job(&repository);
        }
        result.map_err(|cause| unreadable(cause.message().to_owned()))
    }

    /// The entries of the folder at the real path `path`, which must be one.
    fn folder(&self, path: &str) -> Result<Arc<[Entry]>, TreeError> {
        if let Some(entries) = locked(&self.folders).get(path) {
            return Ok(entries.clone());
        }
        let id = if path.is_empty() {
            self.root
        } else {
            let missing = || TreeError::Missing { path: path.to_owned() };
            self.entry(path)?.ok_or_else(missing)?.id
        };
        let mut entries = self.with_repository(path, |repository| {
            let tree = repository.find_tree(id)?;
            let entries = tree.iter().map(|entry| Entry {
                name: String::from_utf8_lossy(entry.name_bytes()).into_owned(),
                id: entry.id(),
                mode: entry.filemode() & 0o170_000,
            });
            Ok(entries.collect::<Vec<_>>())
        })?;
        // Git sorts a folder as if its name ended in a slash.
        entries.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        let entries: Arc<[Entry]> = entries.into();
        locked(&self.folders).insert(path.to_owned(), entries.clone());
        Ok(entries)
    }

    fn entry(&self, path: &str) -> Result<Option<Entry>, TreeError> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let entries = self.folder(parent)?;
        let index = entries.binary_search_by(|entry| entry.name.as_str().cmp(name));
        Ok(index.ok().map(|index| entries[index].clone()))
    }

    fn look(&self, path: &str) -> Result<Step<Oid>, TreeError> {
        let Some(entry) = self.entry(path)? else { return Ok(Step::Missing) };
        match entry.mode {
            MODE_FOLDER => Ok(Step::Directory),
            MODE_SUBMODULE => Err(TreeError::Unreadable {
                path: path.to_owned(),
                message: "is a Git submodule; submodules are not fetched".to_owned(),
            }),
            MODE_LINK => {
                let bytes = self.read_blob(path, entry.id, LINK_BYTES_MAX as u64)?;
                Ok(Step::Link(String::from_utf8_lossy(&bytes).into_owned()))
            }
            _ => Ok(Step::File(entry.id)),
        }
    }

    fn find(&self, path: &str) -> Result<Found<Oid>, TreeError> {
        walk(path, |path| self.look(path))
    }

    fn read_blob(&self, path: &str, id: Oid, limit_bytes: u64) -> Result<Arc<[u8]>, TreeError> {
        let bytes = self.with_repository(path, |repository| {
            let odb = repository.odb()?;
            let (size, _) = odb.read_header(id)?;
            if size as u64 > limit_bytes {
                return Ok(None);
            }
            Ok(Some(Arc::from(odb.read(id)?.data())))
        })?;
        bytes.ok_or_else(|| TreeError::TooLarge { path: path.to_owned(), limit_bytes })
    }
}

impl ReadTree for GitTree {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, TreeError> {
        match self.find(path)? {
            Found::File(id) => self.read_blob(path, id, FILE_BYTES_MAX),
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
        let entries = self.folder(&real)?;
        let listed = entries.iter().map(|entry| {
            let kind = match entry.mode {
                MODE_FOLDER => EntryKind::Directory,
                MODE_SUBMODULE => EntryKind::Missing,
                MODE_LINK => self.kind(&child(&real, &entry.name))?,
                _ => EntryKind::File,
            };
            Ok(TreeEntry { name: entry.name.clone(), kind })
        });
        listed.collect()
    }
}

impl fmt::Debug for GitTree {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("GitTree").field("root", &self.root).finish_non_exhaustive()
    }
}

fn child(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A panic elsewhere leaves nothing half-done behind these locks.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
