//! Which lists a strategic merge patch merges item by item, and by which keys.
//!
//! These are the rules of the schema kustomize v5.8.2 carries, that of Kubernetes 1.21, and
//! nothing more: in every other list, and in kinds that are not named here, a patch replaces the
//! list as a whole.

/// What is known about one node: whether it is a merging list, and what lies below it.
#[derive(Clone, Copy, Debug)]
pub struct Schema(Shape);

#[derive(Clone, Copy, Debug)]
enum Shape {
    Fields(&'static [Field]),
    List(&'static [&'static str], &'static [Field]),
}

type Field = (&'static str, Shape);

use Shape::{Fields, List};

/// The one "key" of a merging list of plain values.
const PLAIN_VALUES: &[&str] = &[];

const OBJECT_META: &[Field] =
    &[("finalizers", List(PLAIN_VALUES, &[])), ("ownerReferences", List(&["uid"], &[]))];
const METADATA: Field = ("metadata", Fields(OBJECT_META));
const CONDITIONS: Field = ("conditions", List(&["type"], &[]));
const STATUS: Field = ("status", Fields(&[CONDITIONS]));

const ENV: Field = ("env", List(&["name"], &[]));
const VOLUME_DEVICES: Field = ("volumeDevices", List(&["devicePath"], &[]));
const VOLUME_MOUNTS: Field = ("volumeMounts", List(&["mountPath"], &[]));
const CONTAINER: &[Field] =
    &[ENV, ("ports", List(&["containerPort", "protocol"], &[])), VOLUME_DEVICES, VOLUME_MOUNTS];
const EPHEMERAL_CONTAINER: &[Field] = &[ENV, VOLUME_DEVICES, VOLUME_MOUNTS];
const VOLUME: &[Field] = &[("ephemeral", Fields(&[("volumeClaimTemplate", Fields(&[METADATA]))]))];
const POD_SPEC: &[Field] = &[
    ("containers", List(&["name"], CONTAINER)),
    ("ephemeralContainers", List(&["name"], EPHEMERAL_CONTAINER)),
    ("hostAliases", List(&["ip"], &[])),
    ("imagePullSecrets", List(&["name"], &[])),
    ("initContainers", List(&["name"], CONTAINER)),
    ("topologySpreadConstraints", List(&["topologyKey", "whenUnsatisfiable"], &[])),
    ("volumes", List(&["name"], VOLUME)),
];
const POD_TEMPLATE: Field = ("template", Fields(&[METADATA, ("spec", Fields(POD_SPEC))]));

const PLAIN_OBJECT: &[Field] = &[METADATA];
const WITH_CONDITIONS: &[Field] = &[METADATA, STATUS];
const POD: &[Field] = &[
    METADATA,
    ("spec", Fields(POD_SPEC)),
    ("status", Fields(&[CONDITIONS, ("podIPs", List(&["ip"], &[]))])),
];
const POD_TEMPLATE_OBJECT: &[Field] = &[METADATA, POD_TEMPLATE];
const WORKLOAD: &[Field] = &[METADATA, ("spec", Fields(&[POD_TEMPLATE])), STATUS];
const CRON_JOB: &[Field] = &[
    METADATA,
    ("spec", Fields(&[("jobTemplate", Fields(&[METADATA, ("spec", Fields(&[POD_TEMPLATE]))]))])),
];
const SERVICE: &[Field] =
    &[METADATA, ("spec", Fields(&[("ports", List(&["port", "protocol"], &[]))])), STATUS];
const SERVICE_ACCOUNT: &[Field] = &[METADATA, ("secrets", List(&["name"], &[]))];
const WEBHOOKS: &[Field] = &[METADATA, ("webhooks", List(&["name"], &[]))];
const CSI_NODE: &[Field] = &[METADATA, ("spec", Fields(&[("drivers", List(&["name"], &[]))]))];
const NODE: &[Field] = &[
    METADATA,
    ("spec", Fields(&[("podCIDRs", List(PLAIN_VALUES, &[]))])),
    ("status", Fields(&[CONDITIONS, ("addresses", List(&["type"], &[]))])),
];
const COMPONENT_STATUS: &[Field] = &[METADATA, CONDITIONS];

impl Schema {
    /// What is known about the field `name`.
    #[must_use]
    pub fn field(self, name: &str) -> Option<Self> {
        match self.0 {
            Fields(fields) => {
                fields.iter().find(|(field, _)| *field == name).map(|(_, shape)| Self(*shape))
            }
            List(..) => None,
        }
    }

    /// The keys by which the items of this list merge, none for plain values; `None` when it is
    /// no merging list.
    #[must_use]
    pub fn merge_keys(self) -> Option<&'static [&'static str]> {
        match self.0 {
            List(keys, _) => Some(keys),
            Fields(_) => None,
        }
    }

    /// What is known about the items of this list.
    #[must_use]
    pub fn items(self) -> Option<Self> {
        match self.0 {
            List(_, fields) => Some(Self(Fields(fields))),
            Fields(_) => None,
        }
    }
}

/// The rules for objects of one kind, `None` for kinds Kubernetes 1.21 did not have.
#[must_use]
pub fn schema_for(api_version: &str, kind: &str) -> Option<Schema> {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let fields = match (group, kind) {
        ("", kind) if version == "v1" => core_kind(kind)?,
        ("apps", "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet") if version == "v1" => {
            WORKLOAD
        }
        ("batch", "Job") if version == "v1" => WORKLOAD,
        ("batch", "CronJob") if matches!(version, "v1" | "v1beta1") => CRON_JOB,
        ("policy", "PodDisruptionBudget") if matches!(version, "v1" | "v1beta1") => WITH_CONDITIONS,
        ("apiregistration.k8s.io", "APIService") if matches!(version, "v1" | "v1beta1") => {
            WITH_CONDITIONS
        }
        (
            "admissionregistration.k8s.io",
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration",
        ) if matches!(version, "v1" | "v1beta1") => WEBHOOKS,
        ("storage.k8s.io", "CSINode") if matches!(version, "v1" | "v1beta1") => CSI_NODE,
        _ if is_plain_kind(group, version, kind) => PLAIN_OBJECT,
        _ => return None,
    };
    Some(Schema(Fields(fields)))
}

fn core_kind(kind: &str) -> Option<&'static [Field]> {
    Some(match kind {
        "Pod" => POD,
        "PodTemplate" => POD_TEMPLATE_OBJECT,
        "ReplicationController" => WORKLOAD,
        "Service" => SERVICE,
        "ServiceAccount" => SERVICE_ACCOUNT,
        "Node" => NODE,
        "ComponentStatus" => COMPONENT_STATUS,
        "Namespace" | "PersistentVolumeClaim" => WITH_CONDITIONS,
        "Binding" | "ConfigMap" | "Endpoints" | "Event" | "LimitRange" | "PersistentVolume"
        | "ResourceQuota" | "Secret" => PLAIN_OBJECT,
        _ => return None,
    })
}

/// Kinds of which only the metadata merges: group, versions, kinds.
const PLAIN_KINDS: &[(&str, &[&str], &[&str])] = &[
    ("apiextensions.k8s.io", &["v1", "v1beta1"], &["CustomResourceDefinition"]),
    ("apps", &["v1"], &["ControllerRevision"]),
    ("authentication.k8s.io", &["v1", "v1beta1"], &["TokenReview"]),
    ("authentication.k8s.io", &["v1"], &["TokenRequest"]),
    (
        "authorization.k8s.io",
        &["v1", "v1beta1"],
        &[
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ],
    ),
    ("autoscaling", &["v1", "v2beta1", "v2beta2"], &["HorizontalPodAutoscaler"]),
    ("autoscaling", &["v1"], &["Scale"]),
    ("certificates.k8s.io", &["v1", "v1beta1"], &["CertificateSigningRequest"]),
    ("coordination.k8s.io", &["v1", "v1beta1"], &["Lease"]),
    ("discovery.k8s.io", &["v1", "v1beta1"], &["EndpointSlice"]),
    ("events.k8s.io", &["v1", "v1beta1"], &["Event"]),
    ("extensions", &["v1beta1"], &["Ingress"]),
    ("flowcontrol.apiserver.k8s.io", &["v1beta1"], &["FlowSchema", "PriorityLevelConfiguration"]),
    ("networking.k8s.io", &["v1", "v1beta1"], &["Ingress", "IngressClass"]),
    ("networking.k8s.io", &["v1"], &["NetworkPolicy"]),
    ("node.k8s.io", &["v1", "v1beta1"], &["RuntimeClass"]),
    ("policy", &["v1beta1"], &["Eviction", "PodSecurityPolicy"]),
    (
        "rbac.authorization.k8s.io",
        &["v1", "v1beta1"],
        &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
    ),
    ("scheduling.k8s.io", &["v1", "v1beta1"], &["PriorityClass"]),
    ("storage.k8s.io", &["v1", "v1beta1"], &["CSIDriver", "StorageClass", "VolumeAttachment"]),
    ("storage.k8s.io", &["v1beta1"], &["CSIStorageCapacity"]),
];

fn is_plain_kind(group: &str, version: &str, kind: &str) -> bool {
    PLAIN_KINDS.iter().any(|(known, versions, kinds)| {
        *known == group && versions.contains(&version) && kinds.contains(&kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(api_version: &str, kind: &str, path: &[&str]) -> Option<&'static [&'static str]> {
        let root = schema_for(api_version, kind)?;
        let step = |schema: Schema, name: &&str| {
            if *name == "[]" { schema.items() } else { schema.field(name) }
        };
        path.iter().try_fold(root, step)?.merge_keys()
    }

    #[test]
    fn lists_merge_by_the_keys_of_kubernetes_1_21() {
        let check = |api_version: &str, kind: &str, path: &[&str], want: Option<&[&str]>| {
            assert_eq!(keys(api_version, kind, path), want, "{kind} {path:?}");
        };
        let pod = ["spec", "template", "spec"];
        check("apps/v1", "Deployment", &[&pod[..], &["containers"]].concat(), Some(&["name"]));
        let ports = [&pod[..], &["containers", "[]", "ports"]].concat();
        check("apps/v1", "StatefulSet", &ports, Some(&["containerPort", "protocol"]));
        let ports = [&pod[..], &["ephemeralContainers", "[]", "ports"]].concat();
        check("apps/v1", "StatefulSet", &ports, None);
        check("apps/v1", "Deployment", &[&pod[..], &["tolerations"]].concat(), None);
        check("apps/v1beta1", "Deployment", &[&pod[..], &["containers"]].concat(), None);
        check("v1", "Service", &["spec", "ports"], Some(&["port", "protocol"]));
        check("v1", "ConfigMap", &["metadata", "finalizers"], Some(&[]));
        check("autoscaling/v2", "HorizontalPodAutoscaler", &["metadata", "finalizers"], None);
        check("autoscaling/v1", "HorizontalPodAutoscaler", &["metadata", "finalizers"], Some(&[]));
        let job = ["spec", "jobTemplate", "spec", "template", "spec", "volumes"];
        check("batch/v1beta1", "CronJob", &job, Some(&["name"]));
    }
}
