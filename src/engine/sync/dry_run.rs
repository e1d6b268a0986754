//! The server-side dry run of everything, in parallel, before the first write.
//!
//! Argo CD 3.5 validates on the client only, so that a refused object leaves half an
//! application applied; here nothing is applied when anything would be refused. Objects whose
//! kind or namespace this sync creates cannot be tried on the server and are left out.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt};

use super::apply::Applier;
use super::drive::WRITES_IN_FLIGHT;
use super::record::result_row;
use crate::compare::apply::{ApplyOutcome, kubectl_message};
use crate::model::{GroupKind, OperationPhase, ResourceResult, ResultCode};
use crate::plan::build::defined_kind;
use crate::plan::task::PruneSkip;
use crate::plan::{SyncPlan, SyncTask, TaskAction, TaskId};
use crate::yaml::Text;

/// What the dry run said about one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The task.
    pub task: TaskId,
    /// What it would do.
    pub verdict: Verdict,
}

/// What a task would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Write the object, or leave it as it is.
    Apply(ApplyOutcome),
    /// Delete the object.
    Prune,
    /// Leave an object that is no longer in Git.
    Skip(PruneSkip),
    /// Nobody knows: a webhook does not take part in dry runs.
    Untried,
    /// Nothing: the server refuses it.
    Refused(String),
}

impl Trial {
    /// Whether the server refuses it.
    pub fn is_refused(&self) -> bool {
        matches!(self.verdict, Verdict::Refused(_))
    }

    /// Whether the object is as Git says already.
    pub fn is_unchanged(&self) -> bool {
        self.verdict == Verdict::Apply(ApplyOutcome::Unchanged)
    }

    /// The row that says so.
    pub fn row(&self, task: &SyncTask) -> ResourceResult {
        let (code, message) = match &self.verdict {
            Verdict::Apply(outcome) => {
                let said = kubectl_message(&task.key.group_kind(), &task.key.name, *outcome);
                (ResultCode::Synced, format!("{said} (dry run)"))
            }
            Verdict::Prune => (ResultCode::Pruned, "pruned (dry run)".to_owned()),
            Verdict::Skip(skip) => (ResultCode::PruneSkipped, skip.message().to_owned()),
            Verdict::Untried => (ResultCode::Synced, String::new()),
            Verdict::Refused(reason) => (ResultCode::SyncFailed, reason.clone()),
        };
        let mut row = result_row(task, code, message);
        if code == ResultCode::Synced {
            row.hook_phase = Some(OperationPhase::Succeeded);
        }
        row
    }
}

/// What this sync creates before other objects can be tried on the server.
#[derive(Debug, Default)]
struct NewThings {
    namespaces: BTreeSet<Text>,
    kinds: BTreeSet<GroupKind>,
}

/// Tries every task of `plan` on the server.
pub async fn try_all(applier: &Applier<'_>, plan: &SyncPlan) -> Vec<Trial> {
    let new = &NewThings::of(plan);
    let mut trials: Vec<Trial> =
        stream::iter(plan.ids())
            .map(|id| async move {
                Trial { task: id, verdict: try_one(applier, new, plan.task(id)).await }
            })
            .buffer_unordered(WRITES_IN_FLIGHT)
            .collect()
            .await;
    trials.sort_by_key(|trial| trial.task);
    trials
}

async fn try_one(applier: &Applier<'_>, new: &NewThings, task: &SyncTask) -> Verdict {
    match task.action {
        TaskAction::SkipPrune(skip) => return Verdict::Skip(skip),
        TaskAction::Prune | TaskAction::ConfirmPrune => return Verdict::Prune,
        TaskAction::Apply => {}
    }
    if applier.session.should_stop() {
        return Verdict::Untried;
    }
    let Some(resource) = task.resource.as_ref().filter(|_| !new.must_come_before(task)) else {
        return match applier.check(task) {
            Ok(outcome) => Verdict::Apply(outcome),
            Err(refusal) => Verdict::Refused(refusal),
        };
    };
    match applier.apply(task, resource).await {
        Ok(applied) => Verdict::Apply(applied.outcome),
        Err(refusal) if is_unsupported_by_webhook(&refusal) => {
            let text = format!("{} was not tried beforehand: {refusal}", task.key);
            applier.session.warn(text);
            Verdict::Untried
        }
        Err(refusal) => Verdict::Refused(refusal),
    }
}

/// Whether an admission webhook refused only because it was a dry run.
fn is_unsupported_by_webhook(refusal: &str) -> bool {
    refusal.contains("does not support dry run")
}

impl NewThings {
    fn of(plan: &SyncPlan) -> Self {
        let mut new = Self::default();
        let created = |task: &&SyncTask| task.action == TaskAction::Apply && task.live.is_none();
        for task in plan.tasks.iter().filter(created) {
            if &*task.key.kind == "Namespace" && task.key.group.is_empty() {
                new.namespaces.insert(task.key.name.clone());
            }
            let root = task.target.as_ref().map(|target| &target.manifest.root);
            new.kinds.extend(root.and_then(|root| defined_kind(&task.key, root)));
        }
        new
    }

    /// Whether something new must be there before `task` can be tried.
    fn must_come_before(&self, task: &SyncTask) -> bool {
        self.namespaces.contains(&task.key.namespace)
            || (!self.kinds.is_empty() && self.kinds.contains(&task.key.group_kind()))
    }
}
