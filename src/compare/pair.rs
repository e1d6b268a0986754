//! Pairs targets with live objects and gives each pair its verdict, and the Application its own.
//!
//! Matches Argo CD 3.5: what is compared, what only warns, what needs pruning, and how verdicts
//! and health add up. Hooks have no verdict; hook kinds that nobody knows are dropped.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::apply::last_applied;
use super::comparison::{
    Comparison, Difference, LiveState, ResourceComparison, TargetObject, TargetState,
};
use super::hooks::{HookRole, hook_role};
use super::ignore::IgnoreRules;
use super::normalize::{Status, normalize};
use super::owned_fields::owned_fields;
use super::schema::KindSchema;
use super::three_way::{predict, without_insignificant};
use crate::health;
use crate::model::application::API_VERSION;
use crate::model::status::ConditionType;
use crate::model::tracking::{Ownership, TRACKING_ID_ANNOTATION, TrackingMethod, is_tracked_by};
use crate::model::{
    AppProject, ApplicationDestination, ApplicationName, Condition, HealthStatus, HealthStatusCode,
    ResourceKey, Scope, Settings, SyncStatusCode,
};
use crate::yaml::Node;

/// Sync options of one object.
pub const SYNC_OPTIONS_ANNOTATION: &str = "argocd.argoproj.io/sync-options";
/// Compare options of one object.
pub const COMPARE_OPTIONS_ANNOTATION: &str = "argocd.argoproj.io/compare-options";
/// The sync wave of an object.
pub const SYNC_WAVE_ANNOTATION: &str = "argocd.argoproj.io/sync-wave";
/// Helm's word for a wave.
pub const HELM_HOOK_WEIGHT_ANNOTATION: &str = "helm.sh/hook-weight";
/// `"true"` keeps an object's health out of the Application's.
pub const IGNORE_HEALTHCHECK_ANNOTATION: &str = "argocd.argoproj.io/ignore-healthcheck";

/// What a comparison needs to know besides the two sides.
#[derive(Clone, Copy, Debug)]
pub struct CompareContext<'a> {
    /// The Application that is compared.
    pub application: &'a ApplicationName,
    /// Its name in tracking ids.
    pub instance: &'a str,
    /// Argo CD's settings.
    pub settings: &'a Settings,
    /// `spec.ignoreDifferences`.
    pub ignore_differences: &'a [Node],
    /// `spec.syncPolicy.syncOptions`.
    pub sync_options: &'a [String],
    /// The project, `None` when no rules are enforced.
    pub project: Option<&'a AppProject>,
    /// Server, cluster name and namespace, all that is known of them filled in.
    pub destination: &'a ApplicationDestination,
}

/// A target and a live object that belong together; at least one is there.
struct Pair {
    key: ResourceKey,
    target: Option<Arc<TargetObject>>,
    live: Option<Arc<Node>>,
}

/// Compares what Git wants with what is there.
pub fn compare(target: &TargetState, live: &LiveState, context: &CompareContext<'_>) -> Comparison {
    let rules = IgnoreRules::parse(context.ignore_differences);
    let mut conditions = target.conditions.clone();
    conditions.extend(rules.problems.iter().cloned().map(comparison_error));
    let failed = conditions.iter().any(|condition| is_failure(condition.kind));
    let mut sync = SyncStatusCode::Synced;
    let mut resources = Vec::new();
    for pair in pair_up(target, live, context) {
        conditions.extend(shared_resource_warning(&pair, context));
        let judged = judge(&pair, &rules, context);
        sync = worse(sync, judged.counts_as);
        conditions.extend(judged.condition);
        resources.push(judged.resource);
    }
    if failed {
        sync = SyncStatusCode::Unknown;
        let judged = resources.iter_mut().filter_map(|resource| resource.status.as_mut());
        judged.for_each(|status| *status = SyncStatusCode::Unknown);
    }
    resources.sort_by(|a, b| a.key.cmp(&b.key));
    let health = application_health(&resources, context.application);
    Comparison { resources, sync, health, conditions }
}

/// Why the project does not let the Application manage the object; `None` when it does.
pub fn project_refusal(
    key: &ResourceKey,
    target: Option<&TargetObject>,
    context: &CompareContext<'_>,
) -> Option<String> {
    let served = target.and_then(|target| target.resource.as_ref()).map(|resource| resource.scope);
    let scope = served.unwrap_or(match &*key.namespace {
        "" => Scope::Cluster,
        _ => Scope::Namespaced,
    });
    context.project?.permits_object(key, scope, context.destination).err()
}

fn pair_up(target: &TargetState, live: &LiveState, context: &CompareContext<'_>) -> Vec<Pair> {
    let permitted = |key: &ResourceKey| project_refusal(key, None, context).is_none();
    let mut left: BTreeMap<&ResourceKey, &Arc<Node>> =
        live.objects.iter().filter(|(key, _)| permitted(key)).collect();
    let mut uids: HashSet<&str> = HashSet::new();
    let mut pairs = Vec::with_capacity(target.objects.len());
    for object in &target.objects {
        let live = take_live(&mut left, object);
        if hook_role(&object.manifest.root) == HookRole::Unknown {
            continue;
        }
        uids.extend(live.map(|live| live.uid()).filter(|uid| !uid.is_empty()));
        pairs.push(Pair {
            key: object.key.clone(),
            target: Some(Arc::clone(object)),
            live: live.cloned(),
        });
    }
    for (key, live) in left {
        let served_twice = uids.contains(live.uid());
        if served_twice || live.has_owners() || hook_role(live) == HookRole::Unknown {
            continue;
        }
        pairs.push(Pair { key: key.clone(), target: None, live: Some(Arc::clone(live)) });
    }
    pairs
}

/// The live object of a target; one whose scope is not known may be cluster-scoped.
fn take_live<'a>(
    left: &mut BTreeMap<&ResourceKey, &'a Arc<Node>>,
    object: &TargetObject,
) -> Option<&'a Arc<Node>> {
    if object.manifest.root.name().is_empty() {
        return None;
    }
    left.remove(&object.key).or_else(|| {
        if object.resource.is_some() {
            return None;
        }
        left.remove(&ResourceKey { namespace: "".into(), ..object.key.clone() })
    })
}

/// A pair's row and what it means for the Application.
struct Judged {
    resource: ResourceComparison,
    /// What the row counts as in the Application's own status.
    counts_as: SyncStatusCode,
    condition: Option<Condition>,
}

fn judge(pair: &Pair, rules: &IgnoreRules, context: &CompareContext<'_>) -> Judged {
    let object = either(pair);
    let role = [pair.target.as_ref().map(|target| &target.manifest.root), pair.live.as_deref()]
        .into_iter()
        .flatten()
        .map(hook_role)
        .find(|role| *role != HookRole::None)
        .unwrap_or(HookRole::None);
    let ours = pair.target.is_some() || owns(pair, context);
    let mut judged = Judged {
        resource: ResourceComparison {
            key: pair.key.clone(),
            version: object.version().into(),
            target: pair.target.clone(),
            live: pair.live.clone(),
            status: None,
            health: resource_health(pair, role),
            hook: role == HookRole::Hook,
            requires_pruning: pair.target.is_none() && ours && role == HookRole::None,
            requires_deletion_confirmation: requires_confirmation(object, context),
            wave: wave(object),
            difference: None,
        },
        counts_as: SyncStatusCode::Synced,
        condition: None,
    };
    if role == HookRole::None && ours {
        settle(&mut judged, pair, rules, context);
    }
    judged
}

/// The verdict on an ordinary object.
fn settle(judged: &mut Judged, pair: &Pair, rules: &IgnoreRules, context: &CompareContext<'_>) {
    let difference = difference(pair, rules, context);
    let mut status = match difference {
        Some(_) => SyncStatusCode::OutOfSync,
        None => SyncStatusCode::Synced,
    };
    let unsupported = rules.unsupported(&pair.key);
    let compared = pair.target.is_some() && pair.live.is_some();
    if let Some(field) = unsupported.filter(|_| difference.is_some() && compared) {
        status = SyncStatusCode::Unknown;
        judged.condition = Some(comparison_error(format!(
            "{}: cannot be compared: ignoreDifferences.{field} is not supported yet; use jsonPointers",
            pair.key
        )));
    }
    let extraneous = pair.target.is_none()
        && has_option(either(pair), COMPARE_OPTIONS_ANNOTATION, "IgnoreExtraneous");
    if !extraneous {
        judged.counts_as = status;
    }
    if project_refusal(&pair.key, pair.target.as_deref(), context).is_some() {
        status = SyncStatusCode::Unknown;
    }
    judged.resource.status = Some(status);
    judged.resource.difference = difference;
}

/// Both sides, when they differ.
fn difference(
    pair: &Pair,
    rules: &IgnoreRules,
    context: &CompareContext<'_>,
) -> Option<Difference> {
    let Some(target) = &pair.target else {
        return Some(Difference { live: pair.live.as_deref().cloned(), predicted: None });
    };
    let schema = KindSchema::of(&target.manifest.root);
    let mut wanted = normalize(&target.manifest.root, Status::Ignored);
    let Some(live) = &pair.live else {
        let predicted = without_insignificant(&wanted, &schema.root);
        return Some(Difference { live: None, predicted: Some(predicted) });
    };
    // An apply always sends annotations, its own at least, so those of others stay.
    wanted.mapping_at(&["metadata", "annotations"]);
    let adopted = adopt_labelled(live, &wanted, context);
    let mut live = adopted.unwrap_or_else(|| (**live).clone());
    let owned = if is_applied_by_the_server(&target.manifest.root, context) {
        owned_fields(&live, &wanted)
    } else {
        None
    };
    let applied = owned.or_else(|| last_applied(&live));
    let original = applied.map(|applied| normalize(&applied, Status::Ignored));
    let mut predicted = predict(original.as_ref(), &wanted, &live, schema.root);
    if rules.concern(&pair.key) {
        rules.strip(&pair.key, &mut live);
        rules.strip(&pair.key, &mut predicted);
    }
    (live != predicted).then_some(Difference { live: Some(live), predicted: Some(predicted) })
}

/// Whether the target goes through server-side apply.
fn is_applied_by_the_server(target: &Node, context: &CompareContext<'_>) -> bool {
    let wanted = |option| has_option(target, SYNC_OPTIONS_ANNOTATION, option);
    let by_application = || {
        let mut options = context.sync_options.iter();
        options.any(|given| given.trim() == "ServerSideApply=true")
    };
    wanted("ServerSideApply=true") || (by_application() && !wanted("ServerSideApply=false"))
}

/// An object tracked by its label alone, from before annotation tracking, is compared as if it
/// had the annotation.
fn adopt_labelled(live: &Node, wanted: &Node, context: &CompareContext<'_>) -> Option<Node> {
    let settings = context.settings;
    let by_label = live.label(&settings.instance_label_key) == Some(context.instance);
    if settings.tracking_method == TrackingMethod::Label
        || !by_label
        || live.annotation(TRACKING_ID_ANNOTATION).is_some()
    {
        return None;
    }
    let mut adopted = live.clone();
    adopted.set_annotation(TRACKING_ID_ANNOTATION, wanted.annotation(TRACKING_ID_ANNOTATION)?);
    Some(adopted)
}

fn owns(pair: &Pair, context: &CompareContext<'_>) -> bool {
    pair.live.as_deref().is_some_and(|live| {
        is_tracked_by(live, context.instance, context.settings) == Ownership::Ours
    })
}

fn shared_resource_warning(pair: &Pair, context: &CompareContext<'_>) -> Option<Condition> {
    pair.target.as_ref()?;
    let live = pair.live.as_deref()?;
    match is_tracked_by(live, context.instance, context.settings) {
        Ownership::OtherApplication(other) => Some(Condition {
            kind: ConditionType::SharedResourceWarning,
            message: format!(
                "{}/{} is part of applications {} and {other}",
                pair.key.kind, pair.key.name, context.application
            ),
            last_transition_time: None,
        }),
        Ownership::Ours | Ownership::None => None,
    }
}

fn resource_health(pair: &Pair, role: HookRole) -> Option<HealthStatus> {
    if role != HookRole::None {
        return None;
    }
    match pair.live.as_deref() {
        None => Some(HealthStatus::new(HealthStatusCode::Missing, "")),
        Some(live) if live.annotation(IGNORE_HEALTHCHECK_ANNOTATION) == Some("true") => None,
        Some(live) => health::assess(live),
    }
}

/// The worst of the live objects; `Missing` only when there should be some and none is there.
fn application_health(
    resources: &[ResourceComparison],
    application: &ApplicationName,
) -> HealthStatusCode {
    let managed = || resources.iter().filter(|resource| is_managed(resource));
    if managed().next().is_some() && managed().all(|resource| resource.live.is_none()) {
        return HealthStatusCode::Missing;
    }
    health::worst(managed().filter_map(|resource| {
        let live = resource.live.as_deref()?;
        let code = resource.health.as_ref()?.status;
        let is_application = live.api_version() == API_VERSION && live.kind() == "Application";
        let vague = matches!(code, HealthStatusCode::Missing | HealthStatusCode::Unknown);
        let itself = live.name() == application.name && live.namespace() == application.namespace;
        (!(is_application && (vague || itself))).then_some(code)
    }))
}

/// Neither a hook nor skipped nor somebody else's.
fn is_managed(resource: &ResourceComparison) -> bool {
    resource.status.is_some()
}

fn requires_confirmation(object: &Node, context: &CompareContext<'_>) -> bool {
    ["Prune=confirm", "Delete=confirm"].iter().any(|option| {
        has_option(object, SYNC_OPTIONS_ANNOTATION, option)
            || context.sync_options.iter().any(|given| given.trim() == *option)
    })
}

fn has_option(object: &Node, annotation: &str, option: &str) -> bool {
    object.annotation_list(annotation).any(|given| given == option)
}

/// The sync wave: Argo CD's annotation when it is an integer, else Helm's weight, else 0.
fn wave(object: &Node) -> i64 {
    [SYNC_WAVE_ANNOTATION, HELM_HOOK_WEIGHT_ANNOTATION]
        .iter()
        .find_map(|key| object.annotation(key)?.parse().ok())
        .unwrap_or(0)
}

fn either(pair: &Pair) -> &Node {
    let target = pair.target.as_ref().map(|target| &target.manifest.root);
    target.or(pair.live.as_deref()).expect("a pair has at least one side")
}

/// An object out of sync is worse than one that could not be judged.
fn worse(a: SyncStatusCode, b: SyncStatusCode) -> SyncStatusCode {
    let rank = |status: SyncStatusCode| match status {
        SyncStatusCode::Synced => 0,
        SyncStatusCode::Unknown => 1,
        SyncStatusCode::OutOfSync => 2,
    };
    if rank(b) > rank(a) { b } else { a }
}

fn is_failure(kind: ConditionType) -> bool {
    matches!(kind, ConditionType::ComparisonError | ConditionType::InvalidSpecError)
}

fn comparison_error(message: String) -> Condition {
    Condition { kind: ConditionType::ComparisonError, message, last_transition_time: None }
}

#[cfg(test)]
#[path = "pair_tests.rs"]
mod tests;
