//! `app delete`: removes an Application, with its resources unless told otherwise.

use clap::{Args, ValueEnum};

use crate::cli::args::{ApplicationReference, LockArguments};
use crate::cli::commands::app::sync::{lock_mode, seconds};
use crate::cli::context::Context;
use crate::cli::error::{CommandError, CommandResult};
use crate::cli::event_lines::EventLines;
use crate::cli::exit::Exit;
use crate::cli::output::{self, Format};
use crate::cli::prompt;
use crate::engine::delete::{self, Cascade, Confirmation, DeleteRequest, NamespaceFate};
use crate::engine::event::Event;

/// What happens to dependents of deleted objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PropagationPolicy {
    /// They go first.
    #[default]
    #[value(help = None::<&str>)]
    Foreground,
    /// They go afterwards.
    #[value(help = None::<&str>)]
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
    /// Also delete resources that ask for confirmation (Delete=confirm)
    #[arg(long)]
    pub confirm_deletion: bool,
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

/// Asks, deletes and says so.
///
/// # Errors
/// When nobody agreed, or the deletion could not be carried out.
pub async fn run(context: &Context, arguments: &DeleteArguments) -> CommandResult {
    let world = context.writing_world_of(&arguments.application, "delete").await?;
    let name = world.application_name(&arguments.application).await?;
    if arguments.cascade && !arguments.yes {
        let question = format!("Delete application '{name}' and all of its resources?");
        if !prompt::confirm(&question, "--yes")? {
            return Err(CommandError::no("stopped: nothing was deleted"));
        }
    }
    let request = DeleteRequest {
        cascade: match (arguments.cascade, arguments.propagation_policy) {
            (false, _) => Cascade::Keep,
            (true, PropagationPolicy::Foreground) => Cascade::Foreground,
            (true, PropagationPolicy::Background) => Cascade::Background,
        },
        namespace: if arguments.delete_namespace {
            NamespaceFate::DeleteWhenEmpty
        } else {
            NamespaceFate::Keep
        },
        confirmation: if arguments.confirm_deletion {
            Confirmation::Given
        } else {
            Confirmation::Missing
        },
        timeout: seconds(arguments.timeout),
        lock: Some(lock_mode(&arguments.lock)?),
        identity: context.identity(),
    };
    let lines = EventLines::new(&*context.clock, Format::Name);
    let sink = |event: Event| lines.handle(event);
    let session = context.session(&world, &sink);
    let outcome = delete::delete(&session, &name, &request).await;
    lines.finish();
    for (key, reason) in outcome?.kept {
        output::notice(&format!("kept {key}: {reason}"));
    }
    output::data(&format!("application '{}' deleted\n", name.name))?;
    Ok(Exit::Done)
}
