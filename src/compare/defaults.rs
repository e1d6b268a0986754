//! Values that the API server fills in when they are left out, by Go type and field.
//!
//! Used where leaving a field out does not simply leave the live value alone: in lists that are
//! replaced as a whole, in structs whose absent keys are dropped, and for fields that Git no
//! longer sets. Facts of Kubernetes 1.36.

use super::quantity::same_quantity;
use crate::yaml::{Mapping, Node};

/// Type, field, default as JSON; sorted by type and field. Fields whose default depends on their
/// neighbours are in [`depends_on_neighbours`].
const DEFAULTS: &[(&str, &str, &str)] = &[
    ("ConfigMapVolumeSource", "defaultMode", "420"),
    ("Container", "resources", "{}"),
    ("Container", "terminationMessagePath", r#""/dev/termination-log""#),
    ("Container", "terminationMessagePolicy", r#""File""#),
    ("ContainerPort", "protocol", r#""TCP""#),
    ("CustomResourceDefinitionSpec", "conversion", r#"{"strategy":"None"}"#),
    ("DaemonSetSpec", "revisionHistoryLimit", "10"),
    (
        "DaemonSetSpec",
        "updateStrategy",
        r#"{"type":"RollingUpdate","rollingUpdate":{"maxSurge":0,"maxUnavailable":1}}"#,
    ),
    ("DaemonSetUpdateStrategy", "type", r#""RollingUpdate""#),
    ("DeploymentSpec", "progressDeadlineSeconds", "600"),
    ("DeploymentSpec", "replicas", "1"),
    ("DeploymentSpec", "revisionHistoryLimit", "10"),
    (
        "DeploymentSpec",
        "strategy",
        r#"{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}}"#,
    ),
    ("DeploymentStrategy", "type", r#""RollingUpdate""#),
    ("DownwardAPIVolumeSource", "defaultMode", "420"),
    ("EphemeralContainer", "resources", "{}"),
    ("EphemeralContainer", "terminationMessagePath", r#""/dev/termination-log""#),
    ("EphemeralContainer", "terminationMessagePolicy", r#""File""#),
    ("HTTPGetAction", "path", r#""/""#),
    ("HTTPGetAction", "scheme", r#""HTTP""#),
    ("HostPathVolumeSource", "type", r#""""#),
    ("IngressClassParametersReference", "scope", r#""Cluster""#),
    ("NamespaceSpec", "finalizers", r#"["kubernetes"]"#),
    ("NetworkPolicyPort", "protocol", r#""TCP""#),
    ("ObjectFieldSelector", "apiVersion", r#""v1""#),
    ("PersistentVolumeClaim", "apiVersion", r#""v1""#),
    ("PersistentVolumeClaim", "kind", r#""PersistentVolumeClaim""#),
    ("PersistentVolumeClaim", "status", r#"{"phase":"Pending"}"#),
    ("PersistentVolumeClaimSpec", "volumeMode", r#""Filesystem""#),
    ("PersistentVolumeClaimStatus", "phase", r#""Pending""#),
    ("PersistentVolumeSpec", "persistentVolumeReclaimPolicy", r#""Retain""#),
    ("PersistentVolumeSpec", "volumeMode", r#""Filesystem""#),
    ("PodSpec", "dnsPolicy", r#""ClusterFirst""#),
    ("PodSpec", "restartPolicy", r#""Always""#),
    ("PodSpec", "schedulerName", r#""default-scheduler""#),
    ("PodSpec", "securityContext", "{}"),
    ("PodSpec", "terminationGracePeriodSeconds", "30"),
    ("Probe", "failureThreshold", "3"),
    ("Probe", "periodSeconds", "10"),
    ("Probe", "successThreshold", "1"),
    ("Probe", "timeoutSeconds", "1"),
    ("ProjectedVolumeSource", "defaultMode", "420"),
    ("ReplicaSetSpec", "replicas", "1"),
    ("ResourceFieldSelector", "divisor", r#""0""#),
    ("RoleRef", "apiGroup", r#""rbac.authorization.k8s.io""#),
    ("SecretVolumeSource", "defaultMode", "420"),
    ("ServiceAccountTokenProjection", "expirationSeconds", "3600"),
    ("ServicePort", "protocol", r#""TCP""#),
    ("ServiceSpec", "internalTrafficPolicy", r#""Cluster""#),
    ("ServiceSpec", "ipFamilyPolicy", r#""SingleStack""#),
    ("ServiceSpec", "sessionAffinity", r#""None""#),
    ("ServiceSpec", "type", r#""ClusterIP""#),
    (
        "StatefulSetSpec",
        "persistentVolumeClaimRetentionPolicy",
        r#"{"whenDeleted":"Retain","whenScaled":"Retain"}"#,
    ),
    ("StatefulSetSpec", "podManagementPolicy", r#""OrderedReady""#),
    ("StatefulSetSpec", "replicas", "1"),
    ("StatefulSetSpec", "revisionHistoryLimit", "10"),
    (
        "StatefulSetSpec",
        "updateStrategy",
        r#"{"type":"RollingUpdate","rollingUpdate":{"partition":0}}"#,
    ),
    ("StatefulSetUpdateStrategy", "type", r#""RollingUpdate""#),
    ("admissionregistrationv1.MatchResources", "matchPolicy", r#""Equivalent""#),
    ("admissionregistrationv1.MatchResources", "namespaceSelector", "{}"),
    ("admissionregistrationv1.MatchResources", "objectSelector", "{}"),
    ("admissionregistrationv1.MutatingWebhook", "failurePolicy", r#""Fail""#),
    ("admissionregistrationv1.MutatingWebhook", "matchPolicy", r#""Equivalent""#),
    ("admissionregistrationv1.MutatingWebhook", "namespaceSelector", "{}"),
    ("admissionregistrationv1.MutatingWebhook", "objectSelector", "{}"),
    ("admissionregistrationv1.MutatingWebhook", "reinvocationPolicy", r#""Never""#),
    ("admissionregistrationv1.MutatingWebhook", "timeoutSeconds", "10"),
    ("admissionregistrationv1.NamedRuleWithOperations", "scope", r#""*""#),
    ("admissionregistrationv1.RuleWithOperations", "scope", r#""*""#),
    ("admissionregistrationv1.ServiceReference", "port", "443"),
    ("admissionregistrationv1.ValidatingWebhook", "failurePolicy", r#""Fail""#),
    ("admissionregistrationv1.ValidatingWebhook", "matchPolicy", r#""Equivalent""#),
    ("admissionregistrationv1.ValidatingWebhook", "namespaceSelector", "{}"),
    ("admissionregistrationv1.ValidatingWebhook", "objectSelector", "{}"),
    ("admissionregistrationv1.ValidatingWebhook", "timeoutSeconds", "10"),
    ("autoscalingv1.HorizontalPodAutoscalerSpec", "minReplicas", "1"),
    ("autoscalingv2.HorizontalPodAutoscalerSpec", "minReplicas", "1"),
    ("batchv1.CronJobSpec", "concurrencyPolicy", r#""Allow""#),
    ("batchv1.CronJobSpec", "failedJobsHistoryLimit", "1"),
    ("batchv1.CronJobSpec", "successfulJobsHistoryLimit", "3"),
    ("batchv1.CronJobSpec", "suspend", "false"),
    ("batchv1.JobSpec", "backoffLimit", "6"),
    ("batchv1.JobSpec", "completionMode", r#""NonIndexed""#),
    ("batchv1.JobSpec", "completions", "1"),
    ("batchv1.JobSpec", "parallelism", "1"),
    ("batchv1.JobSpec", "podReplacementPolicy", r#""TerminatingOrFailed""#),
    ("batchv1.JobSpec", "suspend", "false"),
    ("batchv1.PodFailurePolicyOnPodConditionsPattern", "status", r#""True""#),
    ("resourcev1.DeviceSubRequest", "allocationMode", r#""ExactCount""#),
    ("resourcev1.DeviceSubRequest", "count", "1"),
    ("resourcev1.DeviceToleration", "operator", r#""Equal""#),
    ("resourcev1.ExactDeviceRequest", "allocationMode", r#""ExactCount""#),
    ("resourcev1.ExactDeviceRequest", "count", "1"),
    ("storage.k8s.io/v1/StorageClass", "reclaimPolicy", r#""Delete""#),
    ("storage.k8s.io/v1/StorageClass", "volumeBindingMode", r#""Immediate""#),
    ("v1/Secret", "type", r#""Opaque""#),
];

/// Whether the server puts `live` under `key` of a `type_name` when Git leaves it out and writes
/// `target` beside it.
pub(super) fn is_server_default(type_name: &str, key: &str, live: &Node, target: &Mapping) -> bool {
    match table_default(type_name, key) {
        Some(value) => value == *live,
        None => depends_on_neighbours(type_name, key, live, target),
    }
}

/// The default of a field, where it does not depend on the neighbours.
pub(super) fn table_default(type_name: &str, key: &str) -> Option<Node> {
    let row = DEFAULTS.binary_search_by(|(kind, field, _)| (*kind, *field).cmp(&(type_name, key)));
    serde_json::from_str(DEFAULTS[row.ok()?].2).ok()
}

fn depends_on_neighbours(type_name: &str, key: &str, live: &Node, target: &Mapping) -> bool {
    let text = |key: &str| target.get(key).and_then(Node::as_str).unwrap_or("");
    let is = |value: &str| live.as_str() == Some(value);
    match (type_name, key) {
        ("Container" | "EphemeralContainer", "imagePullPolicy") => {
            is(if pulls_always(text("image")) { "Always" } else { "IfNotPresent" })
        }
        ("CustomResourceDefinitionNames", "listKind") => is(&format!("{}List", text("kind"))),
        ("CustomResourceDefinitionNames", "singular") => is(&text("kind").to_lowercase()),
        ("DaemonSetUpdateStrategy", "rollingUpdate") => {
            rolls(text("type")) && is_json(live, r#"{"maxSurge":0,"maxUnavailable":1}"#)
        }
        ("DeploymentStrategy", "rollingUpdate") => {
            rolls(text("type")) && is_json(live, r#"{"maxSurge":"25%","maxUnavailable":"25%"}"#)
        }
        ("LimitRangeItem", "default") => copies(live, target, &["default", "max"]),
        ("LimitRangeItem", "defaultRequest") => {
            copies(live, target, &["defaultRequest", "default", "min", "max"])
        }
        ("NetworkPolicySpec", "policyTypes") => is_json(live, policy_types(target)),
        ("PodSpec", "serviceAccount") => is(text("serviceAccountName")),
        // Chosen by the server once and kept for as long as they fit.
        ("ServicePort", "nodePort")
        | ("ServiceSpec", "clusterIP" | "clusterIPs" | "healthCheckNodePort" | "ipFamilies") => {
            true
        }
        ("ServicePort", "targetPort") => target.get("port") == Some(live),
        ("ServiceSpec", "externalTrafficPolicy") => {
            is("Cluster") && matches!(text("type"), "NodePort" | "LoadBalancer")
        }
        ("StatefulSetUpdateStrategy", "rollingUpdate") => {
            rolls(text("type")) && is_json(live, r#"{"partition":0}"#)
        }
        ("Subject", "apiGroup") => {
            matches!(text("kind"), "User" | "Group") && is("rbac.authorization.k8s.io")
        }
        ("Volume", "emptyDir") => is_json(live, "{}") && target.len() <= 1,
        _ => false,
    }
}

/// A map of quantities that Git sets in part, with what the server adds to it from its
/// neighbours; `None` when there are no such neighbours.
pub(super) fn completed(
    type_name: &str,
    key: &str,
    wanted: &Node,
    live: &Node,
    target: &Mapping,
) -> Option<Node> {
    if type_name != "LimitRangeItem" || !matches!(key, "default" | "defaultRequest") {
        return None;
    }
    let mut completed = wanted.clone();
    for (resource, quantity) in live.as_mapping()?.iter() {
        let alone = Mapping::from_iter([(resource.clone(), quantity.clone())]).into();
        if wanted.get(resource).is_none() && is_server_default(type_name, key, &alone, target) {
            completed.set(&[&**resource], quantity.clone());
        }
    }
    Some(completed)
}

/// The target of a Pod with the tolerations that admission has added to the live one: the list
/// is replaced as a whole, and the server adds them again. `None` when there are none.
pub(super) fn admitted_pod(target: &Node, live: &Node) -> Option<Node> {
    const TOLERATIONS: &[&str] = &["spec", "tolerations"];
    let of = |pod: &Node| pod.path(TOLERATIONS).and_then(Node::as_sequence).map(<[Node]>::to_vec);
    let mut wanted = of(target)?;
    let live = of(live)?.into_iter();
    let admitted: Vec<Node> =
        live.filter(|live| is_added_by_admission(live) && !wanted.contains(live)).collect();
    if admitted.is_empty() {
        return None;
    }
    wanted.extend(admitted);
    let mut pod = target.clone();
    pod.set(TOLERATIONS, Node::from(wanted));
    Some(pod)
}

/// What the admission plugin `DefaultTolerationSeconds` gives every Pod.
fn is_added_by_admission(toleration: &Node) -> bool {
    ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
        .contains(&toleration.str_at(&["key"]))
        && toleration.str_at(&["operator"]) == "Exists"
        && toleration.str_at(&["effect"]) == "NoExecute"
        && toleration.path(&["tolerationSeconds"]).and_then(Node::as_i64) == Some(300)
}

/// Whether each quantity of `live` is one that `target` has under any of the given fields.
fn copies(live: &Node, target: &Mapping, fields: &[&str]) -> bool {
    let of_container = target.get("type").and_then(Node::as_str) == Some("Container");
    let has = |resource: &str, quantity: &Node| {
        let given = fields.iter().filter_map(|field| target.get(field)?.get(resource));
        given.into_iter().any(|given| same_quantity(given, quantity))
    };
    of_container && live.as_mapping().is_some_and(|live| live.iter().all(|(k, v)| has(k, v)))
}

/// Egress counts only when there are rules for it.
fn policy_types(target: &Mapping) -> &'static str {
    let egress = target.get("egress").and_then(Node::as_sequence).unwrap_or_default();
    if egress.is_empty() { r#"["Ingress"]"# } else { r#"["Ingress","Egress"]"# }
}

fn rolls(strategy: &str) -> bool {
    matches!(strategy, "" | "RollingUpdate")
}

fn is_json(live: &Node, json: &str) -> bool {
    serde_json::from_str::<Node>(json).is_ok_and(|value| value == *live)
}

/// Images without a tag or digest, and those tagged `latest`, are pulled every time.
fn pulls_always(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    if name.contains('@') {
        return false;
    }
    name.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(DEFAULTS.is_sorted_by_key(|(kind, field, _)| (*kind, *field)));
    }

    #[test]
    fn every_default_is_json() {
        for (kind, field, json) in DEFAULTS {
            assert!(serde_json::from_str::<Node>(json).is_ok(), "{kind}.{field}");
        }
    }

    #[test]
    fn defaults_may_depend_on_their_neighbours() {
        let check = |kind: &str, key: &str, live: &str, target: &str, default: bool| {
            let target: Node = serde_json::from_str(target).unwrap();
            let live: Node = serde_json::from_str(live).unwrap();
            let target = target.as_mapping().unwrap();
            assert_eq!(
                is_server_default(kind, key, &live, target),
                default,
                "{kind} {key} {live:?}"
            );
        };
        check("Container", "imagePullPolicy", r#""Always""#, r#"{"image":"a:5000/web"}"#, true);
        check("Container", "imagePullPolicy", r#""Always""#, r#"{"image":"web:1"}"#, false);
        check("Container", "imagePullPolicy", r#""IfNotPresent""#, r#"{"image":"web:1"}"#, true);
        check("ServicePort", "targetPort", "80", r#"{"port":80}"#, true);
        check("ServicePort", "targetPort", "8080", r#"{"port":80}"#, false);
        check("DeploymentStrategy", "rollingUpdate", "{}", r#"{"type":"Recreate"}"#, false);
    }
}
