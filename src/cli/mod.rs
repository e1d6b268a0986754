//! Everything a person sees: arguments, output, prompts, exit codes.

pub mod exit;
pub mod output;
pub mod views;
