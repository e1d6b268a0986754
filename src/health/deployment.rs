//! Deployments: the rollout has reached every replica.

use super::conditions::condition;
use super::{degraded, healthy, integer_at, is_stale, progressing, suspended};
use crate::model::HealthStatus;
use crate::yaml::Node;

pub(super) fn assess(live: &Node) -> HealthStatus {
    let name = live.name();
    if live.path(&["spec", "paused"]).and_then(Node::as_bool) == Some(true) {
        return suspended("Deployment is paused");
    }
    if is_stale(live) {
        return progressing(
            "Waiting for rollout to finish: observed deployment generation less than desired generation",
        );
    }
    let rollout = condition(live, "Progressing");
    if rollout.is_some_and(|progress| progress.reason() == "ProgressDeadlineExceeded") {
        return degraded(format!("Deployment \"{name}\" exceeded its progress deadline"));
    }
    let wanted = live.path(&["spec", "replicas"]).and_then(Node::as_i64);
    let count = |field: &str| integer_at(live, &["status", field]);
    let (updated, available, total) =
        (count("updatedReplicas"), count("availableReplicas"), count("replicas"));
    if let Some(wanted) = wanted.filter(|wanted| updated < *wanted) {
        return progressing(format!(
            "Waiting for rollout to finish: {updated} out of {wanted} new replicas have been updated..."
        ));
    }
    if total > updated {
        return progressing(format!(
            "Waiting for rollout to finish: {} old replicas are pending termination...",
            total - updated
        ));
    }
    if available < updated {
        return progressing(format!(
            "Waiting for rollout to finish: {available} of {updated} updated replicas are available..."
        ));
    }
    healthy("")
}
