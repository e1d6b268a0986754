//! `app delete`: removes an Application, with its resources unless told otherwise.

use clap::{Args, ValueEnum};

use crate::cli::args::{ApplicationReference, LockArguments};

/// What happens to dependents of deleted objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PropagationPolicy {
    /// They go first.
    #[default]
    Foreground,
    /// They go afterwards.
    Background,
}

/// Flags of `app delete`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Delete an application and its resources, without asking
  tiphys app delete guestbook --yes

  # Delete the application, keep its resources
  tiphys app delete guestbook --cascade=false")]
pub struct DeleteArguments {
    /// Which Application.
    #[command(flatten)]
    pub application: ApplicationReference,
    /// Delete the resources too
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub cascade: bool,
    /// What happens to dependents of the resources
    #[arg(short, long, value_enum, default_value_t)]
    pub propagation_policy: PropagationPolicy,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Wait until the application is gone (tiphys waits anyway when it deletes by itself)
    #[arg(long)]
    pub wait: bool,
    /// Also delete the destination namespace, if tiphys created it and it is empty
    #[arg(long)]
    pub delete_namespace: bool,
    /// Give up after this many seconds; 0 waits without end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub timeout: u64,
    /// Lock.
    #[command(flatten)]
    pub lock: LockArguments,
}
