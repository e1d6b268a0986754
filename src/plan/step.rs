//! The pure machine of a sync: a plan and what was observed so far give the next step.
//!
//! Orders, waits and messages are those of Argo CD 3.5: a group is performed whole, the next
//! one starts when everything before it is healthy or gone, the last group is not waited for,
//! and nothing new starts after a failure.

use super::task::{GroupKey, SyncPlan, TaskAction, TaskId};
use crate::model::OperationPhase;

/// Everything was carried out.
pub const ALL_TASKS_RUN: &str = "successfully synced (all tasks run)";
/// There was nothing (more) to carry out.
pub const NO_MORE_TASKS: &str = "successfully synced (no more tasks)";
/// Some write was refused.
pub const FAILED_TO_APPLY: &str = "one or more objects failed to apply";
/// Some dry run was refused; nothing was written.
pub const FAILED_TO_DRY_RUN: &str = "one or more objects failed to apply (dry run)";
/// Something was written and then failed.
pub const COMPLETED_UNSUCCESSFULLY: &str =
    "one or more synchronization tasks completed unsuccessfully";
/// Some task cannot be carried out at all.
pub const NOT_VALID: &str = "one or more synchronization tasks are not valid";

/// How far a task has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TaskProgress {
    /// Not started.
    #[default]
    Pending,
    /// Carried out; the object is not healthy, or not gone, yet.
    Running,
    /// Done.
    Succeeded,
    /// The write was refused, with the reason.
    Refused(String),
    /// Carried out, and failed later, with the reason.
    Failed(String),
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Carry out these tasks: deletions first, then writes kind by kind.
    Perform(Vec<TaskId>),
    /// Wait until one of these tasks changes.
    Await {
        /// The tasks to observe.
        tasks: Vec<TaskId>,
        /// What is waited for.
        message: String,
    },
    /// The operation is over.
    Finish {
        /// How it ended.
        phase: OperationPhase,
        /// Why.
        message: String,
    },
}

/// What an await waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Completion,
    Health,
    Deletion,
    Confirmation,
}

/// The next step, given how far each task of `plan` has come (one entry per task).
pub fn next(plan: &SyncPlan, progress: &[TaskProgress]) -> Step {
    debug_assert_eq!(plan.tasks.len(), progress.len());
    if let Some(failure) = failure(plan, progress) {
        return failure;
    }
    let Some(group) = first_pending_group(plan, progress) else {
        return finish_or_await_hooks(plan, progress);
    };
    let running = select(plan, progress, |id| is_waited_for(plan, progress, id, group));
    if !running.is_empty() {
        return awaiting(plan, running);
    }
    let due = select(plan, progress, |id| {
        plan.task(id).group() == group && progress[id.0] == TaskProgress::Pending
    });
    // One deletion that lacks its confirmation holds the whole group, as in Argo CD.
    let unconfirmed: Vec<TaskId> = due.iter().copied().filter(|id| confirms(plan, *id)).collect();
    if unconfirmed.is_empty() { Step::Perform(due) } else { awaiting(plan, unconfirmed) }
}

fn confirms(plan: &SyncPlan, id: TaskId) -> bool {
    plan.task(id).action == TaskAction::ConfirmPrune
}

/// A failure message with the distinct reasons in order.
pub fn with_reasons<'a>(message: &str, reasons: impl IntoIterator<Item = &'a str>) -> String {
    let mut distinct: Vec<&str> = Vec::new();
    for reason in reasons {
        if !reason.is_empty() && !distinct.contains(&reason) {
            distinct.push(reason);
        }
    }
    if distinct.is_empty() {
        message.to_owned()
    } else {
        format!("{message}, reason: {}", distinct.join(","))
    }
}

fn failure(plan: &SyncPlan, progress: &[TaskProgress]) -> Option<Step> {
    let refused = reasons(progress, |entry| match entry {
        TaskProgress::Refused(reason) => Some(reason),
        _ => None,
    });
    let failed = reasons(progress, |entry| match entry {
        TaskProgress::Failed(reason) => Some(reason),
        _ => None,
    });
    let message = match (refused.is_empty(), failed.is_empty()) {
        (true, true) => return None,
        (false, _) => with_reasons(FAILED_TO_APPLY, refused),
        (true, false) => with_reasons(COMPLETED_UNSUCCESSFULLY, failed),
    };
    let hooks = running_hooks(plan, progress);
    Some(if hooks.is_empty() {
        Step::Finish { phase: OperationPhase::Failed, message }
    } else {
        awaiting(plan, hooks)
    })
}

fn reasons<'a>(
    progress: &'a [TaskProgress],
    reason: impl Fn(&'a TaskProgress) -> Option<&'a String>,
) -> Vec<&'a str> {
    progress.iter().filter_map(|entry| reason(entry).map(String::as_str)).collect()
}

fn first_pending_group(plan: &SyncPlan, progress: &[TaskProgress]) -> Option<GroupKey> {
    plan.ids().find(|id| progress[id.0] == TaskProgress::Pending).map(|id| plan.task(id).group())
}

/// Whether `id` must be done before the tasks of `group` start.
fn is_waited_for(plan: &SyncPlan, progress: &[TaskProgress], id: TaskId, group: GroupKey) -> bool {
    let task = plan.task(id);
    progress[id.0] == TaskProgress::Running
        && task.group() < group
        && (task.hook.is_some() || task.is_prune() || plan.has_several_steps())
}

fn finish_or_await_hooks(plan: &SyncPlan, progress: &[TaskProgress]) -> Step {
    let hooks = running_hooks(plan, progress);
    if !hooks.is_empty() {
        return awaiting(plan, hooks);
    }
    let last_group = plan.tasks.last().map(super::task::SyncTask::group);
    let ends_with_hook =
        plan.tasks.iter().any(|task| Some(task.group()) == last_group && task.hook.is_some());
    let message =
        if plan.tasks.is_empty() || ends_with_hook { NO_MORE_TASKS } else { ALL_TASKS_RUN };
    Step::Finish { phase: OperationPhase::Succeeded, message: message.to_owned() }
}

fn running_hooks(plan: &SyncPlan, progress: &[TaskProgress]) -> Vec<TaskId> {
    select(plan, progress, |id| {
        plan.task(id).hook.is_some() && progress[id.0] == TaskProgress::Running
    })
}

fn select(
    plan: &SyncPlan,
    progress: &[TaskProgress],
    wanted: impl Fn(TaskId) -> bool,
) -> Vec<TaskId> {
    plan.ids().take(progress.len()).filter(|id| wanted(*id)).collect()
}

fn awaiting(plan: &SyncPlan, tasks: Vec<TaskId>) -> Step {
    let message = waiting_message(plan, &tasks);
    Step::Await { tasks, message }
}

/// `waiting for healthy state of apps/Deployment/web and 2 more resources`.
fn waiting_message(plan: &SyncPlan, tasks: &[TaskId]) -> String {
    let Some(first) = tasks.first().map(|id| plan.task(*id)) else { return String::new() };
    let what = match reason(plan, tasks[0]) {
        Reason::Completion => "completion of hook",
        Reason::Health => "healthy state of",
        Reason::Deletion => "deletion of",
        Reason::Confirmation => "pruning confirmation of",
    };
    let noun = if first.hook.is_some() { "hooks" } else { "resources" };
    let more = match tasks.len() - 1 {
        0 => String::new(),
        count => format!(" and {count} more {noun}"),
    };
    format!("waiting for {what} {}{more}", first.reference())
}

fn reason(plan: &SyncPlan, id: TaskId) -> Reason {
    let task = plan.task(id);
    match task.action {
        TaskAction::ConfirmPrune => Reason::Confirmation,
        TaskAction::Prune | TaskAction::SkipPrune(_) => Reason::Deletion,
        TaskAction::Apply if task.hook.is_some() => Reason::Completion,
        TaskAction::Apply => Reason::Health,
    }
}

#[cfg(test)]
mod tests;
