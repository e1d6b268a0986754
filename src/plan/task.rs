//! The nouns of a plan: tasks, and the groups they run in.

use std::sync::Arc;

use super::hooks::HookType;
use super::prune::HeldBack;
use crate::compare::TargetObject;
use crate::model::operation::SyncPhase;
use crate::model::{ApiResource, ResourceKey};
use crate::yaml::{Node, Text};

/// Names a task of a plan: its place in [`SyncPlan::tasks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub usize);

/// One thing to do to one object.
#[derive(Clone, Debug)]
pub struct SyncTask {
    /// The object.
    pub key: ResourceKey,
    /// API version without its group.
    pub version: Text,
    /// When in the sync.
    pub phase: SyncPhase,
    /// Wave inside the phase.
    pub wave: i64,
    /// Part of the wave: what must be gone before the rest starts comes first.
    pub part: GroupPart,
    /// What to do.
    pub action: TaskAction,
    /// Why it is there.
    pub origin: TaskOrigin,
    /// What Git wants; `None` for a prune.
    pub target: Option<Arc<TargetObject>>,
    /// What is there.
    pub live: Option<Arc<Node>>,
    /// How the cluster serves the kind; `None` is settled once its CRD has been applied.
    pub resource: Option<ApiResource>,
    /// The hook it is, if one.
    pub hook: Option<HookType>,
}

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskAction {
    /// Creates or changes the object.
    Apply,
    /// Deletes the object.
    Prune,
    /// Deletes the object after somebody said so.
    ConfirmPrune,
    /// Says why an object that is no longer in Git stays.
    SkipPrune(PruneSkip),
}

/// Why an object that is no longer in Git stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PruneSkip {
    /// Nobody asked for pruning.
    NotRequested,
    /// `Prune=false`.
    Forbidden,
    /// The prune guard holds it back.
    HeldBack,
}

/// Where a task comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskOrigin {
    /// An object of the Application.
    Application,
    /// The destination namespace, made by `CreateNamespace=true`.
    ManagedNamespace,
}

/// The parts of a wave, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupPart {
    /// Custom resources whose definition goes too: they must be gone before it does.
    CustomResourcesOfPrunedKinds,
    /// Everything else.
    #[default]
    Main,
}

/// What runs together: one part of one wave of one phase.
pub type GroupKey = (SyncPhase, i64, GroupPart);

/// Everything a sync will do, in order.
#[derive(Clone, Debug, Default)]
pub struct SyncPlan {
    /// The tasks, sorted.
    pub tasks: Vec<SyncTask>,
    /// What the prune guard holds back, with the reason.
    pub held_back: Vec<HeldBack>,
    /// Things the user should know.
    pub warnings: Vec<String>,
}

impl SyncTask {
    /// The group it runs in.
    pub fn group(&self) -> GroupKey {
        (self.phase, self.wave, self.part)
    }

    /// Whether it takes an object away, or would.
    pub fn is_prune(&self) -> bool {
        !matches!(self.action, TaskAction::Apply)
    }

    /// `group/Kind/name`, as operation messages name an object.
    pub fn reference(&self) -> String {
        format!("{}/{}/{}", self.key.group, self.key.kind, self.key.name)
    }
}

impl SyncPlan {
    /// The task behind an id.
    pub fn task(&self, id: TaskId) -> &SyncTask {
        &self.tasks[id.0]
    }

    /// All ids in order.
    pub fn ids(&self) -> impl Iterator<Item = TaskId> + use<> {
        (0..self.tasks.len()).map(TaskId)
    }

    /// Whether later tasks wait for the health of earlier ones: only when there is more than
    /// one phase or wave.
    pub fn has_several_steps(&self) -> bool {
        let step = |task: &SyncTask| (task.phase, task.wave);
        match (self.tasks.first(), self.tasks.last()) {
            (Some(first), Some(last)) => step(first) != step(last),
            _ => false,
        }
    }

    /// How many objects should be pruned and are not.
    pub fn requires_pruning(&self) -> usize {
        let skipped = |task: &&SyncTask| {
            matches!(
                task.action,
                TaskAction::SkipPrune(PruneSkip::NotRequested | PruneSkip::HeldBack)
            )
        };
        self.tasks.iter().filter(skipped).count()
    }
}

impl PruneSkip {
    /// What the result row says.
    pub fn message(self) -> &'static str {
        match self {
            Self::NotRequested => "ignored (requires pruning)",
            Self::Forbidden => "ignored (no prune)",
            Self::HeldBack => "ignored (held back by the prune guard)",
        }
    }
}
