//! Comparison and options in, plan out: which tasks there are, and their order.
//!
//! Task list and order are those of Argo CD 3.5 (phase, wave, kind, name; namespaces and
//! definitions before what needs them; mirrored waves for prunes; PruneLast). Hooks are
//! refused: running them is not supported yet.

use std::collections::BTreeSet;
use std::sync::Arc;

use thiserror::Error;

use super::hooks::{HookRole, hook_role};
use super::kind_order::rank;
use super::options::{SyncOptions, object_has};
use super::prune::{self, HeldBack, PruneGuard, PruneMode, PruneSituation};
use super::task::{GroupPart, PruneSkip, SyncPlan, SyncTask, TaskAction, TaskOrigin};
use super::waves;
use crate::compare::{Comparison, ResourceComparison, TargetObject};
use crate::model::operation::{SyncOperationResource, SyncPhase};
use crate::model::{ApiCatalog, GroupKind, ResourceKey};
use crate::yaml::Node;

/// What a plan is made for.
#[derive(Clone)]
pub struct PlanRequest<'a> {
    /// The options in force.
    pub options: &'a SyncOptions,
    /// Whether to delete what left Git.
    pub prune: PruneMode,
    /// Whether the prune guard holds anything back.
    pub guard: PruneGuard,
    /// Definitions among the prune candidates with objects outside the Application.
    pub occupied_definitions: &'a BTreeSet<ResourceKey>,
    /// Only these objects; empty means all.
    pub selection: &'a [SyncOperationResource],
    /// The destination namespace, when this sync makes or labels it.
    pub namespace: Option<ManagedNamespace>,
    /// What the cluster serves.
    pub catalog: &'a ApiCatalog,
    /// Why the project does not allow an object, if it does not.
    pub project_refusal: &'a (dyn Fn(&ResourceComparison) -> Option<String> + Send + Sync),
}

/// The destination namespace under `CreateNamespace=true`.
#[derive(Clone, Debug)]
pub struct ManagedNamespace {
    /// The object to apply.
    pub target: Arc<TargetObject>,
    /// What is there.
    pub live: Option<Arc<Node>>,
}

/// Why there is no plan.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PlanError {
    /// An object needs something tiphys does not do yet.
    #[error("{what} are not supported yet: {objects}")]
    Unsupported {
        /// What it is, in the plural.
        what: &'static str,
        /// The objects, `Kind/name, Kind/name`.
        objects: String,
    },
    /// The kinds of some objects are not served and nothing in this sync brings them.
    #[error("{message}")]
    NotValid {
        /// The operation's message.
        message: String,
        /// Each object with its own message.
        objects: Vec<(ResourceKey, String)>,
    },
}

/// Builds the plan for `comparison`.
///
/// # Errors
/// When an object needs an unsupported feature or a kind that nobody serves.
pub fn build(comparison: &Comparison, request: &PlanRequest<'_>) -> Result<SyncPlan, PlanError> {
    let pairs: Vec<&ResourceComparison> =
        comparison.resources.iter().filter(|pair| is_wanted(pair, request)).collect();
    refuse_unsupported(comparison, request)?;
    refuse_invalid(&pairs, request)?;
    let mut plan = SyncPlan { warnings: hook_warnings(comparison), ..SyncPlan::default() };
    plan.tasks.extend(pairs.iter().filter_map(|pair| apply_task(pair)));
    plan.tasks.extend(request.namespace.as_ref().map(namespace_task));
    let mut prunes = prune_tasks(&pairs, request);
    plan.held_back = hold_back(&mut prunes, comparison, request);
    plan.tasks.extend(prunes);
    order(&mut plan.tasks, request.options);
    Ok(plan)
}

/// Whether a pair becomes a task: selected, ours to judge, no hook, and out of sync where only
/// that counts.
fn is_wanted(pair: &ResourceComparison, request: &PlanRequest<'_>) -> bool {
    let only_out_of_sync = request.options.has("ApplyOutOfSyncOnly=true");
    let in_sync = pair.status == Some(crate::model::SyncStatusCode::Synced);
    let role = pair.target.as_ref().map(|target| hook_role(&target.manifest.root));
    let role = role.or_else(|| pair.live.as_ref().map(|live| hook_role(live)));
    role == Some(HookRole::Resource)
        && (pair.target.is_some() || pair.requires_pruning)
        && is_selected(&pair.key, request.selection)
        && !(only_out_of_sync && in_sync)
}

/// Whether `key` is among `selection`, which selects all when it is empty.
pub fn is_selected(key: &ResourceKey, selection: &[SyncOperationResource]) -> bool {
    selection.is_empty()
        || selection.iter().any(|wanted| {
            wanted.group == *key.group
                && wanted.kind == *key.kind
                && wanted.name == *key.name
                && (wanted.namespace.is_empty() || wanted.namespace == *key.namespace)
        })
}

fn refuse_unsupported(comparison: &Comparison, request: &PlanRequest<'_>) -> Result<(), PlanError> {
    // A selective sync runs no hooks, so it has none to refuse.
    let runs_hooks = request.selection.is_empty();
    refuse("hooks", comparison, |object| runs_hooks && runs_as_hook(object))?;
    refuse("objects annotated with Force=true", comparison, |object| {
        object_has(object, "Force=true")
    })
}

fn refuse(
    what: &'static str,
    comparison: &Comparison,
    is_refused: impl Fn(&Node) -> bool,
) -> Result<(), PlanError> {
    let refused = targets(comparison).filter(|object| is_refused(object));
    let names: Vec<String> =
        refused.map(|object| format!("{}/{}", object.kind(), display_name(object))).collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(PlanError::Unsupported { what, objects: names.join(", ") })
}

fn targets(comparison: &Comparison) -> impl Iterator<Item = &Node> {
    comparison.resources.iter().filter_map(|pair| Some(&pair.target.as_ref()?.manifest.root))
}

fn runs_as_hook(object: &Node) -> bool {
    matches!(hook_role(object), HookRole::Hook(types) if types.iter().any(|t| t.runs_in_sync()))
}

fn hook_warnings(comparison: &Comparison) -> Vec<String> {
    let warning = |object: &Node| match hook_role(object) {
        HookRole::Hook(types) if !types.iter().any(|hook| hook.runs_in_sync()) => Some(format!(
            "{}/{}: hooks that run when an application is deleted are not supported yet; it \
             will not run",
            object.kind(),
            display_name(object)
        )),
        _ => None,
    };
    targets(comparison).filter_map(warning).collect()
}

fn display_name(object: &Node) -> &str {
    if object.name().is_empty() { object.generate_name() } else { object.name() }
}

/// Refuses objects of kinds nobody serves or brings, and objects the project does not allow.
fn refuse_invalid(
    pairs: &[&ResourceComparison],
    request: &PlanRequest<'_>,
) -> Result<(), PlanError> {
    let brought = definitions(pairs.iter().filter_map(|pair| pair.target.as_deref()));
    let mut objects = Vec::new();
    let mut reasons = BTreeSet::new();
    for pair in pairs {
        if let Some((reason, message)) = objection(pair, &brought, request) {
            reasons.insert(reason);
            objects.push((pair.key.clone(), message));
        }
    }
    if objects.is_empty() {
        return Ok(());
    }
    let reasons: Vec<String> = reasons.into_iter().collect();
    let message = format!("{}: {}", super::step::NOT_VALID, reasons.join("; "));
    Err(PlanError::NotValid { message, objects })
}

/// What speaks against a pair: for the operation's message and for the object's row.
fn objection(
    pair: &ResourceComparison,
    brought: &BTreeSet<GroupKind>,
    request: &PlanRequest<'_>,
) -> Option<(String, String)> {
    if let Some(refusal) = (request.project_refusal)(pair) {
        return Some((refusal.clone(), refusal));
    }
    let target = pair.target.as_ref()?;
    let root = &target.manifest.root;
    let is_known = target.resource.is_some()
        || brought.contains(&target.key.group_kind())
        || request.options.tolerates_missing_kind(root);
    (!is_known).then(|| (discovery_failure(root), missing_kind(&target.key)))
}

fn discovery_failure(object: &Node) -> String {
    format!(
        "failed to discover server resources for group version {}: the server could not find \
         the requested resource",
        object.api_version()
    )
}

/// What the row of an object says whose kind nobody serves.
pub fn missing_kind(key: &ResourceKey) -> String {
    let object = if key.namespace.is_empty() {
        key.name.to_string()
    } else {
        format!("{}/{}", key.namespace, key.name)
    };
    format!(
        "The Kubernetes API could not find {} for requested resource {object}. Make sure the \
         \"{}\" CRD is installed on the destination cluster.",
        key.group_kind(),
        key.kind
    )
}

/// The kinds that definitions among `objects` bring.
fn definitions<'a>(objects: impl Iterator<Item = &'a TargetObject>) -> BTreeSet<GroupKind> {
    objects.filter_map(|object| defined_kind(&object.key, &object.manifest.root)).collect()
}

/// The kind a CustomResourceDefinition defines.
pub fn defined_kind(key: &ResourceKey, object: &Node) -> Option<GroupKind> {
    let is_definition =
        &*key.kind == "CustomResourceDefinition" && &*key.group == "apiextensions.k8s.io";
    is_definition.then(|| {
        GroupKind::new(object.str_at(&["spec", "group"]), object.str_at(&["spec", "names", "kind"]))
    })
}

fn apply_task(pair: &ResourceComparison) -> Option<SyncTask> {
    let target = pair.target.as_ref()?;
    Some(SyncTask {
        key: pair.key.clone(),
        version: pair.version.clone(),
        phase: SyncPhase::Sync,
        wave: pair.wave,
        part: GroupPart::Main,
        action: TaskAction::Apply,
        origin: TaskOrigin::Application,
        resource: target.resource.clone(),
        target: Some(target.clone()),
        live: pair.live.clone(),
        hook: None,
    })
}

fn namespace_task(namespace: &ManagedNamespace) -> SyncTask {
    SyncTask {
        key: namespace.target.key.clone(),
        version: "v1".into(),
        phase: SyncPhase::PreSync,
        wave: 0,
        part: GroupPart::Main,
        action: TaskAction::Apply,
        origin: TaskOrigin::ManagedNamespace,
        resource: namespace.target.resource.clone(),
        target: Some(namespace.target.clone()),
        live: namespace.live.clone(),
        hook: None,
    }
}

fn prune_tasks(pairs: &[&ResourceComparison], request: &PlanRequest<'_>) -> Vec<SyncTask> {
    let candidates = pairs.iter().filter(|pair| pair.target.is_none());
    let task = |pair: &&ResourceComparison| {
        let live = pair.live.clone()?;
        Some(SyncTask {
            key: pair.key.clone(),
            version: pair.version.clone(),
            phase: SyncPhase::Sync,
            wave: pair.wave,
            part: GroupPart::Main,
            action: prune::action(request.prune, request.options, &live),
            origin: TaskOrigin::Application,
            target: None,
            resource: live_resource(&live, request.catalog),
            live: Some(live),
            hook: None,
        })
    };
    candidates.filter_map(task).collect()
}

fn live_resource(live: &Node, catalog: &ApiCatalog) -> Option<crate::model::ApiResource> {
    let kind = live.group_kind();
    catalog.find_version(&kind, live.version()).or_else(|| catalog.find(&kind)).cloned()
}

/// Turns the prunes the guard objects to into skips.
fn hold_back(
    prunes: &mut [SyncTask],
    comparison: &Comparison,
    request: &PlanRequest<'_>,
) -> Vec<HeldBack> {
    if request.guard == PruneGuard::Off {
        return Vec::new();
    }
    let removes =
        |task: &SyncTask| matches!(task.action, TaskAction::Prune | TaskAction::ConfirmPrune);
    let candidates: Vec<&ResourceKey> =
        prunes.iter().filter(|task| removes(task)).map(|task| &task.key).collect();
    let pairs = &comparison.resources;
    let situation = PruneSituation {
        targets: pairs.iter().filter(|pair| pair.target.is_some()).count(),
        live: pairs.iter().filter(|pair| pair.live.is_some()).count(),
        occupied_definitions: request.occupied_definitions,
    };
    let held_back = prune::guard(&candidates, &situation);
    let keys: BTreeSet<ResourceKey> = held_back.iter().map(|held| held.key.clone()).collect();
    for task in prunes.iter_mut().filter(|task| removes(task) && keys.contains(&task.key)) {
        task.action = TaskAction::SkipPrune(PruneSkip::HeldBack);
    }
    held_back
}

fn order(tasks: &mut Vec<SyncTask>, options: &SyncOptions) {
    mirror_prune_waves(tasks);
    put_prune_last(tasks, options);
    separate_pruned_definitions(tasks);
    tasks.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    bring_forward_namespaces(tasks);
    bring_forward_definitions(tasks);
}

type SortKey<'a> = (SyncPhase, i64, GroupPart, usize, &'a str, &'a ResourceKey);

fn sort_key(task: &SyncTask) -> SortKey<'_> {
    (task.phase, task.wave, task.part, rank(&task.key.kind), &task.key.name, &task.key)
}

fn mirror_prune_waves(tasks: &mut [SyncTask]) {
    let prunes = tasks.iter().filter(|task| task.is_prune());
    let mirror = waves::mirrored(prunes.map(|task| task.wave));
    for task in tasks.iter_mut().filter(|task| task.is_prune()) {
        task.wave = mirror.get(&task.wave).copied().unwrap_or(task.wave);
    }
}

fn put_prune_last(tasks: &mut [SyncTask], options: &SyncOptions) {
    let in_sync = tasks.iter().filter(|task| task.phase == SyncPhase::Sync);
    let last = in_sync.map(|task| task.wave).max().unwrap_or(0).max(0).saturating_add(1);
    for task in tasks.iter_mut().filter(|task| task.is_prune()) {
        if task.live.as_ref().is_some_and(|live| options.prunes_last(live)) {
            task.wave = last;
        }
    }
}

/// Custom resources go, and are gone, before the definition that goes in the same sync.
fn separate_pruned_definitions(tasks: &mut [SyncTask]) {
    let definitions: Vec<(usize, GroupKind)> = tasks
        .iter()
        .enumerate()
        .filter(|(_, task)| matches!(task.action, TaskAction::Prune | TaskAction::ConfirmPrune))
        .filter_map(|(i, task)| Some((i, defined_kind(&task.key, task.live.as_deref()?)?)))
        .collect();
    for (definition, kind) in definitions {
        let mut last_wave = tasks[definition].wave;
        for task in tasks.iter_mut().filter(|t| t.is_prune() && t.key.group_kind() == kind) {
            task.part = GroupPart::CustomResourcesOfPrunedKinds;
            last_wave = last_wave.max(task.wave);
        }
        tasks[definition].wave = last_wave;
    }
}

fn bring_forward_namespaces(tasks: &mut Vec<SyncTask>) {
    bring_forward(tasks, |task| {
        let name = (&*task.key.kind == "Namespace" && task.key.group.is_empty())
            .then(|| task.key.name.clone())?;
        Some(Box::new(move |other: &SyncTask| other.key.namespace == name))
    });
}

fn bring_forward_definitions(tasks: &mut Vec<SyncTask>) {
    bring_forward(tasks, |task| {
        let kind = defined_kind(&task.key, &task.target.as_ref()?.manifest.root)?;
        Some(Box::new(move |other: &SyncTask| other.key.group_kind() == kind))
    });
}

type Dependent = Box<dyn Fn(&SyncTask) -> bool>;

/// Moves each applied object that others need to just before the first of them; it takes over
/// the phase and wave of that one.
fn bring_forward(tasks: &mut Vec<SyncTask>, dependent_of: impl Fn(&SyncTask) -> Option<Dependent>) {
    for index in 0..tasks.len() {
        if tasks[index].action != TaskAction::Apply {
            continue;
        }
        let Some(depends) = dependent_of(&tasks[index]) else { continue };
        let applies = |task: &SyncTask| task.action == TaskAction::Apply && depends(task);
        let Some(first) = tasks[..index].iter().position(applies) else { continue };
        let mut task = tasks.remove(index);
        (task.phase, task.wave, task.part) = tasks[first].group();
        tasks.insert(first, task);
    }
}

#[cfg(test)]
mod tests;
