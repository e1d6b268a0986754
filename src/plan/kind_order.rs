//! The order of kinds inside a wave, as Argo CD 3.5 has it. Only the kind counts, not its group.

/// Kinds in the order they are applied; all others come after them.
const ORDER: [&str; 35] = [
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

/// The place of `kind` in the order.
pub fn rank(kind: &str) -> usize {
    ORDER.iter().position(|known| *known == kind).unwrap_or(ORDER.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unlisted_kinds_come_last() {
        assert!(rank("Namespace") < rank("Secret"));
        assert!(rank("Secret") < rank("Deployment"));
        assert_eq!(rank("VirtualService"), rank("ValidatingWebhookConfiguration"));
        assert!(rank("APIService") < rank("VirtualService"));
    }
}
