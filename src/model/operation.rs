//! An operation: the request, its progress and its result.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::resource_key::ResourceKey;
use super::source::ApplicationSource;
use super::sync_policy::RetryStrategy;
use crate::yaml::{Node, Text};

/// A request for a sync.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Operation {
    /// What to sync.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync: Option<SyncOperation>,
    /// Who asked.
    pub initiated_by: InitiatedBy,
    /// Free text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub info: Vec<Node>,
    /// What to do after a failure.
    pub retry: RetryStrategy,
}

/// The sync part of an operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncOperation {
    /// The commit to sync to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// Commits, one per source.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<String>,
    /// Delete what is no longer in Git.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub prune: bool,
    /// Change nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// `{apply: {force}}` or `{hook: {force}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_strategy: Option<Node>,
    /// Only these objects; empty means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<SyncOperationResource>,
    /// The source to sync from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<ApplicationSource>,
    /// The sources to sync from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<ApplicationSource>,
    /// The options in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sync_options: Vec<String>,
}

/// One selected object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncOperationResource {
    /// API group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty means any.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// Who asked for an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InitiatedBy {
    /// User name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// Whether automation asked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automated: bool,
}

/// Where an operation stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperationPhase {
    /// Under way.
    #[default]
    Running,
    /// Asked to stop.
    Terminating,
    /// Ended: objects or hooks failed.
    Failed,
    /// Ended: could not be carried out.
    Error,
    /// Ended well.
    Succeeded,
}

/// `status.operationState`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OperationState {
    /// Copy of the request.
    pub operation: Operation,
    /// Where it stands.
    pub phase: OperationPhase,
    /// What happened.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Results per object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_result: Option<SyncResult>,
    /// Start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// End; none while under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Tries after the first.
    #[serde(skip_serializing_if = "is_zero")]
    pub retry_count: i64,
    /// tiphys' operation id: what makes an operation resumable. Unknown to Argo CD, which
    /// drops it when it takes over.
    #[serde(rename = "tiphysOperationId", skip_serializing_if = "String::is_empty")]
    pub operation_id: String,
}

/// `operationState.syncResult`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncResult {
    /// Results in the order of the first of each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceResult>,
    /// Commit that was synced.
    pub revision: String,
    /// Commits, one per source.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<String>,
    /// Source that was synced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<ApplicationSource>,
    /// Sources that were synced.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<ApplicationSource>,
}

/// When in a sync something runs.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum SyncPhase {
    /// Before everything.
    PreSync,
    /// The objects themselves.
    #[default]
    Sync,
    /// After all objects are healthy.
    PostSync,
    /// After a failure.
    SyncFail,
}

/// What became of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResultCode {
    /// Applied.
    Synced,
    /// Could not be applied.
    SyncFailed,
    /// Deleted.
    Pruned,
    /// Should be deleted, was not.
    PruneSkipped,
}

/// One row of `syncResult.resources`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceResult {
    /// API group, written even when empty.
    pub group: Text,
    /// API version.
    pub version: Text,
    /// Kind.
    pub kind: Text,
    /// Namespace, written even when empty.
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ResultCode>,
    /// kubectl's words for it, or the error.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Which hook it is, if one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hook_type: String,
    /// Where the hook or object stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook_phase: Option<OperationPhase>,
    /// When in the sync it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_phase: Option<SyncPhase>,
    /// Images of its pods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
}

impl OperationPhase {
    /// Whether the operation has ended.
    pub fn is_completed(self) -> bool {
        matches!(self, Self::Failed | Self::Error | Self::Succeeded)
    }
}

impl ResourceResult {
    /// Group, kind, namespace and name.
    pub fn key(&self) -> ResourceKey {
        ResourceKey {
            group: self.group.clone(),
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }
}

impl fmt::Display for OperationPhase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

impl fmt::Display for ResultCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_zero(value: &i64) -> bool {
    *value == 0
}
