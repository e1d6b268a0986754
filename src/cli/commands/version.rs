//! `tiphys version`.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::CommandResult;
use crate::cli::exit::Exit;
use crate::cli::output::{self, Format};
use crate::yaml::Node;

/// Flags of `version`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # The version of tiphys, without asking the cluster for its own
  tiphys version --client")]
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

/// The commit the binary was built from, when the build knew it.
const COMMIT: Option<&str> = option_env!("TIPHYS_COMMIT");

/// Prints the version of tiphys and, unless told otherwise, of the cluster.
///
/// # Errors
/// When the cluster does not answer, or stdout cannot be written.
pub async fn run(context: &Context, arguments: &VersionArguments) -> CommandResult {
    if arguments.is_local() {
        return run_local(arguments);
    }
    let server = context.server_version().await?;
    output::data(&render(arguments.output, Some(&server)))?;
    Ok(Exit::Done)
}

/// Prints the version of tiphys alone.
///
/// # Errors
/// When stdout cannot be written.
pub fn run_local(arguments: &VersionArguments) -> CommandResult {
    let text = if arguments.short {
        format!("tiphys: {}\n", version())
    } else {
        render(arguments.output, None)
    };
    output::data(&text)?;
    Ok(Exit::Done)
}

impl VersionArguments {
    /// Whether no cluster is asked.
    pub fn is_local(&self) -> bool {
        self.short || self.client
    }
}

/// `v0.1.0+abc1234`.
fn version() -> String {
    let known = COMMIT.filter(|commit| !commit.is_empty());
    let commit = known.map(|commit| format!("+{commit}")).unwrap_or_default();
    format!("v{}{commit}", env!("CARGO_PKG_VERSION"))
}

fn render(format: Format, server: Option<&str>) -> String {
    let platform = format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH);
    match format {
        Format::Json | Format::Yaml => {
            let mut node = Node::mapping();
            node.set(&["client", "Version"], version());
            node.set(&["client", "Platform"], platform);
            if let Some(server) = server {
                node.set(&["kubernetes", "Version"], server);
            }
            output::document(&node, format)
        }
        Format::Wide | Format::Name => {
            let mut text = format!("tiphys: {}\n  Platform: {platform}\n", version());
            if let Some(server) = server {
                text += &format!("kubernetes: {server}\n");
            }
            text
        }
    }
}
