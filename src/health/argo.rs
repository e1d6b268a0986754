//! Argo's own kinds: Workflows by their phase.

use super::{degraded, healthy, progressing, unknown};
use crate::model::HealthStatus;
use crate::yaml::Node;

pub(super) fn assess_workflow(live: &Node) -> HealthStatus {
    let message = live.str_at(&["status", "message"]);
    match live.str_at(&["status", "phase"]) {
        "" | "Pending" | "Running" => progressing(message),
        "Succeeded" => healthy(message),
        "Failed" | "Error" => degraded(message),
        _ => unknown(message),
    }
}
