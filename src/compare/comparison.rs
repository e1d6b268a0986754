//! The result of pairing and diffing: what each object is, what it should be, and the verdict.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{
    ApiResource, Condition, HealthStatus, HealthStatusCode, Manifest, ResourceKey, SyncStatusCode,
};
use crate::yaml::{Node, SourceMap, Text};

/// One object as Git wants it: namespace defaulted, tracking id set.
#[derive(Clone, Debug)]
pub struct TargetObject {
    /// The object and where it was written.
    pub manifest: Manifest,
    /// Its key after defaulting.
    pub key: ResourceKey,
    /// How the cluster serves its kind; `None` when it does not (its CRD may come with the sync).
    pub resource: Option<ApiResource>,
}

/// Everything Git wants, keys unique, in the order of rendering.
#[derive(Clone, Debug, Default)]
pub struct TargetState {
    /// The objects.
    pub objects: Vec<Arc<TargetObject>>,
    /// Warnings such as repeated resources, errors such as a missing namespace.
    pub conditions: Vec<Condition>,
    /// The files the objects came from, one map per source.
    pub files: Vec<SourceMap>,
}

/// What is on the cluster: objects with a target's key, and objects tracked by the Application.
#[derive(Clone, Debug, Default)]
pub struct LiveState {
    /// The objects by key.
    pub objects: BTreeMap<ResourceKey, Arc<Node>>,
}

/// One pair of target and live object.
#[derive(Clone, Debug)]
pub struct ResourceComparison {
    /// Key of the target, else of the live object.
    pub key: ResourceKey,
    /// Version of the target, else of the live object.
    pub version: Text,
    /// What Git wants; `None` when it is no longer in Git.
    pub target: Option<Arc<TargetObject>>,
    /// What is there; `None` when nothing is.
    pub live: Option<Arc<Node>>,
    /// The verdict; `None` for hooks and objects that are not ours to judge.
    pub status: Option<SyncStatusCode>,
    /// Health of the live object; `None` for kinds without a check.
    pub health: Option<HealthStatus>,
    /// Whether target or live is a hook.
    pub hook: bool,
    /// No longer in Git, live, and tracked by this Application under its own name.
    pub requires_pruning: bool,
    /// `Prune=confirm` or `Delete=confirm` applies.
    pub requires_deletion_confirmation: bool,
    /// Sync wave, 0 when not set.
    pub wave: i64,
    /// What differs, when target and live differ.
    pub difference: Option<Difference>,
}

/// Both sides of a difference, normalised, ready to be shown. Secrets are not masked yet.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The live object; `None` when it is to be created.
    pub live: Option<Node>,
    /// What the live object will look like after a sync; `None` when it is to be pruned.
    pub predicted: Option<Node>,
}

/// The verdict over an Application.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Pairs sorted by key.
    pub resources: Vec<ResourceComparison>,
    /// Overall sync status.
    pub sync: SyncStatusCode,
    /// Overall health.
    pub health: HealthStatusCode,
    /// Errors and warnings.
    pub conditions: Vec<Condition>,
}
