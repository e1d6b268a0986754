//! Which namespace of a cluster is Argo CD's, found lazily and once.
//!
//! Given by the user; else the namespace that holds `argocd-cm`; else the only namespace with
//! Applications; else `argocd`. A user who may not look everywhere gets the next best answer.

use std::sync::Arc;

use thiserror::Error;
use tokio::sync::OnceCell;

use super::client::ClusterClient;
use super::resources;
use crate::model::ApiResource;
use crate::ports::{Cluster, ClusterError, ClusterErrorKind, Content, ListRequest};
use crate::yaml::Node;

/// Argo CD's namespace where nothing says otherwise.
pub const DEFAULT_NAMESPACE: &str = "argocd";
/// The ConfigMap with Argo CD's settings.
pub const CONFIGURATION: &str = "argocd-cm";

/// Finds Argo CD's namespace.
pub struct ArgocdNamespace {
    cluster: Arc<ClusterClient>,
    given: Option<String>,
    found: OnceCell<String>,
    configuration: OnceCell<Configuration>,
}

/// `argocd-cm`, as far as it can be had.
#[derive(Clone, Debug)]
pub enum Configuration {
    /// The ConfigMap.
    Read(Node),
    /// There is none.
    Missing,
    /// The user may not read it; the server's words.
    Forbidden(String),
}

/// Why the namespace could not be found.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NamespaceError {
    /// More than one could be meant.
    #[error("Argo CD's namespace could be any of: {}", .candidates.join(", "))]
    Ambiguous {
        /// The namespaces, sorted.
        candidates: Vec<String>,
    },
    /// The cluster failed.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

impl ArgocdNamespace {
    /// Looks on `cluster`, unless the namespace is given.
    pub fn new(cluster: Arc<ClusterClient>, given: Option<String>) -> Self {
        Self { cluster, given, found: OnceCell::new(), configuration: OnceCell::new() }
    }

    /// The namespace.
    pub async fn find(&self) -> Result<&str, NamespaceError> {
        match &self.given {
            Some(given) => Ok(given),
            None => Ok(self.found.get_or_try_init(|| self.search()).await?),
        }
    }

    /// `argocd-cm` of that namespace.
    pub async fn configuration(&self) -> Result<&Configuration, NamespaceError> {
        let namespace = self.find().await?;
        let read = || async move {
            let resource = resources::config_maps();
            Ok(match self.cluster.get(&resource, namespace, CONFIGURATION).await {
                Ok(Some(found)) => Configuration::Read(found),
                Ok(None) => Configuration::Missing,
                Err(error) if error.kind == ClusterErrorKind::Forbidden => {
                    Configuration::Forbidden(error.message)
                }
                Err(error) => return Err(NamespaceError::from(error)),
            })
        };
        self.configuration.get_or_try_init(read).await
    }

    async fn search(&self) -> Result<String, NamespaceError> {
        let by_name = format!("metadata.name={CONFIGURATION}");
        let held =
            self.list(resources::config_maps(), Content::Full, &by_name).await?.unwrap_or_default();
        if let [only] = held.as_slice() {
            // The search has read the settings already: keep them.
            if self.configuration.set(Configuration::Read(only.clone())).is_err() {
                tracing::trace!("argocd-cm was read twice");
            }
        }
        let holders = namespaces_of(&held);
        if !holders.is_empty() {
            return only_one(holders);
        }
        let applications = self.list(resources::applications(), Content::MetadataOnly, "").await?;
        match namespaces_of(&applications.unwrap_or_default()) {
            none if none.is_empty() => Ok(DEFAULT_NAMESPACE.to_owned()),
            some => only_one(some),
        }
    }

    /// All objects of a kind in all namespaces; `None` when the user may not list them or there
    /// is no such kind.
    async fn list(
        &self,
        resource: ApiResource,
        content: Content,
        field_selector: &str,
    ) -> Result<Option<Vec<Node>>, ClusterError> {
        let request =
            ListRequest { resource, namespace: None, label_selector: String::new(), content };
        match self.cluster.list_fields(&request, field_selector).await {
            Ok(list) => Ok(Some(list.items)),
            Err(error)
                if matches!(
                    error.kind,
                    ClusterErrorKind::Forbidden | ClusterErrorKind::UnknownKind
                ) =>
            {
                tracing::debug!(%error, "cannot look for Argo CD's namespace here");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// The namespaces of objects, sorted, each once.
fn namespaces_of(objects: &[Node]) -> Vec<String> {
    let mut namespaces: Vec<String> =
        objects.iter().map(|object| object.namespace().to_owned()).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    namespaces
}

fn only_one(mut candidates: Vec<String>) -> Result<String, NamespaceError> {
    match candidates.pop() {
        Some(only) if candidates.is_empty() => Ok(only),
        last => {
            candidates.extend(last);
            Err(NamespaceError::Ambiguous { candidates })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_namespace_is_taken_and_several_are_listed() {
        let in_namespace = |namespace: &str| {
            let mut node = Node::mapping();
            node.set(&["metadata", "namespace"], namespace);
            node
        };
        let same = [in_namespace("b"), in_namespace("b")];
        assert_eq!(only_one(namespaces_of(&same)), Ok("b".to_owned()));
        let several = [in_namespace("b"), in_namespace("a"), in_namespace("b")];
        let error = only_one(namespaces_of(&several)).unwrap_err();
        assert_eq!(error.to_string(), "Argo CD's namespace could be any of: a, b");
    }
}
