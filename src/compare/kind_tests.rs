//! Verdicts on built-in kinds: manifests beside what a real API server keeps of them.
//!
//! Each file in `cases` holds a manifest and the live object after a sync of it.

use std::sync::Arc;

use super::*;
use crate::model::{
    ApiCatalog, ApiResource, ApplicationDestination, ApplicationName, Manifest, Scope, Settings,
    SyncStatusCode,
};
use crate::render::Rendered;
use crate::yaml::{FileId, Node, ReadOptions, read_documents};
use SyncStatusCode::{OutOfSync, Synced};

macro_rules! cases {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("cases/", $name, ".yaml")))),*]
    };
}

const CASES: &[(&str, &str)] = cases![
    "aggregated-role",
    "autoscaler",
    "config-map",
    "cron-job",
    "daemon-set",
    "definition",
    "deployment",
    "disruption-budget",
    "ingress",
    "job",
    "limit-range",
    "load-balancer",
    "network-policy",
    "resource-claim-template",
    "role",
    "role-binding",
    "secret",
    "service",
    "service-account",
    "stateful-set",
    "volume-claim",
    "webhook",
];

/// The manifest and the live object of a case.
fn load(name: &str) -> (Node, Node) {
    let text = CASES.iter().find(|(case, _)| *case == name).expect("a case of that name").1;
    let (documents, _) = read_documents(text, &ReadOptions::manifests(FileId::NONE, name)).unwrap();
    (documents[0].root.clone(), documents[1].root.clone())
}

fn compared(manifest: Node, live: Node) -> ResourceComparison {
    let scope = if live.namespace().is_empty() { Scope::Cluster } else { Scope::Namespaced };
    let catalog = ApiCatalog::from(vec![ApiResource {
        group: live.group().into(),
        version: live.version().into(),
        kind: live.kind().into(),
        plural: "".into(),
        scope,
        verbs: Vec::new(),
    }]);
    let settings = Settings::default();
    let render = Rendered {
        manifests: vec![Manifest { root: manifest, ..Manifest::default() }],
        ..Rendered::default()
    };
    let context = TargetContext {
        instance: "shop",
        destination_namespace: "shop",
        settings: &settings,
        catalog: &catalog,
    };
    let target = target::build(vec![render], &context);
    let live = LiveState { objects: [(live.key(), Arc::new(live))].into() };
    let context = CompareContext {
        application: &ApplicationName::new("argocd", "shop"),
        instance: "shop",
        settings: &settings,
        ignore_differences: &[],
        sync_options: &[],
        project: None,
        destination: &ApplicationDestination::default(),
    };
    compare(&target, &live, &context).resources.remove(0)
}

/// The place in `root` that `path` leads to, keys and indexes separated by slashes; missing keys
/// of mappings are made.
fn place<'a>(root: &'a mut Node, path: &str) -> &'a mut Node {
    path.split('/').fold(root, |node, segment| match segment.parse::<usize>() {
        Ok(index) => &mut node.as_sequence_mut().expect("a list")[index],
        Err(_) => node.mapping_at(&[]).entry(segment),
    })
}

fn set(root: &mut Node, path: &str, json: &str) {
    *place(root, path) = serde_json::from_str(json).unwrap();
}

fn remove(root: &mut Node, path: &str) {
    let (parent, last) = match path.rsplit_once('/') {
        Some((parent, last)) => (place(root, parent), last),
        None => (root, path),
    };
    match last.parse::<usize>() {
        Ok(index) => drop(parent.as_sequence_mut().expect("a list").remove(index)),
        Err(_) => drop(parent.remove(&[last])),
    }
}

#[test]
fn a_freshly_synced_object_is_synced() {
    for (name, _) in CASES {
        let (manifest, live) = load(name);
        let compared = compared(manifest, live);
        assert_eq!(compared.status, Some(Synced), "{name}: {:#?}", compared.difference);
    }
}

#[test]
fn without_last_applied_a_synced_object_is_synced_too() {
    for (name, _) in CASES {
        let (manifest, mut live) = load(name);
        live.remove(&["metadata", "annotations", apply::LAST_APPLIED_ANNOTATION]);
        let compared = compared(manifest, live);
        assert_eq!(compared.status, Some(Synced), "{name}: {:#?}", compared.difference);
    }
}

#[test]
fn a_synced_object_is_not_applied_again() {
    for (name, _) in CASES {
        let (manifest, live) = load(name);
        let target = compared(manifest, live.clone()).target.unwrap();
        let action = client_side_apply(&target.manifest.root, Some(&live)).unwrap();
        assert_eq!(action, ApplyAction::Unchanged, "{name}");
    }
}

#[test]
fn a_change_of_what_git_sets_is_drift_and_would_be_undone() {
    let check = |name: &str, path: &str, json: &str| {
        let (manifest, synced) = load(name);
        let mut live = synced.clone();
        set(&mut live, path, json);
        let compared = compared(manifest, live);
        assert_eq!(compared.status, Some(OutOfSync), "{name} {path}");
        assert_eq!(compared.difference.unwrap().predicted, Some(synced), "{name} {path}");
    };
    check("deployment", "spec/replicas", "5");
    check("deployment", "spec/template/spec/containers/0/image", r#""web:2""#);
    check("deployment", "spec/template/spec/containers/0/resources/limits/cpu", r#""3""#);
    check(
        "deployment",
        "spec/template/spec/containers/0/env/1/valueFrom/fieldRef/fieldPath",
        r#""metadata.uid""#,
    );
    check("deployment", "spec/template/spec/volumes/0/configMap/name", r#""other""#);
    check("deployment", "metadata/labels/app", r#""other""#);
    check("service", "spec/ports/0/targetPort", "9090");
    check("service", "spec/selector/app", r#""other""#);
    check("autoscaler", "spec/maxReplicas", "9");
    check("autoscaler", "spec/metrics/0/resource/target/averageUtilization", "90");
    check("definition", "spec/versions/0/served", "false");
    check("cron-job", "spec/schedule", r#""0 4 * * *""#);
    check("cron-job", "spec/suspend", "true");
    check("stateful-set", "spec/serviceName", r#""other""#);
    check("ingress", "spec/rules/0/host", r#""other.example""#);
    check("network-policy", "spec/egress", "[]");
    check("network-policy", "spec/ingress/0/ports/0/protocol", r#""UDP""#);
    check("disruption-budget", "spec/minAvailable", "2");
    check("service-account", "imagePullSecrets", "[]");
    check("role", "rules/0/verbs", r#"["get","delete"]"#);
    check("role-binding", "subjects/0/name", r#""other""#);
    check("secret", "data/password", r#""bmV3""#);
    check("config-map", "data/a", r#""2""#);
    check("webhook", "webhooks/0/failurePolicy", r#""Fail""#);
    check("webhook", "webhooks/0/rules/0/scope", r#""Cluster""#);
}

#[test]
fn what_only_the_cluster_has_is_no_drift() {
    let check = |name: &str, path: &str, json: &str| {
        let (manifest, mut live) = load(name);
        set(&mut live, path, json);
        let compared = compared(manifest, live);
        assert_eq!(compared.status, Some(Synced), "{name} {path}: {:#?}", compared.difference);
    };
    check("deployment", "metadata/annotations/deployment.kubernetes.io~revision", r#""3""#);
    check("deployment", "spec/template/spec/priorityClassName", r#""high""#);
    check("deployment", "status", r#"{"replicas":2}"#);
    check("load-balancer", "spec/ports/0/nodePort", "30080");
    check("service-account", "secrets", r#"[{"name":"token"}]"#);
    check("config-map", "data/extra", r#""x""#);
    check("job", "metadata/labels/extra", r#""x""#);
}

#[test]
fn a_field_that_git_no_longer_sets_goes() {
    let check = |name: &str, path: &str, want: SyncStatusCode| {
        let (mut manifest, live) = load(name);
        remove(&mut manifest, path);
        let compared = compared(manifest, live);
        assert_eq!(compared.status, Some(want), "{name} {path}: {:#?}", compared.difference);
    };
    check("deployment", "spec/replicas", OutOfSync);
    check("deployment", "spec/template/spec/containers/1", OutOfSync);
    check("deployment", "spec/template/spec/containers/0/env/0", OutOfSync);
    check("deployment", "spec/template/spec/containers/0/livenessProbe", OutOfSync);
    check("deployment", "spec/template/spec/volumes/1", OutOfSync);
    check("deployment", "metadata/labels", OutOfSync);
    check("service", "spec/ports/1", OutOfSync);
    check("autoscaler", "spec/behavior", OutOfSync);
    check("autoscaler", "spec/metrics/1", OutOfSync);
    check("definition", "spec/versions/0/additionalPrinterColumns", OutOfSync);
    check("network-policy", "spec/ingress/0/from", OutOfSync);
    check("ingress", "spec/tls", OutOfSync);
    check("config-map", "data/a", OutOfSync);
    check("secret", "stringData", OutOfSync);
    check("role-binding", "subjects/1", OutOfSync);
    // The server would set the same again.
    check("network-policy", "spec/policyTypes", Synced);
    check("cron-job", "spec/suspend", Synced);
    check("deployment", "spec/strategy", Synced);
    check("deployment", "spec/template/spec/hostNetwork", Synced);
}

#[test]
fn values_that_say_nothing_and_other_spellings_are_no_difference() {
    let check = |name: &str, path: &str, json: &str| {
        let (mut manifest, live) = load(name);
        set(&mut manifest, path, json);
        let compared = compared(manifest, live);
        assert_eq!(compared.status, Some(Synced), "{name} {path}: {:#?}", compared.difference);
    };
    check("deployment", "spec/template/spec/containers/0/resources/requests/cpu", r#""1""#);
    check("deployment", "spec/template/spec/containers/0/resources/limits/cpu", "2");
    check("deployment", "spec/template/spec/containers/0/command", "[]");
    check("deployment", "spec/template/spec/containers/0/workingDir", r#""""#);
    check("deployment", "spec/template/spec/hostPID", "false");
    check("deployment", "spec/template/spec/imagePullSecrets", "[]");
    check("deployment", "spec/revisionHistoryLimit", "null");
    check("deployment", "status", r#"{"replicas":7}"#);
    check("service", "spec/loadBalancerIP", r#""""#);
    check("stateful-set", "spec/volumeClaimTemplates/0/status", r#"{"phase":""}"#);
    check("role", "aggregationRule", "null");
    check("volume-claim", "spec/resources/requests/storage", r#""1Gi""#);
}

#[test]
fn a_pointer_to_zero_counts() {
    let check = |name: &str, path: &str, json: &str| {
        let (mut manifest, live) = load(name);
        set(&mut manifest, path, json);
        assert_eq!(compared(manifest, live).status, Some(OutOfSync), "{name} {path}");
    };
    check("deployment", "spec/replicas", "0");
    check("deployment", "spec/template/spec/automountServiceAccountToken", "false");
    check("deployment", "spec/template/spec/containers/0/securityContext", "{}");
    check("service-account", "automountServiceAccountToken", "false");
}

#[test]
fn another_order_in_git_is_a_difference() {
    let (mut manifest, live) = load("deployment");
    place(&mut manifest, "spec/template/spec/containers").as_sequence_mut().unwrap().reverse();
    assert_eq!(compared(manifest, live).status, Some(OutOfSync));
}
