//! From a revision to a commit that is in the mirror, with as little network as possible: none
//! for a full commit id that is there, one list of references for a name whose commit is there,
//! one commit without its history otherwise.

use std::sync::Arc;

use git2::{Oid, Repository};

use super::error::{Failure, hinted, judge, source_error};
use super::git_mirror::{Mirror, MirrorLock};

use super::git_remote::{Connection, History, RemoteContext, is_refused_commit};
use super::git_tree::Recovery;
use super::revision::{NotThere, References, Resolution, full_commit, resolve, unknown};
use crate::ports::{SourceError, SourceErrorKind};

/// Everything a server has but pull requests and the like.
const ALL_REFERENCES: [&str; 2] = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];

/// What to look for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    pub(super) revision: String,
    pub(super) tag_prefix: String,
}

/// A repository to fetch from and its mirror.
#[derive(Clone, Debug)]
pub(super) struct Fetcher {
    pub(super) context: Arc<RemoteContext>,
    pub(super) mirror: Mirror,
}

/// A commit that is in the mirror.
#[derive(Clone, Debug)]
pub(super) struct Obtained {
    pub(super) commit: Oid,
    /// The root folder of the commit.
    pub(super) root: Oid,
    /// The references of the repository, where they were listed on the way.
    pub(super) references: Option<Arc<References>>,
}

/// What the first connection found.
struct Sighting {
    references: Arc<References>,
    /// The commit, `None` for the beginning of a commit id that no reference has.
    commit: Option<Oid>,
    /// Its root folder, `None` when it is not in the mirror yet.
    root: Option<Oid>,
}

impl Fetcher {
    /// Finds the commit and sees to it that the mirror has it. `listed` are references listed
    /// earlier in this run.
    pub(super) fn obtain(
        &self,
        wanted: &Wanted,
        listed: Option<Arc<References>>,
    ) -> Result<Obtained, SourceError> {
        if let Some(obtained) = self.in_mirror(wanted, listed) {
            return Ok(obtained);
        }
        let lock = self.mirror.lock(&self.context)?;
        if self.mirror.is_worn_out() {
            self.mirror.discard()?;
        }
        match self.fetch(wanted, &lock) {
            Ok(obtained) => Ok(obtained),
            Err(Failure::Source(error)) => Err(error),
            Err(Failure::Damaged(said)) => self.fetch_anew(wanted, &lock, &said),
        }
    }

    /// Opens the mirror for a reader that found it damaged; another process may have replaced
    /// it meanwhile. `Refetch` throws it away and fetches `commit` into a new one.
    pub(super) fn recover(
        &self,
        commit: Oid,
        recovery: Recovery,
    ) -> Result<Repository, SourceError> {
        match recovery {
            Recovery::Reopen => self.mirror.open().map_err(|failure| self.lasting(failure)),
            Recovery::Refetch => self.refetch(commit),
        }
    }

    fn refetch(&self, commit: Oid) -> Result<Repository, SourceError> {
        let wanted = Wanted { revision: commit.to_string(), tag_prefix: String::new() };
        let lock = self.mirror.lock(&self.context)?;
        self.fetch_anew(&wanted, &lock, "an object is missing or broken")?;
        self.mirror.open().map_err(|failure| self.lasting(failure))
    }

    fn fetch_anew(
        &self,
        wanted: &Wanted,
        lock: &MirrorLock,
        said: &str,
    ) -> Result<Obtained, SourceError> {
        tracing::warn!(repository = %self.context.repository.display, said,
            folder = %self.mirror.folder().display(),
            "the mirror in the cache is damaged, fetching the repository anew");
        self.mirror.discard()?;
        self.fetch(wanted, lock).map_err(|failure| self.lasting(failure))
    }

    /// A failure that a new mirror did not cure.
    fn lasting(&self, failure: Failure) -> SourceError {
        match failure {
            Failure::Source(error) => error,
            Failure::Damaged(said) => source_error(
                SourceErrorKind::Other,
                format!("repository {}: {said}", self.context.repository.display),
            ),
        }
    }

    /// The commit, when it is known without asking the server and in the mirror. Damage is left
    /// for [`Self::fetch`] to find and mend.
    fn in_mirror(&self, wanted: &Wanted, listed: Option<Arc<References>>) -> Option<Obtained> {
        let known = |references: &Arc<References>| match resolve(
            references,
            &wanted.revision,
            &wanted.tag_prefix,
        ) {
            Resolution::Commit(commit) => Some(commit),
            Resolution::ShortCommit(_) | Resolution::Unknown(_) => None,
        };
        let commit = full_commit(&wanted.revision).or_else(|| listed.as_ref().and_then(known))?;
        let repository = self.mirror.open().ok()?;
        let root = self.mirror.root_of(&repository, commit).ok()??;
        Some(Obtained { commit, root, references: listed })
    }

    fn fetch(&self, wanted: &Wanted, _lock: &MirrorLock) -> Result<Obtained, Failure> {
        self.mirror.prepare()?;
        let seen = self.sight(wanted)?;
        if let (Some(commit), Some(root)) = (seen.commit, seen.root) {
            return Ok(Obtained { commit, root, references: Some(seen.references) });
        }
        if let Some(commit) = seen.commit
            && let Some(root) = self.fetch_commit(commit)?
        {
            return Ok(Obtained { commit, root, references: Some(seen.references) });
        }
        self.fetch_all(wanted, &seen)
    }

    /// Lists the references, resolves the revision and, when a reference points to the commit,
    /// fetches that one in the same connection.
    fn sight(&self, wanted: &Wanted) -> Result<Sighting, Failure> {
        let (mirror, wanted) = (self.mirror.clone(), wanted.clone());
        let display = self.context.repository.display.clone();
        self.context.connected(self.mirror.folder(), move |repository, connection| {
            let references = Arc::new(connection.references()?);
            let resolution = resolve(&references, &wanted.revision, &wanted.tag_prefix);
            let commit = match resolution {
                Resolution::Commit(commit) => Some(commit),
                Resolution::ShortCommit(short) => {
                    find_short(repository, &references, &short, &display)?
                }
                Resolution::Unknown(not_there) => {
                    return Err(missing(&display, not_there).into());
                }
            };
            let Some(commit) = commit else {
                return Ok(Sighting { references, commit: None, root: None });
            };
            let mut root = mirror.root_of(repository, commit)?;
            if let (None, Some(name)) = (root, references.name_of(commit)) {
                fetch_one(&mirror, repository, connection, name, commit, &display)?;
                root = mirror.root_of(repository, commit)?;
            }
            Ok(Sighting { references, commit: Some(commit), root })
        })
    }

    /// Fetches a commit that no reference points to, from servers that give such out.
    fn fetch_commit(&self, commit: Oid) -> Result<Option<Oid>, Failure> {
        let mirror = self.mirror.clone();
        let display = self.context.repository.display.clone();
        self.context.connected(self.mirror.folder(), move |repository, connection| {
            let refspec = format!("+{commit}:refs/tiphys/commit");
            match connection.fetch(&[refspec], History::OneCommit) {
                Ok(()) => {}
                Err(cause) if is_refused_commit(&cause) => return Ok(None),
                Err(cause) => return Err(judge(&display, &cause)),
            }
            let root = mirror.root_of(repository, commit)?;
            if root.is_some() {
                mirror.remember(repository, &commit.to_string(), commit)?;
            }
            Ok(root)
        })
    }

    /// Fetches all history of all branches and tags and looks the commit up there.
    fn fetch_all(&self, wanted: &Wanted, seen: &Sighting) -> Result<Obtained, Failure> {
        let (mirror, wanted, references) =
            (self.mirror.clone(), wanted.clone(), seen.references.clone());
        let known = seen.commit;
        let display = self.context.repository.display.clone();
        self.context.connected(self.mirror.folder(), move |repository, connection| {
            let refspecs = ALL_REFERENCES.map(str::to_owned);
            connection
                .fetch(&refspecs, History::Complete)
                .map_err(|cause| judge(&display, &cause))?;
            for reference in references.iter() {
                if mirror.root_of(repository, reference.commit).is_ok_and(|root| root.is_some()) {
                    mirror.remember(repository, &reference.name, reference.commit)?;
                }
            }
            let commit = match known {
                Some(commit) => Some(commit),
                None => find_short(repository, &references, &wanted.revision, &display)?,
            };
            let root = match commit {
                Some(commit) => mirror.root_of(repository, commit)?,
                None => None,
            };
            if let (Some(commit), Some(root)) = (commit, root) {
                return Ok(Obtained { commit, root, references: Some(references.clone()) });
            }
            Err(missing(&display, unknown(&references, &wanted.revision)).into())
        })
    }
}

fn fetch_one(
    mirror: &Mirror,
    repository: &Repository,
    connection: &mut Connection<'_>,
    name: &str,
    commit: Oid,
    display: &str,
) -> Result<(), Failure> {
    connection
        .fetch(&[format!("+{name}:{name}")], History::OneCommit)
        .map_err(|cause| judge(display, &cause))?;
    if mirror.root_of(repository, commit)?.is_some() {
        mirror.remember(repository, name, commit)?;
    }
    Ok(())
}

/// The commit whose id begins with `short`: one that a reference points to, else one here.
pub(super) fn find_short(
    repository: &Repository,
    references: &References,
    short: &str,
    display: &str,
) -> Result<Option<Oid>, Failure> {
    let short = short.to_ascii_lowercase();
    let mut commits: Vec<Oid> = references.iter().map(|reference| reference.commit).collect();
    commits.retain(|commit| commit.to_string().starts_with(&short));
    commits.sort_unstable();
    commits.dedup();
    match commits.as_slice() {
        [commit] => return Ok(Some(*commit)),
        [] => {}
        _ => return Err(ambiguous(display, &short).into()),
    }
    let found = repository.find_object_by_prefix(&short, Some(git2::ObjectType::Commit));
    match found {
        Ok(object) => Ok(Some(object.id())),
        Err(cause) => match cause.code() {
            git2::ErrorCode::Ambiguous => Err(ambiguous(display, &short).into()),
            git2::ErrorCode::NotFound => Ok(None),
            _ => Err(judge(display, &cause)),
        },
    }
}

/// The error for a revision that is not there.
pub(super) fn missing(display: &str, not_there: NotThere) -> SourceError {
    let message = format!("repository {display} has no {}", not_there.wanted);
    let hint = match not_there.hint.as_str() {
        "" => format!("list what there is with: git ls-remote {display}"),
        _ => not_there.hint,
    };
    hinted(SourceErrorKind::RevisionMissing, message, hint)
}

fn ambiguous(display: &str, short: &str) -> SourceError {
    hinted(
        SourceErrorKind::RevisionMissing,
        format!("repository {display} has several commits that begin with {short}"),
        "give more digits of the commit id",
    )
}
