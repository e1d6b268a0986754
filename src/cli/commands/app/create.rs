//! `app create`: writes a new Application.

use clap::Args;

use super::flags::ApplicationFlags;

/// Flags of `app create`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Create an application from a file
  tiphys app create -f application.yaml

  # Create an application from flags
  tiphys app create guestbook --repo https://git.example.com/apps.git --path guestbook \\
    --revision main --dest-server https://kubernetes.default.svc --dest-namespace guestbook")]
pub struct CreateArguments {
    /// Name of the application
    #[arg(value_name = "APPNAME")]
    pub name: Option<String>,
    /// Namespace of the Application
    #[arg(short = 'N', long, value_name = "NAMESPACE")]
    pub app_namespace: Option<String>,
    /// File with Applications, `-` for stdin
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<String>,
    /// Overwrite an application that exists with another spec
    #[arg(long)]
    pub upsert: bool,
    /// Add a label, KEY=VALUE
    #[arg(short, long = "label", value_name = "KEY=VALUE")]
    pub labels: Vec<String>,
    /// Add an annotation, KEY=VALUE
    #[arg(long = "annotations", value_name = "KEY=VALUE")]
    pub annotations: Vec<String>,
    /// Add the finalizer that deletes the resources with the application
    #[arg(long)]
    pub set_finalizer: bool,
    /// Check repository, path and destination first
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub validate: bool,
    /// Fields.
    #[command(flatten)]
    pub fields: ApplicationFlags,
}
