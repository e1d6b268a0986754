//! `app create`: writes a new Application.

use clap::Args;

use super::flags::ApplicationFlags;
use crate::cli::commands::app::automation::warn_without_controller;
use crate::cli::context::{Context, World};
use crate::cli::error::{CommandError, CommandResult};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::engine::refresh;
use crate::engine::status::merge_patch;
use crate::model::Application;
use crate::model::application::{API_VERSION, RESOURCES_FINALIZER};
use crate::ports::StoreErrorKind;
use crate::yaml::Node;

/// Flags of `app create`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Create an application from a file
  tiphys app create -f application.yaml

  # Create an application from flags
  tiphys app create guestbook --repo https://git.example.com/apps.git --path guestbook \\
    --revision main --dest-server https://kubernetes.default.svc --dest-namespace guestbook")]
pub struct CreateArguments {
    /// Name of the application
    #[arg(value_name = "APPNAME")]
    pub name: Option<String>,
    /// Namespace of the Application
    #[arg(short = 'N', long, value_name = "NAMESPACE")]
    pub app_namespace: Option<String>,
    /// File with Applications, `-` for stdin
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<String>,
    /// Overwrite an application that exists with another spec
    #[arg(long)]
    pub upsert: bool,
    /// Add a label, KEY=VALUE
    #[arg(short, long = "label", value_name = "KEY=VALUE")]
    pub labels: Vec<String>,
    /// Add an annotation, KEY=VALUE
    #[arg(long = "annotations", value_name = "KEY=VALUE")]
    pub annotations: Vec<String>,
    /// Add the finalizer that deletes the resources with the application
    #[arg(long)]
    pub set_finalizer: bool,
    /// Check repository, path and destination first
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub validate: bool,
    /// Fields.
    #[command(flatten)]
    pub fields: ApplicationFlags,
}

/// Creates every Application of the file, or the one of the flags.
///
/// # Errors
/// When an Application is not valid, exists with another spec, or is denied.
pub async fn run(context: &Context, arguments: &CreateArguments) -> CommandResult {
    let mut documents = match &arguments.file {
        Some(file) => documents_of_file(context, file, arguments.name.as_deref())?,
        None => vec![document_of_name(arguments)?],
    };
    let world = context.cluster_mode().await?;
    let namespace = match &arguments.app_namespace {
        Some(namespace) => namespace.clone(),
        None => world.argocd_namespace().await?,
    };
    for document in &mut documents {
        complete(document, arguments, &namespace)?;
        if arguments.validate {
            let application = parse(document.clone())?;
            refresh::place(&world.ports, &application).await?;
        }
    }
    for document in &documents {
        let verb = create_one(&world, document, arguments).await?;
        output::data(&format!("application '{}' {verb}\n", document.name()))?;
        warn_without_controller(&world, &parse(document.clone())?).await?;
    }
    Ok(Exit::Done)
}

fn documents_of_file(
    context: &Context,
    file: &str,
    name: Option<&str>,
) -> Result<Vec<Node>, CommandError> {
    let mut documents = context.read_documents(file)?;
    documents.retain(|node| node.kind() == "Application" && node.api_version() == API_VERSION);
    if let Some(name) = name {
        documents.retain(|node| node.name() == name);
    }
    if documents.is_empty() {
        let which = name.map(|name| format!(" called {name}")).unwrap_or_default();
        return Err(CommandError::failed(format!("{file} holds no Application{which}")));
    }
    Ok(documents)
}

fn document_of_name(arguments: &CreateArguments) -> Result<Node, CommandError> {
    let name = arguments
        .name
        .as_deref()
        .ok_or_else(|| CommandError::usage("name the application, or give a file with -f"))?;
    let mut document = Node::mapping();
    document.set(&["apiVersion"], API_VERSION);
    document.set(&["kind"], "Application");
    document.set(&["metadata", "name"], name);
    document.set(&["spec", "project"], "default");
    Ok(document)
}

/// Puts what the flags say over a document.
fn complete(
    document: &mut Node,
    arguments: &CreateArguments,
    namespace: &str,
) -> Result<(), CommandError> {
    if document.namespace().is_empty() || arguments.app_namespace.is_some() {
        document.set(&["metadata", "namespace"], namespace);
    }
    for (field, pairs) in [("labels", &arguments.labels), ("annotations", &arguments.annotations)] {
        for pair in pairs {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| CommandError::usage(format!("{pair}: write KEY=VALUE")))?;
            document.set(&["metadata", field, key], value);
        }
    }
    if arguments.set_finalizer {
        add_finalizer(document);
    }
    let mut spec = document.get("spec").cloned().unwrap_or_default();
    arguments.fields.write_to(&mut spec, None)?;
    document.set(&["spec"], spec);
    Ok(())
}

fn add_finalizer(document: &mut Node) {
    let path = ["metadata", "finalizers"];
    let present = document.path(&path).and_then(Node::as_sequence).unwrap_or_default();
    let mut finalizers = present.to_vec();
    if !finalizers.iter().any(|one| one.as_str() == Some(RESOURCES_FINALIZER)) {
        finalizers.push(RESOURCES_FINALIZER.into());
    }
    document.set(&path, finalizers);
}

fn parse(document: Node) -> Result<Application, CommandError> {
    let name = document.name().to_owned();
    Application::from_node(document)
        .map_err(|error| CommandError::failed(format!("application '{name}': {error}")))
}

/// `created`, `updated` or `unchanged`.
async fn create_one(
    world: &World,
    document: &Node,
    arguments: &CreateArguments,
) -> Result<&'static str, CommandError> {
    let store = &world.ports.store;
    match store.create_application(document).await {
        Ok(_) => return Ok("created"),
        Err(error) if error.kind == StoreErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.into()),
    }
    let name = world.name_of(document.name(), Some(document.namespace())).await?;
    let present = store.application(&name).await?.raw;
    let spec = |node: &Node| node.get("spec").cloned().unwrap_or_default();
    let Some(change) = merge_patch(&spec(&present), &spec(document)) else {
        return Ok("unchanged");
    };
    if !arguments.upsert {
        return Err(CommandError::failed(format!(
            "application '{name}' exists already with another spec"
        ))
        .hint("overwrite it with --upsert"));
    }
    let mut patch = Node::mapping();
    patch.set(&["spec"], change);
    for field in ["labels", "annotations", "finalizers"] {
        if let Some(value) = document.path(&["metadata", field]) {
            patch.set(&["metadata", field], value.clone());
        }
    }
    store.patch_application(&name, &patch, None).await?;
    Ok("updated")
}
