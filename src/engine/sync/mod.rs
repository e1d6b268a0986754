//! The sync operation from beginning to end: who does it, under which lock, from which start,
//! with which retries; what is recorded and what is answered.
//!
//! Phases, messages and the record are Argo CD 3.5's. Where tiphys does more (server dry run,
//! prune guard, lock, resuming), README says so.

pub mod apply;
pub mod drive;
pub mod dry_run;
pub mod handover;
pub mod prepare;
pub mod record;
pub mod remove;
pub mod request;
pub mod resume;
pub mod retry;
pub mod size;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use self::apply::Applier;
use self::drive::{Drive, Performer};
use self::dry_run::Trial;
use self::prepare::Prepared;
use self::record::{Pace, Recorder, history_after, pin, pinned_revisions};
use self::remove::Remover;
use self::request::{Executor, SyncMode, SyncOutcome, SyncRequest};
use self::resume::Beginning;
use super::compare::{
    ApplicationComparison, CompareOptions, Refresh, compare_application, compare_targets,
    status_patch,
};
use super::controller_probe::{self, Controller};
use super::error::{EngineError, EngineErrorKind};
use super::event::Event;
use super::inventory::{inventory_after, inventory_before, known_objects};
use super::live::Scan;
use super::lock::{self, Lock};
use super::refresh::{self, Place, with_new_kinds};
use super::session::Session;
use crate::model::{ApiCatalog, Application, ApplicationName, OperationPhase};
use crate::plan::step::{FAILED_TO_DRY_RUN, NO_MORE_TASKS};
use crate::plan::{HeldBack, PruneMode, SyncOptions, SyncPlan, TaskId};
use crate::ports::{ClusterErrorKind, DryRun, FieldValidation, StoreErrorKind, StoreKind};
use crate::ports::{Pending, WriteRequest, WriteVerb};
use crate::yaml::Node;

/// What one try gave.
struct Attempt {
    phase: OperationPhase,
    message: String,
    compared: ApplicationComparison,
    wrote: bool,
    requires_pruning: usize,
    held_back: Vec<HeldBack>,
}

/// How carrying out a plan ended.
struct Carried {
    phase: OperationPhase,
    message: String,
    wrote: bool,
    catalog: Arc<ApiCatalog>,
}

/// What came of the dry run.
enum Tried {
    /// The operation is over.
    Over(OperationPhase, &'static str),
    /// It goes on; these objects are as Git says already.
    GoOn(BTreeSet<TaskId>),
}

/// One sync under its lock.
struct Run<'a> {
    session: &'a Session<'a>,
    lock: &'a Lock,
    request: &'a SyncRequest,
    recorder: Recorder,
}

/// Syncs the Application called `name`.
///
/// # Errors
/// When it cannot be begun, or the run is to stop before its end; what was done is recorded
/// then and the next run goes on from there. An operation that failed is no error but an
/// outcome.
pub fn sync<'a>(
    session: &'a Session<'a>,
    name: &'a ApplicationName,
    request: &'a SyncRequest,
) -> Pending<'a, Result<SyncOutcome, EngineError>> {
    Box::pin(async move {
        let session = session.clone().with_timeout(request.timeout);
        Box::pin(sync_in_time(&session, name, request)).await
    })
}

async fn sync_in_time(
    session: &Session<'_>,
    name: &ApplicationName,
    request: &SyncRequest,
) -> Result<SyncOutcome, EngineError> {
    let application = session.ports.store.application(name).await?;
    admit(&application, request)?;
    if request.mode == SyncMode::Apply && is_controllers_work(session, &application).await? {
        return Box::pin(handover::hand_over(session, application, request)).await;
    }
    refresh::check_spec(&application)?;
    make_room_for_record(session, &application, request).await?;
    let operation_id = uuid::Uuid::new_v4().to_string();
    let holder = request.identity.holder(&operation_id);
    let name = application.name();
    let lock = lock::acquire(session, &name, &holder, request.lock_mode()).await?;
    // Boxed here and below: a sync is a deep state machine, and stacks are not.
    let work = Box::pin(sync_locked(session, &lock, &name, request, operation_id));
    let result = work.await;
    lock.release().await;
    result.map_err(|error| with_way_on(error, request))
}

/// Says after a stop that nothing is lost.
fn with_way_on(error: EngineError, request: &SyncRequest) -> EngineError {
    let is_stop = matches!(error.kind, EngineErrorKind::Interrupted | EngineErrorKind::TimedOut);
    if is_stop && request.mode == SyncMode::Apply {
        error.with_hint("run the same command again: the operation goes on where it stopped")
    } else {
        error
    }
}

async fn sync_locked(
    session: &Session<'_>,
    lock: &Lock,
    name: &ApplicationName,
    request: &SyncRequest,
    operation_id: String,
) -> Result<SyncOutcome, EngineError> {
    let application = session.ports.store.application(name).await?;
    let (state, beginning) = resume::start(&application, request, operation_id, session.now())?;
    if beginning == Beginning::Resumed {
        let revisions = pinned_revisions(&state).join(", ");
        session.emit(Event::Note(format!("resuming the unfinished operation at {revisions}")));
    }
    let recorder = Recorder::new(&application, request.mode, state)?;
    let mut run = Run { session, lock, request, recorder };
    let revisions = match beginning {
        Beginning::New => request.revisions.clone(),
        Beginning::Resumed => pinned_revisions(&run.recorder.state),
    };
    let attempt = Box::pin(run.try_until_done(application, revisions)).await?;
    Box::pin(run.finish(attempt)).await
}

/// What can be refused before anything is asked of the cluster.
fn admit(application: &Application, request: &SyncRequest) -> Result<(), EngineError> {
    let name = application.name();
    let refuse = |text: String| Err(EngineError::new(EngineErrorKind::Refused, text));
    if application.raw.is_being_deleted() {
        return refuse(format!("application {name} is being deleted"));
    }
    if request.executor == Executor::Direct && !controller_probe::is_skipped(application) {
        return refuse(format!(
            "--direct needs the annotation {}: \"true\" on application {name}",
            crate::model::application::SKIP_RECONCILE_ANNOTATION
        ));
    }
    let sources = application.sources();
    let other =
        request.revisions.iter().zip(sources).find(|(revision, source)| {
            !revision.is_empty() && **revision != source.target_revision
        });
    if let Some((revision, source)) = other.filter(|_| application.sync_policy().is_automated()) {
        return refuse(format!(
            "Cannot sync to {revision}: auto-sync currently set to {}",
            source.target_revision
        ));
    }
    let unknown = SyncOptions::new(&request.options).warnings();
    if unknown.is_empty() { Ok(()) } else { refuse(unknown.join("; ")) }
}

async fn is_controllers_work(
    session: &Session<'_>,
    application: &Application,
) -> Result<bool, EngineError> {
    Ok(controller_probe::probe(session, application).await? != Controller::Absent)
}

/// In file mode the record and the lock live in the destination namespace: under
/// `CreateNamespace=true` it is made before anything else.
async fn make_room_for_record(
    session: &Session<'_>,
    application: &Application,
    request: &SyncRequest,
) -> Result<(), EngineError> {
    let namespace = &application.spec.destination.namespace;
    let is_file = session.ports.store.kind() == StoreKind::Files;
    if !is_file || request.mode == SyncMode::DryRun || namespace.is_empty() {
        return Ok(());
    }
    let place = refresh::place(session.ports, application).await?;
    let kind = crate::model::GroupKind::new("", "Namespace");
    let Some(resource) = place.catalog.find(&kind) else { return Ok(()) };
    match place.cluster.get(resource, "", namespace).await {
        Ok(None) => {}
        Ok(Some(_)) => return Ok(()),
        // Who may not read namespaces finds out when the record is written.
        Err(error) if error.kind == ClusterErrorKind::Forbidden => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    if !request.effective_options(application).has("CreateNamespace=true") {
        let text = format!("namespace {namespace} does not exist");
        return Err(EngineError::new(EngineErrorKind::NotFound, text)
            .with_hint("create it, or add CreateNamespace=true to spec.syncPolicy.syncOptions"));
    }
    let creation = WriteRequest {
        resource: resource.clone(),
        namespace: String::new(),
        name: namespace.clone(),
        body: prepare::new_namespace(namespace),
        verb: WriteVerb::Create,
        dry_run: DryRun::No,
        validation: FieldValidation::Strict,
        manager: apply::FIELD_MANAGER,
    };
    place.cluster.write(&creation).await?;
    session.emit(Event::Note(format!("namespace/{namespace} created")));
    Ok(())
}

impl Run<'_> {
    /// Tries, and tries again as the policy says, until the operation is over.
    async fn try_until_done(
        &mut self,
        application: Application,
        revisions: Vec<String>,
    ) -> Result<Attempt, EngineError> {
        let mut application = application;
        let mut revisions = revisions;
        loop {
            let mut attempt = Box::pin(self.attempt(application, revisions)).await?;
            let failed = matches!(attempt.phase, OperationPhase::Failed | OperationPhase::Error);
            let retry = self.recorder.state.operation.retry.clone();
            let count = self.recorder.state.retry_count;
            let may_retry =
                failed && self.request.mode == SyncMode::Apply && !self.recorder.is_terminating();
            let Some(wait) = retry::next_wait(&retry, count).filter(|_| may_retry) else {
                if failed && !self.recorder.is_terminating() {
                    attempt.message = retry::final_message(&attempt.message, count);
                }
                return Ok(attempt);
            };
            self.wait_for_retry(&attempt.message, count + 1, wait).await?;
            application =
                self.session.ports.store.application(&attempt.compared.application.name()).await?;
            revisions = if retry.refresh {
                self.request.revisions.clone()
            } else {
                pinned_revisions(&self.recorder.state)
            };
        }
    }

    async fn wait_for_retry(
        &mut self,
        message: &str,
        attempt: i64,
        wait: Duration,
    ) -> Result<(), EngineError> {
        let now = self.session.now();
        let span = jiff::SignedDuration::try_from(wait).unwrap_or_default();
        let at = now.checked_add(span).unwrap_or(now);
        let state = &mut self.recorder.state;
        state.message = retry::waiting_message(message, attempt, at);
        state.finished_at = Some(now);
        state.retry_count = attempt;
        self.recorder.write(self.session, self.lock).await?;
        self.session.emit(Event::Retry { attempt, wait });
        self.session.pause(wait).await?;
        let retry = self.recorder.state.operation.retry.clone();
        self.recorder.clear_results();
        self.recorder.state.finished_at = None;
        self.recorder.state.message = retry::starting_message(&retry, attempt);
        self.recorder.write(self.session, self.lock).await
    }

    /// One try: compare, plan, record the intent, try on the server, carry out.
    async fn attempt(
        &mut self,
        application: Application,
        revisions: Vec<String>,
    ) -> Result<Attempt, EngineError> {
        self.session.check()?;
        let compare = CompareOptions {
            refresh: Refresh::Normal,
            revisions,
            scan: self.request.scan.or_else(|| blind_prune_scan(&application, self.request)),
            ..CompareOptions::default()
        };
        let compared = compare_application(self.session.ports, application, &compare).await?;
        let options = self.options();
        for warning in compared.warnings.iter().cloned().chain(options.warnings()) {
            self.session.warn(warning);
        }
        self.session.emit(Event::Resources(compared.status.resources.clone()));
        let preparing = prepare::prepare(&compared, self.request, &options);
        let prepared = Box::pin(preparing).await?;
        pin(&mut self.recorder.state, &compared);
        match prepared {
            Prepared::Over { phase, message, rows } => {
                self.recorder.write(self.session, self.lock).await?;
                for row in rows {
                    self.session.emit(Event::Result(row.clone()));
                    self.recorder.put(row);
                }
                Ok(Attempt::over(phase, message, compared))
            }
            Prepared::Plan(plan) => Box::pin(self.execute(plan, compared, &options)).await,
        }
    }

    async fn execute(
        &mut self,
        plan: SyncPlan,
        mut compared: ApplicationComparison,
        options: &SyncOptions,
    ) -> Result<Attempt, EngineError> {
        let place = compared.place()?.clone();
        for warning in &plan.warnings {
            self.session.warn(warning.clone());
        }
        if !plan.held_back.is_empty() {
            self.session.emit(Event::HeldBack(plan.held_back.clone()));
        }
        let requires_pruning = plan.requires_pruning();
        let held_back = plan.held_back.clone();
        let applier = Applier {
            session: self.session,
            cluster: &*place.cluster,
            options,
            dry_run: DryRun::Server,
        };
        let sends = plan.tasks.iter().any(|task| applier.sends(task));
        self.recorder.set_pace(if sends { Pace::Stepwise } else { Pace::AtEnd });
        self.recorder.write_step(self.session, self.lock).await?;
        let carried = match self.try_on_server(&applier, &plan).await? {
            Tried::Over(phase, message) => Carried {
                phase,
                message: message.to_owned(),
                wrote: false,
                catalog: place.catalog.clone(),
            },
            Tried::GoOn(unchanged) => {
                self.record_intent(&plan, &compared.application).await?;
                self.carry_out(plan, &unchanged, &compared, &place, applier).await?
            }
        };
        let Carried { phase, message, wrote, catalog } = carried;
        if let Some(place) = &mut compared.place {
            place.catalog = catalog;
        }
        Ok(Attempt { phase, message, compared, wrote, requires_pruning, held_back })
    }

    /// In file mode: puts everything that is about to be made into the inventory, so that
    /// nothing is lost when the run is killed.
    async fn record_intent(
        &self,
        plan: &SyncPlan,
        application: &Application,
    ) -> Result<(), EngineError> {
        let store = &self.session.ports.store;
        let inventory = inventory_before(application, plan);
        if store.kind() != StoreKind::Files || inventory == application.inventory() {
            return Ok(());
        }
        self.lock.check()?;
        let inventory = Node::encode(&inventory)
            .map_err(|error| EngineError::new(EngineErrorKind::Internal, error.to_string()))?;
        let mut patch = Node::mapping();
        patch.set(&["inventory"], inventory);
        store.patch_application(&application.name(), &patch, None).await?;
        Ok(())
    }

    /// Carries the plan out; answers how it ended and whether anything was written.
    async fn carry_out(
        &mut self,
        plan: SyncPlan,
        unchanged: &BTreeSet<TaskId>,
        compared: &ApplicationComparison,
        place: &Place,
        applier: Applier<'_>,
    ) -> Result<Carried, EngineError> {
        let instance = compared.application.name().instance(&place.settings.argocd_namespace);
        let performer = Performer {
            session: self.session,
            lock: self.lock,
            applier: Applier { dry_run: DryRun::No, ..applier },
            remover: Remover {
                cluster: &*place.cluster,
                instance: &instance,
                settings: &place.settings,
                propagation: applier.options.prune_propagation(),
            },
            grace: self.request.grace(),
            unchanged,
        };
        let catalog = place.catalog.clone();
        let mut drive = Drive::new(performer, &mut self.recorder, plan, catalog);
        let (phase, message) = Box::pin(drive.run()).await?;
        drive.settle_deletions().await?;
        Ok(Carried { phase, message, wrote: drive.wrote(), catalog: drive.catalog() })
    }

    /// The dry run of everything. It ends the operation when anything is refused, or when it was
    /// all that was asked for; else it answers which objects need no write.
    async fn try_on_server(
        &mut self,
        applier: &Applier<'_>,
        plan: &SyncPlan,
    ) -> Result<Tried, EngineError> {
        let trials = dry_run::try_all(applier, plan).await;
        self.session.check()?;
        self.lock.check()?;
        let failed = trials.iter().any(Trial::is_refused);
        if !failed && self.request.mode == SyncMode::Apply {
            let unchanged = trials.iter().filter(|trial| trial.is_unchanged());
            return Ok(Tried::GoOn(unchanged.map(|trial| trial.task).collect()));
        }
        for trial in trials {
            let row = trial.row(plan.task(trial.task));
            self.session.emit(Event::Result(row.clone()));
            self.recorder.put(row);
        }
        Ok(if failed {
            Tried::Over(OperationPhase::Failed, FAILED_TO_DRY_RUN)
        } else {
            Tried::Over(OperationPhase::Succeeded, NO_MORE_TASKS)
        })
    }

    /// The options the operation was begun with.
    fn options(&self) -> SyncOptions {
        let sync = self.recorder.state.operation.sync.as_ref();
        SyncOptions::new(sync.map_or(&[], |sync| &sync.sync_options))
    }

    /// Compares again, records the end, the history and the status in one write, and answers.
    async fn finish(mut self, attempt: Attempt) -> Result<SyncOutcome, EngineError> {
        let now = self.session.now();
        self.recorder.finish(attempt.phase, attempt.message, now);
        let after = Box::pin(self.compare_again(attempt.compared, attempt.wrote)).await;
        let compared = match after {
            Ok(compared) => compared,
            Err(error) => {
                // The operation itself is over: that much is recorded in any case.
                self.recorder.write(self.session, self.lock).await?;
                return Err(error.while_doing("the sync is done, but its result is not known"));
            }
        };
        let application = Box::pin(self.write_end(&compared)).await?;
        let state = &self.recorder.state;
        let (phase, message) = (state.phase, state.message.clone());
        self.session.emit(Event::Resources(compared.status.resources.clone()));
        self.session.emit(Event::Operation { phase, message });
        Ok(SyncOutcome {
            application,
            compared: Some(compared),
            operation_state: self.recorder.state,
            requires_pruning: attempt.requires_pruning,
            held_back: attempt.held_back,
        })
    }

    /// The comparison after the operation; the one before it when nothing was written.
    async fn compare_again(
        &self,
        before: ApplicationComparison,
        wrote: bool,
    ) -> Result<ApplicationComparison, EngineError> {
        let mut compared = before;
        if wrote {
            let place = compared.place()?.clone();
            let mut application = compared.application;
            // All objects are known by now: no need to look everywhere again.
            application.status.resources = compared.status.resources;
            application.status.operation_state = Some(self.recorder.state.clone());
            let options = CompareOptions {
                refresh: Refresh::Normal,
                scan: Some(Scan::Known),
                ..CompareOptions::default()
            };
            let ports = self.session.ports;
            let targets = with_new_kinds(compared.targets, &place.catalog);
            let comparing = compare_targets(ports, application, place, targets, &options);
            compared = Box::pin(comparing).await?;
        }
        compared.status.operation_state = Some(self.recorder.state.clone());
        compared.status.history =
            history_after(&compared.application, &self.recorder.state, self.session.now());
        Ok(compared)
    }

    async fn write_end(
        &mut self,
        compared: &ApplicationComparison,
    ) -> Result<Application, EngineError> {
        let store = &self.session.ports.store;
        let name = compared.application.name();
        if self.request.mode == SyncMode::DryRun {
            return Ok(store.application(&name).await?);
        }
        if store.kind() == StoreKind::CustomResources {
            let written = self.recorder.write_end(self.session, self.lock, &compared.status);
            if let Some(application) = written.await? {
                return Ok(application);
            }
        }
        self.recorder.write(self.session, self.lock).await?;
        let current = store.application(&name).await?;
        let mut new = compared.status.clone();
        new.operation_state.clone_from(&current.status.operation_state);
        let mut patch = status_patch(&current.status, &new)?.unwrap_or_else(Node::mapping);
        if store.kind() == StoreKind::Files {
            let inventory = Node::encode(&inventory_after(&compared.comparison))
                .map_err(|error| EngineError::new(EngineErrorKind::Internal, error.to_string()))?;
            patch.set(&["inventory"], inventory);
        }
        if patch.as_mapping().is_some_and(crate::yaml::Mapping::is_empty) {
            return Ok(current);
        }
        match store.patch_application(&name, &patch, None).await {
            Ok(application) => Ok(application),
            Err(error) if error.kind == StoreErrorKind::Forbidden => {
                self.session.emit(Event::Note(format!("status not written: {error}")));
                Ok(current)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A prune without any memory of what there was looks in all namespaces.
fn blind_prune_scan(application: &Application, request: &SyncRequest) -> Option<Scan> {
    let is_blind = request.prune == PruneMode::Delete && known_objects(application).is_empty();
    is_blind.then_some(Scan::Cluster)
}

impl Attempt {
    fn over(phase: OperationPhase, message: String, compared: ApplicationComparison) -> Self {
        let held_back = Vec::new();
        Self { phase, message, compared, wrote: false, requires_pruning: 0, held_back }
    }
}
