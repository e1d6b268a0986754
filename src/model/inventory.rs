//! What an Application in a file has put on the cluster, as its record keeps it.

use serde::{Deserialize, Serialize};

use super::application::Application;
use super::resource_key::ResourceKey;
use crate::yaml::{Node, Text};

/// One object that a sync applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryEntry {
    /// API group, `""` for core.
    pub group: Text,
    /// Kind.
    pub kind: Text,
    /// Namespace, `""` for cluster-scoped objects.
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// Its uid, empty when unknown.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub uid: Text,
}

impl InventoryEntry {
    /// Group, kind, namespace and name.
    pub fn key(&self) -> ResourceKey {
        ResourceKey {
            group: self.group.clone(),
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }
}

impl Application {
    /// The inventory of an Application in a file, from its record; empty for others. A store of
    /// files shows it as `inventory` beside `spec`, and takes it the same way in a patch.
    pub fn inventory(&self) -> Vec<InventoryEntry> {
        self.raw.get("inventory").map(Node::decode).and_then(Result::ok).unwrap_or_default()
    }
}
