//! Every way the program touches the world. Adapters implement these traits; the engine names
//! only them. Object-safe and boxed: one compiled copy, fakes for tests.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::Stream;
use jiff::Timestamp;
use thiserror::Error;

use crate::model::repository::RepositoryCredentials;
use crate::model::{
    ApiCatalog, ApiResource, AppProject, Application, ApplicationDestination, ApplicationName,
    Settings,
};
use crate::render::tree::ReadTree;
use crate::yaml::Node;

/// A boxed future: what every method of a port answers with.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The set of ports a use case works with.
#[derive(Clone)]
pub struct Ports {
    /// Where manifests come from.
    pub sources: Arc<dyn Sources>,
    /// Where objects go to.
    pub destinations: Arc<dyn Destinations>,
    /// Where Applications and settings live.
    pub store: Arc<dyn Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Finds the cluster an Application goes to.
pub trait Destinations: Send + Sync {
    /// The cluster behind `destination`; one client per cluster and run.
    fn connect<'a>(
        &'a self,
        destination: &'a ApplicationDestination,
    ) -> Pending<'a, Result<Arc<dyn Cluster>, ClusterError>>;
}

/// One Kubernetes API server. Bounds the number of requests in flight by itself.
pub trait Cluster: Send + Sync {
    /// The server's URL, for messages.
    fn server(&self) -> &str;
    /// What the server serves; `Fresh` asks it anew and renews the cache on disk.
    fn catalog(&self, freshness: Freshness) -> Pending<'_, Result<Arc<ApiCatalog>, ClusterError>>;
    /// One object, `None` when it is not there.
    fn get<'a>(
        &'a self,
        resource: &'a ApiResource,
        namespace: &'a str,
        name: &'a str,
    ) -> Pending<'a, Result<Option<Node>, ClusterError>>;
    /// All objects of a kind, pages put together.
    fn list<'a>(
        &'a self,
        request: &'a ListRequest,
    ) -> Pending<'a, Result<ObjectList, ClusterError>>;
    /// Creates, patches or replaces one object.
    fn write<'a>(
        &'a self,
        request: &'a WriteRequest,
    ) -> Pending<'a, Result<WriteOutcome, ClusterError>>;
    /// Asks for the deletion of one object.
    fn delete<'a>(&'a self, request: &'a DeleteRequest) -> Pending<'a, Result<(), ClusterError>>;
    /// Changes of a collection after a resource version. Ends when the server closes it.
    fn watch<'a>(
        &'a self,
        request: &'a ListRequest,
        resource_version: &'a str,
    ) -> Pending<'a, Result<WatchStream, ClusterError>>;
}

/// Changes as they arrive.
pub type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchEvent, ClusterError>> + Send>>;

/// Where manifests come from: Git over file, http(s) and ssh, local folders.
pub trait Sources: Send + Sync {
    /// Resolves the revision and opens its files.
    fn open<'a>(
        &'a self,
        request: &'a SourceRequest,
    ) -> Pending<'a, Result<ResolvedSource, SourceError>>;
}

/// Where Applications, projects and settings live.
pub trait Store: Send + Sync {
    /// Argo CD's settings; defaults where there are none.
    fn settings(&self) -> Pending<'_, Result<Arc<Settings>, StoreError>>;
    /// One Application.
    fn application<'a>(
        &'a self,
        name: &'a ApplicationName,
    ) -> Pending<'a, Result<Application, StoreError>>;
    /// Applications in a namespace (`None`: all) that match a label selector (`""`: all).
    fn applications<'a>(
        &'a self,
        namespace: Option<&'a str>,
        selector: &'a str,
    ) -> Pending<'a, Result<Vec<Application>, StoreError>>;
    /// Creates an Application from its document.
    fn create_application<'a>(
        &'a self,
        document: &'a Node,
    ) -> Pending<'a, Result<Application, StoreError>>;
    /// Merge-patches an Application; with a resource version, only if it is still that one.
    fn patch_application<'a>(
        &'a self,
        name: &'a ApplicationName,
        patch: &'a Node,
        resource_version: Option<&'a str>,
    ) -> Pending<'a, Result<Application, StoreError>>;
    /// Asks for the deletion of an Application's resource (or record).
    fn delete_application<'a>(
        &'a self,
        name: &'a ApplicationName,
    ) -> Pending<'a, Result<(), StoreError>>;
    /// One AppProject, `None` when it is not there.
    fn project<'a>(&'a self, name: &'a str) -> Pending<'a, Result<Option<AppProject>, StoreError>>;
    /// All AppProjects.
    fn projects(&self) -> Pending<'_, Result<Vec<AppProject>, StoreError>>;
    /// Creates an AppProject from its document.
    fn create_project<'a>(
        &'a self,
        document: &'a Node,
    ) -> Pending<'a, Result<AppProject, StoreError>>;
    /// Credentials for a repository from Argo CD's Secrets; `None` when none match.
    fn repository_credentials<'a>(
        &'a self,
        repo_url: &'a str,
    ) -> Pending<'a, Result<Option<RepositoryCredentials>, StoreError>>;
    /// The Lease that locks an Application, `None` when there is none.
    fn lease<'a>(
        &'a self,
        name: &'a ApplicationName,
    ) -> Pending<'a, Result<Option<Lease>, StoreError>>;
    /// Writes the Lease: creates it without a resource version, else replaces exactly that one.
    /// A lost race is [`StoreErrorKind::Conflict`].
    fn put_lease<'a>(
        &'a self,
        name: &'a ApplicationName,
        lease: &'a Lease,
    ) -> Pending<'a, Result<Lease, StoreError>>;
    /// Where the truth is kept.
    fn kind(&self) -> StoreKind;
}

/// Time.
pub trait Clock: Send + Sync {
    /// Wall-clock time.
    fn now(&self) -> Timestamp;
    /// Monotonic time since some fixed moment.
    fn monotonic(&self) -> Duration;
    /// Waits.
    fn sleep(&self, duration: Duration) -> Pending<'_, ()>;
}

/// Whether a cached answer will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// A cached answer will do.
    Cached,
    /// Ask again.
    Fresh,
}

/// Whether a store keeps custom resources or files with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// Applications are custom resources on a cluster.
    CustomResources,
    /// Applications are files; progress is kept in a record ConfigMap.
    Files,
}

/// Which collection to list or watch.
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// Kind and version.
    pub resource: ApiResource,
    /// Namespace, `None` for all namespaces or cluster-scoped kinds.
    pub namespace: Option<String>,
    /// Label selector, `""` for all.
    pub label_selector: String,
    /// How much of each object.
    pub content: Content,
}

/// How much of each object an answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Whole objects.
    Full,
    /// apiVersion, kind and metadata.
    MetadataOnly,
}

/// Objects and the resource version to watch from.
#[derive(Clone, Debug, Default)]
pub struct ObjectList {
    /// The objects, apiVersion and kind filled in.
    pub items: Vec<Node>,
    /// Resource version of the collection.
    pub resource_version: String,
}

/// One change.
#[derive(Clone, Debug)]
pub enum WatchEvent {
    /// Added or modified.
    Applied(Node),
    /// Deleted; its last state.
    Deleted(Node),
}

/// One write.
#[derive(Clone, Debug)]
pub struct WriteRequest {
    /// Kind and version.
    pub resource: ApiResource,
    /// Namespace, `""` for cluster-scoped kinds.
    pub namespace: String,
    /// Name; may be `""` for a create with generateName.
    pub name: String,
    /// The object or patch.
    pub body: Node,
    /// How.
    pub verb: WriteVerb,
    /// Whether to keep it.
    pub dry_run: DryRun,
    /// What the server does with unknown fields.
    pub validation: FieldValidation,
    /// Field manager.
    pub manager: &'static str,
}

/// How an object is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteVerb {
    /// POST.
    Create,
    /// Server-side apply; conflicts are overridden, as Argo CD does.
    Apply,
    /// Strategic merge patch.
    StrategicMerge,
    /// JSON merge patch.
    Merge,
    /// JSON patch.
    JsonPatch,
    /// PUT.
    Replace,
}

/// Whether a write is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DryRun {
    /// Kept.
    No,
    /// The server goes through everything but storing.
    Server,
}

/// What the server does with unknown or duplicate fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldValidation {
    /// Refuses.
    Strict,
    /// Warns.
    Warn,
    /// Drops them silently.
    Ignore,
}

/// What a write gave.
#[derive(Clone, Debug, Default)]
pub struct WriteOutcome {
    /// The object as the server holds it now (or would).
    pub object: Node,
    /// The server's `Warning:` headers.
    pub warnings: Vec<String>,
}

/// One deletion.
#[derive(Clone, Debug)]
pub struct DeleteRequest {
    /// Kind and version.
    pub resource: ApiResource,
    /// Namespace, `""` for cluster-scoped kinds.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Only the object with this uid.
    pub uid: Option<String>,
    /// Only the object in this version.
    pub resource_version: Option<String>,
    /// What happens to dependents.
    pub propagation: Propagation,
    /// Whether to do it.
    pub dry_run: DryRun,
}

/// What happens to dependents of a deleted object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// They go first.
    #[default]
    Foreground,
    /// They go afterwards.
    Background,
    /// They stay.
    Orphan,
}

/// What to open.
#[derive(Clone, Debug)]
pub struct SourceRequest {
    /// Git URL or local folder.
    pub repo_url: String,
    /// Branch, tag, commit or semver constraint; empty means `HEAD`.
    pub target_revision: String,
    /// Only tags with this prefix count for a constraint.
    pub tag_prefix: String,
    /// Credentials to try first.
    pub credentials: Option<RepositoryCredentials>,
}

/// A source pinned to a revision.
#[derive(Clone)]
pub struct ResolvedSource {
    /// Full commit id; for a local folder a description of it.
    pub revision: String,
    /// Its files.
    pub tree: Arc<dyn ReadTree>,
}

/// A coordination.k8s.io Lease as a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lease {
    /// Who holds it: `user@host pid N id UUID`; empty when released.
    pub holder: String,
    /// Since when.
    pub acquired: Option<Timestamp>,
    /// Last sign of life.
    pub renewed: Option<Timestamp>,
    /// How long a sign of life counts, in seconds.
    pub duration_secs: u32,
    /// How often it changed hands.
    pub transitions: u32,
    /// Resource version to replace; empty to create.
    pub resource_version: String,
}

/// What kind of refusal or failure a cluster answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterErrorKind {
    /// The object, or a part of its path, is not there.
    NotFound,
    /// The user may not.
    Forbidden,
    /// The credentials are missing, wrong or expired.
    Unauthorized,
    /// Somebody else was first.
    Conflict,
    /// It is there already.
    AlreadyExists,
    /// The server refuses the content.
    Invalid,
    /// The request is too large.
    TooLarge,
    /// The server cannot be reached.
    Unreachable,
    /// The server's certificate does not fit.
    Certificate,
    /// No answer in time.
    Timeout,
    /// A watch or page is too old.
    Expired,
    /// The kind is not served.
    UnknownKind,
    /// The destination names no known cluster, or the kubeconfig is broken.
    Config,
    /// Anything else.
    Other,
}

/// A refusal or failure of a cluster.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct ClusterError {
    /// For decisions.
    pub kind: ClusterErrorKind,
    /// The server's words, or ours naming the server.
    pub message: String,
}

/// Why a source could not be opened.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct SourceError {
    /// For decisions.
    pub kind: SourceErrorKind,
    /// What happened, naming the repository without credentials.
    pub message: String,
    /// What the user can do, empty when there is nothing to say.
    pub hint: String,
}

/// What kind of failure a source met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceErrorKind {
    /// No such repository.
    RepositoryMissing,
    /// No such branch, tag or commit.
    RevisionMissing,
    /// Wrong or missing credentials.
    Denied,
    /// The SSH host key is unknown or has changed, or the TLS certificate does not fit.
    Untrusted,
    /// The network failed.
    Unreachable,
    /// The cache directory cannot be used.
    Cache,
    /// A scheme or feature tiphys does not have.
    Unsupported,
    /// Stopped by the user.
    Interrupted,
    /// Anything else.
    Other,
}

/// Why the store could not answer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct StoreError {
    /// For decisions.
    pub kind: StoreErrorKind,
    /// What happened, naming the object.
    pub message: String,
    /// What the user can do, empty when there is nothing to say.
    pub hint: String,
}

/// What kind of failure a store met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// Not there.
    NotFound,
    /// The kinds of Argo CD are not installed.
    NotInstalled,
    /// The user may not.
    Forbidden,
    /// Somebody else was first.
    Conflict,
    /// There already.
    AlreadyExists,
    /// The document is not valid.
    Invalid,
    /// More than one namespace could be meant.
    Ambiguous,
    /// The store does not do this (file mode).
    Unsupported,
    /// The cluster behind the store failed.
    Cluster(ClusterErrorKind),
}

impl ClusterError {
    /// An error of `kind` in the given words.
    pub fn new(kind: ClusterErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl fmt::Debug for ResolvedSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ResolvedSource")
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}
