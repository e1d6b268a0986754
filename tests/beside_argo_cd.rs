//! Applications a controller may be in charge of: a dead one is found out and replaced, a live
//! one is asked to do the work, and its status is left alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::api::api;
use crate::harness::shop::Shop;

const REFRESH: &str = "argocd.argoproj.io/refresh";

/// A shop whose Application a controller has taken charge of once.
fn claimed() -> Shop {
    let shop = Shop::new();
    shop.create();
    api().patch(&shop.application(), &json!({"status": {"controllerNamespace": "argocd"}}));
    shop
}

fn application(shop: &Shop) -> Value {
    api().get(&shop.application()).unwrap()
}

/// What a live controller does: takes the refresh annotation away, runs `.operation`, and
/// removes finalizers of what is being deleted.
struct FakeController {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<Value>>>,
}

impl FakeController {
    fn start(shop: &Shop) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (flag, path) = (stop.clone(), shop.application());
        let thread = std::thread::spawn(move || {
            let mut operations = Vec::new();
            while !flag.load(Ordering::SeqCst) {
                if let Some(application) = api().get(&path) {
                    reconcile(&path, &application, &mut operations);
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            operations
        });
        Self { stop, thread: Some(thread) }
    }

    /// Stops it; answers with the operations it was asked for.
    fn stop(mut self) -> Vec<Value> {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for FakeController {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

fn reconcile(path: &str, application: &Value, operations: &mut Vec<Value>) {
    if !application["metadata"]["annotations"][REFRESH].is_null() {
        api().patch(path, &json!({"metadata": {"annotations": {REFRESH: null}}}));
    }
    if !application["metadata"]["deletionTimestamp"].is_null() {
        api().patch(path, &json!({"metadata": {"finalizers": null}}));
        return;
    }
    let operation = &application["operation"];
    if !operation.is_null() {
        operations.push(operation.clone());
        let row = json!({"group": "", "version": "v1", "kind": "ConfigMap", "name": "settings",
            "namespace": "x", "status": "Synced", "message": "done by the controller",
            "hookPhase": "Running", "syncPhase": "Sync"});
        let state = json!({"operation": operation, "phase": "Succeeded",
            "message": "successfully synced (all tasks run)",
            "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:01Z",
            "syncResult": {"revision": "abc", "resources": [row]}});
        api().patch(path, &json!({"operation": null, "status": {"operationState": state}}));
    }
}

#[test]
fn a_dead_controllers_application_is_synced_after_the_probe() {
    let shop = claimed();
    let start = Instant::now();
    shop.app("sync", &[]).exits(0).says("successfully synced (all tasks run)");
    assert!(start.elapsed() >= Duration::from_secs(5));
    assert!(shop.settings().is_some());
    let application = application(&shop);
    assert!(application["metadata"]["annotations"][REFRESH].is_null());
    assert!(application["operation"].is_null());
    assert_eq!(application["status"]["operationState"]["phase"], "Succeeded");
    assert_eq!(application["status"]["controllerNamespace"], "argocd");
    shop.app("delete", &["--yes"]).exits(0);
    assert!(api().get(&shop.application()).is_none());
    assert!(shop.settings().is_none());
}

#[test]
fn a_live_controller_is_handed_the_sync() {
    let shop = claimed();
    let controller = FakeController::start(&shop);
    let run = shop.app("sync", &["--prune"]).exits(0);
    run.complains("controller is at work").complains("prune guard").says("done by the controller");
    let operations = controller.stop();
    assert_eq!(operations.len(), 1);
    let operation = &operations[0];
    assert_eq!(operation["sync"]["prune"], true);
    assert_eq!(operation["sync"]["syncOptions"], json!(["CreateNamespace=true"]));
    assert_eq!(operation["initiatedBy"]["username"], "tester");
    assert!(operation["sync"]["revision"].as_str().is_none_or(str::is_empty));
    assert!(shop.settings().is_none(), "the sync was the controller's to do");
    let lease =
        format!("/apis/coordination.k8s.io/v1/namespaces/argocd/leases/tiphys-{}", shop.name);
    assert!(api().get(&lease).is_none());
}

#[test]
fn a_live_controller_is_handed_the_deletion() {
    let shop = claimed();
    let controller = FakeController::start(&shop);
    shop.app("delete", &["--yes"]).exits(0).complains("controller is at work");
    controller.stop();
    assert!(api().get(&shop.application()).is_none());
}

#[test]
fn looking_never_writes_the_status_of_a_claimed_application() {
    let shop = claimed();
    let before = application(&shop)["metadata"]["resourceVersion"].clone();
    shop.app("get", &["--refresh"]).exits(0).says("OutOfSync");
    shop.app("diff", &["--refresh"]).exits(1);
    shop.app("manifests", &[]).exits(0);
    shop.app("history", &[]).exits(0);
    shop.sandbox.tiphys(&["app", "list"]).exits(0);
    assert_eq!(application(&shop)["metadata"]["resourceVersion"], before);
}

#[test]
fn an_application_no_controller_may_touch_is_synced_at_once() {
    let shop = claimed();
    let skip = json!({"argocd.argoproj.io/skip-reconcile": "true"});
    api().patch(&shop.application(), &json!({"metadata": {"annotations": skip}}));
    shop.app("sync", &[]).exits(0);
    assert!(shop.settings().is_some());
    assert_eq!(application(&shop)["status"]["operationState"]["phase"], "Succeeded");
}

#[test]
fn a_controllers_running_operation_is_not_disturbed() {
    let shop = claimed();
    let controller = FakeController::start(&shop);
    let running = json!({"status": {"operationState": {"phase": "Running",
        "startedAt": "2026-01-01T00:00:00Z", "operation": {"sync": {}}}}});
    api().patch(&shop.application(), &running);
    shop.app("sync", &[]).exits(20).complains("another operation is already in progress");
    assert!(controller.stop().is_empty());
}

#[test]
fn a_user_who_may_not_ask_the_controller_does_nothing() {
    let shop = claimed();
    let limited = &crate::harness::control_plane::get().limited;
    let limited = limited.to_str().unwrap();
    let run = shop.sandbox.tiphys(&["--kubeconfig", limited, "app", "sync", &shop.name]).exits(20);
    run.complains("not allowed");
    assert!(shop.settings().is_none());
}

#[test]
fn direct_work_needs_the_annotation_that_keeps_controllers_away() {
    let shop = Shop::new();
    shop.create();
    shop.app("sync", &["--direct"]).exits(20).complains("skip-reconcile");
    let annotation = json!({"argocd.argoproj.io/skip-reconcile": "true"});
    api().patch(&shop.application(), &json!({"metadata": {"annotations": annotation}}));
    shop.app("sync", &["--direct"]).exits(0);
    assert!(shop.settings().is_some());
}
