//! `app sync`: makes the cluster what Git says.

use std::time::Duration;

use clap::Args;

use crate::cli::args::{ApplicationReference, LockArguments, go_duration};
use crate::cli::context::{Context, World};
use crate::cli::error::{CommandError, CommandResult};
use crate::cli::event_lines::EventLines;
use crate::cli::exit::Exit;
use crate::cli::output::{self, Format};
use crate::cli::selection::Selection;
use crate::cli::views::application;
use crate::engine::compare::{CompareOptions, Refresh, compare_application};
use crate::engine::event::Event;
use crate::engine::live::Scan;
use crate::engine::lock::LockMode;
use crate::engine::session::Session;
use crate::engine::sync;
use crate::engine::sync::request::{Executor, SyncMode, SyncOutcome, SyncRequest, Unfinished};
use crate::engine::wait::{self, WaitCondition, WaitRequest, WaitVerdict};
use crate::model::operation::SyncOperationResource;
use crate::model::sync_policy::{Backoff, RetryStrategy};
use crate::model::{ApplicationName, OperationPhase, ResourceKey};
use crate::plan::{PruneGuard, PruneMode};
use crate::ports::Clock;
use crate::support::duration;

/// Flags of `app sync`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Sync, and delete what is no longer in Git
  tiphys app sync guestbook --prune

  # What would happen?
  tiphys app sync guestbook --dry-run

  # Only one resource
  tiphys app sync guestbook --resource apps:Deployment:guestbook")]
pub struct SyncArguments {
    /// Which Application.
    #[command(flatten)]
    pub application: ApplicationReference,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
    /// Sync to this branch, tag or commit
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// Delete what is no longer in Git
    #[arg(long)]
    pub prune: bool,
    /// Also delete what the prune guard holds back
    #[arg(long)]
    pub prune_guarded: bool,
    /// Go through everything but change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Only this resource, [!]GROUP:KIND:[NAMESPACE/]NAME; a leading ! leaves one out
    #[arg(long, value_name = "RESOURCE")]
    pub resource: Vec<String>,
    /// Use server-side apply
    #[arg(long)]
    pub server_side: bool,
    /// Apply only what is out of sync
    #[arg(long)]
    pub apply_out_of_sync_only: bool,
    /// Wait until everything is healthy too
    #[arg(long)]
    pub wait: bool,
    /// Give up after this many seconds; 0 waits without end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub timeout: u64,
    /// How often to retry a failed sync; replaces the application's own retry
    #[arg(long, value_name = "NUMBER", default_value_t = 0, allow_negative_numbers = true)]
    pub retry_limit: i64,
    /// First wait between retries
    #[arg(long, value_name = "DURATION", value_parser = go_duration, default_value = "5s")]
    pub retry_backoff_duration: String,
    /// Growth of the wait per retry
    #[arg(long, value_name = "NUMBER", default_value_t = 2)]
    pub retry_backoff_factor: i64,
    /// Longest wait between retries
    #[arg(long, value_name = "DURATION", value_parser = go_duration, default_value = "3m")]
    pub retry_backoff_max_duration: String,
    /// Where to look for resources that left Git: the application's namespaces or the whole cluster
    #[arg(long, value_name = "WHERE", value_parser = ["namespaces", "cluster"], default_value = "namespaces")]
    pub scan: String,
    /// Sync by itself where controllers are told to keep away (skip-reconcile: "true")
    #[arg(long)]
    pub direct: bool,
    /// Forget an interrupted operation instead of resuming it
    #[arg(long)]
    pub abandon: bool,
    /// Lock.
    #[command(flatten)]
    pub lock: LockArguments,
}

/// Syncs and prints what happened.
///
/// # Errors
/// When the sync could not be carried out; a sync that failed or left something to prune
/// answers no.
pub async fn run(context: &Context, arguments: &SyncArguments) -> CommandResult {
    // Wrong usage is told before anything is asked.
    Selection::parse(&arguments.resource)?;
    let world = context.writing_world_of(&arguments.application, "sync").await?;
    let name = world.application_name(&arguments.application).await?;
    let request = request(context, &world, arguments, &name).await?;
    let lines = EventLines::new(&*context.clock, arguments.output).only(&request.selection);
    let sink = |event: Event| lines.handle(event);
    let session = context.session(&world, &sink);
    let outcome = sync::sync(&session, &name, &request).await;
    lines.finish();
    let outcome = outcome?;
    print(context, &world, arguments, &outcome).await?;
    let verdict = verdict(&outcome)?;
    if arguments.wait && !arguments.dry_run {
        wait_for_health(&session, &name, arguments).await?;
    }
    Ok(verdict)
}

async fn wait_for_health(
    session: &Session<'_>,
    name: &ApplicationName,
    arguments: &SyncArguments,
) -> Result<(), CommandError> {
    let wanted = WaitRequest {
        conditions: vec![WaitCondition::Healthy],
        timeout: seconds(arguments.timeout),
        ..WaitRequest::default()
    };
    match wait::wait(session, name, &wanted).await?.verdict {
        WaitVerdict::Met => Ok(()),
        WaitVerdict::Failed(reason) => Err(CommandError::no(reason)),
        WaitVerdict::TimedOut => {
            Err(CommandError::failed(format!("application '{name}' is not healthy in time")))
        }
    }
}

async fn request(
    context: &Context,
    world: &World,
    arguments: &SyncArguments,
    name: &ApplicationName,
) -> Result<SyncRequest, CommandError> {
    let mut options = Vec::new();
    if arguments.server_side {
        options.push("ServerSideApply=true".to_owned());
    }
    if arguments.apply_out_of_sync_only {
        options.push("ApplyOutOfSyncOnly=true".to_owned());
    }
    Ok(SyncRequest {
        revisions: arguments.revision.iter().cloned().collect(),
        mode: if arguments.dry_run { SyncMode::DryRun } else { SyncMode::Apply },
        prune: if arguments.prune { PruneMode::Delete } else { PruneMode::Keep },
        guard: if arguments.prune_guarded { PruneGuard::Off } else { PruneGuard::On },
        selection: select(world, arguments, name).await?,
        options,
        retry: retry(arguments),
        timeout: seconds(arguments.timeout),
        executor: if arguments.direct { Executor::Direct } else { Executor::LiveControllerFirst },
        unfinished: if arguments.abandon { Unfinished::Abandon } else { Unfinished::Resume },
        lock: Some(lock_mode(&arguments.lock)?),
        identity: context.identity(),
        scan: (arguments.scan == "cluster").then_some(Scan::Cluster),
        ..SyncRequest::default()
    })
}

/// The objects that `--resource` means. None given means all; given ones that match nothing are
/// an error.
async fn select(
    world: &World,
    arguments: &SyncArguments,
    name: &ApplicationName,
) -> Result<Vec<SyncOperationResource>, CommandError> {
    if arguments.resource.is_empty() {
        return Ok(Vec::new());
    }
    let selection = Selection::parse(&arguments.resource)?;
    let options = CompareOptions {
        revisions: arguments.revision.iter().cloned().collect(),
        refresh: Refresh::Normal,
        ..CompareOptions::default()
    };
    let stored = world.ports.store.application(name).await?;
    let compared = compare_application(&world.ports, stored, &options).await?;
    let keys = compared.comparison.resources.iter().map(|pair| &pair.key);
    let selected: Vec<_> =
        keys.filter(|key| selection.wants(key)).map(operation_resource).collect();
    if selected.is_empty() {
        return Err(CommandError::no(format!(
            "no resource of the application matches {}",
            arguments.resource.join(", ")
        )));
    }
    Ok(selected)
}

fn operation_resource(key: &ResourceKey) -> SyncOperationResource {
    SyncOperationResource {
        group: key.group.to_string(),
        kind: key.kind.to_string(),
        namespace: key.namespace.to_string(),
        name: key.name.to_string(),
    }
}

fn retry(arguments: &SyncArguments) -> Option<RetryStrategy> {
    (arguments.retry_limit != 0).then(|| RetryStrategy {
        limit: arguments.retry_limit,
        backoff: Some(Backoff {
            duration: arguments.retry_backoff_duration.clone(),
            factor: Some(arguments.retry_backoff_factor),
            max_duration: arguments.retry_backoff_max_duration.clone(),
        }),
        refresh: false,
    })
}

/// Zero seconds are no limit.
pub fn seconds(count: u64) -> Option<Duration> {
    (count > 0).then(|| Duration::from_secs(count))
}

/// What the lock flags mean.
///
/// # Errors
/// When the duration cannot be read.
pub fn lock_mode(arguments: &LockArguments) -> Result<LockMode, CommandError> {
    if arguments.no_lock {
        return Ok(LockMode::None);
    }
    let wait = match &arguments.wait_lock {
        Some(text) => parse_duration("--wait-lock", text)?,
        None => Duration::ZERO,
    };
    Ok(LockMode::Take { wait })
}

/// A Go-style duration of a flag.
///
/// # Errors
/// When it cannot be read.
pub fn parse_duration(flag: &str, text: &str) -> Result<Duration, CommandError> {
    duration::parse(text).map_err(|_| {
        CommandError::usage(format!("{flag} {text}: write a duration such as 90s or 2m"))
    })
}

async fn print(
    context: &Context,
    world: &World,
    arguments: &SyncArguments,
    outcome: &SyncOutcome,
) -> Result<(), CommandError> {
    let shown = match &outcome.compared {
        Some(compared) => application::shown_after(compared, &outcome.operation_state)?,
        None => outcome.application.clone(),
    };
    let text = match arguments.output {
        Format::Wide => {
            let url = world.ports.store.settings().await?.url.clone();
            format!("\n{}", application::page(&shown, &url, Some(context.clock.now())))
        }
        Format::Name => format!("{}\n", shown.name()),
        format => output::document(&shown.raw, format),
    };
    Ok(output::data(&text)?)
}

fn verdict(outcome: &SyncOutcome) -> CommandResult {
    let phase = outcome.operation_state.phase;
    if phase != OperationPhase::Succeeded {
        return Err(CommandError::no(format!("Operation has completed with phase: {phase}")));
    }
    let hint = if outcome.held_back.is_empty() {
        "delete them with --prune"
    } else {
        "if they are really to go, delete them with --prune --prune-guarded"
    };
    match outcome.requires_pruning {
        0 => Ok(Exit::Done),
        count => Err(CommandError::no(format!("{count} resources require pruning")).hint(hint)),
    }
}
