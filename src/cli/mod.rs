//! Everything a person sees: arguments, output, prompts, exit codes.

pub mod args;
pub mod clock;
pub mod commands;
pub mod env;
pub mod error;
pub mod exit;
pub mod generate;
pub mod output;
pub mod progress;
pub mod prompt;
pub mod views;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let _ = arguments.into_iter().count();
    exit::Exit::Usage.into()
}
