//! Jobs: finished or suspended. As Argo CD does, the mere presence of `Failed` or `Complete`
//! counts, whatever its status.

use super::conditions::conditions;
use super::{degraded, healthy, progressing, suspended};
use crate::model::HealthStatus;
use crate::yaml::Node;

pub(super) fn assess(live: &Node) -> HealthStatus {
    let (mut failed, mut complete, mut paused) = (None, None, None);
    for condition in conditions(live) {
        match condition.kind() {
            "Failed" => failed = Some(condition.message()),
            "Suspended" if condition.is_true() => paused = Some(condition.message()),
            "Complete" | "Suspended" => complete = Some(condition.message()),
            _ => {}
        }
    }
    match (failed, paused, complete) {
        (Some(message), _, _) => degraded(message),
        (None, Some(message), _) => suspended(message),
        (None, None, Some(message)) => healthy(message),
        (None, None, None) => progressing(""),
    }
}
