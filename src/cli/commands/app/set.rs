//! `app set`: changes fields of an Application, and only those.

use clap::Args;

use super::flags::ApplicationFlags;
use crate::cli::commands::app::automation::warn_without_controller;
use crate::cli::context::Context;
use crate::cli::error::{CommandError, CommandResult};
use crate::cli::exit::Exit;
use crate::engine::refresh;
use crate::engine::status::merge_patch;
use crate::model::Application;
use crate::yaml::Node;

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

/// Patches the fields that were given, and nothing else.
///
/// # Errors
/// When no field was given, or the Application cannot be patched.
pub async fn run(context: &Context, arguments: &SetArguments) -> CommandResult {
    if !arguments.fields.any() {
        return Err(CommandError::usage("nothing to set: give at least one field")
            .hint("see what there is with: tiphys app set --help"));
    }
    let world = context.cluster_mode().await?;
    let name = world.name_of(&arguments.name, arguments.app_namespace.as_deref()).await?;
    let application = world.ports.store.application(&name).await?;
    let old = application.raw.get("spec").cloned().unwrap_or_default();
    let mut new = old.clone();
    arguments.fields.write_to(&mut new, arguments.source_position)?;
    if let Some(change) = merge_patch(&old, &new) {
        check(&application, new)?;
        let mut patch = Node::mapping();
        patch.set(&["spec"], change);
        let version = application.raw.resource_version();
        let store = &world.ports.store;
        let changed = store.patch_application(&name, &patch, Some(version)).await?;
        warn_without_controller(&world, &changed).await?;
    }
    Ok(Exit::Done)
}

/// Refuses a change that makes a sensible spec senseless. One that was senseless before may be
/// mended step by step.
fn check(application: &Application, spec: Node) -> Result<(), CommandError> {
    if refresh::check_spec(application).is_err() {
        return Ok(());
    }
    let mut raw = application.raw.clone();
    raw.set(&["spec"], spec);
    let name = application.name();
    let changed = Application::from_node(raw)
        .map_err(|cause| CommandError::failed(format!("application '{name}': {cause}")))?;
    Ok(refresh::check_spec(&changed)?)
}
