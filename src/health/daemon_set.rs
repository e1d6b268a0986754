//! DaemonSets: every node that should has an updated, available pod.

use super::{healthy, integer_at, is_stale, progressing};
use crate::model::HealthStatus;
use crate::yaml::Node;

pub(super) fn assess(live: &Node) -> HealthStatus {
    let name = live.name();
    if is_stale(live) {
        return progressing(
            "Waiting for rollout to finish: observed daemon set generation less than desired generation",
        );
    }
    let count = |field: &str| integer_at(live, &["status", field]);
    let (updated, desired, available) = (
        count("updatedNumberScheduled"),
        count("desiredNumberScheduled"),
        count("numberAvailable"),
    );
    if live.str_at(&["spec", "updateStrategy", "type"]) == "OnDelete" {
        return healthy(format!(
            "daemon set {updated} out of {desired} new pods have been updated"
        ));
    }
    if updated < desired {
        return progressing(format!(
            "Waiting for daemon set \"{name}\" rollout to finish: {updated} out of {desired} new pods have been updated..."
        ));
    }
    if available < desired {
        return progressing(format!(
            "Waiting for daemon set \"{name}\" rollout to finish: {available} of {desired} updated pods are available..."
        ));
    }
    healthy("")
}
