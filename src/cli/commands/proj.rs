//! `tiphys proj …`: AppProjects.

use clap::{Args, Subcommand};

use crate::cli::output::Format;

/// The verbs of `proj`.
#[derive(Debug, Subcommand)]
pub enum ProjCommand {
    /// Create a project
    Create(CreateArguments),
    /// Show a project
    Get(GetArguments),
    /// List projects
    List(ListArguments),
}

/// Flags of `proj create`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Applications of one repository, into one namespace
  tiphys proj create ecommerce --src https://git.example.com/shop.git \\
    --dest https://kubernetes.default.svc,production --description Shop")]
pub struct CreateArguments {
    /// Name of the project
    #[arg(value_name = "PROJECT")]
    pub name: Option<String>,
    /// File with an AppProject, `-` for stdin
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<String>,
    /// Free text
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub description: String,
    /// Allow a destination, SERVER,NAMESPACE; * matches any
    #[arg(short, long = "dest", value_name = "SERVER,NAMESPACE")]
    pub destinations: Vec<String>,
    /// Allow a repository; * matches any
    #[arg(short, long = "src", value_name = "URL")]
    pub sources: Vec<String>,
    /// Allow a cluster-scoped kind, GROUP/KIND
    #[arg(long = "allow-cluster-resource", value_name = "GROUP/KIND")]
    pub allow_cluster_resources: Vec<String>,
    /// Deny a namespaced kind, GROUP/KIND
    #[arg(long = "deny-namespaced-resource", value_name = "GROUP/KIND")]
    pub deny_namespaced_resources: Vec<String>,
    /// Overwrite a project that exists with another spec
    #[arg(long)]
    pub upsert: bool,
}

/// Flags of `proj get`.
#[derive(Debug, Args)]
pub struct GetArguments {
    /// Name of the project
    #[arg(value_name = "PROJECT")]
    pub name: String,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
}

/// Flags of `proj list`.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
}
