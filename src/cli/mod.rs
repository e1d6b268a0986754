//! Everything a person sees: arguments, output, prompts, exit codes.

pub mod args;
pub mod clock;
pub mod commands;
pub mod env;
pub mod exit;
pub mod output;
pub mod views;
