//! A cluster in memory for the tests of this folder: objects under their path, resource
//! versions that count up, refusals as a server words them. No defaults, no schemas, no watch.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::future;

use crate::model::{ApiCatalog, ApiResource, ApplicationDestination};
use crate::ports::{
    Cluster, ClusterError, ClusterErrorKind, DeleteRequest, Destinations, Freshness, ListRequest,
    ObjectList, Pending, WatchStream, WriteOutcome, WriteRequest, WriteVerb,
};
use crate::yaml::Node;

/// Objects in memory.
#[derive(Clone, Default)]
pub(super) struct MemoryCluster {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<(String, String, String), Node>,
    version: u64,
    denied: bool,
}

impl MemoryCluster {
    /// Refuses everything from now on.
    pub(super) fn deny(&self) {
        self.state.lock().unwrap().denied = true;
    }

    /// `kind namespace/name` of every object.
    pub(super) fn names(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state.objects.keys().map(|(kind, ns, name)| format!("{kind} {ns}/{name}")).collect()
    }

    /// Puts an object there as if somebody else had written it.
    pub(super) fn put(&self, resource: &ApiResource, object: Node) -> Node {
        self.state.lock().unwrap().store(resource, object)
    }
}

impl State {
    fn store(&mut self, resource: &ApiResource, mut object: Node) -> Node {
        self.version += 1;
        object.set(&["metadata", "resourceVersion"], self.version.to_string());
        let key = key(resource, object.namespace(), object.name());
        self.objects.insert(key, object.clone());
        object
    }

    fn check(&self) -> Result<(), ClusterError> {
        if self.denied {
            let words = "configmaps is forbidden: User \"limited\" cannot get resource";
            return Err(ClusterError::new(ClusterErrorKind::Forbidden, words));
        }
        Ok(())
    }

    fn write(&mut self, request: &WriteRequest) -> Result<WriteOutcome, ClusterError> {
        self.check()?;
        let place = key(&request.resource, &request.namespace, &request.name);
        let old = self.objects.get(&place).map(|old| old.resource_version().to_owned());
        let wanted = request.body.resource_version();
        let refusal = match (request.verb, old.as_deref()) {
            (WriteVerb::Create, Some(_)) => Some(ClusterErrorKind::AlreadyExists),
            (WriteVerb::Replace, None) => Some(ClusterErrorKind::NotFound),
            (WriteVerb::Replace, Some(old)) if old != wanted => Some(ClusterErrorKind::Conflict),
            _ => None,
        };
        match refusal {
            Some(kind) => Err(ClusterError::new(kind, format!("{place:?}"))),
            None => Ok(WriteOutcome {
                object: self.store(&request.resource, request.body.clone()),
                warnings: Vec::new(),
            }),
        }
    }

    fn delete(&mut self, request: &DeleteRequest) -> Result<(), ClusterError> {
        self.check()?;
        let place = key(&request.resource, &request.namespace, &request.name);
        let Some(old) = self.objects.get(&place) else {
            return Err(ClusterError::new(ClusterErrorKind::NotFound, format!("{place:?}")));
        };
        if request.resource_version.as_deref().is_some_and(|v| v != old.resource_version()) {
            return Err(ClusterError::new(ClusterErrorKind::Conflict, format!("{place:?}")));
        }
        self.objects.remove(&place);
        Ok(())
    }
}

fn key(resource: &ApiResource, namespace: &str, name: &str) -> (String, String, String) {
    (resource.kind.to_string(), namespace.to_owned(), name.to_owned())
}

fn ready<'a, T: Send + 'a>(value: T) -> Pending<'a, T> {
    Box::pin(future::ready(value))
}

impl Cluster for MemoryCluster {
    fn server(&self) -> &'static str {
        "memory"
    }

    fn catalog(&self, _: Freshness) -> Pending<'_, Result<Arc<ApiCatalog>, ClusterError>> {
        ready(Ok(Arc::new(ApiCatalog::default())))
    }

    fn get<'a>(
        &'a self,
        resource: &'a ApiResource,
        namespace: &'a str,
        name: &'a str,
    ) -> Pending<'a, Result<Option<Node>, ClusterError>> {
        let state = self.state.lock().unwrap();
        let found = state.objects.get(&key(resource, namespace, name)).cloned();
        ready(state.check().map(|()| found))
    }

    fn list<'a>(&'a self, _: &'a ListRequest) -> Pending<'a, Result<ObjectList, ClusterError>> {
        ready(Ok(ObjectList::default()))
    }

    fn write<'a>(
        &'a self,
        request: &'a WriteRequest,
    ) -> Pending<'a, Result<WriteOutcome, ClusterError>> {
        ready(self.state.lock().unwrap().write(request))
    }

    fn delete<'a>(&'a self, request: &'a DeleteRequest) -> Pending<'a, Result<(), ClusterError>> {
        ready(self.state.lock().unwrap().delete(request))
    }

    fn watch<'a>(
        &'a self,
        _: &'a ListRequest,
        _: &'a str,
    ) -> Pending<'a, Result<WatchStream, ClusterError>> {
        ready(Ok(Box::pin(futures::stream::empty())))
    }
}

impl Destinations for MemoryCluster {
    fn connect<'a>(
        &'a self,
        _: &'a ApplicationDestination,
    ) -> Pending<'a, Result<Arc<dyn Cluster>, ClusterError>> {
        ready(Ok(Arc::new(self.clone())))
    }
}
