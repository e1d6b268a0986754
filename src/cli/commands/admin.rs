//! `tiphys admin …`: setting up a cluster, reading the first password.

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::context::Context;
use crate::cli::error::{CommandError, CommandResult};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::support::Secret;

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
    #[value(help = None::<&str>)]
    None,
    /// Print what would be installed.
    #[value(help = None::<&str>)]
    Client,
}

/// Formats of `admin install --dry-run=client -o`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum InstallFormat {
    /// The manifests.
    #[default]
    #[value(help = None::<&str>)]
    Yaml,
    /// One kind/name per line.
    #[value(help = None::<&str>)]
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
#[command(after_help = "Examples:
  # The password that Argo CD made for its first login
  tiphys admin initial-password -n argocd")]
pub struct InitialPasswordArguments {
    /// Namespace of Argo CD
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
}

/// The Secret that an Argo CD installation makes, and its key.
const PASSWORD_SECRET: &str = "argocd-initial-admin-secret";
/// What argocd says after the password.
const PASSWORD_NOTE: &str = "\n This password must be only used for first time login. We strongly \
    recommend you update the password using `argocd account update-password`.\n";

/// Runs a verb of `admin`.
///
/// # Errors
/// When the cluster refuses, or something that is asked for is missing.
pub async fn run(context: &Context, command: &AdminCommand) -> CommandResult {
    match command {
        AdminCommand::Install(arguments) => install(context, arguments).await,
        AdminCommand::InitialPassword(arguments) => initial_password(context, arguments).await,
    }
}

async fn install(context: &Context, arguments: &InstallArguments) -> CommandResult {
    let namespace = context.explicit_namespace(arguments.namespace.as_deref());
    if arguments.dry_run == InstallDryRun::Client {
        let documents = context.install_documents(namespace.as_deref())?;
        let text = match arguments.output {
            InstallFormat::Yaml => documents.text,
            InstallFormat::Name => documents.names.iter().map(|name| format!("{name}\n")).collect(),
        };
        output::data(&text)?;
        return Ok(Exit::Done);
    }
    for line in context.install(namespace.as_deref()).await? {
        output::data(&format!("{line}\n"))?;
    }
    Ok(Exit::Done)
}

async fn initial_password(
    context: &Context,
    arguments: &InitialPasswordArguments,
) -> CommandResult {
    let world = context.cluster_mode_in(arguments.namespace.as_deref()).await?;
    let namespace = world.argocd_namespace().await?;
    let secret = world.secret(&namespace, PASSWORD_SECRET).await?.ok_or_else(|| {
        CommandError::failed(format!("Secret {namespace}/{PASSWORD_SECRET} not found"))
            .hint("it is made by Argo CD's server and may have been deleted after the first login")
    })?;
    let password: Secret = secret.value("password")?;
    output::data(&format!("{}\n{PASSWORD_NOTE}", password.reveal()))?;
    Ok(Exit::Done)
}
