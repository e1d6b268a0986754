//! Manifests to target state.

use super::*;
use crate::model::ApiResource;
use crate::model::tracking::TRACKING_ID_ANNOTATION;

fn catalog() -> ApiCatalog {
    let resource = |group: &str, kind: &str, scope: Scope| ApiResource {
        group: group.into(),
        version: "v1".into(),
        kind: kind.into(),
        plural: "".into(),
        scope,
        verbs: Vec::new(),
    };
    ApiCatalog::from(vec![
        resource("", "ConfigMap", Scope::Namespaced),
        resource("", "Namespace", Scope::Cluster),
        resource("batch", "Job", Scope::Namespaced),
    ])
}

fn built(manifests: &[&str], destination_namespace: &str) -> TargetState {
    let manifests = manifests
        .iter()
        .map(|json| Manifest { root: serde_json::from_str(json).unwrap(), ..Manifest::default() })
        .collect();
    let context = TargetContext {
        instance: "shop",
        destination_namespace,
        settings: &Settings::default(),
        catalog: &catalog(),
    };
    build(vec![Rendered { manifests, ..Rendered::default() }], &context)
}

/// The keys and the conditions that come of some manifests in namespace `a`.
fn check(manifests: &[&str], keys: &[&str], conditions: &[&str]) {
    let state = built(manifests, "a");
    let found: Vec<String> = state.objects.iter().map(|object| object.key.to_string()).collect();
    assert_eq!(found, keys);
    let found: Vec<String> =
        state.conditions.iter().map(|c| format!("{}: {}", c.kind, c.message)).collect();
    assert_eq!(found, conditions);
}

const FLAGS: &str = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"flags"}}"#;
const FLAGS_IN_B: &str =
    r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"flags","namespace":"b"}}"#;
const WIDGET: &str = r#"{"apiVersion":"shop.example/v1","kind":"Widget","metadata":{"name":"w"}}"#;

#[test]
fn namespaces_follow_the_scope_of_the_kind() {
    let namespace =
        r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n","namespace":"x"}}"#;
    check(
        &[FLAGS, FLAGS_IN_B, namespace],
        &["ConfigMap a/flags", "ConfigMap b/flags", "Namespace n"],
        &[],
    );
}

#[test]
fn unknown_kinds_are_namespaced_unless_a_definition_says_otherwise() {
    check(&[WIDGET], &["shop.example/Widget a/w"], &[]);
    let definition = r#"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
        "metadata":{"name":"widgets.shop.example","namespace":"x"},
        "spec":{"group":"shop.example","scope":"Cluster","names":{"kind":"Widget"}}}"#;
    let state = built(&[WIDGET, definition], "a");
    assert_eq!(state.objects[0].key.to_string(), "shop.example/Widget w");
    assert!(state.objects[0].resource.is_none());
}

#[test]
fn of_repeated_objects_the_last_is_kept() {
    let later =
        r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"flags"},"data":{"a":"2"}}"#;
    check(
        &[FLAGS, FLAGS_IN_B, later],
        &["ConfigMap b/flags", "ConfigMap a/flags"],
        &[
            "RepeatedResourceWarning: Resource /ConfigMap/a/flags appeared 2 times among application resources.",
        ],
    );
    let state = built(&[FLAGS, later], "a");
    assert_eq!(state.objects[0].manifest.root.str_at(&["data", "a"]), "2");
}

#[test]
fn excluded_kinds_are_dropped_with_a_warning() {
    let lease = r#"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"}}"#;
    check(
        &[lease],
        &[],
        &[
            "ExcludedResourceWarning: Resource coordination.k8s.io/Lease l is excluded in the settings",
        ],
    );
}

#[test]
fn objects_with_generated_names_do_not_collide() {
    let job = r#"{"apiVersion":"batch/v1","kind":"Job","metadata":{"generateName":"run-"}}"#;
    check(&[job, job], &["batch/Job a/run-0", "batch/Job a/run-1"], &[]);
}

#[test]
fn a_missing_namespace_or_name_is_an_error() {
    let state = built(&[FLAGS], "");
    assert_eq!(state.conditions[0].kind, ConditionType::InvalidSpecError);
    assert_eq!(state.conditions[0].message, "Namespace for flags /v1, Kind=ConfigMap is missing.");
    let nameless = r#"{"apiVersion":"v1","kind":"ConfigMap"}"#;
    let state = built(&[nameless], "a");
    assert_eq!(state.conditions[0].kind, ConditionType::ComparisonError);
}

#[test]
fn targets_are_tracked() {
    let state = built(&[FLAGS_IN_B], "a");
    let id = state.objects[0].manifest.root.annotation(TRACKING_ID_ANNOTATION);
    assert_eq!(id, Some("shop:/ConfigMap:b/flags"));
}
