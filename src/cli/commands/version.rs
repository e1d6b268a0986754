//! `tiphys version`.

use clap::Args;

use crate::cli::output::Format;

/// Flags of `version`.
#[derive(Debug, Args)]
pub struct VersionArguments {
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
    /// Print only the version number
    #[arg(long)]
    pub short: bool,
    /// Do not ask the cluster for its version
    #[arg(long)]
    pub client: bool,
}
