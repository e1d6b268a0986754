//! StatefulSets: every ordinal runs the current revision.

use super::{healthy, integer_at, progressing};
use crate::model::HealthStatus;
use crate::yaml::Node;

pub(super) fn assess(live: &Node) -> HealthStatus {
    let observed = integer_at(live, &["status", "observedGeneration"]);
    if observed == 0 || integer_at(live, &["metadata", "generation"]) > observed {
        return progressing("Waiting for statefulset spec update to be observed...");
    }
    let wanted = live.path(&["spec", "replicas"]).and_then(Node::as_i64);
    let ready = integer_at(live, &["status", "readyReplicas"]);
    if let Some(wanted) = wanted.filter(|wanted| ready < *wanted) {
        return progressing(format!("Waiting for {} pods to be ready...", wanted - ready));
    }
    let strategy = live.str_at(&["spec", "updateStrategy", "type"]);
    let rolling = live.path(&["spec", "updateStrategy", "rollingUpdate"]);
    if let Some(rolling) = rolling.filter(|_| strategy == "RollingUpdate") {
        return assess_partition(live, wanted, rolling);
    }
    if strategy == "OnDelete" {
        return healthy(format!("statefulset has {ready} ready pods"));
    }
    let (update, current) =
        (live.str_at(&["status", "updateRevision"]), live.str_at(&["status", "currentRevision"]));
    if update != current {
        let updated = integer_at(live, &["status", "updatedReplicas"]);
        return progressing(format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {update}..."
        ));
    }
    let replicas = integer_at(live, &["status", "currentReplicas"]);
    healthy(format!("statefulset rolling update complete {replicas} pods at revision {current}..."))
}

/// Only the ordinals from the partition on are updated.
fn assess_partition(live: &Node, wanted: Option<i64>, rolling: &Node) -> HealthStatus {
    let updated = integer_at(live, &["status", "updatedReplicas"]);
    let partition = rolling.get("partition").and_then(Node::as_i64);
    if let (Some(wanted), Some(partition)) = (wanted, partition)
        && updated < wanted - partition
    {
        return progressing(format!(
            "Waiting for partitioned roll out to finish: {updated} out of {} new pods have been updated...",
            wanted - partition
        ));
    }
    healthy(format!("partitioned roll out complete: {updated} new pods have been updated..."))
}
