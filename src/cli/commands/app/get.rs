//! `app get`: one Application, compared with the cluster now.

use clap::Args;

use crate::cli::args::ApplicationReference;
use crate::cli::context::Context;
use crate::cli::error::CommandResult;
use crate::cli::exit::Exit;
use crate::cli::output::style::{self, Colours};
use crate::cli::output::{self, Format};
use crate::cli::views::{application, diff};
use crate::engine::compare::{
    CompareOptions, Refresh, TargetFailure, compare_application, write_status,
};
use crate::ports::Clock;

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

/// Compares and prints the Application.
///
/// # Errors
/// When the Application or the cluster cannot be read.
pub async fn run(context: &Context, arguments: &GetArguments) -> CommandResult {
    let world = context.world_of(&arguments.application).await?;
    let name = world.application_name(&arguments.application).await?;
    let stored = world.ports.store.application(&name).await?;
    let options = CompareOptions {
        refresh: Refresh::from_flags(arguments.refresh, arguments.hard_refresh),
        on_target_failure: TargetFailure::Report,
        ..CompareOptions::default()
    };
    let compared = compare_application(&world.ports, stored, &options).await?;
    output::warnings(&compared.warnings);
    if let Some(note) = write_status(&world.ports, &compared).await? {
        output::notice(&note);
    }
    let shown = application::shown(&compared)?;
    output::data(&match arguments.output {
        Format::Wide => {
            let now = arguments.show_operation.then(|| context.clock.now());
            let url = world.ports.store.settings().await?.url.clone();
            let mut text = application::page(&shown, &url, now);
            if arguments.show_diff {
                let colours = Colours::of_stdout(&context.environment);
                text += &style::diff(&diff::text(&compared.comparison), colours);
            }
            text
        }
        Format::Name => format!("{name}\n"),
        format => output::document(&shown.raw, format),
    })?;
    Ok(Exit::Done)
}
