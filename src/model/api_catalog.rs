//! What a cluster serves: kinds, their plural names and scopes.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::resource_key::GroupKind;
use crate::yaml::Text;

/// Whether objects of a kind live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Objects live in a namespace.
    Namespaced,
    /// Objects belong to the whole cluster.
    Cluster,
}

/// One served kind in one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiResource {
    /// API group, `""` for core.
    pub group: Text,
    /// Version, for example `v1`.
    pub version: Text,
    /// Kind.
    pub kind: Text,
    /// Plural name in URLs, for example `deployments`.
    pub plural: Text,
    /// Whether objects live in namespaces.
    pub scope: Scope,
    /// The verbs the server offers, for example `list`, `patch`.
    pub verbs: Vec<Text>,
}

/// Every kind a cluster serves, preferred versions first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<ApiResource>", into = "Vec<ApiResource>")]
pub struct ApiCatalog {
    resources: Vec<ApiResource>,
    index: HashMap<GroupKind, Vec<usize>>,
}

impl ApiResource {
    /// `group/version`, or `version` alone for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The group and kind.
    pub fn group_kind(&self) -> GroupKind {
        GroupKind { group: self.group.clone(), kind: self.kind.clone() }
    }

    /// Whether the server offers `verb`.
    pub fn has_verb(&self, verb: &str) -> bool {
        self.verbs.iter().any(|v| &**v == verb)
    }

    /// Whether objects live in namespaces.
    pub fn is_namespaced(&self) -> bool {
        self.scope == Scope::Namespaced
    }
}

impl ApiCatalog {
    /// The kind in its preferred version (the first one listed).
    pub fn find(&self, kind: &GroupKind) -> Option<&ApiResource> {
        self.index.get(kind)?.first().map(|&i| &self.resources[i])
    }

    /// The kind in exactly `version`.
    pub fn find_version(&self, kind: &GroupKind, version: &str) -> Option<&ApiResource> {
        let all = self.index.get(kind)?;
        all.iter().map(|&i| &self.resources[i]).find(|r| &*r.version == version)
    }

    /// Whether `group` is served in `version` by any kind.
    pub fn serves(&self, group: &str, version: &str) -> bool {
        self.resources.iter().any(|r| &*r.group == group && &*r.version == version)
    }

    /// Each kind once, in its preferred version.
    pub fn preferred(&self) -> impl Iterator<Item = &ApiResource> {
        self.resources.iter().enumerate().filter_map(|(i, resource)| {
            (self.index[&resource.group_kind()].first() == Some(&i)).then_some(resource)
        })
    }
}

impl From<Vec<ApiResource>> for ApiCatalog {
    /// Takes kinds with a group's preferred version before its others.
    fn from(resources: Vec<ApiResource>) -> Self {
        let mut index: HashMap<GroupKind, Vec<usize>> = HashMap::new();
        for (i, resource) in resources.iter().enumerate() {
            index.entry(resource.group_kind()).or_default().push(i);
        }
        Self { resources, index }
    }
}

impl From<ApiCatalog> for Vec<ApiResource> {
    fn from(catalog: ApiCatalog) -> Self {
        catalog.resources
    }
}
