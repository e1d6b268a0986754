//! Applications and AppProjects as custom resources, where Argo CD keeps them.
//!
//! Written by merge patches only, so that fields tiphys does not know survive.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::error::{self, Attempt};
use super::lease::{self, MANAGER};
use super::secrets::RepositorySecrets;
use super::settings;
use crate::cluster::argocd_namespace::{ArgocdNamespace, Configuration, NamespaceError};
use crate::cluster::{ClusterClient, resources};
use crate::model::application::API_VERSION;
use crate::model::repository::RepositoryCredentials;
use crate::model::{ApiResource, AppProject, Application, ApplicationName, Settings};
use crate::ports::{
    Cluster, ClusterError, ClusterErrorKind, Content, DeleteRequest, DryRun, FieldValidation,
    Lease, ListRequest, Pending, Propagation, Store, StoreError, StoreErrorKind, StoreKind,
    WriteRequest, WriteVerb,
};
use crate::yaml::Node;

/// The store on a cluster with Argo CD's custom resources.
pub struct CrdStore {
    cluster: Arc<ClusterClient>,
    argocd: Arc<ArgocdNamespace>,
    settings: OnceCell<Arc<Settings>>,
    repositories: OnceCell<RepositorySecrets>,
}

/// One of the two kinds.
#[derive(Clone, Copy)]
enum Kind {
    Application,
    AppProject,
}

impl Kind {
    fn resource(self) -> ApiResource {
        match self {
            Self::Application => resources::applications(),
            Self::AppProject => resources::app_projects(),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Application => "Application",
            Self::AppProject => "AppProject",
        }
    }
}

impl CrdStore {
    /// The store on `cluster`; both share how Argo CD's namespace is found.
    pub fn new(cluster: Arc<ClusterClient>, argocd: Arc<ArgocdNamespace>) -> Self {
        Self { cluster, argocd, settings: OnceCell::new(), repositories: OnceCell::new() }
    }

    fn attempt<'a>(
        &'a self,
        verb: &'static str,
        kind: Kind,
        namespace: &'a str,
        name: &'a str,
    ) -> Attempt<'a> {
        let (singular, plural) = match kind {
            Kind::Application => ("application", "applications"),
            Kind::AppProject => ("project", "appprojects"),
        };
        let user = &self.cluster.kubeconfig_facts().user;
        Attempt { verb, singular, plural, namespace, name, user }
    }

    /// Argo CD's namespace.
    async fn argocd_namespace(&self) -> Result<&str, StoreError> {
        self.argocd.find().await.map_err(namespace_unknown)
    }

    /// The namespace of an Application: its own, or Argo CD's when it names none.
    async fn namespace_of<'a>(&'a self, given: &'a str) -> Result<&'a str, StoreError> {
        if given.is_empty() { self.argocd_namespace().await } else { Ok(given) }
    }

    async fn load_settings(&self) -> Result<Arc<Settings>, StoreError> {
        let namespace = self.argocd_namespace().await?;
        let settings = match self.argocd.configuration().await.map_err(namespace_unknown)? {
            Configuration::Read(found) => settings::from_configuration(found, namespace),
            Configuration::Missing => settings::defaults(namespace),
            Configuration::Forbidden(reason) => {
                tracing::warn!(reason, "cannot read argocd-cm, going on with Argo CD's defaults");
                settings::defaults(namespace)
            }
        };
        Ok(Arc::new(settings))
    }

    async fn get(&self, kind: Kind, namespace: &str, name: &str) -> Result<Node, StoreError> {
        let attempt = self.attempt("get", kind, namespace, name);
        match self.cluster.get(&kind.resource(), namespace, name).await {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(attempt.not_found()),
            Err(cause) => Err(attempt.failed(cause)),
        }
    }

    async fn list(
        &self,
        kind: Kind,
        namespace: Option<&str>,
        selector: &str,
    ) -> Result<Vec<Node>, StoreError> {
        let request = ListRequest {
            resource: kind.resource(),
            namespace: namespace.map(str::to_owned),
            label_selector: selector.to_owned(),
            content: Content::Full,
        };
        match self.cluster.list(&request).await {
            Ok(list) => Ok(list.items),
            Err(cause) => {
                let namespace = namespace.unwrap_or("");
                Err(self.attempt("list", kind, namespace, "").failed(cause))
            }
        }
    }

    async fn create(&self, kind: Kind, document: &Node) -> Result<Node, StoreError> {
        check_document(kind, document)?;
        let namespace = self.namespace_of(document.namespace()).await?;
        let mut body = document.clone();
        body.set(&["metadata", "namespace"], namespace);
        let name = document.name();
        let written = self.write(kind, namespace, name, body, WriteVerb::Create).await;
        written.map_err(|cause| self.attempt("create", kind, namespace, name).failed(cause))
    }

    async fn write(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        body: Node,
        verb: WriteVerb,
    ) -> Result<Node, ClusterError> {
        let request = WriteRequest {
            resource: kind.resource(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            body,
            verb,
            dry_run: DryRun::No,
            validation: FieldValidation::Warn,
            manager: MANAGER,
        };
        let outcome = self.cluster.write(&request).await?;
        for warning in outcome.warnings {
            // Users write documents, tiphys writes patches: only the first can have typos. Argo
            // CD's own finalizer has no path, which the server remarks on each time.
            let is_about_finalizer = warning.contains("domain-qualified finalizer");
            if verb == WriteVerb::Create && !is_about_finalizer {
                tracing::warn!(warning, "the server warns");
            } else {
                tracing::debug!(warning, "the server warns");
            }
        }
        Ok(outcome.object)
    }

    async fn patch(
        &self,
        name: &ApplicationName,
        patch: &Node,
        resource_version: Option<&str>,
    ) -> Result<Application, StoreError> {
        let namespace = self.namespace_of(&name.namespace).await?;
        let attempt = self.attempt("patch", Kind::Application, namespace, &name.name);
        let mut body = patch.clone();
        if let Some(version) = resource_version {
            body.set(&["metadata", "resourceVersion"], version);
        }
        let verb = WriteVerb::Merge;
        let node = self
            .write(Kind::Application, namespace, &name.name, body, verb)
            .await
            .map_err(|cause| attempt.failed(cause))?;
        Application::from_node(node).map_err(|cause| attempt.unreadable(&cause))
    }

    async fn delete(&self, name: &ApplicationName) -> Result<(), StoreError> {
        let namespace = self.namespace_of(&name.namespace).await?;
        let request = DeleteRequest {
            resource: resources::applications(),
            namespace: namespace.to_owned(),
            name: name.name.clone(),
            uid: None,
            resource_version: None,
            propagation: Propagation::Background,
            dry_run: DryRun::No,
        };
        self.cluster.delete(&request).await.map_err(|cause| {
            self.attempt("delete", Kind::Application, namespace, &name.name).failed(cause)
        })
    }

    fn read_application(&self, node: Node) -> Result<Application, StoreError> {
        let (namespace, name) = (node.namespace().to_owned(), node.name().to_owned());
        Application::from_node(node).map_err(|cause| {
            self.attempt("get", Kind::Application, &namespace, &name).unreadable(&cause)
        })
    }

    fn read_project(&self, node: Node) -> Result<AppProject, StoreError> {
        let (namespace, name) = (node.namespace().to_owned(), node.name().to_owned());
        AppProject::from_node(node).map_err(|cause| {
            self.attempt("get", Kind::AppProject, &namespace, &name).unreadable(&cause)
        })
    }

    async fn find_credentials(
        &self,
        repo_url: &str,
    ) -> Result<Option<RepositoryCredentials>, StoreError> {
        let namespace = self.argocd_namespace().await?;
        let load = || RepositorySecrets::load(&*self.cluster, namespace);
        Ok(self.repositories.get_or_init(load).await.find(repo_url))
    }
}

impl Store for CrdStore {
    fn settings(&self) -> Pending<'_, Result<Arc<Settings>, StoreError>> {
        Box::pin(async move {
            self.settings.get_or_try_init(|| self.load_settings()).await.map(Arc::clone)
        })
    }

    fn application<'a>(
        &'a self,
        name: &'a ApplicationName,
    ) -> Pending<'a, Result<Application, StoreError>> {
        Box::pin(async move {
            let namespace = self.namespace_of(&name.namespace).await?;
            self.read_application(self.get(Kind::Application, namespace, &name.name).await?)
        })
    }

    fn applications<'a>(
        &'a self,
        namespace: Option<&'a str>,
        selector: &'a str,
    ) -> Pending<'a, Result<Vec<Application>, StoreError>> {
        Box::pin(async move {
            let nodes = self.list(Kind::Application, namespace, selector).await?;
            let read = nodes.into_iter().map(|node| self.read_application(node));
            // One broken Application must not hide the others.
            Ok(read.filter_map(|result| result.inspect_err(report_broken).ok()).collect())
        })
    }

    fn create_application<'a>(
        &'a self,
        document: &'a Node,
    ) -> Pending<'a, Result<Application, StoreError>> {
        Box::pin(
            async move { self.read_application(self.create(Kind::Application, document).await?) },
        )
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
        Box::pin(async move {
            let namespace = self.argocd_namespace().await?;
            match self.get(Kind::AppProject, namespace, name).await {
                Ok(node) => self.read_project(node).map(Some),
                Err(error) if error.kind == StoreErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    fn projects(&self) -> Pending<'_, Result<Vec<AppProject>, StoreError>> {
        Box::pin(async move {
            let namespace = self.argocd_namespace().await?;
            let nodes = self.list(Kind::AppProject, Some(namespace), "").await?;
            let read = nodes.into_iter().map(|node| self.read_project(node));
            Ok(read.filter_map(|result| result.inspect_err(report_broken).ok()).collect())
        })
    }

    fn create_project<'a>(
        &'a self,
        document: &'a Node,
    ) -> Pending<'a, Result<AppProject, StoreError>> {
        Box::pin(async move { self.read_project(self.create(Kind::AppProject, document).await?) })
    }

    fn repository_credentials<'a>(
        &'a self,
        repo_url: &'a str,
    ) -> Pending<'a, Result<Option<RepositoryCredentials>, StoreError>> {
        Box::pin(self.find_credentials(repo_url))
    }

    fn lease<'a>(
        &'a self,
        name: &'a ApplicationName,
    ) -> Pending<'a, Result<Option<Lease>, StoreError>> {
        Box::pin(async move {
            let namespace = self.namespace_of(&name.namespace).await?;
            lease::get(&*self.cluster, namespace, &lease::lease_name(&name.name)).await
        })
    }

    fn put_lease<'a>(
        &'a self,
        name: &'a ApplicationName,
        lease: &'a Lease,
    ) -> Pending<'a, Result<Lease, StoreError>> {
        Box::pin(async move {
            let namespace = self.namespace_of(&name.namespace).await?;
            lease::put(&*self.cluster, namespace, &lease::lease_name(&name.name), lease).await
        })
    }

    fn kind(&self) -> StoreKind {
        StoreKind::CustomResources
    }
}

fn report_broken(error: &StoreError) {
    tracing::warn!(%error, "left out");
}

fn namespace_unknown(error: NamespaceError) -> StoreError {
    match error {
        NamespaceError::Ambiguous { .. } => StoreError {
            kind: StoreErrorKind::Ambiguous,
            message: error.to_string(),
            hint: "name it with `-n NAMESPACE`".to_owned(),
        },
        NamespaceError::Cluster(cause) if cause.kind == ClusterErrorKind::Forbidden => {
            error::new(StoreErrorKind::Forbidden, cause.message)
        }
        NamespaceError::Cluster(cause) => error::from_cluster(cause),
    }
}

/// What the server would refuse in words that help less.
fn check_document(kind: Kind, document: &Node) -> Result<(), StoreError> {
    let word = kind.word();
    let wrong = |what: String| Err(error::new(StoreErrorKind::Invalid, what));
    if document.kind() != word || document.api_version() != API_VERSION {
        return wrong(format!(
            "{API_VERSION} {word} expected, not {} {}",
            document.api_version(),
            document.kind()
        ));
    }
    if document.name().is_empty() {
        return wrong(format!("the {word} has no metadata.name"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str, expected: Result<(), &str>) {
        let document: Node = serde_json::from_str(document).unwrap();
        let result = check_document(Kind::Application, &document);
        assert_eq!(result.map_err(|error| error.message), expected.map_err(str::to_owned));
    }

    #[test]
    fn a_document_must_be_what_it_is_created_as() {
        let good = r#"{"apiVersion":"argoproj.io/v1alpha1","kind":"Application",
            "metadata":{"name":"web"}}"#;
        check(good, Ok(()));
        check(
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"}}"#,
            Err("argoproj.io/v1alpha1 Application expected, not v1 Pod"),
        );
        check(
            r#"{"apiVersion":"argoproj.io/v1alpha1","kind":"Application"}"#,
            Err("the Application has no metadata.name"),
        );
    }
}
