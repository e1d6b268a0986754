//! `app history`: what was deployed when.

use clap::{Args, ValueEnum};

use crate::cli::args::ApplicationReference;

/// Formats of `app history -o`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum HistoryFormat {
    /// A table per repository.
    #[default]
    Wide,
    /// Ids alone.
    Id,
}

/// Flags of `app history`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # When was what deployed?
  tiphys app history guestbook")]
pub struct HistoryArguments {
    /// Which Application.
    #[command(flatten)]
    pub application: ApplicationReference,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: HistoryFormat,
}
