//! Users who may not do everything: what they still get, what is refused, and that what may not
//! be read never counts as absent.

use serde_json::{Value, json};

use crate::harness::api::api;
use crate::harness::control_plane;
use crate::harness::sandbox::{Run, unique};
use crate::harness::shop::Shop;

/// Rules of a role: API groups, resources, verbs.
type Rules<'a> = &'a [(&'a str, &'a [&'a str], &'a [&'a str])];

const LOOK: &[&str] = &["get", "list", "watch"];
const ALL: &[&str] = &["*"];

/// A kubeconfig in the shop's sandbox of a user who may do just this, in all namespaces.
fn user(shop: &Shop, rules: Rules<'_>) -> String {
    let name = unique("user");
    let accounts = "/api/v1/namespaces/default/serviceaccounts";
    api().post(accounts, &json!({"metadata": {"name": name}}));
    let rules: Vec<Value> = rules
        .iter()
        .map(|(group, resources, verbs)| {
            json!({"apiGroups": [group], "resources": resources, "verbs": verbs})
        })
        .collect();
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    api().post(
        &format!("{rbac}/clusterroles"),
        &json!({"metadata": {"name": name}, "rules": rules}),
    );
    let subject = json!({"kind": "ServiceAccount", "name": name, "namespace": "default"});
    let role =
        json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name});
    api().post(
        &format!("{rbac}/clusterrolebindings"),
        &json!({"metadata": {"name": name}, "subjects": [subject], "roleRef": role}),
    );
    let token = api().post(&format!("{accounts}/{name}/token"), &json!({"spec": {}}));
    let token = token["status"]["token"].as_str().unwrap();
    let admin = std::fs::read_to_string(control_plane::kubeconfig()).unwrap();
    let old = admin.lines().find(|line| line.trim_start().starts_with("token:")).unwrap();
    shop.sandbox.write(&name, &admin.replace(old.trim(), &format!("token: {token}")));
    name
}

fn app_as(shop: &Shop, kubeconfig: &str, verb: &str, more: &[&str]) -> Run {
    let mut arguments = vec!["--kubeconfig", kubeconfig, "app", verb, &shop.name];
    arguments.extend(more);
    shop.sandbox.tiphys(&arguments)
}

fn status(shop: &Shop) -> Value {
    api().get(&shop.application()).unwrap()["status"].clone()
}

const ARGO: (&str, &[&str], &[&str]) =
    ("argoproj.io", &["applications", "appprojects"], &["get", "list"]);

#[test]
fn a_reader_sees_the_same_with_a_note_that_nothing_is_recorded() {
    let shop = Shop::new();
    shop.create();
    shop.app("sync", &[]).exits(0);
    shop.edit("config.yaml", "s/blue/green/");
    let before = status(&shop);
    let reader = user(&shop, &[ARGO, ("*", &["*"], LOOK)]);
    let run = app_as(&shop, &reader, "get", &["--refresh"]).exits(0);
    run.says("OutOfSync from main").complains("status not written");
    app_as(&shop, &reader, "diff", &["--refresh"]).exits(1).says("+  colour: green");
    assert_eq!(status(&shop), before);
}

#[test]
fn a_reader_without_secrets_is_told_and_secrets_are_not_missing() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n";
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";
    let shop = Shop::of(&[("s.yaml", secret), ("c.yaml", config)]);
    shop.create();
    shop.app("sync", &[]).exits(0);
    let reader = user(&shop, &[ARGO, ("", &["configmaps", "namespaces"], LOOK)]);
    let run = app_as(&shop, &reader, "get", &[]).exits(0);
    assert!(!run.stdout.contains("Missing"), "{}", run.stdout);
    run.complains_or_says("may not be read").says("Unknown");
    let diff = app_as(&shop, &reader, "diff", &[]).exits(20);
    diff.complains("secrets");
}

#[test]
fn what_a_syncing_user_lacks_is_named_and_nothing_is_done() {
    let shop = Shop::new();
    shop.create();
    let before = status(&shop);
    let reader = user(&shop, &[ARGO, ("*", &["*"], LOOK)]);
    let run = app_as(&shop, &reader, "sync", &[]).exits(20);
    run.complains("not allowed to create leases").complains("--no-lock");
    app_as(&shop, &reader, "sync", &["--no-lock"]).exits_one_of(&[1, 20]).complains("not allowed");
    assert_eq!(status(&shop), before);
    assert!(api().get(&format!("/api/v1/namespaces/{}", shop.namespace)).is_none());
}

#[test]
fn one_kind_that_may_not_be_written_stops_the_whole_sync() {
    let shop = Shop::new();
    shop.create();
    api().namespace(&shop.namespace);
    let writer = user(
        &shop,
        &[
            ("argoproj.io", ALL, ALL),
            ("coordination.k8s.io", ALL, ALL),
            ("", &["configmaps"], ALL),
            ("*", ALL, LOOK),
        ],
    );
    let run = app_as(&shop, &writer, "sync", &[]).exits(1);
    run.says("cannot create resource \"deployments\"").says("cannot create resource \"services\"");
    assert!(shop.settings().is_none());
    app_as(&shop, &writer, "delete", &["--yes"]).exits(0);
}

#[test]
fn a_kind_that_may_not_be_read_is_neither_created_nor_pruned() {
    let shop = Shop::new();
    shop.create();
    shop.app("sync", &[]).exits(0);
    shop.edit("web.yaml", "s/replicas: 2/replicas: 3/");
    shop.sandbox.setup("rm repo/app/config.yaml");
    shop.commit("no config");
    let half_blind = user(
        &shop,
        &[
            ("argoproj.io", ALL, ALL),
            ("coordination.k8s.io", ALL, ALL),
            ("apps", ALL, ALL),
            ("", &["services", "namespaces"], ALL),
        ],
    );
    let run = app_as(&shop, &half_blind, "sync", &["--prune"]).exits(20);
    run.complains("configmaps");
    let run = app_as(&shop, &half_blind, "delete", &["--yes"]).exits(20);
    run.complains("may not be read");
    let deployment = api().get(&shop.object("apis/apps/v1", "deployments/web")).unwrap();
    assert_eq!(deployment["spec"]["replicas"], 2);
    assert!(shop.settings().is_some());
    assert!(api().get(&shop.application()).unwrap()["metadata"]["deletionTimestamp"].is_null());
}

#[test]
fn who_may_not_read_the_project_or_the_application_is_told_which() {
    let shop = Shop::new();
    shop.create();
    let nobody = user(&shop, &[]);
    app_as(&shop, &nobody, "get", &[]).exits(20).complains("not allowed to get applications");
    let applications = ("argoproj.io", &["applications"][..], LOOK);
    let no_project = user(&shop, &[applications, ("*", &["pods"], LOOK)]);
    let run = app_as(&shop, &no_project, "get", &[]).exits(20);
    run.complains("not allowed to get appprojects");
}
