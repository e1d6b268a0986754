//! The command line: global flags and the tree of commands. Each command's own flags stand
//! beside its code in `commands`.

use std::path::PathBuf;

use clap::builder::{Styles, styling};
use clap::{ArgAction, Args, Parser, Subcommand};

use super::commands;
use crate::support::duration;

/// The texts that `--help`, man pages and README share.
const ABOUT: &str = "GitOps for Kubernetes: Argo CD Applications, reconciled from your shell";
const LONG_ABOUT: &str = "GitOps for Kubernetes: Argo CD Applications, reconciled from your shell

tiphys reads Argo CD's own Application resources, from the cluster or from files, renders their \
sources in process, compares them with the live cluster, syncs, waits for health and prints \
tables and diffs. There is no server to install: everything runs with your kubeconfig.";
const EXAMPLES: &str = "Examples:
  # Install the Application and AppProject kinds into the current cluster
  tiphys admin install

  # What would change, and then change it
  tiphys app diff guestbook
  tiphys app sync guestbook
  tiphys app wait guestbook --timeout 120

  # The same from a file, with nothing installed in the cluster
  tiphys app diff -f application.yaml

Exit codes: 0 done · 1 the answer is no · 2 usage · 20 error · 130 interrupted";

/// Everything typed on the command line.
#[derive(Debug, Parser)]
#[command(
    name = "tiphys",
    version,
    about = ABOUT,
    long_about = LONG_ABOUT,
    after_help = EXAMPLES,
    disable_help_subcommand = true,
    propagate_version = false,
    styles = STYLES,
    max_term_width = 110
)]
pub struct Arguments {
    /// Flags of every command.
    #[command(flatten)]
    pub global: GlobalArguments,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const STYLES: Styles = Styles::styled()
    .header(styling::AnsiColor::Green.on_default().bold())
    .usage(styling::AnsiColor::Green.on_default().bold())
    .literal(styling::AnsiColor::Cyan.on_default().bold());

/// Flags that every command takes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArguments {
    /// Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig to use
    #[arg(long, global = true, alias = "kube-context", value_name = "NAME")]
    pub context: Option<String>,
    /// Namespace of Argo CD's resources (default: found in the cluster, else argocd)
    #[arg(short = 'n', long, global = true, value_name = "NAMESPACE")]
    pub argocd_namespace: Option<String>,
    /// Say more on stderr; repeat for more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Accepted for argocd's sake: tiphys always works without a server
    #[arg(long, global = true, hide = true)]
    pub core: bool,
}

/// The commands.
#[expect(clippy::large_enum_variant, reason = "parsed once per run")]
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Manage applications
    #[command(subcommand)]
    App(commands::app::AppCommand),
    /// Manage projects
    #[command(subcommand)]
    Proj(commands::proj::ProjCommand),
    /// Set up a cluster and read Argo CD's secrets
    #[command(subcommand)]
    Admin(commands::admin::AdminCommand),
    /// Render kustomizations
    #[command(subcommand)]
    Kustomize(commands::kustomize::KustomizeCommand),
    /// Print the version
    Version(commands::version::VersionArguments),
    /// Print a completion script
    Completion(commands::completion::CompletionArguments),
}

/// Which Application a verb is about.
#[derive(Clone, Debug, Default, Args)]
pub struct ApplicationReference {
    /// Application, as NAME or NAMESPACE/NAME
    #[arg(value_name = "APPNAME")]
    pub name: Option<String>,
    /// Namespace of the Application
    #[arg(short = 'N', long, value_name = "NAMESPACE")]
    pub app_namespace: Option<String>,
    /// Read the Application from a file (`-` for stdin) instead of the cluster
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<String>,
}

/// Checks a duration as Go writes it; the text stays as it is.
///
/// # Errors
/// When it cannot be read.
pub fn go_duration(text: &str) -> Result<String, String> {
    let parsed = duration::parse(text);
    parsed.map(|_| text.to_owned()).map_err(|_| "write a duration such as 90s or 2m".to_owned())
}

/// How a writing verb treats the lock of an Application.
#[derive(Clone, Debug, Default, Args)]
pub struct LockArguments {
    /// Wait this long for another run on the same application to end (for example 2m)
    #[arg(long, value_name = "DURATION", value_parser = go_duration, conflicts_with = "no_lock")]
    pub wait_lock: Option<String>,
    /// Go on without a lock, for users who may not write Leases
    #[arg(long)]
    pub no_lock: bool,
}
