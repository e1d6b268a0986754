//! Applications that are wrong, in files and in the cluster, and verbs called the wrong way: one
//! clear error, the right exit code, nothing changed on the cluster.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;

use crate::harness::api::api;
use crate::harness::control_plane;
use crate::harness::sandbox::{Run, Sandbox, unique};
use crate::harness::shop::Shop;

const CREATE_NAMESPACE: &str = "  syncPolicy: {syncOptions: [CreateNamespace=true]}\n";

/// Runs `tiphys app VERB -f application.yaml …`.
fn on_file(shop: &Shop, verb: &str, arguments: &[&str]) -> Run {
    let mut all = vec!["app", verb, "-f", "application.yaml"];
    all.extend(arguments);
    shop.sandbox.tiphys(&all)
}

/// The text of an Application with this spec.
fn application(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\n\
         metadata: {{name: {name}, namespace: argocd}}\nspec: {spec}\n"
    )
}

#[test]
fn a_file_that_holds_no_application_is_refused_by_every_verb() {
    let sandbox = Sandbox::with_cluster();
    for (text, complaint) in [
        ("", "f.yaml holds no Application"),
        ("just text", "f.yaml holds no Application"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "f.yaml holds no Application"),
        ("kind: Application\nmetadata: [\n", "f.yaml:2:11: "),
    ] {
        sandbox.write("f.yaml", text);
        for verb in ["create", "manifests", "diff", "get", "sync", "delete", "history", "wait"] {
            sandbox.tiphys(&["app", verb, "-f", "f.yaml"]).exits(20).complains(complaint);
        }
    }
    sandbox.tiphys(&["app", "diff", "-f", "none.yaml"]).exits(20).complains("none.yaml");
    sandbox.tiphys(&["app", "diff", "-f", "."]).exits(20).complains("cannot read .");
}

#[test]
fn several_applications_in_a_file_want_a_name() {
    let sandbox = Sandbox::with_cluster();
    let both = [application("one", "{}"), application("two", "{}")].join("---\n");
    sandbox.write("f.yaml", &both);
    let run = sandbox.tiphys(&["app", "diff", "-f", "f.yaml"]).exits(20);
    run.complains("several Applications: one, two").complains("hint: name the one");
    sandbox.tiphys(&["app", "diff", "three", "-f", "f.yaml"]).exits(20).complains("\"three\"");
    sandbox.tiphys(&["app", "diff", "two", "-f", "f.yaml"]).exits(20).complains("argocd/two");
}

#[test]
fn an_application_comes_from_stdin_too() {
    let shop = Shop::new();
    let run = shop.sandbox.shell("tiphys app diff -f - < application.yaml");
    run.exits(1).says("colour: blue");
    let run = shop.sandbox.shell("tiphys app create -f - < application.yaml");
    run.exits(0).says(&format!("application '{}' created", shop.name));
    shop.sandbox.shell("echo 'a: [' | tiphys app diff -f -").exits(20).complains("-:1:4: ");
}

#[test]
fn a_record_of_another_application_is_not_written_over() {
    let shop = Shop::new();
    shop.write_application(CREATE_NAMESPACE);
    on_file(&shop, "sync", &[]).exits(0);
    let path = shop.object("api/v1", &format!("configmaps/tiphys-{}", shop.name));
    let record = api().get(&path).unwrap();
    shop.sandbox.setup("sed -i 's/path: app/path: elsewhere/' application.yaml");
    shop.sandbox.setup("cd repo && cp -r app elsewhere");
    shop.commit("elsewhere");
    for verb in ["sync", "delete"] {
        let run = on_file(&shop, verb, if verb == "delete" { &["--yes"] } else { &[] }).exits(20);
        run.complains("belongs to").complains("hint: ");
    }
    assert_eq!(
        api().get(&path).unwrap()["metadata"]["resourceVersion"],
        record["metadata"]["resourceVersion"]
    );
    assert!(shop.settings().is_some());
}

#[test]
fn a_file_beside_an_application_of_its_name_is_refused_with_the_other_command() {
    let shop = Shop::new();
    shop.create();
    let run = on_file(&shop, "sync", &[]).exits(20);
    run.complains(&format!("tiphys app sync argocd/{}", shop.name));
    let run = on_file(&shop, "delete", &["--yes"]).exits(20);
    run.complains(&format!("tiphys app delete argocd/{}", shop.name));
    assert!(api().get(&shop.application()).is_some());
    assert!(api().get(&format!("/api/v1/namespaces/{}", shop.namespace)).is_none());
    on_file(&shop, "diff", &[]).exits(1);
}

#[test]
fn rendering_a_file_needs_no_cluster() {
    let shop = Shop::of(&[
        ("config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        (
            "role.yaml",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\n",
        ),
    ]);
    let offline = Sandbox::offline();
    offline.setup(&format!("cp -r {}/. .", shop.sandbox.path().display()));
    let with_cluster = on_file(&shop, "manifests", &[]).exits(0);
    let file = ["app", "manifests", "-f", "application.yaml"];
    assert_eq!(offline.tiphys(&file).exits(0).stdout, with_cluster.stdout);
    let local = [&file[..], &["--local", "repo"]].concat();
    assert_eq!(offline.tiphys(&local).exits(0).stdout, with_cluster.stdout);
    // The same objects as where the server is asked what is namespaced.
    shop.create();
    assert_eq!(shop.app("manifests", &[]).exits(0).stdout, with_cluster.stdout);
    // A server that is named but not there does not matter either.
    offline.write("config", "broken: [");
    let named = [&["--kubeconfig", "config"], &file[..]].concat();
    assert_eq!(offline.tiphys(&named).exits(0).stdout, with_cluster.stdout);
    offline.tiphys(&["app", "diff", "-f", "application.yaml"]).exits(20).complains("KUBECONFIG");
}

#[test]
fn a_kustomization_is_built_without_a_cluster() {
    let sandbox = Sandbox::offline();
    sandbox.write("kustomization.yaml", "configMapGenerator: [{name: a, literals: [b=c]}]\n");
    sandbox.write("config", "broken: [");
    sandbox.tiphys(&["--kubeconfig", "config", "kustomize", "build"]).exits(0).says("b: c");
    sandbox.tiphys(&["kustomize", "build", "no/such"]).exits(1).complains("no/such");
}

#[test]
fn flags_that_make_no_sense_together_are_wrong_usage() {
    let sandbox = Sandbox::offline();
    for arguments in [
        "app sync",
        "app sync x --wait-lock 2m --no-lock",
        "app sync x --wait-lock soon",
        "app sync x --no-such-flag",
        "app sync x --timeout soon",
        "app sync x --retry-limit 1 --retry-backoff-duration soon",
        "app sync x --resource y",
        "app diff x --local . --revision main",
        "app manifests x --local . --revision main",
        "app manifests x --source live --revision main",
        "app manifests x --source live --local .",
        "app list -o yam",
        "app create",
        "kustomize build a b",
        "no-such-command",
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        let run = sandbox.tiphys(&words);
        assert_eq!(run.code, 2, "{arguments}: {}{}", run.stdout, run.stderr);
        assert!(!run.stderr.is_empty() && run.stdout.is_empty(), "{arguments}");
    }
}

#[test]
fn two_namespaces_for_one_application_are_wrong_usage() {
    let shop = Shop::new();
    shop.create();
    let name = format!("argocd/{}", shop.name);
    shop.sandbox.tiphys(&["app", "get", &name, "-N", "other"]).exits(2).complains("other");
    on_file(&shop, "get", &["-N", "other"]).exits(2).complains("other");
}

#[test]
fn an_application_that_is_not_there_is_named() {
    let shop = Shop::new();
    for verb in ["get", "diff", "sync", "wait", "history", "manifests", "set", "delete"] {
        let more: &[&str] = match verb {
            "set" => &["--path", "x"],
            "delete" => &["--yes"],
            _ => &[],
        };
        let run = shop.app(verb, more).exits(20);
        run.complains(&format!("application 'argocd/{}' not found", shop.name));
    }
}

#[test]
fn what_a_spec_lacks_or_says_twice_is_named_by_every_way_in() {
    let shop = Shop::new();
    let source = "source: {repoURL: 'file:///x', path: p}";
    let here = "destination: {server: 'https://kubernetes.default.svc', namespace: x}";
    for (spec, complaint) in [
        ("{}".to_owned(), "source"),
        (format!("{{project: default, {here}}}"), "source"),
        (format!("{{project: default, source: {{path: p}}, {here}}}"), "repoURL"),
        (format!("{{project: default, {source}}}"), "destination"),
        (
            format!(
                "{{project: default, {source}, destination: {{name: in-cluster, \
            server: 'https://kubernetes.default.svc'}}}}"
            ),
            "both",
        ),
        (
            format!("{{project: default, {source}, destination: {{name: no-such-cluster}}}}"),
            "no-such-cluster",
        ),
        (
            format!("{{project: default, {source}, destination: {{server: 'https://no.such'}}}}"),
            "https://no.such",
        ),
        (format!("{{project: default, {source}, {here}, sourceHydrator: {{}}}}"), "sourceHydrator"),
    ] {
        let name = unique("odd");
        shop.sandbox.write("odd.yaml", &application(&name, &spec));
        for verb in ["create", "diff", "sync"] {
            let run = shop.sandbox.tiphys(&["app", verb, "-f", "odd.yaml"]);
            run.exits(20).complains(complaint);
        }
        let path = format!("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/{name}");
        assert!(api().get(&path).is_none(), "{spec}");
        // The same, stored by somebody else, as far as the server takes it.
        if spec == "{}" || ["repoURL", "destination"].contains(&complaint) {
            continue;
        }
        let spec: serde_json::Value = parsed(&spec);
        let collection = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";
        api().post(
            collection,
            &json!({"apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application", "metadata": {"name": name}, "spec": spec}),
        );
        shop.sandbox.tiphys(&["app", "diff", &name]).exits(20).complains(complaint);
        shop.sandbox.tiphys(&["app", "sync", &name]).exits(20).complains(complaint);
        api().delete(&path);
    }
}

fn parsed(text: &str) -> serde_json::Value {
    serde_yaml::from_str(text).unwrap()
}

#[test]
fn an_unknown_project_is_named_with_the_command_that_makes_it() {
    let shop = Shop::new();
    shop.write_application("");
    shop.sandbox.setup("sed -i 's/project: default/project: no-such-project/' application.yaml");
    let run = shop.sandbox.tiphys(&["app", "create", "-f", "application.yaml"]).exits(20);
    run.complains("no-such-project").complains("tiphys proj create no-such-project");
    assert!(api().get(&shop.application()).is_none());
}

/// An Application of a source kind that is not rendered, with a status somebody else stored.
#[track_caller]
fn not_rendered(source: &str, complaint: &str) {
    let shop = Shop::of(&[
        ("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        ("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        ("chart/templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        ("jsonnet/a.jsonnet", "{}"),
    ]);
    let repo = format!("file://{}", shop.sandbox.path().join("repo").display());
    let source: serde_json::Value = parsed(&source.replace("REPO", &repo));
    let body = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"name": shop.name},
        "spec": {"project": "default", "source": source, "destination":
            {"server": "https://kubernetes.default.svc", "namespace": shop.namespace}},
        "status": {"sync": {"status": "Synced", "revision": "abc1234"},
            "health": {"status": "Progressing"}},
    });
    let collection = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";
    let stored = api().post(collection, &body);
    for verb in ["diff", "sync", "manifests"] {
        shop.app(verb, &[]).exits(20).complains(complaint);
    }
    for arguments in [&[][..], &["--refresh"]] {
        let run = shop.app("get", arguments).exits(0).complains("stored status");
        run.says("Synced").says("Progressing");
    }
    let now = api().get(&shop.application()).unwrap();
    assert_eq!(now["status"], stored["status"]);
    assert!(api().get(&format!("/api/v1/namespaces/{}", shop.namespace)).is_none());
}

#[test]
fn a_helm_chart_is_refused_and_its_status_kept() {
    not_rendered("{repoURL: REPO, path: app/chart}", "Helm");
}

#[test]
fn a_chart_repository_is_refused_and_its_status_kept() {
    not_rendered("{repoURL: 'https://charts.invalid', chart: c, targetRevision: 1.0.0}", "Helm");
}

#[test]
fn an_oci_artifact_is_refused_and_its_status_kept() {
    not_rendered("{repoURL: 'oci://registry.invalid/c', path: ., targetRevision: 1.0.0}", "OCI");
}

#[test]
fn a_plugin_is_refused_and_its_status_kept() {
    not_rendered("{repoURL: REPO, path: app, plugin: {name: p}}", "plugin");
}

#[test]
fn jsonnet_is_refused_and_its_status_kept() {
    not_rendered("{repoURL: REPO, path: app/jsonnet}", "onnet");
}

#[test]
fn a_kubeconfig_that_is_missing_or_broken_is_named() {
    let sandbox = Sandbox::offline();
    sandbox.tiphys(&["app", "list"]).exits(20).complains("set KUBECONFIG");
    sandbox.tiphys(&["--kubeconfig", "none", "app", "list"]).exits(20).complains("kubeconfig none");
    let run = sandbox.shell("KUBECONFIG=none tiphys app list");
    run.exits(20).complains("none").complains("KUBECONFIG");
    sandbox.write("broken", "apiVersion: v1\nusers:\n- {name: u, user: {token: s3cret-word\n");
    let run = sandbox.tiphys(&["--kubeconfig", "broken", "app", "list"]).exits(20);
    let run = run.complains("kubeconfig broken");
    assert!(!run.stderr.contains("s3cret-word"), "{}", run.stderr);
    let admin = control_plane::kubeconfig().to_str().unwrap();
    let run = sandbox.tiphys(&["--kubeconfig", admin, "--context", "none", "app", "list"]);
    run.exits(20).complains("context \"none\" is not in the kubeconfig, which has: ");
}

#[test]
fn set_refuses_what_would_make_the_spec_senseless() {
    let shop = Shop::new();
    shop.create();
    let before = api().get(&shop.application()).unwrap()["spec"].clone();
    for (arguments, complaint) in [
        (&["--path", ""][..], "path"),
        (&["--repo", ""], "repoURL"),
        (&["--dest-server", ""], "destination"),
        (&["--dest-server", "https://x", "--dest-name", "y"], "both"),
    ] {
        shop.app("set", arguments).exits(20).complains(complaint);
    }
    assert_eq!(api().get(&shop.application()).unwrap()["spec"], before);
}

#[test]
fn a_name_never_reaches_a_part_of_another_object() {
    let shop =
        Shop::of(&[("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web/status}\n")]);
    shop.create();
    shop.app("diff", &[]).exits(20).complains("ConfigMap \"web/status\": not a valid name");
    shop.app("sync", &[]).exits_one_of(&[1, 20]).complains_or_says("web/status");
    for name in ["../x", "./x", "argocd/..", "a/b/c"] {
        shop.sandbox.tiphys(&["app", "get", name]).exits(20).complains("not a valid name");
    }
}
