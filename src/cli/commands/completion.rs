//! `tiphys completion`: scripts for shells.

use clap::Args;
use clap_complete::Shell;

/// Flags of `completion`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # bash, for this shell
  source <(tiphys completion bash)")]
pub struct CompletionArguments {
    /// Shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}
