//! `tiphys kustomize …`: a drop-in for `kustomize build`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::context::Context;
use crate::cli::error::{CommandError, CommandResult, ErrorKind};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::render::kustomize::{self, BuildOptions, LoadRestrictor};

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

/// Builds and prints.
///
/// # Errors
/// When the kustomization cannot be built; the exit code is kustomize's.
pub fn run(context: &Context, command: &KustomizeCommand) -> CommandResult {
    let KustomizeCommand::Build(arguments) = command;
    build(context, arguments).map_err(|mut error| {
        error.kind = ErrorKind::No;
        error
    })
}

fn build(context: &Context, arguments: &BuildArguments) -> CommandResult {
    let (tree, path) = context.tree_around(&arguments.folder)?;
    let load_restrictor = match arguments.load_restrictor.as_str() {
        "LoadRestrictionsNone" => LoadRestrictor::None,
        _ => LoadRestrictor::RootOnly,
    };
    let options = BuildOptions { load_restrictor, ..BuildOptions::default() };
    let built = kustomize::build(&*tree, &path, &options).map_err(|error| {
        let message = context.shorten_paths(&error.to_string());
        CommandError::failed(message).snippet(error.snippet())
    })?;
    for warning in &built.warnings {
        output::notice(&context.shorten_paths(warning));
    }
    output::warnings(&built.notes);
    let text = kustomize::to_yaml(&built.resources);
    match &arguments.output {
        Some(file) => context.write_file(file, &text)?,
        None => output::data(&text)?,
    }
    Ok(Exit::Done)
}
