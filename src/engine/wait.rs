//! Waits for conditions of an Application: synced, healthy, no operation, gone.
//!
//! The words and the defaults are those of `argocd app wait`. It answers at once when the
//! conditions are met, and, unlike argocd, at once when they cannot be met any more: after a
//! failed operation, or when an object is Degraded for good.

use std::collections::HashMap;
use std::time::Duration;

use futures::stream::{Stream, StreamExt};

use super::changes::changes;
use super::compare::{
    ApplicationComparison, CompareOptions, TargetFailure, compare_application, compare_targets,
    write_status,
};
use super::error::{EngineError, EngineErrorKind};
use super::event::Event;
use super::live::Scan;
use super::session::Session;
use crate::model::operation::SyncOperationResource;
use crate::model::{
    Application, ApplicationName, HealthStatusCode, OperationPhase, ResourceKey, SyncStatusCode,
};
use crate::plan::build::is_selected;
use crate::plan::readiness::{DEGRADED_GRACE_DEFAULT, Grace, Readiness, judge};
use crate::ports::{Pending, StoreErrorKind};

/// The longest time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long changes are collected before the next look.
const DEBOUNCE: Duration = Duration::from_millis(150);

/// A condition of an Application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitCondition {
    /// Live equals target.
    Synced,
    /// Everything works.
    Healthy,
    /// Nothing is under way.
    NoOperation,
    /// Paused on purpose.
    Suspended,
    /// Failed.
    Degraded,
    /// Deleted.
    Deleted,
}

/// What to wait for.
#[derive(Clone, Debug, Default)]
pub struct WaitRequest {
    /// The conditions. Healthy, Suspended and Degraded are alternatives, the others must all be
    /// met. None means Synced, Healthy and NoOperation.
    pub conditions: Vec<WaitCondition>,
    /// Only these objects; empty means all.
    pub selection: Vec<SyncOperationResource>,
    /// How long at most.
    pub timeout: Option<Duration>,
    /// How long an object may be Degraded before waiting is given up; `None`: 10 s.
    pub degraded_grace: Option<Duration>,
}

/// How a wait ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitVerdict {
    /// The conditions are met.
    Met,
    /// They cannot be met any more, for this reason.
    Failed(String),
    /// Not in time.
    TimedOut,
}

/// A wait that ended, with the last state seen; `None` when the Application is gone.
#[derive(Clone)]
pub struct WaitOutcome {
    /// How it ended.
    pub verdict: WaitVerdict,
    /// The last state.
    pub compared: Option<ApplicationComparison>,
}

/// What is remembered between looks.
#[derive(Default)]
struct Memory {
    degraded_since: HashMap<ResourceKey, Duration>,
    operation_said: Option<(OperationPhase, String)>,
}

/// Waits until the conditions are met, cannot be met, or time is up.
///
/// # Errors
/// When the Application cannot be read or compared, or the user interrupts.
pub fn wait<'a>(
    session: &'a Session<'a>,
    name: &'a ApplicationName,
    request: &'a WaitRequest,
) -> Pending<'a, Result<WaitOutcome, EngineError>> {
    Box::pin(async move {
        let session = session.clone().with_timeout(request.timeout);
        wait_in_time(&session, name, &with_default_conditions(request)).await
    })
}

async fn wait_in_time(
    session: &Session<'_>,
    name: &ApplicationName,
    request: &WaitRequest,
) -> Result<WaitOutcome, EngineError> {
    let Some(mut compared) = first_look(session, name, request).await? else {
        return Ok(WaitOutcome { verdict: WaitVerdict::Met, compared: None });
    };
    // As argocd: conditions that are met already are not worth a live table.
    if is_met(&compared, request) {
        note_status(session, &compared).await?;
        return Ok(WaitOutcome { verdict: WaitVerdict::Met, compared: Some(compared) });
    }
    say_earlier(session, &compared);
    let mut memory = Memory::default();
    let mut changed = watch(&compared).await;
    loop {
        memory.say(session, &compared);
        if let Some(verdict) = memory.verdict(session, &compared, request) {
            if verdict == WaitVerdict::Met {
                note_status(session, &compared).await?;
            }
            return Ok(WaitOutcome { verdict, compared: Some(compared) });
        }
        match pause(session, &mut changed).await {
            Ok(()) => {}
            Err(error) if error.kind == EngineErrorKind::TimedOut => {
                let verdict = WaitVerdict::TimedOut;
                return Ok(WaitOutcome { verdict, compared: Some(compared) });
            }
            Err(error) => return Err(error),
        }
        match Box::pin(look_again(session, name, request, compared)).await? {
            Some(next) => compared = next,
            None => return Ok(WaitOutcome { verdict: WaitVerdict::Met, compared: None }),
        }
    }
}

fn with_default_conditions(request: &WaitRequest) -> WaitRequest {
    let mut request = request.clone();
    if request.conditions.is_empty() {
        use WaitCondition::{Healthy, NoOperation, Synced};
        request.conditions = vec![Synced, Healthy, NoOperation];
    }
    request
}

async fn first_look(
    session: &Session<'_>,
    name: &ApplicationName,
    request: &WaitRequest,
) -> Result<Option<ApplicationComparison>, EngineError> {
    let Some(application) = read(session, name, request).await? else { return Ok(None) };
    Ok(Some(compare_whole(session, application).await?))
}

async fn compare_whole(
    session: &Session<'_>,
    application: Application,
) -> Result<ApplicationComparison, EngineError> {
    let options =
        CompareOptions { on_target_failure: TargetFailure::Report, ..CompareOptions::default() };
    compare_application(session.ports, application, &options).await
}

/// The Application; `None` when it is gone and that is waited for.
async fn read(
    session: &Session<'_>,
    name: &ApplicationName,
    request: &WaitRequest,
) -> Result<Option<Application>, EngineError> {
    match session.ports.store.application(name).await {
        Ok(application) => Ok(Some(application)),
        Err(error)
            if error.kind == StoreErrorKind::NotFound
                && request.conditions.contains(&WaitCondition::Deleted) =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Looks again: live objects only, unless the Application wants something else by now.
async fn look_again(
    session: &Session<'_>,
    name: &ApplicationName,
    request: &WaitRequest,
    before: ApplicationComparison,
) -> Result<Option<ApplicationComparison>, EngineError> {
    let Some(mut application) = read(session, name, request).await? else { return Ok(None) };
    let is_same = application.raw.get("spec") == before.application.raw.get("spec")
        && application.status.sync.revision == before.application.status.sync.revision
        && application.status.sync.revisions == before.application.status.sync.revisions;
    let Some(place) = before.place.filter(|_| is_same && !before.targets.revisions.is_empty())
    else {
        return Ok(Some(compare_whole(session, application).await?));
    };
    // What was found before stays known, also what only this comparison has found.
    application.status.resources = before.status.resources;
    let options = CompareOptions { scan: Some(Scan::Known), ..CompareOptions::default() };
    let targets = before.targets;
    compare_targets(session.ports, application, place, targets, &options).await.map(Some)
}

type Changes = std::pin::Pin<Box<dyn Stream<Item = ()> + Send>>;

async fn watch(compared: &ApplicationComparison) -> Changes {
    match &compared.place {
        Some(place) => {
            Box::pin(changes(&*place.cluster, &place.catalog, &compared.comparison).await)
        }
        None => Box::pin(futures::stream::pending()),
    }
}

/// Waits for a change or the next regular look, whichever is first.
async fn pause(session: &Session<'_>, changed: &mut Changes) -> Result<(), EngineError> {
    tokio::select! {
        result = session.pause(LOOK_EVERY) => return result,
        _ = changed.next() => {}
    }
    let quiet = session.pause(DEBOUNCE);
    tokio::pin!(quiet);
    loop {
        tokio::select! {
            result = &mut quiet => return result,
            _ = changed.next() => {}
        }
    }
}

/// The status now known is written where nobody else does it; failing to is no failure.
async fn note_status(
    session: &Session<'_>,
    compared: &ApplicationComparison,
) -> Result<(), EngineError> {
    if let Some(note) = write_status(session.ports, compared).await? {
        session.emit(Event::Note(note));
    }
    Ok(())
}

/// Says what the last operation did, so that rows carry its messages.
fn say_earlier(session: &Session<'_>, compared: &ApplicationComparison) {
    let state = compared.application.status.operation_state.as_ref();
    if let Some(result) = state.and_then(|state| state.sync_result.as_ref()) {
        session.emit(Event::Earlier(result.resources.clone()));
    }
}

impl Memory {
    /// Says what the objects and the operation are now.
    fn say(&mut self, session: &Session<'_>, compared: &ApplicationComparison) {
        session.emit(Event::Resources(compared.status.resources.clone()));
        let Some(state) = &compared.application.status.operation_state else { return };
        let now = (state.phase, state.message.clone());
        if self.operation_said.as_ref() != Some(&now) {
            let (phase, message) = now.clone();
            session.emit(Event::Operation { phase, message });
            self.operation_said = Some(now);
        }
    }

    fn verdict(
        &mut self,
        session: &Session<'_>,
        compared: &ApplicationComparison,
        request: &WaitRequest,
    ) -> Option<WaitVerdict> {
        if is_met(compared, request) {
            return Some(WaitVerdict::Met);
        }
        let failure = failed_operation(compared, request)
            .or_else(|| self.degraded(session, compared, request))?;
        Some(WaitVerdict::Failed(failure))
    }

    /// An object that is Degraded for good, when that is not what is waited for.
    fn degraded(
        &mut self,
        session: &Session<'_>,
        compared: &ApplicationComparison,
        request: &WaitRequest,
    ) -> Option<String> {
        let wants = |condition| request.conditions.contains(&condition);
        if !wants(WaitCondition::Healthy) || wants(WaitCondition::Degraded) {
            return None;
        }
        let now = session.ports.clock.monotonic();
        let limit = request.degraded_grace.unwrap_or(DEGRADED_GRACE_DEFAULT);
        let pairs = &compared.comparison.resources;
        let mut failure = None;
        for pair in pairs.iter().filter(|pair| is_selected(&pair.key, &request.selection)) {
            let (Some(live), Some(health)) = (&pair.live, &pair.health) else { continue };
            if health.status != HealthStatusCode::Degraded || pair.hook {
                self.degraded_since.remove(&pair.key);
                continue;
            }
            let since = *self.degraded_since.entry(pair.key.clone()).or_insert(now);
            let grace = Grace { degraded_for: Some(now.saturating_sub(since)), limit };
            if let Readiness::Failed(reason) = judge(live, Some(health), grace) {
                failure.get_or_insert_with(|| format!("{} is degraded: {reason}", pair.key));
            }
        }
        failure
    }
}

/// Whether all conditions are met.
fn is_met(compared: &ApplicationComparison, request: &WaitRequest) -> bool {
    let health: Vec<HealthStatusCode> =
        request.conditions.iter().filter_map(|condition| health_of(*condition)).collect();
    let others = request.conditions.iter().all(|condition| match condition {
        WaitCondition::Synced => is_synced(compared, request),
        WaitCondition::NoOperation => !is_operating(&compared.application),
        WaitCondition::Deleted => false,
        WaitCondition::Healthy | WaitCondition::Suspended | WaitCondition::Degraded => true,
    });
    others && (health.is_empty() || has_health(compared, request, &health))
}

fn health_of(condition: WaitCondition) -> Option<HealthStatusCode> {
    match condition {
        WaitCondition::Healthy => Some(HealthStatusCode::Healthy),
        WaitCondition::Suspended => Some(HealthStatusCode::Suspended),
        WaitCondition::Degraded => Some(HealthStatusCode::Degraded),
        _ => None,
    }
}

fn is_synced(compared: &ApplicationComparison, request: &WaitRequest) -> bool {
    if request.selection.is_empty() {
        return compared.status.sync.status == SyncStatusCode::Synced;
    }
    let pairs = compared.comparison.resources.iter();
    pairs
        .filter(|pair| is_selected(&pair.key, &request.selection))
        .all(|pair| pair.status.is_none_or(|status| status == SyncStatusCode::Synced))
}

fn has_health(
    compared: &ApplicationComparison,
    request: &WaitRequest,
    wanted: &[HealthStatusCode],
) -> bool {
    if request.selection.is_empty() {
        return wanted.contains(&compared.status.health.status);
    }
    let pairs = compared.comparison.resources.iter();
    pairs
        .filter(|pair| is_selected(&pair.key, &request.selection))
        .all(|pair| pair.health.as_ref().is_none_or(|health| wanted.contains(&health.status)))
}

fn is_operating(application: &Application) -> bool {
    let state = application.status.operation_state.as_ref();
    application.operation.is_some() || state.is_some_and(|state| !state.phase.is_completed())
}

/// The failure of the last operation, when waiting on would need another one.
fn failed_operation(compared: &ApplicationComparison, request: &WaitRequest) -> Option<String> {
    let application = &compared.application;
    let waits_for_sync = request.conditions.contains(&WaitCondition::Synced);
    let state = application.status.operation_state.as_ref()?;
    let has_failed = matches!(state.phase, OperationPhase::Failed | OperationPhase::Error);
    let is_dead_end = waits_for_sync
        && has_failed
        && !is_operating(application)
        && !is_synced(compared, request)
        && !application.sync_policy().is_automated();
    is_dead_end.then(|| format!("the last operation ended as {}: {}", state.phase, state.message))
}
