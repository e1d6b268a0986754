//! `tiphys app …`: everything about Applications.

pub mod automation;
pub mod create;
pub mod delete;
pub mod diff;
pub mod flags;
pub mod get;
pub mod history;
pub mod list;
pub mod manifests;
pub mod set;
pub mod sync;
pub mod wait;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::error::CommandResult;

/// The verbs of `app`.
#[derive(Debug, Subcommand)]
pub enum AppCommand {
    /// Create an application
    Create(create::CreateArguments),
    /// Delete an application and its resources
    Delete(delete::DeleteArguments),
    /// Show what a sync would change
    Diff(diff::DiffArguments),
    /// Show an application
    Get(get::GetArguments),
    /// Show the deployment history of an application
    History(history::HistoryArguments),
    /// List applications
    List(list::ListArguments),
    /// Print the manifests of an application
    Manifests(manifests::ManifestsArguments),
    /// Change settings of an application
    Set(set::SetArguments),
    /// Sync applications to their target state
    Sync(sync::SyncArguments),
    /// Wait until applications are synced and healthy
    Wait(wait::WaitArguments),
}

/// Runs a verb of `app`.
///
/// # Errors
/// As the verb.
pub async fn run(context: &Context, command: &AppCommand) -> CommandResult {
    match command {
        AppCommand::Create(arguments) => create::run(context, arguments).await,
        AppCommand::Delete(arguments) => delete::run(context, arguments).await,
        AppCommand::Diff(arguments) => diff::run(context, arguments).await,
        AppCommand::Get(arguments) => get::run(context, arguments).await,
        AppCommand::History(arguments) => history::run(context, arguments).await,
        AppCommand::List(arguments) => list::run(context, arguments).await,
        AppCommand::Manifests(arguments) => manifests::run(context, arguments).await,
        AppCommand::Set(arguments) => set::run(context, arguments).await,
        AppCommand::Sync(arguments) => Box::pin(sync::run(context, arguments)).await,
        AppCommand::Wait(arguments) => wait::run(context, arguments).await,
    }
}
