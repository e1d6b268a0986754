//! A sync done by a live controller: ask with `.operation`, then follow what it reports.

use std::time::Duration;

use super::record::new_state;
use super::request::{SyncOutcome, SyncRequest};
use crate::engine::error::{EngineError, EngineErrorKind};
use crate::engine::event::Event;
use crate::engine::session::Session;
use crate::model::{Application, OperationState};
use crate::yaml::Node;

/// How often the controller's progress is looked at.
const POLL_EVERY: Duration = Duration::from_millis(500);

/// Asks the controller for the sync and follows it to its end.
///
/// # Errors
/// When another operation is in progress, the store fails, or the run is to stop; the
/// controller goes on by itself then.
pub async fn hand_over(
    session: &Session<'_>,
    application: Application,
    request: &SyncRequest,
) -> Result<SyncOutcome, EngineError> {
    session.emit(Event::Note(
        "an Argo CD controller is at work and does the sync; the prune guard, the dry run on the \
         server and the lock do not apply"
            .to_owned(),
    ));
    refuse_second_operation(&application)?;
    let patch = request_patch(session, &application, request)?;
    let name = application.name();
    session.ports.store.patch_application(&name, &patch, None).await?;
    let mut follower = Follower::default();
    loop {
        session.pause(POLL_EVERY).await?;
        let application = session.ports.store.application(&name).await?;
        if let Some(state) = follower.follow(session, &application) {
            let rows = &application.status.resources;
            let requires_pruning =
                rows.iter().filter(|row| row.requires_pruning && !row.hook).count();
            return Ok(SyncOutcome {
                application,
                compared: None,
                operation_state: state,
                requires_pruning,
                held_back: Vec::new(),
            });
        }
    }
}

fn refuse_second_operation(application: &Application) -> Result<(), EngineError> {
    let state = application.status.operation_state.as_ref();
    let is_running = state.is_some_and(|state| !state.phase.is_completed());
    if application.operation.is_none() && !is_running {
        return Ok(());
    }
    Err(EngineError::new(
        EngineErrorKind::Locked,
        format!("another operation is already in progress on {}", application.name()),
    ))
}

fn request_patch(
    session: &Session<'_>,
    application: &Application,
    request: &SyncRequest,
) -> Result<Node, EngineError> {
    let mut state = new_state(request, application, String::new(), session.now());
    if let Some(sync) = &mut state.operation.sync {
        if application.has_multiple_sources() {
            sync.revisions.clone_from(&request.revisions);
        } else {
            sync.revision = request.revisions.first().cloned().unwrap_or_default();
        }
    }
    let operation = Node::encode(&state.operation)
        .map_err(|error| EngineError::new(EngineErrorKind::Internal, error.to_string()))?;
    let mut patch = Node::mapping();
    patch.set(&["operation"], operation);
    patch.set(&["status", "operationState"], Node::null());
    Ok(patch)
}

/// What was already said of a controller's operation.
#[derive(Default)]
struct Follower {
    rows_said: Vec<crate::model::ResourceResult>,
    message_said: String,
}

impl Follower {
    /// Says what is new; answers with the state once the operation is over.
    fn follow(
        &mut self,
        session: &Session<'_>,
        application: &Application,
    ) -> Option<OperationState> {
        let state = application.status.operation_state.as_ref()?;
        let rows = state.sync_result.as_ref().map(|result| &result.resources);
        for row in rows.into_iter().flatten().filter(|row| !self.rows_said.contains(row)) {
            session.emit(Event::Result(row.clone()));
        }
        self.rows_said = rows.cloned().unwrap_or_default();
        if state.message != self.message_said {
            self.message_said.clone_from(&state.message);
            let message = state.message.clone();
            session.emit(Event::Operation { phase: state.phase, message });
        }
        (state.phase.is_completed() && application.operation.is_none()).then(|| state.clone())
    }
}
