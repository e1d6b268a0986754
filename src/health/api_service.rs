//! APIServices: the aggregated server answers.

use super::conditions::condition;
use super::{healthy, progressing};
use crate::model::HealthStatus;
use crate::yaml::Node;

pub(super) fn assess(live: &Node) -> HealthStatus {
    let Some(available) = condition(live, "Available") else {
        return progressing("Waiting to be processed");
    };
    let message = format!("{}: {}", available.reason(), available.message());
    if available.is_true() { healthy(message) } else { progressing(message) }
}
