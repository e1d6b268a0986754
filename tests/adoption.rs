//! Whose objects are whose: shared and adopted objects, tracking ids, projects, and the shapes
//! in which objects stand in files.

use serde_json::{Value, json};

use crate::drift::stored;
use crate::harness::api::api;
use crate::harness::sandbox::unique;
use crate::harness::shop::Shop;

const CONFIG: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: blue}
";

/// A second Application, which wants the same objects in the same namespace.
fn rival(shop: &Shop) -> Shop {
    let mut rival = Shop::of(&[("config.yaml", CONFIG)]);
    rival.namespace.clone_from(&shop.namespace);
    rival.create();
    rival
}

fn tracking_id(object: &Value) -> &str {
    object["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"].as_str().unwrap()
}

fn has_condition(shop: &Shop, kind: &str, message: &str) -> bool {
    let status = stored(shop);
    let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
    conditions.iter().any(|condition| {
        condition["type"] == kind && condition["message"].as_str().unwrap().contains(message)
    })
}

#[test]
fn an_object_of_two_applications_is_warned_of_and_goes_to_the_last_syncer() {
    let first = Shop::of(&[("config.yaml", CONFIG)]);
    first.create();
    first.app("sync", &[]).exits(0);
    let second = rival(&first);
    let warning = format!(
        "ConfigMap/settings is part of applications argocd/{} and {}",
        second.name, first.name
    );
    second.app("get", &[]).exits(0).says(&warning).says("OutOfSync");
    second.app("sync", &[]).exits(0);
    assert_eq!(
        tracking_id(&first.settings().unwrap()),
        format!("{}:/ConfigMap:{}/settings", second.name, first.namespace)
    );
    first.app("get", &[]).exits(0).says("OutOfSync from main");
    assert!(has_condition(&first, "SharedResourceWarning", &second.name));
    first.app("sync", &["--prune"]).exits(0);
    assert!(tracking_id(&first.settings().unwrap()).starts_with(&format!("{}:", first.name)));
}

#[test]
fn a_shared_object_fails_a_sync_that_forbids_it() {
    let first = Shop::of(&[("config.yaml", CONFIG)]);
    first.create();
    first.app("sync", &[]).exits(0);
    let second = rival(&first);
    let option = ["--sync-option", "FailOnSharedResource=true"];
    second.app("set", &option).exits(0);
    second.app("sync", &[]).exits(1).complains_or_says("Shared resource found: ConfigMap/settings");
    assert!(tracking_id(&first.settings().unwrap()).starts_with(&format!("{}:", first.name)));
}

#[test]
fn an_object_handed_over_to_another_application_is_not_pruned_by_the_first() {
    let first =
        Shop::of(&[("config.yaml", CONFIG), ("other.yaml", &CONFIG.replace("settings", "other"))]);
    first.create();
    first.app("sync", &[]).exits(0);
    rival(&first).app("sync", &[]).exits(0);
    first.sandbox.setup("rm repo/app/config.yaml");
    first.commit("handed over");
    first.app("sync", &["--prune"]).exits(0);
    assert!(first.settings().is_some());
    first.app("delete", &["--yes"]).exits(0);
    assert!(first.settings().is_some());
}

#[test]
fn a_tracking_id_copied_to_another_object_makes_nobodys_object() {
    let shop = Shop::of(&[("config.yaml", CONFIG)]);
    shop.create();
    shop.app("sync", &[]).exits(0);
    let id = tracking_id(&shop.settings().unwrap()).to_owned();
    let copy = json!({"metadata": {"name": "copy",
        "annotations": {"argocd.argoproj.io/tracking-id": id}}});
    api().post(&shop.object("api/v1", "configmaps"), &copy);
    shop.app("get", &["--hard-refresh"]).exits(0).says("Synced to main");
    shop.app("sync", &["--prune"]).exits(0);
    assert!(api().get(&shop.object("api/v1", "configmaps/copy")).is_some());
}

#[test]
fn ids_of_cluster_scoped_objects_hold_the_destination_namespace() {
    let class = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\n\
                 metadata: {name: SHOP, namespace: elsewhere}\nvalue: 1\n";
    let shop = Shop::of(&[("config.yaml", CONFIG)]);
    shop.sandbox.write("repo/app/class.yaml", &class.replace("SHOP", &shop.name));
    shop.commit("class");
    shop.create();
    shop.app("sync", &[]).exits(0);
    let path = format!("/apis/scheduling.k8s.io/v1/priorityclasses/{}", shop.name);
    let live = api().get(&path).unwrap();
    let wanted = format!("{0}:scheduling.k8s.io/PriorityClass:{0}/{0}", shop.name);
    assert_eq!(tracking_id(&live), wanted);
    shop.app("diff", &[]).exits(0);
    shop.app("sync", &[]).exits(0).says("unchanged");
    shop.sandbox.setup("rm repo/app/class.yaml");
    shop.commit("no class");
    shop.app("sync", &["--prune"]).exits(0);
    assert!(api().get(&path).is_none());
}

#[test]
fn an_application_in_another_namespace_has_it_in_its_instance_name() {
    let shop = Shop::of(&[("config.yaml", CONFIG)]);
    let elsewhere = unique("teams");
    api().namespace(&elsewhere);
    let project = json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": elsewhere},
        "spec": {
            "sourceRepos": ["*"],
            "sourceNamespaces": [elsewhere],
            "destinations": [{"server": "*", "namespace": "*"}],
            "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
        },
    });
    api().post("/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects", &project);
    shop.write_application("  syncPolicy: {syncOptions: [CreateNamespace=true]}\n");
    let change = format!(
        "sed -i 's/namespace: argocd/namespace: {elsewhere}/; s/project: default/project: {elsewhere}/' application.yaml"
    );
    shop.sandbox.setup(&change);
    shop.sandbox.tiphys(&["app", "create", "-f", "application.yaml"]).exits(0);
    shop.app("sync", &["-N", &elsewhere]).exits(0);
    let id = format!("{elsewhere}_{0}:/ConfigMap:{0}/settings", shop.name);
    assert_eq!(tracking_id(&shop.settings().unwrap()), id);
    shop.app("diff", &["-N", &elsewhere]).exits(0);
    shop.app("sync", &["-N", &elsewhere]).exits(0).says("configmap/settings unchanged");
    let full = format!("{elsewhere}/{}", shop.name);
    shop.sandbox
        .tiphys(&["app", "get", &full])
        .exits(0)
        .says(&format!("Name:               {full}"));
    shop.app("delete", &["-N", &elsewhere, "--yes"]).exits(0);
    assert!(shop.settings().is_none());
}

#[test]
fn an_application_in_a_namespace_its_project_does_not_name_is_refused() {
    let shop = Shop::of(&[("config.yaml", CONFIG)]);
    let elsewhere = unique("teams");
    api().namespace(&elsewhere);
    shop.write_application("");
    shop.sandbox
        .setup(&format!("sed -i 's/namespace: argocd/namespace: {elsewhere}/' application.yaml"));
    let run = shop.sandbox.tiphys(&["app", "create", "-f", "application.yaml"]);
    if run.code == 0 {
        shop.app("sync", &["-N", &elsewhere]).exits_one_of(&[1, 20]).complains_or_says("project");
    } else {
        run.exits_one_of(&[1, 20]).complains_or_says("project");
    }
}

#[test]
fn documents_lists_and_empty_documents_in_one_file_are_all_synced() {
    let file = "---\n# nothing here\n---\n".to_owned()
        + CONFIG
        + "---\n---\napiVersion: v1\nkind: List\nitems:\n"
        + "- {apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {a: b}}\n"
        + "- {apiVersion: v1, kind: Secret, metadata: {name: two}, stringData: {a: b}}\n"
        + "---\napiVersion: v1\nkind: ConfigMapList\nitems:\n"
        + "- {apiVersion: v1, kind: ConfigMap, metadata: {name: three}, data: {a: b}}\n"
        + "...\n";
    let json = r#"{"apiVersion":"v1","kind":"List","items":[
        {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"four"}}]}"#;
    let shop = Shop::of(&[("all.yaml", &file), ("list.json", json)]);
    shop.create();
    shop.app("sync", &[]).exits(0);
    for object in [
        "configmaps/settings",
        "configmaps/one",
        "secrets/two",
        "configmaps/three",
        "configmaps/four",
    ] {
        assert!(api().get(&shop.object("api/v1", object)).is_some(), "{object}");
    }
    shop.app("diff", &[]).exits(0);
    assert_eq!(stored(&shop)["resources"].as_array().unwrap().len(), 5);
}

#[test]
fn objects_with_a_generated_name_are_made_anew_by_every_sync() {
    let job = "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: run-}\ndata: {a: b}\n";
    let shop = Shop::of(&[("config.yaml", CONFIG), ("run.yaml", job), ("run2.yaml", job)]);
    shop.create();
    let count = || {
        let list = api().get(&shop.object("api/v1", "configmaps")).unwrap();
        let items = list["items"].as_array().unwrap();
        let names = items.iter().map(|item| item["metadata"]["name"].as_str().unwrap());
        names.filter(|name| name.starts_with("run-")).count()
    };
    shop.app("sync", &[]).exits(0);
    assert_eq!(count(), 2);
    shop.app("get", &[]).exits(0).says("OutOfSync from main");
    shop.app("sync", &[]).exits_one_of(&[0, 1]);
    assert_eq!(count(), 4);
}

/// A shop whose Application belongs to a project of its own with this `spec`.
fn with_project(files: &[(&str, &str)], spec: &Value) -> Shop {
    let shop = Shop::of(files);
    let project = json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": shop.name},
        "spec": spec,
    });
    api().post("/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects", &project);
    api().namespace(&shop.namespace);
    shop.sandbox
        .setup(&format!("sed -i 's/project: default/project: {}/' application.yaml", shop.name));
    shop
}

fn anywhere() -> Value {
    json!([{"server": "*", "namespace": "*"}])
}

#[track_caller]
fn is_refused(shop: &Shop, words: &str) {
    let create = shop.sandbox.tiphys(&["app", "create", "-f", "application.yaml"]);
    if create.code == 0 {
        shop.app("sync", &[]).exits_one_of(&[1, 20]).complains_or_says(words);
    } else {
        create.exits(20).complains_or_says(words);
    }
    assert!(shop.settings().is_none());
}

#[test]
fn a_repository_the_project_does_not_name_is_refused() {
    let spec = json!({"sourceRepos": ["https://git.example.com/*"], "destinations": anywhere()});
    is_refused(&with_project(&[("config.yaml", CONFIG)], &spec), "is not permitted in project");
}

#[test]
fn a_destination_the_project_does_not_name_is_refused() {
    let spec =
        json!({"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "other"}]});
    is_refused(
        &with_project(&[("config.yaml", CONFIG)], &spec),
        "do not match any of the allowed destinations",
    );
}

#[test]
fn a_project_that_does_not_exist_is_refused() {
    let shop = Shop::of(&[("config.yaml", CONFIG)]);
    shop.sandbox.setup("sed -i 's/project: default/project: no-such-project/' application.yaml");
    is_refused(&shop, "no-such-project");
}

#[test]
fn kinds_and_namespaces_the_project_does_not_allow_stop_the_whole_sync() {
    let role =
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: SHOP}\n";
    let open = json!({"sourceRepos": ["*"], "destinations": anywhere()});
    let shop = with_project(&[("config.yaml", CONFIG)], &open);
    shop.sandbox.write("repo/app/role.yaml", &role.replace("SHOP", &shop.name));
    shop.commit("role");
    is_refused(&shop, "resource rbac.authorization.k8s.io:ClusterRole is not permitted in project");

    let blacklist = json!({"sourceRepos": ["*"], "destinations": anywhere(),
        "namespaceResourceBlacklist": [{"group": "", "kind": "ConfigMap"}]});
    let shop = with_project(&[("config.yaml", CONFIG)], &blacklist);
    is_refused(&shop, "resource :ConfigMap is not permitted in project");

    let whitelist = json!({"sourceRepos": ["*"], "destinations": anywhere(),
        "namespaceResourceWhitelist": [{"group": "apps", "kind": "*"}]});
    let shop = with_project(&[("config.yaml", CONFIG)], &whitelist);
    is_refused(&shop, "resource :ConfigMap is not permitted in project");

    let elsewhere = CONFIG.replace("name: settings", "name: settings, namespace: default");
    let shop = with_project(&[("config.yaml", CONFIG), ("elsewhere.yaml", &elsewhere)], &json!({}));
    let path = format!("/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects/{}", shop.name);
    let spec = json!({"spec": {"sourceRepos": ["*"],
        "destinations": [{"server": "*", "namespace": shop.namespace}]}});
    api().patch(&path, &spec);
    is_refused(&shop, "namespace default is not permitted in project");
}

#[test]
fn what_a_project_allows_is_synced() {
    let spec = json!({
        "sourceRepos": ["file:///**"],
        "destinations": [{"server": "https://kubernetes.default.svc", "namespace": "shop-*"}],
        "clusterResourceWhitelist": [{"group": "scheduling.k8s.io", "kind": "PriorityClass"}],
        "namespaceResourceWhitelist": [{"group": "", "kind": "ConfigMap"}],
    });
    let shop = with_project(&[("config.yaml", CONFIG)], &spec);
    let class =
        "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: SHOP}\nvalue: 1\n";
    shop.sandbox.write("repo/app/class.yaml", &class.replace("SHOP", &shop.name));
    shop.commit("class");
    shop.sandbox.tiphys(&["app", "create", "-f", "application.yaml"]).exits(0);
    shop.app("sync", &[]).exits(0);
    shop.app("diff", &[]).exits(0);
    shop.app("delete", &["--yes"]).exits(0);
    assert!(shop.settings().is_none());
}
