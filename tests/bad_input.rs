//! Bad input: one clear error that names the object, the right exit code, nothing changed.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests read files and fail by panicking"
)]

use serde_json::json;

use crate::harness::api::api;
use crate::harness::sandbox::{Sandbox, unique};
use crate::harness::shop::Shop;

const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

/// A shop whose render or sync must fail with `complaint` and leave no namespace behind.
#[track_caller]
fn refused(files: &[(&str, &str)], complaint: &str) {
    let shop = Shop::of(files);
    shop.create();
    shop.app("sync", &[]).exits_one_of(&[1, 20]).complains_or_says(complaint);
    assert!(api().get(&format!("/api/v1/namespaces/{}", shop.namespace)).is_none());
}

#[test]
fn broken_yaml_is_shown_with_file_line_column_and_a_caret() {
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a\n";
    refused(&[("a.yaml", broken)], "app/a.yaml:");
    let shop = Shop::of(&[("a.yaml", broken)]);
    shop.create();
    for verb in ["diff", "manifests", "sync"] {
        let run = shop.app(verb, &[]).exits(20).complains("app/a.yaml:");
        run.complains("3 | metadata: {name: a\n  | ").complains("^");
    }
    shop.app("get", &[]).exits(0).says("ComparisonError").says("app/a.yaml:");
    let sandbox = Sandbox::offline();
    sandbox.write("a.yaml", "a: {b\n");
    sandbox.write("kustomization.yaml", "resources: [a.yaml]\n");
    let run = sandbox.tiphys(&["kustomize", "build", "."]).exits(1).complains("a.yaml:");
    run.complains("1 | a: {b\n  |");
    sandbox.write("kustomization.yaml", "resources: [a.yaml\n");
    let run = sandbox.tiphys(&["kustomize", "build", "."]).exits(1);
    run.complains("kustomization.yaml:").complains("1 | resources: [a.yaml\n");
    sandbox.write("kustomization.yaml", "patches: [{patch: '{a: [', target: {kind: X}}]\n");
    sandbox.tiphys(&["kustomize", "build", "."]).exits(1).complains("kustomization.yaml");
}

#[test]
fn a_broken_line_of_a_secret_is_not_shown() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n\
                  stringData: {password: hunter2\n";
    let shop = Shop::of(&[("s.yaml", secret)]);
    shop.create();
    let sandbox = Sandbox::offline();
    sandbox.write("s.yaml", secret);
    sandbox.write("kustomization.yaml", "resources: [s.yaml]\n");
    let generator = Sandbox::offline();
    generator.write(
        "kustomization.yaml",
        "secretGenerator:\n- name: s\n  literals: [password=hunter2\n",
    );
    let patch = Sandbox::offline();
    patch.write("s.yaml", &secret.replace("{password: hunter2", "{a: b}"));
    patch.write(
        "kustomization.yaml",
        "resources: [s.yaml]\npatches:\n- target: {kind: Secret}\n  patch: |-\n    \
         - op: replace\n      path: /stringData/a\n      value: [hunter2\n",
    );
    for run in [
        shop.app("diff", &["-vvv"]).exits(20),
        shop.app("sync", &["-vvv"]).exits(20),
        shop.app("get", &["-vvv"]).exits(0),
        sandbox.tiphys(&["kustomize", "build"]).exits(1),
        generator.tiphys(&["kustomize", "build"]).exits(1),
        patch.tiphys(&["kustomize", "build"]).exits(1),
    ] {
        assert!(!run.stdout.contains("hunter2") && !run.stderr.contains("hunter2"), "{run:?}");
        assert!(run.stdout.contains("yaml:") || run.stderr.contains("yaml"), "{run:?}");
    }
}

#[test]
fn duplicate_keys_warn_in_plain_manifests_and_fail_in_kustomize() {
    let twice = format!("{CONFIG}data: {{x: '1', x: '2'}}\n");
    let shop = Shop::of(&[("a.yaml", &twice)]);
    shop.create();
    let run = shop.app("manifests", &[]).exits(0).says("x: \"2\"");
    run.complains("a.yaml:4");
    let sandbox = Sandbox::offline();
    sandbox.write("a.yaml", &twice);
    sandbox.write("kustomization.yaml", "resources: [a.yaml]\n");
    sandbox.tiphys(&["kustomize", "build"]).exits(1).complains("a.yaml");
}

#[test]
fn duplicate_keys_in_kustomizations_and_application_files_warn_and_the_last_one_counts() {
    let sandbox = Sandbox::with_cluster();
    sandbox.write("a.yaml", CONFIG);
    sandbox.write("kustomization.yaml", "resources: [a.yaml]\nnamePrefix: x-\nnamePrefix: y-\n");
    let run = sandbox.tiphys(&["kustomize", "build"]).exits(0).says("name: y-a");
    run.complains("kustomization.yaml:3").complains("namePrefix");
    sandbox.write(
        "application.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  \
         source: {repoURL: x, path: p}\n  source: {repoURL: /no/such/place, path: p}\n  \
         destination: {server: 'https://kubernetes.default.svc'}\n",
    );
    let run = sandbox.tiphys(&["app", "manifests", "-f", "application.yaml"]).exits(20);
    run.complains("application.yaml:6").complains("/no/such/place");
}

#[test]
fn what_a_kustomization_loads_stays_in_its_root() {
    let sandbox = Sandbox::offline();
    sandbox.write("outside.yaml", CONFIG);
    sandbox.write("app/kustomization.yaml", "resources: [../outside.yaml]\n");
    let run = sandbox.tiphys(&["kustomize", "build", "app"]).exits(1);
    run.complains("outside.yaml").complains("kustomization.yaml:1");
    sandbox.setup("ln -s loop.yaml app/loop.yaml");
    sandbox.write("app/kustomization.yaml", "resources: [loop.yaml]\n");
    sandbox.tiphys(&["kustomize", "build", "app"]).exits(1).complains("loop.yaml");
    sandbox.write("app/kustomization.yaml", "resources: [.]\n");
    sandbox.tiphys(&["kustomize", "build", "app"]).exits(1).complains("kustomization.yaml:1");
}

#[test]
fn two_documents_with_one_id_are_told() {
    let shop = Shop::of(&[("a.yaml", CONFIG), ("b.yaml", CONFIG)]);
    shop.create();
    shop.app("get", &[]).exits(0).says("RepeatedResourceWarning");
    let sandbox = Sandbox::offline();
    sandbox.write("a.yaml", CONFIG);
    sandbox.write("b.yaml", CONFIG);
    sandbox.write("kustomization.yaml", "resources: [a.yaml, b.yaml]\n");
    let run = sandbox.tiphys(&["kustomize", "build"]).exits(1);
    run.complains("a.yaml").complains("b.yaml");
}

#[test]
fn an_unknown_kustomization_field_is_named_with_its_nearest() {
    let sandbox = Sandbox::offline();
    sandbox.write("kustomization.yaml", "resources: []\nnamPrefix: x\n");
    let run = sandbox.tiphys(&["kustomize", "build"]).exits(1);
    run.complains("kustomization.yaml:2").complains("namPrefix").complains("namePrefix");
}

#[test]
fn a_missing_path_revision_or_repository_is_named() {
    let shop = Shop::new();
    shop.create();
    shop.app("set", &["--path", "no/such"]).exits(0);
    shop.app("sync", &[]).exits_one_of(&[1, 20]).complains_or_says("no/such");
    shop.app("diff", &["--refresh"]).exits(20).complains("no/such");
    shop.app("set", &["--path", "app", "--revision", "no-such-branch"]).exits(0);
    shop.app("sync", &[]).exits_one_of(&[1, 20]).complains_or_says("no-such-branch");
    shop.app("set", &["--revision", "main", "--repo", "file:///no/such/repo"]).exits(0);
    shop.app("sync", &[]).exits_one_of(&[1, 20]).complains_or_says("/no/such/repo");
}

#[test]
fn paths_and_links_out_of_the_repository_are_refused() {
    let shop = Shop::new();
    shop.create();
    shop.app("set", &["--path", "../.."]).exits(0);
    shop.app("diff", &["--refresh"]).exits(20);
    shop.app("set", &["--path", "app"]).exits(0);
    shop.sandbox.setup("ln -s /etc/hostname repo/app/out.yaml");
    shop.commit("a link out");
    shop.app("diff", &["--refresh"]).exits(20).complains("out.yaml");
    shop.sandbox.setup("rm repo/app/out.yaml && ln -s loop.yaml repo/app/loop.yaml");
    shop.commit("a loop");
    shop.app("diff", &["--refresh"]).exits(20).complains("loop.yaml");
}

#[test]
fn an_object_without_kind_or_name_is_named_by_its_place() {
    refused(&[("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n")], "a.yaml:");
}

#[test]
fn a_kind_that_is_not_served_is_named() {
    let object = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n";
    let words = "The Kubernetes API could not find example.com/Widget for requested resource";
    refused(&[("w.yaml", object), ("c.yaml", CONFIG)], words);
}

#[test]
fn a_missing_namespace_is_told_with_the_option_that_makes_it() {
    let shop = Shop::new();
    shop.sandbox.tiphys(&["app", "create", "-f", "application.yaml"]).exits(0);
    shop.app("sync", &[]).exits(1).complains_or_says("CreateNamespace=true");
}

#[test]
fn an_unreachable_server_is_named() {
    let sandbox = Sandbox::offline();
    sandbox.write("config", &kubeconfig("https://127.0.0.1:1", "token: x"));
    let run = sandbox.tiphys(&["--kubeconfig", "config", "app", "list"]).exits(20);
    run.complains("https://127.0.0.1:1");
}

#[test]
fn a_wrong_token_and_a_wrong_certificate_are_told_apart() {
    let admin = std::fs::read_to_string(crate::harness::control_plane::kubeconfig()).unwrap();
    let sandbox = Sandbox::offline();
    let token = admin.lines().find(|line| line.trim_start().starts_with("token:")).unwrap();
    sandbox.write("wrong-token", &admin.replace(token.trim(), "token: wrong"));
    let run = sandbox.tiphys(&["--kubeconfig", "wrong-token", "app", "list"]).exits(20);
    run.complains("credentials");
    let server = admin.lines().find_map(|line| line.trim().strip_prefix("server: ")).unwrap();
    sandbox.write("no-ca", &kubeconfig(server, token.trim()));
    let run = sandbox.tiphys(&["--kubeconfig", "no-ca", "app", "list"]).exits(20);
    run.complains("certificate");
}

fn kubeconfig(server: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
         contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
         clusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n\
         users:\n- name: u\n  user:\n    {user}\n"
    )
}

#[test]
fn what_a_user_may_not_do_is_named() {
    let limited = &crate::harness::control_plane::get().limited;
    let sandbox = Sandbox::with_kubeconfig(limited);
    let run = sandbox.tiphys(&["proj", "create", "denied", "-n", "argocd"]).exits(20);
    run.complains("not allowed to create appprojects in namespace argocd");
}

#[test]
fn an_application_without_source_or_with_a_strange_destination_is_refused() {
    let shop = Shop::new();
    let application = |spec: &str| {
        let name = unique("odd");
        let text = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\n\
             metadata: {{name: {name}, namespace: argocd}}\nspec: {spec}\n"
        );
        shop.sandbox.write("odd.yaml", &text);
        shop.sandbox.tiphys(&["app", "create", "-f", "odd.yaml"])
    };
    let source = "source: {repoURL: 'file:///x', path: p}";
    application("{project: default, destination: {name: in-cluster}}")
        .exits(20)
        .complains("source");
    let both = "destination: {name: in-cluster, server: 'https://kubernetes.default.svc'}";
    application(&format!("{{project: default, {source}, {both}}}")).exits(20).complains("server");
    let unknown = "destination: {name: no-such-cluster}";
    application(&format!("{{project: default, {source}, {unknown}}}"))
        .exits(20)
        .complains("no-such-cluster");
}

#[test]
fn a_config_map_too_large_for_client_side_apply_hints_at_server_side_apply() {
    let big = format!("{CONFIG}data:\n  blob: {}\n", "x".repeat(300_000));
    let shop = Shop::of(&[("a.yaml", &big)]);
    shop.create();
    shop.app("sync", &[]).exits(1).complains_or_says("ServerSideApply=true");
    shop.app("sync", &["--server-side"]).exits(0);
}

#[test]
fn a_project_that_does_not_allow_it_stops_everything() {
    let shop = Shop::new();
    let project = unique("strict");
    let dest = format!("https://kubernetes.default.svc,{}", shop.namespace);
    shop.sandbox
        .tiphys(&["proj", "create", &project, "--src", "https://other/*", "--dest", &dest])
        .exits(0);
    shop.create();
    shop.app("set", &["--project", &project]).exits(0);
    shop.app("sync", &[]).exits_one_of(&[1, 20]).complains_or_says("not permitted");
    shop.app("set", &["--project", "no-such-project"]).exits(0);
    shop.app("sync", &[]).exits(20).complains("no-such-project");
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let shop = Shop::new();
    shop.create();
    let run = shop.sandbox.shell("set -o pipefail; tiphys app list | head -n 1");
    run.exits(0).says("NAME");
    let many: String = (0..20_000)
        .map(|number| format!("{}---\n", CONFIG.replace("name: a", &format!("name: a{number}"))))
        .collect();
    shop.sandbox.write("many.yaml", &many);
    shop.sandbox.write("kustomization.yaml", "resources: [many.yaml]\n");
    let run = shop.sandbox.shell("set -o pipefail; tiphys kustomize build | head -n 1").exits(0);
    assert_eq!((&*run.stdout, &*run.stderr), ("apiVersion: v1\n", ""));
}

#[test]
fn a_full_disk_behind_stdout_is_an_error() {
    let sandbox = Sandbox::offline();
    sandbox.write("a.yaml", CONFIG);
    sandbox.write("kustomization.yaml", "resources: [a.yaml]\n");
    let run = sandbox.shell("tiphys kustomize build > /dev/full").exits(1);
    run.complains("cannot write to stdout");
    let run = sandbox.shell("tiphys kustomize build -o /dev/full/x").exits(1);
    run.complains("cannot write /dev/full/x");
}

#[test]
fn a_cache_that_cannot_be_written_is_named_with_the_variable_that_moves_it() {
    let shop = Shop::new();
    shop.create();
    shop.sandbox.write("file", "not a folder");
    // A local repository needs no mirror: a cache that cannot be written must not matter.
    let run =
        shop.sandbox.shell(&format!("TIPHYS_CACHE_DIR=$PWD/file/x tiphys app diff {}", shop.name));
    run.exits(1);
}

#[test]
fn nothing_of_a_secret_is_printed() {
    let secret =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n";
    let shop = Shop::of(&[("s.yaml", secret)]);
    shop.create();
    for run in [shop.app("diff", &[]), shop.app("manifests", &[]), shop.app("sync", &["-vv"])] {
        assert!(!run.stdout.contains("hunter2") && !run.stderr.contains("hunter2"));
        assert!(!run.stdout.contains("aHVudGVyMg") && !run.stderr.contains("aHVudGVyMg"));
    }
    api().patch(
        &shop.object("api/v1", "secrets/s"),
        &json!({"stringData": {"password": "hunter3"}}),
    );
    let diff = shop.app("diff", &[]).exits(1);
    assert!(!diff.stdout.contains("hunter") && !diff.stdout.contains("aHVudGVy"));
    shop.app("manifests", &["--show-secrets"]).exits(0).says("hunter2");
}

#[test]
fn a_secret_that_the_server_refuses_is_not_quoted() {
    for value in ["[hunter2]", "{a: hunter2}", "{password: [hunter2]}", "{password: {a: hunter2}}"]
    {
        let secret =
            format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ndata: {value}\n");
        let shop = Shop::of(&[("s.yaml", &secret)]);
        shop.create();
        for more in [&["-vvv"][..], &["-vvv", "--server-side"]] {
            let run = shop.app("sync", more).exits_one_of(&[1, 20]);
            assert!(!run.stdout.contains("hunter2") && !run.stderr.contains("hunter2"), "{run:?}");
        }
        let stored = api().get(&shop.application()).unwrap().to_string();
        assert!(!stored.contains("hunter2"), "{stored}");
    }
}

/// A kubeconfig for a user of whom the cluster knows only what the test binds to the name.
fn impersonating(sandbox: &Sandbox, user: &str) {
    let admin = std::fs::read_to_string(crate::harness::control_plane::kubeconfig()).unwrap();
    let token = admin.lines().find(|line| line.trim_start().starts_with("token:")).unwrap();
    let indent = &token[..token.len() - token.trim_start().len()];
    sandbox.write("as", &admin.replace(token, &format!("{token}\n{indent}as: {user}")));
}

#[test]
fn one_kind_that_may_not_be_written_stops_the_sync_before_the_first_write() {
    let shop = Shop::new();
    shop.create();
    api().namespace(&shop.namespace);
    let user = unique("deployer");
    let rules = json!([
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["argoproj.io"], "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": ["apps"], "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": [""], "resources": ["services"], "verbs": ["*"]},
    ]);
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    let meta = json!({"name": user});
    api().post(&format!("{rbac}/clusterroles"), &json!({"metadata": meta, "rules": rules}));
    api().post(
        &format!("{rbac}/clusterrolebindings"),
        &json!({"metadata": meta, "roleRef": {"apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole", "name": user},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]}),
    );
    impersonating(&shop.sandbox, &user);
    let run = shop.sandbox.tiphys(&["--kubeconfig", "as", "app", "sync", &shop.name]);
    run.exits_one_of(&[1, 20]).complains_or_says("configmaps").complains_or_says(&user);
    assert!(shop.settings().is_none());
    assert!(api().get(&shop.object("apis/apps/v1", "deployments/web")).is_none());
    assert!(api().get(&shop.object("api/v1", "services/web")).is_none());
    shop.sandbox.tiphys(&["--kubeconfig", "as", "app", "diff", &shop.name]).exits(1);
    api().delete(&format!("{rbac}/clusterrolebindings/{user}"));
    api().delete(&format!("{rbac}/clusterroles/{user}"));
}

#[test]
fn a_user_without_any_right_is_told_which_one_is_missing() {
    let shop = Shop::new();
    shop.create();
    let user = unique("nobody");
    impersonating(&shop.sandbox, &user);
    for verb in ["list", "get", "sync"] {
        let mut arguments = vec!["--kubeconfig", "as", "app", verb];
        if verb != "list" {
            arguments.push(&shop.name);
        }
        let run = shop.sandbox.tiphys(&arguments).exits(20);
        run.complains("applications").complains("not allowed to");
    }
}

/// Runs `tiphys app diff` of a shop with one hostile file; it must end by itself with an answer.
#[track_caller]
fn hostile(text: &str, complaint: &str) {
    let shop = Shop::of(&[("a.yaml", text)]);
    shop.create();
    shop.app("diff", &[]).exits(20).complains(complaint);
    shop.app("sync", &[]).exits_one_of(&[1, 20]);
    let sandbox = Sandbox::offline();
    sandbox.write("a.yaml", text);
    sandbox.write("kustomization.yaml", "resources: [a.yaml]\n");
    sandbox.tiphys(&["kustomize", "build"]).exits(1).complains("a.yaml");
    sandbox.tiphys(&["app", "diff", "-f", "a.yaml"]).exits(20);
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut text = format!("{CONFIG}data:\n  l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let line = vec![format!("*l{}", level - 1); 10].join(", ");
        text += &format!("  l{level}: &l{level} [{line}]\n");
    }
    hostile(&text, "a.yaml");
}

#[test]
fn deep_nesting_is_refused_without_a_crash() {
    let deep = 200_000;
    hostile(&format!("{CONFIG}data: {}{}\n", "[".repeat(deep), "]".repeat(deep)), "a.yaml");
    hostile(&format!("{CONFIG}data: {}1{}\n", "{a: ".repeat(deep), "}".repeat(deep)), "a.yaml");
    hostile(&format!("{CONFIG}data:\n  {}x\n", "- ".repeat(deep)), "a.yaml");
}

#[test]
fn files_beyond_any_manifest_are_refused() {
    let shop = Shop::new();
    shop.create();
    let line = "x".repeat(1 << 20);
    let text: String = (0..60).map(|number| format!("# {number} {line}\n")).collect();
    shop.sandbox.write("repo/app/big.yaml", &text);
    shop.commit("60 MiB of comments");
    let run = shop.app("diff", &["--refresh"]).exits(20);
    run.complains("larger than").complains("big.yaml");
    shop.sandbox.write("big.yaml", &text);
    shop.sandbox.write("kustomization.yaml", "resources: [big.yaml]\n");
    shop.sandbox.tiphys(&["kustomize", "build"]).exits(1).complains("big.yaml");
    let run = shop.sandbox.tiphys(&["app", "diff", "-f", "big.yaml"]).exits(20);
    run.complains("cannot read big.yaml: it is larger than");
}

#[test]
fn odd_characters_in_a_path_are_no_way_around() {
    let shop = Shop::new();
    shop.create();
    for path in ["app\n/x", "app\u{0}", "app/\u{0}/../../..", "\u{7}", "app\r", "-p"] {
        let patch = json!({"spec": {"source": {"path": path}}});
        api().patch(&shop.application(), &patch);
        let run = shop.app("diff", &["--refresh"]).exits(20);
        assert!(!run.stderr.contains('\u{0}') && !run.stderr.contains('\u{7}'), "{path:?}");
        assert!(run.stderr.starts_with("error: "), "{path:?}: {}", run.stderr);
    }
}
