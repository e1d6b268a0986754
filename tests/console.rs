//! Transcripts: what a user types and sees, verb by verb, on the real API server. The files are
//! in `tests/console/`; `UPDATE=1` rewrites them. The tour of README is one of them.
//!
//! `story.md` is the life of an application as it was recorded from Argo CD 3.6-dev; where the
//! outputs differ, README says so under "Differences from Argo CD".

use serde_json::json;

use crate::harness::api::api;
use crate::harness::console::check;
use crate::harness::sandbox::Sandbox;

/// Its Pods take two seconds to get ready: what a sync prints does not depend on who is faster.
const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  replicas: 1
  selector: {matchLabels: {app: NAME}}
  template:
    metadata:
      labels: {app: NAME}
      annotations: {tiphys.dev/test: slow}
    spec:
      containers:
      - name: app
        image: registry.example.com/NAME:1.2.3
        ports: [{containerPort: 8080}]
        envFrom: [{configMapRef: {name: NAME}}]
";
const SERVICE: &str = "apiVersion: v1
kind: Service
metadata: {name: NAME}
spec:
  selector: {app: NAME}
  ports: [{port: 80, targetPort: 8080}]
";
const CONFIG: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: NAME}
data: {LOG_LEVEL: info}
---
apiVersion: v1
kind: Secret
metadata: {name: NAME}
stringData: {password: hunter2}
";
const BASE: &str = "resources: [deployment.yaml, service.yaml, config.yaml]
commonLabels:
  app.kubernetes.io/part-of: ecommerce
";
const OVERLAY: &str = "resources: [../../base]
namespace: SPACE
commonLabels:
  environment: production
patches:
- target: {kind: Deployment}
  patch: |
    - op: replace
      path: /spec/replicas
      value: 3
";
const APPLICATION: &str = "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: NAME
  namespace: argocd
  finalizers: [resources-finalizer.argocd.argoproj.io]
spec:
  project: default
  source: {repoURL: 'file://FOLDER', path: services/NAME/overlays/production, targetRevision: main}
  destination: {server: https://kubernetes.default.svc, namespace: SPACE}
  syncPolicy:
    syncOptions: [CreateNamespace=true, PrunePropagationPolicy=foreground]
    retry: {limit: 5, backoff: {duration: 5s, factor: 2, maxDuration: 3m}}
";

/// `./by-hand METHOD PATH BODY`: a request that does not come from tiphys, as kubectl would send it.
const BY_HAND: &str = r#"#!/bin/sh
server=$(sed -n 's/^ *server: *//p' "$KUBECONFIG" | head -n 1)
token=$(sed -n 's/^ *token: *//p' "$KUBECONFIG" | head -n 1)
exec curl -sk -o /dev/null --fail -X "$1" -H "Authorization: Bearer $token" \
    -H 'Content-Type: application/merge-patch+json' --data "$3" "$server/$2"
"#;

/// A sandbox that is a Git repository with the service `name` and, beside it and unknown to Git,
/// its `application.yaml`. The service is deployed to the namespace of its name.
fn service(name: &str) -> Sandbox {
    service_in(name, name)
}

fn service_in(name: &str, namespace: &str) -> Sandbox {
    let sandbox = Sandbox::with_cluster();
    sandbox.tiphys(&["admin", "install"]).exits(0);
    let write = |path: &str, text: &str| {
        let folder = sandbox.path().to_string_lossy();
        let text = text.replace("NAME", name).replace("SPACE", namespace);
        sandbox.write(path, &text.replace("FOLDER", &folder));
    };
    let service = format!("services/{name}");
    write(&format!("{service}/base/deployment.yaml"), DEPLOYMENT);
    write(&format!("{service}/base/service.yaml"), SERVICE);
    write(&format!("{service}/base/config.yaml"), CONFIG);
    write(&format!("{service}/base/kustomization.yaml"), BASE);
    write(&format!("{service}/overlays/production/kustomization.yaml"), OVERLAY);
    write("application.yaml", APPLICATION);
    sandbox.write("by-hand", BY_HAND);
    sandbox.setup("chmod +x by-hand");
    sandbox.setup("git init -q -b main . && git add services && git commit -q -m first");
    sandbox
}

#[test]
fn the_story_of_an_application_reads_as_argocds() {
    check(&service_in("user-service", "production"), "tests/console/story.md", None);
}

#[test]
fn app_create_reads_as_recorded() {
    check(&service("accounts"), "tests/console/app-create.md", None);
}

#[test]
fn app_get_reads_as_recorded() {
    check(&service("basket"), "tests/console/app-get.md", None);
}

#[test]
fn app_list_reads_as_recorded() {
    check(&service("catalogue"), "tests/console/app-list.md", None);
}

#[test]
fn app_diff_reads_as_recorded() {
    check(&service("delivery"), "tests/console/app-diff.md", None);
}

#[test]
fn app_sync_reads_as_recorded() {
    check(&service("emails"), "tests/console/app-sync.md", None);
}

#[test]
fn app_wait_reads_as_recorded() {
    check(&service("gateway"), "tests/console/app-wait.md", None);
}

#[test]
fn app_history_reads_as_recorded() {
    check(&service("invoices"), "tests/console/app-history.md", None);
}

#[test]
fn app_set_reads_as_recorded() {
    check(&service("prices"), "tests/console/app-set.md", None);
}

#[test]
fn app_manifests_reads_as_recorded() {
    check(&service("menus"), "tests/console/app-manifests.md", None);
}

#[test]
fn app_delete_reads_as_recorded() {
    check(&service("returns"), "tests/console/app-delete.md", None);
}

#[test]
fn proj_reads_as_recorded() {
    let sandbox = Sandbox::with_cluster();
    sandbox.tiphys(&["admin", "install"]).exits(0);
    check(&sandbox, "tests/console/proj.md", None);
}

#[test]
fn admin_reads_as_recorded() {
    let sandbox = Sandbox::with_cluster();
    sandbox.tiphys(&["admin", "install"]).exits(0);
    api().namespace("console-password");
    let secret = json!({"metadata": {"name": "argocd-initial-admin-secret"},
        "stringData": {"password": "Kx3-example"}});
    api().post("/api/v1/namespaces/console-password/secrets", &secret);
    check(&sandbox, "tests/console/admin.md", None);
}

#[test]
fn what_needs_no_cluster_reads_as_recorded() {
    check(&Sandbox::offline(), "tests/console/offline.md", None);
}

#[test]
fn the_tour_of_readme_is_true() {
    check(&Sandbox::with_cluster(), "README.md", Some("A five-minute tour"));
}
