//! What names an object: group, kind, namespace and name. The version does not count.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::yaml::Text;

/// An API group and a kind; the core group is the empty string.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GroupKind {
    /// API group, `""` for core.
    pub group: Text,
    /// Kind, for example `Deployment`.
    pub kind: Text,
}

/// Names one object on a cluster. Ordered by group, kind, namespace, name, as Argo CD lists them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResourceKey {
    /// API group, `""` for core.
    pub group: Text,
    /// Kind.
    pub kind: Text,
    /// Namespace, `""` for cluster-scoped objects.
    pub namespace: Text,
    /// Name.
    pub name: Text,
}

impl GroupKind {
    /// A group and kind from their names.
    pub fn new(group: &str, kind: &str) -> Self {
        Self { group: group.into(), kind: kind.into() }
    }
}

impl ResourceKey {
    /// A key from its four parts.
    pub fn new(group: &str, kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            group: group.into(),
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// The group and kind alone.
    pub fn group_kind(&self) -> GroupKind {
        GroupKind { group: self.group.clone(), kind: self.kind.clone() }
    }
}

impl fmt::Display for GroupKind {
    /// `group/Kind`, or `/Kind` for the core group, as Argo CD prints it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.group, self.kind)
    }
}

impl fmt::Display for ResourceKey {
    /// `apps/Deployment production/web`; cluster-scoped objects have no namespace part.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.group.is_empty() {
            write!(formatter, "{}/", self.group)?;
        }
        write!(formatter, "{} ", self.kind)?;
        if !self.namespace.is_empty() {
            write!(formatter, "{}/", self.namespace)?;
        }
        formatter.write_str(&self.name)
    }
}
