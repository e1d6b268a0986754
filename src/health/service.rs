//! Services: a load balancer has been given its address.

use super::{healthy, progressing};
use crate::model::HealthStatus;
use crate::yaml::Node;

pub(super) fn assess(live: &Node) -> HealthStatus {
    let balanced = live.str_at(&["spec", "type"]) == "LoadBalancer";
    if balanced && !has_load_balancer(live) {
        return progressing("");
    }
    healthy("")
}

/// Whether `status.loadBalancer.ingress` names anything.
pub(super) fn has_load_balancer(live: &Node) -> bool {
    let ingress = live.path(&["status", "loadBalancer", "ingress"]).and_then(Node::as_sequence);
    ingress.is_some_and(|addresses| !addresses.is_empty())
}
