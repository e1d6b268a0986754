//! `tiphys kustomize …`: a drop-in for `kustomize build`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The verbs of `kustomize`.
#[derive(Debug, Subcommand)]
pub enum KustomizeCommand {
    /// Print the manifests of a kustomization, byte for byte as kustomize v5.8.2 does
    Build(BuildArguments),
}

/// Flags of `kustomize build`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Render an overlay
  tiphys kustomize build overlays/production")]
pub struct BuildArguments {
    /// Folder with the kustomization
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Whether files outside the folder may be loaded
    #[arg(long, value_name = "RULE", value_parser = ["LoadRestrictionsRootOnly", "LoadRestrictionsNone"], default_value = "LoadRestrictionsRootOnly")]
    pub load_restrictor: String,
}
