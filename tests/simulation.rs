//! The step machine under random outcomes: whatever happens, it ends, keeps the order and
//! prunes nothing after a failure. Seeds are fixed and named in every failure.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use tiphys::compare::TargetObject;
use tiphys::model::operation::SyncPhase;
use tiphys::model::{Manifest, OperationPhase, ResourceKey};
use tiphys::plan::step::{self, Step};
use tiphys::plan::task::GroupPart;
use tiphys::plan::{SyncPlan, SyncTask, TaskAction, TaskId, TaskOrigin, TaskProgress, check};
use tiphys::yaml::Node;

/// How many plans are played.
const SEEDS: u64 = 2_000;
/// No play needs more steps: each task is performed once and observed a few times.
const STEPS_MAX: usize = 2_000;

/// A small generator (SplitMix64): the same seed, the same play, on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

fn random_plan(random: &mut Random) -> SyncPlan {
    let count = random.below(12);
    let mut tasks: Vec<SyncTask> = (0..count).map(|number| random_task(random, number)).collect();
    tasks.sort_by_key(SyncTask::group);
    SyncPlan { tasks, ..SyncPlan::default() }
}

fn random_task(random: &mut Random, number: u64) -> SyncTask {
    let key = ResourceKey::new("", "ConfigMap", "shop", &format!("object-{number}"));
    let is_prune = random.below(3) == 0;
    let mut live = Node::mapping();
    live.set(&["metadata", "uid"], "uid");
    let target = TargetObject { manifest: Manifest::default(), key: key.clone(), resource: None };
    let early = is_prune && random.below(4) == 0;
    SyncTask {
        key,
        version: "v1".into(),
        phase: if random.below(6) == 0 { SyncPhase::PreSync } else { SyncPhase::Sync },
        wave: i64::try_from(random.below(4)).unwrap() - 1,
        part: if early { GroupPart::CustomResourcesOfPrunedKinds } else { GroupPart::Main },
        action: if is_prune { TaskAction::Prune } else { TaskAction::Apply },
        origin: TaskOrigin::Application,
        target: (!is_prune).then(|| Arc::new(target)),
        live: is_prune.then(|| Arc::new(live)),
        resource: None,
        hook: None,
    }
}

/// What comes of a task when it is performed.
fn performed(random: &mut Random) -> TaskProgress {
    match random.below(20) {
        0 => TaskProgress::Refused("refused".to_owned()),
        1..=8 => TaskProgress::Running,
        _ => TaskProgress::Succeeded,
    }
}

/// What comes of a running task when it is observed.
fn observed(random: &mut Random, task: &SyncTask) -> TaskProgress {
    match random.below(20) {
        0 if !task.is_prune() => TaskProgress::Failed("degraded".to_owned()),
        0..=9 => TaskProgress::Running,
        _ => TaskProgress::Succeeded,
    }
}

fn is_failure(progress: &TaskProgress) -> bool {
    matches!(progress, TaskProgress::Refused(_) | TaskProgress::Failed(_))
}

/// What must hold whenever a group starts.
fn check_start(plan: &SyncPlan, progress: &[TaskProgress], tasks: &[TaskId], seed: u64) {
    assert!(!tasks.is_empty(), "seed {seed}: performs nothing");
    assert!(!progress.iter().any(is_failure), "seed {seed}: goes on after a failure");
    let group = plan.task(tasks[0]).group();
    for id in plan.ids() {
        let (task, progress) = (plan.task(id), &progress[id.0]);
        if tasks.contains(&id) {
            assert_eq!(task.group(), group, "seed {seed}: mixes groups");
            assert_eq!(*progress, TaskProgress::Pending, "seed {seed}: performs twice");
        } else if task.group() < group {
            let may_run = !plan.has_several_steps() && !task.is_prune();
            let is_done = *progress == TaskProgress::Succeeded
                || (may_run && *progress == TaskProgress::Running);
            assert!(is_done, "seed {seed}: {group:?} starts before {:?} is done", task.group());
        }
    }
}

fn play(seed: u64) {
    let random = &mut Random(seed);
    let plan = random_plan(random);
    assert_eq!(check::violations(&plan), Vec::<String>::new(), "seed {seed}");
    let mut progress = vec![TaskProgress::Pending; plan.tasks.len()];
    for _ in 0..STEPS_MAX {
        match step::next(&plan, &progress) {
            Step::Perform(tasks) => {
                check_start(&plan, &progress, &tasks, seed);
                for id in tasks {
                    progress[id.0] = performed(random);
                }
            }
            Step::Await { tasks, message } => {
                assert!(message.starts_with("waiting for "), "seed {seed}: {message}");
                for id in tasks {
                    assert_eq!(progress[id.0], TaskProgress::Running, "seed {seed}");
                    progress[id.0] = observed(random, plan.task(id));
                }
            }
            Step::Finish { phase, .. } => return check_end(&plan, &progress, phase, seed),
        }
    }
    panic!("seed {seed}: never ends");
}

fn check_end(plan: &SyncPlan, progress: &[TaskProgress], phase: OperationPhase, seed: u64) {
    let failed = progress.iter().any(is_failure);
    let expected = if failed { OperationPhase::Failed } else { OperationPhase::Succeeded };
    assert_eq!(phase, expected, "seed {seed}");
    let is_left = progress.contains(&TaskProgress::Pending);
    assert!(failed || !is_left, "seed {seed}: ends with work left");
    let first_failure = plan.ids().find(|id| is_failure(&progress[id.0]));
    let Some(failure) = first_failure.map(|id| plan.task(id).group()) else { return };
    for id in plan.ids().filter(|id| plan.task(*id).is_prune()) {
        let untouched = progress[id.0] == TaskProgress::Pending;
        let was_earlier = plan.task(id).group() <= failure;
        assert!(untouched || was_earlier, "seed {seed}: prunes in a failed operation");
    }
}

#[test]
fn every_play_ends_in_order_and_prunes_nothing_after_a_failure() {
    (0..SEEDS).for_each(play);
}
