//! What client-side apply sends.

use super::*;

fn read(json: &str) -> Node {
    serde_json::from_str(json).unwrap()
}

/// A live object that `applied` was applied to, and that holds `spec`.
fn live(applied: &Node, spec: &str) -> Node {
    let mut live = with_last_applied(applied).unwrap();
    live.set(&["spec"], read(spec));
    live
}

fn object(api_version: &str, kind: &str, spec: &str) -> Node {
    read(&format!(
        r#"{{"apiVersion":"{api_version}","kind":"{kind}","metadata":{{"name":"web"}},"spec":{spec}}}"#
    ))
}

/// Applies `target` over what `original` and the cluster made of `live_spec`; the patch without
/// the annotation must be `want`.
fn check(api_version: &str, kind: &str, specs: [&str; 3], want: &str) {
    let [original, target, live_spec] = specs;
    let live = live(&object(api_version, kind, original), live_spec);
    let action = client_side_apply(&object(api_version, kind, target), Some(&live)).unwrap();
    let ApplyAction::Patch { mut body, .. } = action else {
        panic!("no patch but {action:?}");
    };
    let annotations = body.remove(&["metadata"]);
    assert_eq!(body.get("spec"), Some(&read(want)), "{kind} {target}");
    assert!(original == target || annotations.is_some());
}

#[test]
fn a_new_object_carries_its_own_text() {
    let target = object("v1", "ConfigMap", r#"{"b":"<&>","a":1}"#);
    let Ok(ApplyAction::Create { body }) = client_side_apply(&target, None) else {
        panic!("not created");
    };
    assert_eq!(
        body.annotation(LAST_APPLIED_ANNOTATION),
        Some(
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"annotations\":{},\"name\":\"web\"},\"spec\":{\"a\":1,\"b\":\"\\u003c\\u0026\\u003e\"}}\n"
        )
    );
}

#[test]
fn an_object_that_agrees_is_not_sent() {
    let target = object("apps/v1", "Deployment", r#"{"replicas":2}"#);
    let live = live(&target, r#"{"replicas":2,"revisionHistoryLimit":10}"#);
    assert_eq!(client_side_apply(&target, Some(&live)), Ok(ApplyAction::Unchanged));
}

#[test]
fn an_object_never_applied_is_sent_its_annotation() {
    let target = object("apps/v1", "Deployment", r#"{"replicas":2}"#);
    let action = client_side_apply(&target, Some(&target)).unwrap();
    assert!(matches!(action, ApplyAction::Patch { kind: PatchKind::StrategicMerge, .. }));
}

#[test]
fn only_what_differs_is_sent() {
    check(
        "apps/v1",
        "Deployment",
        [
            r#"{"replicas":2,"paused":true,"minReadySeconds":5}"#,
            r#"{"replicas":3,"minReadySeconds":5}"#,
            r#"{"replicas":2,"paused":true,"minReadySeconds":5,"revisionHistoryLimit":10}"#,
        ],
        r#"{"replicas":3,"paused":null}"#,
    );
}

#[test]
fn lists_of_built_in_kinds_are_patched_by_key() {
    check(
        "apps/v1",
        "Deployment",
        [
            r#"{"template":{"spec":{"containers":[{"name":"a","image":"a:1"},{"name":"b","image":"b:1"}]}}}"#,
            r#"{"template":{"spec":{"containers":[{"name":"a","image":"a:2"},{"name":"c","image":"c:1"}]}}}"#,
            r#"{"template":{"spec":{"containers":[{"name":"a","image":"a:1","tty":true},{"name":"b","image":"b:1"},{"name":"injected","image":"i:1"}]}}}"#,
        ],
        r#"{"template":{"spec":{
            "$setElementOrder/containers":[{"name":"a"},{"name":"injected"},{"name":"c"}],
            "containers":[{"name":"a","image":"a:2"},{"name":"c","image":"c:1"},{"name":"b","$patch":"delete"}]}}}"#,
    );
}

#[test]
fn a_volume_that_changes_its_source_loses_the_old_one() {
    check(
        "apps/v1",
        "Deployment",
        [
            r#"{"template":{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}}"#,
            r#"{"template":{"spec":{"volumes":[{"name":"v","secret":{"secretName":"s"}}]}}}"#,
            r#"{"template":{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}}"#,
        ],
        r#"{"template":{"spec":{
            "$setElementOrder/volumes":[{"name":"v"}],
            "volumes":[{"name":"v","secret":{"secretName":"s"},"emptyDir":null}]}}}"#,
    );
}

#[test]
fn lists_with_repeated_keys_are_replaced() {
    check(
        "v1",
        "Service",
        [
            r#"{"ports":[{"port":53,"protocol":"TCP"},{"port":53,"protocol":"UDP"}]}"#,
            r#"{"ports":[{"port":53,"protocol":"TCP"},{"port":53,"protocol":"UDP","name":"u"}]}"#,
            r#"{"ports":[{"port":53,"protocol":"TCP"},{"port":53,"protocol":"UDP"}]}"#,
        ],
        r#"{"ports":[{"$patch":"replace"},{"port":53,"protocol":"TCP"},{"port":53,"protocol":"UDP","name":"u"}]}"#,
    );
}

#[test]
fn of_items_with_one_key_the_most_alike_are_merged() {
    check(
        "v1",
        "Service",
        [
            r#"{"ports":[{"port":53,"name":"t"},{"port":53,"protocol":"UDP","name":"u"}]}"#,
            r#"{"ports":[{"port":53,"protocol":"UDP","name":"u"}]}"#,
            r#"{"ports":[{"port":53,"name":"t","nodePort":1},{"port":53,"protocol":"UDP","name":"u","nodePort":2}]}"#,
        ],
        r#"{"ports":[{"$patch":"replace"},{"port":53,"protocol":"UDP","name":"u","nodePort":2}]}"#,
    );
}

#[test]
fn lists_of_other_kinds_are_replaced() {
    check(
        "shop.example/v1",
        "Widget",
        [
            r#"{"list":[{"name":"a"}],"old":1}"#,
            r#"{"list":[{"name":"b"}]}"#,
            r#"{"list":[{"name":"a"}],"old":1,"other":2}"#,
        ],
        r#"{"list":[{"name":"b"}],"old":null}"#,
    );
}

#[test]
fn an_object_too_large_for_its_annotation_is_refused_with_a_way_out() {
    let mut target = object("v1", "ConfigMap", "{}");
    target.set(&["data", "blob"], "x".repeat(300 * 1024));
    let error = client_side_apply(&target, None).unwrap_err().to_string();
    assert!(error.starts_with("ConfigMap web: metadata.annotations: Too long"), "{error}");
    assert!(error.contains("ServerSideApply=true"), "{error}");
}

#[test]
fn outcomes_are_told_in_the_words_of_kubectl() {
    let check = |group: &str, kind: &str, outcome, want: &str| {
        assert_eq!(kubectl_message(&GroupKind::new(group, kind), "web", outcome), want);
    };
    check("apps", "Deployment", ApplyOutcome::Configured, "deployment.apps/web configured");
    check("", "ConfigMap", ApplyOutcome::Created, "configmap/web created");
    check("", "Service", ApplyOutcome::Unchanged, "service/web unchanged");
    check("", "Service", ApplyOutcome::ServerSideApplied, "service/web serverside-applied");
    check("", "Service", ApplyOutcome::Pruned, "pruned");
}
