//! Deleting applications: interrupted and repeated, finalizers, what is kept, and namespaces.

use serde_json::{Value, json};

use crate::harness::api::api;
use crate::harness::running::Running;
use crate::harness::sandbox::unique;
use crate::harness::shop::Shop;

const FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";

fn synced(files: &[(&str, &str)]) -> Shop {
    let shop = Shop::of(files);
    shop.create();
    shop.app("sync", &[]).exits(0);
    shop
}

fn config_map(name: &str, annotations: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  annotations: {{{annotations}}}\n"
    )
}

fn config_path(shop: &Shop, name: &str) -> String {
    shop.object("api/v1", &format!("configmaps/{name}"))
}

fn is_going(object: Option<&Value>) -> bool {
    object.is_some_and(|object| !object["metadata"]["deletionTimestamp"].is_null())
}

/// A shop of which one object is held by a finalizer of somebody else, in the highest wave.
fn held() -> Shop {
    let first = config_map("first", "argocd.argoproj.io/sync-wave: '1'");
    let last = config_map("last", "");
    let shop = synced(&[("first.yaml", &first), ("last.yaml", &last)]);
    let hold = json!({"metadata": {"finalizers": ["example.com/hold"]}});
    api().patch(&config_path(&shop, "first"), &hold);
    shop
}

fn let_go(shop: &Shop) {
    api().patch(&config_path(shop, "first"), &json!({"metadata": {"finalizers": null}}));
}

#[test]
fn an_interrupted_deletion_is_finished_by_the_next_one() {
    let shop = held();
    let delete = Running::new(shop.sandbox.start(&["app", "delete", &shop.name, "--yes"]));
    api().eventually(&config_path(&shop, "first"), "going", is_going);
    delete.signal("INT");
    delete.finish().exits(130).complains("run the same command again");
    let application = api().get(&shop.application()).unwrap();
    assert!(is_going(Some(&application)));
    assert!(api().get(&config_path(&shop, "last")).is_some(), "the highest wave goes first");
    let run = shop.app("sync", &[]).exits(20);
    run.complains("is being deleted");
    let_go(&shop);
    shop.app("delete", &["--yes"]).exits(0);
    assert!(api().get(&config_path(&shop, "last")).is_none());
    assert!(api().get(&shop.application()).is_none());
}

#[test]
fn a_deletion_that_runs_out_of_time_names_what_holds_it() {
    let shop = held();
    let run = shop.app("delete", &["--yes", "--timeout", "2"]).exits(20);
    run.complains("first (finalizers: example.com/hold)");
    assert!(api().get(&config_path(&shop, "last")).is_some());
    let_go(&shop);
    shop.app("delete", &["--yes"]).exits(0);
}

#[test]
fn an_application_stuck_in_deletion_without_controller_is_finished() {
    let shop = synced(&[("a.yaml", &config_map("a", ""))]);
    api().delete(&shop.application());
    assert!(is_going(api().get(&shop.application()).as_ref()));
    shop.app("delete", &["--yes"]).exits(0);
    assert!(api().get(&config_path(&shop, "a")).is_none());
    assert!(api().get(&shop.application()).is_none());
}

#[test]
fn finalizers_of_others_are_kept_and_named() {
    let shop = synced(&[("a.yaml", &config_map("a", ""))]);
    let finalizers = json!([FINALIZER, "example.com/mine"]);
    api().patch(&shop.application(), &json!({"metadata": {"finalizers": finalizers}}));
    shop.app("delete", &["--yes"]).exits(0).complains("example.com/mine");
    let application = api().get(&shop.application()).unwrap();
    assert_eq!(application["metadata"]["finalizers"], json!(["example.com/mine"]));
    assert!(api().get(&config_path(&shop, "a")).is_none());
    api().patch(&shop.application(), &json!({"metadata": {"finalizers": null}}));
}

#[test]
fn without_cascade_a_finalizer_does_not_delete_the_objects() {
    let shop = synced(&[("a.yaml", &config_map("a", ""))]);
    api().delete(&shop.application());
    shop.app("delete", &["--yes", "--cascade=false"]).exits(0);
    assert!(api().get(&shop.application()).is_none());
    assert!(api().get(&config_path(&shop, "a")).is_some());
}

#[test]
fn what_is_to_be_kept_is_kept_and_so_are_definitions() {
    let group = format!("{}.example.com", unique("g"));
    let definition = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
         metadata: {{name: widgets.{group}}}\nspec:\n  group: {group}\n  scope: Namespaced\n  \
         names: {{plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}}\n  \
         versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      \
         openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}\n"
    );
    let widget = format!("apiVersion: {group}/v1\nkind: Widget\nmetadata: {{name: w}}\n");
    let shop = synced(&[
        ("definition.yaml", &definition),
        ("widget.yaml", &widget),
        ("kept.yaml", &config_map("kept", "argocd.argoproj.io/sync-options: Delete=false")),
        ("helm.yaml", &config_map("helm", "helm.sh/resource-policy: keep")),
        ("gone.yaml", &config_map("gone", "")),
    ]);
    shop.app("delete", &["--yes", "--delete-namespace"]).exits(0).complains("is not empty");
    assert!(api().get(&config_path(&shop, "kept")).is_some());
    assert!(api().get(&config_path(&shop, "helm")).is_some());
    assert!(api().get(&config_path(&shop, "gone")).is_none());
    let widget = format!("/apis/{group}/v1/namespaces/{}/widgets/w", shop.namespace);
    assert!(api().get(&widget).is_none());
    let definition =
        format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}");
    assert!(!is_going(api().get(&definition).as_ref()) && api().get(&definition).is_some());
}

#[test]
fn a_namespace_goes_only_when_tiphys_made_it_and_it_is_empty() {
    let namespace = |shop: &Shop| format!("/api/v1/namespaces/{}", shop.namespace);
    let delete = &["--yes", "--delete-namespace"];
    let made = synced(&[("a.yaml", &config_map("a", ""))]);
    made.app("delete", delete).exits(0).complains("deleted");
    api().eventually(&namespace(&made), "going", |found| found.is_none() || is_going(found));

    let unasked = synced(&[("a.yaml", &config_map("a", ""))]);
    unasked.app("delete", &["--yes"]).exits(0);
    assert!(!is_going(api().get(&namespace(&unasked)).as_ref()));

    let foreign = Shop::of(&[("a.yaml", &config_map("a", ""))]);
    api().namespace(&foreign.namespace);
    foreign.create();
    foreign.app("sync", &[]).exits(0);
    foreign.app("delete", delete).exits(0).complains("was not created by tiphys");
    assert!(!is_going(api().get(&namespace(&foreign)).as_ref()));

    let used = synced(&[("a.yaml", &config_map("a", ""))]);
    let path = used.object("api/v1", "secrets");
    api().post(&path, &json!({"metadata": {"name": "precious"}}));
    used.app("delete", delete).exits(0).complains("precious");
    assert!(!is_going(api().get(&namespace(&used)).as_ref()));
}

#[test]
fn an_object_with_delete_confirm_goes_only_when_that_is_confirmed() {
    let asks = config_map("asks", "argocd.argoproj.io/sync-options: Delete=confirm");
    let shop = synced(&[("asks.yaml", &asks)]);
    shop.app("delete", &["--yes"]).exits(20).complains("--confirm-deletion");
    assert!(api().get(&config_path(&shop, "asks")).is_some());
    shop.app("delete", &["--yes", "--confirm-deletion"]).exits(0);
    assert!(api().get(&config_path(&shop, "asks")).is_none());
}

#[test]
fn an_object_made_anew_by_somebody_else_during_the_deletion_stays() {
    let shop = held();
    let delete = Running::new(shop.sandbox.start(&["app", "delete", &shop.name, "--yes"]));
    api().eventually(&config_path(&shop, "first"), "going", is_going);
    // While the first wave is held, an object of the next one is replaced by another.
    api().delete(&config_path(&shop, "last"));
    let foreign = json!({"metadata": {"name": "last"}, "data": {"whose": "theirs"}});
    api().post(&shop.object("api/v1", "configmaps"), &foreign);
    let_go(&shop);
    delete.finish().exits(0);
    let last = api().get(&config_path(&shop, "last")).unwrap();
    assert_eq!(last["data"]["whose"], "theirs");
}
