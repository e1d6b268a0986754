//! What Git wants: resolve the revision, read the files, render, and make the target state.
//!
//! Also where it goes and by which rules: settings, project, cluster. Every verb passes through
//! here; nothing is written.

use std::sync::Arc;

use futures::future::{join, join_all, try_join};

use super::error::{EngineError, EngineErrorKind, with_causes};
use super::inventory::known_objects;
use crate::compare::TargetState;
use crate::compare::target::{self, TargetContext};
use crate::model::{
    ApiCatalog, AppProject, Application, ApplicationDestination, ApplicationSource, Settings,
};
use crate::ports::{Cluster, Freshness, Ports, ResolvedSource, SourceRequest, StoreKind};
use crate::render::build_env::BuildEnv;
use crate::render::tree::ReadTree;
use crate::render::{self, RenderError, RenderLimits, RenderRequest, Rendered};

/// The server address that means the cluster an Application lives on.
pub const IN_CLUSTER_SERVER: &str = "https://kubernetes.default.svc";
/// The name of that cluster.
pub const IN_CLUSTER_NAME: &str = "in-cluster";

/// Where an Application goes, and by which rules.
#[derive(Clone)]
pub struct Place {
    /// Argo CD's settings.
    pub settings: Arc<Settings>,
    /// The project; `None` in file mode without one.
    pub project: Option<AppProject>,
    /// The cluster.
    pub cluster: Arc<dyn Cluster>,
    /// What it serves.
    pub catalog: Arc<ApiCatalog>,
}

/// Which commits to take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RevisionChoice {
    /// The ones last resolved, if the sources are still the same; else resolve.
    #[default]
    Recorded,
    /// What the target revisions point to now.
    Resolve,
    /// Exactly these, one per source; a missing one is resolved.
    Exactly(Vec<String>),
}

/// Files to use instead of the repository's.
#[derive(Clone)]
pub struct LocalTree {
    /// The files.
    pub tree: Arc<dyn ReadTree>,
    /// The folder to render, relative to the tree.
    pub path: String,
}

/// What Git wants.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// The objects.
    pub state: TargetState,
    /// Commits, one per source.
    pub revisions: Vec<String>,
    /// Tool of each source.
    pub source_types: Vec<String>,
    /// Things the user should know.
    pub warnings: Vec<String>,
}

/// Finds settings, project and cluster of `application`.
///
/// # Errors
/// When the spec is not valid, the project is missing or does not allow it, or something cannot
/// be read.
pub async fn place(ports: &Ports, application: &Application) -> Result<Place, EngineError> {
    check_spec(application)?;
    let ruling = try_join(settings(ports), project(ports, application));
    let (rules, ()) = join(ruling, read_credentials_ahead(ports, application)).await;
    let (settings, project) = rules?;
    if let Some(project) = &project {
        check_project(application, project, &settings)?;
    }
    let cluster = ports.destinations.connect(&application.spec.destination).await?;
    let catalog = cluster.catalog(Freshness::Cached).await?;
    Ok(Place { settings, project, cluster, catalog })
}

/// Resolves, reads and renders all sources of `application`.
///
/// # Errors
/// When a source cannot be opened or rendered; the message names the source.
pub async fn targets(
    ports: &Ports,
    application: &Application,
    place: &mut Place,
    choice: &RevisionChoice,
    local: Option<&LocalTree>,
) -> Result<Targets, EngineError> {
    let (rendered, revisions) = render_all(ports, application, choice, local).await?;
    if mentions_unknown_kind(&rendered, &place.catalog) || had_unknown_kind(application, place) {
        place.catalog = place.cluster.catalog(Freshness::Fresh).await?;
    }
    Ok(target_state(application, &place.settings, &place.catalog, rendered, revisions))
}

/// The same without asking any cluster: kinds that Kubernetes does not bring and the manifests do
/// not define are taken for namespaced.
///
/// # Errors
/// As [`place`] and [`targets`].
pub async fn targets_without_cluster(
    ports: &Ports,
    application: &Application,
    choice: &RevisionChoice,
    local: Option<&LocalTree>,
) -> Result<Targets, EngineError> {
    check_spec(application)?;
    let settings = settings(ports).await?;
    if let Some(project) = project(ports, application).await? {
        check_project(application, &project, &settings)?;
    }
    let (rendered, revisions) = render_all(ports, application, choice, local).await?;
    Ok(target_state(application, &settings, &ApiCatalog::default(), rendered, revisions))
}

/// Opens and renders all sources; the renders and the commits, in the order of the sources.
async fn render_all(
    ports: &Ports,
    application: &Application,
    choice: &RevisionChoice,
    local: Option<&LocalTree>,
) -> Result<(Vec<Rendered>, Vec<String>), EngineError> {
    let sources = application.sources();
    let pinned = pinned_revisions(application, choice);
    let opening = sources.iter().enumerate().map(|(index, source)| {
        let revision = pinned.get(index).filter(|revision| !revision.is_empty());
        open(ports, source, revision.map(String::as_str), local)
    });
    let resolved = in_order(join_all(opening).await)?;
    let rendered = sources.iter().zip(&resolved).enumerate();
    let rendered = rendered
        .map(|(index, (source, opened))| render_source(application, index, source, opened, local))
        .collect();
    let rendered = in_order(rendered)?;
    let revisions = resolved.into_iter().map(|source| source.revision).collect();
    Ok((rendered, revisions))
}

/// Whether Git has an object whose kind the cluster did not serve when it was last asked: it may
/// by now.
fn mentions_unknown_kind(rendered: &[Rendered], catalog: &ApiCatalog) -> bool {
    let roots = rendered.iter().flat_map(|one| &one.manifests).map(|manifest| &manifest.root);
    roots.into_iter().any(|root| catalog.find_version(&root.group_kind(), root.version()).is_none())
}

/// Whether the Application had an object of a kind that the cluster did not serve when it was
/// last asked: it would not be looked for.
fn had_unknown_kind(application: &Application, place: &Place) -> bool {
    let known = known_objects(application);
    known.iter().any(|key| place.catalog.find(&key.group_kind()).is_none())
}

/// The same targets after new kinds were served: objects that had no kind yet find theirs.
pub fn with_new_kinds(mut targets: Targets, catalog: &ApiCatalog) -> Targets {
    for object in &mut targets.state.objects {
        if object.resource.is_none() {
            let kind = object.key.group_kind();
            let version = object.manifest.root.version();
            let resource = catalog.find_version(&kind, version).cloned();
            Arc::make_mut(object).resource = resource;
        }
    }
    targets
}

/// Lets the store read the repositories' credentials, which it keeps, while something else is
/// waited for. What fails here fails again where the credentials are needed.
async fn read_credentials_ahead(ports: &Ports, application: &Application) {
    if let Some(source) = application.sources().first() {
        drop(ports.store.repository_credentials(&source.repo_url).await);
    }
}

async fn settings(ports: &Ports) -> Result<Arc<Settings>, EngineError> {
    Ok(ports.store.settings().await?)
}

/// The project's rules. File mode enforces only what the file brings.
async fn project(
    ports: &Ports,
    application: &Application,
) -> Result<Option<AppProject>, EngineError> {
    let name = application.project();
    if let Some(project) = ports.store.project(name).await? {
        return Ok(Some(project));
    }
    if ports.store.kind() == StoreKind::Files && ports.store.projects().await?.is_empty() {
        return Ok(None);
    }
    let hint = if name == "default" {
        "tiphys admin install creates the project \"default\"".to_owned()
    } else {
        format!("create it with: tiphys proj create {name} --src REPO --dest SERVER,NAMESPACE")
    };
    Err(EngineError::new(
        EngineErrorKind::Project,
        format!("app is not allowed in project \"{name}\", or the project does not exist"),
    )
    .with_hint(hint))
}

/// What can be judged about a spec without asking anybody.
///
/// # Errors
/// When something is missing or contradicts itself.
pub fn check_spec(application: &Application) -> Result<(), EngineError> {
    let invalid = |text: String| {
        let name = application.name();
        EngineError::new(EngineErrorKind::InvalidSpec, format!("application {name}: {text}"))
    };
    if application.spec.source_hydrator.is_some() {
        return Err(invalid("spec.sourceHydrator is not supported".to_owned()));
    }
    let sources = application.sources();
    if sources.is_empty() {
        return Err(invalid("spec.source or spec.sources is required".to_owned()));
    }
    for source in sources {
        if source.repo_url.is_empty() {
            return Err(invalid("spec.source.repoURL is required".to_owned()));
        }
        if source.path.is_empty() && source.chart.is_empty() && source.reference.is_empty() {
            return Err(invalid("spec.source.path or spec.source.chart is required".to_owned()));
        }
    }
    let destination = &application.spec.destination;
    match (destination.server.is_empty(), destination.name.is_empty()) {
        (false, false) => Err(invalid(format!(
            "spec.destination has both name {} and server {}; give one of them",
            destination.name, destination.server
        ))),
        (true, true) => Err(invalid("spec.destination needs a server or a name".to_owned())),
        _ => Ok(()),
    }
}

fn pinned_revisions(application: &Application, choice: &RevisionChoice) -> Vec<String> {
    let sync = &application.status.sync;
    match choice {
        RevisionChoice::Exactly(revisions) => revisions.clone(),
        RevisionChoice::Resolve => Vec::new(),
        RevisionChoice::Recorded if !is_compared_to_spec(application) => Vec::new(),
        RevisionChoice::Recorded if application.has_multiple_sources() => sync.revisions.clone(),
        RevisionChoice::Recorded => vec![sync.revision.clone()],
    }
}

fn is_compared_to_spec(application: &Application) -> bool {
    let compared = &application.status.sync.compared_to;
    let compared: Vec<&ApplicationSource> = if compared.sources.is_empty() {
        compared.source.iter().collect()
    } else {
        compared.sources.iter().collect()
    };
    compared == application.sources()
}

async fn open(
    ports: &Ports,
    source: &ApplicationSource,
    revision: Option<&str>,
    local: Option<&LocalTree>,
) -> Result<ResolvedSource, EngineError> {
    render::refuse_unsupported(source).map_err(|error| render_error(&error))?;
    if let Some(local) = local {
        let revision = revision.unwrap_or_default().to_owned();
        return Ok(ResolvedSource { revision, tree: local.tree.clone() });
    }
    let request = SourceRequest {
        repo_url: source.repo_url.clone(),
        target_revision: revision.unwrap_or(&source.target_revision).to_owned(),
        tag_prefix: source.tag_prefix.clone(),
        credentials: ports.store.repository_credentials(&source.repo_url).await?,
    };
    Ok(ports.sources.open(&request).await?)
}

/// All results in order, or the first failure, which names its source as Argo CD does.
fn in_order<T>(results: Vec<Result<T, EngineError>>) -> Result<Vec<T>, EngineError> {
    let count = results.len();
    let named = |(index, result): (usize, Result<T, EngineError>)| {
        result.map_err(|error| {
            let attempt =
                format!("failed to generate manifest for source {} of {count}", index + 1);
            error.while_doing(&attempt)
        })
    };
    results.into_iter().enumerate().map(named).collect()
}

/// The destination with what is known by the other name filled in: the cluster an Application
/// lives on has a fixed server and a fixed name.
pub fn known_destination(application: &Application) -> ApplicationDestination {
    let mut destination = application.spec.destination.clone();
    if destination.server == IN_CLUSTER_SERVER {
        IN_CLUSTER_NAME.clone_into(&mut destination.name);
    } else if destination.name == IN_CLUSTER_NAME {
        IN_CLUSTER_SERVER.clone_into(&mut destination.server);
    }
    destination
}

fn check_project(
    application: &Application,
    project: &AppProject,
    settings: &Settings,
) -> Result<(), EngineError> {
    let refuse = |text: String| {
        let hint = format!("see what it permits: tiphys proj get {}", project.name());
        let text = format!("application {}: {text}", application.name());
        EngineError::new(EngineErrorKind::Project, text).with_hint(hint)
    };
    let name = application.name();
    project.permits_application(&name, &settings.argocd_namespace).map_err(refuse)?;
    for source in application.sources() {
        project.permits_source(&source.repo_url).map_err(refuse)?;
    }
    project.permits_destination(&known_destination(application)).map_err(refuse)
}

/// Renders one source. Rendering is pure computing and takes at most a few seconds; the lock's
/// own clock notices when that was too long.
fn render_source(
    application: &Application,
    index: usize,
    source: &ApplicationSource,
    opened: &ResolvedSource,
    local: Option<&LocalTree>,
) -> Result<Rendered, EngineError> {
    let source = &match local {
        Some(local) => at_path(source, &local.path),
        None => source.clone(),
    };
    let build_env = BuildEnv {
        application_name: application.raw.name().to_owned(),
        namespace: application.spec.destination.namespace.clone(),
        project_name: application.project().to_owned(),
        revision: opened.revision.clone(),
        repo_url: source.repo_url.clone(),
        path: source.path.clone(),
        target_revision: source.target_revision.clone(),
    };
    let request = RenderRequest {
        tree: &*opened.tree,
        source,
        source_index: index,
        application_name: application.raw.name(),
        build_env: &build_env,
        limits: RenderLimits::default(),
    };
    render::render(&request).map_err(|error| render_error(&error))
}

fn at_path(source: &ApplicationSource, path: &str) -> ApplicationSource {
    let mut source = source.clone();
    path.clone_into(&mut source.fields.path);
    source
}

fn render_error(error: &RenderError) -> EngineError {
    let kind = match error {
        RenderError::Unsupported { .. } => EngineErrorKind::UnsupportedSource,
        _ => EngineErrorKind::Render,
    };
    EngineError { snippet: error.snippet(), ..EngineError::new(kind, with_causes(error)) }
}

fn target_state(
    application: &Application,
    settings: &Settings,
    catalog: &ApiCatalog,
    rendered: Vec<Rendered>,
    revisions: Vec<String>,
) -> Targets {
    let source_types = rendered.iter().map(|one| format!("{:?}", one.source_type)).collect();
    let warnings = rendered.iter().flat_map(|one| one.warnings.iter().cloned()).collect();
    let instance = application.name().instance(&settings.argocd_namespace);
    let context = TargetContext {
        instance: &instance,
        destination_namespace: &application.spec.destination.namespace,
        settings,
        catalog,
    };
    Targets { state: target::build(rendered, &context), revisions, source_types, warnings }
}
