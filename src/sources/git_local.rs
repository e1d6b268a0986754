//! A Git repository on this disk, opened where it is: no mirror, nothing written to it.

use std::path::Path;

use git2::{ErrorCode, Oid, Repository};

use super::error::{Failure, from_git, hinted, judge, source_error};
use super::git_fetch::{Wanted, find_short, missing};
use super::git_mirror::root_of;
use super::revision::{References, Resolution, resolve, unknown};
use crate::ports::{SourceError, SourceErrorKind};

/// A commit of a repository on this disk.
pub(super) struct LocalCommit {
    pub(super) repository: Repository,
    pub(super) commit: Oid,
    /// The root folder of the commit.
    pub(super) root: Oid,
}

/// Opens the repository at `path` and finds the commit.
pub(super) fn open_repository(path: &Path, wanted: &Wanted) -> Result<LocalCommit, SourceError> {
    let display = path.display().to_string();
    let repository = Repository::open(path).map_err(|cause| cannot_open(path, &cause))?;
    let found = find(&repository, wanted, &display).map_err(|failure| match failure {
        Failure::Source(error) => error,
        Failure::Damaged(said) => hinted(
            SourceErrorKind::Other,
            format!("repository {display} is damaged: {said}"),
            format!("look at it with: git -C {display} fsck"),
        ),
    });
    let (commit, root) = found?;
    Ok(LocalCommit { repository, commit, root })
}

fn find(repository: &Repository, wanted: &Wanted, display: &str) -> Result<(Oid, Oid), Failure> {
    let failed = |cause: git2::Error| judge(display, &cause);
    let references = references(repository).map_err(failed)?;
    let commit = match resolve(&references, &wanted.revision, &wanted.tag_prefix) {
        Resolution::Commit(commit) => Some(commit),
        Resolution::ShortCommit(short) => find_short(repository, &references, &short, display)?,
        Resolution::Unknown(not_there) => return Err(missing(display, not_there).into()),
    };
    let root = match commit {
        Some(commit) => root_of(repository, commit).map_err(failed)?,
        None => None,
    };
    if let (Some(commit), Some(root)) = (commit, root) {
        return Ok((commit, root));
    }
    Err(missing(display, unknown(&references, &wanted.revision)).into())
}

fn references(repository: &Repository) -> Result<References, git2::Error> {
    let mut list = Vec::new();
    // A fresh repository has a HEAD that leads nowhere.
    if let Ok(head) = repository.head() {
        list.push(("HEAD".to_owned(), head.peel_to_commit()?.id()));
    }
    for reference in repository.references()? {
        let reference = reference?;
        // References to trees or blobs, and broken symbolic ones, name no commit.
        let (Ok(name), Ok(commit)) = (reference.name(), reference.peel_to_commit()) else {
            continue;
        };
        list.push((name.to_owned(), commit.id()));
    }
    Ok(References::from_advertised(list.iter().map(|(name, commit)| (name.as_str(), *commit))))
}

fn cannot_open(path: &Path, cause: &git2::Error) -> SourceError {
    let display = path.display();
    match cause.code() {
        ErrorCode::NotFound if path.exists() => hinted(
            SourceErrorKind::RepositoryMissing,
            format!("{display} is not a Git repository"),
            "make it one with git init and a commit, or render the folder as it is with --local",
        ),
        ErrorCode::NotFound => source_error(
            SourceErrorKind::RepositoryMissing,
            format!("repository {display} not found"),
        ),
        ErrorCode::Owner => hinted(
            SourceErrorKind::Denied,
            format!(
                "repository {display} belongs to another user, whose settings Git would follow"
            ),
            format!("if you trust it: git config --global --add safe.directory {display}"),
        ),
        _ => from_git(&display.to_string(), cause),
    }
}
