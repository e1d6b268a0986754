//! Source tree in, manifests out: no network, no Kubernetes client.

pub mod tree;

use crate::model::Manifest;
use crate::yaml::SourceMap;

/// What a render gives.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The objects, in the order of the tool.
    pub manifests: Vec<Manifest>,
    /// The files their positions point to.
    pub files: SourceMap,
    /// Things the user should know that are no errors.
    pub warnings: Vec<String>,
    /// `Kustomize` or `Directory`, as `status.sourceType` has it.
    pub source_type: SourceType,
}

/// Which tool rendered a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceType {
    /// Plain YAML and JSON files.
    #[default]
    Directory,
    /// A kustomization.
    Kustomize,
    /// A Helm chart.
    Helm,
    /// A config management plugin.
    Plugin,
}
