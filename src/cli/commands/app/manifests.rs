//! `app manifests`: the rendered or live objects of an Application.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::ApplicationReference;

/// Where manifests come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ManifestSource {
    /// Rendered from Git.
    #[default]
    Git,
    /// As they are on the cluster.
    Live,
}

/// Flags of `app manifests`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # What Git says
  tiphys app manifests guestbook

  # What is on the cluster
  tiphys app manifests guestbook --source live")]
pub struct ManifestsArguments {
    /// Which Application.
    #[command(flatten)]
    pub application: ApplicationReference,
    /// Rendered from Git, or as they are on the cluster
    #[arg(long, value_enum, default_value_t)]
    pub source: ManifestSource,
    /// Render another revision
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// Render the files in a local folder, the root of a checkout
    #[arg(long, value_name = "FOLDER")]
    pub local: Option<PathBuf>,
    /// Print the values of Secrets
    #[arg(long)]
    pub show_secrets: bool,
}
