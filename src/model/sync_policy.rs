//! `spec.syncPolicy`: automation, retries and the options of a sync.

use serde::{Deserialize, Serialize};

use crate::yaml::Node;

/// When and how an Application is synced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncPolicy {
    /// Present: syncs start by themselves, unless `enabled` is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automated: Option<Automated>,
    /// Options such as `CreateNamespace=true`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sync_options: Vec<String>,
    /// What to do after a failed sync.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryStrategy>,
    /// Labels and annotations of a namespace made by `CreateNamespace=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_namespace_metadata: Option<Node>,
}

/// `syncPolicy.automated`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Automated {
    /// Delete what is no longer in Git.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub prune: bool,
    /// Undo changes made on the cluster.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub self_heal: bool,
    /// Allow a sync to zero resources.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow_empty: bool,
    /// `false` switches automation off while keeping the settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// `syncPolicy.retry`, and the retry of one operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RetryStrategy {
    /// How often to retry; negative means without end, 0 never.
    #[serde(skip_serializing_if = "is_zero")]
    pub limit: i64,
    /// How long to wait between tries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Backoff>,
    /// Resolve the revision anew at each try.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub refresh: bool,
}

/// `retry.backoff`: wait = min(maxDuration, duration · factor^n). Defaults 5s, 2, 3m.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Backoff {
    /// First wait, a Go duration or bare seconds.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub duration: String,
    /// Growth per try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<i64>,
    /// Longest wait.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub max_duration: String,
}

impl SyncPolicy {
    /// Whether syncs start by themselves.
    pub fn is_automated(&self) -> bool {
        self.automated.as_ref().is_some_and(|automated| automated.enabled != Some(false))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_zero(value: &i64) -> bool {
    *value == 0
}
