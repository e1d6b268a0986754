//! A cluster in memory, for the step machine, retries and signals only: no defaults, no
//! schemas, no admission. What semantics need is shown on a real API server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::StreamExt;

use tiphys::model::{ApiCatalog, ApiResource, ApplicationDestination, Scope};
use tiphys::ports::{
    Cluster, ClusterError, ClusterErrorKind, DeleteRequest, Destinations, DryRun, Freshness,
    ListRequest, ObjectList, Pending, WatchStream, WriteOutcome, WriteRequest, WriteVerb,
};
use tiphys::yaml::Node;

use super::fake_store::merge;

type Key = (String, String, String);
type OnWrite = Box<dyn Fn(&WriteRequest) -> Option<ClusterError> + Send>;

/// A cluster in memory.
#[derive(Clone, Default)]
pub(crate) struct FakeCluster(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    objects: BTreeMap<Key, Node>,
    version: u64,
    writes: Vec<String>,
    on_write: Option<OnWrite>,
}

impl FakeCluster {
    /// Calls `judge` before every write; what it answers is the refusal.
    pub(crate) fn on_write(
        &self,
        judge: impl Fn(&WriteRequest) -> Option<ClusterError> + Send + 'static,
    ) {
        self.0.lock().unwrap().on_write = Some(Box::new(judge));
    }

    /// What was written for good and deleted, in order: `create ConfigMap a`.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.0.lock().unwrap().writes.clone()
    }
}

impl State {
    fn write(&mut self, request: &WriteRequest) -> Result<WriteOutcome, ClusterError> {
        if let Some(refusal) = self.on_write.as_ref().and_then(|judge| judge(request)) {
            return Err(refusal);
        }
        let key = key(&request.resource, &request.namespace, &request.name);
        let before = self.objects.get(&key).cloned();
        if request.verb == WriteVerb::Create && before.is_some() {
            return Err(ClusterError::new(ClusterErrorKind::AlreadyExists, "already exists"));
        }
        let mut object = before.clone().unwrap_or_else(Node::mapping);
        merge(&mut object, &request.body);
        object.set(&["apiVersion"], request.resource.api_version());
        object.set(&["kind"], &*request.resource.kind);
        self.version += 1;
        object.set(&["metadata", "resourceVersion"], self.version.to_string());
        if before.is_none() {
            object.set(&["metadata", "uid"], format!("uid-{}", self.version));
        }
        if request.dry_run == DryRun::No {
            let verb = if before.is_none() { "create" } else { "change" };
            self.writes.push(format!("{verb} {} {}", request.resource.kind, request.name));
            self.objects.insert(key, object.clone());
        }
        Ok(WriteOutcome { object, warnings: Vec::new() })
    }

    fn delete(&mut self, request: &DeleteRequest) -> Result<(), ClusterError> {
        let key = key(&request.resource, &request.namespace, &request.name);
        let Some(object) = self.objects.get(&key) else {
            return Err(ClusterError::new(ClusterErrorKind::NotFound, "not found"));
        };
        let version = request.resource_version.as_deref();
        if version.is_some_and(|version| version != object.resource_version()) {
            return Err(ClusterError::new(ClusterErrorKind::Conflict, "changed"));
        }
        self.writes.push(format!("delete {} {}", request.resource.kind, request.name));
        self.objects.remove(&key);
        Ok(())
    }
}

impl Cluster for FakeCluster {
    fn server(&self) -> &'static str {
        "https://fake"
    }

    fn catalog(&self, _: Freshness) -> Pending<'_, Result<Arc<ApiCatalog>, ClusterError>> {
        Box::pin(async { Ok(Arc::new(ApiCatalog::from(served()))) })
    }

    fn get<'a>(
        &'a self,
        resource: &'a ApiResource,
        namespace: &'a str,
        name: &'a str,
    ) -> Pending<'a, Result<Option<Node>, ClusterError>> {
        let found = self.0.lock().unwrap().objects.get(&key(resource, namespace, name)).cloned();
        Box::pin(async { Ok(found) })
    }

    fn list<'a>(
        &'a self,
        request: &'a ListRequest,
    ) -> Pending<'a, Result<ObjectList, ClusterError>> {
        let state = self.0.lock().unwrap();
        let wanted = |(kind, namespace, _): &Key| {
            *kind == *request.resource.kind
                && request.namespace.as_ref().is_none_or(|wanted| wanted == namespace)
        };
        let items = state.objects.iter().filter(|(key, _)| wanted(key));
        let items = items.map(|(_, object)| object.clone()).collect();
        let list = ObjectList { items, resource_version: state.version.to_string() };
        Box::pin(async { Ok(list) })
    }

    fn write<'a>(
        &'a self,
        request: &'a WriteRequest,
    ) -> Pending<'a, Result<WriteOutcome, ClusterError>> {
        let result = self.0.lock().unwrap().write(request);
        Box::pin(async { result })
    }

    fn delete<'a>(&'a self, request: &'a DeleteRequest) -> Pending<'a, Result<(), ClusterError>> {
        let result = self.0.lock().unwrap().delete(request);
        Box::pin(async { result })
    }

    fn watch<'a>(
        &'a self,
        _: &'a ListRequest,
        _: &'a str,
    ) -> Pending<'a, Result<WatchStream, ClusterError>> {
        Box::pin(async { Ok(futures::stream::pending().boxed()) })
    }
}

impl Destinations for FakeCluster {
    fn connect<'a>(
        &'a self,
        _: &'a ApplicationDestination,
    ) -> Pending<'a, Result<Arc<dyn Cluster>, ClusterError>> {
        Box::pin(async { Ok(Arc::new(self.clone()) as Arc<dyn Cluster>) })
    }
}

fn served() -> Vec<ApiResource> {
    let resource = |group: &str, version: &str, kind: &str, plural: &str, scope| ApiResource {
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
        plural: plural.into(),
        scope,
        verbs: ["get", "list", "create", "patch", "delete", "watch"].map(Into::into).to_vec(),
    };
    vec![
        resource("", "v1", "ConfigMap", "configmaps", Scope::Namespaced),
        resource("", "v1", "Namespace", "namespaces", Scope::Cluster),
        resource("apps", "v1", "Deployment", "deployments", Scope::Namespaced),
        resource(
            "apiextensions.k8s.io",
            "v1",
            "CustomResourceDefinition",
            "customresourcedefinitions",
            Scope::Cluster,
        ),
    ]
}

fn key(resource: &ApiResource, namespace: &str, name: &str) -> Key {
    (resource.kind.to_string(), namespace.to_owned(), name.to_owned())
}
