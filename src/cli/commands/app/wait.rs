//! `app wait`: blocks until conditions are met, or cannot be any more.

use clap::Args;

use crate::cli::args::ApplicationReference;
use crate::cli::output::Format;

/// Flags of `app wait`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Until synced, healthy and no operation running, two minutes at most
  tiphys app wait guestbook --timeout 120

  # Only until healthy
  tiphys app wait guestbook --health")]
pub struct WaitArguments {
    /// Which Application.
    #[command(flatten)]
    pub application: ApplicationReference,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
    /// Until it is synced
    #[arg(long)]
    pub sync: bool,
    /// Until it is healthy
    #[arg(long)]
    pub health: bool,
    /// Until no operation is running
    #[arg(long)]
    pub operation: bool,
    /// Until it is suspended
    #[arg(long)]
    pub suspended: bool,
    /// Until it is degraded
    #[arg(long)]
    pub degraded: bool,
    /// Until it is gone
    #[arg(long)]
    pub delete: bool,
    /// Give up after this many seconds; 0 waits without end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub timeout: u64,
    /// How long a resource may be Degraded before waiting stops
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    pub degraded_grace: String,
}
