//! What a sync starts from: a new operation, or one that somebody left unfinished.
//!
//! An unfinished operation is resumed at the commit it is pinned to, with what it was asked.
//! Asking for anything else is refused with the choice.

use jiff::Timestamp;

use super::record::{new_state, pinned_revisions};
use super::request::{SyncMode, SyncRequest, Unfinished};
use crate::engine::error::{EngineError, EngineErrorKind};
use crate::model::{Application, OperationPhase, OperationState};

/// Whether the operation began with this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// It did.
    New,
    /// It goes on from an earlier run.
    Resumed,
}

/// The state to start from. The lock is held: a Running operation has nobody working on it.
///
/// # Errors
/// When an unfinished operation was asked for something else.
pub fn start(
    application: &Application,
    request: &SyncRequest,
    operation_id: String,
    now: Timestamp,
) -> Result<(OperationState, Beginning), EngineError> {
    let fresh = new_state(request, application, operation_id, now);
    let unfinished = application.status.operation_state.as_ref();
    let unfinished = unfinished.filter(|state| state.phase == OperationPhase::Running);
    let abandons = request.unfinished == Unfinished::Abandon || request.mode == SyncMode::DryRun;
    let Some(state) = unfinished.filter(|_| !abandons) else {
        return Ok((fresh, Beginning::New));
    };
    if !asks_the_same(state, &fresh, request) {
        return Err(other_operation(application, state));
    }
    let mut state = state.clone();
    state.finished_at = None;
    if state.operation_id.is_empty() {
        state.operation_id = fresh.operation_id;
    }
    Ok((state, Beginning::Resumed))
}

fn asks_the_same(state: &OperationState, fresh: &OperationState, request: &SyncRequest) -> bool {
    let (Some(old), Some(new)) = (&state.operation.sync, &fresh.operation.sync) else {
        return false;
    };
    let same_revision =
        request.revisions.is_empty() || request.revisions == pinned_revisions(state);
    same_revision
        && old.prune == new.prune
        && old.resources == new.resources
        && old.sync_options == new.sync_options
        && old.source == new.source
        && old.sources == new.sources
}

fn other_operation(application: &Application, state: &OperationState) -> EngineError {
    let sync = state.operation.sync.clone().unwrap_or_default();
    let mut asked = vec![format!("revision {}", pinned_revisions(state).join(", "))];
    if sync.prune {
        asked.push("with pruning".to_owned());
    }
    if !sync.resources.is_empty() {
        asked.push(format!("{} selected objects", sync.resources.len()));
    }
    let since = state.started_at.map_or(String::new(), |time| format!(" of {time}"));
    EngineError::new(
        EngineErrorKind::Refused,
        format!(
            "the operation{since} on {} is unfinished and was asked for something else: {}",
            application.name(),
            asked.join(", ")
        ),
    )
    .with_hint("resume it by asking for the same, or give it up with --abandon")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::operation::SyncResult;
    use crate::plan::PruneMode;

    fn application(phase: OperationPhase, prune: bool) -> Application {
        let request = SyncRequest {
            prune: if prune { PruneMode::Delete } else { PruneMode::Keep },
            ..SyncRequest::default()
        };
        let mut application = Application::default();
        let mut state =
            new_state(&request, &application, "first".to_owned(), Timestamp::UNIX_EPOCH);
        state.phase = phase;
        state.sync_result =
            Some(SyncResult { revision: "abc".to_owned(), ..SyncResult::default() });
        application.status.operation_state = Some(state);
        application
    }

    fn begin(application: &Application, request: &SyncRequest) -> Result<Beginning, EngineError> {
        let id = "second".to_owned();
        start(application, request, id, Timestamp::UNIX_EPOCH).map(|(_, beginning)| beginning)
    }

    #[test]
    fn an_unfinished_operation_is_resumed_when_the_same_is_asked() {
        let application = application(OperationPhase::Running, false);
        let (state, beginning) = start(
            &application,
            &SyncRequest::default(),
            "second".to_owned(),
            Timestamp::UNIX_EPOCH,
        )
        .unwrap();
        assert_eq!(beginning, Beginning::Resumed);
        assert_eq!(
            (state.operation_id.as_str(), pinned_revisions(&state)),
            ("first", vec!["abc".to_owned()])
        );
    }

    #[test]
    fn anything_else_is_refused_unless_it_is_abandoned() {
        let running = application(OperationPhase::Running, true);
        let error = begin(&running, &SyncRequest::default()).unwrap_err();
        assert_eq!(error.kind, EngineErrorKind::Refused);
        let abandon = SyncRequest { unfinished: Unfinished::Abandon, ..SyncRequest::default() };
        assert_eq!(begin(&running, &abandon), Ok(Beginning::New));
        let other_revision = SyncRequest {
            revisions: vec!["def".to_owned()],
            prune: PruneMode::Delete,
            ..SyncRequest::default()
        };
        assert!(begin(&running, &other_revision).is_err());
    }

    #[test]
    fn a_finished_or_terminating_operation_is_not_resumed() {
        for phase in [OperationPhase::Succeeded, OperationPhase::Terminating] {
            let application = application(phase, false);
            assert_eq!(begin(&application, &SyncRequest::default()), Ok(Beginning::New));
        }
    }
}
