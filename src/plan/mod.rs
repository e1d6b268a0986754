//! What a sync will do, decided once: tasks in phases and waves, and the pure machine that says
//! what comes next.
//!
//! Pure: no IO, no clock. The engine builds a [`SyncPlan`] from a comparison, checks its
//! invariants, and then asks [`step::next`] again and again, telling it what it observed.

pub mod build;
pub mod check;
pub mod hooks;
pub mod kind_order;
pub mod options;
pub mod ownership;
pub mod prune;
pub mod readiness;
pub mod step;
pub mod task;
pub mod waves;

pub use build::{PlanError, PlanRequest, build};
pub use hooks::{HookRole, HookType};
pub use options::SyncOptions;
pub use prune::{HeldBack, PruneGuard, PruneMode};
pub use step::{Step, TaskProgress};
pub use task::{SyncPlan, SyncTask, TaskAction, TaskId, TaskOrigin};
