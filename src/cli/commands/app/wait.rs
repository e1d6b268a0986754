//! `app wait`: blocks until conditions are met, or cannot be any more.

use clap::Args;

use crate::cli::args::ApplicationReference;
use crate::cli::commands::app::sync::{parse_duration, seconds};
use crate::cli::context::Context;
use crate::cli::error::{CommandError, CommandResult};
use crate::cli::event_lines::EventLines;
use crate::cli::exit::Exit;
use crate::cli::output::{self, Format};
use crate::cli::views::application;
use crate::engine::event::Event;
use crate::engine::wait::{self, WaitCondition, WaitOutcome, WaitRequest, WaitVerdict};
use crate::model::ApplicationName;
use crate::ports::Clock;

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

/// What argocd says before the last state after a time-out.
const TIMED_OUT: &str = "\nThis is the state of the app after wait timed out:\n\n\
    The command timed out waiting for the conditions to be met.\n";

/// Waits and prints the last state.
///
/// # Errors
/// When the conditions cannot be met any more (no), or not in time.
pub async fn run(context: &Context, arguments: &WaitArguments) -> CommandResult {
    let world = context.world_of(&arguments.application).await?;
    let name = world.application_name(&arguments.application).await?;
    let request = WaitRequest {
        conditions: arguments.conditions(),
        timeout: seconds(arguments.timeout),
        degraded_grace: Some(parse_duration("--degraded-grace", &arguments.degraded_grace)?),
        ..WaitRequest::default()
    };
    let lines = EventLines::new(&*context.clock, arguments.output);
    let sink = |event: Event| lines.handle(event);
    let session = context.session(&world, &sink);
    let outcome = wait::wait(&session, &name, &request).await;
    lines.finish();
    let outcome = outcome?;
    let url = world.ports.store.settings().await?.url.clone();
    output::data(&text(context, arguments, &name, &outcome, &url)?)?;
    match outcome.verdict {
        WaitVerdict::Met => Ok(Exit::Done),
        WaitVerdict::Failed(reason) => Err(CommandError::no(reason)),
        WaitVerdict::TimedOut => Err(CommandError::failed(format!(
            "timed out ({}s) waiting for app \"{}\" match desired state",
            arguments.timeout,
            arguments.application.name.as_deref().unwrap_or(&name.name)
        ))),
    }
}

fn text(
    context: &Context,
    arguments: &WaitArguments,
    name: &ApplicationName,
    outcome: &WaitOutcome,
    url: &str,
) -> Result<String, CommandError> {
    let Some(compared) = &outcome.compared else {
        return Ok(format!("Application '{}' deleted\n", name.name));
    };
    let shown = application::shown(compared)?;
    Ok(match arguments.output {
        Format::Wide => {
            let timed_out = if outcome.verdict == WaitVerdict::TimedOut { TIMED_OUT } else { "" };
            let now = Some(context.clock.now());
            format!("{timed_out}\n{}", application::page(&shown, url, now))
        }
        Format::Name => format!("{name}\n"),
        format => output::document(&shown.raw, format),
    })
}

impl WaitArguments {
    fn conditions(&self) -> Vec<WaitCondition> {
        let flags = [
            (self.sync, WaitCondition::Synced),
            (self.health, WaitCondition::Healthy),
            (self.operation, WaitCondition::NoOperation),
            (self.suspended, WaitCondition::Suspended),
            (self.degraded, WaitCondition::Degraded),
            (self.delete, WaitCondition::Deleted),
        ];
        flags.into_iter().filter_map(|(given, condition)| given.then_some(condition)).collect()
    }
}
