//! The AppProject resource: which sources, destinations and kinds its Applications may use.

use serde::{Deserialize, Serialize};

use crate::yaml::Node;

/// An AppProject: the document as read, and its rules.
#[derive(Clone, Debug, Default)]
pub struct AppProject {
    /// The whole document.
    pub raw: Node,
    /// `spec`.
    pub spec: AppProjectSpec,
}

/// `spec` of an AppProject.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AppProjectSpec {
    /// Free text.
    pub description: String,
    /// URL globs; `!` denies.
    pub source_repos: Vec<String>,
    /// Clusters and namespaces; `!` denies.
    pub destinations: Vec<ProjectDestination>,
    /// Cluster-scoped kinds that are allowed; none means none.
    pub cluster_resource_whitelist: Vec<ProjectKind>,
    /// Cluster-scoped kinds that are not.
    pub cluster_resource_blacklist: Vec<ProjectKind>,
    /// Namespaced kinds that are allowed; absent means all.
    pub namespace_resource_whitelist: Option<Vec<ProjectKind>>,
    /// Namespaced kinds that are not.
    pub namespace_resource_blacklist: Vec<ProjectKind>,
    /// Namespaces whose Applications may use the project.
    pub source_namespaces: Vec<String>,
    /// Orphan monitoring settings.
    pub orphaned_resources: Option<Node>,
    /// Keys commits must be signed with.
    pub signature_keys: Vec<Node>,
    /// Service accounts for impersonation.
    pub destination_service_accounts: Vec<Node>,
}

/// One entry of `destinations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectDestination {
    /// Server URL glob.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub server: String,
    /// Cluster name glob.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Namespace glob.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}

/// A kind in an allow or deny list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectKind {
    /// Group glob.
    pub group: String,
    /// Kind glob.
    pub kind: String,
    /// Name glob, for cluster-scoped kinds.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

impl AppProject {
    /// Reads a project from its document.
    ///
    /// # Errors
    /// When a known field has the wrong type.
    pub fn from_node(raw: Node) -> Result<Self, serde_json::Error> {
        let spec = raw.get("spec").map(Node::decode).transpose()?.unwrap_or_default();
        Ok(Self { raw, spec })
    }

    /// The project's name.
    pub fn name(&self) -> &str {
        self.raw.name()
    }
}
