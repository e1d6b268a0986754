//! `tiphys proj …`: AppProjects.

use clap::{Args, Subcommand};

use crate::cli::context::{Context, World};
use crate::cli::error::{CommandError, CommandResult};
use crate::cli::exit::Exit;
use crate::cli::output::{self, Format};
use crate::cli::views::project;
use crate::model::{AppProject, application};
use crate::ports::StoreErrorKind;
use crate::yaml::Node;

/// The verbs of `proj`.
#[derive(Debug, Subcommand)]
pub enum ProjCommand {
    /// Create a project
    Create(CreateArguments),
    /// Show a project
    Get(GetArguments),
    /// List projects
    List(ListArguments),
}

/// Flags of `proj create`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Applications of one repository, into one namespace
  tiphys proj create ecommerce --src https://git.example.com/shop.git \\
    --dest https://kubernetes.default.svc,production --description Shop")]
pub struct CreateArguments {
    /// Name of the project
    #[arg(value_name = "PROJECT")]
    pub name: Option<String>,
    /// File with an AppProject, `-` for stdin
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<String>,
    /// Free text
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub description: String,
    /// Allow a destination, SERVER,NAMESPACE; * matches any
    #[arg(short, long = "dest", value_name = "SERVER,NAMESPACE")]
    pub destinations: Vec<String>,
    /// Allow a repository; * matches any
    #[arg(short, long = "src", value_name = "URL")]
    pub sources: Vec<String>,
    /// Allow a cluster-scoped kind, GROUP/KIND
    #[arg(long = "allow-cluster-resource", value_name = "GROUP/KIND")]
    pub allow_cluster_resources: Vec<String>,
    /// Deny a namespaced kind, GROUP/KIND
    #[arg(long = "deny-namespaced-resource", value_name = "GROUP/KIND")]
    pub deny_namespaced_resources: Vec<String>,
    /// Overwrite a project that exists with another spec
    #[arg(long)]
    pub upsert: bool,
}

/// Flags of `proj get`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # What a project allows
  tiphys proj get ecommerce")]
pub struct GetArguments {
    /// Name of the project
    #[arg(value_name = "PROJECT")]
    pub name: String,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
}

/// Flags of `proj list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # All projects
  tiphys proj list

  # Only their names
  tiphys proj list -o name")]
pub struct ListArguments {
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
}

/// Runs a verb of `proj`.
///
/// # Errors
/// When the project is missing, denied or not valid.
pub async fn run(context: &Context, command: &ProjCommand) -> CommandResult {
    match command {
        ProjCommand::Create(arguments) => create(context, arguments).await,
        ProjCommand::Get(arguments) => get(context, arguments).await,
        ProjCommand::List(arguments) => list(context, arguments).await,
    }
}

async fn create(context: &Context, arguments: &CreateArguments) -> CommandResult {
    let document = match &arguments.file {
        Some(file) => document_of_file(context, file)?,
        None => document_of_flags(arguments)?,
    };
    let world = context.cluster_mode().await?;
    let name = document.name().to_owned();
    match world.ports.store.create_project(&document).await {
        Ok(_) => output::data(&format!("project '{name}' created\n"))?,
        Err(error) if error.kind == StoreErrorKind::AlreadyExists => {
            overwrite(&world, &document, arguments).await?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Exit::Done)
}

/// A project of the same spec is left alone; another one only overwritten when asked.
async fn overwrite(
    world: &World,
    document: &Node,
    arguments: &CreateArguments,
) -> Result<(), CommandError> {
    let name = document.name();
    let present = world.ports.store.project(name).await?;
    if present.is_some_and(|present| present.raw.get("spec") == document.get("spec")) {
        output::data(&format!("project '{name}' unchanged\n"))?;
        return Ok(());
    }
    if !arguments.upsert {
        return Err(CommandError::failed(format!(
            "project '{name}' exists already with another spec"
        ))
        .hint("overwrite it with --upsert"));
    }
    let spec = document.get("spec").cloned().unwrap_or_default();
    world.replace_project_spec(name, spec).await?;
    output::data(&format!("project '{name}' updated\n"))?;
    Ok(())
}

fn document_of_file(context: &Context, file: &str) -> Result<Node, CommandError> {
    let documents = context.read_documents(file)?;
    let mut projects = documents.into_iter().filter(|node| node.kind() == "AppProject");
    match (projects.next(), projects.next()) {
        (Some(project), None) => Ok(project),
        (None, _) => Err(CommandError::usage(format!("{file} holds no AppProject"))),
        (Some(_), Some(_)) => Err(CommandError::usage(format!("{file} holds several AppProjects"))),
    }
}

fn document_of_flags(arguments: &CreateArguments) -> Result<Node, CommandError> {
    let name = arguments
        .name
        .as_deref()
        .ok_or_else(|| CommandError::usage("name the project, or give a file with -f"))?;
    let mut document = Node::mapping();
    document.set(&["apiVersion"], application::API_VERSION);
    document.set(&["kind"], "AppProject");
    document.set(&["metadata", "name"], name);
    document.set(&["spec"], Node::mapping());
    if !arguments.description.is_empty() {
        document.set(&["spec", "description"], arguments.description.as_str());
    }
    let sources: Vec<Node> = arguments.sources.iter().map(|url| url.as_str().into()).collect();
    document.set(&["spec", "sourceRepos"], sources);
    let destinations: Result<Vec<Node>, _> =
        arguments.destinations.iter().map(|text| destination(text)).collect();
    document.set(&["spec", "destinations"], destinations?);
    let lists = [
        ("clusterResourceWhitelist", &arguments.allow_cluster_resources),
        ("namespaceResourceBlacklist", &arguments.deny_namespaced_resources),
    ];
    for (field, values) in lists {
        if !values.is_empty() {
            let kinds: Result<Vec<Node>, _> = values.iter().map(|text| kind(text)).collect();
            document.set(&["spec", field], kinds?);
        }
    }
    Ok(document)
}

/// `SERVER,NAMESPACE`; anything that is no URL or glob is a cluster's name.
fn destination(text: &str) -> Result<Node, CommandError> {
    let (cluster, namespace) = text
        .split_once(',')
        .ok_or_else(|| CommandError::usage(format!("--dest {text}: write SERVER,NAMESPACE")))?;
    let is_server = cluster.contains("://") || cluster.contains('*');
    let mut node = Node::mapping();
    node.set(&[if is_server { "server" } else { "name" }], cluster);
    node.set(&["namespace"], namespace);
    Ok(node)
}

fn kind(text: &str) -> Result<Node, CommandError> {
    let (group, kind) = text
        .split_once('/')
        .ok_or_else(|| CommandError::usage(format!("{text}: write GROUP/KIND, /KIND for core")))?;
    let mut node = Node::mapping();
    node.set(&["group"], group);
    node.set(&["kind"], kind);
    Ok(node)
}

async fn get(context: &Context, arguments: &GetArguments) -> CommandResult {
    let world = context.cluster_mode().await?;
    let name = &arguments.name;
    let project = world.ports.store.project(name).await?.ok_or_else(|| {
        CommandError::failed(format!("project '{name}' not found"))
            .hint("see what there is with: tiphys proj list")
    })?;
    let text = match arguments.output {
        Format::Wide => project::details(&project),
        Format::Name => format!("{name}\n"),
        format => output::document(&project.raw, format),
    };
    output::data(&text)?;
    Ok(Exit::Done)
}

async fn list(context: &Context, arguments: &ListArguments) -> CommandResult {
    let world = context.cluster_mode().await?;
    let projects = world.ports.store.projects().await?;
    let text = match arguments.output {
        Format::Wide => project::wide(&projects),
        Format::Name => projects.iter().map(|one| format!("{}\n", one.name())).collect(),
        format => output::document(&raw_list(projects), format),
    };
    output::data(&text)?;
    Ok(Exit::Done)
}

fn raw_list(projects: Vec<AppProject>) -> Node {
    projects.into_iter().map(|project| project.raw).collect::<Vec<_>>().into()
}
