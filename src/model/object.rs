//! What every Kubernetes object has, read from a [`Node`]: kind, name, labels, annotations.

use super::resource_key::{GroupKind, ResourceKey};
use crate::yaml::{Mapping, Node};

impl Node {
    /// `apiVersion`, `""` when missing.
    pub fn api_version(&self) -> &str {
        self.str_at(&["apiVersion"])
    }

    /// The API group, `""` for core.
    pub fn group(&self) -> &str {
        self.api_version().rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// The API version without its group.
    pub fn version(&self) -> &str {
        let api_version = self.api_version();
        api_version.rsplit_once('/').map_or(api_version, |(_, version)| version)
    }

    /// `kind`, `""` when missing.
    pub fn kind(&self) -> &str {
        self.str_at(&["kind"])
    }

    /// `metadata.name`, `""` when missing.
    pub fn name(&self) -> &str {
        self.str_at(&["metadata", "name"])
    }

    /// `metadata.generateName`, `""` when missing.
    pub fn generate_name(&self) -> &str {
        self.str_at(&["metadata", "generateName"])
    }

    /// `metadata.namespace`, `""` when missing.
    pub fn namespace(&self) -> &str {
        self.str_at(&["metadata", "namespace"])
    }

    /// `metadata.uid`, `""` when missing.
    pub fn uid(&self) -> &str {
        self.str_at(&["metadata", "uid"])
    }

    /// `metadata.resourceVersion`, `""` when missing.
    pub fn resource_version(&self) -> &str {
        self.str_at(&["metadata", "resourceVersion"])
    }

    /// Whether deletion has been asked for.
    pub fn is_being_deleted(&self) -> bool {
        !self.str_at(&["metadata", "deletionTimestamp"]).is_empty()
    }

    /// The annotation under `key`.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.path(&["metadata", "annotations", key])?.as_str()
    }

    /// The label under `key`.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.path(&["metadata", "labels", key])?.as_str()
    }

    /// Sets one annotation.
    pub fn set_annotation(&mut self, key: &str, value: &str) {
        self.set(&["metadata", "annotations", key], value);
    }

    /// Sets one label.
    pub fn set_label(&mut self, key: &str, value: &str) {
        self.set(&["metadata", "labels", key], value);
    }

    /// Whether `metadata.ownerReferences` names anyone.
    pub fn has_owners(&self) -> bool {
        self.path(&["metadata", "ownerReferences"])
            .and_then(Node::as_sequence)
            .is_some_and(|owners| !owners.is_empty())
    }

    /// The comma-separated elements of an annotation, trimmed, empty ones dropped.
    pub fn annotation_list(&self, key: &str) -> impl Iterator<Item = &str> {
        self.annotation(key).unwrap_or("").split(',').map(str::trim).filter(|item| !item.is_empty())
    }

    /// The group and kind.
    pub fn group_kind(&self) -> GroupKind {
        GroupKind::new(self.group(), self.kind())
    }

    /// Group, kind, namespace and name.
    pub fn key(&self) -> ResourceKey {
        ResourceKey::new(self.group(), self.kind(), self.namespace(), self.name())
    }

    /// Labels as a mapping, if there are any.
    pub fn labels(&self) -> Option<&Mapping> {
        self.path(&["metadata", "labels"])?.as_mapping()
    }
}
