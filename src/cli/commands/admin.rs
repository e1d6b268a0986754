//! `tiphys admin …`: setting up a cluster, reading the first password.

use clap::{Args, Subcommand, ValueEnum};

/// The verbs of `admin`.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Install the Application and AppProject kinds, the namespace and the default project
    Install(InstallArguments),
    /// Print the initial admin password of an Argo CD installation
    InitialPassword(InitialPasswordArguments),
}

/// Whether `admin install` talks to the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum InstallDryRun {
    /// Install.
    #[default]
    None,
    /// Print what would be installed.
    Client,
}

/// Formats of `admin install --dry-run=client -o`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum InstallFormat {
    /// The manifests.
    #[default]
    Yaml,
    /// One kind/name per line.
    Name,
}

/// Flags of `admin install`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Install into the current cluster
  tiphys admin install

  # Look at the manifests first
  tiphys admin install --dry-run=client -o yaml")]
pub struct InstallArguments {
    /// Only print what would be installed
    #[arg(long, value_enum, default_value_t, value_name = "WHERE")]
    pub dry_run: InstallDryRun,
    /// Output format of a dry run
    #[arg(short, long, value_enum, default_value_t)]
    pub output: InstallFormat,
    /// Namespace to install into
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
}

/// Flags of `admin initial-password`.
#[derive(Debug, Args)]
pub struct InitialPasswordArguments {
    /// Namespace of Argo CD
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
}
