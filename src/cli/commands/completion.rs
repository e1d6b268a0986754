//! `tiphys completion`: scripts for shells.

use clap::Args;
use clap_complete::Shell;

use crate::cli::error::CommandResult;
use crate::cli::exit::Exit;
use crate::cli::{generate, output};

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

/// Prints the script.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(arguments: &CompletionArguments) -> CommandResult {
    output::data(&generate::completion(arguments.shell))?;
    Ok(Exit::Done)
}
