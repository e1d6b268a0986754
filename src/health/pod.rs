//! Pods: by phase, and by what their containers are stuck at.

use super::conditions::condition;
use super::{degraded, healthy, progressing, unknown};
use crate::model::HealthStatus;
use crate::yaml::Node;

pub(super) fn assess(live: &Node) -> HealthStatus {
    let always = live.str_at(&["spec", "restartPolicy"]) == "Always";
    let message = live.str_at(&["status", "message"]);
    if let Some(stuck) = always.then(|| stuck_containers(live)).flatten() {
        return degraded(stuck);
    }
    match live.str_at(&["status", "phase"]) {
        "Succeeded" => healthy(message),
        "Failed" => degraded(failure_message(live)),
        "Running" if always => assess_running(live, message),
        "Pending" | "Running" => progressing(message),
        _ => unknown(message),
    }
}

/// The messages of containers that wait because of an error.
fn stuck_containers(live: &Node) -> Option<String> {
    let messages: Vec<&str> = containers(live)
        .filter_map(|container| container.path(&["state", "waiting"]))
        .filter(|waiting| is_error(waiting.str_at(&["reason"])))
        .map(|waiting| waiting.str_at(&["message"]))
        .collect();
    (!messages.is_empty()).then(|| messages.join(", "))
}

fn is_error(reason: &str) -> bool {
    reason.starts_with("Err") || reason.ends_with("Error") || reason.ends_with("BackOff")
}

fn assess_running(live: &Node, message: &str) -> HealthStatus {
    if condition(live, "Ready").is_some_and(|ready| ready.is_true()) {
        return healthy(message);
    }
    let mut crashed = containers(live).filter(|c| c.path(&["lastState", "terminated"]).is_some());
    if crashed.next().is_some() { degraded(message) } else { progressing(message) }
}

/// The pod's own message, else that of the first container that failed.
fn failure_message(live: &Node) -> String {
    let message = live.str_at(&["status", "message"]);
    if !message.is_empty() {
        return message.to_owned();
    }
    containers(live).find_map(termination_message).unwrap_or_default()
}

fn termination_message(container: &Node) -> Option<String> {
    let terminated = container.path(&["state", "terminated"])?;
    let message = terminated.str_at(&["message"]);
    let code = terminated.get("exitCode").and_then(Node::as_i64).unwrap_or(0);
    if !message.is_empty() {
        Some(message.to_owned())
    } else if terminated.str_at(&["reason"]) == "OOMKilled" {
        Some("OOMKilled".to_owned())
    } else if code != 0 {
        let name = container.str_at(&["name"]);
        Some(format!("container \"{name}\" failed with exit code {code}"))
    } else {
        None
    }
}

/// Init containers first.
fn containers(live: &Node) -> impl Iterator<Item = &Node> {
    ["initContainerStatuses", "containerStatuses"].into_iter().flat_map(|list| {
        live.path(&["status", list]).and_then(Node::as_sequence).unwrap_or_default()
    })
}
