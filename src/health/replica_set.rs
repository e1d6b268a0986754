//! ReplicaSets: every replica is available.

use super::conditions::{ConditionView, condition};
use super::{degraded, healthy, integer_at, is_stale, progressing};
use crate::model::HealthStatus;
use crate::yaml::Node;

pub(super) fn assess(live: &Node) -> HealthStatus {
    if is_stale(live) {
        return progressing(
            "Waiting for rollout to finish: observed replica set generation less than desired generation",
        );
    }
    if let Some(failure) = condition(live, "ReplicaFailure").filter(ConditionView::is_true) {
        return degraded(failure.message());
    }
    let wanted = live.path(&["spec", "replicas"]).and_then(Node::as_i64);
    let available = integer_at(live, &["status", "availableReplicas"]);
    match wanted.filter(|wanted| available < *wanted) {
        Some(wanted) => progressing(format!(
            "Waiting for rollout to finish: {available} out of {wanted} new replicas are available..."
        )),
        None => healthy(""),
    }
}
