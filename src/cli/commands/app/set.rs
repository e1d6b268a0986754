//! `app set`: changes fields of an Application, and only those.

use clap::Args;

use super::flags::ApplicationFlags;

/// Flags of `app set`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Sync to another branch
  tiphys app set guestbook --revision release-1.4

  # Leave changes made on the cluster alone
  tiphys app set guestbook --self-heal=false")]
pub struct SetArguments {
    /// Application, as NAME or NAMESPACE/NAME
    #[arg(value_name = "APPNAME")]
    pub name: String,
    /// Namespace of the Application
    #[arg(short = 'N', long, value_name = "NAMESPACE")]
    pub app_namespace: Option<String>,
    /// Which source to change, counted from 1, for applications with several
    #[arg(long, value_name = "NUMBER")]
    pub source_position: Option<usize>,
    /// Fields.
    #[command(flatten)]
    pub fields: ApplicationFlags,
}
