//! One bare mirror per repository in the user's cache: made in one step, locked between
//! processes while it changes, thrown away when it is damaged.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process;
use std::thread;
use std::time::Duration;

use git2::{Oid, Repository, RepositoryInitOptions};

use super::error::{Failure, cache_error, judge, source_error};
use super::git_remote::RemoteContext;
use super::url::short_hash;
use crate::ports::{SourceError, SourceErrorKind};

/// Wait between two looks at a lock that another process holds.
const LOCK_TICK: Duration = Duration::from_millis(50);
/// Looks before giving up: ten minutes, enough for a first fetch of a large repository.
const LOCK_LOOKS_MAX: u32 = 12_000;
/// Fetches leave a pack each; from this many on, a new mirror is smaller and faster.
const PACKS_MAX: usize = 200;

/// The mirror of one repository.
#[derive(Clone, Debug)]
pub(super) struct Mirror {
    folder: PathBuf,
    display: String,
}

/// Held while a mirror changes; released when dropped.
#[derive(Debug)]
pub(super) struct MirrorLock {
    _file: File,
}

impl Mirror {
    /// The mirror of the repository in `context`, below `cache_dir`. Touches nothing yet.
    pub(super) fn new(cache_dir: &Path, context: &RemoteContext) -> Self {
        let folder = cache_dir.join("git").join(context.repository.folder_name());
        Self { folder, display: context.repository.display.clone() }
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Opens it; a mirror that is not there yet is damaged too.
    pub(super) fn open(&self) -> Result<Repository, Failure> {
        Repository::open_bare(&self.folder).map_err(|cause| judge(&self.display, &cause))
    }

    /// The root folder of `commit`, `None` when the mirror does not have the commit.
    pub(super) fn root_of(
        &self,
        repository: &Repository,
        commit: Oid,
    ) -> Result<Option<Oid>, Failure> {
        root_of(repository, commit).map_err(|cause| judge(&self.display, &cause))
    }

    /// Locks it against other processes, waiting for those that have it.
    pub(super) fn lock(&self, context: &RemoteContext) -> Result<MirrorLock, SourceError> {
        let parent = self.folder.parent().unwrap_or(&self.folder);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(parent)
            .map_err(|cause| unusable(parent, &cause))?;
        let path = self.beside("lock");
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(|cause| unusable(&path, &cause))?;
        for look in 0..LOCK_LOOKS_MAX {
            match file.try_lock() {
                Ok(()) => return Ok(MirrorLock { _file: file }),
                Err(TryLockError::Error(cause)) => return Err(unusable(&path, &cause)),
                Err(TryLockError::WouldBlock) if look == 0 => {
                    tracing::warn!(repository = %self.display,
                        "waiting for another process that is fetching the repository");
                }
                Err(TryLockError::WouldBlock) => {}
            }
            context.check_interrupt()?;
            thread::sleep(LOCK_TICK);
        }
        let message = format!(
            "repository {}: another process has been fetching it for ten minutes ({} is locked)",
            self.display,
            path.display()
        );
        Err(source_error(SourceErrorKind::Cache, message))
    }

    /// Makes an empty mirror where there is none, and clears what a killed process left behind.
    /// Call it with the lock held.
    pub(super) fn prepare(&self) -> Result<(), SourceError> {
        self.remove_leftovers();
        if self.folder.exists() {
            return Ok(());
        }
        let fresh = self.beside(&format!("new-{}", process::id()));
        let mut options = RepositoryInitOptions::new();
        options.bare(true).external_template(false).no_reinit(true);
        Repository::init_opts(&fresh, &options).map_err(|cause| {
            cache_error(format!("cache {}: {}", fresh.display(), cause.message()))
        })?;
        fs::rename(&fresh, &self.folder).map_err(|cause| unusable(&self.folder, &cause))
    }

    /// Throws the mirror away. Call it with the lock held.
    pub(super) fn discard(&self) -> Result<(), SourceError> {
        let aside = self.beside(&format!("old-{}", process::id()));
        match fs::rename(&self.folder, &aside) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                return Err(unusable(&self.folder, &cause));
            }
            _ => {}
        }
        remove_folder(&aside);
        Ok(())
    }

    /// Whether so many packs have piled up that starting anew is better.
    pub(super) fn is_worn_out(&self) -> bool {
        let Ok(packs) = fs::read_dir(self.folder.join("objects/pack")) else { return false };
        let names = packs.filter_map(Result::ok).map(|entry| entry.path());
        names.filter(|path| path.extension().is_some_and(|kind| kind == "idx")).count() > PACKS_MAX
    }

    /// Points a reference of ours at `commit`, so that later fetches know it is here. Flat and
    /// hashed: branches `a` and, later, `a/b` would get into each other's way.
    pub(super) fn remember(
        &self,
        repository: &Repository,
        name: &str,
        commit: Oid,
    ) -> Result<(), Failure> {
        let name = format!("refs/tiphys/{}", short_hash(name));
        let written = repository.reference(&name, commit, true, "fetch");
        written.map(drop).map_err(|cause| judge(&self.display, &cause))
    }

    /// A path beside the mirror's folder, hidden from listings of mirrors.
    fn beside(&self, suffix: &str) -> PathBuf {
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        self.folder.with_file_name(format!(".{name}.{suffix}"))
    }

    /// Half-made and half-removed mirrors and half-received packs, all safe to remove since the
    /// lock is held.
    fn remove_leftovers(&self) {
        let parent = self.folder.parent().unwrap_or(&self.folder);
        let stale = [self.beside("new-"), self.beside("old-")];
        let stale = stale.map(|path| path.file_name().unwrap_or_default().to_owned());
        for entry in fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok) {
            let name = entry.file_name();
            let is_stale = stale.iter().any(|prefix| {
                name.to_string_lossy().starts_with(prefix.to_string_lossy().as_ref())
            });
            if is_stale {
                remove_folder(&entry.path());
            }
        }
        let packs = fs::read_dir(self.folder.join("objects/pack"));
        for entry in packs.into_iter().flatten().filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().contains("_git2_") {
                remove_file(&entry.path());
            }
        }
    }
}

/// The root folder of `commit`, `None` when the repository does not have the commit.
pub(super) fn root_of(repository: &Repository, commit: Oid) -> Result<Option<Oid>, git2::Error> {
    let object = match repository.find_object(commit, None) {
        Ok(object) => object,
        Err(cause) if cause.code() == git2::ErrorCode::NotFound => return Ok(None),
        Err(cause) => return Err(cause),
    };
    Ok(Some(object.peel_to_commit()?.tree()?.id()))
}

#[expect(clippy::disallowed_methods, reason = "this adapter owns the folder")]
fn remove_folder(path: &Path) {
    if let Err(cause) = fs::remove_dir_all(path)
        && cause.kind() != io::ErrorKind::NotFound
    {
        tracing::debug!(path = %path.display(), %cause, "a leftover folder stays");
    }
}

fn remove_file(path: &Path) {
    if let Err(cause) = fs::remove_file(path) {
        tracing::debug!(path = %path.display(), %cause, "a leftover file stays");
    }
}

fn unusable(path: &Path, cause: &io::Error) -> SourceError {
    cache_error(format!("the cache cannot be used: {}: {cause}", path.display()))
}
