//! Everything a person sees: arguments, output, prompts, exit codes.

pub mod args;
pub mod clock;
pub mod commands;
pub mod context;
pub mod env;
pub mod error;
pub mod event_lines;
pub mod exit;
pub mod generate;
pub mod output;
pub mod progress;
pub mod prompt;
pub mod selection;
pub mod signals;
pub mod views;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use clap::error::ErrorKind as UsageKind;
use tracing_subscriber::EnvFilter;

use args::{Arguments, Command};
use clock::SystemClock;
use context::Context;
use env::Environment;
use error::{CommandError, CommandResult, ErrorKind};
use exit::Exit;

/// Runs the program: parse, connect, do, report.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error).into(),
    };
    if let Some(result) = at_once(&arguments.command) {
        return report(result).into();
    }
    let environment = Environment::read();
    start_log(&environment, arguments.global.verbose);
    let result = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::failed(format!("cannot start: {error}")))
        .and_then(|runtime| {
            let result = runtime.block_on(run(arguments, environment));
            // Blocking work that nobody waits for any more must not hold up the exit.
            runtime.shutdown_background();
            result
        });
    report(result).into()
}

/// What needs neither environment nor runtime: shells ask for it at every start.
fn at_once(command: &Command) -> Option<CommandResult> {
    match command {
        Command::Version(arguments) if arguments.is_local() => {
            Some(commands::version::run_local(arguments))
        }
        Command::Completion(arguments) => Some(commands::completion::run(arguments)),
        _ => None,
    }
}

async fn run(arguments: Arguments, environment: Environment) -> CommandResult {
    // Another provider of this process may have been installed first; any will do.
    drop(rustls::crypto::ring::default_provider().install_default());
    let (interrupt, stop) = signals::listen();
    let clock = Arc::new(SystemClock::default());
    let context = Context { global: arguments.global, environment, clock, interrupt, stop };
    dispatch(&context, &arguments.command).await
}

async fn dispatch(context: &Context, command: &Command) -> CommandResult {
    match command {
        Command::App(command) => commands::app::run(context, command).await,
        Command::Proj(command) => commands::proj::run(context, command).await,
        Command::Admin(command) => commands::admin::run(context, command).await,
        Command::Kustomize(command) => commands::kustomize::run(context, command),
        Command::Version(arguments) => commands::version::run(context, arguments).await,
        Command::Completion(arguments) => commands::completion::run(arguments),
    }
}

fn report(result: CommandResult) -> Exit {
    match result {
        Ok(exit) => exit,
        Err(error) => {
            for line in error.report() {
                output::notice(&line);
            }
            if error.kind == ErrorKind::Interrupted { signals::exit() } else { error.exit() }
        }
    }
}

/// Help and version go to stdout and are no error; everything else is wrong usage.
fn usage(error: &clap::Error) -> Exit {
    // A reader who has gone away has seen enough.
    drop(error.print());
    match error.kind() {
        UsageKind::DisplayHelp | UsageKind::DisplayVersion => Exit::Done,
        _ => Exit::Usage,
    }
}

/// Logs go to stderr: warnings always, more with each `-v`; `TIPHYS_LOG` wins.
fn start_log(environment: &Environment, verbose: u8) {
    let level = match verbose {
        0 => "tiphys=warn",
        1 => "tiphys=info",
        2 => "tiphys=debug",
        _ => "tiphys=trace,kube=debug",
    };
    let filter = environment.log.as_deref().unwrap_or(level);
    let started = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(io::stderr)
        .with_ansi(output::stderr_is_terminal() && !environment.no_color)
        .with_target(false)
        .without_time()
        .try_init();
    // A log that is there already, in a test, is as good.
    drop(started);
}
