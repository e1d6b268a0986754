//! What a sync must not destroy: the prune guard, annotations that keep objects, objects that
//! changed hands, and the dry run that refuses everything when anything is refused.

use serde_json::json;

use crate::harness::api::api;
use crate::harness::running::Running;
use crate::harness::sandbox::unique;
use crate::harness::shop::Shop;

fn config_map(name: &str, metadata: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n{metadata}data: {{a: b}}\n"
    )
}

/// A synced shop of one ConfigMap per name, each in a file of its own, plus `more` files.
fn synced(names: &[&str], more: &[(&str, &str)]) -> Shop {
    let own = names.iter().map(|name| (format!("{name}.yaml"), config_map(name, "")));
    let more = more.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let files: Vec<(String, String)> = own.chain(more).collect();
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let shop = Shop::of(&files);
    shop.create();
    shop.app("sync", &[]).exits(0);
    shop
}

fn remove(shop: &Shop, files: &str) {
    shop.sandbox.setup(&format!("cd repo/app && rm {files} && touch .keep"));
    shop.commit("removed");
}

fn has(shop: &Shop, name: &str) -> bool {
    api().get(&shop.object("api/v1", &format!("configmaps/{name}"))).is_some()
}

#[test]
fn an_empty_folder_prunes_nothing_unless_it_is_meant() {
    let shop = synced(&["one", "two"], &[]);
    remove(&shop, "*.yaml");
    let run = shop.app("sync", &["--prune"]).exits(1);
    run.complains("2 resources are held back from pruning")
        .complains("Git has no objects at all for this application")
        .complains(&format!("ConfigMap {}/one", shop.namespace))
        .complains("--prune-guarded")
        .says("held back by the prune guard");
    assert!(has(&shop, "one") && has(&shop, "two"));
    shop.app("sync", &["--prune-guarded"]).exits(1).complains("2 resources require pruning");
    assert!(has(&shop, "one"));
    shop.app("sync", &["--prune", "--prune-guarded"]).exits(0);
    assert!(!has(&shop, "one") && !has(&shop, "two"));
}

#[test]
fn the_guard_can_be_switched_off_on_the_application() {
    let shop = synced(&["one"], &[]);
    remove(&shop, "*.yaml");
    let off = json!({"metadata": {"annotations": {"tiphys.dev/prune-guard": "off"}}});
    api().patch(&shop.application(), &off);
    shop.app("sync", &["--prune"]).exits(0);
    assert!(!has(&shop, "one"));
}

#[test]
fn more_than_half_of_more_than_ten_objects_is_held_back() {
    let names: Vec<String> = (0..22).map(|number| format!("n{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let shop = synced(&names, &[]);
    remove(&shop, "n0* n10.yaml n11.yaml");
    let run = shop.app("sync", &["--prune"]).exits(1);
    run.complains("12 of the application's 22 objects would go");
    assert!(has(&shop, "n00"));
    shop.sandbox.setup("cd repo && git checkout -q HEAD~1 -- app/n11.yaml");
    shop.commit("one back: half is not more than half");
    shop.app("sync", &["--prune"]).exits(0);
    assert!(!has(&shop, "n00") && has(&shop, "n11"));
}

#[test]
fn namespaces_claims_and_definitions_are_held_back_and_the_rest_goes() {
    let group = format!("{}.example.com", unique("g"));
    let namespace = unique("guarded");
    let namespace_object =
        format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n");
    let definition = definition(&group);
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: disk}\nspec:\n  \
        accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 1Gi}}\n";
    let files = [
        ("namespace.yaml", namespace_object.as_str()),
        ("definition.yaml", definition.as_str()),
        ("claim.yaml", claim),
    ];
    let shop = synced(&["one", "two"], &files);
    mark_as_own(&shop, &group);
    remove(&shop, "namespace.yaml definition.yaml claim.yaml one.yaml");
    let run = shop.app("sync", &["--prune"]).exits(1);
    run.complains("3 resources are held back")
        .complains("deleting a Namespace takes what it holds with it")
        .complains("deleting a PersistentVolumeClaim")
        .complains("deleting a CustomResourceDefinition")
        .complains("3 resources require pruning");
    assert!(!has(&shop, "one"));
    let paths = [
        format!("/api/v1/namespaces/{namespace}"),
        definition_path(&group),
        shop.object("api/v1", "persistentvolumeclaims/disk"),
    ];
    for path in &paths {
        assert!(api().get(path).unwrap()["metadata"]["deletionTimestamp"].is_null(), "{path}");
    }
    shop.app("sync", &["--prune", "--prune-guarded", "--timeout", "60"]).exits(0);
    for path in &paths {
        api().eventually(path, "going", |object| {
            object.is_none_or(|object| !object["metadata"]["deletionTimestamp"].is_null())
        });
    }
}

#[test]
fn a_definition_with_objects_of_others_says_so() {
    let group = format!("{}.example.com", unique("g"));
    let shop = synced(&["one"], &[("definition.yaml", &definition(&group))]);
    let widgets = format!("/apis/{group}/v1/namespaces/default/widgets");
    api().eventually(&widgets, "served", |list| list.is_some());
    api().post(
        &widgets,
        &json!({"apiVersion": format!("{group}/v1"), "kind": "Widget",
            "metadata": {"name": "theirs"}}),
    );
    mark_as_own(&shop, &group);
    remove(&shop, "definition.yaml");
    let run = shop.app("sync", &["--prune"]).exits(1);
    run.complains("objects outside this application would go with the definition");
    assert!(api().get(&definition_path(&group)).is_some());
}

#[test]
fn custom_resources_are_gone_before_their_definition_goes() {
    let group = format!("{}.example.com", unique("g"));
    let widget = format!("apiVersion: {group}/v1\nkind: Widget\nmetadata:\n  name: ours\n");
    let files = [("definition.yaml", definition(&group)), ("widget.yaml", widget)];
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let shop = synced(&["one"], &files);
    mark_as_own(&shop, &group);
    remove(&shop, "definition.yaml widget.yaml");
    // A finalizer of somebody else holds the custom resource: the definition must wait for it.
    let path = format!("/apis/{group}/v1/namespaces/{}/widgets/ours", shop.namespace);
    api().patch(&path, &json!({"metadata": {"finalizers": ["example.com/hold"]}}));
    let prune = ["app", "sync", &shop.name, "--prune", "--prune-guarded", "--timeout", "60"];
    let sync = Running::new(shop.sandbox.start(&prune));
    api().eventually(&path, "being deleted", |object| {
        object.is_some_and(|object| !object["metadata"]["deletionTimestamp"].is_null())
    });
    let definition = api().get(&definition_path(&group)).unwrap();
    assert!(definition["metadata"]["deletionTimestamp"].is_null());
    api().patch(&path, &json!({"metadata": {"finalizers": null}}));
    sync.finish().exits(0);
    api().eventually(&definition_path(&group), "gone", |object| object.is_none());
}

/// Argo CD marks no definitions as its own; whoever wants them pruned marks them by hand.
fn mark_as_own(shop: &Shop, group: &str) {
    let id = format!(
        "{}:apiextensions.k8s.io/CustomResourceDefinition:{}/widgets.{group}",
        shop.name, shop.namespace
    );
    let annotations = json!({"argocd.argoproj.io/tracking-id": id});
    api().patch(&definition_path(group), &json!({"metadata": {"annotations": annotations}}));
}

fn definition_path(group: &str) -> String {
    format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}")
}

fn definition(group: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
         metadata: {{name: widgets.{group}}}\nspec:\n  group: {group}\n  scope: Namespaced\n  \
         names: {{plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}}\n  \
         versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      \
         openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}\n"
    )
}

#[test]
fn an_object_that_belongs_to_another_application_by_now_stays() {
    let shop = synced(&["one", "two"], &[]);
    let path = shop.object("api/v1", "configmaps/one");
    let id = format!("somebody-else:/ConfigMap:{}/one", shop.namespace);
    let annotations = json!({"argocd.argoproj.io/tracking-id": id});
    api().patch(&path, &json!({"metadata": {"annotations": annotations}}));
    remove(&shop, "one.yaml");
    shop.app("sync", &["--prune"]).exits(0);
    assert!(has(&shop, "one") && has(&shop, "two"));
    shop.app("delete", &["--yes"]).exits(0);
    assert!(has(&shop, "one") && !has(&shop, "two"));
}

#[test]
fn a_copied_tracking_id_under_another_name_is_not_ours_to_prune() {
    let shop = synced(&["one", "two"], &[]);
    let id = format!("{0}:/ConfigMap:{1}/one", shop.name, shop.namespace);
    let copy = json!({"metadata": {"name": "copy",
        "annotations": {"argocd.argoproj.io/tracking-id": id}}});
    api().post(&shop.object("api/v1", "configmaps"), &copy);
    shop.app("sync", &["--prune"]).exits(0);
    assert!(has(&shop, "copy"));
    shop.app("delete", &["--yes"]).exits(0);
    assert!(has(&shop, "copy") && !has(&shop, "one"));
}

#[test]
fn an_object_with_prune_false_stays_and_is_no_failure() {
    let kept =
        config_map("kept", "  annotations: {argocd.argoproj.io/sync-options: Prune=false}\n");
    let shop = synced(&["one"], &[("kept.yaml", &kept)]);
    remove(&shop, "kept.yaml");
    shop.app("sync", &["--prune"]).exits(0).says("ignored (no prune)");
    assert!(has(&shop, "kept"));
}

#[test]
fn an_object_with_prune_confirm_waits_for_its_approval() {
    let asks =
        config_map("asks", "  annotations: {argocd.argoproj.io/sync-options: Prune=confirm}\n");
    let shop = synced(&["one"], &[("asks.yaml", &asks)]);
    remove(&shop, "asks.yaml");
    let prune = ["app", "sync", &shop.name, "--prune", "--timeout", "60"];
    let sync = Running::new(shop.sandbox.start(&prune));
    api().eventually(&shop.application(), "waiting for confirmation", |object| {
        let message = object.map(|object| &object["status"]["operationState"]["message"]);
        message.and_then(|text| text.as_str()).is_some_and(|text| text.contains("confirmation"))
    });
    assert!(has(&shop, "asks"));
    let now = shop.sandbox.shell("date -u +%Y-%m-%dT%H:%M:%SZ").stdout;
    let approval = json!({"argocd.argoproj.io/deletion-approved": now.trim()});
    api().patch(&shop.application(), &json!({"metadata": {"annotations": approval}}));
    sync.finish().exits(0);
    assert!(!has(&shop, "asks"));
}

#[test]
fn objects_with_prune_last_go_after_everything_else() {
    let last =
        config_map("last", "  annotations: {argocd.argoproj.io/sync-options: PruneLast=true}\n");
    let shop = synced(&["one"], &[("last.yaml", &last)]);
    remove(&shop, "last.yaml");
    let stuck = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: stuck\n  annotations: \
        {tiphys.dev/test: never-ready}\nspec:\n  \
        containers: [{name: a, image: registry.example.com/a:1}]\n";
    shop.sandbox.write("repo/app/stuck.yaml", stuck);
    shop.commit("a pod that never gets ready");
    let run = shop.app("sync", &["--prune", "--timeout", "3"]).exits(20);
    run.says("pod/stuck created");
    assert!(has(&shop, "last"));
    let ready = json!({"status": {"phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}]}});
    api().patch(&format!("{}/status", shop.object("api/v1", "pods/stuck")), &ready);
    shop.app("sync", &["--prune"]).exits(0);
    assert!(!has(&shop, "last"));
}

#[test]
fn nothing_is_applied_when_one_object_is_refused() {
    let shop = Shop::new();
    shop.create();
    shop.app("sync", &[]).exits(0);
    shop.edit("config.yaml", "s/blue/green/");
    shop.sandbox.write("repo/app/new.yaml", &config_map("new", ""));
    shop.edit("web.yaml", "s/{app: web}/{app: other}/");
    let run = shop.app("sync", &["--prune"]).exits(1);
    run.says("field is immutable").says("(dry run)");
    assert_eq!(shop.settings().unwrap()["data"]["colour"], "blue");
    assert!(!has(&shop, "new"));
}

#[test]
fn what_a_quota_or_a_policy_refuses_stops_everything() {
    let shop = synced(&["one"], &[]);
    let policy = unique("no-red");
    let base = "/apis/admissionregistration.k8s.io/v1";
    let validation = json!({"expression": "!has(object.data) || !('red' in object.data)",
        "message": "red is not allowed here"});
    let rule = json!({"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"],
        "resources": ["configmaps"]});
    let selector = json!({"matchLabels": {"kubernetes.io/metadata.name": shop.namespace}});
    api().post(
        &format!("{base}/validatingadmissionpolicies"),
        &json!({"metadata": {"name": policy}, "spec": {"validations": [validation],
            "matchConstraints": {"resourceRules": [rule]}}}),
    );
    api().post(
        &format!("{base}/validatingadmissionpolicybindings"),
        &json!({"metadata": {"name": policy}, "spec": {"policyName": policy,
            "validationActions": ["Deny"], "matchResources": {"namespaceSelector": selector}}}),
    );
    let probe = json!({"metadata": {"name": "probe"}, "data": {"red": "x"}});
    api().refused_eventually(&shop.object("api/v1", "configmaps?dryRun=All"), &probe);
    let red = config_map("red", "").replace("{a: b}", "{red: x}");
    shop.sandbox.write("repo/app/red.yaml", &red);
    shop.sandbox.write("repo/app/two.yaml", &config_map("two", ""));
    shop.commit("something red");
    shop.app("sync", &[]).exits(1).says("red is not allowed here");
    assert!(!has(&shop, "red") && !has(&shop, "two"));
    shop.app("sync", &["--dry-run"]).exits(1);
}
