//! The server-side dry run of everything, in parallel, before the first write.
//!
//! Argo CD 3.5 validates on the client only, so that a refused object leaves half an
//! application applied; here nothing is applied when anything would be refused. Objects whose
//! kind or namespace this sync creates cannot be tried on the server and are left out.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt};

use super::apply::Applier;
use super::drive::WRITES_IN_FLIGHT;
use crate::compare::apply::{ApplyOutcome, kubectl_message};
use crate::model::GroupKind;
use crate::plan::build::defined_kind;
use crate::plan::{SyncPlan, SyncTask, TaskAction, TaskId};
use crate::yaml::Text;

/// What the dry run said about one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The task.
    pub task: TaskId,
    /// The message for its row, or the refusal.
    pub verdict: Result<String, String>,
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

async fn try_one(
    applier: &Applier<'_>,
    new: &NewThings,
    task: &SyncTask,
) -> Result<String, String> {
    match task.action {
        TaskAction::SkipPrune(skip) => return Ok(skip.message().to_owned()),
        TaskAction::Prune | TaskAction::ConfirmPrune => return Ok("pruned (dry run)".to_owned()),
        TaskAction::Apply => {}
    }
    let message = |outcome| {
        let said = kubectl_message(&task.key.group_kind(), &task.key.name, outcome);
        format!("{said} (dry run)")
    };
    let Some(resource) = task.resource.as_ref().filter(|_| !new.must_come_before(task)) else {
        return Ok(message(ApplyOutcome::Created));
    };
    match applier.apply(task, resource).await {
        Ok(applied) => Ok(message(applied.outcome)),
        Err(refusal) if is_unsupported_by_webhook(&refusal) => {
            let text = format!("{} was not tried beforehand: {refusal}", task.key);
            applier.session.warn(text);
            Ok(String::new())
        }
        Err(refusal) => Err(refusal),
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
