//! One connection to a repository behind a network: list its references, fetch some of them.
//!
//! libgit2 blocks without looking up, so each attempt runs in a thread of its own that is given
//! up on Ctrl-C or when nothing moves for too long. libgit2 has no protocol version 2: every
//! connection lists all references.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use git2::{
    ErrorClass, ErrorCode, FetchOptions, ProxyOptions, Remote, RemoteCallbacks, RemoteRedirect,
    Repository,
};

use super::error::{Failure, hinted, interrupted, judge, source_error};
use super::git_auth::{Access, Tried};
use super::host_trust::Trust;
use super::revision::References;
use super::url::RemoteRepository;
use crate::ports::{SourceError, SourceErrorKind};

/// How often a waiting caller looks at the interrupt flag.
const TICK: Duration = Duration::from_millis(20);
/// Attempts at one connection; only faults of the network are worth another.
const ATTEMPTS_MAX: u32 = 3;
/// Wait before the second attempt; five times as long before each further one.
const BACK_OFF: Duration = Duration::from_millis(200);
/// Longest wait between attempts.
const BACK_OFF_MAX: Duration = Duration::from_secs(2);
/// A reference no repository has: connecting through `download` is the only way to send our own
/// headers along.
const NO_REFERENCE: &str = "refs/tiphys/none";
/// The depth that means all history in Git's protocol.
const DEPTH_ALL: i32 = i32::MAX;

/// What is needed to connect to one repository.
#[derive(Clone, Debug)]
pub(super) struct RemoteContext {
    pub(super) repository: RemoteRepository,
    pub(super) access: Access,
    pub(super) trust: Trust,
    pub(super) interrupt: Arc<AtomicBool>,
    /// How long nothing may move.
    pub(super) idle_limit: Duration,
}

/// How much history to fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum History {
    /// The commit alone.
    OneCommit,
    /// All of it.
    Complete,
}

/// An open connection. Good for one fetch.
pub(super) struct Connection<'repository> {
    remote: Remote<'repository>,
    /// Lives as long as `remote`, which keeps pointers into it.
    options: FetchOptions<'static>,
    display: String,
}

/// What the callbacks of one attempt saw.
#[derive(Clone, Default)]
struct Observed {
    tried: Tried,
    untrusted: Arc<Mutex<Option<SourceError>>>,
    /// Counts signs of life.
    pulse: Arc<AtomicU64>,
    /// Nobody waits for the attempt any more.
    is_abandoned: Arc<AtomicBool>,
}

impl Connection<'_> {
    /// All references of the repository.
    pub(super) fn references(&self) -> Result<References, Failure> {
        let list = self.remote.list().map_err(|cause| judge(&self.display, &cause))?;
        Ok(References::from_advertised(list.iter().map(|head| (head.name(), head.oid()))))
    }

    /// Fetches what the refspecs name into the object database.
    pub(super) fn fetch(
        &mut self,
        refspecs: &[String],
        history: History,
    ) -> Result<(), git2::Error> {
        self.options.depth(match history {
            History::OneCommit => 1,
            History::Complete => DEPTH_ALL,
        });
        self.remote.download(refspecs, Some(&mut self.options))
    }
}

impl RemoteContext {
    /// Connects with `mirror` as the receiving end and runs `work`, again after a fault of the
    /// network. `work` may therefore run more than once.
    pub(super) fn connected<T: Send + 'static>(
        self: &Arc<Self>,
        mirror: &Path,
        work: impl Fn(&Repository, &mut Connection<'_>) -> Result<T, Failure> + Send + Sync + 'static,
    ) -> Result<T, Failure> {
        let work = Arc::new(work);
        let mut pause = BACK_OFF;
        let mut attempt = 1;
        loop {
            let work = work.clone();
            let result =
                self.attempt(mirror, move |repository, connection| work(repository, connection));
            let error = match result {
                Err(Failure::Source(error)) if is_worth_retrying(&error) => error,
                result => return result,
            };
            if attempt == ATTEMPTS_MAX {
                return Err(Failure::Source(error));
            }
            tracing::debug!(repository = %self.repository.display, attempt, error = %error.message,
                "the network failed, trying again");
            self.pause(pause)?;
            pause = (pause * 5).min(BACK_OFF_MAX);
            attempt += 1;
        }
    }

    /// Waits, but not through a Ctrl-C.
    fn pause(&self, duration: Duration) -> Result<(), SourceError> {
        let ticks = duration.as_millis() / TICK.as_millis();
        for _ in 0..ticks {
            self.check_interrupt()?;
            thread::sleep(TICK);
        }
        Ok(())
    }

    pub(super) fn check_interrupt(&self) -> Result<(), SourceError> {
        if self.interrupt.load(Ordering::Relaxed) {
            return Err(interrupted(&self.repository.display));
        }
        Ok(())
    }

    fn attempt<T: Send + 'static>(
        self: &Arc<Self>,
        mirror: &Path,
        work: impl FnOnce(&Repository, &mut Connection<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.check_interrupt()?;
        let observed = Observed::default();
        let (sender, receiver) = channel();
        let (context, seen, mirror) = (self.clone(), observed.clone(), mirror.to_owned());
        let spawned = thread::Builder::new().name("git".to_owned()).spawn(move || {
            let result = Repository::open_bare(&mirror)
                .map_err(|cause| judge(&context.repository.display, &cause))
                .and_then(|repository| context.run(&repository, &seen, work));
            // Nobody may be waiting any more; then the result is of no use.
            drop(sender.send(result));
        });
        spawned.map_err(|cause| {
            let message = format!("repository {}: {cause}", self.repository.display);
            source_error(SourceErrorKind::Other, message)
        })?;
        let result = self.wait(&receiver, &observed);
        observed.is_abandoned.store(true, Ordering::Relaxed);
        result.map_err(|failure| self.explain(failure, &observed))
    }

    fn wait<T>(
        &self,
        receiver: &Receiver<Result<T, Failure>>,
        observed: &Observed,
    ) -> Result<T, Failure> {
        let mut last_pulse = 0;
        let mut idle = Duration::ZERO;
        loop {
            match receiver.recv_timeout(TICK) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Disconnected) => {
                    let message = format!(
                        "repository {}: the Git library stopped unexpectedly",
                        self.repository.display
                    );
                    return Err(source_error(SourceErrorKind::Other, message).into());
                }
                Err(RecvTimeoutError::Timeout) => self.check_interrupt()?,
            }
            let pulse = observed.pulse.load(Ordering::Relaxed);
            idle = if pulse == last_pulse { idle + TICK } else { Duration::ZERO };
            last_pulse = pulse;
            if idle >= self.idle_limit {
                return Err(self.timed_out().into());
            }
        }
    }

    fn timed_out(&self) -> SourceError {
        hinted(
            SourceErrorKind::Unreachable,
            format!(
                "repository {}: no answer from {} for {} seconds",
                self.repository.display,
                self.repository.host(),
                self.idle_limit.as_secs()
            ),
            "check the network and the proxy settings",
        )
    }

    fn run<T>(
        &self,
        repository: &Repository,
        observed: &Observed,
        work: impl FnOnce(&Repository, &mut Connection<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let display = &self.repository.display;
        let failed = |cause: git2::Error| judge(display, &cause);
        let remote = repository.remote_anonymous(&self.repository.address).map_err(failed)?;
        let address = remote.url().map_err(failed)?;
        let options = self.options(observed, &self.repository.rewritten(address));
        let mut connection = Connection { remote, options, display: display.clone() };
        connection
            .remote
            .download(&[NO_REFERENCE], Some(&mut connection.options))
            .map_err(failed)?;
        let result = work(repository, &mut connection);
        // The answer is there; a connection that does not close well changes nothing about it.
        drop(connection.remote.disconnect());
        result
    }

    fn options(&self, observed: &Observed, repository: &RemoteRepository) -> FetchOptions<'static> {
        let mut proxy = ProxyOptions::new();
        proxy.auto();
        let mut options = FetchOptions::new();
        options.remote_callbacks(self.callbacks(observed, repository)).proxy_options(proxy);
        options.download_tags(git2::AutotagOption::None).update_fetchhead(false);
        if let Some(header) = self.access.header() {
            // libgit2 would send the header to whatever host a redirect names.
            options.custom_headers(&[&header]).follow_redirects(RemoteRedirect::None);
        }
        options
    }

    fn callbacks(
        &self,
        observed: &Observed,
        repository: &RemoteRepository,
    ) -> RemoteCallbacks<'static> {
        let mut callbacks = RemoteCallbacks::new();
        let mut answer = self.access.answer(repository, observed.tried.clone());
        let seen = observed.clone();
        callbacks.credentials(move |url, user, allowed| {
            seen.beat();
            answer(url, user, allowed)
        });
        let (seen, trust, repository) = (observed.clone(), self.trust.clone(), repository.clone());
        callbacks.certificate_check(move |certificate, host| {
            seen.beat();
            let (status, error) = trust.check(&repository, certificate, host);
            *seen.untrusted.lock().unwrap_or_else(PoisonError::into_inner) = error;
            status
        });
        let seen = observed.clone();
        callbacks.transfer_progress(move |_| seen.beat());
        let seen = observed.clone();
        callbacks.sideband_progress(move |_| seen.beat());
        callbacks
    }

    /// Makes a failure say what the callbacks know about it.
    fn explain(&self, failure: Failure, observed: &Observed) -> Failure {
        let Failure::Source(error) = failure else { return failure };
        let display = &self.repository.display;
        let untrusted = observed.untrusted.lock().unwrap_or_else(PoisonError::into_inner).take();
        Failure::Source(match (error.kind, untrusted) {
            (SourceErrorKind::Untrusted, Some(untrusted)) => untrusted,
            (SourceErrorKind::Denied, _) => {
                let prefix = format!("repository {display}: ");
                let said = error.message.strip_prefix(&prefix).unwrap_or(&error.message);
                observed.tried.denied(display, said)
            }
            _ => error,
        })
    }
}

impl Observed {
    /// Notes a sign of life; `false` tells libgit2 to stop.
    fn beat(&self) -> bool {
        self.pulse.fetch_add(1, Ordering::Relaxed);
        !self.is_abandoned.load(Ordering::Relaxed)
    }
}

/// Whether a fetch failed because the server does not give out single commits.
pub(super) fn is_refused_commit(cause: &git2::Error) -> bool {
    let is_local = cause.class() == ErrorClass::Invalid;
    let says = |word: &str| cause.message().contains(word);
    is_local || says("not our ref") || says("unadvertised") || cause.code() == ErrorCode::Eof
}

/// A silent server stays silent; other faults of the network may pass.
fn is_worth_retrying(error: &SourceError) -> bool {
    error.kind == SourceErrorKind::Unreachable && !error.message.contains("no answer from")
}
