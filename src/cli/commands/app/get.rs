//! `app get`: one Application, compared with the cluster now.

use clap::Args;

use crate::cli::args::ApplicationReference;
use crate::cli::output::Format;

/// Flags of `app get`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Sync status and health of an application
  tiphys app get guestbook

  # Look at Git again first, and show what differs
  tiphys app get guestbook --refresh --show-diff")]
pub struct GetArguments {
    /// Which Application.
    #[command(flatten)]
    pub application: ApplicationReference,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
    /// Resolve the revision in Git again
    #[arg(long)]
    pub refresh: bool,
    /// Resolve the revision in Git again and look in all namespaces
    #[arg(long)]
    pub hard_refresh: bool,
    /// Show the last operation
    #[arg(long)]
    pub show_operation: bool,
    /// Show what differs
    #[arg(long)]
    pub show_diff: bool,
}
