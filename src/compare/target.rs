//! Rendered manifests to target state: scope, namespace, duplicates, tracking, exclusions.
//!
//! Matches Argo CD 3.5: an object without a namespace gets the destination's, the last of several
//! objects with one key wins, kinds that settings exclude are dropped with a warning. Objects
//! keep the order of rendering.

use std::collections::HashMap;
use std::sync::Arc;

use super::comparison::{TargetObject, TargetState};
use super::exclusions::is_excluded;
use crate::model::status::ConditionType;
use crate::model::tracking::set_tracking;
use crate::model::{ApiCatalog, Condition, GroupKind, Manifest, ResourceKey, Scope, Settings};
use crate::render::Rendered;
use crate::render::kustomize::is_cluster_scoped;
use crate::yaml::{Node, SourceMap};

/// What building a target state needs to know.
#[derive(Clone, Copy, Debug)]
pub struct TargetContext<'a> {
    /// The Application's name in tracking ids.
    pub instance: &'a str,
    /// Namespace for namespaced objects that name none; may be empty.
    pub destination_namespace: &'a str,
    /// Argo CD's settings.
    pub settings: &'a Settings,
    /// What the cluster serves.
    pub catalog: &'a ApiCatalog,
}

/// What a kind's scope is known from.
struct Scopes<'a> {
    catalog: &'a ApiCatalog,
    defined: HashMap<GroupKind, Scope>,
}

/// Builds the target state from the renders of all sources, in their order.
pub fn build(rendered: Vec<Rendered>, context: &TargetContext<'_>) -> TargetState {
    let scopes = Scopes {
        catalog: context.catalog,
        defined: rendered.iter().flat_map(|r| &r.manifests).filter_map(defined_kind).collect(),
    };
    let mut state = TargetState::default();
    let mut objects = Vec::new();
    for render in rendered {
        for manifest in render.manifests {
            match build_object(manifest, context, &scopes, objects.len(), &render.files) {
                Ok(object) => objects.push(object),
                Err(condition) => state.conditions.push(condition),
            }
        }
        state.files.push(render.files);
    }
    state.objects = keep_last(objects, &mut state.conditions);
    state
}

fn build_object(
    mut manifest: Manifest,
    context: &TargetContext<'_>,
    scopes: &Scopes<'_>,
    index: usize,
    files: &SourceMap,
) -> Result<TargetObject, Condition> {
    let group_kind = manifest.root.group_kind();
    check_identity(&manifest, files)?;
    if is_excluded(&group_kind.group, &group_kind.kind) {
        let name = manifest.root.name();
        let message = format!("Resource {group_kind} {name} is excluded in the settings");
        return Err(condition(ConditionType::ExcludedResourceWarning, message));
    }
    let scope = scopes.find(&group_kind, manifest.root.version());
    place(&mut manifest.root, scope, context.destination_namespace)?;
    let object = &mut manifest.root;
    set_tracking(object, context.instance, context.destination_namespace, context.settings);
    let key = comparison_key(object, index);
    let resource = scopes.catalog.find_version(&group_kind, manifest.root.version()).cloned();
    Ok(TargetObject { manifest, key, resource })
}

fn check_identity(manifest: &Manifest, files: &SourceMap) -> Result<(), Condition> {
    let root = &manifest.root;
    let missing = if root.api_version().is_empty() {
        "apiVersion"
    } else if root.kind().is_empty() {
        "kind"
    } else if root.name().is_empty() && root.generate_name().is_empty() {
        "metadata.name"
    } else {
        return Ok(());
    };
    let place = files.describe(manifest.origin.position);
    let place = if place.is_empty() { manifest.origin.file.to_string() } else { place };
    let what = [root.kind(), root.name()].join("/");
    let message = format!("{place}: object {what:?} has no {missing}");
    Err(condition(ConditionType::ComparisonError, message))
}

/// Clears or defaults the namespace. Kinds nobody knows are taken for namespaced.
fn place(object: &mut Node, scope: Option<Scope>, namespace: &str) -> Result<(), Condition> {
    if scope == Some(Scope::Cluster) {
        object.remove(&["metadata", "namespace"]);
        return Ok(());
    }
    if !object.namespace().is_empty() {
        return Ok(());
    }
    if !namespace.is_empty() {
        object.set(&["metadata", "namespace"], namespace);
        return Ok(());
    }
    if scope.is_none() {
        return Ok(());
    }
    let version = match object.group() {
        "" => format!("/{}", object.version()),
        _ => object.api_version().to_owned(),
    };
    let (name, kind) = (object.name(), object.kind());
    let message = format!("Namespace for {name} {version}, Kind={kind} is missing.");
    Err(condition(ConditionType::InvalidSpecError, message))
}

/// Objects that only have a `generateName` get a name of their own, so that they neither meet a
/// live object nor each other.
fn comparison_key(object: &Node, index: usize) -> ResourceKey {
    let mut key = object.key();
    if key.name.is_empty() {
        key.name = format!("{}{index}", object.generate_name()).into();
    }
    key
}

/// Keeps the last object of each key, in its place.
fn keep_last(
    objects: Vec<TargetObject>,
    conditions: &mut Vec<Condition>,
) -> Vec<Arc<TargetObject>> {
    let mut counts: HashMap<ResourceKey, usize> = HashMap::with_capacity(objects.len());
    for object in &objects {
        *counts.entry(object.key.clone()).or_default() += 1;
    }
    let mut left = counts.clone();
    let mut kept = Vec::with_capacity(counts.len());
    for object in objects {
        let left = left.get_mut(&object.key).expect("every key was counted just above");
        *left -= 1;
        if *left > 0 {
            continue;
        }
        let count = counts[&object.key];
        if count > 1 {
            let ResourceKey { group, kind, namespace, name } = &object.key;
            let message = format!(
                "Resource {group}/{kind}/{namespace}/{name} appeared {count} times among application resources."
            );
            conditions.push(condition(ConditionType::RepeatedResourceWarning, message));
        }
        kept.push(Arc::new(object));
    }
    kept
}

impl Scopes<'_> {
    /// The scope of a kind: as the cluster serves it, else as a definition beside it says, else
    /// as Kubernetes has it.
    fn find(&self, kind: &GroupKind, version: &str) -> Option<Scope> {
        let served = self.catalog.find(kind).map(|resource| resource.scope);
        let known = served.or_else(|| self.defined.get(kind).copied());
        known.or_else(|| {
            is_cluster_scoped(&kind.group, version, &kind.kind).then_some(Scope::Cluster)
        })
    }
}

/// The kind that a CustomResourceDefinition brings.
fn defined_kind(manifest: &Manifest) -> Option<(GroupKind, Scope)> {
    let root = &manifest.root;
    if root.kind() != "CustomResourceDefinition" || root.group() != "apiextensions.k8s.io" {
        return None;
    }
    let kind =
        GroupKind::new(root.str_at(&["spec", "group"]), root.str_at(&["spec", "names", "kind"]));
    let cluster = root.str_at(&["spec", "scope"]) == "Cluster";
    Some((kind, if cluster { Scope::Cluster } else { Scope::Namespaced }))
}

fn condition(kind: ConditionType, message: String) -> Condition {
    Condition { kind, message, last_transition_time: None }
}

#[cfg(test)]
#[path = "target_tests.rs"]
mod tests;
