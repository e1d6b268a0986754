//! The order of the output: `legacy`, by kind and then by name, or `fifo`, as accumulated.
//! Matches kustomize v5.8.2 with `--reorder legacy`, its default.

use std::collections::HashMap;

use super::error::KustomizeError;
use super::kustomization::{LegacySortOptions, SortOptions};
use super::resource::Resource;
use super::resource_id::GroupVersionKind;
use super::resource_map::ResourceMap;
use crate::yaml::SourceMap;

/// Kinds that others depend on.
const ORDER_FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that may get in the way of others.
const ORDER_LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// What `--reorder` says when the kustomization has no `sortOptions`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reorder {
    /// By kind, then by name.
    #[default]
    Legacy,
    /// As accumulated.
    None,
}

/// Sorts the resources of a finished build.
pub(super) fn sort(
    map: ResourceMap,
    options: Option<&SortOptions>,
    reorder: Reorder,
    files: &SourceMap,
) -> Result<Vec<Resource>, KustomizeError> {
    let legacy = match options {
        None if reorder == Reorder::None => return Ok(map.into_vec()),
        None => default_order(),
        Some(options) => match (options.order.as_str(), &options.legacy) {
            ("fifo", None) => return Ok(map.into_vec()),
            ("legacy", legacy) => legacy.clone().unwrap_or_else(default_order),
            (order, _) => return Err(bad_order(order, &files.describe(options.position))),
        },
    };
    let ranks = ranks(&legacy);
    let mut keyed: Vec<(SortKey, Resource)> = map
        .into_vec()
        .into_iter()
        .map(|resource| (sort_key(&resource, &ranks), resource))
        .collect();
    keyed.sort_by(|(left, _), (right, _)| left.cmp(right));
    Ok(keyed.into_iter().map(|(_, resource)| resource).collect())
}

fn bad_order(order: &str, place: &str) -> KustomizeError {
    let message = if order == "fifo" {
        "legacySortOptions only go with `order: legacy`; remove them or `order: fifo`".to_owned()
    } else {
        format!("sortOptions.order must be `legacy` or `fifo`, not `{order}`")
    };
    KustomizeError::invalid(place, message)
}

fn default_order() -> LegacySortOptions {
    LegacySortOptions {
        order_first: ORDER_FIRST.map(str::to_owned).to_vec(),
        order_last: ORDER_LAST.map(str::to_owned).to_vec(),
    }
}

fn ranks(options: &LegacySortOptions) -> HashMap<&str, isize> {
    let first = options.order_first.iter().rev().zip(1_isize..).map(|(kind, n)| (&**kind, -n));
    let last = options.order_last.iter().zip(1_isize..).map(|(kind, n)| (&**kind, n));
    first.collect::<Vec<_>>().into_iter().rev().chain(last).collect()
}

/// Rank of the kind, whether it is no Namespace of the core group (those come before Namespaces
/// of other groups), group-version-kind, id.
type SortKey = (isize, bool, String, String);

fn sort_key(resource: &Resource, ranks: &HashMap<&str, isize>) -> SortKey {
    let GroupVersionKind { group, version, kind } = GroupVersionKind::of(&resource.node);
    let rank = ranks.get(&*kind).copied().unwrap_or(0);
    let is_core_namespace = &*kind == "Namespace" && group.is_empty();
    let gvk = format!("{}_{}_{}", or(&group, "~G"), or(&version, "~V"), or(&kind, "~K"));
    let id = format!(
        "{}.{}.{}|{}|{}",
        or(&kind, "[noKind]"),
        or(&version, "[noVer]"),
        or(&group, "[noGrp]"),
        or(&resource.namespace(), "~X"),
        or(&resource.name(), "~N"),
    );
    (rank, !is_core_namespace, gvk, id)
}

fn or<'a>(text: &'a str, blank: &'a str) -> &'a str {
    if text.is_empty() { blank } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;

    fn check(options: Option<&SortOptions>, objects: &[&str], expected: &[&str]) {
        let mut map = ResourceMap::default();
        for object in objects {
            let parts: Vec<_> = object.split_whitespace().collect();
            let [api_version, kind, name] = parts[..] else { panic!("{object}") };
            let json = format!(
                r#"{{"apiVersion":"{api_version}","kind":"{kind}","metadata":{{"name":"{name}"}}}}"#
            );
            let node = serde_json::from_str(&json).unwrap();
            map.append(Resource::new(node, Origin::default())).unwrap();
        }
        let sorted = sort(map, options, Reorder::Legacy, &SourceMap::default()).unwrap();
        let names: Vec<_> = sorted.iter().map(|resource| resource.name().to_string()).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn kinds_come_in_the_legacy_order() {
        let objects = [
            "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration last",
            "example.com/v1 Widget other",
            "apps/v1 Deployment web",
            "v1 Service web-service",
            "v1 Namespace space",
        ];
        check(None, &objects, &["space", "web-service", "web", "other", "last"]);
    }

    #[test]
    fn own_lists_replace_the_built_in_ones() {
        let options = SortOptions {
            order: "legacy".into(),
            legacy: Some(LegacySortOptions {
                order_first: vec!["Widget".into(), "Deployment".into()],
                order_last: vec!["Namespace".into()],
            }),
            ..SortOptions::default()
        };
        let objects =
            ["v1 Namespace c", "apps/v1 Deployment b", "v1 Secret s", "example.com/v1 Widget a"];
        check(Some(&options), &objects, &["a", "b", "s", "c"]);
    }

    #[test]
    fn fifo_keeps_the_order() {
        let options = SortOptions { order: "fifo".into(), ..SortOptions::default() };
        check(Some(&options), &["v1 Secret b", "v1 Namespace a"], &["b", "a"]);
    }
}
