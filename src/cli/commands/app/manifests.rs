//! `app manifests`: the rendered or live objects of an Application.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::ApplicationReference;
use crate::cli::context::Context;
use crate::cli::error::{CommandError, CommandResult};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::compare::mask;
use crate::engine::compare::{
    CompareOptions, compare_application, render_application, render_without_cluster,
};
use crate::yaml::Node;
use crate::yaml::emit::to_yaml;

/// Where manifests come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ManifestSource {
    /// Rendered from Git.
    #[default]
    #[value(help = None::<&str>)]
    Git,
    /// As they are on the cluster.
    #[value(help = None::<&str>)]
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
    #[arg(long, value_name = "REVISION", conflicts_with = "local")]
    pub revision: Option<String>,
    /// Render the files in a local folder, the root of a checkout
    #[arg(long, value_name = "FOLDER")]
    pub local: Option<PathBuf>,
    /// Print the values of Secrets
    #[arg(long)]
    pub show_secrets: bool,
}

/// Renders or reads, and prints.
///
/// # Errors
/// When Git or the cluster cannot be read, or the manifests not be rendered.
pub async fn run(context: &Context, arguments: &ManifestsArguments) -> CommandResult {
    if arguments.source == ManifestSource::Live
        && (arguments.revision.is_some() || arguments.local.is_some())
    {
        let text = "--source live shows the cluster: --revision and --local make no sense with it";
        return Err(CommandError::usage(text));
    }
    let world = match (&arguments.application.file, arguments.source) {
        (Some(file), ManifestSource::Git) => {
            context.rendering_file_mode(file, arguments.application.name.as_deref())?
        }
        _ => context.world_of(&arguments.application).await?,
    };
    let name = world.application_name(&arguments.application).await?;
    let stored = world.ports.store.application(&name).await?;
    let options = CompareOptions {
        revisions: arguments.revision.iter().cloned().collect(),
        local: context.local_source(arguments.local.as_deref(), &stored)?,
        ..CompareOptions::default()
    };
    let objects: Vec<Node> = match arguments.source {
        ManifestSource::Git => {
            let targets = if arguments.application.file.is_some() {
                render_without_cluster(&world.ports, &stored, &options).await?
            } else {
                render_application(&world.ports, &stored, &options).await?
            };
            output::warnings(&targets.warnings);
            targets.state.objects.iter().map(|object| object.manifest.root.clone()).collect()
        }
        ManifestSource::Live => {
            let compared = compare_application(&world.ports, stored, &options).await?;
            let live = compared.comparison.resources.iter().filter_map(|pair| pair.live.as_ref());
            live.map(|object| (**object).clone()).collect()
        }
    };
    let printed = objects.into_iter().map(|mut object| {
        if !arguments.show_secrets {
            mask::mask_manifest(&mut object);
        }
        format!("---\n{}\n", to_yaml(&object))
    });
    output::data(&printed.collect::<String>())?;
    Ok(Exit::Done)
}
