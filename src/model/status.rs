//! `status` of an Application, field for field as Argo CD 3.5 writes it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::application::ApplicationDestination;
use super::operation::{InitiatedBy, OperationState};
use super::source::ApplicationSource;
use crate::yaml::{Node, Text};

/// Whether live objects are what Git says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SyncStatusCode {
    /// Could not be decided.
    #[default]
    Unknown,
    /// Live equals target.
    Synced,
    /// Live differs from target.
    OutOfSync,
}

/// Health, best to worst; the order is that of aggregation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum HealthStatusCode {
    /// Works.
    Healthy,
    /// Paused on purpose.
    Suspended,
    /// On its way.
    Progressing,
    /// Not there.
    Missing,
    /// Failed, or failed to become healthy in time.
    Degraded,
    /// Could not be decided.
    #[default]
    Unknown,
}

/// Health of one object with the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HealthStatus {
    /// The judgement.
    pub status: HealthStatusCode,
    /// The reason, empty when there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// `status` of an Application.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationStatus {
    /// Overall sync status and what it was compared with.
    pub sync: SyncStatus,
    /// Overall health.
    pub health: ApplicationHealth,
    /// One row per managed object, sorted by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceStatus>,
    /// The current or last operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_state: Option<OperationState>,
    /// Successful full syncs, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<RevisionHistory>,
    /// Errors and warnings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Images and links.
    pub summary: Summary,
    /// When it was last compared with Git.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconciled_at: Option<Timestamp>,
    /// Tool of the single source: Helm, Kustomize, Directory or Plugin.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_type: String,
    /// Tool of each source.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_types: Vec<String>,
    /// Set by an Argo CD controller: its namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub controller_namespace: String,
    /// `appTree` when resource health is kept elsewhere; empty when inline.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_health_source: String,
}

/// `status.health`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationHealth {
    /// Worst of the managed objects.
    pub status: HealthStatusCode,
    /// When `status` last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Timestamp>,
}

/// `status.sync`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncStatus {
    /// Overall.
    pub status: SyncStatusCode,
    /// Commit of the single source.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// Commits, one per source.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<String>,
    /// What was compared.
    pub compared_to: ComparedTo,
}

/// `status.sync.comparedTo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ComparedTo {
    /// The single source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<ApplicationSource>,
    /// Several sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<ApplicationSource>,
    /// Where to.
    pub destination: ApplicationDestination,
    /// The ignore rules in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore_differences: Vec<Node>,
}

/// One row of `status.resources`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceStatus {
    /// API group.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub group: Text,
    /// API version.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub version: Text,
    /// Kind.
    pub kind: Text,
    /// Namespace.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// Sync status; none for hooks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<SyncStatusCode>,
    /// Health; none for kinds without a check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthStatus>,
    /// Whether it is a hook.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hook: bool,
    /// Whether it is no longer in Git.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub requires_pruning: bool,
    /// Whether deletion must be confirmed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub requires_deletion_confirmation: bool,
    /// Sync wave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_wave: Option<i64>,
}

/// One entry of `status.history`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RevisionHistory {
    /// Counts up from 0.
    pub id: i64,
    /// Commit of the single source.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// Commits, one per source.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<String>,
    /// The source as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<ApplicationSource>,
    /// The sources as they were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<ApplicationSource>,
    /// When the sync started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deploy_started_at: Option<Timestamp>,
    /// When it finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed_at: Option<Timestamp>,
    /// Who asked for it.
    pub initiated_by: InitiatedBy,
}

/// One entry of `status.conditions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: ConditionType,
    /// What happened.
    #[serde(default)]
    pub message: String,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Timestamp>,
}

/// Types of conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ConditionType {
    /// Deletion cannot go on.
    DeletionError,
    /// `spec` is not valid.
    InvalidSpecError,
    /// Target or live state could not be had.
    ComparisonError,
    /// Automation cannot sync.
    SyncError,
    /// Another Application claims an object too.
    SharedResourceWarning,
    /// An object is declared twice.
    RepeatedResourceWarning,
    /// An object of an excluded kind is declared.
    ExcludedResourceWarning,
    /// Untracked objects in the destination namespace.
    OrphanedResourceWarning,
    /// Something unexpected.
    #[serde(other)]
    UnknownError,
}

/// `status.summary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Summary {
    /// Images in use, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// Links.
    #[serde(rename = "externalURLs", skip_serializing_if = "Vec::is_empty")]
    pub external_urls: Vec<String>,
}

impl HealthStatus {
    /// A judgement with a reason.
    pub fn new(status: HealthStatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }
}

impl fmt::Display for SyncStatusCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

impl fmt::Display for HealthStatusCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

impl fmt::Display for ConditionType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}
