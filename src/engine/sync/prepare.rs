//! From a comparison to a checked plan: conditions that forbid a sync, the destination
//! namespace, definitions in use by others, and what is not supported.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join_all;

use super::record::failed_row;
use super::request::SyncRequest;
use crate::compare::TargetObject;
use crate::compare::pair::project_refusal;
use crate::engine::compare::{ApplicationComparison, CompareWith};
use crate::engine::error::{EngineError, EngineErrorKind};
use crate::engine::refresh::Place;
use crate::model::status::ConditionType;
use crate::model::tracking::{self, Ownership};
use crate::model::{
    ApiResource, GroupKind, Manifest, OperationPhase, Origin, ResourceKey, ResourceResult,
};
use crate::plan::build::{ManagedNamespace, defined_kind};
use crate::plan::{PlanError, PlanRequest, SyncOptions, SyncPlan, check, prune};
use crate::plan::{PruneGuard, build::build};
use crate::ports::{Content, Freshness, ListRequest};
use crate::yaml::{Mapping, Node};

/// Label of namespaces tiphys created, so that `app delete --delete-namespace` may remove them.
pub const CREATED_BY_LABEL: &str = "tiphys.dev/created-by";

/// What came of preparing.
pub enum Prepared {
    /// A plan to carry out.
    Plan(SyncPlan),
    /// The operation is over before anything was done.
    Over {
        /// How.
        phase: OperationPhase,
        /// Why.
        message: String,
        /// Rows that say which objects.
        rows: Vec<ResourceResult>,
    },
}

/// Makes the plan for what was compared.
///
/// # Errors
/// When the cluster fails, or an invariant is broken.
pub async fn prepare(
    compared: &ApplicationComparison,
    request: &SyncRequest,
    options: &SyncOptions,
) -> Result<Prepared, EngineError> {
    refuse_incomparable(compared)?;
    if let Some(over) = forbidden_by_conditions(compared, options) {
        return Ok(over);
    }
    let place = compared.place()?;
    let namespace = match managed_namespace(compared, place, options).await {
        Ok(namespace) => namespace,
        Err(error) => {
            let message = format!("namespace auto creation failed: {error}");
            return Ok(over(OperationPhase::Failed, message));
        }
    };
    let occupied_definitions = occupied_definitions(compared, place).await;
    let compare_with = CompareWith::new(&compared.application, place);
    let context = compare_with.context();
    let plan_request = PlanRequest {
        options,
        prune: request.prune,
        guard: effective_guard(compared, request),
        occupied_definitions: &occupied_definitions,
        selection: &request.selection,
        namespace: namespace.filter(|_| request.selection.is_empty()),
        catalog: &place.catalog,
        project_refusal: &|pair| project_refusal(&pair.key, pair.target.as_deref(), &context),
    };
    match build(&compared.comparison, &plan_request) {
        Ok(plan) => checked(plan),
        Err(PlanError::NotValid { message, objects }) => Ok(not_valid(compared, message, objects)),
        Err(error) => Err(EngineError::new(EngineErrorKind::Refused, error.to_string())),
    }
}

fn checked(plan: SyncPlan) -> Result<Prepared, EngineError> {
    let violations = check::violations(&plan);
    if violations.is_empty() {
        return Ok(Prepared::Plan(plan));
    }
    let message = format!("the sync plan is not sound: {}", violations.join("; "));
    Err(EngineError::new(EngineErrorKind::Internal, message))
}

fn over(phase: OperationPhase, message: String) -> Prepared {
    Prepared::Over { phase, message, rows: Vec::new() }
}

fn forbidden_by_conditions(
    compared: &ApplicationComparison,
    options: &SyncOptions,
) -> Option<Prepared> {
    if options.has("FailOnSharedResource=true") {
        let conditions = compared.comparison.conditions.iter();
        let shared = conditions.filter(|c| c.kind == ConditionType::SharedResourceWarning);
        let shared: Vec<&str> = shared.map(|condition| condition.message.as_str()).collect();
        if !shared.is_empty() {
            let message = format!("Shared resource found: {}", shared.join("; "));
            return Some(over(OperationPhase::Failed, message));
        }
    }
    let ignores = !compared.application.spec.ignore_differences.is_empty();
    if ignores && options.has("RespectIgnoreDifferences=true") {
        let message = "RespectIgnoreDifferences=true is not supported yet: the sync would \
                       overwrite the fields that spec.ignoreDifferences names";
        return Some(over(OperationPhase::Failed, message.to_owned()));
    }
    None
}

/// What could not be compared is not synced: nothing is known of what a write would do.
fn refuse_incomparable(compared: &ApplicationComparison) -> Result<(), EngineError> {
    const ERRORS: [ConditionType; 2] =
        [ConditionType::ComparisonError, ConditionType::InvalidSpecError];
    let conditions = compared.comparison.conditions.iter();
    let errors: Vec<String> = conditions
        .filter(|condition| ERRORS.contains(&condition.kind))
        .map(|condition| format!("{}: {}", condition.kind, condition.message))
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    let kind = if compared.unreadable.is_empty() {
        EngineErrorKind::InvalidSpec
    } else {
        EngineErrorKind::Permission
    };
    Err(EngineError::new(kind, errors.join("; ")))
}

fn not_valid(
    compared: &ApplicationComparison,
    message: String,
    objects: Vec<(ResourceKey, String)>,
) -> Prepared {
    let version = |key: &ResourceKey| {
        let pair = compared.comparison.resources.iter().find(|pair| pair.key == *key);
        pair.map(|pair| pair.version.clone()).unwrap_or_default()
    };
    let rows = objects.into_iter().map(|(key, text)| failed_row(&key, &version(&key), text));
    Prepared::Over { phase: OperationPhase::Failed, message, rows: rows.collect() }
}

fn effective_guard(compared: &ApplicationComparison, request: &SyncRequest) -> PruneGuard {
    if prune::is_switched_off(&compared.application.raw) { PruneGuard::Off } else { request.guard }
}

/// The destination namespace, when `CreateNamespace=true` makes it, or labels are kept on it.
async fn managed_namespace(
    compared: &ApplicationComparison,
    place: &Place,
    options: &SyncOptions,
) -> Result<Option<ManagedNamespace>, EngineError> {
    let name = &compared.application.spec.destination.namespace;
    let kind = GroupKind::new("", "Namespace");
    let key = ResourceKey::new("", "Namespace", "", name);
    let is_target = compared.targets.state.objects.iter().any(|object| object.key == key);
    if !options.has("CreateNamespace=true") || name.is_empty() || is_target {
        return Ok(None);
    }
    let Some(resource) = place.catalog.find(&kind) else { return Ok(None) };
    let live = place.cluster.get(resource, "", name).await?;
    let metadata = compared.application.sync_policy().managed_namespace_metadata;
    if live.is_some() && metadata.is_none() {
        return Ok(None);
    }
    let root = namespace_object(name, metadata.as_ref(), live.as_ref());
    let manifest = Manifest { root, origin: Origin::default() };
    let target = TargetObject { manifest, key, resource: Some(resource.clone()) };
    Ok(Some(ManagedNamespace { target: Arc::new(target), live: live.map(Arc::new) }))
}

/// A namespace made by tiphys, as it is created.
pub fn new_namespace(name: &str) -> Node {
    namespace_object(name, None, None)
}

/// The namespace to apply. Managed metadata goes through server-side apply, so that labels of
/// others survive.
fn namespace_object(name: &str, metadata: Option<&Node>, live: Option<&Node>) -> Node {
    let mut object = Node::mapping();
    object.set(&["apiVersion"], "v1");
    object.set(&["kind"], "Namespace");
    object.set(&["metadata", "name"], name);
    if live.is_none_or(|live| live.label(CREATED_BY_LABEL).is_some()) {
        object.set_label(CREATED_BY_LABEL, "tiphys");
    }
    let Some(metadata) = metadata else { return object };
    for part in ["labels", "annotations"] {
        let entries = metadata.get(part).and_then(Node::as_mapping);
        for (key, value) in entries.into_iter().flat_map(Mapping::iter) {
            object.set(&["metadata", part, key], value.clone());
        }
    }
    object.set_annotation(crate::plan::options::SYNC_OPTIONS_ANNOTATION, "ServerSideApply=true");
    object
}

/// Definitions no longer in Git whose kind has objects outside the Application. What cannot be
/// found out counts as in use.
async fn occupied_definitions(
    compared: &ApplicationComparison,
    place: &Place,
) -> BTreeSet<ResourceKey> {
    let settings = &place.settings;
    let instance = compared.application.name().instance(&settings.argocd_namespace);
    let candidates = compared.comparison.resources.iter().filter(|pair| pair.requires_pruning);
    let kinds: Vec<(ResourceKey, GroupKind)> = candidates
        .filter_map(|pair| {
            Some((pair.key.clone(), defined_kind(&pair.key, pair.live.as_deref()?)?))
        })
        .collect();
    if kinds.is_empty() {
        return BTreeSet::new();
    }
    // The kind may be newer than what is known of the cluster.
    let Ok(catalog) = place.cluster.catalog(Freshness::Fresh).await else {
        return kinds.into_iter().map(|(key, _)| key).collect();
    };
    let served = kinds.into_iter().filter_map(|(key, kind)| Some((key, catalog.find(&kind)?)));
    let checks = served.map(|(key, resource)| (key, resource.clone()));
    let instance = &instance;
    let checks = checks.map(|(key, resource)| async move {
        has_foreign_objects(place, resource, instance).await.then_some(key)
    });
    join_all(checks).await.into_iter().flatten().collect()
}

async fn has_foreign_objects(place: &Place, resource: ApiResource, instance: &str) -> bool {
    let request = ListRequest {
        resource,
        namespace: None,
        label_selector: String::new(),
        content: Content::MetadataOnly,
    };
    let is_ours = |object: &Node| {
        tracking::is_tracked_by(object, instance, &place.settings) == Ownership::Ours
    };
    match place.cluster.list(&request).await {
        Ok(list) => !list.items.iter().all(is_ours),
        Err(_) => true,
    }
}
