//! Whether an object that was written is done: healthy, still on its way, or failed for good.
//!
//! Argo CD 3.5 fails a wave the moment an object is Degraded. Here it counts once the
//! controller of the kind has seen the change and the state lasted for a grace period; a failed
//! Job or an exceeded progress deadline counts at once (README, differences).

use std::time::Duration;

use crate::model::{HealthStatus, HealthStatusCode};
use crate::yaml::Node;

/// How long an object may be Degraded before it counts.
pub const DEGRADED_GRACE_DEFAULT: Duration = Duration::from_secs(10);

/// The judgement over one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Healthy, or of a kind without a check.
    Ready,
    /// Not yet.
    Waiting,
    /// Failed, with the reason.
    Failed(String),
}

/// How long an object has been Degraded, and how long that is tolerated.
#[derive(Clone, Copy, Debug)]
pub struct Grace {
    /// Since it was first seen Degraded; `None` when that is now.
    pub degraded_for: Option<Duration>,
    /// How long it may be.
    pub limit: Duration,
}

/// Judges `live`, whose health is `health`.
pub fn judge(live: &Node, health: Option<&HealthStatus>, grace: Grace) -> Readiness {
    let Some(health) = health else { return Readiness::Ready };
    match health.status {
        HealthStatusCode::Healthy => Readiness::Ready,
        HealthStatusCode::Degraded if is_final(live) || has_lasted(live, grace) => {
            Readiness::Failed(reason(live, health))
        }
        _ => Readiness::Waiting,
    }
}

/// Whether the Degraded state cannot get better by waiting.
fn is_final(live: &Node) -> bool {
    match live.kind() {
        "Job" => live.group() == "batch",
        "Deployment" => is_observed(live) && condition_has_reason(live, "ProgressDeadlineExceeded"),
        _ => false,
    }
}

fn has_lasted(live: &Node, grace: Grace) -> bool {
    is_observed(live)
        && (grace.limit.is_zero() || grace.degraded_for.is_some_and(|lasted| lasted >= grace.limit))
}

/// Whether the kind's controller has seen the latest change; true where it does not say.
fn is_observed(live: &Node) -> bool {
    let number = |path: &[&str]| live.path(path).and_then(Node::as_i64);
    match (number(&["metadata", "generation"]), number(&["status", "observedGeneration"])) {
        (Some(generation), Some(observed)) => observed >= generation,
        _ => true,
    }
}

fn condition_has_reason(live: &Node, reason: &str) -> bool {
    let conditions = live.path(&["status", "conditions"]).and_then(Node::as_sequence);
    conditions.unwrap_or_default().iter().any(|entry| entry.str_at(&["reason"]) == reason)
}

fn reason(live: &Node, health: &HealthStatus) -> String {
    if health.message.is_empty() {
        format!("{}/{} is degraded", live.kind(), live.name())
    } else {
        health.message.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Node {
        serde_json::from_str(text).unwrap()
    }

    fn judge_degraded(text: &str, degraded_for_secs: u64) -> Readiness {
        let health = HealthStatus::new(HealthStatusCode::Degraded, "broken");
        let grace = Grace {
            degraded_for: Some(Duration::from_secs(degraded_for_secs)),
            limit: DEGRADED_GRACE_DEFAULT,
        };
        judge(&read(text), Some(&health), grace)
    }

    #[test]
    fn a_kind_without_a_check_is_ready() {
        let grace = Grace { degraded_for: None, limit: DEGRADED_GRACE_DEFAULT };
        assert_eq!(judge(&read(r#"{"kind":"ConfigMap"}"#), None, grace), Readiness::Ready);
    }

    #[test]
    fn degraded_counts_only_after_the_grace() {
        let pod = r#"{"apiVersion":"v1","kind":"Pod"}"#;
        assert_eq!(judge_degraded(pod, 9), Readiness::Waiting);
        assert_eq!(judge_degraded(pod, 10), Readiness::Failed("broken".to_owned()));
    }

    #[test]
    fn degraded_does_not_count_before_the_change_was_seen() {
        let stale = r#"{"apiVersion":"apps/v1","kind":"Deployment",
            "metadata":{"generation":2},"status":{"observedGeneration":1}}"#;
        assert_eq!(judge_degraded(stale, 60), Readiness::Waiting);
    }

    #[test]
    fn a_failed_job_and_an_exceeded_deadline_count_at_once() {
        let job = r#"{"apiVersion":"batch/v1","kind":"Job"}"#;
        let deployment = r#"{"apiVersion":"apps/v1","kind":"Deployment",
            "status":{"conditions":[{"reason":"ProgressDeadlineExceeded"}]}}"#;
        assert_eq!(judge_degraded(job, 0), Readiness::Failed("broken".to_owned()));
        assert_eq!(judge_degraded(deployment, 0), Readiness::Failed("broken".to_owned()));
    }
}
