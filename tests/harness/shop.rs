//! A small application in a Git repository on disk, and the Application that deploys it: what
//! most tests on the cluster start from.

use super::api::api;
use super::sandbox::{Run, Sandbox, unique};

/// A sandbox with a repository and an Application, in a namespace of its own.
pub struct Shop {
    /// Where the binary runs.
    pub sandbox: Sandbox,
    /// Name of the Application.
    pub name: String,
    /// Destination namespace.
    pub namespace: String,
}

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.0
        ports: [{containerPort: 8080}]
        resources: {limits: {cpu: 1000m, memory: 256Mi}}
";
const SERVICE: &str = "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
";
const CONFIG: &str = "apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  colour: blue
";

impl Shop {
    /// A repository with a Deployment, a Service and a ConfigMap; kinds installed, nothing created.
    pub fn new() -> Self {
        Self::of(&[("web.yaml", DEPLOYMENT), ("service.yaml", SERVICE), ("config.yaml", CONFIG)])
    }

    /// A repository with the given files in folder `app`.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let name = unique("shop");
        let shop = Self { sandbox: Sandbox::with_cluster(), namespace: name.clone(), name };
        shop.sandbox.tiphys(&["admin", "install"]).exits(0);
        shop.sandbox.setup("git init -q -b main repo");
        for (file, text) in files {
            shop.sandbox.write(&format!("repo/app/{file}"), text);
        }
        shop.commit("first");
        shop.write_application("");
        shop
    }

    /// Writes `application.yaml`; `more` goes under `spec`.
    pub fn write_application(&self, more: &str) {
        let Self { name, namespace, sandbox } = self;
        let repo = sandbox.path().join("repo");
        sandbox.write(
            "application.yaml",
            &format!(
                "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}
  namespace: argocd
  finalizers: [resources-finalizer.argocd.argoproj.io]
spec:
  project: default
  source: {{repoURL: 'file://{}', path: app, targetRevision: main}}
  destination: {{server: 'https://kubernetes.default.svc', namespace: {namespace}}}
{more}",
                repo.display()
            ),
        );
    }

    /// Commits everything in the repository.
    pub fn commit(&self, message: &str) {
        self.sandbox.setup(&format!("cd repo && git add -A && git commit -q -m '{message}'"));
    }

    /// Changes a file with sed and commits.
    pub fn edit(&self, file: &str, script: &str) {
        self.sandbox.setup(&format!("sed -i '{script}' repo/app/{file}"));
        self.commit(script);
    }

    /// Runs `tiphys app VERB NAME …`.
    pub fn app(&self, verb: &str, arguments: &[&str]) -> Run {
        let mut all = vec!["app", verb, &self.name];
        all.extend(arguments);
        self.sandbox.tiphys(&all)
    }

    /// Creates the Application from `application.yaml`, with the namespace made on sync.
    pub fn create(&self) -> &Self {
        self.write_application("  syncPolicy: {syncOptions: [CreateNamespace=true]}\n");
        self.sandbox.tiphys(&["app", "create", "-f", "application.yaml"]).exits(0);
        self
    }

    /// Path of an object in the destination namespace, for example `api/v1`, `configmaps/a`.
    pub fn object(&self, api: &str, object: &str) -> String {
        format!("/{api}/namespaces/{}/{object}", self.namespace)
    }

    /// Path of the Application.
    pub fn application(&self) -> String {
        format!("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/{}", self.name)
    }

    /// The ConfigMap `settings` on the cluster.
    pub fn settings(&self) -> Option<serde_json::Value> {
        api().get(&self.object("api/v1", "configmaps/settings"))
    }
}
