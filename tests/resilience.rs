//! Nothing is lost: interrupted, killed, locked, timed-out and retried operations on the real
//! API server.

use serde_json::{Value, json};

use crate::harness::api::api;
use crate::harness::running::Running;
use crate::harness::shop::Shop;

/// Enough objects that the output of a sync does not fit into an unread pipe.
const MANY: usize = 400;

/// A shop of ConfigMaps with long names.
fn crowd(count: usize) -> Shop {
    let shop = Shop::of(&[("all.yaml", &config_maps(count, "first"))]);
    shop.create();
    shop
}

fn config_maps(count: usize, value: &str) -> String {
    let one = |number: usize| {
        let name = object_name(number);
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n\
             data: {{value: {value}}}\n"
        )
    };
    (0..count).map(one).collect()
}

fn object_name(number: usize) -> String {
    format!("object-{number:04}-{}", "x".repeat(100))
}

/// A sync that has written its first objects and is held by its full output.
fn held_sync(shop: &Shop) -> Running {
    let mut sync = Running::new(shop.sandbox.start(&["app", "sync", &shop.name]));
    sync.read_until("configmap/object");
    sync
}

fn live_values(shop: &Shop) -> Vec<Value> {
    let list = api().get(&shop.object("api/v1", "configmaps")).unwrap();
    let items = list["items"].as_array().unwrap().clone();
    let ours = items.into_iter().filter(|item| item["metadata"]["name"] != "kube-root-ca.crt");
    ours.map(|item| item["data"]["value"].clone()).collect()
}

fn lease_path(shop: &Shop) -> String {
    format!("/apis/coordination.k8s.io/v1/namespaces/argocd/leases/tiphys-{}", shop.name)
}

fn operation_state(shop: &Shop) -> Value {
    api().get(&shop.application()).unwrap()["status"]["operationState"].clone()
}

fn head(shop: &Shop) -> String {
    shop.sandbox.shell("cd repo && git rev-parse HEAD").stdout.trim().to_owned()
}

#[test]
fn an_interrupted_sync_is_recorded_and_goes_on_at_its_own_commit() {
    let shop = crowd(MANY);
    let first = head(&shop);
    let sync = held_sync(&shop);
    sync.signal("INT");
    let run = sync.finish().exits(130);
    run.complains("run the same command again");
    let state = operation_state(&shop);
    assert_eq!(state["phase"], "Running");
    assert_eq!(state["syncResult"]["revision"], first.as_str());
    let id = state["tiphysOperationId"].as_str().unwrap().to_owned();
    assert!(!id.is_empty());
    assert!(api().get(&lease_path(&shop)).is_none());
    let written = live_values(&shop).len();
    assert!(written > 0 && written < MANY, "{written} objects");
    shop.sandbox.write("repo/app/all.yaml", &config_maps(MANY, "second"));
    shop.commit("second");
    let run = shop.app("sync", &[]).exits(0).complains("resuming");
    run.says("successfully synced (all tasks run)");
    assert_eq!(live_values(&shop), vec![json!("first"); MANY]);
    let state = operation_state(&shop);
    assert_eq!(state["phase"], "Succeeded");
    assert_eq!(state["tiphysOperationId"], id.as_str());
    let rows = state["syncResult"]["resources"].as_array().unwrap();
    assert_eq!(rows.len(), MANY + 1, "the objects and their namespace");
    let status = api().get(&shop.application()).unwrap()["status"].clone();
    assert_eq!(status["sync"]["revision"], first.as_str());
    assert_eq!(status["history"].as_array().unwrap().len(), 1);
    shop.app("sync", &[]).exits(0);
    assert_eq!(live_values(&shop), vec![json!("second"); MANY]);
}

#[test]
fn a_terminated_sync_answers_143_and_goes_on_later() {
    let shop = crowd(MANY);
    let sync = held_sync(&shop);
    sync.signal("TERM");
    sync.finish().exits(143);
    assert_eq!(operation_state(&shop)["phase"], "Running");
    assert!(api().get(&lease_path(&shop)).is_none());
    shop.app("sync", &[]).exits(0);
    assert_eq!(live_values(&shop).len(), MANY);
}

#[test]
fn a_second_signal_ends_even_a_sync_whose_output_nobody_reads() {
    let shop = crowd(MANY);
    let mut sync = held_sync(&shop);
    sync.signal("INT");
    sync.read_complaint("once more to stop at once");
    sync.signal("INT");
    assert_eq!(sync.end_unread(), 130);
    assert_eq!(operation_state(&shop)["phase"], "Running");
}

const NEVER_READY: &str = "apiVersion: v1
kind: Pod
metadata:
  name: stuck
  annotations: {tiphys.dev/test: never-ready}
spec:
  containers: [{name: a, image: registry.example.com/a:1}]
";
const LATER: &str = "apiVersion: v1
kind: ConfigMap
metadata:
  name: later
  annotations: {argocd.argoproj.io/sync-wave: '1'}
";

#[test]
fn a_sync_that_runs_out_of_time_can_go_on() {
    let shop = Shop::of(&[("a.yaml", NEVER_READY), ("b.yaml", LATER)]);
    shop.create();
    let run = shop.app("sync", &["--timeout", "2"]).exits(20);
    run.complains("not done within 2 s").complains("run the same command again");
    assert_eq!(operation_state(&shop)["phase"], "Running");
    assert!(api().get(&lease_path(&shop)).is_none());
    assert!(api().get(&shop.object("api/v1", "configmaps/later")).is_none());
    let pod = shop.object("api/v1", "pods/stuck");
    let ready = json!({"status": {"phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}]}});
    api().patch(&format!("{pod}/status"), &ready);
    shop.app("sync", &[]).exits(0).complains("resuming");
    assert!(api().get(&shop.object("api/v1", "configmaps/later")).is_some());
}

#[test]
fn a_killed_sync_keeps_its_lock_until_it_expires_and_is_then_resumed() {
    let shop = crowd(MANY);
    let sync = held_sync(&shop);
    let pid = sync.pid();
    sync.signal("KILL");
    sync.finish();
    assert_eq!(operation_state(&shop)["phase"], "Running");
    let run = shop.app("sync", &[]).exits(20);
    run.complains("another operation is already in progress")
        .complains(&format!("pid {pid}"))
        .complains("tester@")
        .complains("since 20")
        .complains("--wait-lock");
    let run = shop.app("sync", &["--wait-lock", "60s"]).exits(0);
    run.complains("resuming").says("successfully synced (all tasks run)");
    assert_eq!(live_values(&shop).len(), MANY);
    assert!(api().get(&lease_path(&shop)).is_none());
}

#[test]
fn an_abandoned_lock_is_watched_for_its_whole_expiry_before_it_is_taken_over() {
    let shop = Shop::new();
    shop.create();
    put_lease(&shop, "2026-01-01T00:00:00.000000Z");
    let start = std::time::Instant::now();
    shop.app("sync", &[]).exits(0).complains("waiting for the lock, held by you@there pid 7");
    assert!(start.elapsed() >= std::time::Duration::from_secs(30));
    assert!(shop.settings().is_some());
}

#[test]
fn a_held_lock_is_refused_with_user_host_pid_and_time() {
    let shop = Shop::new();
    shop.create();
    let now = shop.sandbox.shell("date -u +%Y-%m-%dT%H:%M:%S.000000Z").stdout;
    put_lease(&shop, now.trim());
    for verb in [&["sync"][..], &["delete", "--yes"]] {
        let run = shop.app(verb[0], &verb[1..]).exits(20);
        run.complains("you@there pid 7").complains("since 20");
    }
    assert!(shop.settings().is_none());
    shop.app("get", &[]).exits(0);
    shop.app("sync", &["--dry-run"]).exits(0);
    shop.app("sync", &["--no-lock"]).exits(0);
}

fn put_lease(shop: &Shop, renewed: &str) {
    let lease = json!({
        "metadata": {"name": format!("tiphys-{}", shop.name)},
        "spec": {"holderIdentity": "you@there pid 7 id x", "leaseDurationSeconds": 30,
            "acquireTime": renewed, "renewTime": renewed, "leaseTransitions": 0},
    });
    api().post("/apis/coordination.k8s.io/v1/namespaces/argocd/leases", &lease);
}

#[test]
fn of_two_syncs_one_works_and_the_other_names_it_or_waits() {
    let shop = crowd(MANY);
    let sync = held_sync(&shop);
    let holder = format!("pid {}", sync.pid());
    shop.app("sync", &[]).exits(20).complains(&holder);
    let waiting = shop.sandbox.start(&["app", "sync", &shop.name, "--wait-lock", "60s"]);
    sync.finish().exits(0);
    let run = Running::new(waiting).finish().exits(0);
    run.says("unchanged");
    assert_eq!(live_values(&shop).len(), MANY);
    assert!(api().get(&lease_path(&shop)).is_none());
}

#[test]
fn an_unfinished_operation_that_was_asked_for_something_else_is_a_choice() {
    let shop = Shop::new();
    shop.create();
    let first = head(&shop);
    let state = json!({"status": {"operationState": {
        "phase": "Running", "startedAt": "2026-01-01T00:00:00Z", "tiphysOperationId": "early",
        "operation": {"sync": {"revision": first, "syncOptions": ["CreateNamespace=true"]}},
        "syncResult": {"revision": first},
    }}});
    api().patch(&shop.application(), &state);
    shop.edit("config.yaml", "s/blue/green/");
    let second = head(&shop);
    let run = shop.app("sync", &["--revision", &second]).exits(20);
    run.complains("unfinished").complains(&first).complains("--abandon");
    shop.app("sync", &["--prune"]).exits(20).complains("--abandon");
    assert!(shop.settings().is_none());
    shop.app("sync", &["--revision", &second, "--abandon"]).exits(0);
    assert_eq!(shop.settings().unwrap()["data"]["colour"], "green");
    assert_ne!(operation_state(&shop)["tiphysOperationId"], "early");
}

#[test]
fn a_failing_sync_is_tried_as_often_as_the_policy_says() {
    let shop = Shop::new();
    let policy = "  syncPolicy:
    syncOptions: [CreateNamespace=true]
    retry: {limit: 2, backoff: {duration: 200ms, factor: 2, maxDuration: 1s}}
";
    shop.write_application(policy);
    shop.sandbox.tiphys(&["app", "create", "-f", "application.yaml"]).exits(0);
    shop.app("sync", &[]).exits(0);
    shop.edit("service.yaml", "s/selector:/clusterIP: 300.1.2.3\\n  selector:/");
    let run = shop.app("sync", &[]).exits(1).says("(retried 2 times).");
    run.complains("retry 1").complains("retry 2");
    assert_eq!(operation_state(&shop)["retryCount"], 2);
    assert_eq!(operation_state(&shop)["phase"], "Failed");
}

#[test]
fn a_retry_goes_on_to_success_once_the_reason_is_gone() {
    let shop = Shop::new();
    shop.write_application("  syncPolicy: {retry: {limit: -1, backoff: {duration: 200ms}}}\n");
    shop.sandbox.tiphys(&["app", "create", "-f", "application.yaml"]).exits(0);
    let sync = shop.sandbox.start(&["app", "sync", &shop.name, "--timeout", "50"]);
    api().eventually(&shop.application(), "retried", |object| {
        object.is_some_and(|object| object["status"]["operationState"]["retryCount"] == 1)
    });
    api().namespace(&shop.namespace);
    Running::new(sync).finish().exits(0).says("successfully synced");
}

#[test]
fn a_reader_who_leaves_does_not_stop_a_sync() {
    let shop = crowd(MANY);
    let line = format!("set -o pipefail; tiphys app sync {} | head -n 1", shop.name);
    shop.sandbox.shell(&line).exits(0).says("TIMESTAMP");
    assert_eq!(live_values(&shop).len(), MANY);
    assert_eq!(operation_state(&shop)["phase"], "Succeeded");
}

#[test]
fn an_operation_over_very_many_objects_fits_into_its_status() {
    const COUNT: usize = 1_500;
    let name = |number: usize| format!("object-{number:04}-{}", "x".repeat(230));
    let one = |number: usize| {
        format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}}}\n", name(number))
    };
    let all: String = (0..COUNT).map(one).collect();
    let shop = Shop::of(&[("all.yaml", &all)]);
    shop.create();
    for _ in 0..2 {
        shop.app("sync", &["-o", "name"]).exits(0);
        let status = api().get(&shop.application()).unwrap()["status"].clone();
        assert_eq!(status["operationState"]["phase"], "Succeeded");
        assert_eq!(status["resources"].as_array().unwrap().len(), COUNT);
        let size = serde_json::to_vec(&status).unwrap().len();
        assert!(size < 1_200_000, "{size} bytes");
    }
    shop.app("get", &[]).exits(0).says("Synced to main");
}

#[test]
fn a_sync_whose_lock_was_taken_away_writes_nothing_more() {
    let shop = Shop::of(&[("a.yaml", NEVER_READY), ("b.yaml", LATER)]);
    shop.create();
    let mut sync = Running::new(shop.sandbox.start(&["app", "sync", &shop.name]));
    sync.read_until("pod/stuck created");
    let thief = json!({"spec": {"holderIdentity": "thief@there pid 8 id y"}});
    api().patch(&lease_path(&shop), &thief);
    let run = sync.finish().exits(20);
    run.complains("lost the lock").complains("thief@there pid 8");
    let lease = api().get(&lease_path(&shop)).unwrap();
    assert_eq!(lease["spec"]["holderIdentity"], "thief@there pid 8 id y");
    assert_eq!(operation_state(&shop)["phase"], "Running");
    assert!(api().get(&shop.object("api/v1", "configmaps/later")).is_none());
}

#[test]
fn a_terminated_operation_ends_within_seconds_and_is_not_resumed() {
    let shop = Shop::of(&[("a.yaml", NEVER_READY), ("b.yaml", LATER)]);
    shop.create();
    let mut sync = Running::new(shop.sandbox.start(&["app", "sync", &shop.name]));
    sync.read_until("pod/stuck created");
    api().eventually(&shop.application(), "waiting for the pod", |object| {
        let message = object.map(|object| &object["status"]["operationState"]["message"]);
        message.and_then(Value::as_str).is_some_and(|text| text.contains("waiting for"))
    });
    let terminating = json!({"status": {"operationState": {"phase": "Terminating"}}});
    api().patch(&shop.application(), &terminating);
    sync.finish().exits(1).says("Operation terminated");
    assert_eq!(operation_state(&shop)["phase"], "Failed");
    assert!(api().get(&lease_path(&shop)).is_none());
    let run = shop.app("sync", &["--timeout", "1"]).exits(20);
    assert!(!run.stderr.contains("resuming"));
}

#[test]
fn a_failed_job_fails_the_sync_at_once() {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\nspec:\n  \
        backoffLimit: 0\n  template:\n    metadata: {annotations: {tiphys.dev/test: fails}}\n    \
        spec: {restartPolicy: Never, containers: [{name: a, image: registry.example.com/a:1}]}\n";
    let shop = Shop::of(&[("job.yaml", job), ("b.yaml", LATER)]);
    shop.create();
    let run = shop.app("sync", &["--timeout", "50"]).exits(1);
    run.says("backoff limit").says("Phase:              Failed");
    assert!(api().get(&shop.object("api/v1", "configmaps/later")).is_none());
    shop.app("wait", &["--health", "--timeout", "50"]).exits(1);
}

#[test]
fn an_exceeded_progress_deadline_fails_the_sync_at_once() {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  \
        progressDeadlineSeconds: 1\n  selector: {matchLabels: {app: web}}\n  template:\n    \
        metadata: {labels: {app: web}, annotations: {tiphys.dev/test: never-ready}}\n    \
        spec: {containers: [{name: a, image: registry.example.com/a:1}]}\n";
    let shop = Shop::of(&[("web.yaml", deployment), ("b.yaml", LATER)]);
    shop.create();
    let run = shop.app("sync", &["--timeout", "50"]).exits(1);
    run.says("exceeded its progress deadline");
    assert!(api().get(&shop.object("api/v1", "configmaps/later")).is_none());
}

#[test]
fn a_stopped_sync_of_a_file_goes_on_and_knows_what_it_made() {
    let shop = Shop::of(&[("all.yaml", &config_maps(MANY, "first"))]);
    shop.write_application("  syncPolicy: {syncOptions: [CreateNamespace=true]}\n");
    let command = ["app", "sync", "-f", "application.yaml", "--prune"];
    let mut sync = Running::new(shop.sandbox.start(&command));
    sync.read_until("configmap/object");
    sync.signal("INT");
    sync.finish().exits(130).complains("run the same command again");
    let count = live_values(&shop).iter().filter(|value| **value == "first").count();
    assert!(count > 0 && count < MANY, "{count} objects");
    let other = ["app", "sync", "-f", "application.yaml"];
    shop.sandbox.tiphys(&other).exits(20).complains("--abandon");
    shop.sandbox.tiphys(&command).exits(0).complains("resuming");
    let count = live_values(&shop).iter().filter(|value| **value == "first").count();
    assert_eq!(count, MANY);
    shop.sandbox.tiphys(&["app", "delete", "-f", "application.yaml", "--yes"]).exits(0);
    assert!(live_values(&shop).is_empty());
}

#[test]
fn what_a_killed_sync_of_a_file_made_is_known_to_the_next_one() {
    let shop = Shop::of(&[("all.yaml", &config_maps(MANY, "first"))]);
    shop.write_application("  syncPolicy: {syncOptions: [CreateNamespace=true]}\n");
    let mut sync = Running::new(shop.sandbox.start(&["app", "sync", "-f", "application.yaml"]));
    sync.read_until("configmap/object");
    sync.signal("KILL");
    sync.finish();
    let command = ["app", "delete", "-f", "application.yaml", "--yes", "--wait-lock", "60s"];
    shop.sandbox.tiphys(&command).exits(0);
    assert!(live_values(&shop).is_empty());
}
