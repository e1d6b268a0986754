//! Verdicts on pairs and on the Application.

use super::*;
use crate::model::Manifest;

const FLAGS: &str = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"flags","namespace":"a","annotations":{"argocd.argoproj.io/tracking-id":"shop:/ConfigMap:a/flags"}}}"#;

fn read(json: &str) -> Node {
    serde_json::from_str(json).unwrap()
}

fn flags_with(annotation: &str, value: &str) -> Node {
    let mut object = read(FLAGS);
    object.set_annotation(annotation, value);
    object
}

fn deployment(status: &str) -> Node {
    read(&format!(
        r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"web","namespace":"a","annotations":{{"argocd.argoproj.io/tracking-id":"shop:apps/Deployment:a/web"}}}},"spec":{{"replicas":1}},"status":{status}}}"#
    ))
}

#[derive(Default)]
struct Given {
    targets: Vec<Node>,
    live: Vec<Node>,
    ignore_differences: Vec<Node>,
    sync_options: Vec<String>,
    project: Option<AppProject>,
}

fn judged(given: Given) -> Comparison {
    let objects = given.targets.into_iter().map(|root| {
        let key = root.key();
        let manifest = Manifest { root, ..Manifest::default() };
        Arc::new(TargetObject { manifest, key, resource: None })
    });
    let target = TargetState { objects: objects.collect(), ..TargetState::default() };
    let live = given.live.into_iter().map(|node| (node.key(), Arc::new(node)));
    compare(
        &target,
        &LiveState { objects: live.collect() },
        &CompareContext {
            application: &ApplicationName::new("argocd", "shop"),
            instance: "shop",
            settings: &Settings::default(),
            ignore_differences: &given.ignore_differences,
            sync_options: &given.sync_options,
            project: given.project.as_ref(),
            destination: &ApplicationDestination::default(),
        },
    )
}

/// The one pair of a comparison.
fn only(given: Given) -> ResourceComparison {
    let mut resources = judged(given).resources;
    assert_eq!(resources.len(), 1);
    resources.remove(0)
}

#[test]
fn equal_objects_are_synced() {
    let comparison =
        judged(Given { targets: vec![read(FLAGS)], live: vec![read(FLAGS)], ..Given::default() });
    assert_eq!(comparison.sync, SyncStatusCode::Synced);
    assert_eq!(comparison.health, HealthStatusCode::Healthy);
    assert!(comparison.resources[0].difference.is_none());
}

#[test]
fn an_application_without_objects_is_synced_and_healthy() {
    let comparison = judged(Given::default());
    assert_eq!(comparison.sync, SyncStatusCode::Synced);
    assert_eq!(comparison.health, HealthStatusCode::Healthy);
}

#[test]
fn an_object_that_is_not_there_is_out_of_sync_and_missing() {
    let comparison = judged(Given { targets: vec![read(FLAGS)], ..Given::default() });
    assert_eq!(comparison.sync, SyncStatusCode::OutOfSync);
    assert_eq!(comparison.health, HealthStatusCode::Missing);
    let resource = &comparison.resources[0];
    assert_eq!(resource.health.as_ref().unwrap().status, HealthStatusCode::Missing);
    assert!(resource.difference.as_ref().unwrap().live.is_none());
}

#[test]
fn one_missing_object_does_not_make_the_application_missing() {
    let comparison = judged(Given {
        targets: vec![read(FLAGS), deployment("{}")],
        live: vec![read(FLAGS)],
        ..Given::default()
    });
    assert_eq!(comparison.health, HealthStatusCode::Healthy);
}

#[test]
fn an_object_no_longer_in_git_requires_pruning() {
    let comparison = judged(Given { live: vec![read(FLAGS)], ..Given::default() });
    assert_eq!(comparison.sync, SyncStatusCode::OutOfSync);
    assert!(comparison.resources[0].requires_pruning);
    assert!(comparison.resources[0].difference.as_ref().unwrap().predicted.is_none());
}

#[test]
fn an_extraneous_object_that_may_stay_does_not_count() {
    let live = flags_with(COMPARE_OPTIONS_ANNOTATION, "IgnoreExtraneous");
    let comparison = judged(Given { live: vec![live], ..Given::default() });
    assert_eq!(comparison.sync, SyncStatusCode::Synced);
    assert_eq!(comparison.resources[0].status, Some(SyncStatusCode::OutOfSync));
    assert!(comparison.resources[0].requires_pruning);
}

#[test]
fn a_copied_tracking_id_marks_nothing() {
    let mut live = read(FLAGS);
    live.set(&["metadata", "name"], "copy");
    let resource = only(Given { live: vec![live], ..Given::default() });
    assert_eq!(resource.status, None);
    assert!(!resource.requires_pruning);
}

#[test]
fn objects_with_owners_are_left_to_them() {
    let mut live = read(FLAGS);
    live.set(&["metadata", "ownerReferences"], vec![read(r#"{"uid":"1"}"#)]);
    assert!(judged(Given { live: vec![live], ..Given::default() }).resources.is_empty());
}

#[test]
fn an_object_served_under_two_groups_is_one_object() {
    let mut target = read(FLAGS);
    target.set(&["metadata", "uid"], "1");
    let mut twin = target.clone();
    twin.set(&["apiVersion"], "legacy/v1");
    let resource =
        only(Given { targets: vec![read(FLAGS)], live: vec![target, twin], ..Given::default() });
    assert_eq!(resource.status, Some(SyncStatusCode::Synced));
}

#[test]
fn a_cluster_scoped_object_is_found_without_knowing_its_scope() {
    let mut live = read(FLAGS);
    live.remove(&["metadata", "namespace"]);
    let resource = only(Given { targets: vec![read(FLAGS)], live: vec![live], ..Given::default() });
    assert!(resource.live.is_some());
}

#[test]
fn hooks_have_no_verdict() {
    let hook = flags_with("argocd.argoproj.io/hook", "PreSync");
    let check = |targets: Vec<Node>, live: Vec<Node>| {
        let comparison = judged(Given { targets, live, ..Given::default() });
        assert_eq!(comparison.sync, SyncStatusCode::Synced);
        assert_eq!(comparison.health, HealthStatusCode::Healthy);
        let resource = &comparison.resources[0];
        assert!(resource.hook && resource.status.is_none() && !resource.requires_pruning);
    };
    check(vec![hook.clone()], vec![]);
    check(vec![], vec![hook.clone()]);
    check(vec![hook.clone()], vec![hook]);
}

#[test]
fn hooks_nobody_knows_are_dropped_and_skipped_objects_are_not_judged() {
    let unknown = flags_with("argocd.argoproj.io/hook", "Whenever");
    assert!(judged(Given { targets: vec![unknown], ..Given::default() }).resources.is_empty());
    let skipped = flags_with("argocd.argoproj.io/hook", "Skip");
    let resource = only(Given { targets: vec![skipped], ..Given::default() });
    assert!(!resource.hook && resource.status.is_none());
}

#[test]
fn an_object_of_another_application_is_warned_about() {
    let live = flags_with(TRACKING_ID_ANNOTATION, "blog:/ConfigMap:a/flags");
    let comparison =
        judged(Given { targets: vec![read(FLAGS)], live: vec![live], ..Given::default() });
    assert_eq!(comparison.sync, SyncStatusCode::OutOfSync);
    assert_eq!(comparison.conditions[0].kind, ConditionType::SharedResourceWarning);
    assert_eq!(
        comparison.conditions[0].message,
        "ConfigMap/flags is part of applications argocd/shop and blog"
    );
}

#[test]
fn an_object_tracked_by_label_counts_as_tracked() {
    let mut live = read(FLAGS);
    live.remove(&["metadata", "annotations"]);
    live.set_label("app.kubernetes.io/instance", "shop");
    let resource = only(Given { targets: vec![read(FLAGS)], live: vec![live], ..Given::default() });
    assert_eq!(resource.status, Some(SyncStatusCode::Synced));
}

#[test]
fn an_object_that_nobody_tracks_is_adopted() {
    let mut live = read(FLAGS);
    live.remove(&["metadata", "annotations"]);
    let resource = only(Given { targets: vec![read(FLAGS)], live: vec![live], ..Given::default() });
    assert_eq!(resource.status, Some(SyncStatusCode::OutOfSync));
}

#[test]
fn ignored_differences_do_not_count() {
    let mut target = deployment("{}");
    target.set(&["spec", "replicas"], 3_i64);
    let check = |rule: &str, status: SyncStatusCode, conditions: usize| {
        let comparison = judged(Given {
            targets: vec![target.clone()],
            live: vec![deployment("{}")],
            ignore_differences: vec![read(rule)],
            ..Given::default()
        });
        assert_eq!(comparison.resources[0].status, Some(status), "{rule}");
        assert_eq!(comparison.conditions.len(), conditions, "{rule}");
    };
    let rule = r#"{"group":"apps","kind":"Deployment","jsonPointers":["/spec/replicas"]}"#;
    check(rule, SyncStatusCode::Synced, 0);
    let other = r#"{"group":"apps","kind":"StatefulSet","jsonPointers":["/spec/replicas"]}"#;
    check(other, SyncStatusCode::OutOfSync, 0);
    let jq = r#"{"group":"apps","kind":"Deployment","jqPathExpressions":[".spec.replicas"]}"#;
    check(jq, SyncStatusCode::Unknown, 1);
    check(r#"{"kind":[]}"#, SyncStatusCode::Unknown, 1);
}

#[test]
fn defaults_inside_lists_of_custom_kinds_do_not_count() {
    let check = |applied: &str, target: &str, live: &str, status: SyncStatusCode| {
        let widget = |list: &str| {
            let mut widget = read(&format!(
                r#"{{"apiVersion":"shop.example/v1","kind":"Widget","spec":{{"list":{list}}}}}"#
            ));
            widget.set(&["metadata", "name"], "w");
            widget
        };
        let mut there = widget(live);
        if !applied.is_empty() {
            let text = crate::yaml::to_json(&widget(applied));
            there.set_annotation(crate::compare::apply::LAST_APPLIED_ANNOTATION, &text);
        }
        let resource =
            only(Given { targets: vec![widget(target)], live: vec![there], ..Given::default() });
        assert_eq!(resource.status, Some(status), "{applied} {target} {live}");
    };
    let (bare, full) = (r#"[{"name":"a"}]"#, r#"[{"name":"a","mode":"auto"}]"#);
    check(bare, bare, full, SyncStatusCode::Synced);
    check("", bare, full, SyncStatusCode::Synced);
    check(full, bare, full, SyncStatusCode::OutOfSync);
    check(bare, full, full, SyncStatusCode::Synced);
    check(bare, bare, r#"[{"name":"a"},{"name":"b"}]"#, SyncStatusCode::OutOfSync);
    check(bare, r#"[{"name":"b"}]"#, full, SyncStatusCode::OutOfSync);
}

#[test]
fn kinds_the_project_refuses_are_unknown() {
    let project = r#"{"metadata":{"name":"p"},"spec":{"destinations":[{"server":"*","namespace":"*"}],
        "namespaceResourceBlacklist":[{"group":"","kind":"ConfigMap"}]}}"#;
    let comparison = judged(Given {
        targets: vec![read(FLAGS)],
        project: Some(AppProject::from_node(read(project)).unwrap()),
        ..Given::default()
    });
    assert_eq!(comparison.resources[0].status, Some(SyncStatusCode::Unknown));
    assert_eq!(comparison.sync, SyncStatusCode::OutOfSync);
}

#[test]
fn live_objects_the_project_refuses_are_not_seen() {
    let project =
        r#"{"metadata":{"name":"p"},"spec":{"destinations":[{"server":"*","namespace":"b"}]}}"#;
    let comparison = judged(Given {
        live: vec![read(FLAGS)],
        project: Some(AppProject::from_node(read(project)).unwrap()),
        ..Given::default()
    });
    assert!(comparison.resources.is_empty());
}

#[test]
fn health_is_the_worst_of_what_counts() {
    let check = |live: Node, want: HealthStatusCode| {
        let comparison = judged(Given {
            targets: vec![read(FLAGS), deployment("{}")],
            live: vec![read(FLAGS), live],
            ..Given::default()
        });
        assert_eq!(comparison.health, want);
    };
    check(deployment("{}"), HealthStatusCode::Progressing);
    check(deployment(r#"{"updatedReplicas":1,"availableReplicas":1}"#), HealthStatusCode::Healthy);
    let mut ignored = deployment("{}");
    ignored.set_annotation(IGNORE_HEALTHCHECK_ANNOTATION, "true");
    check(ignored, HealthStatusCode::Healthy);
}

#[test]
fn failures_to_build_targets_make_everything_unknown() {
    let target = TargetState {
        conditions: vec![comparison_error("broken".to_owned())],
        ..TargetState::default()
    };
    let live = LiveState { objects: [(read(FLAGS).key(), Arc::new(read(FLAGS)))].into() };
    let comparison = compare(
        &target,
        &live,
        &CompareContext {
            application: &ApplicationName::new("argocd", "shop"),
            instance: "shop",
            settings: &Settings::default(),
            ignore_differences: &[],
            sync_options: &[],
            project: None,
            destination: &ApplicationDestination::default(),
        },
    );
    assert_eq!(comparison.sync, SyncStatusCode::Unknown);
    assert_eq!(comparison.resources[0].status, Some(SyncStatusCode::Unknown));
}

#[test]
fn waves_and_confirmations_are_read_from_annotations() {
    let wave = |annotation: &str, value: &str| {
        let targets = vec![flags_with(annotation, value)];
        only(Given { targets, ..Given::default() }).wave
    };
    assert_eq!(wave(SYNC_WAVE_ANNOTATION, "-5"), -5);
    assert_eq!(wave(HELM_HOOK_WEIGHT_ANNOTATION, "3"), 3);
    assert_eq!(wave(SYNC_WAVE_ANNOTATION, "soon"), 0);
    let live = || vec![flags_with(SYNC_OPTIONS_ANNOTATION, "Force=true, Prune=confirm")];
    assert!(only(Given { live: live(), ..Given::default() }).requires_deletion_confirmation);
    let sync_options = vec!["Delete=confirm".to_owned()];
    let live = vec![read(FLAGS)];
    let resource = only(Given { live, sync_options, ..Given::default() });
    assert!(resource.requires_deletion_confirmation);
}
