//! The Application resource: what to render, where to put it, how to sync it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::operation::Operation;
use super::source::ApplicationSource;
use super::status::ApplicationStatus;
use super::sync_policy::SyncPolicy;
use crate::yaml::Node;

/// `argoproj.io/v1alpha1`.
pub const API_VERSION: &str = "argoproj.io/v1alpha1";
/// The finalizer that makes deletion cascade in the foreground.
pub const RESOURCES_FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";
/// Asks the controller for a comparison (`normal` or `hard`); removed once done.
pub const REFRESH_ANNOTATION: &str = "argocd.argoproj.io/refresh";
/// Keeps controllers away from an Application.
pub const SKIP_RECONCILE_ANNOTATION: &str = "argocd.argoproj.io/skip-reconcile";

/// An Application: the document as read, and its parts.
///
/// Changes are written as merge patches, never by writing a whole `Application` back, so that
/// fields tiphys does not know survive.
#[derive(Clone, Debug, Default)]
pub struct Application {
    /// The whole document.
    pub raw: Node,
    /// `spec`.
    pub spec: ApplicationSpec,
    /// `status`.
    pub status: ApplicationStatus,
    /// A pending request for a controller.
    pub operation: Option<Operation>,
}

/// Namespace and name of an Application.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApplicationName {
    /// Namespace of the custom resource, or of the file's metadata (default: Argo CD's).
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// `spec` of an Application.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationSpec {
    /// AppProject name; empty means `default`.
    pub project: String,
    /// The single source.
    pub source: Option<ApplicationSource>,
    /// Several sources; wins over `source` when not empty.
    pub sources: Vec<ApplicationSource>,
    /// Source hydrator settings; not supported, kept to say so.
    pub source_hydrator: Option<Node>,
    /// Cluster and namespace.
    pub destination: ApplicationDestination,
    /// Automation, options, retries.
    pub sync_policy: Option<SyncPolicy>,
    /// Differences that do not count.
    pub ignore_differences: Vec<Node>,
    /// How many history entries to keep; default 10.
    pub revision_history_limit: Option<usize>,
}

/// `spec.destination`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationDestination {
    /// API server URL; exclusive with `name`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub server: String,
    /// Cluster name; exclusive with `server`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Namespace for namespaced objects that name none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}

impl Application {
    /// Reads an Application from its document.
    ///
    /// # Errors
    /// When a known field has the wrong type.
    pub fn from_node(raw: Node) -> Result<Self, serde_json::Error> {
        let part = |key: &str| raw.get(key).filter(|node| !node.is_null());
        Ok(Self {
            spec: part("spec").map(Node::decode).transpose()?.unwrap_or_default(),
            status: part("status").map(Node::decode).transpose()?.unwrap_or_default(),
            operation: part("operation").map(Node::decode).transpose()?,
            raw,
        })
    }

    /// Namespace and name.
    pub fn name(&self) -> ApplicationName {
        ApplicationName {
            namespace: self.raw.namespace().to_owned(),
            name: self.raw.name().to_owned(),
        }
    }

    /// The project's name; an empty one means `default`.
    pub fn project(&self) -> &str {
        if self.spec.project.is_empty() { "default" } else { &self.spec.project }
    }

    /// The sources in effect: `sources` when there are any, else `source`.
    pub fn sources(&self) -> Vec<&ApplicationSource> {
        if self.spec.sources.is_empty() {
            self.spec.source.iter().collect()
        } else {
            self.spec.sources.iter().collect()
        }
    }

    /// Whether `spec.sources` is used.
    pub fn has_multiple_sources(&self) -> bool {
        !self.spec.sources.is_empty()
    }

    /// The finalizers of the custom resource.
    pub fn finalizers(&self) -> Vec<&str> {
        let list = self.raw.path(&["metadata", "finalizers"]).and_then(Node::as_sequence);
        list.unwrap_or_default().iter().filter_map(Node::as_str).collect()
    }

    /// The sync policy, empty when there is none.
    pub fn sync_policy(&self) -> SyncPolicy {
        self.spec.sync_policy.clone().unwrap_or_default()
    }
}

impl ApplicationName {
    /// A name in a namespace.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// The name used in tracking ids: bare in Argo CD's own namespace, else `<ns>_<name>`.
    pub fn instance(&self, argocd_namespace: &str) -> String {
        if self.namespace == argocd_namespace || self.namespace.is_empty() {
            self.name.clone()
        } else {
            format!("{}_{}", self.namespace, self.name)
        }
    }
}

impl fmt::Display for ApplicationName {
    /// `namespace/name`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.namespace, self.name)
    }
}
