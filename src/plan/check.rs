//! The invariants of a plan: run before every execution and in all tests.

use std::collections::HashSet;

use super::task::{SyncPlan, SyncTask, TaskAction};

/// What is wrong with `plan`; empty when nothing is.
pub fn violations(plan: &SyncPlan) -> Vec<String> {
    let mut violations = Vec::new();
    let mut seen = HashSet::new();
    for task in &plan.tasks {
        violations.extend(task_violation(task));
        if !seen.insert((task.phase, &task.key)) {
            violations.push(format!("{} appears twice in one phase", task.key));
        }
    }
    for pair in plan.tasks.windows(2) {
        if pair[0].group() > pair[1].group() {
            violations.push(format!("{} comes after {}", pair[1].key, pair[0].key));
        }
    }
    for held in &plan.held_back {
        let removed = |task: &&SyncTask| task.key == held.key && task.action == TaskAction::Prune;
        if plan.tasks.iter().any(|task| removed(&task)) {
            violations.push(format!("{} is held back and pruned", held.key));
        }
    }
    violations
}

fn task_violation(task: &SyncTask) -> Option<String> {
    let key = &task.key;
    match (task.action, &task.target, &task.live) {
        (TaskAction::Apply, None, _) => Some(format!("{key} is applied without a target")),
        (TaskAction::Apply, Some(_), _) => None,
        (_, Some(_), _) => Some(format!("{key} is pruned although Git wants it")),
        (_, None, None) => Some(format!("{key} is pruned although it is not there")),
        (_, None, Some(live)) if live.uid().is_empty() => {
            Some(format!("{key} is pruned without knowing which object it is"))
        }
        (_, None, Some(_)) => None,
    }
}
