//! Namespaces and definitions that a sync makes for the objects beside them.

use serde_json::json;

use crate::drift::stored;
use crate::harness::api::api;
use crate::harness::shop::Shop;

const CONFIG: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: blue}
";
const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.SHOP.example.com}
spec:
  group: SHOP.example.com
  scope: SCOPE
  names: {kind: Lamp, plural: lamps}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";
const LAMP: &str = "apiVersion: SHOP.example.com/v1
kind: Lamp
metadata: {name: desk}
spec: {on: true}
";

fn namespace_path(shop: &Shop) -> String {
    format!("/api/v1/namespaces/{}", shop.namespace)
}

#[test]
fn the_destination_namespace_is_made_and_marked_as_made() {
    let shop = Shop::of(&[("config.yaml", CONFIG)]);
    shop.create();
    shop.app("sync", &[]).exits(0).says("namespace/");
    let live = api().get(&namespace_path(&shop)).unwrap();
    assert_eq!(live["metadata"]["labels"]["tiphys.dev/created-by"], "tiphys");
    let annotations = &live["metadata"]["annotations"];
    assert!(annotations["argocd.argoproj.io/tracking-id"].is_null());
    shop.app("diff", &[]).exits(0);
    shop.app("sync", &["--prune"]).exits(0);
    assert!(api().get(&namespace_path(&shop)).is_some());
}

#[test]
fn a_namespace_that_was_there_is_not_marked() {
    let shop = Shop::of(&[("config.yaml", CONFIG)]);
    api().namespace(&shop.namespace);
    shop.create();
    shop.app("sync", &[]).exits(0);
    let live = api().get(&namespace_path(&shop)).unwrap();
    assert!(live["metadata"]["labels"]["tiphys.dev/created-by"].is_null());
    assert!(live["metadata"]["annotations"].is_null());
}

#[test]
fn without_create_namespace_the_message_names_the_option_and_nothing_is_applied() {
    let shop = Shop::of(&[("config.yaml", CONFIG)]);
    shop.sandbox.tiphys(&["app", "create", "-f", "application.yaml"]).exits(0);
    shop.app("sync", &[]).exits(1).complains_or_says("CreateNamespace=true");
    assert!(api().get(&namespace_path(&shop)).is_none());
}

#[test]
fn managed_labels_are_put_on_the_namespace_and_those_of_others_stay() {
    let shop = Shop::of(&[("config.yaml", CONFIG)]);
    let policy = |labels: &str| {
        format!(
            "  syncPolicy:\n    syncOptions: [CreateNamespace=true]\n    \
             managedNamespaceMetadata: {{labels: {labels}, annotations: {{owner: shop}}}}\n"
        )
    };
    shop.write_application(&policy("{team: shop, tier: front}"));
    shop.sandbox.tiphys(&["app", "create", "-f", "application.yaml"]).exits(0);
    shop.app("sync", &[]).exits(0);
    let labels = || api().get(&namespace_path(&shop)).unwrap()["metadata"]["labels"].clone();
    assert_eq!(labels()["team"], "shop");
    let foreign = json!({"metadata": {"labels": {"foreign": "yes"}}});
    api().patch(&namespace_path(&shop), &foreign);
    shop.write_application(&policy("{team: store}"));
    shop.sandbox.tiphys(&["app", "create", "--upsert", "-f", "application.yaml"]).exits(0);
    shop.app("sync", &[]).exits(0);
    let labels = labels();
    assert_eq!(labels["team"], "store");
    assert!(labels["tier"].is_null(), "{labels}");
    assert_eq!(labels["foreign"], "yes");
    assert_eq!(labels["tiphys.dev/created-by"], "tiphys");
}

#[test]
fn a_namespace_in_git_comes_before_what_lives_in_it() {
    let shop = Shop::of(&[("config.yaml", CONFIG)]);
    let objects = format!(
        "{}---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {1}-z\n  annotations: \
         {{argocd.argoproj.io/sync-wave: '5'}}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {1}}}\n",
        CONFIG.replace("name: settings", &format!("name: settings, namespace: {}-z", shop.name)),
        shop.name
    );
    shop.sandbox.write("repo/app/objects.yaml", &objects);
    shop.commit("namespaces");
    shop.create();
    shop.app("sync", &[]).exits(0);
    let path = format!("/api/v1/namespaces/{}-z/configmaps/settings", shop.name);
    assert!(api().get(&path).is_some());
    assert!(shop.settings().is_some());
    let live = api().get(&namespace_path(&shop)).unwrap();
    assert!(live["metadata"]["labels"]["tiphys.dev/created-by"].is_null());
    shop.app("diff", &[]).exits(0);
}

/// A shop with a definition of a scope and an object of its kind, which comes first in the file.
fn lamps(scope: &str) -> Shop {
    let shop = Shop::of(&[("config.yaml", CONFIG)]);
    let text = format!("{LAMP}---\n{DEFINITION}").replace("SHOP", &shop.name);
    shop.sandbox.write("repo/app/lamps.yaml", &text.replace("SCOPE", scope));
    shop.commit("lamps");
    shop.create();
    shop
}

#[test]
fn a_definition_and_its_objects_go_in_one_sync() {
    let shop = lamps("Namespaced");
    shop.app("sync", &["--dry-run"]).exits(0);
    shop.app("sync", &[]).exits(0);
    let path = format!("/apis/{0}.example.com/v1/namespaces/{0}/lamps/desk", shop.name);
    assert!(api().get(&path).is_some());
    let status = stored(&shop);
    let rows = status["operationState"]["syncResult"]["resources"].as_array().unwrap().clone();
    let place = |kind: &str| rows.iter().position(|row| row["kind"] == kind);
    assert!(place("CustomResourceDefinition").unwrap() < place("Lamp").unwrap(), "{rows:#?}");
    shop.app("diff", &[]).exits(0);
    shop.app("sync", &[]).exits(0).says("lamp.");
}

#[test]
fn objects_of_a_cluster_scoped_kind_that_comes_with_them_have_no_namespace() {
    let shop = lamps("Cluster");
    shop.app("sync", &[]).exits(0);
    let live = api().get(&format!("/apis/{}.example.com/v1/lamps/desk", shop.name)).unwrap();
    let id = format!("{0}:{0}.example.com/Lamp:{0}/desk", shop.name);
    assert_eq!(live["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"], id);
    shop.app("diff", &[]).exits(0);
    shop.sandbox.setup("rm repo/app/lamps.yaml");
    shop.commit("dark");
    shop.app("sync", &["--prune", "--prune-guarded"]).exits(0).says("pruned");
    let path = format!("/apis/{}.example.com/v1/lamps/desk", shop.name);
    api().eventually(&path, "gone", |lamp| lamp.is_none());
}

#[test]
fn an_object_of_a_kind_that_nobody_brings_stops_the_whole_sync() {
    let shop = Shop::of(&[("config.yaml", CONFIG), ("lamp.yaml", LAMP)]);
    shop.create();
    let run = shop.app("sync", &[]).exits(1);
    run.complains_or_says("Make sure the \"Lamp\" CRD is installed");
    assert!(shop.settings().is_none());
}

#[test]
fn a_kind_that_is_missing_may_be_left_for_later() {
    let annotation = "name: desk, annotations: {argocd.argoproj.io/sync-options: \
                      SkipDryRunOnMissingResource=true, argocd.argoproj.io/sync-wave: '1'}";
    let lamp = LAMP.replace("name: desk", annotation);
    let shop = Shop::of(&[("config.yaml", CONFIG), ("lamp.yaml", &lamp)]);
    shop.create();
    shop.app("sync", &[]).exits(1).complains_or_says("CRD is installed");
    assert!(shop.settings().is_some());
}
