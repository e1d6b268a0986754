//! One judgement per kind: is this object doing its job?
//!
//! The rules of Argo CD 3.5's built-in checks, and one for CustomResourceDefinitions. Kinds
//! without a check have no health. Health is independent of sync status.

mod api_service;
mod argo;
mod conditions;
mod crd;
mod daemon_set;
mod deployment;
mod hpa;
mod ingress;
mod job;
mod pod;
mod pvc;
mod replica_set;
mod service;
mod stateful_set;

use crate::model::{HealthStatus, HealthStatusCode};
use crate::yaml::Node;

/// Finalizer that hooks carry while an operation still needs them.
const HOOK_FINALIZER: &str = "argocd.argoproj.io/hook-finalizer";

/// The health of a live object; `None` for kinds without a check.
pub fn assess(live: &Node) -> Option<HealthStatus> {
    if live.is_being_deleted() && !has_hook_finalizer(live) {
        return Some(HealthStatus::new(HealthStatusCode::Progressing, "Pending deletion"));
    }
    let check = find_check(live.group(), live.kind())?;
    Some(match check {
        Check::AnyVersion(check) => check(live),
        Check::Versions(versions, check) if versions.contains(&live.version()) => check(live),
        Check::Versions(..) => HealthStatus::new(
            HealthStatusCode::Unknown,
            format!("unsupported {} version {}", live.kind(), live.api_version()),
        ),
    })
}

/// Whether the kind has a check at all.
pub fn has_check(group: &str, kind: &str) -> bool {
    find_check(group, kind).is_some()
}

/// The worst of some judgements; `Healthy` for none.
pub fn worst(codes: impl IntoIterator<Item = HealthStatusCode>) -> HealthStatusCode {
    codes.into_iter().max().unwrap_or(HealthStatusCode::Healthy)
}

type Assess = fn(&Node) -> HealthStatus;

enum Check {
    AnyVersion(Assess),
    Versions(&'static [&'static str], Assess),
}

fn find_check(group: &str, kind: &str) -> Option<Check> {
    use Check::{AnyVersion, Versions};
    Some(match (group, kind) {
        ("apps", "Deployment") => Versions(&["v1"], deployment::assess),
        ("apps", "StatefulSet") => Versions(&["v1"], stateful_set::assess),
        ("apps", "DaemonSet") => Versions(&["v1"], daemon_set::assess),
        ("apps", "ReplicaSet") => Versions(&["v1"], replica_set::assess),
        ("", "Service") => Versions(&["v1"], service::assess),
        ("", "PersistentVolumeClaim") => Versions(&["v1"], pvc::assess),
        ("", "Pod") => Versions(&["v1"], pod::assess),
        ("networking.k8s.io" | "extensions", "Ingress") => AnyVersion(ingress::assess),
        ("batch", "Job") => Versions(&["v1"], job::assess),
        ("autoscaling", "HorizontalPodAutoscaler") => Versions(&["v1", "v2"], hpa::assess),
        ("apiregistration.k8s.io", "APIService") => {
            Versions(&["v1", "v1beta1"], api_service::assess)
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => AnyVersion(crd::assess),
        ("argoproj.io", "Workflow") => AnyVersion(argo::assess_workflow),
        _ => return None,
    })
}

fn has_hook_finalizer(live: &Node) -> bool {
    let finalizers = live.path(&["metadata", "finalizers"]).and_then(Node::as_sequence);
    finalizers.is_some_and(|list| list.iter().any(|item| item.as_str() == Some(HOOK_FINALIZER)))
}

fn healthy(message: impl Into<String>) -> HealthStatus {
    HealthStatus::new(HealthStatusCode::Healthy, message)
}

fn progressing(message: impl Into<String>) -> HealthStatus {
    HealthStatus::new(HealthStatusCode::Progressing, message)
}

fn degraded(message: impl Into<String>) -> HealthStatus {
    HealthStatus::new(HealthStatusCode::Degraded, message)
}

fn suspended(message: impl Into<String>) -> HealthStatus {
    HealthStatus::new(HealthStatusCode::Suspended, message)
}

fn unknown(message: impl Into<String>) -> HealthStatus {
    HealthStatus::new(HealthStatusCode::Unknown, message)
}

/// The integer at `path`, 0 when there is none.
fn integer_at(live: &Node, path: &[&str]) -> i64 {
    live.path(path).and_then(Node::as_i64).unwrap_or(0)
}

/// Whether the controller has not yet seen the latest generation.
fn is_stale(live: &Node) -> bool {
    integer_at(live, &["metadata", "generation"])
        > integer_at(live, &["status", "observedGeneration"])
}

#[cfg(test)]
mod tests;
