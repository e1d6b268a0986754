//! PersistentVolumeClaims: bound to a volume.

use super::{degraded, healthy, progressing, unknown};
use crate::model::HealthStatus;
use crate::yaml::Node;

pub(super) fn assess(live: &Node) -> HealthStatus {
    match live.str_at(&["status", "phase"]) {
        "Bound" => healthy(""),
        "Pending" => progressing(""),
        "Lost" => degraded(""),
        _ => unknown(""),
    }
}
