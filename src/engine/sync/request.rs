//! What a sync is asked to do, and what it answers.

use std::time::Duration;

use crate::engine::compare::ApplicationComparison;
use crate::engine::live::Scan;
use crate::engine::lock::LockMode;
use crate::model::operation::{InitiatedBy, OperationState, SyncOperationResource};
use crate::model::sync_policy::RetryStrategy;
use crate::model::{Application, OperationPhase};
use crate::plan::readiness::DEGRADED_GRACE_DEFAULT;
use crate::plan::{HeldBack, PruneGuard, PruneMode, SyncOptions};

/// Who runs tiphys, for the lock and the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// User name.
    pub username: String,
    /// Host name.
    pub host: String,
    /// Process id.
    pub pid: u32,
}

/// Whether anything is changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncMode {
    /// Objects are written.
    #[default]
    Apply,
    /// The server says what would happen; nothing is kept, recorded or locked.
    DryRun,
}

/// What to do about an operation that somebody left unfinished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unfinished {
    /// Go on with it, when the same is asked for.
    #[default]
    Resume,
    /// Give it up and start anew.
    Abandon,
}

/// Who does the work when an Argo CD controller is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Executor {
    /// The controller when it is alive, else tiphys.
    #[default]
    LiveControllerFirst,
    /// tiphys, where controllers are told to keep away.
    Direct,
}

/// What a sync is asked to do.
#[derive(Clone, Debug, Default)]
pub struct SyncRequest {
    /// Revisions instead of the spec's, one per source.
    pub revisions: Vec<String>,
    /// Whether anything is changed.
    pub mode: SyncMode,
    /// Whether to delete what left Git.
    pub prune: PruneMode,
    /// Whether the prune guard holds anything back.
    pub guard: PruneGuard,
    /// Only these objects; empty means all.
    pub selection: Vec<SyncOperationResource>,
    /// Options added to, or put over, those of the Application.
    pub options: Vec<String>,
    /// Retries instead of the Application's.
    pub retry: Option<RetryStrategy>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// What to do about an unfinished operation.
    pub unfinished: Unfinished,
    /// What to do about the lock; `None` takes it without waiting.
    pub lock: Option<LockMode>,
    /// Who does the work.
    pub executor: Executor,
    /// Who asks.
    pub identity: Identity,
    /// How long an object may be Degraded before that fails a wave; `None`: 10 s.
    pub degraded_grace: Option<Duration>,
    /// Where to look for objects that left Git; `None`: where they are expected.
    pub scan: Option<Scan>,
}

/// What became of a sync.
#[derive(Clone)]
pub struct SyncOutcome {
    /// The Application as it is stored now.
    pub application: Application,
    /// The comparison after the sync; `None` when a controller did the work.
    pub compared: Option<ApplicationComparison>,
    /// The operation.
    pub operation_state: OperationState,
    /// How many objects should be pruned and were not.
    pub requires_pruning: usize,
    /// What the prune guard held back.
    pub held_back: Vec<HeldBack>,
}

impl Identity {
    /// Who holds a lock: `user@host pid N id UUID`.
    pub fn holder(&self, operation_id: &str) -> String {
        format!("{}@{} pid {} id {operation_id}", self.username, self.host, self.pid)
    }

    /// Who asked, as an operation records it.
    pub fn initiated_by(&self) -> InitiatedBy {
        InitiatedBy { username: self.username.clone(), automated: false }
    }
}

impl SyncRequest {
    /// The options in force: the Application's, with the request's put over them.
    pub fn effective_options(&self, application: &Application) -> SyncOptions {
        let mut options = SyncOptions::of_policy(&application.sync_policy());
        for option in &self.options {
            options.set(option);
        }
        options
    }

    /// The retries in force.
    pub fn effective_retry(&self, application: &Application) -> RetryStrategy {
        let policy = application.sync_policy();
        self.retry.clone().or(policy.retry).unwrap_or_default()
    }

    /// How long an object may be Degraded before that fails a wave.
    pub fn grace(&self) -> Duration {
        self.degraded_grace.unwrap_or(DEGRADED_GRACE_DEFAULT)
    }

    /// What to do about the lock.
    pub fn lock_mode(&self) -> LockMode {
        match self.mode {
            SyncMode::DryRun => LockMode::None,
            SyncMode::Apply => self.lock.unwrap_or(LockMode::Take { wait: Duration::ZERO }),
        }
    }
}

impl SyncOutcome {
    /// Why a script should take the sync for failed; `None` when it went well.
    pub fn complaint(&self) -> Option<String> {
        if self.operation_state.phase != OperationPhase::Succeeded {
            return Some(format!(
                "Operation has completed with phase: {}",
                self.operation_state.phase
            ));
        }
        let is_whole = self
            .operation_state
            .operation
            .sync
            .as_ref()
            .is_none_or(|sync| sync.resources.is_empty() && !sync.dry_run);
        (is_whole && self.requires_pruning > 0)
            .then(|| format!("{} resources require pruning", self.requires_pruning))
    }
}
