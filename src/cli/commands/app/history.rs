//! `app history`: what was deployed when.

use clap::{Args, ValueEnum};

use crate::cli::args::ApplicationReference;
use crate::cli::context::Context;
use crate::cli::error::CommandResult;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::views::history;

/// Formats of `app history -o`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum HistoryFormat {
    /// A table per repository.
    #[default]
    #[value(help = None::<&str>)]
    Wide,
    /// Ids alone.
    #[value(help = None::<&str>)]
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

/// Prints the history.
///
/// # Errors
/// When the Application cannot be read.
pub async fn run(context: &Context, arguments: &HistoryArguments) -> CommandResult {
    let world = context.world_of(&arguments.application).await?;
    let name = world.application_name(&arguments.application).await?;
    let application = world.ports.store.application(&name).await?;
    output::data(&match arguments.output {
        HistoryFormat::Wide => history::wide(&application),
        HistoryFormat::Id => history::ids(&application),
    })?;
    Ok(Exit::Done)
}
