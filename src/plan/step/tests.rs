//! Single steps and their messages; whole plays are in the simulation.

use std::sync::Arc;

use super::*;
use crate::compare::TargetObject;
use crate::model::operation::SyncPhase;
use crate::model::{Manifest, ResourceKey};
use crate::plan::task::{GroupPart, SyncTask, TaskOrigin};

fn task(kind: &str, name: &str, wave: i64, action: TaskAction) -> SyncTask {
    let group = if kind == "Deployment" { "apps" } else { "" };
    let key = ResourceKey::new(group, kind, "shop", name);
    let target = TargetObject { manifest: Manifest::default(), key: key.clone(), resource: None };
    SyncTask {
        key,
        version: "v1".into(),
        phase: SyncPhase::Sync,
        wave,
        part: GroupPart::Main,
        action,
        origin: TaskOrigin::Application,
        target: (action == TaskAction::Apply).then(|| Arc::new(target)),
        live: None,
        resource: None,
        hook: None,
    }
}

fn plan(tasks: Vec<SyncTask>) -> SyncPlan {
    SyncPlan { tasks, ..SyncPlan::default() }
}

fn finish(phase: OperationPhase, message: &str) -> Step {
    Step::Finish { phase, message: message.to_owned() }
}

fn await_all(tasks: &[usize], message: &str) -> Step {
    let tasks = tasks.iter().copied().map(TaskId).collect();
    Step::Await { tasks, message: message.to_owned() }
}

#[test]
fn an_empty_plan_has_no_tasks_to_run() {
    let expected = finish(OperationPhase::Succeeded, "successfully synced (no more tasks)");
    assert_eq!(next(&plan(Vec::new()), &[]), expected);
}

#[test]
fn the_last_wave_is_not_waited_for() {
    let plan = plan(vec![task("Deployment", "web", 0, TaskAction::Apply)]);
    let expected = finish(OperationPhase::Succeeded, "successfully synced (all tasks run)");
    assert_eq!(next(&plan, &[TaskProgress::Running]), expected);
}

#[test]
fn the_next_wave_waits_for_health() {
    let plan = plan(vec![
        task("Deployment", "api", 0, TaskAction::Apply),
        task("Deployment", "web", 0, TaskAction::Apply),
        task("ConfigMap", "last", 1, TaskAction::Apply),
    ]);
    let message = "waiting for healthy state of apps/Deployment/api and 1 more resources";
    assert_eq!(
        next(&plan, &[TaskProgress::Running, TaskProgress::Running, TaskProgress::Pending]),
        await_all(&[0, 1], message)
    );
    let message = "waiting for healthy state of apps/Deployment/web";
    assert_eq!(
        next(&plan, &[TaskProgress::Succeeded, TaskProgress::Running, TaskProgress::Pending]),
        await_all(&[1], message)
    );
    assert_eq!(
        next(&plan, &[TaskProgress::Succeeded, TaskProgress::Succeeded, TaskProgress::Pending]),
        Step::Perform(vec![TaskId(2)])
    );
}

#[test]
fn the_next_wave_waits_for_deletions() {
    let plan = plan(vec![
        task("ConfigMap", "old", 0, TaskAction::Prune),
        task("ConfigMap", "new", 1, TaskAction::Apply),
    ]);
    let progress = [TaskProgress::Running, TaskProgress::Pending];
    let message = "waiting for deletion of /ConfigMap/old";
    assert_eq!(next(&plan, &progress), await_all(&[0], message));
}

#[test]
fn one_unconfirmed_deletion_holds_its_whole_group() {
    let plan = plan(vec![
        task("ConfigMap", "new", 0, TaskAction::Apply),
        task("ConfigMap", "old", 0, TaskAction::ConfirmPrune),
    ]);
    let message = "waiting for pruning confirmation of /ConfigMap/old";
    assert_eq!(
        next(&plan, &[TaskProgress::Pending, TaskProgress::Pending]),
        await_all(&[1], message)
    );
}

#[test]
fn failures_end_the_operation_with_their_distinct_reasons() {
    let plan = plan(vec![
        task("ConfigMap", "a", 0, TaskAction::Apply),
        task("ConfigMap", "b", 0, TaskAction::Apply),
        task("ConfigMap", "c", 1, TaskAction::Apply),
    ]);
    let refused = |reason: &str| TaskProgress::Refused(reason.to_owned());
    let check = |first: TaskProgress, second: TaskProgress, message: &str| {
        let progress = [first, second, TaskProgress::Pending];
        assert_eq!(next(&plan, &progress), finish(OperationPhase::Failed, message));
    };
    let failed = "one or more objects failed to apply, reason:";
    check(refused("x"), refused("x"), &format!("{failed} x"));
    check(refused("x"), refused("y"), &format!("{failed} x,y"));
    check(
        TaskProgress::Failed("broken".to_owned()),
        TaskProgress::Succeeded,
        "one or more synchronization tasks completed unsuccessfully, reason: broken",
    );
}
