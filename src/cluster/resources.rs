//! The few kinds that tiphys itself reads and writes, so that no discovery is needed for them.

use crate::model::{ApiResource, Scope};

fn resource(group: &str, version: &str, kind: &str, plural: &str, scope: Scope) -> ApiResource {
    ApiResource {
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
        plural: plural.into(),
        scope,
        verbs: Vec::new(),
    }
}

/// `Application` of Argo CD.
pub fn applications() -> ApiResource {
    resource("argoproj.io", "v1alpha1", "Application", "applications", Scope::Namespaced)
}

/// `AppProject` of Argo CD.
pub fn app_projects() -> ApiResource {
    resource("argoproj.io", "v1alpha1", "AppProject", "appprojects", Scope::Namespaced)
}

/// `ConfigMap`.
pub fn config_maps() -> ApiResource {
    resource("", "v1", "ConfigMap", "configmaps", Scope::Namespaced)
}

/// `Secret`.
pub fn secrets() -> ApiResource {
    resource("", "v1", "Secret", "secrets", Scope::Namespaced)
}

/// `Namespace`.
pub fn namespaces() -> ApiResource {
    resource("", "v1", "Namespace", "namespaces", Scope::Cluster)
}

/// `Lease`.
pub fn leases() -> ApiResource {
    resource("coordination.k8s.io", "v1", "Lease", "leases", Scope::Namespaced)
}

/// `CustomResourceDefinition`.
pub fn custom_resource_definitions() -> ApiResource {
    resource(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        Scope::Cluster,
    )
}
