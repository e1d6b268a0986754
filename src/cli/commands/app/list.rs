//! `app list`: Applications with their stored status.

use clap::Args;

use crate::cli::output::Format;

/// Flags of `app list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # All applications
  tiphys app list

  # Those of one team, as JSON
  tiphys app list -l team=shop -o json")]
pub struct ListArguments {
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
    /// Only applications that match a label selector
    #[arg(short = 'l', long, value_name = "SELECTOR", default_value = "")]
    pub selector: String,
    /// Only applications of a project
    #[arg(short, long, value_name = "NAME")]
    pub project: Vec<String>,
    /// Only applications of a repository
    #[arg(short, long, value_name = "URL")]
    pub repo: Option<String>,
    /// Only applications of a cluster, by name or URL
    #[arg(short, long, value_name = "CLUSTER")]
    pub cluster: Option<String>,
    /// Only applications of a path
    #[arg(short = 'P', long, value_name = "PATH")]
    pub path: Option<String>,
    /// Namespace of the Applications
    #[arg(short = 'N', long, value_name = "NAMESPACE")]
    pub app_namespace: Option<String>,
    /// Compare every application with Git and the cluster first
    #[arg(long)]
    pub refresh: bool,
}
