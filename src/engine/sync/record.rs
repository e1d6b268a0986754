//! The operation's record: `status.operationState`, written as intent before anything happens
//! and after every group, so that a killed sync can be resumed and others can watch it.
//!
//! Only what changed is written; the answer shows whether somebody asked to terminate.

use std::collections::HashMap;

use jiff::Timestamp;

use super::remove::Removed;
use super::request::{SyncMode, SyncRequest};
use super::size;
use crate::engine::compare::{ApplicationComparison, status_patch};
use crate::engine::error::{EngineError, EngineErrorKind};
use crate::engine::lock::Lock;
use crate::engine::session::Session;
use crate::engine::status::{images_of, merge_patch};
use crate::model::operation::{Operation, SyncOperation, SyncPhase, SyncResult};
use crate::model::status::RevisionHistory;
use crate::model::sync_policy::RetryStrategy;
use crate::model::{
    Application, ApplicationName, ApplicationStatus, OperationPhase, OperationState, ResourceKey,
    ResourceResult, ResultCode,
};
use crate::plan::{PruneMode, SyncTask, TaskOrigin};
use crate::ports::StoreErrorKind;
use crate::yaml::{Mapping, Node};

/// How many history entries are kept when the spec does not say.
const HISTORY_LIMIT_DEFAULT: usize = 10;

/// Writes an operation's progress.
pub struct Recorder {
    name: ApplicationName,
    mode: SyncMode,
    /// The state as it is now.
    pub state: OperationState,
    /// The state as it was last written.
    written: Node,
    /// The Application as the store last showed it.
    seen: Application,
    /// Where each object's row is, by phase and key.
    rows: HashMap<RowKey, usize>,
    pace: Pace,
    terminating: bool,
}

/// When progress is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As intent and after every group.
    Stepwise,
    /// At the end alone: nothing is sent that a killed sync would have to know of.
    AtEnd,
}

type RowKey = (Option<SyncPhase>, ResourceKey);

impl Recorder {
    /// A recorder that goes on from what `application` holds.
    ///
    /// # Errors
    /// When the state cannot be expressed as JSON.
    pub fn new(
        application: &Application,
        mode: SyncMode,
        state: OperationState,
    ) -> Result<Self, EngineError> {
        let before = application.raw.path(&["status", "operationState"]);
        let written = before.cloned().unwrap_or_else(Node::mapping);
        let mut rows = HashMap::new();
        let result = state.sync_result.iter().flat_map(|result| &result.resources);
        for (place, row) in result.enumerate() {
            rows.insert((row.sync_phase, row.key()), place);
        }
        let (name, seen) = (application.name(), application.clone());
        let pace = Pace::Stepwise;
        Ok(Self { name, mode, state, written, seen, rows, pace, terminating: false })
    }

    /// Chooses when [`Self::write_step`] writes.
    pub fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// Writes intent, or what a group gave, unless there was nothing to send.
    ///
    /// # Errors
    /// When the lock is lost or the store fails.
    pub async fn write_step(
        &mut self,
        session: &Session<'_>,
        lock: &Lock,
    ) -> Result<(), EngineError> {
        match self.pace {
            Pace::Stepwise => self.write(session, lock).await,
            Pace::AtEnd => lock.check(),
        }
    }

    /// Writes what changed; nothing in a dry run, and nothing once the lock is lost.
    ///
    /// # Errors
    /// When the lock is lost or the store fails.
    pub async fn write(&mut self, session: &Session<'_>, lock: &Lock) -> Result<(), EngineError> {
        if self.mode == SyncMode::DryRun {
            return Ok(());
        }
        lock.check()?;
        let current = encode(&size::fitted_state(&self.state)?)?;
        let Some(changes) = merge_patch(&self.written, &current) else { return Ok(()) };
        let mut patch = Node::mapping();
        patch.set(&["status", "operationState"], changes);
        let stored = session.ports.store.patch_application(&self.name, &patch, None).await?;
        self.written = current;
        self.see(stored);
        Ok(())
    }

    /// Writes the operation's end and everything else of `status` at once, unless somebody else
    /// has written since the Application was last seen; `None` then, and when it is not allowed.
    ///
    /// # Errors
    /// When the lock is lost or the store fails.
    pub async fn write_end(
        &mut self,
        session: &Session<'_>,
        lock: &Lock,
        status: &ApplicationStatus,
    ) -> Result<Option<Application>, EngineError> {
        lock.check()?;
        let current = encode(&size::fitted_state(&self.state)?)?;
        let before = &self.seen.status;
        let mut status = status.clone();
        status.operation_state.clone_from(&before.operation_state);
        let mut patch = status_patch(before, &status)?.unwrap_or_else(Node::mapping);
        if let Some(changes) = merge_patch(&self.written, &current) {
            patch.set(&["status", "operationState"], changes);
        }
        if patch.as_mapping().is_some_and(Mapping::is_empty) {
            return Ok(Some(self.seen.clone()));
        }
        let version = Some(self.seen.raw.resource_version()).filter(|version| !version.is_empty());
        match session.ports.store.patch_application(&self.name, &patch, version).await {
            Ok(stored) => {
                self.written = current;
                self.see(stored);
                Ok(Some(self.seen.clone()))
            }
            Err(error)
                if matches!(error.kind, StoreErrorKind::Conflict | StoreErrorKind::Forbidden) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Looks whether somebody asked to terminate.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn look(
        &mut self,
        session: &Session<'_>,
    ) -> Result<Option<Application>, EngineError> {
        if self.mode == SyncMode::DryRun {
            return Ok(None);
        }
        let stored = session.ports.store.application(&self.name).await?;
        self.see(stored.clone());
        Ok(Some(stored))
    }

    /// Whether somebody asked to terminate the operation.
    pub fn is_terminating(&self) -> bool {
        self.terminating
    }

    /// Puts one object's result in its row; rows keep the order of the first result of each.
    pub fn put(&mut self, result: ResourceResult) {
        let key = (result.sync_phase, result.key());
        let known = self.rows.get(&key).copied();
        let rows = &mut self.state.sync_result.get_or_insert_default().resources;
        if let Some(row) = known.and_then(|place| rows.get_mut(place)) {
            *row = result;
        } else {
            self.rows.insert(key, rows.len());
            rows.push(result);
        }
    }

    /// Forgets all results: a new try begins.
    pub fn clear_results(&mut self) {
        self.rows.clear();
        if let Some(result) = &mut self.state.sync_result {
            result.resources.clear();
        }
    }

    /// The row of a task, if it has one.
    pub fn row_mut(&mut self, task: &SyncTask) -> Option<&mut ResourceResult> {
        let place = *self.rows.get(&(Some(task.phase), task.key.clone()))?;
        self.state.sync_result.as_mut()?.resources.get_mut(place)
    }

    /// Marks the operation as ended.
    pub fn finish(&mut self, phase: OperationPhase, message: String, now: Timestamp) {
        self.state.phase = phase;
        self.state.message = message;
        self.state.finished_at = Some(now);
    }

    fn see(&mut self, stored: Application) {
        let state = stored.status.operation_state.as_ref();
        self.terminating |= state.is_some_and(|state| state.phase == OperationPhase::Terminating);
        self.seen = stored;
    }
}

/// The state a new operation starts with.
pub fn new_state(
    request: &SyncRequest,
    application: &Application,
    operation_id: String,
    now: Timestamp,
) -> OperationState {
    let several = application.has_multiple_sources();
    let sync = SyncOperation {
        revision: String::new(),
        revisions: Vec::new(),
        prune: request.prune == PruneMode::Delete,
        dry_run: request.mode == SyncMode::DryRun,
        sync_strategy: Some(hook_strategy()),
        resources: request.selection.clone(),
        source: if several { None } else { application.spec.source.clone() },
        sources: application.spec.sources.clone(),
        sync_options: request.effective_options(application).to_vec(),
    };
    let retry: RetryStrategy = request.effective_retry(application);
    OperationState {
        operation: Operation {
            sync: Some(sync),
            initiated_by: request.identity.initiated_by(),
            info: Vec::new(),
            retry,
        },
        phase: OperationPhase::Running,
        started_at: Some(now),
        operation_id,
        ..OperationState::default()
    }
}

/// Pins the operation to the commits it was compared at.
pub fn pin(state: &mut OperationState, compared: &ApplicationComparison) {
    let revisions = &compared.targets.revisions;
    let several = compared.application.has_multiple_sources();
    let result = state.sync_result.get_or_insert_with(SyncResult::default);
    let spec = &compared.application.spec;
    if several {
        result.revisions.clone_from(revisions);
        result.sources.clone_from(&spec.sources);
    } else {
        result.revision = revisions.first().cloned().unwrap_or_default();
        result.source.clone_from(&spec.source);
    }
    if let Some(sync) = &mut state.operation.sync {
        sync.revision.clone_from(&result.revision);
        sync.revisions.clone_from(&result.revisions);
    }
}

/// The commits an operation is pinned to; empty when it is not yet.
pub fn pinned_revisions(state: &OperationState) -> Vec<String> {
    let Some(result) = &state.sync_result else { return Vec::new() };
    if !result.revisions.is_empty() {
        return result.revisions.clone();
    }
    [&result.revision].into_iter().filter(|revision| !revision.is_empty()).cloned().collect()
}

/// The row of a task that was carried out, or refused.
pub fn result_row(task: &SyncTask, status: ResultCode, message: String) -> ResourceResult {
    let phase = match status {
        ResultCode::Synced => OperationPhase::Running,
        ResultCode::SyncFailed => OperationPhase::Failed,
        ResultCode::Pruned | ResultCode::PruneSkipped => OperationPhase::Succeeded,
    };
    let target = task.target.as_ref().filter(|_| task.origin == TaskOrigin::Application);
    ResourceResult {
        group: task.key.group.clone(),
        version: task.version.clone(),
        kind: task.key.kind.clone(),
        namespace: task.key.namespace.clone(),
        name: task.key.name.clone(),
        status: Some(status),
        message,
        hook_type: task.hook.map(|hook| hook.to_string()).unwrap_or_default(),
        hook_phase: Some(phase),
        sync_phase: Some(task.phase),
        images: target.map(|target| images_of(&target.manifest.root)).unwrap_or_default(),
    }
}

/// The row of an object that went with its Application.
pub fn result_row_of_deletion(
    key: &ResourceKey,
    version: &str,
    removed: Removed,
) -> ResourceResult {
    let (status, message) = match removed {
        Removed::Gone | Removed::Requested => (ResultCode::Pruned, "deleted"),
        Removed::NotOurs => (ResultCode::PruneSkipped, "ignored (belongs to somebody else)"),
    };
    ResourceResult {
        group: key.group.clone(),
        version: version.into(),
        kind: key.kind.clone(),
        namespace: key.namespace.clone(),
        name: key.name.clone(),
        status: Some(status),
        message: message.to_owned(),
        hook_phase: Some(OperationPhase::Succeeded),
        sync_phase: Some(SyncPhase::Sync),
        ..ResourceResult::default()
    }
}

/// The row of an object that never became a task.
pub fn failed_row(key: &ResourceKey, version: &str, message: String) -> ResourceResult {
    ResourceResult {
        group: key.group.clone(),
        version: version.into(),
        kind: key.kind.clone(),
        namespace: key.namespace.clone(),
        name: key.name.clone(),
        status: Some(ResultCode::SyncFailed),
        message,
        hook_phase: Some(OperationPhase::Failed),
        sync_phase: Some(SyncPhase::Sync),
        ..ResourceResult::default()
    }
}

/// The history after an operation: a new entry after a successful sync of everything, the
/// oldest ones dropped beyond the limit.
pub fn history_after(
    application: &Application,
    state: &OperationState,
    now: Timestamp,
) -> Vec<RevisionHistory> {
    let mut history = application.status.history.clone();
    let is_whole = state
        .operation
        .sync
        .as_ref()
        .is_some_and(|sync| sync.resources.is_empty() && !sync.dry_run);
    let (OperationPhase::Succeeded, true, Some(result)) =
        (state.phase, is_whole, &state.sync_result)
    else {
        return history;
    };
    history.push(RevisionHistory {
        id: history.last().map_or(0, |last| last.id + 1),
        revision: result.revision.clone(),
        revisions: result.revisions.clone(),
        source: result.source.clone(),
        sources: result.sources.clone(),
        deploy_started_at: state.started_at,
        deployed_at: Some(now),
        initiated_by: state.operation.initiated_by.clone(),
    });
    let limit = application.spec.revision_history_limit.unwrap_or(HISTORY_LIMIT_DEFAULT);
    let surplus = history.len().saturating_sub(limit);
    history.drain(..surplus);
    history
}

fn hook_strategy() -> Node {
    let mut strategy = Node::mapping();
    strategy.set(&["hook"], Node::mapping());
    strategy
}

fn encode(state: &OperationState) -> Result<Node, EngineError> {
    Node::encode(state)
        .map_err(|error| EngineError::new(EngineErrorKind::Internal, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn application(limit: Option<usize>, entries: i64) -> Application {
        let mut application = Application::default();
        application.spec.revision_history_limit = limit;
        application.status.history =
            (0..entries).map(|id| RevisionHistory { id, ..RevisionHistory::default() }).collect();
        application
    }

    fn succeeded() -> OperationState {
        OperationState {
            operation: Operation { sync: Some(SyncOperation::default()), ..Operation::default() },
            phase: OperationPhase::Succeeded,
            sync_result: Some(SyncResult::default()),
            ..OperationState::default()
        }
    }

    fn ids_after(application: &Application, state: &OperationState) -> Vec<i64> {
        let history = history_after(application, state, Timestamp::UNIX_EPOCH);
        history.into_iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn history_counts_up_and_is_trimmed() {
        assert_eq!(ids_after(&application(None, 0), &succeeded()), [0]);
        assert_eq!(ids_after(&application(Some(2), 2), &succeeded()), [1, 2]);
        assert!(ids_after(&application(Some(0), 0), &succeeded()).is_empty());
        assert_eq!(ids_after(&application(None, 10), &succeeded()).len(), 10);
    }

    #[test]
    fn failed_and_partial_operations_leave_no_history() {
        let failed = OperationState { phase: OperationPhase::Failed, ..succeeded() };
        assert!(ids_after(&application(None, 0), &failed).is_empty());
        let mut partial = succeeded();
        if let Some(sync) = &mut partial.operation.sync {
            sync.resources.push(crate::model::operation::SyncOperationResource::default());
        }
        assert!(ids_after(&application(None, 0), &partial).is_empty());
    }
}
