//! `spec.source`: a repository, a path in it, a revision, and the options of one tool.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::yaml::Node;

/// One source of an Application. Fields that tiphys does not know stay in [`Self::raw`], which
/// is what is written back to status and history.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Node", into = "Node")]
pub struct ApplicationSource {
    /// The source as it was written.
    pub raw: Node,
    /// The fields tiphys works with.
    pub fields: SourceFields,
}

/// The known fields of a source.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SourceFields {
    /// Git URL, Helm repository URL or `oci://` reference.
    #[serde(rename = "repoURL")]
    pub repo_url: String,
    /// Folder in the repository.
    pub path: String,
    /// Branch, tag, commit or semver constraint; empty means `HEAD`.
    pub target_revision: String,
    /// Chart name in a Helm repository.
    pub chart: String,
    /// Alias under which sibling sources may use this one.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Display name.
    pub name: String,
    /// Only tags with this prefix are considered for a semver constraint.
    pub tag_prefix: String,
    /// Helm options; their presence makes the source a Helm one.
    pub helm: Option<Node>,
    /// Kustomize options.
    pub kustomize: Option<KustomizeOptions>,
    /// Options of plain directories.
    pub directory: Option<DirectoryOptions>,
    /// Config management plugin options.
    pub plugin: Option<Node>,
}

/// `source.kustomize`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KustomizeOptions {
    /// Prefix for names.
    pub name_prefix: String,
    /// Suffix for names.
    pub name_suffix: String,
    /// Namespace for every namespaced object.
    pub namespace: String,
    /// `[old=]new[:tag|@digest]`.
    pub images: Vec<String>,
    /// Replica counts by name.
    pub replicas: Vec<ReplicaOverride>,
    /// Labels for everything.
    pub common_labels: BTreeMap<String, String>,
    /// Overwrite labels that the kustomization sets.
    pub force_common_labels: bool,
    /// Leave selectors alone.
    pub label_without_selector: bool,
    /// Label templates too.
    pub label_include_templates: bool,
    /// Annotations for everything.
    pub common_annotations: BTreeMap<String, String>,
    /// Overwrite annotations that the kustomization sets.
    pub force_common_annotations: bool,
    /// Substitute the build environment in annotation values.
    pub common_annotations_envsubst: bool,
    /// Patches appended to the kustomization's.
    pub patches: Vec<Node>,
    /// Components appended to the kustomization's.
    pub components: Vec<String>,
    /// Skip components that do not exist.
    pub ignore_missing_components: bool,
    /// Name of another kustomize version.
    pub version: String,
}

/// One entry of `kustomize.replicas`.
#[derive(Clone, Debug, Deserialize)]
pub struct ReplicaOverride {
    /// Name of the workload.
    pub name: String,
    /// A number, or a string holding one.
    pub count: Node,
}

/// `source.directory`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DirectoryOptions {
    /// Descend into sub-folders.
    pub recurse: bool,
    /// Glob of files to take, relative to the path.
    pub include: String,
    /// Glob of files to leave out; evaluated first.
    pub exclude: String,
    /// Jsonnet options.
    pub jsonnet: Option<Node>,
}

impl TryFrom<Node> for ApplicationSource {
    type Error = serde_json::Error;

    fn try_from(raw: Node) -> Result<Self, Self::Error> {
        Ok(Self { fields: raw.decode()?, raw })
    }
}

impl From<ApplicationSource> for Node {
    fn from(source: ApplicationSource) -> Self {
        source.raw
    }
}

impl PartialEq for ApplicationSource {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl std::ops::Deref for ApplicationSource {
    type Target = SourceFields;

    fn deref(&self) -> &SourceFields {
        &self.fields
    }
}
