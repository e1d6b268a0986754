//! Target beside live for one Application: the road every verb takes.
//!
//! `get` and `diff` stop here, `sync`, `wait` and `delete` go on from here.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::controller_probe;
use super::error::{EngineError, EngineErrorKind, HINT};
use super::inventory::{inventory, known_objects};
use super::live::{self, Found, LiveRequest, Scan};
use super::refresh::{self, LocalTree, Place, RevisionChoice, Targets};
use super::session;
use super::status::{self, ComparedWith};
use crate::compare::{self, CompareContext, Comparison, LiveState};
use crate::model::status::ConditionType;
use crate::model::tracking::{self, Ownership};
use crate::model::{
    Application, ApplicationDestination, ApplicationName, ApplicationStatus, Condition,
    HealthStatus, HealthStatusCode, ResourceKey, SyncStatusCode,
};
use crate::ports::{Freshness, Pending, Ports, StoreErrorKind, StoreKind};
use crate::yaml::Node;

/// How many kinds a warning names.
const KINDS_SHOWN_MAX: usize = 5;

/// How much is asked anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refresh {
    /// The commit last resolved will do.
    #[default]
    None,
    /// Git is asked.
    Normal,
    /// Git and the cluster's kinds are asked, and objects are looked for everywhere.
    Hard,
}

impl Refresh {
    /// What the flags `--refresh` and `--hard-refresh` mean; the harder one wins.
    pub fn from_flags(refresh: bool, hard: bool) -> Self {
        match (refresh, hard) {
            (_, true) => Self::Hard,
            (true, false) => Self::Normal,
            (false, false) => Self::None,
        }
    }
}

/// What to do when Git's side cannot be had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetFailure {
    /// Fail.
    #[default]
    Fail,
    /// Show it as a condition, with status Unknown and the health of what is there.
    Report,
}

/// How to compare.
#[derive(Clone, Default)]
pub struct CompareOptions {
    /// How much is asked anew.
    pub refresh: Refresh,
    /// Commits to take instead, one per source.
    pub revisions: Vec<String>,
    /// Where to look for objects that left Git; `None`: as the refresh asks.
    pub scan: Option<Scan>,
    /// Files to use instead of the repository's.
    pub local: Option<LocalTree>,
    /// What to do when Git's side cannot be had.
    pub on_target_failure: TargetFailure,
}

/// An Application compared.
#[derive(Clone)]
pub struct ApplicationComparison {
    /// The Application as it was read.
    pub application: Application,
    /// Where it goes and by which rules; `None` when the spec does not say.
    pub place: Option<Place>,
    /// What Git wants.
    pub targets: Targets,
    /// What is there.
    pub live: LiveState,
    /// The verdict.
    pub comparison: Comparison,
    /// The status, as it is to be shown and written.
    pub status: ApplicationStatus,
    /// Objects that may not be read, with the server's words.
    pub unreadable: BTreeMap<ResourceKey, String>,
    /// Things the user should know.
    pub warnings: Vec<String>,
}

/// Compares `application`.
///
/// # Errors
/// When something cannot be had; unless the options say to report it, also Git's side.
pub fn compare_application<'a>(
    ports: &'a Ports,
    application: Application,
    options: &'a CompareOptions,
) -> Pending<'a, Result<ApplicationComparison, EngineError>> {
    Box::pin(compare_whole(ports, application, options))
}

async fn compare_whole(
    ports: &Ports,
    application: Application,
    options: &CompareOptions,
) -> Result<ApplicationComparison, EngineError> {
    let mut place = match Box::pin(refresh::place(ports, &application)).await {
        Ok(place) => place,
        Err(error) if is_reported(&error, options) => {
            return Ok(unjudged(ports, application, &error));
        }
        Err(error) => return Err(error),
    };
    if options.refresh == Refresh::Hard {
        place.catalog = place.cluster.catalog(Freshness::Fresh).await?;
    }
    let choice = revision_choice(options);
    let local = options.local.as_ref();
    let refreshing = refresh::targets(ports, &application, &mut place, &choice, local);
    match Box::pin(refreshing).await {
        Ok(targets) => Box::pin(compare_targets(ports, application, place, targets, options)).await,
        Err(error)
            if error.kind == EngineErrorKind::UnsupportedSource
                && options.on_target_failure == TargetFailure::Report =>
        {
            Ok(as_stored(application, place, &error))
        }
        Err(error) if is_reported(&error, options) => {
            Box::pin(without_targets(ports, application, place, &error, options)).await
        }
        Err(error) => Err(error),
    }
}

/// Renders `application` without looking at live objects.
///
/// # Errors
/// When Git's side cannot be had.
pub async fn render_application(
    ports: &Ports,
    application: &Application,
    options: &CompareOptions,
) -> Result<Targets, EngineError> {
    let mut place = refresh::place(ports, application).await?;
    let choice = revision_choice(options);
    refresh::targets(ports, application, &mut place, &choice, options.local.as_ref()).await
}

/// Renders `application` without asking any cluster.
///
/// # Errors
/// When Git's side cannot be had.
pub async fn render_without_cluster(
    ports: &Ports,
    application: &Application,
    options: &CompareOptions,
) -> Result<Targets, EngineError> {
    let choice = revision_choice(options);
    let local = options.local.as_ref();
    refresh::targets_without_cluster(ports, application, &choice, local).await
}

/// Compares given targets with what is live now.
///
/// # Errors
/// When the cluster cannot be read.
pub async fn compare_targets(
    ports: &Ports,
    application: Application,
    place: Place,
    targets: Targets,
    options: &CompareOptions,
) -> Result<ApplicationComparison, EngineError> {
    let place = knowing_kinds_of(&application, place).await?;
    let found = find_live(ports, &application, &place, &targets, options).await?;
    Ok(judge(ports, application, place, targets, found, options))
}

/// The place with a fresh view of the cluster's kinds when the Application has objects of kinds
/// it does not know: they would look absent.
async fn knowing_kinds_of(
    application: &Application,
    mut place: Place,
) -> Result<Place, EngineError> {
    let is_unknown = |key: &ResourceKey| place.catalog.find(&key.group_kind()).is_none();
    if known_objects(application).iter().any(is_unknown) {
        place.catalog = place.cluster.catalog(Freshness::Fresh).await?;
    }
    Ok(place)
}

/// Writes the status back, when that changes anything, is permitted, and no controller does it.
/// Answers with a note for the user when it was not possible.
///
/// # Errors
/// When the store fails in another way.
pub async fn write_status(
    ports: &Ports,
    compared: &ApplicationComparison,
) -> Result<Option<String>, EngineError> {
    let application = &compared.application;
    if ports.store.kind() == StoreKind::Files || controller_probe::may_be_live(application) {
        return Ok(None);
    }
    let Some(patch) = status_patch(&application.status, &compared.status)? else {
        return Ok(None);
    };
    match ports.store.patch_application(&application.name(), &patch, None).await {
        Ok(_) => Ok(None),
        Err(error) if error.kind == StoreErrorKind::Forbidden => {
            Ok(Some(format!("status not written: {error}")))
        }
        Err(error) => Err(error.into()),
    }
}

/// The patch from one status to another, errors in the engine's words.
///
/// # Errors
/// When a status cannot be expressed as JSON.
pub fn status_patch(
    old: &ApplicationStatus,
    new: &ApplicationStatus,
) -> Result<Option<Node>, EngineError> {
    status::status_patch(old, new)
        .map_err(|error| EngineError::new(EngineErrorKind::Internal, error.to_string()))
}

fn revision_choice(options: &CompareOptions) -> RevisionChoice {
    match (options.revisions.is_empty(), options.refresh) {
        (false, _) => RevisionChoice::Exactly(options.revisions.clone()),
        (true, Refresh::None) => RevisionChoice::Recorded,
        (true, Refresh::Normal | Refresh::Hard) => RevisionChoice::Resolve,
    }
}

/// Whether a failure is shown as a condition: what the user wrote is wrong, or Git cannot be
/// had. A cluster that cannot be read is always an error.
fn is_reported(error: &EngineError, options: &CompareOptions) -> bool {
    options.on_target_failure == TargetFailure::Report
        && matches!(
            error.kind,
            EngineErrorKind::Source | EngineErrorKind::Render | EngineErrorKind::InvalidSpec
        )
}

fn scan_of(ports: &Ports, options: &CompareOptions) -> Scan {
    if ports.store.kind() == StoreKind::Files {
        // The record's inventory is complete, and nothing else may be pruned.
        return Scan::Known;
    }
    let by_refresh =
        if options.refresh == Refresh::Hard { Scan::Cluster } else { Scan::Namespaces };
    options.scan.unwrap_or(by_refresh)
}

async fn find_live(
    ports: &Ports,
    application: &Application,
    place: &Place,
    targets: &Targets,
    options: &CompareOptions,
) -> Result<Found, EngineError> {
    let settings = &place.settings;
    let instance = application.name().instance(&settings.argocd_namespace);
    let inventory = inventory(application);
    let is_file = ports.store.kind() == StoreKind::Files;
    let is_tracked = |object: &Node| {
        let is_listed = || {
            let uid = inventory.get(&object.key());
            uid.is_some_and(|uid| uid.is_empty() || **uid == *object.uid())
        };
        tracking::is_tracked_by(object, &instance, settings) == Ownership::Ours
            && (!is_file || is_listed())
    };
    live::find(&LiveRequest {
        cluster: &*place.cluster,
        catalog: &place.catalog,
        targets: &targets.state,
        known: &known_objects(application),
        destination_namespace: &application.spec.destination.namespace,
        scan: scan_of(ports, options),
        is_tracked: &is_tracked,
    })
    .await
}

fn judge(
    ports: &Ports,
    application: Application,
    place: Place,
    targets: Targets,
    found: Found,
    options: &CompareOptions,
) -> ApplicationComparison {
    let with = CompareWith::new(&application, &place);
    let mut comparison = compare::compare(&targets.state, &found.state, &with.context());
    mark_unreadable(&mut comparison, &found.unreadable);
    let with = ComparedWith {
        revisions: &targets.revisions,
        source_types: &targets.source_types,
        resolved: options.refresh != Refresh::None,
        now: session::now(ports),
    };
    let status = status::after_comparison(&application, &comparison, &with);
    let mut warnings = targets.warnings.clone();
    warnings.extend(unlisted_warning(&found));
    ApplicationComparison {
        application,
        place: Some(place),
        targets,
        live: found.state,
        comparison,
        status,
        unreadable: found.unreadable,
        warnings,
    }
}

/// What a comparison is made with, owned.
pub struct CompareWith<'a> {
    place: &'a Place,
    application: &'a Application,
    name: ApplicationName,
    instance: String,
    sync_options: Vec<String>,
    destination: ApplicationDestination,
}

impl<'a> CompareWith<'a> {
    /// For `application`, which goes to `place`.
    pub fn new(application: &'a Application, place: &'a Place) -> Self {
        let name = application.name();
        Self {
            place,
            application,
            instance: name.instance(&place.settings.argocd_namespace),
            name,
            sync_options: application.sync_policy().sync_options,
            destination: refresh::known_destination(application),
        }
    }

    /// The same, as the comparison wants it.
    pub fn context(&self) -> CompareContext<'_> {
        CompareContext {
            application: &self.name,
            instance: &self.instance,
            settings: &self.place.settings,
            ignore_differences: &self.application.spec.ignore_differences,
            sync_options: &self.sync_options,
            project: self.place.project.as_ref(),
            destination: &self.destination,
        }
    }
}

/// Objects that may not be read are Unknown, never missing.
fn mark_unreadable(comparison: &mut Comparison, unreadable: &BTreeMap<ResourceKey, String>) {
    if unreadable.is_empty() {
        return;
    }
    for pair in &mut comparison.resources {
        if unreadable.contains_key(&pair.key) {
            pair.status = Some(SyncStatusCode::Unknown);
            pair.health = Some(HealthStatus::new(HealthStatusCode::Unknown, "may not be read"));
            pair.difference = None;
        }
    }
    comparison.sync = SyncStatusCode::Unknown;
    comparison.health = HealthStatusCode::Unknown;
    let messages: std::collections::BTreeSet<String> =
        unreadable.iter().map(|(key, text)| format!("{key} may not be read: {text}")).collect();
    comparison.conditions.extend(messages.into_iter().map(comparison_error));
}

fn unlisted_warning(found: &Found) -> Option<String> {
    if found.unlisted_kinds.is_empty() {
        return None;
    }
    let kinds = &found.unlisted_kinds;
    let shown: Vec<&str> = kinds.iter().take(KINDS_SHOWN_MAX).map(String::as_str).collect();
    let more = match kinds.len() - shown.len() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    Some(format!(
        "objects that are no longer in Git are not seen where they may not be listed: {}{more}",
        shown.join(", ")
    ))
}

fn comparison_error(message: String) -> Condition {
    Condition { kind: ConditionType::ComparisonError, message, last_transition_time: None }
}

/// The comparison when Git's side cannot be had: all Unknown, health from what is live.
async fn without_targets(
    ports: &Ports,
    application: Application,
    place: Place,
    error: &EngineError,
    options: &CompareOptions,
) -> Result<ApplicationComparison, EngineError> {
    let mut targets = Targets::default();
    targets
        .state
        .conditions
        .push(comparison_error(format!("Failed to load target state: {error}")));
    let mut compared = compare_targets(ports, application, place, targets, options).await?;
    for pair in &mut compared.comparison.resources {
        pair.requires_pruning = false;
        pair.difference = None;
    }
    let with = ComparedWith {
        revisions: &[],
        source_types: &[],
        resolved: true,
        now: session::now(ports),
    };
    compared.status = status::after_comparison(&compared.application, &compared.comparison, &with);
    compared.warnings.extend(hints(error));
    Ok(compared)
}

/// What to try after a failure that is reported as a condition.
fn hints(error: &EngineError) -> Vec<String> {
    error.hints.iter().map(|hint| format!("{HINT}{hint}")).collect()
}

/// What is stored, when tiphys cannot render the source but others can: never overwritten.
fn as_stored(application: Application, place: Place, error: &EngineError) -> ApplicationComparison {
    let status = application.status.clone();
    let comparison = Comparison {
        sync: status.sync.status,
        health: status.health.status,
        conditions: status.conditions.clone(),
        ..Comparison::default()
    };
    ApplicationComparison {
        application,
        place: Some(place),
        targets: Targets::default(),
        live: LiveState::default(),
        comparison,
        status,
        unreadable: BTreeMap::new(),
        warnings: vec![format!("{error}; this is the stored status")],
    }
}

/// The comparison when the spec is not valid: nothing is judged.
fn unjudged(ports: &Ports, application: Application, error: &EngineError) -> ApplicationComparison {
    let condition = Condition {
        kind: ConditionType::InvalidSpecError,
        message: error.to_string(),
        last_transition_time: None,
    };
    let comparison = Comparison {
        sync: SyncStatusCode::Unknown,
        health: HealthStatusCode::Unknown,
        conditions: vec![condition],
        ..Comparison::default()
    };
    let with = ComparedWith {
        revisions: &[],
        source_types: &[],
        resolved: true,
        now: session::now(ports),
    };
    let mut status = status::after_comparison(&application, &comparison, &with);
    status.resources.clone_from(&application.status.resources);
    ApplicationComparison {
        application,
        place: None,
        targets: Targets::default(),
        live: LiveState::default(),
        comparison,
        status,
        unreadable: BTreeMap::new(),
        warnings: hints(error),
    }
}

impl ApplicationComparison {
    /// Settings, project and cluster.
    ///
    /// # Errors
    /// When the spec does not say where the Application goes.
    pub fn place(&self) -> Result<&Place, EngineError> {
        self.place.as_ref().ok_or_else(|| {
            let messages: Vec<&str> =
                self.comparison.conditions.iter().map(|c| c.message.as_str()).collect();
            EngineError::new(EngineErrorKind::InvalidSpec, messages.join("; "))
        })
    }

    /// The live object under `key`.
    pub fn live_object(&self, key: &ResourceKey) -> Option<&Arc<Node>> {
        self.live.objects.get(key)
    }
}
