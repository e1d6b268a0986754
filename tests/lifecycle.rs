//! The main job on the real API server: create, look, diff, sync, wait, prune, drift, history,
//! delete; and the same from a file.

use serde_json::json;

use crate::harness::api::api;
use crate::harness::sandbox::Sandbox;
use crate::harness::shop::Shop;

#[test]
fn an_application_goes_from_missing_to_healthy() {
    let shop = Shop::new();
    shop.create();
    shop.app("get", &[]).exits(0).says("Sync Status:        OutOfSync").says("Missing");
    shop.app("diff", &[]).exits(1).says("===== apps/Deployment").says("+  replicas: 2");
    shop.app("sync", &[]).exits(0).says("successfully synced (all tasks run)");
    shop.app("wait", &["--timeout", "60"]).exits(0).says("Health Status:      Healthy");
    let get = shop.app("get", &[]).exits(0).says("Sync Status:        Synced to main (");
    get.says("deployment.apps/web created");
    shop.app("diff", &[]).exits(0);
}

#[test]
fn a_new_commit_is_seen_after_a_refresh_and_synced() {
    let shop = Shop::new();
    shop.create();
    shop.app("sync", &[]).exits(0);
    shop.edit("config.yaml", "s/blue/green/");
    shop.app("get", &[]).exits(0).says("Synced to main");
    shop.app("get", &["--refresh"]).exits(0).says("OutOfSync from main");
    shop.app("diff", &[]).exits(1).says("-  colour: blue\n+  colour: green\n");
    shop.app("get", &["--show-diff"]).exits(0).says("+  colour: green\n");
    shop.app("sync", &[]).exits(0).says("configmap/settings configured");
    assert_eq!(shop.settings().unwrap()["data"]["colour"], "green");
    shop.app("history", &["-o", "id"]).exits(0).says("0\n1\n");
}

#[test]
fn what_left_git_is_pruned_only_when_asked() {
    let shop = Shop::new();
    shop.create();
    shop.app("sync", &[]).exits(0);
    shop.sandbox.setup("rm repo/app/config.yaml");
    shop.commit("no config");
    let run = shop.app("sync", &[]).exits(1);
    run.says("ignored (requires pruning)").complains("1 resources require pruning");
    assert!(shop.settings().is_some());
    shop.app("sync", &["--prune"]).exits(0).says("pruned");
    assert!(shop.settings().is_none());
    shop.app("get", &[]).exits(0).says("Synced to main");
}

#[test]
fn a_manual_change_is_drift_and_undone_by_a_sync() {
    let shop = Shop::new();
    shop.create();
    shop.app("sync", &[]).exits(0);
    let deployment = shop.object("apis/apps/v1", "deployments/web");
    api().patch(&deployment, &json!({"spec": {"replicas": 5}}));
    shop.app("diff", &[]).exits(1).says("-  replicas: 5\n+  replicas: 2\n");
    shop.app("get", &[]).exits(0).says("OutOfSync from main");
    shop.app("sync", &["--resource", "apps:Deployment:web"]).exits(0);
    assert_eq!(api().get(&deployment).unwrap()["spec"]["replicas"], 2);
}

#[test]
fn a_second_sync_changes_nothing_and_says_so() {
    let shop = Shop::new();
    shop.create();
    shop.app("sync", &[]).exits(0);
    let path = shop.object("api/v1", "configmaps/settings");
    let version = api().get(&path).unwrap()["metadata"]["resourceVersion"].clone();
    shop.app("sync", &[]).exits(0).says("configmap/settings unchanged");
    assert_eq!(api().get(&path).unwrap()["metadata"]["resourceVersion"], version);
}

#[test]
fn a_dry_run_changes_nothing() {
    let shop = Shop::new();
    shop.create();
    shop.app("sync", &["--dry-run"]).exits(0).says("(dry run)");
    assert!(api().get(&format!("/api/v1/namespaces/{}", shop.namespace)).is_none());
}

#[test]
fn an_object_that_is_there_already_is_adopted() {
    let shop = Shop::new();
    shop.create();
    api().namespace(&shop.namespace);
    let config = json!({"metadata": {"name": "settings"}, "data": {"colour": "blue"}});
    api().post(&shop.object("api/v1", "configmaps"), &config);
    shop.app("sync", &[]).exits(0);
    let annotations = shop.settings().unwrap()["metadata"]["annotations"].clone();
    let id = format!("{0}:/ConfigMap:{0}/settings", shop.name);
    assert_eq!(annotations["argocd.argoproj.io/tracking-id"], id);
}

#[test]
fn deletion_takes_the_resources_along() {
    let shop = Shop::new();
    shop.create();
    shop.app("sync", &[]).exits(0);
    let wanted = format!("application '{}' deleted\n", shop.name);
    shop.app("delete", &["--yes"]).exits(0).says(&wanted);
    assert!(shop.settings().is_none());
    assert!(api().get(&shop.application()).is_none());
    shop.app("get", &[]).exits(20).complains("not found");
}

#[test]
fn deletion_without_cascade_leaves_the_resources() {
    let shop = Shop::new();
    shop.create();
    shop.app("sync", &[]).exits(0);
    shop.app("delete", &["--yes", "--cascade=false"]).exits(0);
    assert!(shop.settings().is_some());
    assert!(api().get(&shop.application()).is_none());
}

#[test]
fn deletion_asks_first_and_refuses_without_a_terminal() {
    let shop = Shop::new();
    shop.create();
    shop.app("delete", &[]).exits(2).complains("--yes");
    assert!(api().get(&shop.application()).is_some());
}

#[test]
fn set_changes_one_field_and_keeps_unknown_ones() {
    let shop = Shop::new();
    shop.create();
    api().patch(&shop.application(), &json!({"spec": {"somethingNew": {"a": 1}}}));
    shop.app("set", &["--sync-policy", "auto", "--auto-prune", "--self-heal=false"]).exits(0);
    let spec = api().get(&shop.application()).unwrap()["spec"].clone();
    assert_eq!(spec["somethingNew"]["a"], 1);
    assert_eq!(spec["syncPolicy"]["automated"], json!({"prune": true, "selfHeal": false}));
    assert_eq!(spec["syncPolicy"]["syncOptions"], json!(["CreateNamespace=true"]));
}

#[test]
fn automation_without_a_controller_is_told() {
    let shop = Shop::new();
    shop.create();
    let warning = "no controller runs here";
    shop.app("set", &["--sync-policy", "auto"]).exits(0).complains(warning);
    shop.app("get", &[]).exits(0).complains(warning);
    let run = shop.app("set", &["--sync-policy", "none"]).exits(0);
    assert!(!run.stderr.contains(warning));
}

#[test]
fn a_file_alone_is_enough() {
    let shop = Shop::new();
    shop.write_application("  syncPolicy: {syncOptions: [CreateNamespace=true]}\n");
    let run = |arguments: &[&str]| {
        let mut all = vec!["app"];
        all.extend(arguments);
        all.extend(["-f", "application.yaml"]);
        shop.sandbox.tiphys(&all)
    };
    run(&["manifests"]).exits(0).says("colour: blue");
    run(&["get"]).exits(0).says("OutOfSync").says("Missing");
    run(&["diff"]).exits(1);
    run(&["sync"]).exits(0).says("configmap/settings created");
    run(&["wait", "--timeout", "60"]).exits(0).says("Healthy");
    run(&["diff"]).exits(0);
    run(&["history"]).exits(0).says("main (");
    assert!(api().get(&shop.application()).is_none());
    run(&["delete", "--yes"]).exits(0);
    assert!(shop.settings().is_none());
}

#[test]
fn a_file_never_prunes_what_it_did_not_deploy() {
    let shop = Shop::new();
    shop.write_application("  syncPolicy: {syncOptions: [CreateNamespace=true]}\n");
    let sync = ["app", "sync", "-f", "application.yaml", "--prune"];
    shop.sandbox.tiphys(&sync).exits(0);
    let id = format!("{0}:/ConfigMap:{0}/foreign", shop.name);
    let foreign = json!({"metadata": {"name": "foreign",
        "annotations": {"argocd.argoproj.io/tracking-id": id}}});
    api().post(&shop.object("api/v1", "configmaps"), &foreign);
    shop.sandbox.tiphys(&sync);
    assert!(api().get(&shop.object("api/v1", "configmaps/foreign")).is_some());
}

#[test]
fn a_writing_verb_on_a_file_wants_an_explicit_cluster() {
    let shop = Shop::new();
    let bare = Sandbox::offline();
    bare.setup(&format!("cp {} .", shop.sandbox.path().join("application.yaml").display()));
    let kubeconfig = crate::harness::control_plane::kubeconfig().display();
    bare.setup(&format!("mkdir -p home/.kube && cp {kubeconfig} home/.kube/config"));
    let run = bare.tiphys(&["app", "sync", "-f", "application.yaml"]).exits(2);
    run.complains("--context");
    assert!(shop.settings().is_none());
}

#[test]
fn lists_show_every_application_with_argocds_columns() {
    let shop = Shop::new();
    shop.create();
    let list = shop.sandbox.tiphys(&["app", "list"]).exits(0);
    let header = "NAME  CLUSTER  NAMESPACE  PROJECT  STATUS  HEALTH  SYNCPOLICY  CONDITIONS  REPO  PATH  TARGET";
    let words: Vec<&str> = list.stdout.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(words, header.split_whitespace().collect::<Vec<_>>());
    let names = shop.sandbox.tiphys(&["app", "list", "-o", "name"]).exits(0);
    names.says(&format!("argocd/{}\n", shop.name));
    shop.sandbox.tiphys(&["app", "list", "-l", "no=such"]).exits(0).says("NAME");
}
