//! The identity of a resource: group, version, kind, name and namespace, and which kinds are
//! cluster-scoped, as kustomize v5.8.2 has them built in (Kubernetes 1.21 and two later kinds).

use std::fmt;
use std::sync::LazyLock;

use crate::yaml::{Node, Text, Value};

/// The namespace that cluster-scoped resources count as being in.
const NO_NAMESPACE: &str = "_non_namespaceable_";

/// Group, version and kind. In a selector, a blank part matches anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct GroupVersionKind {
    pub(super) group: Text,
    pub(super) version: Text,
    pub(super) kind: Text,
}

/// A resource's present id. Two ids are the same when group, version, kind and name are equal
/// and so is the effective namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct ResourceId {
    pub(super) gvk: GroupVersionKind,
    pub(super) name: Text,
    /// `default` for none, a reserved word for cluster-scoped kinds.
    pub(super) effective_namespace: Text,
}

/// A name, kind and namespace that a resource had before; group and version are always those it
/// has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PreviousId {
    pub(super) kind: Text,
    pub(super) name: Text,
    pub(super) effective_namespace: Text,
}

impl GroupVersionKind {
    /// Reads `apiVersion` and `kind`.
    pub(super) fn of(node: &Node) -> Self {
        let text = |key: &str| node.get(key).map_or_else(Text::default, scalar_text);
        let api_version = text("apiVersion");
        let (group, version) = match api_version.split_once('/') {
            Some((group, version)) => (group.into(), version.into()),
            None => (Text::default(), api_version),
        };
        Self { group, version, kind: text("kind") }
    }

    /// Whether `selector` selects this.
    pub(super) fn is_selected(&self, selector: &GvkSelector<'_>) -> bool {
        selector.matches(&self.group, &self.version, &self.kind)
    }

    /// Whether this is certainly cluster-scoped; unknown kinds are not.
    pub(super) fn is_cluster_scoped(&self) -> bool {
        is_cluster_scoped(&self.group, &self.version, &self.kind)
    }
}

/// A pattern for group, version and kind; blank parts match anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct GvkSelector<'a> {
    pub(super) group: &'a str,
    pub(super) version: &'a str,
    pub(super) kind: &'a str,
}

impl GvkSelector<'_> {
    /// Whether this matches a group, version and kind.
    pub(super) fn matches(&self, group: &str, version: &str, kind: &str) -> bool {
        (self.kind.is_empty() || self.kind == kind)
            && (self.group.is_empty() || self.group == group)
            && (self.version.is_empty() || self.version == version)
    }
}

impl ResourceId {
    /// Reads the id of a resource.
    pub(super) fn of(node: &Node) -> Self {
        let gvk = GroupVersionKind::of(node);
        let effective_namespace = effective_namespace(&gvk, &namespace_of(node));
        Self { name: name_of(node), effective_namespace, gvk }
    }

    /// The id this resource had, with today's group and version.
    pub(super) fn before(&self, previous: &PreviousId) -> Self {
        Self {
            gvk: GroupVersionKind { kind: previous.kind.clone(), ..self.gvk.clone() },
            name: previous.name.clone(),
            effective_namespace: previous.effective_namespace.clone(),
        }
    }

    /// Whether it is certainly cluster-scoped.
    pub(super) fn is_cluster_scoped(&self) -> bool {
        &*self.effective_namespace == NO_NAMESPACE
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.gvk.kind, self.name)?;
        if !self.gvk.group.is_empty() {
            write!(f, " ({}/{})", self.gvk.group, self.gvk.version)?;
        }
        if !self.is_cluster_scoped() {
            write!(f, " in namespace {}", self.effective_namespace)?;
        }
        Ok(())
    }
}

/// The text of a scalar as it was written; `""` for null and for anything that is no scalar.
pub(super) fn scalar_text(node: &Node) -> Text {
    match &node.value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_written().clone(),
        Value::Bool(true) => "true".into(),
        Value::Bool(false) => "false".into(),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) => Text::default(),
    }
}

/// `metadata.name` as text.
pub(super) fn name_of(node: &Node) -> Text {
    node.path(&["metadata", "name"]).map_or_else(Text::default, scalar_text)
}

/// `metadata.namespace` as text.
pub(super) fn namespace_of(node: &Node) -> Text {
    node.path(&["metadata", "namespace"]).map_or_else(Text::default, scalar_text)
}

fn effective_namespace(gvk: &GroupVersionKind, namespace: &Text) -> Text {
    static RESERVED: LazyLock<[Text; 2]> =
        LazyLock::new(|| [NO_NAMESPACE.into(), "default".into()]);
    if gvk.is_cluster_scoped() {
        RESERVED[0].clone()
    } else if namespace.is_empty() {
        RESERVED[1].clone()
    } else {
        namespace.clone()
    }
}

/// Whether a kind that Kubernetes brings has no namespace.
pub fn is_cluster_scoped(group: &str, version: &str, kind: &str) -> bool {
    let beta_or_stable = matches!(version, "v1" | "v1beta1");
    match group {
        "" => {
            version == "v1"
                && matches!(
                    kind,
                    "ComponentStatus"
                        | "Namespace"
                        | "Node"
                        | "NodeProxyOptions"
                        | "PersistentVolume"
                )
        }
        "admissionregistration.k8s.io" => match kind {
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => beta_or_stable,
            "ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding" => version == "v1",
            _ => false,
        },
        "apiextensions.k8s.io" => beta_or_stable && kind == "CustomResourceDefinition",
        "apiregistration.k8s.io" => beta_or_stable && kind == "APIService",
        "certificates.k8s.io" => beta_or_stable && kind == "CertificateSigningRequest",
        "flowcontrol.apiserver.k8s.io" => {
            version == "v1beta1" && matches!(kind, "FlowSchema" | "PriorityLevelConfiguration")
        }
        "networking.k8s.io" => beta_or_stable && kind == "IngressClass",
        "node.k8s.io" => beta_or_stable && kind == "RuntimeClass",
        "policy" => version == "v1beta1" && kind == "PodSecurityPolicy",
        "rbac.authorization.k8s.io" => {
            beta_or_stable && matches!(kind, "ClusterRole" | "ClusterRoleBinding")
        }
        "scheduling.k8s.io" => beta_or_stable && kind == "PriorityClass",
        "storage.k8s.io" => {
            beta_or_stable
                && matches!(kind, "CSIDriver" | "CSINode" | "StorageClass" | "VolumeAttachment")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(json: &str) -> ResourceId {
        ResourceId::of(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn no_namespace_is_the_default_one() {
        let blank = id(r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}"#);
        let named = id(
            r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","namespace":"default"}}"#,
        );
        assert_eq!(blank, named);
        assert_eq!(blank.to_string(), "Secret a in namespace default");
    }

    #[test]
    fn cluster_scope_depends_on_group_and_version() {
        let check = |api_version: &str, kind: &str, expected: bool| {
            let json = format!(
                r#"{{"apiVersion":"{api_version}","kind":"{kind}","metadata":{{"name":"a"}}}}"#
            );
            assert_eq!(id(&json).is_cluster_scoped(), expected, "{api_version} {kind}");
        };
        check("v1", "Namespace", true);
        check("example.com/v1", "Namespace", false);
        check("rbac.authorization.k8s.io/v1", "ClusterRole", true);
        check("rbac.authorization.k8s.io/v1", "Role", false);
        check("cert-manager.io/v1", "ClusterIssuer", false);
        check("storage.k8s.io/v1beta1", "CSIStorageCapacity", false);
    }
}
