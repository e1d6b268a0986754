//! A plain client of the test cluster's API, apart from the code under test.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use http::Request;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::control_plane;

/// Longest wait for something to become true.
const PATIENCE: Duration = Duration::from_mins(1);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Requests as the administrator of a cluster.
pub struct Api {
    kubeconfig: PathBuf,
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
    })
}

/// The test cluster's API.
pub fn api() -> Api {
    Api::with(control_plane::kubeconfig())
}

impl Api {
    /// Requests with a kubeconfig.
    pub fn with(kubeconfig: &Path) -> Self {
        Self { kubeconfig: kubeconfig.to_owned() }
    }

    fn send(&self, request: Request<Vec<u8>>) -> Result<Value, kube::Error> {
        drop(rustls::crypto::ring::default_provider().install_default());
        runtime().block_on(async {
            let file = Kubeconfig::read_from(&self.kubeconfig).unwrap();
            let options = KubeConfigOptions::default();
            let config = kube::Config::from_custom_kubeconfig(file, &options).await.unwrap();
            kube::Client::try_from(config)?.request::<Value>(request).await
        })
    }

    fn with_body(&self, method: &str, path: &str, kind: &str, body: &Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("Content-Type", kind)
            .body(body.to_string().into_bytes())
            .unwrap();
        self.send(request).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// The object at `path`, `None` when it is not there.
    pub fn get(&self, path: &str) -> Option<Value> {
        match self.send(Request::get(path).body(Vec::new()).unwrap()) {
            Ok(object) => Some(object),
            Err(kube::Error::Api(status)) if status.code == 404 => None,
            Err(error) => panic!("GET {path}: {error}"),
        }
    }

    /// Creates an object in the collection at `path`.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        self.with_body("POST", path, "application/json", body)
    }

    /// Tries to create an object until the server refuses it: a new admission policy takes a
    /// moment to be in force.
    #[track_caller]
    pub fn refused_eventually(&self, path: &str, body: &Value) {
        let start = Instant::now();
        let request = || {
            let request = Request::post(path).header("Content-Type", "application/json");
            request.body(body.to_string().into_bytes()).unwrap()
        };
        while self.send(request()).is_ok() {
            assert!(start.elapsed() < PATIENCE, "POST {path} is never refused");
            std::thread::sleep(PAUSE);
        }
    }

    /// Merge-patches the object at `path`.
    pub fn patch(&self, path: &str, body: &Value) -> Value {
        self.with_body("PATCH", path, "application/merge-patch+json", body)
    }

    /// Deletes the object at `path`.
    pub fn delete(&self, path: &str) {
        let request = Request::delete(path).body(Vec::new()).unwrap();
        if let Err(error) = self.send(request) {
            panic!("DELETE {path}: {error}");
        }
    }

    /// Makes a namespace.
    pub fn namespace(&self, name: &str) {
        self.post("/api/v1/namespaces", &json!({"metadata": {"name": name}}));
    }

    /// Waits until `check` answers true for the object at `path`; on failure shows it with the
    /// events of its namespace.
    #[track_caller]
    pub fn eventually(&self, path: &str, what: &str, check: impl Fn(Option<&Value>) -> bool) {
        let start = Instant::now();
        loop {
            let object = self.get(path);
            if check(object.as_ref()) {
                return;
            }
            let found = || self.diagnose(path, object.as_ref());
            assert!(start.elapsed() <= PATIENCE, "{path}: never {what}\n{}", found());
            std::thread::sleep(PAUSE);
        }
    }

    /// The object and the events around it, for a failing test's message.
    fn diagnose(&self, path: &str, object: Option<&Value>) -> String {
        let namespace = path.split("/namespaces/").nth(1).and_then(|rest| rest.split('/').next());
        let events =
            namespace.and_then(|name| self.get(&format!("/api/v1/namespaces/{name}/events")));
        let mut lines = vec![format!("{:#}", object.unwrap_or(&Value::Null))];
        let items = events.as_ref().and_then(|events| events["items"].as_array());
        for event in items.into_iter().flatten() {
            lines.push(format!(
                "event {} {}: {}",
                event["involvedObject"]["name"], event["reason"], event["message"]
            ));
        }
        lines.join("\n")
    }
}
