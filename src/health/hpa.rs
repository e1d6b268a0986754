//! HorizontalPodAutoscalers: able to read their metrics and to scale.

use super::conditions::{ConditionView, in_list};
use super::{degraded, healthy, progressing};
use crate::model::HealthStatus;
use crate::yaml::{Node, Value};

const CONDITIONS_ANNOTATION: &str = "autoscaling.alpha.kubernetes.io/conditions";
const SCALE_FAILURES: &[&str] = &["FailedGetScale", "FailedUpdateScale"];
const METRIC_FAILURES: &[&str] = &[
    "FailedGetResourceMetric",
    "FailedGetObjectMetric",
    "FailedGetPodsMetric",
    "FailedGetExternalMetric",
    "FailedComputeMetricsReplicas",
    "InvalidSelector",
];

pub(super) fn assess(live: &Node) -> HealthStatus {
    if live.version() != "v1" {
        return judge(live.path(&["status", "conditions"]));
    }
    // autoscaling/v1 has no conditions of its own: the server keeps them in an annotation.
    match live.annotation(CONDITIONS_ANNOTATION).map(serde_json::from_str::<Node>) {
        Some(Ok(list)) => judge(Some(&list)),
        Some(Err(error)) => degraded(format!("failed to parse conditions: {error}")),
        None => progressing("Waiting to Autoscale"),
    }
}

fn judge(list: Option<&Node>) -> HealthStatus {
    let list = list.filter(|list| matches!(list.value, Value::Sequence(_)));
    if let Some(failure) = in_list(list).find(is_failure) {
        return degraded(failure.message());
    }
    let working = |condition: &ConditionView| {
        matches!(condition.kind(), "AbleToScale" | "ScalingLimited") && condition.is_true()
    };
    match in_list(list).find(working) {
        Some(condition) => healthy(condition.message()),
        None => progressing("Waiting to Autoscale"),
    }
}

fn is_failure(condition: &ConditionView<'_>) -> bool {
    match condition.kind() {
        "AbleToScale" => SCALE_FAILURES.contains(&condition.reason()),
        "ScalingActive" => METRIC_FAILURES.contains(&condition.reason()),
        _ => false,
    }
}
