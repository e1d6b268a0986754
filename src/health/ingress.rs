//! Ingresses: a controller has given them an address.

use super::service::has_load_balancer;
use super::{healthy, progressing};
use crate::model::HealthStatus;
use crate::yaml::Node;

pub(super) fn assess(live: &Node) -> HealthStatus {
    if has_load_balancer(live) { healthy("") } else { progressing("") }
}
