//! Judgements by kind: one row per rule.

use super::*;
use HealthStatusCode::{Degraded, Healthy, Missing, Progressing, Suspended, Unknown};

fn object(api_version: &str, kind: &str, rest: &str) -> Node {
    let text = format!(
        r#"{{"apiVersion":"{api_version}","kind":"{kind}","metadata":{{"name":"web","generation":2}}{}{rest}}}"#,
        if rest.is_empty() { "" } else { "," }
    );
    serde_json::from_str(&text).unwrap()
}

fn check(api_version: &str, kind: &str, rest: &str, want: HealthStatusCode) {
    let health = assess(&object(api_version, kind, rest)).map(|health| health.status);
    assert_eq!(health, Some(want), "{kind} {rest}");
}

#[test]
fn deployments_follow_their_rollout() {
    let check = |rest: &str, want| check("apps/v1", "Deployment", rest, want);
    check(r#""spec":{"paused":true}"#, Suspended);
    check(r#""spec":{},"status":{"observedGeneration":1}"#, Progressing);
    let status = |fields: &str| {
        format!(r#""spec":{{"replicas":2}},"status":{{"observedGeneration":2,{fields}}}"#)
    };
    check(
        &status(
            r#""conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded"}]"#,
        ),
        Degraded,
    );
    check(&status(r#""updatedReplicas":1"#), Progressing);
    check(&status(r#""updatedReplicas":2,"replicas":3"#), Progressing);
    check(&status(r#""updatedReplicas":2,"replicas":2,"availableReplicas":1"#), Progressing);
    check(&status(r#""updatedReplicas":2,"replicas":2,"availableReplicas":2"#), Healthy);
}

#[test]
fn stateful_sets_follow_their_revision() {
    let check = |spec: &str, status: &str, want| {
        let rest = format!(r#""spec":{{"replicas":3{spec}}},"status":{{{status}}}"#);
        check("apps/v1", "StatefulSet", &rest, want);
    };
    let ready = r#""observedGeneration":2,"readyReplicas":3"#;
    check("", "", Progressing);
    check("", r#""observedGeneration":2,"readyReplicas":2"#, Progressing);
    let partition = r#","updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":1}}"#;
    check(partition, &format!(r#"{ready},"updatedReplicas":1"#), Progressing);
    check(partition, &format!(r#"{ready},"updatedReplicas":2"#), Healthy);
    check(
        r#","updateStrategy":{"type":"OnDelete"}"#,
        &format!(r#"{ready},"updateRevision":"b""#),
        Healthy,
    );
    check("", &format!(r#"{ready},"updateRevision":"b","currentRevision":"a""#), Progressing);
    check("", &format!(r#"{ready},"updateRevision":"a","currentRevision":"a""#), Healthy);
}

#[test]
fn daemon_sets_cover_every_node() {
    let check = |spec: &str, status: &str, want| {
        let rest = format!(r#""spec":{{{spec}}},"status":{{{status}}}"#);
        check("apps/v1", "DaemonSet", &rest, want);
    };
    check("", r#""observedGeneration":1"#, Progressing);
    let counts = |updated: u8, available: u8| {
        format!(
            r#""observedGeneration":2,"desiredNumberScheduled":2,"updatedNumberScheduled":{updated},"numberAvailable":{available}"#
        )
    };
    check(r#""updateStrategy":{"type":"OnDelete"}"#, &counts(0, 0), Healthy);
    check("", &counts(1, 2), Progressing);
    check("", &counts(2, 1), Progressing);
    check("", &counts(2, 2), Healthy);
}

#[test]
fn replica_sets_have_their_replicas() {
    let check = |status: &str, want| {
        let rest = format!(r#""spec":{{"replicas":1}},"status":{{{status}}}"#);
        check("apps/v1", "ReplicaSet", &rest, want);
    };
    check(r#""observedGeneration":1"#, Progressing);
    check(
        r#""observedGeneration":2,"conditions":[{"type":"ReplicaFailure","status":"True"}]"#,
        Degraded,
    );
    check(r#""observedGeneration":2"#, Progressing);
    check(r#""observedGeneration":2,"availableReplicas":1"#, Healthy);
}

#[test]
fn services_and_ingresses_wait_for_their_address() {
    let address = r#""status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}"#;
    check("v1", "Service", r#""spec":{"type":"ClusterIP"}"#, Healthy);
    check("v1", "Service", r#""spec":{"type":"LoadBalancer"}"#, Progressing);
    check("v1", "Service", &format!(r#""spec":{{"type":"LoadBalancer"}},{address}"#), Healthy);
    check("networking.k8s.io/v1", "Ingress", r#""status":{"loadBalancer":{}}"#, Progressing);
    check("networking.k8s.io/v1", "Ingress", address, Healthy);
}

#[test]
fn claims_are_judged_by_phase() {
    for (phase, want) in
        [("Bound", Healthy), ("Pending", Progressing), ("Lost", Degraded), ("", Unknown)]
    {
        let status = format!(r#""status":{{"phase":"{phase}"}}"#);
        check("v1", "PersistentVolumeClaim", &status, want);
    }
}

#[test]
fn pods_are_judged_by_phase_and_containers() {
    let check = |policy: &str, status: &str, want| {
        let rest = format!(r#""spec":{{"restartPolicy":"{policy}"}},"status":{{{status}}}"#);
        check("v1", "Pod", &rest, want);
    };
    let waiting = |reason: &str| {
        format!(
            r#""phase":"Pending","containerStatuses":[{{"state":{{"waiting":{{"reason":"{reason}"}}}}}}]"#
        )
    };
    check("Always", &waiting("ErrImagePull"), Degraded);
    check("Always", &waiting("ImagePullBackOff"), Degraded);
    check("Always", &waiting("CreateContainerConfigError"), Degraded);
    check("Always", &waiting("ContainerCreating"), Progressing);
    check("Never", &waiting("ErrImagePull"), Progressing);
    check("Always", r#""phase":"Succeeded""#, Healthy);
    check("Never", r#""phase":"Failed""#, Degraded);
    check("Never", r#""phase":"Running""#, Progressing);
    check(
        "Always",
        r#""phase":"Running","conditions":[{"type":"Ready","status":"True"}]"#,
        Healthy,
    );
    check("Always", r#""phase":"Running""#, Progressing);
    check(
        "Always",
        r#""phase":"Running","containerStatuses":[{"lastState":{"terminated":{}}}]"#,
        Degraded,
    );
    check("Always", "", Unknown);
}

#[test]
fn a_failed_pod_says_why() {
    let pod = |terminated: &str| {
        let status = format!(
            r#""status":{{"phase":"Failed","containerStatuses":[{{"name":"app","state":{{"terminated":{terminated}}}}}]}}"#
        );
        assess(&object("v1", "Pod", &status)).unwrap().message
    };
    assert_eq!(pod(r#"{"message":"boom"}"#), "boom");
    assert_eq!(pod(r#"{"reason":"OOMKilled"}"#), "OOMKilled");
    assert_eq!(pod(r#"{"exitCode":3}"#), "container \"app\" failed with exit code 3");
}

#[test]
fn jobs_are_judged_by_conditions() {
    let check = |conditions: &str, want| {
        check("batch/v1", "Job", &format!(r#""status":{{"conditions":[{conditions}]}}"#), want);
    };
    check("", Progressing);
    check(r#"{"type":"Complete","status":"True"}"#, Healthy);
    check(r#"{"type":"SuccessCriteriaMet","status":"True"}"#, Progressing);
    check(r#"{"type":"Failed","status":"True"},{"type":"Complete","status":"True"}"#, Degraded);
    check(r#"{"type":"Suspended","status":"True"}"#, Suspended);
    check(r#"{"type":"Suspended","status":"False"}"#, Healthy);
}

#[test]
fn autoscalers_need_metrics_and_a_target() {
    let check = |conditions: &str, want| {
        let rest = format!(r#""status":{{"conditions":[{conditions}]}}"#);
        check("autoscaling/v2", "HorizontalPodAutoscaler", &rest, want);
    };
    check("", Progressing);
    check(r#"{"type":"AbleToScale","status":"True","reason":"ReadyForNewScale"}"#, Healthy);
    check(r#"{"type":"AbleToScale","status":"False","reason":"FailedGetScale"}"#, Degraded);
    check(
        r#"{"type":"AbleToScale","status":"True"},{"type":"ScalingActive","status":"False","reason":"FailedGetResourceMetric"}"#,
        Degraded,
    );
    check(r#"{"type":"ScalingLimited","status":"True"}"#, Healthy);
}

#[test]
fn autoscalers_of_version_one_keep_conditions_in_an_annotation() {
    let mut hpa = object("autoscaling/v1", "HorizontalPodAutoscaler", "");
    assert_eq!(assess(&hpa).unwrap().status, Progressing);
    let conditions = r#"[{"type":"AbleToScale","status":"True"}]"#;
    hpa.set_annotation("autoscaling.alpha.kubernetes.io/conditions", conditions);
    assert_eq!(assess(&hpa).unwrap().status, Healthy);
}

#[test]
fn definitions_are_served_under_their_names() {
    let check = |conditions: &str, want| {
        let rest = format!(r#""status":{{"conditions":[{conditions}]}}"#);
        check("apiextensions.k8s.io/v1", "CustomResourceDefinition", &rest, want);
    };
    let accepted = r#"{"type":"NamesAccepted","status":"True"}"#;
    let established = r#"{"type":"Established","status":"True","reason":"InitialNamesAccepted"}"#;
    check("", Progressing);
    check(r#"{"type":"NamesAccepted","status":"False"}"#, Degraded);
    check(accepted, Degraded);
    check(&format!("{accepted},{established}"), Healthy);
    check(&format!(r#"{established},{{"type":"Terminating","status":"True"}}"#), Progressing);
}

#[test]
fn the_remaining_kinds_are_judged() {
    check("apiregistration.k8s.io/v1", "APIService", "", Progressing);
    check(
        "apiregistration.k8s.io/v1",
        "APIService",
        r#""status":{"conditions":[{"type":"Available","status":"True"}]}"#,
        Healthy,
    );
    check("argoproj.io/v1alpha1", "Workflow", r#""status":{"phase":"Error"}"#, Degraded);
    check("argoproj.io/v1alpha1", "Workflow", "", Progressing);
}

#[test]
fn old_versions_of_built_in_kinds_are_not_understood() {
    check("apps/v1beta1", "Deployment", "", Unknown);
    check("autoscaling/v2beta2", "HorizontalPodAutoscaler", "", Unknown);
}

#[test]
fn kinds_without_a_check_have_no_health() {
    for kind in ["ConfigMap", "Secret", "Namespace", "ServiceAccount"] {
        assert_eq!(assess(&object("v1", kind, "")), None);
    }
}

#[test]
fn an_object_that_is_being_deleted_is_progressing() {
    let mut object = object("v1", "ConfigMap", "");
    object.set(&["metadata", "deletionTimestamp"], "2026-01-01T00:00:00Z");
    assert_eq!(assess(&object).unwrap().status, Progressing);
    object.set(&["metadata", "finalizers"], vec![HOOK_FINALIZER.into()]);
    assert_eq!(assess(&object), None);
}

#[test]
fn the_worst_judgement_wins() {
    assert_eq!(worst([]), Healthy);
    assert_eq!(worst([Healthy, Suspended, Progressing]), Progressing);
    assert_eq!(worst([Missing, Degraded]), Degraded);
    assert_eq!(worst([Degraded, Unknown]), Unknown);
}
