//! Kinds that are never managed: those Argo CD refuses by itself and those its shipped
//! configuration excludes. A cluster without Argo CD has the same list.

/// API groups excluded as a whole.
const GROUPS: &[&str] = &["events.k8s.io", "metrics.k8s.io"];

/// Groups and the kinds of them that are excluded.
const KINDS: &[(&[&str], &[&str])] = &[
    (&[""], &["Event"]),
    (&["coordination.k8s.io"], &["Lease"]),
    (&["", "discovery.k8s.io"], &["Endpoints", "EndpointSlice"]),
    (
        &["authentication.k8s.io", "authorization.k8s.io"],
        &[
            "SelfSubjectReview",
            "TokenReview",
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ],
    ),
    (&["certificates.k8s.io"], &["CertificateSigningRequest"]),
    (&["cert-manager.io"], &["CertificateRequest"]),
    (&["cilium.io"], &["CiliumIdentity", "CiliumEndpoint", "CiliumEndpointSlice"]),
    (
        &["kyverno.io", "reports.kyverno.io", "wgpolicyk8s.io"],
        &[
            "PolicyReport",
            "ClusterPolicyReport",
            "EphemeralReport",
            "ClusterEphemeralReport",
            "AdmissionReport",
            "ClusterAdmissionReport",
            "BackgroundScanReport",
            "ClusterBackgroundScanReport",
            "UpdateRequest",
        ],
    ),
];

/// Whether objects of the kind are left alone, in Git and on the cluster.
pub fn is_excluded(group: &str, kind: &str) -> bool {
    GROUPS.contains(&group)
        || KINDS.iter().any(|(groups, kinds)| groups.contains(&group) && kinds.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noisy_kinds_are_left_alone() {
        let check = |group: &str, kind: &str, excluded: bool| {
            assert_eq!(is_excluded(group, kind), excluded, "{group}/{kind}");
        };
        check("", "Endpoints", true);
        check("discovery.k8s.io", "EndpointSlice", true);
        check("metrics.k8s.io", "PodMetrics", true);
        check("", "ConfigMap", false);
        check("cert-manager.io", "Certificate", false);
    }
}
