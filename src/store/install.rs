//! Installs what tiphys needs on a cluster: the kinds Application and AppProject, Argo CD's
//! namespace and the project `default`.
//!
//! What is there stays: of existing objects only custom resource definitions made by tiphys are
//! brought up to date. Those of Argo CD are never touched.

use std::fmt;
use std::time::Duration;

use super::error::{from_cluster, new};
use super::lease::{MANAGED_BY_LABEL, MANAGER};
use crate::cluster::argocd_namespace::DEFAULT_NAMESPACE;
use crate::cluster::resources;
use crate::model::{ApiResource, GroupKind};
use crate::ports::{
    Clock, Cluster, ClusterError, ClusterErrorKind, DryRun, FieldValidation, StoreError,
    StoreErrorKind, WriteRequest, WriteVerb,
};
use crate::yaml::{FileId, Node, ReadOptions, read_documents};

/// How long a new kind may take until the server serves it.
const ESTABLISHED_WITHIN: Duration = Duration::from_secs(30);
/// How often to look.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often a definition is tried when others install at the same time.
const TRIES_MAX: usize = 3;
/// Label by which Argo CD's own manifests can be told.
const PART_OF_LABEL: &str = "app.kubernetes.io/part-of";

const DOCUMENTS: &str = concat!(
    include_str!("crds/applications.yaml"),
    "---\n",
    include_str!("crds/appprojects.yaml"),
    "---\n",
    include_str!("crds/argocd.yaml"),
);

/// What to install where.
#[derive(Clone, Debug)]
pub struct InstallOptions {
    /// Argo CD's namespace.
    pub namespace: String,
    /// Whether to do it. After a dry run on an empty cluster the project cannot be tried.
    pub dry_run: DryRun,
}

/// What became of each object, in the order of the documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstallReport {
    /// One row per object.
    pub objects: Vec<InstalledObject>,
}

/// One object and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledObject {
    /// The kind in lower case with its group, and the name: `namespace/argocd`.
    pub name: String,
    /// What became of it.
    pub outcome: InstallOutcome,
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallOutcome {
    /// It was not there.
    Created,
    /// It was ours and outdated.
    Configured,
    /// It was there already as it should be.
    Unchanged,
    /// It belongs to Argo CD or somebody else and was left alone.
    Kept,
}

impl fmt::Display for InstallOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
            Self::Kept => "kept, not made by tiphys",
        })
    }
}

/// What [`install`] installs, as YAML, for the namespace `argocd`.
pub fn install_documents() -> &'static str {
    DOCUMENTS
}

/// The objects of [`install_documents`] for another namespace.
pub fn install_objects(namespace: &str) -> Result<Vec<Node>, StoreError> {
    let options = ReadOptions::manifests(FileId::NONE, "");
    let (documents, _) = read_documents(DOCUMENTS, &options)
        .map_err(|cause| new(StoreErrorKind::Invalid, format!("built-in manifests: {cause}")))?;
    let mut objects: Vec<Node> = documents.into_iter().map(|document| document.root).collect();
    for object in &mut objects {
        if object.kind() == "Namespace" && object.name() == DEFAULT_NAMESPACE {
            object.set(&["metadata", "name"], namespace);
        }
        if !object.namespace().is_empty() {
            object.set(&["metadata", "namespace"], namespace);
        }
    }
    Ok(objects)
}

/// Installs what is missing, and waits until the kinds are served.
pub async fn install(
    cluster: &dyn Cluster,
    clock: &dyn Clock,
    options: &InstallOptions,
) -> Result<InstallReport, StoreError> {
    let mut report = InstallReport::default();
    let objects = install_objects(&options.namespace)?;
    for object in &objects {
        let outcome = install_object(cluster, clock, options, object).await?;
        report.objects.push(InstalledObject { name: described(object), outcome });
    }
    Ok(report)
}

async fn install_object(
    cluster: &dyn Cluster,
    clock: &dyn Clock,
    options: &InstallOptions,
    object: &Node,
) -> Result<InstallOutcome, StoreError> {
    let resource = resource_of(object)?;
    let outcome = if object.kind() == "CustomResourceDefinition" {
        let outcome = install_definition(cluster, options, &resource, object).await?;
        if options.dry_run == DryRun::No {
            wait_until_established(cluster, clock, &resource, object.name()).await?;
        }
        outcome
    } else {
        create_when_served(cluster, clock, options, &resource, object).await?
    };
    Ok(outcome)
}

/// Creates or updates a definition; who loses the race against another install looks again.
async fn install_definition(
    cluster: &dyn Cluster,
    options: &InstallOptions,
    resource: &ApiResource,
    object: &Node,
) -> Result<InstallOutcome, StoreError> {
    let mut tries = 1;
    loop {
        match try_install_definition(cluster, options, resource, object).await {
            Err(cause) if is_lost_race(&cause) && tries < TRIES_MAX => tries += 1,
            Err(cause) => return Err(denied("install", object, &cause)),
            Ok(outcome) => return Ok(outcome),
        }
    }
}

fn is_lost_race(cause: &ClusterError) -> bool {
    matches!(cause.kind, ClusterErrorKind::AlreadyExists | ClusterErrorKind::Conflict)
}

async fn try_install_definition(
    cluster: &dyn Cluster,
    options: &InstallOptions,
    resource: &ApiResource,
    object: &Node,
) -> Result<InstallOutcome, ClusterError> {
    let request = write_request(options, resource, object, WriteVerb::Apply);
    let Some(live) = cluster.get(resource, "", object.name()).await? else {
        cluster.write(&request).await?;
        return Ok(InstallOutcome::Created);
    };
    if !is_ours(&live) {
        return Ok(InstallOutcome::Kept);
    }
    let generation = |node: &Node| node.path(&["metadata", "generation"]).and_then(Node::as_i64);
    let written = cluster.write(&request).await?.object;
    let is_same = generation(&live) == generation(&written);
    Ok(if is_same { InstallOutcome::Unchanged } else { InstallOutcome::Configured })
}

/// Whether tiphys made an object. What carries Argo CD's label is Argo CD's, whoever touched it.
fn is_ours(live: &Node) -> bool {
    live.label(MANAGED_BY_LABEL) == Some(MANAGER) && live.label(PART_OF_LABEL) != Some("argocd")
}

/// Creates an object unless it is there. A kind that was just defined may need a moment.
async fn create_when_served(
    cluster: &dyn Cluster,
    clock: &dyn Clock,
    options: &InstallOptions,
    resource: &ApiResource,
    object: &Node,
) -> Result<InstallOutcome, StoreError> {
    let deadline = clock.monotonic() + ESTABLISHED_WITHIN;
    loop {
        match try_create(cluster, options, resource, object).await {
            Err(cause) if is_unserved(&cause) && options.dry_run == DryRun::Server => {
                // Nothing was made, so the kind or namespace cannot be there either.
                return Ok(InstallOutcome::Created);
            }
            Err(cause) if is_unserved(&cause) && clock.monotonic() < deadline => {
                clock.sleep(LOOK_EVERY).await;
            }
            Err(cause) => return Err(denied("create", object, &cause)),
            Ok(outcome) => return Ok(outcome),
        }
    }
}

fn is_unserved(cause: &ClusterError) -> bool {
    matches!(cause.kind, ClusterErrorKind::UnknownKind | ClusterErrorKind::NotFound)
}

async fn try_create(
    cluster: &dyn Cluster,
    options: &InstallOptions,
    resource: &ApiResource,
    object: &Node,
) -> Result<InstallOutcome, ClusterError> {
    if cluster.get(resource, object.namespace(), object.name()).await?.is_some() {
        return Ok(InstallOutcome::Unchanged);
    }
    match cluster.write(&write_request(options, resource, object, WriteVerb::Create)).await {
        Err(cause) if cause.kind == ClusterErrorKind::AlreadyExists => {
            Ok(InstallOutcome::Unchanged)
        }
        result => result.map(|_| InstallOutcome::Created),
    }
}

async fn wait_until_established(
    cluster: &dyn Cluster,
    clock: &dyn Clock,
    resource: &ApiResource,
    name: &str,
) -> Result<(), StoreError> {
    let deadline = clock.monotonic() + ESTABLISHED_WITHIN;
    loop {
        let live = cluster.get(resource, "", name).await.map_err(from_cluster)?;
        if live.as_ref().is_some_and(is_established) {
            return Ok(());
        }
        if clock.monotonic() >= deadline {
            let secs = ESTABLISHED_WITHIN.as_secs();
            let message = format!("the server does not serve {name} after {secs} s");
            return Err(new(StoreErrorKind::Cluster(ClusterErrorKind::Timeout), message));
        }
        clock.sleep(LOOK_EVERY).await;
    }
}

fn is_established(definition: &Node) -> bool {
    let conditions = definition.path(&["status", "conditions"]).and_then(Node::as_sequence);
    conditions.unwrap_or_default().iter().any(|condition| {
        condition.str_at(&["type"]) == "Established" && condition.str_at(&["status"]) == "True"
    })
}

fn write_request(
    options: &InstallOptions,
    resource: &ApiResource,
    object: &Node,
    verb: WriteVerb,
) -> WriteRequest {
    WriteRequest {
        resource: resource.clone(),
        namespace: object.namespace().to_owned(),
        name: object.name().to_owned(),
        body: object.clone(),
        verb,
        dry_run: options.dry_run,
        validation: FieldValidation::Strict,
        manager: MANAGER,
    }
}

fn denied(verb: &str, object: &Node, cause: &ClusterError) -> StoreError {
    let message = format!("cannot {verb} {}: {cause}", described(object));
    match cause.kind {
        ClusterErrorKind::Forbidden => StoreError {
            kind: StoreErrorKind::Forbidden,
            message,
            hint: "ask an administrator of the cluster to run `tiphys admin install`".to_owned(),
        },
        kind => new(StoreErrorKind::Cluster(kind), message),
    }
}

fn resource_of(object: &Node) -> Result<ApiResource, StoreError> {
    let known = [
        resources::custom_resource_definitions(),
        resources::namespaces(),
        resources::app_projects(),
    ];
    let wanted = object.group_kind();
    known.into_iter().find(|resource| resource.group_kind() == wanted).ok_or_else(|| {
        new(StoreErrorKind::Unsupported, format!("built-in manifests hold a {wanted}"))
    })
}

fn described(object: &Node) -> String {
    let GroupKind { group, kind } = object.group_kind();
    let kind = kind.to_lowercase();
    if group.is_empty() {
        format!("{kind}/{}", object.name())
    } else {
        format!("{kind}.{group}/{}", object.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AppProject;

    #[test]
    fn the_documents_are_two_kinds_a_namespace_and_a_project() {
        let names: Vec<String> = install_objects("gitops").unwrap().iter().map(described).collect();
        assert_eq!(
            names,
            [
                "customresourcedefinition.apiextensions.k8s.io/applications.argoproj.io",
                "customresourcedefinition.apiextensions.k8s.io/appprojects.argoproj.io",
                "namespace/gitops",
                "appproject.argoproj.io/default",
            ]
        );
    }

    #[test]
    fn the_default_project_allows_everything() {
        let objects = install_objects("gitops").unwrap();
        let project = AppProject::from_node(objects[3].clone()).unwrap();
        assert_eq!(project.raw.namespace(), "gitops");
        assert_eq!(project.spec.source_repos, ["*"]);
        let destination = &project.spec.destinations[0];
        assert_eq!((destination.server.as_str(), destination.namespace.as_str()), ("*", "*"));
        assert_eq!(project.spec.cluster_resource_whitelist[0].kind, "*");
    }

    #[test]
    fn definitions_of_argo_cd_are_not_ours() {
        let check = |labels: &str, ours: bool| {
            let labels: Node = serde_json::from_str(labels).unwrap();
            let mut live = Node::mapping();
            live.set(&["metadata", "labels"], labels);
            assert_eq!(is_ours(&live), ours);
        };
        check(r#"{"app.kubernetes.io/managed-by":"tiphys"}"#, true);
        check(r#"{"app.kubernetes.io/part-of":"argocd"}"#, false);
        check(
            r#"{"app.kubernetes.io/managed-by":"tiphys","app.kubernetes.io/part-of":"argocd"}"#,
            false,
        );
        check("{}", false);
    }
}
