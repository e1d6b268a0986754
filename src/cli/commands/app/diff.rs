//! `app diff`: what a sync would change.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::ApplicationReference;
use crate::cli::context::Context;
use crate::cli::error::CommandResult;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::output::style::{self, Colours};
use crate::cli::views::diff;
use crate::engine::compare::{CompareOptions, Refresh, compare_application};
use crate::engine::live;

/// Flags of `app diff`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # What would a sync change? Exits 1 when something differs
  tiphys app diff guestbook

  # What would a branch change?
  tiphys app diff guestbook --revision my-branch

  # What would the files in this folder change?
  tiphys app diff guestbook --local ./manifests")]
pub struct DiffArguments {
    /// Which Application.
    #[command(flatten)]
    pub application: ApplicationReference,
    /// Resolve the revision in Git again
    #[arg(long)]
    pub refresh: bool,
    /// Resolve the revision in Git again and look in all namespaces
    #[arg(long)]
    pub hard_refresh: bool,
    /// Exit with another code than 0 when something differs
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub exit_code: bool,
    /// The code to exit with when something differs
    #[arg(long, value_name = "CODE", default_value_t = 1)]
    pub diff_exit_code: u8,
    /// Compare with another revision
    #[arg(long, value_name = "REVISION", conflicts_with = "local")]
    pub revision: Option<String>,
    /// Compare with the files in a local folder, the root of a checkout
    #[arg(long, value_name = "FOLDER")]
    pub local: Option<PathBuf>,
}

/// Compares and prints the differences.
///
/// # Errors
/// When Git or the cluster cannot be read, or the manifests not be rendered.
pub async fn run(context: &Context, arguments: &DiffArguments) -> CommandResult {
    let world = context.world_of(&arguments.application).await?;
    let name = world.application_name(&arguments.application).await?;
    let stored = world.ports.store.application(&name).await?;
    let options = CompareOptions {
        refresh: Refresh::from_flags(arguments.refresh, arguments.hard_refresh),
        revisions: arguments.revision.iter().cloned().collect(),
        local: context.local_source(arguments.local.as_deref(), &stored)?,
        ..CompareOptions::default()
    };
    let compared = compare_application(&world.ports, stored, &options).await?;
    output::warnings(&compared.warnings);
    let text = diff::text(&compared.comparison);
    let colours = Colours::of_stdout(&context.environment);
    output::data(&style::diff(&text, colours))?;
    // What may not be read may differ: that is no "no difference".
    if let Some((key, message)) = compared.unreadable.iter().next() {
        return Err(live::unreadable(key, message).into());
    }
    Ok(match (text.is_empty(), arguments.exit_code) {
        (true, _) | (false, false) => Exit::Done,
        (false, true) => Exit::Chosen(arguments.diff_exit_code),
    })
}
