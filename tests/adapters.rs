//! The cluster and store adapters on the real API server: what only a server can prove.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt, future};
use jiff::Timestamp;
use tiphys::cluster::{
    ArgocdNamespace, ClusterClient, ConnectOptions, InCluster, KubeDestinations, resources,
};
use tiphys::model::{
    ApiResource, ApplicationDestination, ApplicationName, GroupKind, SyncStatusCode,
};
use tiphys::ports::{
    Clock, Cluster, ClusterError, ClusterErrorKind, Content, DeleteRequest, Destinations, DryRun,
    FieldValidation, Freshness, Lease, ListRequest, Pending, Propagation, Store, StoreErrorKind,
    WatchEvent, WriteOutcome, WriteRequest, WriteVerb,
};
use tiphys::store::install::{InstallOptions, InstallOutcome, install};
use tiphys::store::{CrdStore, FileStore, RecordUse, read_file};
use tiphys::yaml::{FileId, Node, ReadOptions, read_one};
use uuid::Uuid;

use crate::harness::control_plane;

/// How long a test waits for the server.
const PATIENCE: Duration = Duration::from_secs(30);

struct WallClock(Instant);

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Pending<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

#[expect(clippy::disallowed_methods, reason = "a test is its own clock")]
fn clock() -> WallClock {
    WallClock(Instant::now())
}

fn options() -> ConnectOptions {
    ConnectOptions {
        kubeconfig: Some(control_plane::kubeconfig().to_owned()),
        kubeconfig_env: None,
        home: None,
        context: None,
        request_timeout: PATIENCE,
        in_cluster: InCluster::Forbidden,
        cache_dir: None,
    }
}

async fn connect() -> Arc<ClusterClient> {
    Arc::new(ClusterClient::connect(&options()).await.unwrap())
}

/// A connection with a changed kubeconfig.
async fn connect_with(change: impl FnOnce(&mut Node)) -> Arc<ClusterClient> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    #[expect(clippy::disallowed_methods, reason = "the kubeconfig of the test cluster")]
    let text = std::fs::read_to_string(control_plane::kubeconfig()).unwrap();
    let (mut kubeconfig, _) =
        read_one(&text, &ReadOptions::manifests(FileId::NONE, "kubeconfig")).unwrap();
    change(&mut kubeconfig);
    #[expect(clippy::disallowed_methods, reason = "test data")]
    std::fs::write(&file, serde_json::to_vec(&kubeconfig).unwrap()).unwrap();
    let changed = ConnectOptions { kubeconfig: Some(file), ..options() };
    Arc::new(ClusterClient::connect(&changed).await.unwrap())
}

/// The only user, or the only cluster, of a kubeconfig.
fn entry<'a>(kubeconfig: &'a mut Node, list: &str, part: &str) -> &'a mut Node {
    let items = kubeconfig.get_mut(list).and_then(Node::as_sequence_mut).unwrap();
    items[0].get_mut(part).unwrap()
}

async fn connect_as_nobody() -> Arc<ClusterClient> {
    connect_with(|config| entry(config, "users", "user").set(&["as"], "nobody")).await
}

fn write_request(resource: &ApiResource, body: Node, verb: WriteVerb) -> WriteRequest {
    WriteRequest {
        resource: resource.clone(),
        namespace: body.namespace().to_owned(),
        name: body.name().to_owned(),
        body,
        verb,
        dry_run: DryRun::No,
        validation: FieldValidation::Strict,
        manager: "test",
    }
}

fn delete_request(resource: &ApiResource, namespace: &str, name: &str) -> DeleteRequest {
    DeleteRequest {
        resource: resource.clone(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        uid: None,
        resource_version: None,
        propagation: Propagation::Background,
        dry_run: DryRun::No,
    }
}

fn list_request(resource: ApiResource, namespace: &str, selector: &str) -> ListRequest {
    ListRequest {
        resource,
        namespace: Some(namespace.to_owned()),
        label_selector: selector.to_owned(),
        content: Content::Full,
    }
}

/// A namespace of its own for a test.
async fn new_namespace(cluster: &ClusterClient) -> String {
    let name = format!("adapters-{}", Uuid::new_v4().simple());
    let mut node = Node::mapping();
    node.set(&["apiVersion"], "v1");
    node.set(&["kind"], "Namespace");
    node.set(&["metadata", "name"], name.as_str());
    cluster.write(&write_request(&resources::namespaces(), node, WriteVerb::Create)).await.unwrap();
    name
}

fn config_map(namespace: &str, name: &str, value: &str) -> Node {
    let mut node = Node::mapping();
    node.set(&["apiVersion"], "v1");
    node.set(&["kind"], "ConfigMap");
    node.set(&["metadata", "name"], name);
    node.set(&["metadata", "namespace"], namespace);
    node.set(&["data", "key"], value);
    node
}

async fn write(
    cluster: &ClusterClient,
    body: Node,
    verb: WriteVerb,
) -> Result<WriteOutcome, ClusterError> {
    cluster.write(&write_request(&resources::config_maps(), body, verb)).await
}

fn kind_of<T: std::fmt::Debug>(result: Result<T, ClusterError>) -> ClusterErrorKind {
    result.unwrap_err().kind
}

#[tokio::test]
async fn the_catalog_knows_kinds_in_their_preferred_version_and_is_kept_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let cached = ConnectOptions { cache_dir: Some(folder.path().to_owned()), ..options() };
    let cluster = ClusterClient::connect(&cached).await.unwrap();
    let catalog = cluster.catalog(Freshness::Cached).await.unwrap();
    let check = |kind: GroupKind, version: &str, plural: &str, namespaced: bool| {
        let found = catalog.find(&kind).unwrap();
        assert_eq!((&*found.version, &*found.plural), (version, plural));
        assert_eq!(found.is_namespaced(), namespaced);
        assert!(found.has_verb("patch"));
    };
    check(GroupKind::new("apps", "Deployment"), "v1", "deployments", true);
    check(GroupKind::new("", "Namespace"), "v1", "namespaces", false);
    check(
        GroupKind::new("autoscaling", "HorizontalPodAutoscaler"),
        "v2",
        "horizontalpodautoscalers",
        true,
    );
    assert!(catalog.find(&GroupKind::new("autoscaling", "Scale")).is_none());
    let unreachable = ConnectOptions { request_timeout: Duration::ZERO, ..cached };
    let offline = ClusterClient::connect(&unreachable).await.unwrap();
    assert!(offline.catalog(Freshness::Cached).await.is_ok());
    assert_eq!(kind_of(offline.catalog(Freshness::Fresh).await), ClusterErrorKind::Timeout);
}

#[tokio::test]
async fn each_write_verb_does_what_it_says() {
    let cluster = connect().await;
    let ns = new_namespace(&cluster).await;
    let created = write(&cluster, config_map(&ns, "a", "1"), WriteVerb::Create).await.unwrap();
    let again = write(&cluster, config_map(&ns, "a", "1"), WriteVerb::Create).await;
    assert_eq!(kind_of(again), ClusterErrorKind::AlreadyExists);
    let applied = write(&cluster, config_map(&ns, "a", "2"), WriteVerb::Apply).await.unwrap();
    assert_eq!(applied.object.str_at(&["data", "key"]), "2");
    let mut stale = config_map(&ns, "a", "3");
    stale.set(&["metadata", "resourceVersion"], created.object.resource_version());
    let replaced = write(&cluster, stale.clone(), WriteVerb::Replace).await;
    assert_eq!(kind_of(replaced), ClusterErrorKind::Conflict);
    let mut patch = config_map(&ns, "a", "3");
    patch.set(&["data", "more"], "x");
    let merged = write(&cluster, patch, WriteVerb::Merge).await.unwrap();
    assert_eq!(merged.object.str_at(&["data", "more"]), "x");
    let request = WriteRequest {
        name: "a".to_owned(),
        namespace: ns.clone(),
        ..write_request(
            &resources::config_maps(),
            serde_json::from_str(r#"[{"op":"remove","path":"/data/more"}]"#).unwrap(),
            WriteVerb::JsonPatch,
        )
    };
    let patched = cluster.write(&request).await.unwrap();
    assert_eq!(patched.object.str_at(&["data", "more"]), "");
    let strategic = config_map(&ns, "a", "4");
    let patched = write(&cluster, strategic, WriteVerb::StrategicMerge).await.unwrap();
    assert_eq!(patched.object.str_at(&["data", "key"]), "4");
}

#[tokio::test]
async fn a_dry_run_keeps_nothing_and_unknown_fields_are_warned_about_or_refused() {
    let cluster = connect().await;
    let ns = new_namespace(&cluster).await;
    let mut body = config_map(&ns, "a", "1");
    body.set(&["typo"], "x");
    let mut request = write_request(&resources::config_maps(), body, WriteVerb::Create);
    assert_eq!(kind_of(cluster.write(&request).await), ClusterErrorKind::Invalid);
    request.validation = FieldValidation::Warn;
    request.dry_run = DryRun::Server;
    let outcome = cluster.write(&request).await.unwrap();
    assert_eq!(outcome.warnings, ["unknown field \"typo\""]);
    assert!(cluster.get(&resources::config_maps(), &ns, "a").await.unwrap().is_none());
}

#[tokio::test]
async fn a_deletion_hits_only_the_object_that_was_meant() {
    let cluster = connect().await;
    let ns = new_namespace(&cluster).await;
    let made = write(&cluster, config_map(&ns, "a", "1"), WriteVerb::Create).await.unwrap();
    let mut request = delete_request(&resources::config_maps(), &ns, "a");
    request.uid = Some("another".to_owned());
    assert_eq!(kind_of(cluster.delete(&request).await), ClusterErrorKind::Conflict);
    request.uid = Some(made.object.uid().to_owned());
    request.resource_version = Some(made.object.resource_version().to_owned());
    request.dry_run = DryRun::Server;
    cluster.delete(&request).await.unwrap();
    request.dry_run = DryRun::No;
    cluster.delete(&request).await.unwrap();
    assert_eq!(kind_of(cluster.delete(&request).await), ClusterErrorKind::NotFound);
}

#[tokio::test]
async fn lists_put_pages_together_and_name_the_kind() {
    let cluster = connect().await;
    let ns = new_namespace(&cluster).await;
    let names: Vec<String> = (0..520).map(|n| format!("m{n:03}")).collect();
    let writes = names.iter().map(|name| {
        let mut body = config_map(&ns, name, "1");
        body.set_label("half", if name.as_str() < "m260" { "first" } else { "second" });
        write(&cluster, body, WriteVerb::Create)
    });
    future::try_join_all(writes).await.unwrap();
    let mut request = list_request(resources::config_maps(), &ns, "half");
    let list = cluster.list(&request).await.unwrap();
    assert_eq!(list.items.len(), 520);
    assert_eq!((list.items[0].kind(), list.items[519].name()), ("ConfigMap", "m519"));
    request.label_selector = "half in (first)".to_owned();
    request.content = Content::MetadataOnly;
    let list = cluster.list(&request).await.unwrap();
    assert_eq!(list.items.len(), 260);
    let first = &list.items[0];
    assert_eq!((first.api_version(), first.kind()), ("v1", "ConfigMap"));
    assert!(first.get("data").is_none());
}

#[tokio::test]
async fn a_watch_shows_changes_after_a_list() {
    let cluster = connect().await;
    let ns = new_namespace(&cluster).await;
    let request = list_request(resources::config_maps(), &ns, "");
    let list = cluster.list(&request).await.unwrap();
    let mut stream = cluster.watch(&request, &list.resource_version).await.unwrap();
    write(&cluster, config_map(&ns, "a", "1"), WriteVerb::Create).await.unwrap();
    cluster.delete(&delete_request(&resources::config_maps(), &ns, "a")).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let event = tokio::time::timeout(PATIENCE, stream.next()).await.unwrap().unwrap();
        match event.unwrap() {
            WatchEvent::Applied(node) if node.name() == "a" => seen.push("applied"),
            WatchEvent::Deleted(node) if node.name() == "a" => seen.push("deleted"),
            _ => {}
        }
    }
    assert_eq!(seen, ["applied", "deleted"]);
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let cluster = connect().await;
    let ns = new_namespace(&cluster).await;
    let mut gadget = resources::config_maps();
    gadget.group = "gadgets.example.com".into();
    let unknown = cluster.list(&list_request(gadget, &ns, "")).await;
    assert_eq!(kind_of(unknown), ClusterErrorKind::UnknownKind);
    let nowhere = write(&cluster, config_map("no-such-ns", "a", "1"), WriteVerb::Create).await;
    assert_eq!(nowhere.unwrap_err().message, "namespaces \"no-such-ns\" not found");
    let mut large = config_map(&ns, "a", "1");
    large.set_annotation("copy", &"x".repeat(300_000));
    let large = write(&cluster, large, WriteVerb::Create).await;
    assert_eq!(kind_of(large), ClusterErrorKind::TooLarge);
    let larger = write(&cluster, config_map(&ns, "a", &"x".repeat(4 << 20)), WriteVerb::Create);
    assert_eq!(kind_of(larger.await), ClusterErrorKind::TooLarge);
    let nobody = connect_as_nobody().await;
    let denied = nobody.get(&resources::secrets(), &ns, "a").await.unwrap_err();
    assert_eq!(denied.kind, ClusterErrorKind::Forbidden);
    assert!(denied.message.contains("User \"nobody\" cannot get resource"), "{denied}");
}

#[tokio::test]
async fn failed_connections_are_told_apart_and_name_the_server() {
    let check = async |cluster: Arc<ClusterClient>, kind: ClusterErrorKind| {
        let error = cluster.catalog(Freshness::Fresh).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(cluster.server()), "{error}");
    };
    let stranger = connect_with(|config| {
        *entry(config, "users", "user") = serde_json::from_str(r#"{"token":"wrong"}"#).unwrap();
    });
    check(stranger.await, ClusterErrorKind::Unauthorized).await;
    let closed = connect_with(|config| {
        entry(config, "clusters", "cluster").set(&["server"], "https://127.0.0.1:1");
    });
    check(closed.await, ClusterErrorKind::Unreachable).await;
    let unknown_authority = connect_with(|config| {
        let cluster = entry(config, "clusters", "cluster");
        let server = cluster.str_at(&["server"]).to_owned();
        *cluster = Node::mapping();
        cluster.set(&["server"], server);
    });
    check(unknown_authority.await, ClusterErrorKind::Certificate).await;
}

#[tokio::test]
async fn a_credential_command_that_fails_is_a_configuration_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    let text = r#"{"current-context":"x","contexts":[{"name":"x","context":{"cluster":"x",
        "user":"x"}}],"clusters":[{"name":"x","cluster":{"server":"https://127.0.0.1:1"}}],
        "users":[{"name":"x","user":{"exec":{"apiVersion":"client.authentication.k8s.io/v1",
        "command":"false","interactiveMode":"Never"}}}]}"#;
    #[expect(clippy::disallowed_methods, reason = "test data")]
    std::fs::write(&file, text).unwrap();
    let options = ConnectOptions { kubeconfig: Some(file), ..options() };
    let error = ClusterClient::connect(&options).await.err().unwrap();
    assert_eq!(error.kind, ClusterErrorKind::Config);
    let start = "no credentials for https://127.0.0.1:1: credential command";
    assert!(error.message.starts_with(start), "{error}");
}

#[tokio::test]
async fn argo_cds_name_for_itself_is_the_connected_cluster() {
    let cluster = connect().await;
    let argocd = Arc::new(ArgocdNamespace::new(Arc::clone(&cluster), Some("argocd".to_owned())));
    let destinations = KubeDestinations::new(Arc::clone(&cluster), argocd, PATIENCE, None);
    let mut destination =
        ApplicationDestination { name: "in-cluster".to_owned(), ..Default::default() };
    let found = destinations.connect(&destination).await.unwrap();
    assert_eq!(found.server(), cluster.server());
    destination.name = "elsewhere".to_owned();
    assert_eq!(
        kind_of(destinations.connect(&destination).await.map(|_| ())),
        ClusterErrorKind::Config
    );
}

/// A store in a namespace of its own, on a cluster where everything is installed.
async fn new_store(cluster: &Arc<ClusterClient>) -> (CrdStore, String) {
    let options = InstallOptions { namespace: "argocd".to_owned(), dry_run: DryRun::No };
    install(&**cluster, &clock(), &options).await.unwrap();
    let ns = new_namespace(cluster).await;
    let argocd = Arc::new(ArgocdNamespace::new(Arc::clone(cluster), Some(ns.clone())));
    (CrdStore::new(Arc::clone(cluster), argocd), ns)
}

fn application(name: &str) -> Node {
    let mut node = Node::mapping();
    node.set(&["apiVersion"], "argoproj.io/v1alpha1");
    node.set(&["kind"], "Application");
    node.set(&["metadata", "name"], name);
    node.set_label("team", name);
    node.set(&["spec", "project"], "default");
    node.set(&["spec", "source", "repoURL"], "https://git.example.com/shop");
    node.set(&["spec", "source", "invented"], "kept");
    node.set(&["spec", "destination", "server"], "https://kubernetes.default.svc");
    node
}

#[tokio::test]
async fn installing_twice_changes_nothing() {
    let cluster = connect().await;
    let options = InstallOptions { namespace: "argocd".to_owned(), dry_run: DryRun::No };
    let first = install(&*cluster, &clock(), &options).await.unwrap();
    assert_eq!(first.objects.len(), 4);
    let second = install(&*cluster, &clock(), &options).await.unwrap();
    let unchanged = second.objects.iter().all(|object| object.outcome == InstallOutcome::Unchanged);
    assert!(unchanged, "{second:?}");
}

#[tokio::test]
async fn applications_are_created_listed_patched_and_deleted() {
    let cluster = connect().await;
    let (store, ns) = new_store(&cluster).await;
    let name = ApplicationName::new(&ns, "web");
    let missing = store.application(&name).await.unwrap_err();
    assert_eq!(missing.kind, StoreErrorKind::NotFound);
    assert_eq!(missing.message, format!("application '{ns}/web' not found"));
    store.create_application(&application("web")).await.unwrap();
    store.create_application(&application("api")).await.unwrap();
    let again = store.create_application(&application("web")).await.unwrap_err();
    assert_eq!(again.kind, StoreErrorKind::AlreadyExists);
    let chosen = store.applications(Some(&ns), "team=api").await.unwrap();
    assert_eq!(chosen.len(), 1);
    let read = store.application(&ApplicationName::new("", "web")).await.unwrap();
    let patch: Node = serde_json::from_str(r#"{"status":{"sync":{"status":"Synced"}}}"#).unwrap();
    let version = read.raw.resource_version();
    let patched = store.patch_application(&name, &patch, Some(version)).await.unwrap();
    assert_eq!(patched.status.sync.status, SyncStatusCode::Synced);
    assert_eq!(patched.raw.str_at(&["spec", "source", "invented"]), "kept");
    let late = store.patch_application(&name, &patch, Some(version)).await.unwrap_err();
    assert_eq!(late.kind, StoreErrorKind::Conflict);
    store.delete_application(&name).await.unwrap();
    assert_eq!(store.delete_application(&name).await.unwrap_err().kind, StoreErrorKind::NotFound);
}

#[tokio::test]
async fn a_broken_application_is_refused_in_the_servers_words() {
    let cluster = connect().await;
    let (store, _) = new_store(&cluster).await;
    let mut document = application("web");
    document.set(&["spec", "syncPolicy", "automated", "prune"], "yes");
    let error = store.create_application(&document).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Invalid);
    assert!(error.message.contains("spec.syncPolicy.automated.prune"), "{error}");
}

#[tokio::test]
async fn who_may_not_is_named() {
    let cluster = connect().await;
    let (_, ns) = new_store(&cluster).await;
    let nobody = connect_as_nobody().await;
    let argocd = Arc::new(ArgocdNamespace::new(Arc::clone(&nobody), Some(ns.clone())));
    let store = CrdStore::new(nobody, argocd);
    let error = store.application(&ApplicationName::new(&ns, "web")).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Forbidden);
    let message = format!("not allowed to get applications in namespace {ns} as nobody");
    assert_eq!(error.message, message);
    assert_eq!(store.settings().await.unwrap().argocd_namespace, ns);
    assert!(store.repository_credentials("https://git.example.com/a").await.unwrap().is_none());
}

#[tokio::test]
async fn projects_and_credentials_come_from_argo_cds_namespace() {
    let cluster = connect().await;
    let (store, ns) = new_store(&cluster).await;
    let mut project = application("shop");
    project.set(&["kind"], "AppProject");
    project.set(&["spec"], Node::mapping());
    project.set(&["spec", "description"], "all shops");
    store.create_project(&project).await.unwrap();
    let found = store.project("shop").await.unwrap().unwrap();
    assert_eq!(found.raw.namespace(), ns);
    assert!(store.project("default").await.unwrap().is_none());
    assert_eq!(store.projects().await.unwrap().len(), 1);
    let mut secret = Node::mapping();
    secret.set(&["apiVersion"], "v1");
    secret.set(&["kind"], "Secret");
    secret.set(&["metadata", "name"], "repo");
    secret.set(&["metadata", "namespace"], ns.as_str());
    secret.set_label("argocd.argoproj.io/secret-type", "repo-creds");
    secret.set(&["stringData", "url"], "https://git.example.com/team");
    secret.set(&["stringData", "username"], "robot");
    let request = write_request(&resources::secrets(), secret, WriteVerb::Create);
    cluster.write(&request).await.unwrap();
    let found = store.repository_credentials("https://git.example.com/team/a.git").await.unwrap();
    assert_eq!(found.unwrap().username, "robot");
}

#[tokio::test]
async fn the_lock_is_a_lease_that_only_one_can_take() {
    let cluster = connect().await;
    let (store, ns) = new_store(&cluster).await;
    let name = ApplicationName::new(&ns, "web");
    let now = Some("2026-11-23T07:04:36.5Z".parse().unwrap());
    let wanted = Lease {
        holder: "me@here pid 1 id x".to_owned(),
        acquired: now,
        renewed: now,
        duration_secs: 30,
        ..Lease::default()
    };
    assert_eq!(store.lease(&name).await.unwrap(), None);
    let held = store.put_lease(&name, &wanted).await.unwrap();
    assert_eq!(store.put_lease(&name, &wanted).await.unwrap_err().kind, StoreErrorKind::Conflict);
    assert_eq!(store.lease(&name).await.unwrap(), Some(held.clone()));
    let renewal = Lease { renewed: Some("2026-11-23T07:04:46Z".parse().unwrap()), ..held.clone() };
    let renewed = store.put_lease(&name, &renewal).await.unwrap();
    assert_eq!(store.put_lease(&name, &renewal).await.unwrap_err().kind, StoreErrorKind::Conflict);
    let released = Lease { holder: String::new(), ..renewed };
    store.put_lease(&name, &released).await.unwrap();
    assert_eq!(store.lease(&name).await.unwrap(), None);
}

#[tokio::test]
async fn a_file_keeps_its_state_in_a_record() {
    let cluster = connect().await;
    let ns = new_namespace(&cluster).await;
    let mut document = application("web");
    document.set(&["spec", "destination", "namespace"], ns.as_str());
    let text = serde_json::to_string(&document).unwrap();
    let argocd = Arc::new(ArgocdNamespace::new(Arc::clone(&cluster), None));
    let destinations = KubeDestinations::new(Arc::clone(&cluster), argocd, PATIENCE, None);
    let documents = read_file(&text, "app.yaml", None).unwrap();
    let store = FileStore::new(documents, Arc::new(destinations), RecordUse::Read);
    let name = store.name();
    assert_eq!(name.to_string(), "argocd/web");
    let patch: Node = serde_json::from_str(r#"{"status":{"sync":{"status":"Synced"}}}"#).unwrap();
    store.patch_application(&name, &patch, None).await.unwrap();
    let both = (0..3).map(|_| store.patch_application(&name, &patch, None));
    future::try_join_all(both).await.unwrap();
    let read = store.application(&name).await.unwrap();
    assert_eq!(read.status.sync.status, SyncStatusCode::Synced);
    let request = list_request(resources::config_maps(), &ns, "tiphys.dev/record=application");
    assert_eq!(cluster.list(&request).await.unwrap().items.len(), 1);
    assert!(store.conflicting_application().await.unwrap().is_none());
    store.delete_application(&name).await.unwrap();
    assert!(cluster.list(&request).await.unwrap().items.is_empty());
}
