//! Carries out a plan: asks the step machine what comes next, does it, says what happened.
//!
//! Before each group and each single write it looks whether to stop: interrupt, deadline, lock,
//! termination. What is in flight then is finished and recorded.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};

use super::apply::{Applied, Applier, await_established};
use super::record::{Recorder, result_row};
use super::remove::{Removed, Remover};
use crate::compare::apply::{ApplyOutcome, kubectl_message};
use crate::engine::error::{EngineError, EngineErrorKind};
use crate::engine::event::Event;
use crate::engine::live;
use crate::engine::lock::Lock;
use crate::engine::session::Session;
use crate::health;
use crate::model::{
    ApiCatalog, ApiResource, Application, GroupKind, OperationPhase, ResourceKey, ResultCode,
};
use crate::plan::build::{defined_kind, missing_kind};
use crate::plan::readiness::{Grace, Readiness, judge};
use crate::plan::step::{self, Step};
use crate::plan::{SyncPlan, SyncTask, TaskAction, TaskId, TaskOrigin, TaskProgress};
use crate::yaml::{Node, Text};

/// How many writes of a group are on their way at once; the cluster bounds requests by itself,
/// this bounds what an interrupt has to wait for.
pub const WRITES_IN_FLIGHT: usize = 32;
/// How often waited-for objects are looked at: first, and at most.
const OBSERVE_FIRST: Duration = Duration::from_millis(200);
const OBSERVE_MAX: Duration = Duration::from_secs(1);
/// How long deleted objects are given to go before the result is looked at.
const DELETIONS_SETTLE_MAX: Duration = Duration::from_secs(2);
const DELETIONS_POLL: Duration = Duration::from_millis(50);
/// Says when a deletion was approved, on the Application.
const DELETION_APPROVED_ANNOTATION: &str = "argocd.argoproj.io/deletion-approved";
/// The message of an operation somebody terminated.
pub const TERMINATED: &str = "Operation terminated";

/// What carrying out needs and never changes.
#[derive(Clone, Copy)]
pub struct Performer<'a> {
    /// The run.
    pub session: &'a Session<'a>,
    /// The lock.
    pub lock: &'a Lock,
    /// Writes.
    pub applier: Applier<'a>,
    /// Deletes.
    pub remover: Remover<'a>,
    /// How long an object may be Degraded.
    pub grace: Duration,
    /// Objects the dry run has found to be as Git says already.
    pub unchanged: &'a BTreeSet<TaskId>,
}

/// A plan being carried out.
pub struct Drive<'a> {
    performer: Performer<'a>,
    recorder: &'a mut Recorder,
    plan: SyncPlan,
    progress: Vec<TaskProgress>,
    catalog: Arc<ApiCatalog>,
    degraded_since: HashMap<TaskId, Duration>,
    wrote: bool,
    done: usize,
}

/// What came of one task.
enum Done {
    Applied(Applied),
    Removed(Removed),
    Skipped(&'static str),
    Refused(String),
    NotStarted,
}

impl<'a> Drive<'a> {
    /// A plan at its start.
    pub fn new(
        performer: Performer<'a>,
        recorder: &'a mut Recorder,
        plan: SyncPlan,
        catalog: Arc<ApiCatalog>,
    ) -> Self {
        let progress = vec![TaskProgress::default(); plan.tasks.len()];
        let degraded_since = HashMap::new();
        let (wrote, done) = (false, 0);
        Self { performer, recorder, plan, progress, catalog, degraded_since, wrote, done }
    }

    /// Whether anything was written or deleted.
    pub fn wrote(&self) -> bool {
        self.wrote
    }

    /// Carries the plan out to its end.
    ///
    /// # Errors
    /// When the run is to stop before; what was done is recorded then.
    pub async fn run(&mut self) -> Result<(OperationPhase, String), EngineError> {
        loop {
            if self.recorder.is_terminating() {
                return Ok((OperationPhase::Failed, TERMINATED.to_owned()));
            }
            match step::next(&self.plan, &self.progress) {
                Step::Perform(tasks) => self.perform(&tasks).await?,
                Step::Await { tasks, message } => self.observe(&tasks, message).await?,
                Step::Finish { phase, message } => return Ok((phase, message)),
            }
        }
    }

    /// What the cluster serves now.
    pub fn catalog(&self) -> Arc<ApiCatalog> {
        self.catalog.clone()
    }

    /// Gives deleted objects a moment to go, so that the comparison that follows does not show
    /// what is all but gone. What takes longer is shown as it is.
    pub async fn settle_deletions(&mut self) -> Result<(), EngineError> {
        let clock = &self.performer.session.ports.clock;
        let give_up_at = clock.monotonic() + DELETIONS_SETTLE_MAX;
        loop {
            let going: Vec<TaskId> = self
                .plan
                .ids()
                .filter(|id| self.plan.task(*id).is_prune())
                .filter(|id| self.progress[id.0] == TaskProgress::Running)
                .collect();
            if going.is_empty() || clock.monotonic() >= give_up_at {
                return Ok(());
            }
            self.look_at(&going).await?;
            self.performer.session.pause(DELETIONS_POLL).await?;
        }
    }

    /// Carries out one group: deletions first, then writes kind by kind.
    async fn perform(&mut self, tasks: &[TaskId]) -> Result<(), EngineError> {
        self.check()?;
        self.close_rows();
        let (prunes, applies): (Vec<TaskId>, Vec<TaskId>) =
            tasks.iter().copied().partition(|id| self.plan.task(*id).is_prune());
        self.perform_batch(&prunes).await?;
        let kinds: Vec<Vec<TaskId>> = applies
            .chunk_by(|a, b| self.plan.task(*a).key.kind == self.plan.task(*b).key.kind)
            .map(<[TaskId]>::to_vec)
            .collect();
        for batch in kinds {
            self.settle_kinds(&batch);
            self.perform_batch(&batch).await?;
            self.serve_new_kinds(&batch).await?;
        }
        self.recorder.write_step(self.performer.session, self.performer.lock).await
    }

    async fn perform_batch(&mut self, tasks: &[TaskId]) -> Result<(), EngineError> {
        let performer = self.performer;
        let tasks: Vec<(TaskId, SyncTask)> =
            tasks.iter().map(|id| (*id, self.plan.task(*id).clone())).collect();
        let mut running = stream::iter(tasks)
            .map(|(id, task)| async move { (id, performer.perform(id, &task).await) })
            .buffer_unordered(WRITES_IN_FLIGHT);
        let mut stopped = false;
        while let Some((id, done)) = running.next().await {
            stopped |= matches!(done, Done::NotStarted);
            self.take(id, done);
        }
        if !stopped {
            return Ok(());
        }
        self.recorder.write(performer.session, performer.lock).await?;
        self.check()?;
        Err(EngineError::new(EngineErrorKind::Internal, "stopped for a reason that went away"))
    }

    fn check(&self) -> Result<(), EngineError> {
        self.performer.session.check()?;
        self.performer.lock.check()
    }

    /// Puts what came of a task into progress, record and events.
    fn take(&mut self, id: TaskId, done: Done) {
        let task = self.plan.task(id);
        let (progress, code, message) = match done {
            Done::NotStarted => return,
            Done::Refused(reason) => {
                (TaskProgress::Refused(reason.clone()), ResultCode::SyncFailed, reason)
            }
            Done::Skipped(message) => {
                (TaskProgress::Succeeded, ResultCode::PruneSkipped, message.to_owned())
            }
            Done::Removed(removed) => removal(removed),
            Done::Applied(applied) => {
                let message =
                    kubectl_message(&task.key.group_kind(), &task.key.name, applied.outcome);
                self.wrote |= applied.outcome != ApplyOutcome::Unchanged;
                (self.judge(id, &applied.object), ResultCode::Synced, message)
            }
        };
        self.wrote |= code == ResultCode::Pruned;
        self.progress[id.0] = progress;
        let row = result_row(self.plan.task(id), code, message);
        self.recorder.put(row.clone());
        let session = self.performer.session;
        session.emit(Event::Result(row));
        self.done += 1;
        session.emit(Event::Progress { done: self.done, total: self.progress.len() });
    }

    /// How far a task is whose object is `live` now.
    fn judge(&mut self, id: TaskId, live: &Node) -> TaskProgress {
        if self.plan.task(id).origin == TaskOrigin::ManagedNamespace {
            return TaskProgress::Succeeded;
        }
        let now = self.performer.session.ports.clock.monotonic();
        let health = health::assess(live);
        let is_degraded = health
            .as_ref()
            .is_some_and(|health| health.status == crate::model::HealthStatusCode::Degraded);
        let since = if is_degraded {
            Some(*self.degraded_since.entry(id).or_insert(now))
        } else {
            self.degraded_since.remove(&id);
            None
        };
        let degraded_for = since.map(|since| now.saturating_sub(since));
        let grace = Grace { degraded_for, limit: self.performer.grace };
        match judge(live, health.as_ref(), grace) {
            Readiness::Ready => TaskProgress::Succeeded,
            Readiness::Waiting => TaskProgress::Running,
            Readiness::Failed(reason) => TaskProgress::Failed(reason),
        }
    }

    /// Objects that were healthy when the next group starts are done in the record too.
    fn close_rows(&mut self) {
        for (task, progress) in self.plan.tasks.iter().zip(&self.progress) {
            let is_done = *progress == TaskProgress::Succeeded
                && task.action == TaskAction::Apply
                && task.origin == TaskOrigin::Application;
            if let Some(row) = self.recorder.row_mut(task).filter(|_| is_done) {
                row.hook_phase = Some(OperationPhase::Succeeded);
            }
        }
    }

    /// Kinds that were not served when the plan was made may be by now.
    fn settle_kinds(&mut self, batch: &[TaskId]) {
        for id in batch {
            let task = &mut self.plan.tasks[id.0];
            if task.resource.is_none() {
                let kind = task.key.group_kind();
                task.resource = self.catalog.find_version(&kind, &task.version).cloned();
            }
        }
    }

    /// After definitions: waits until their kinds are served.
    async fn serve_new_kinds(&mut self, batch: &[TaskId]) -> Result<(), EngineError> {
        let kind_of = |task: &SyncTask| {
            let root = task.target.as_ref().map(|target| &target.manifest.root);
            root.and_then(|root| defined_kind(&task.key, root))
        };
        let refused = |id: &&TaskId| matches!(self.progress[id.0], TaskProgress::Refused(_));
        let tasks = batch.iter().filter(|id| !refused(id)).map(|id| self.plan.task(*id));
        let applied: Vec<(&SyncTask, GroupKind)> =
            tasks.filter_map(|task| Some((task, kind_of(task)?))).collect();
        let Some(resource) = applied.first().and_then(|(task, _)| task.resource.clone()) else {
            return Ok(());
        };
        let is_new = |task: &&SyncTask| {
            let kind = task.key.group_kind();
            task.resource.is_none() && applied.iter().any(|(_, defined)| *defined == kind)
        };
        let awaited = self.plan.tasks.iter().filter(is_new);
        let awaited: Vec<(GroupKind, Text)> =
            awaited.map(|task| (task.key.group_kind(), task.version.clone())).collect();
        if awaited.is_empty() {
            return Ok(());
        }
        let names: Vec<String> =
            applied.iter().map(|(task, _)| task.key.name.to_string()).collect();
        let performer = self.performer;
        let cluster = performer.applier.cluster;
        let serving =
            await_established(performer.session, cluster, &resource, &names, &awaited).await?;
        self.catalog = serving;
        Ok(())
    }

    /// Looks at awaited objects until one of them changes its state.
    async fn observe(&mut self, tasks: &[TaskId], message: String) -> Result<(), EngineError> {
        self.say(message).await?;
        let mut wait = OBSERVE_FIRST;
        loop {
            self.performer.session.pause(wait).await?;
            self.performer.lock.check()?;
            wait = (wait * 2).min(OBSERVE_MAX);
            let application = self.recorder.look(self.performer.session).await?;
            if self.recorder.is_terminating() || self.confirm(tasks, application.as_ref()) {
                return Ok(());
            }
            if self.look_at(tasks).await? {
                return self.recorder.write(self.performer.session, self.performer.lock).await;
            }
        }
    }

    /// Records and says what is waited for.
    async fn say(&mut self, message: String) -> Result<(), EngineError> {
        if self.recorder.state.message != message {
            let phase = OperationPhase::Running;
            self.performer.session.emit(Event::Operation { phase, message: message.clone() });
            self.recorder.state.message = message;
        }
        self.recorder.write(self.performer.session, self.performer.lock).await
    }

    /// Turns confirmed deletions into deletions; answers whether there were any.
    fn confirm(&mut self, tasks: &[TaskId], application: Option<&Application>) -> bool {
        let waits = |id: &TaskId| self.plan.task(*id).action == TaskAction::ConfirmPrune;
        let waiting: Vec<TaskId> = tasks.iter().copied().filter(waits).collect();
        let started = self.recorder.state.started_at;
        let approved = application
            .and_then(|application| application.raw.annotation(DELETION_APPROVED_ANNOTATION))
            .and_then(|text| text.parse::<jiff::Timestamp>().ok());
        if waiting.is_empty() || approved.is_none() || approved < started {
            return false;
        }
        for id in waiting {
            self.plan.tasks[id.0].action = TaskAction::Prune;
        }
        true
    }

    /// Reads awaited objects again; answers whether any task came further.
    async fn look_at(&mut self, tasks: &[TaskId]) -> Result<bool, EngineError> {
        let observed: Vec<TaskId> = tasks
            .iter()
            .copied()
            .filter(|id| self.progress[id.0] == TaskProgress::Running)
            .collect();
        let wanted = observed.iter().filter_map(|id| {
            let task = self.plan.task(*id);
            Some((task.resource.clone()?, task.key.clone()))
        });
        let cluster = self.performer.applier.cluster;
        let state = live::find_again(cluster, wanted).await?;
        let mut changed = false;
        for id in observed {
            let live = state.objects.get(&self.plan.task(id).key).cloned();
            let progress = self.observed_progress(id, live.as_deref());
            changed |= progress != TaskProgress::Running;
            self.note(id, &progress);
            self.progress[id.0] = progress;
        }
        Ok(changed)
    }

    fn observed_progress(&mut self, id: TaskId, live: Option<&Node>) -> TaskProgress {
        let task = self.plan.task(id);
        match (task.action, live) {
            (TaskAction::Apply, Some(live)) => self.judge(id, live),
            (TaskAction::Apply, None) => TaskProgress::Failed(format!(
                "Resource {} is missing, it might have been deleted",
                task.reference()
            )),
            (_, Some(live)) if Some(live.uid()) == task.live.as_ref().map(|old| old.uid()) => {
                TaskProgress::Running
            }
            _ => TaskProgress::Succeeded,
        }
    }

    /// Puts an observed end into the task's row.
    fn note(&mut self, id: TaskId, progress: &TaskProgress) {
        let Some(row) = self.recorder.row_mut(self.plan.task(id)) else { return };
        let before = row.clone();
        match progress {
            TaskProgress::Succeeded => row.hook_phase = Some(OperationPhase::Succeeded),
            TaskProgress::Failed(reason) | TaskProgress::Refused(reason) => {
                row.hook_phase = Some(OperationPhase::Failed);
                row.message.clone_from(reason);
            }
            TaskProgress::Running | TaskProgress::Pending => return,
        }
        if *row != before {
            let row = row.clone();
            self.performer.session.emit(Event::Result(row));
        }
    }
}

impl Performer<'_> {
    async fn perform(&self, id: TaskId, task: &SyncTask) -> Done {
        if self.session.should_stop() || self.lock.check().is_err() {
            return Done::NotStarted;
        }
        if let TaskAction::SkipPrune(skip) = task.action {
            return Done::Skipped(skip.message());
        }
        if let Some(live) = task.live.as_ref().filter(|_| self.unchanged.contains(&id)) {
            let outcome = ApplyOutcome::Unchanged;
            return Done::Applied(Applied { outcome, object: live.clone() });
        }
        let Some(resource) = &task.resource else {
            return Done::Refused(missing_kind(&task.key));
        };
        match task.action {
            TaskAction::Apply => match self.applier.apply(task, resource).await {
                Ok(applied) => Done::Applied(applied),
                Err(reason) => Done::Refused(reason),
            },
            _ => self.remove(&task.key, resource, task.live.as_deref()).await,
        }
    }

    async fn remove(&self, key: &ResourceKey, resource: &ApiResource, live: Option<&Node>) -> Done {
        let uid = live.map_or("", Node::uid);
        match self.remover.remove(resource, key, uid).await {
            Ok(removed) => Done::Removed(removed),
            Err(error) => Done::Refused(error.to_string()),
        }
    }
}

fn removal(removed: Removed) -> (TaskProgress, ResultCode, String) {
    let pruned = |progress| (progress, ResultCode::Pruned, "pruned".to_owned());
    match removed {
        Removed::Gone => pruned(TaskProgress::Succeeded),
        Removed::Requested => pruned(TaskProgress::Running),
        Removed::NotOurs => (
            TaskProgress::Succeeded,
            ResultCode::PruneSkipped,
            "ignored (no longer tracked by this application)".to_owned(),
        ),
    }
}
