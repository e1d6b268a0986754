//! `app sync`: makes the cluster what Git says.

use clap::Args;

use crate::cli::args::{ApplicationReference, LockArguments};
use crate::cli::output::Format;

/// Flags of `app sync`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Sync, and delete what is no longer in Git
  tiphys app sync guestbook --prune

  # What would happen?
  tiphys app sync guestbook --dry-run

  # Only one resource
  tiphys app sync guestbook --resource apps:Deployment:guestbook")]
pub struct SyncArguments {
    /// Which Application.
    #[command(flatten)]
    pub application: ApplicationReference,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
    /// Sync to this branch, tag or commit
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// Delete what is no longer in Git
    #[arg(long)]
    pub prune: bool,
    /// Also delete what the prune guard holds back
    #[arg(long)]
    pub prune_guarded: bool,
    /// Go through everything but change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Only this resource, [!]GROUP:KIND:[NAMESPACE/]NAME; a leading ! leaves one out
    #[arg(long, value_name = "RESOURCE")]
    pub resource: Vec<String>,
    /// Use server-side apply
    #[arg(long)]
    pub server_side: bool,
    /// Apply only what is out of sync
    #[arg(long)]
    pub apply_out_of_sync_only: bool,
    /// Wait until everything is healthy too
    #[arg(long)]
    pub wait: bool,
    /// Give up after this many seconds; 0 waits without end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub timeout: u64,
    /// How often to retry a failed sync; replaces the application's own retry
    #[arg(long, value_name = "NUMBER", default_value_t = 0, allow_negative_numbers = true)]
    pub retry_limit: i64,
    /// First wait between retries
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    pub retry_backoff_duration: String,
    /// Growth of the wait per retry
    #[arg(long, value_name = "NUMBER", default_value_t = 2)]
    pub retry_backoff_factor: i64,
    /// Longest wait between retries
    #[arg(long, value_name = "DURATION", default_value = "3m")]
    pub retry_backoff_max_duration: String,
    /// Look for resources to prune in every namespace
    #[arg(long, value_name = "WHERE", value_parser = ["namespaces", "cluster"], default_value = "namespaces")]
    pub scan: String,
    /// Forget an interrupted operation instead of resuming it
    #[arg(long)]
    pub abandon: bool,
    /// Lock.
    #[command(flatten)]
    pub lock: LockArguments,
}
