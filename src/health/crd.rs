//! CustomResourceDefinitions: served under the names they ask for.

use super::conditions::{ConditionView, condition, conditions};
use super::{degraded, healthy, progressing};
use crate::model::HealthStatus;
use crate::yaml::Node;

pub(super) fn assess(live: &Node) -> HealthStatus {
    if conditions(live).next().is_none() {
        return progressing("Status conditions not found");
    }
    if let Some(ending) = condition(live, "Terminating").filter(ConditionView::is_true) {
        return progressing(format!("CRD is being terminated: {}", ending.message()));
    }
    let refused = condition(live, "NamesAccepted").filter(|names| names.status() == "False");
    if let Some(refused) = refused {
        return degraded(format!("CRD names have not been accepted: {}", refused.message()));
    }
    let Some(established) = condition(live, "Established").filter(ConditionView::is_true) else {
        return degraded("CRD is not established");
    };
    let schema = condition(live, "NonStructuralSchema").filter(ConditionView::is_true);
    match schema {
        Some(schema) => degraded(format!("Schema violations found: {}", schema.message())),
        None => healthy(format!("CRD is healthy: {}", established.reason())),
    }
}
