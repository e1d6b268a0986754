//! The store for an Application in a file: the document comes from the file, everything that
//! changes is kept in a record on the destination cluster.
//!
//! Reading needs no record, no namespace and no right to either. Writing refuses a record that
//! belongs to another Application.

use std::sync::Arc;

use super::error::{self, Attempt, new};
use super::lease::{self, MANAGER};
use super::read_file::FileDocuments;
use super::record::{Identity, Record, record_name};
use super::settings;
use crate::cluster::destinations::IN_CLUSTER_SERVER;
use crate::cluster::resources;
use crate::model::repository::RepositoryCredentials;
use crate::model::{AppProject, Application, ApplicationDestination, ApplicationName, Settings};
use crate::ports::{
    Cluster, ClusterErrorKind, DeleteRequest, Destinations, DryRun, FieldValidation, Lease,
    Pending, Propagation, Store, StoreError, StoreErrorKind, StoreKind, WriteRequest, WriteVerb,
};
use crate::yaml::{Mapping, Node};

/// How often a write without a given version is tried when others write at the same time.
const TRIES_MAX: usize = 5;

/// Where records go when the Application names no destination namespace.
const FALLBACK_NAMESPACE: &str = "default";

/// Whether a verb needs what the record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordUse {
    /// The Application is shown with its recorded state.
    Read,
    /// The cluster is not asked: for verbs that only render.
    Skip,
}

/// One Application in a file.
pub struct FileStore {
    documents: FileDocuments,
    destinations: Arc<dyn Destinations>,
    record_use: RecordUse,
}

/// The record's place.
struct RecordPlace {
    cluster: Arc<dyn Cluster>,
    namespace: String,
}

impl FileStore {
    /// A store for what a file holds.
    pub fn new(
        documents: FileDocuments,
        destinations: Arc<dyn Destinations>,
        record_use: RecordUse,
    ) -> Self {
        Self { documents, destinations, record_use }
    }

    /// The Application's name.
    pub fn name(&self) -> ApplicationName {
        self.documents.application.name()
    }

    /// An Application of the same namespace and name on the cluster we are connected to, if one
    /// can be seen: then `sync -f` and `delete -f` would work against it.
    pub async fn conflicting_application(&self) -> Result<Option<Application>, StoreError> {
        let home = ApplicationDestination {
            server: IN_CLUSTER_SERVER.to_owned(),
            ..ApplicationDestination::default()
        };
        let cluster = self.destinations.connect(&home).await.map_err(error::from_cluster)?;
        let resource = resources::applications();
        let name = self.name();
        match cluster.get(&resource, &name.namespace, &name.name).await {
            Ok(found) => found.map(Application::from_node).transpose().map_err(|cause| {
                let message = format!("application '{name}' on the cluster: {cause}");
                new(StoreErrorKind::Invalid, message)
            }),
            Err(cause)
                if matches!(
                    cause.kind,
                    ClusterErrorKind::Forbidden | ClusterErrorKind::UnknownKind
                ) =>
            {
                tracing::debug!(error = %cause, "cannot look for an Application of this name");
                Ok(None)
            }
            Err(cause) => Err(error::from_cluster(cause)),
        }
    }

    async fn place(&self) -> Result<RecordPlace, StoreError> {
        let destination = &self.documents.application.spec.destination;
        let cluster = self.destinations.connect(destination).await.map_err(error::from_cluster)?;
        let namespace = match destination.namespace.as_str() {
            "" => FALLBACK_NAMESPACE,
            given => given,
        };
        Ok(RecordPlace { cluster, namespace: namespace.to_owned() })
    }

    fn check_name(&self, name: &ApplicationName) -> Result<(), StoreError> {
        let ours = self.name();
        if name.name == ours.name && (name.namespace.is_empty() || name.namespace == ours.namespace)
        {
            return Ok(());
        }
        let file = &self.documents.file_name;
        Err(new(StoreErrorKind::NotFound, format!("application '{name}' is not in {file}")))
    }

    /// The Application with what its record says.
    async fn read(&self, name: &ApplicationName) -> Result<Application, StoreError> {
        self.check_name(name)?;
        let application = self.documents.application.clone();
        if self.record_use == RecordUse::Skip {
            return Ok(application);
        }
        match self.read_own_record().await {
            Ok(Some(record)) => with_record(application, &record),
            Ok(None) => Ok(application),
            // A destination that cannot be had is the verb's own error.
            Err(error) if error.kind == StoreErrorKind::Cluster(ClusterErrorKind::Config) => {
                Ok(application)
            }
            Err(error) => {
                tracing::warn!(%error, "going on without the record of this application");
                Ok(application)
            }
        }
    }

    async fn read_own_record(&self) -> Result<Option<Record>, StoreError> {
        self.place().await?.read_own(&self.identity()).await
    }

    fn identity(&self) -> Identity {
        Identity::of(&self.documents.application)
    }

    async fn patch(
        &self,
        name: &ApplicationName,
        patch: &Node,
        resource_version: Option<&str>,
    ) -> Result<Application, StoreError> {
        self.check_name(name)?;
        self.check_patch(patch)?;
        let place = self.place().await?;
        let record = place.update(&self.identity(), patch, resource_version).await?;
        with_record(self.documents.application.clone(), &record)
    }

    /// Only what the record keeps can be changed.
    fn check_patch(&self, patch: &Node) -> Result<(), StoreError> {
        let keys = patch.as_mapping().into_iter().flat_map(Mapping::iter);
        for (key, value) in keys {
            let fits = match &**key {
                "status" | "inventory" => true,
                "operation" => value.is_null(),
                _ => false,
            };
            if !fits {
                return Err(self.unsupported(&format!("{key} is set in the file: edit it there")));
            }
        }
        Ok(())
    }

    fn unsupported(&self, what: &str) -> StoreError {
        let file = &self.documents.file_name;
        new(StoreErrorKind::Unsupported, format!("{file}: {what}"))
    }

    async fn delete(&self, name: &ApplicationName) -> Result<(), StoreError> {
        self.check_name(name)?;
        let place = self.place().await?;
        if let Some(record) = place.read_own(&self.identity()).await? {
            place.delete(&name.name, &record).await?;
        }
        lease::delete(&*place.cluster, &place.namespace, &lease::lease_name(&name.name), None).await
    }
}

impl RecordPlace {
    fn attempt<'a>(&'a self, verb: &'static str, name: &'a str) -> Attempt<'a> {
        Attempt {
            verb,
            singular: "record",
            plural: "configmaps",
            namespace: &self.namespace,
            name,
            user: "this user",
        }
    }

    /// The record, if there is one; refused when it is another Application's.
    async fn read_own(&self, ours: &Identity) -> Result<Option<Record>, StoreError> {
        let name = record_name(&ours.name);
        let found = self
            .cluster
            .get(&resources::config_maps(), &self.namespace, &name)
            .await
            .map_err(|cause| self.attempt("get", &name).failed(cause))?;
        let Some(config_map) = found else { return Ok(None) };
        let record = Record::from_node(&config_map)?;
        record.check_identity(ours, &self.namespace)?;
        Ok(Some(record))
    }

    /// Patches the record and writes it; with a given version only that one.
    async fn update(
        &self,
        ours: &Identity,
        patch: &Node,
        resource_version: Option<&str>,
    ) -> Result<Record, StoreError> {
        let mut tries = 1;
        loop {
            let found = self.read_own(ours).await?;
            let mut record =
                found.unwrap_or_else(|| Record { identity: ours.clone(), ..Record::default() });
            if resource_version.is_some_and(|version| version != record.resource_version) {
                let what = format!("the record of '{}'", ours.name);
                let message = format!("{what} was changed by somebody else at the same time");
                return Err(new(StoreErrorKind::Conflict, message));
            }
            record.apply_patch(patch)?;
            match self.write(&ours.name, &record).await {
                Err(error)
                    if error.kind == StoreErrorKind::Conflict
                        && resource_version.is_none()
                        && tries < TRIES_MAX =>
                {
                    tries += 1;
                }
                result => return result,
            }
        }
    }

    async fn write(&self, application: &str, record: &Record) -> Result<Record, StoreError> {
        let name = record_name(application);
        let is_new = record.resource_version.is_empty();
        let request = WriteRequest {
            resource: resources::config_maps(),
            namespace: self.namespace.clone(),
            name: name.clone(),
            body: record.to_node(&self.namespace, &name)?,
            verb: if is_new { WriteVerb::Create } else { WriteVerb::Replace },
            dry_run: DryRun::No,
            validation: FieldValidation::Strict,
            manager: MANAGER,
        };
        let verb = if is_new { "create" } else { "update" };
        let outcome = self.cluster.write(&request).await.map_err(|cause| {
            let mut failure = self.attempt(verb, &name).failed(cause);
            if failure.kind == StoreErrorKind::AlreadyExists {
                failure.kind = StoreErrorKind::Conflict;
            }
            failure
        })?;
        Record::from_node(&outcome.object)
    }

    async fn delete(&self, application: &str, record: &Record) -> Result<(), StoreError> {
        let name = record_name(application);
        let request = DeleteRequest {
            resource: resources::config_maps(),
            namespace: self.namespace.clone(),
            name: name.clone(),
            uid: None,
            resource_version: Some(record.resource_version.clone()),
            propagation: Propagation::Background,
            dry_run: DryRun::No,
        };
        match self.cluster.delete(&request).await {
            Err(cause) if cause.kind != ClusterErrorKind::NotFound => {
                Err(self.attempt("delete", &name).failed(cause))
            }
            _ => Ok(()),
        }
    }
}

/// Shows a record in the Application's document.
fn with_record(mut application: Application, record: &Record) -> Result<Application, StoreError> {
    let unreadable = |cause: serde_json::Error| {
        new(StoreErrorKind::Invalid, format!("the record of an application is damaged: {cause}"))
    };
    let raw = &mut application.raw;
    raw.set(&["metadata", "resourceVersion"], record.resource_version.as_str());
    if !record.status.is_null() {
        raw.set(&["status"], record.status.clone());
    }
    raw.set(&["inventory"], Node::encode(&record.inventory).map_err(unreadable)?);
    Application::from_node(application.raw).map_err(unreadable)
}

impl Store for FileStore {
    fn settings(&self) -> Pending<'_, Result<Arc<Settings>, StoreError>> {
        let settings = settings::defaults(&self.name().namespace);
        Box::pin(async move { Ok(Arc::new(settings)) })
    }

    fn application<'a>(
        &'a self,
        name: &'a ApplicationName,
    ) -> Pending<'a, Result<Application, StoreError>> {
        Box::pin(self.read(name))
    }

    fn applications<'a>(
        &'a self,
        _namespace: Option<&'a str>,
        _selector: &'a str,
    ) -> Pending<'a, Result<Vec<Application>, StoreError>> {
        Box::pin(async move { Ok(vec![self.read(&self.name()).await?]) })
    }

    fn create_application<'a>(
        &'a self,
        _document: &'a Node,
    ) -> Pending<'a, Result<Application, StoreError>> {
        Box::pin(async { Err(self.unsupported("a file takes no further Applications")) })
    }

    fn patch_application<'a>(
        &'a self,
        name: &'a ApplicationName,
        patch: &'a Node,
        resource_version: Option<&'a str>,
    ) -> Pending<'a, Result<Application, StoreError>> {
        Box::pin(self.patch(name, patch, resource_version))
    }

    fn delete_application<'a>(
        &'a self,
        name: &'a ApplicationName,
    ) -> Pending<'a, Result<(), StoreError>> {
        Box::pin(self.delete(name))
    }

    fn project<'a>(&'a self, name: &'a str) -> Pending<'a, Result<Option<AppProject>, StoreError>> {
        let found = self.documents.projects.iter().find(|project| project.name() == name);
        Box::pin(async move { Ok(found.cloned()) })
    }

    fn projects(&self) -> Pending<'_, Result<Vec<AppProject>, StoreError>> {
        Box::pin(async { Ok(self.documents.projects.clone()) })
    }

    fn create_project<'a>(
        &'a self,
        _document: &'a Node,
    ) -> Pending<'a, Result<AppProject, StoreError>> {
        Box::pin(async { Err(self.unsupported("a file takes no further AppProjects")) })
    }

    fn repository_credentials<'a>(
        &'a self,
        _repo_url: &'a str,
    ) -> Pending<'a, Result<Option<RepositoryCredentials>, StoreError>> {
        Box::pin(async { Ok(None) })
    }

    fn lease<'a>(
        &'a self,
        name: &'a ApplicationName,
    ) -> Pending<'a, Result<Option<Lease>, StoreError>> {
        Box::pin(async move {
            self.check_name(name)?;
            let place = self.place().await?;
            // The lock comes before every write: the moment to see whose record it is.
            place.read_own(&self.identity()).await?;
            lease::get(&*place.cluster, &place.namespace, &lease::lease_name(&name.name)).await
        })
    }

    fn put_lease<'a>(
        &'a self,
        name: &'a ApplicationName,
        lease: &'a Lease,
    ) -> Pending<'a, Result<Lease, StoreError>> {
        Box::pin(async move {
            self.check_name(name)?;
            let place = self.place().await?;
            let lease_name = lease::lease_name(&name.name);
            lease::put(&*place.cluster, &place.namespace, &lease_name, lease).await
        })
    }

    fn kind(&self) -> StoreKind {
        StoreKind::Files
    }
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
