//! `app list`: Applications with their stored status.

use clap::Args;
use futures::{StreamExt, TryStreamExt};

use crate::cli::context::{Context, World};
use crate::cli::error::{CommandError, CommandResult};
use crate::cli::exit::Exit;
use crate::cli::output::{self, Format};
use crate::cli::views::{application, list};
use crate::engine::compare::{
    CompareOptions, Refresh, TargetFailure, compare_application, write_status,
};
use crate::model::Application;
use crate::model::source::SourceFields;
use crate::ports::Clock;
use crate::support::label_selector::LabelSelector;
use crate::yaml::Node;

/// How many Applications are compared at the same time.
const COMPARISONS_MAX: usize = 8;

/// Flags of `app list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # All applications
  tiphys app list

  # Those of one team, as JSON
  tiphys app list -l team=shop -o json")]
pub struct ListArguments {
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
    /// Only applications that match a label selector
    #[arg(short = 'l', long, value_name = "SELECTOR", default_value = "")]
    pub selector: String,
    /// Only applications of a project
    #[arg(short, long, value_name = "NAME")]
    pub project: Vec<String>,
    /// Only applications of a repository
    #[arg(short, long, value_name = "URL")]
    pub repo: Option<String>,
    /// Only applications of a cluster, by name or URL
    #[arg(short, long, value_name = "CLUSTER")]
    pub cluster: Option<String>,
    /// Only applications of a path
    #[arg(short = 'P', long, value_name = "PATH")]
    pub path: Option<String>,
    /// Namespace of the Applications
    #[arg(short = 'N', long, value_name = "NAMESPACE")]
    pub app_namespace: Option<String>,
    /// Compare every application with Git and the cluster first
    #[arg(long)]
    pub refresh: bool,
}

/// Prints the list.
///
/// # Errors
/// When Applications cannot be listed.
pub async fn run(context: &Context, arguments: &ListArguments) -> CommandResult {
    arguments
        .selector
        .parse::<LabelSelector>()
        .map_err(|error| CommandError::usage(format!("--selector: {error}")))?;
    let world = context.cluster_mode().await?;
    let namespace = match &arguments.app_namespace {
        Some(namespace) => namespace.clone(),
        None => world.argocd_namespace().await?,
    };
    let store = &world.ports.store;
    let mut applications = store.applications(Some(&namespace), &arguments.selector).await?;
    applications.retain(|application| arguments.wants(application));
    applications.sort_by_key(Application::name);
    if arguments.refresh {
        applications = compare_all(&world, applications).await?;
    }
    output::data(&match arguments.output {
        Format::Wide => list::wide(&applications, context.clock.now()),
        Format::Name => list::names(&applications),
        format => {
            let all: Vec<Node> = applications.into_iter().map(|one| one.raw).collect();
            output::document(&all.into(), format)
        }
    })?;
    Ok(Exit::Done)
}

/// Compares Applications side by side; one that cannot be compared says so in its conditions.
async fn compare_all(
    world: &World,
    applications: Vec<Application>,
) -> Result<Vec<Application>, CommandError> {
    let options = CompareOptions {
        refresh: Refresh::Normal,
        on_target_failure: TargetFailure::Report,
        ..CompareOptions::default()
    };
    let compared = applications.into_iter().map(|one| async {
        let compared = compare_application(&world.ports, one, &options).await?;
        if let Some(note) = write_status(&world.ports, &compared).await? {
            output::notice(&note);
        }
        application::shown(&compared)
    });
    futures::stream::iter(compared).buffered(COMPARISONS_MAX).try_collect().await
}

impl ListArguments {
    fn wants(&self, application: &Application) -> bool {
        let sources = application.sources();
        let destination = &application.spec.destination;
        let any = |wanted: &Option<String>, field: fn(&SourceFields) -> &String| {
            wanted.as_ref().is_none_or(|text| sources.iter().any(|source| field(source) == text))
        };
        let in_project = self.project.is_empty()
            || self.project.iter().any(|project| project == application.project());
        let in_cluster = self
            .cluster
            .as_ref()
            .is_none_or(|text| *text == destination.server || *text == destination.name);
        in_project
            && in_cluster
            && any(&self.repo, |source| &source.repo_url)
            && any(&self.path, |source| &source.path)
    }
}
