//! Which fields hold the names of which kinds: the table built into kustomize v5.8.2, gaps and
//! all (no ReplicationController for ConfigMaps, no ReplicaSet for ServiceAccounts, an
//! IngressClass row that never matches and is therefore left out).

use super::field_path;
use super::resource_id::GvkSelector;

/// A field that holds a name.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    /// Whose name it is.
    pub(super) target: GvkSelector<'static>,
    /// The kinds that have the field.
    pub(super) referrer: GvkSelector<'static>,
    /// The path of the field.
    pub(super) segments: Vec<String>,
    /// Whether the field is the `name` of a `roleRef`, which says itself what it refers to.
    pub(super) is_role_ref: bool,
}

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";

/// Where the pod spec is, by kind. Pods count in `v1` only where names of ConfigMaps and Secrets
/// are concerned.
const POD_SPECS: [(&str, &str); 9] = [
    ("Pod", "spec"),
    ("PodTemplate", "template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
];

const CONFIG_MAP_FIELDS: [&str; 6] = [
    "volumes/configMap/name",
    "containers/env/valueFrom/configMapKeyRef/name",
    "initContainers/env/valueFrom/configMapKeyRef/name",
    "containers/envFrom/configMapRef/name",
    "initContainers/envFrom/configMapRef/name",
    "volumes/projected/sources/configMap/name",
];

const SECRET_FIELDS: [&str; 7] = [
    "volumes/secret/secretName",
    "containers/env/valueFrom/secretKeyRef/name",
    "initContainers/env/valueFrom/secretKeyRef/name",
    "containers/envFrom/secretRef/name",
    "initContainers/envFrom/secretRef/name",
    "imagePullSecrets/name",
    "volumes/projected/sources/secret/name",
];

const fn gvk(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
) -> GvkSelector<'static> {
    GvkSelector { group, version, kind }
}

/// Other fields: target group, version, kind; referrer group, kind; path.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const CONFIG_MAP_ROWS: [Row; 4] = [
    ("", "v1", "ConfigMap", "", "Node", "spec/configSource/configMap"),
    ("", "v1", "ConfigMap", "", "Role", "rules/resourceNames"),
    ("", "v1", "ConfigMap", "", "ClusterRole", "rules/resourceNames"),
    (
        "",
        "v1",
        "ConfigMap",
        "",
        "Ingress",
        r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap",
    ),
];

const SECRET_ROWS: [Row; 12] = [
    ("", "v1", "Secret", "", "Ingress", "spec/tls/secretName"),
    ("", "v1", "Secret", "", "Ingress", r"metadata/annotations/ingress.kubernetes.io\/auth-secret"),
    (
        "",
        "v1",
        "Secret",
        "",
        "Ingress",
        r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret",
    ),
    (
        "",
        "v1",
        "Secret",
        "",
        "Ingress",
        r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret",
    ),
    ("", "v1", "Secret", "", "ServiceAccount", "imagePullSecrets/name"),
    ("", "v1", "Secret", "", "StorageClass", "parameters/secretName"),
    ("", "v1", "Secret", "", "StorageClass", "parameters/adminSecretName"),
    ("", "v1", "Secret", "", "StorageClass", "parameters/userSecretName"),
    ("", "v1", "Secret", "", "StorageClass", "parameters/secretRef"),
    ("", "v1", "Secret", "", "Role", "rules/resourceNames"),
    ("", "v1", "Secret", "", "ClusterRole", "rules/resourceNames"),
    ("", "v1", "Secret", "", "PersistentVolume", "spec/azureFile/secretName"),
];

const SERVICE_ROWS: [Row; 8] = [
    ("", "v1", "Service", "apps", "StatefulSet", "spec/serviceName"),
    ("", "v1", "Service", "", "Ingress", "spec/rules/http/paths/backend/serviceName"),
    ("", "v1", "Service", "", "Ingress", "spec/backend/serviceName"),
    ("", "v1", "Service", "", "Ingress", "spec/rules/http/paths/backend/service/name"),
    ("", "v1", "Service", "", "Ingress", "spec/defaultBackend/service/name"),
    ("", "v1", "Service", "apiregistration.k8s.io", "APIService", "spec/service/name"),
    (
        "",
        "v1",
        "Service",
        ADMISSION,
        "ValidatingWebhookConfiguration",
        "webhooks/clientConfig/service",
    ),
    (
        "",
        "v1",
        "Service",
        ADMISSION,
        "MutatingWebhookConfiguration",
        "webhooks/clientConfig/service",
    ),
];

const FIRST_ROWS: [Row; 8] = [
    ("storage.k8s.io", "v1", "StorageClass", "", "PersistentVolume", "spec/storageClassName"),
    ("storage.k8s.io", "v1", "StorageClass", "", "PersistentVolumeClaim", "spec/storageClassName"),
    (
        "storage.k8s.io",
        "v1",
        "StorageClass",
        "",
        "StatefulSet",
        "spec/volumeClaimTemplates/spec/storageClassName",
    ),
    ("", "v1", "ServiceAccount", RBAC, "RoleBinding", "subjects"),
    ("", "v1", "ServiceAccount", RBAC, "ClusterRoleBinding", "subjects"),
    (RBAC, "", "Role", RBAC, "RoleBinding", "roleRef/name"),
    (RBAC, "", "ClusterRole", RBAC, "RoleBinding", "roleRef/name"),
    (RBAC, "", "ClusterRole", RBAC, "ClusterRoleBinding", "roleRef/name"),
];

const LAST_ROWS: [Row; 7] = [
    ("", "v1", "PersistentVolume", "", "PersistentVolumeClaim", "spec/volumeName"),
    ("", "v1", "PersistentVolume", "", "ClusterRole", "rules/resourceNames"),
    ("", "", "Deployment", "", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name"),
    ("", "", "StatefulSet", "", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name"),
    (
        ADMISSION,
        "",
        "ValidatingAdmissionPolicy",
        ADMISSION,
        "ValidatingAdmissionPolicyBinding",
        "spec/policyName",
    ),
    ("", "", "ReplicaSet", "", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name"),
    ("", "", "ReplicationController", "", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name"),
];

/// The whole table, in the order in which kustomize goes through it.
pub(super) fn table() -> Vec<Reference> {
    let mut table: Vec<Reference> = FIRST_ROWS.into_iter().map(from_row).collect();
    // The pods that know ServiceAccounts, claims and priorities: all but two kinds.
    let running =
        || POD_SPECS.into_iter().filter(|(kind, _)| !["PodTemplate", "ReplicaSet"].contains(kind));
    let accounts = running().map(|(kind, spec)| {
        reference(
            gvk("", "v1", "ServiceAccount"),
            gvk("", "", kind),
            &format!("{spec}/serviceAccountName"),
        )
    });
    table.extend(accounts);
    for (target, fields, rows) in [
        ("ConfigMap", &CONFIG_MAP_FIELDS[..], &CONFIG_MAP_ROWS[..]),
        ("Secret", &SECRET_FIELDS[..], &SECRET_ROWS[..]),
    ] {
        for (kind, spec) in &POD_SPECS[..8] {
            let referrer = gvk("", if *kind == "Pod" { "v1" } else { "" }, kind);
            table.extend(fields.iter().map(|field| {
                reference(gvk("", "v1", target), referrer, &format!("{spec}/{field}"))
            }));
        }
        table.extend(rows.iter().copied().map(from_row));
    }
    table.push(reference(
        gvk("", "v1", "Secret"),
        gvk("serving.knative.dev", "v1", "Service"),
        "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
    ));
    table.extend(SERVICE_ROWS.into_iter().map(from_row));
    for (target, field) in [
        (gvk("scheduling.k8s.io", "v1", "PriorityClass"), "priorityClassName"),
        (gvk("", "v1", "PersistentVolumeClaim"), "volumes/persistentVolumeClaim/claimName"),
    ] {
        let of_pods = running()
            .map(|(kind, spec)| reference(target, gvk("", "", kind), &format!("{spec}/{field}")));
        table.extend(of_pods);
    }
    table.extend(LAST_ROWS.into_iter().map(from_row));
    table
}

fn from_row((group, version, kind, referrer_group, referrer, path): Row) -> Reference {
    reference(gvk(group, version, kind), gvk(referrer_group, "", referrer), path)
}

fn reference(
    target: GvkSelector<'static>,
    referrer: GvkSelector<'static>,
    path: &str,
) -> Reference {
    Reference {
        target,
        referrer,
        segments: field_path::split(path),
        is_role_ref: path == "roleRef/name",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn config_maps_and_secrets_have_as_many_rows_as_kustomize() {
        let count = |kind: &str| table().iter().filter(|row| row.target.kind == kind).count();
        assert_eq!(count("ConfigMap"), 52);
        // One of kustomize's seventy is there twice.
        assert_eq!(count("Secret"), 69);
        assert_eq!(count("ServiceAccount"), 9);
    }
}
