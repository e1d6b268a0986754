//! One Application and its lock in memory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use tiphys::model::repository::RepositoryCredentials;
use tiphys::model::{AppProject, Application, ApplicationName, Settings};
use tiphys::ports::{Lease, Pending, Store, StoreError, StoreErrorKind, StoreKind};
use tiphys::yaml::{Node, Value};

/// A store for one Application.
#[derive(Clone, Default)]
pub(crate) struct FakeStore(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    application: Node,
    lease: Option<Lease>,
    version: u64,
    leases_fail: bool,
}

impl FakeStore {
    /// A store that holds `application`.
    pub(crate) fn holding(application: Node) -> Self {
        Self(Arc::new(Mutex::new(State { application, ..State::default() })))
    }

    /// The Application as it is stored.
    pub(crate) fn stored(&self) -> Application {
        Application::from_node(self.0.lock().unwrap().application.clone()).unwrap()
    }

    /// Changes the Application behind everybody's back.
    pub(crate) fn patch(&self, patch: &Node) {
        merge(&mut self.0.lock().unwrap().application, patch);
    }

    /// The lock as it is stored.
    pub(crate) fn lease(&self) -> Option<Lease> {
        self.0.lock().unwrap().lease.clone()
    }

    /// Puts a lock there as if somebody else had taken it.
    pub(crate) fn put_lease(&self, lease: Lease) {
        let mut state = self.0.lock().unwrap();
        state.version += 1;
        let resource_version = state.version.to_string();
        state.lease = Some(Lease { resource_version, ..lease });
    }

    /// Lets every write of the lock fail from now on.
    pub(crate) fn break_leases(&self) {
        self.0.lock().unwrap().leases_fail = true;
    }
}

impl Store for FakeStore {
    fn settings(&self) -> Pending<'_, Result<Arc<Settings>, StoreError>> {
        Box::pin(async { Ok(Arc::new(Settings::default())) })
    }

    fn application<'a>(
        &'a self,
        _: &'a ApplicationName,
    ) -> Pending<'a, Result<Application, StoreError>> {
        Box::pin(async { Ok(self.stored()) })
    }

    fn applications<'a>(
        &'a self,
        _: Option<&'a str>,
        _: &'a str,
    ) -> Pending<'a, Result<Vec<Application>, StoreError>> {
        Box::pin(async { Ok(vec![self.stored()]) })
    }

    fn create_application<'a>(
        &'a self,
        _: &'a Node,
    ) -> Pending<'a, Result<Application, StoreError>> {
        Box::pin(async { Err(error(StoreErrorKind::Unsupported)) })
    }

    fn patch_application<'a>(
        &'a self,
        _: &'a ApplicationName,
        patch: &'a Node,
        _: Option<&'a str>,
    ) -> Pending<'a, Result<Application, StoreError>> {
        self.patch(patch);
        Box::pin(async { Ok(self.stored()) })
    }

    fn delete_application<'a>(
        &'a self,
        _: &'a ApplicationName,
    ) -> Pending<'a, Result<(), StoreError>> {
        Box::pin(async { Err(error(StoreErrorKind::Unsupported)) })
    }

    fn project<'a>(&'a self, name: &'a str) -> Pending<'a, Result<Option<AppProject>, StoreError>> {
        let text = format!(
            r#"{{"metadata":{{"name":"{name}"}},"spec":{{"sourceRepos":["*"],
            "destinations":[{{"server":"*","namespace":"*"}}]}}}}"#
        );
        let project = AppProject::from_node(serde_json::from_str(&text).unwrap()).unwrap();
        Box::pin(async { Ok(Some(project)) })
    }

    fn projects(&self) -> Pending<'_, Result<Vec<AppProject>, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn create_project<'a>(&'a self, _: &'a Node) -> Pending<'a, Result<AppProject, StoreError>> {
        Box::pin(async { Err(error(StoreErrorKind::Unsupported)) })
    }

    fn repository_credentials<'a>(
        &'a self,
        _: &'a str,
    ) -> Pending<'a, Result<Option<RepositoryCredentials>, StoreError>> {
        Box::pin(async { Ok(None) })
    }

    fn lease<'a>(
        &'a self,
        _: &'a ApplicationName,
    ) -> Pending<'a, Result<Option<Lease>, StoreError>> {
        Box::pin(async { Ok(self.lease()) })
    }

    fn put_lease<'a>(
        &'a self,
        _: &'a ApplicationName,
        lease: &'a Lease,
    ) -> Pending<'a, Result<Lease, StoreError>> {
        let mut state = self.0.lock().unwrap();
        let current = state.lease.as_ref().map_or("", |lease| &lease.resource_version);
        let result = if state.leases_fail {
            Err(error(StoreErrorKind::Forbidden))
        } else if current != lease.resource_version {
            Err(error(StoreErrorKind::Conflict))
        } else {
            state.version += 1;
            let resource_version = state.version.to_string();
            let written = Lease { resource_version, ..lease.clone() };
            state.lease = Some(written.clone());
            Ok(written)
        };
        drop(state);
        Box::pin(async { result })
    }

    fn kind(&self) -> StoreKind {
        StoreKind::CustomResources
    }
}

/// JSON merge patch.
pub(crate) fn merge(target: &mut Node, patch: &Node) {
    let Value::Mapping(changes) = &patch.value else {
        *target = patch.clone();
        return;
    };
    if target.as_mapping().is_none() {
        *target = Node::mapping();
    }
    for (key, change) in changes.iter() {
        if change.is_null() {
            target.remove(&[&**key]);
        } else {
            let mut value = target.get(key).cloned().unwrap_or_default();
            merge(&mut value, change);
            target.set(&[&**key], value);
        }
    }
}

fn error(kind: StoreErrorKind) -> StoreError {
    StoreError { kind, message: format!("the fake store says {kind:?}"), hint: String::new() }
}
