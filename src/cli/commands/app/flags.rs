//! Flags that write fields of an Application: shared by `app create` and `app set`.

use clap::Args;

/// Flags named after the fields they write.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Application fields")]
pub struct ApplicationFlags {
    /// Git repository URL
    #[arg(long, value_name = "URL")]
    pub repo: Option<String>,
    /// Folder in the repository
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
    /// Branch, tag, commit or semver constraint to sync to
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// API server of the destination cluster
    #[arg(long, value_name = "URL")]
    pub dest_server: Option<String>,
    /// Name of the destination cluster
    #[arg(long, value_name = "NAME")]
    pub dest_name: Option<String>,
    /// Namespace for resources that name none
    #[arg(long, value_name = "NAMESPACE")]
    pub dest_namespace: Option<String>,
    /// Project of the application
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// How many deployments to remember
    #[arg(long, value_name = "NUMBER")]
    pub revision_history_limit: Option<u32>,
    /// Start syncs by hand or automatically; an automatic policy keeps prune and self-heal
    #[arg(long, value_name = "POLICY", value_parser = ["manual", "none", "auto", "automated", "automatic"])]
    pub sync_policy: Option<String>,
    /// Delete what is no longer in Git during automatic syncs
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub auto_prune: Option<bool>,
    /// Undo changes made on the cluster
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub self_heal: Option<bool>,
    /// Allow an automatic sync to zero resources
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub allow_empty: Option<bool>,
    /// Add a sync option such as CreateNamespace=true; a leading ! removes one
    #[arg(long, value_name = "OPTION")]
    pub sync_option: Vec<String>,
    /// How often to retry a failed sync; 0 removes the retry, negative is without end
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub sync_retry_limit: Option<i64>,
    /// First wait between retries
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    pub sync_retry_backoff_duration: String,
    /// Growth of the wait per retry
    #[arg(long, value_name = "NUMBER", default_value_t = 2)]
    pub sync_retry_backoff_factor: i64,
    /// Longest wait between retries
    #[arg(long, value_name = "DURATION", default_value = "3m")]
    pub sync_retry_backoff_max_duration: String,
}
