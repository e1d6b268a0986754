//! The Sources port: Git repositories over https, http, ssh, git and on this disk, and local
//! folders. Revisions are read from bare mirrors in the user's cache; nothing is checked out.
//!
//! Reads no environment variable: what depends on them comes in through [`SourcesConfig`].

mod error;
mod git_auth;
mod git_fetch;
mod git_local;
mod git_mirror;
mod git_remote;
mod git_tree;
mod host_trust;
mod links;
mod local;
mod revision;
mod url;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use local::{LocalTree, open_local};

use error::source_error;
use git_auth::Access;
use git_fetch::{Fetcher, Wanted};
use git_mirror::Mirror;
use git_remote::RemoteContext;
use git_tree::{GitTree, Recovery};
use host_trust::Trust;
use revision::References;
use url::{RemoteRepository, RepositoryUrl};

use crate::model::repository::{RepositoryCredentials, display_url, normalize_url};
use crate::ports::{Pending, ResolvedSource, SourceError, SourceErrorKind, SourceRequest, Sources};

/// Largest file that is read: no manifest is larger, and a mistaken one must not fill memory.
const FILE_BYTES_MAX: u64 = 50 * 1024 * 1024;
/// How long a server may be silent, unless the configuration says otherwise.
const IDLE_LIMIT: Duration = Duration::from_mins(1);

/// Whether the user's own credentials and known hosts count, besides those given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserCredentials {
    /// Credential helper, SSH agent, key files and `known_hosts` of the user.
    Use,
    /// Only what flags, environment and Secrets give, as in a controller.
    #[default]
    Ignore,
}

/// What [`GitSources`] needs to know of the world.
#[derive(Clone, Debug)]
pub struct SourcesConfig {
    /// Where mirrors are kept, in its folder `git`.
    pub cache_dir: PathBuf,
    /// From flags and `TIPHYS_GIT_*` variables; tried before a repository's Secret.
    pub credentials: RepositoryCredentials,
    /// Whether the user's own credentials count.
    pub user_credentials: UserCredentials,
    /// The user's home folder, for `.ssh`.
    pub home_dir: Option<PathBuf>,
    /// The SSH agent's socket; libgit2 finds it by `SSH_AUTH_SOCK` itself.
    pub ssh_auth_sock: Option<PathBuf>,
    /// Set on Ctrl-C: everything stops at once.
    pub interrupt: Arc<AtomicBool>,
    /// How long a server may be silent.
    pub network_timeout: Duration,
}

impl Default for SourcesConfig {
    fn default() -> Self {
        Self {
            cache_dir: PathBuf::new(),
            credentials: RepositoryCredentials::default(),
            user_credentials: UserCredentials::Ignore,
            home_dir: None,
            ssh_auth_sock: None,
            interrupt: Arc::default(),
            network_timeout: IDLE_LIMIT,
        }
    }
}

/// Opens Git repositories. Each repository's references are listed once, and each revision is
/// resolved once, in the life of this value: a command sees one state of the world.
#[derive(Debug)]
pub struct GitSources {
    config: Arc<SourcesConfig>,
    /// By normalised URL.
    repositories: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Known>>>>,
}

/// What is known of one repository. Locked while the repository is being asked.
#[derive(Debug, Default)]
struct Known {
    references: Option<Arc<References>>,
    opened: HashMap<Wanted, Result<ResolvedSource, SourceError>>,
    /// Nobody gets in: the next revision would fail like the last.
    closed: Option<SourceError>,
}

/// What opening a source in a blocking thread gives.
struct Opened {
    source: ResolvedSource,
    references: Option<Arc<References>>,
}

impl GitSources {
    /// Sources for one command. Does nothing yet.
    pub fn new(config: SourcesConfig) -> Self {
        Self { config: Arc::new(config), repositories: Mutex::default() }
    }

    async fn open_once(&self, request: &SourceRequest) -> Result<ResolvedSource, SourceError> {
        let known = self.known(&request.repo_url);
        let mut known = known.lock().await;
        let wanted = Wanted {
            revision: request.target_revision.trim().to_owned(),
            tag_prefix: request.tag_prefix.clone(),
        };
        if let Some(opened) = known.opened.get(&wanted) {
            return opened.clone();
        }
        if let Some(error) = &known.closed {
            return Err(error.clone());
        }
        let (config, request, listed) =
            (self.config.clone(), request.clone(), known.references.clone());
        let display = display_url(&request.repo_url);
        let job = {
            let wanted = wanted.clone();
            move || open_blocking(&config, &request, &wanted, listed)
        };
        let opened = tokio::task::spawn_blocking(job).await.unwrap_or_else(|cause| {
            let message = format!("repository {display}: {cause}");
            Err(source_error(SourceErrorKind::Other, message))
        });
        if let Ok(Opened { references: Some(references), .. }) = &opened {
            known.references = Some(references.clone());
        }
        if let Err(error) = &opened
            && closes_repository(error.kind)
        {
            known.closed = Some(error.clone());
        }
        let opened = opened.map(|opened| opened.source);
        known.opened.insert(wanted, opened.clone());
        opened
    }

    fn known(&self, url: &str) -> Arc<tokio::sync::Mutex<Known>> {
        let mut repositories = self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
        repositories.entry(normalize_url(url)).or_default().clone()
    }
}

impl Sources for GitSources {
    fn open<'a>(
        &'a self,
        request: &'a SourceRequest,
    ) -> Pending<'a, Result<ResolvedSource, SourceError>> {
        Box::pin(self.open_once(request))
    }
}

/// Whether an error is about the repository and not about the revision asked for.
fn closes_repository(kind: SourceErrorKind) -> bool {
    matches!(
        kind,
        SourceErrorKind::RepositoryMissing
            | SourceErrorKind::Denied
            | SourceErrorKind::Untrusted
            | SourceErrorKind::Unreachable
    )
}

fn open_blocking(
    config: &SourcesConfig,
    request: &SourceRequest,
    wanted: &Wanted,
    listed: Option<Arc<References>>,
) -> Result<Opened, SourceError> {
    match RepositoryUrl::parse(&request.repo_url)? {
        RepositoryUrl::Local(path) => {
            let found = git_local::open_repository(&path, wanted)?;
            let tree = GitTree::new(found.repository, found.root, None);
            let revision = found.commit.to_string();
            let source = ResolvedSource { revision, tree: Arc::new(tree) };
            Ok(Opened { source, references: None })
        }
        RepositoryUrl::Remote(repository) => {
            let fetcher = fetcher(config, request, repository);
            open_remote(&fetcher, wanted, listed)
        }
    }
}

fn open_remote(
    fetcher: &Fetcher,
    wanted: &Wanted,
    listed: Option<Arc<References>>,
) -> Result<Opened, SourceError> {
    let obtained = fetcher.obtain(wanted, listed)?;
    let commit = obtained.commit;
    let repository = match fetcher.mirror.open() {
        Ok(repository) => repository,
        Err(_) => fetcher.recover(commit, Recovery::Refetch)?,
    };
    let again = fetcher.clone();
    let recover = Box::new(move |recovery| again.recover(commit, recovery));
    let tree = GitTree::new(repository, obtained.root, Some(recover));
    let source = ResolvedSource { revision: commit.to_string(), tree: Arc::new(tree) };
    Ok(Opened { source, references: obtained.references })
}

fn fetcher(
    config: &SourcesConfig,
    request: &SourceRequest,
    repository: RemoteRepository,
) -> Fetcher {
    let secret = request.credentials.as_ref();
    let given = [Some(&config.credentials), secret];
    let texts = |text: fn(&RepositoryCredentials) -> &String| -> Vec<String> {
        given.iter().flatten().map(|one| text(one).clone()).filter(|one| !one.is_empty()).collect()
    };
    let mut known_hosts = texts(|credentials| &credentials.ssh_known_hosts);
    known_hosts.extend(users_known_hosts(config));
    let trust = Trust {
        insecure: given.iter().flatten().any(|one| one.insecure),
        known_hosts,
        certificates: texts(|credentials| &credentials.tls_certificates),
        user_files: config.user_credentials,
    };
    let context = RemoteContext {
        access: Access::new(config, &repository, secret),
        trust,
        interrupt: config.interrupt.clone(),
        idle_limit: config.network_timeout,
        repository,
    };
    let mirror = Mirror::new(&config.cache_dir, &context);
    Fetcher { context: Arc::new(context), mirror }
}

/// The user's own `known_hosts`; unreadable means empty, and the host is then unknown.
#[expect(clippy::disallowed_methods, reason = "this adapter reads the file; absence is no error")]
fn users_known_hosts(config: &SourcesConfig) -> Option<String> {
    if config.user_credentials == UserCredentials::Ignore {
        return None;
    }
    let path = config.home_dir.as_ref()?.join(".ssh/known_hosts");
    let bytes = std::fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
