//! What is kept of an Application in a file, and what is refused.

use super::*;
use crate::model::SyncStatusCode;
use crate::store::memory_cluster::MemoryCluster;
use crate::store::read_file::read_file;

const FILE: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  source: {repoURL: 'https://git.example.com/shop', path: overlays/production}
  destination: {server: 'https://kubernetes.default.svc', namespace: production}
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: shop}
";

fn store_of(file: &str, cluster: &MemoryCluster, record_use: RecordUse) -> FileStore {
    let documents = read_file(file, "app.yaml", None).unwrap();
    FileStore::new(documents, Arc::new(cluster.clone()), record_use)
}

fn store(cluster: &MemoryCluster) -> FileStore {
    store_of(FILE, cluster, RecordUse::Read)
}

fn web() -> ApplicationName {
    ApplicationName::new("argocd", "web")
}

fn node(json: &str) -> Node {
    serde_json::from_str(json).unwrap()
}

fn synced() -> Node {
    node(
        r#"{"status":{"sync":{"status":"Synced"},"operationState":{"phase":"Succeeded",
        "syncResult":{"resources":[{"group":"apps","kind":"Deployment",
        "namespace":"production","name":"web","status":"Synced"}]}}},"operation":null}"#,
    )
}

#[tokio::test]
async fn reading_needs_no_record() {
    let cluster = MemoryCluster::default();
    let application = store(&cluster).application(&web()).await.unwrap();
    assert_eq!(application.status.sync.status, SyncStatusCode::Unknown);
    assert!(application.inventory().is_empty());
    assert_eq!(store(&cluster).settings().await.unwrap().argocd_namespace, "argocd");
    assert!(store(&cluster).project("shop").await.unwrap().is_some());
    assert!(store(&cluster).project("default").await.unwrap().is_none());
}

#[tokio::test]
async fn reading_needs_no_right_to_the_record() {
    let cluster = MemoryCluster::default();
    cluster.deny();
    assert!(store(&cluster).application(&web()).await.is_ok());
    let error = store(&cluster).patch_application(&web(), &synced(), None).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Forbidden);
    let message = "not allowed to get configmaps in namespace production as limited";
    assert_eq!(error.message, message);
}

#[tokio::test]
async fn a_patch_is_kept_in_the_record_and_read_back() {
    let cluster = MemoryCluster::default();
    let written = store(&cluster).patch_application(&web(), &synced(), None).await.unwrap();
    assert_eq!(cluster.names(), ["ConfigMap production/tiphys-web"]);
    let read = store(&cluster).application(&web()).await.unwrap();
    assert_eq!(read.status.sync.status, SyncStatusCode::Synced);
    assert_eq!(&*read.inventory()[0].name, "web");
    assert_eq!(read.raw.resource_version(), written.raw.resource_version());
    let later = node(r#"{"status":{"sync":{"status":"OutOfSync"}}}"#);
    let read = store(&cluster).patch_application(&web(), &later, None).await.unwrap();
    assert_eq!(read.status.sync.status, SyncStatusCode::OutOfSync);
    assert!(read.status.operation_state.is_some() && read.inventory().len() == 1);
}

#[tokio::test]
async fn a_verb_that_only_renders_does_not_ask_for_the_record() {
    let cluster = MemoryCluster::default();
    store(&cluster).patch_application(&web(), &synced(), None).await.unwrap();
    let skipping = store_of(FILE, &cluster, RecordUse::Skip);
    let application = skipping.application(&web()).await.unwrap();
    assert_eq!(application.status.sync.status, SyncStatusCode::Unknown);
}

#[tokio::test]
async fn a_patch_of_an_outdated_version_is_a_conflict() {
    let cluster = MemoryCluster::default();
    let first = store(&cluster).patch_application(&web(), &synced(), Some("")).await.unwrap();
    let version = first.raw.resource_version();
    store(&cluster).patch_application(&web(), &synced(), Some(version)).await.unwrap();
    let late = store(&cluster).patch_application(&web(), &synced(), Some(version)).await;
    assert_eq!(late.unwrap_err().kind, StoreErrorKind::Conflict);
}

#[tokio::test]
async fn another_applications_record_is_not_touched() {
    let cluster = MemoryCluster::default();
    store(&cluster).patch_application(&web(), &synced(), None).await.unwrap();
    let other = FILE.replace("overlays/production", "elsewhere");
    let other = store_of(&other, &cluster, RecordUse::Read);
    let patched = other.patch_application(&web(), &synced(), None).await.unwrap_err();
    assert_eq!(patched.kind, StoreErrorKind::Invalid);
    assert_eq!(
        patched.message,
        "the record production/tiphys-web belongs to Application argocd/web from \
         https://git.example.com/shop path \"overlays/production\", not to Application \
         argocd/web from https://git.example.com/shop path \"elsewhere\""
    );
    assert!(other.lease(&web()).await.is_err());
    assert!(other.delete_application(&web()).await.is_err());
    let read = other.application(&web()).await.unwrap();
    assert_eq!(read.status.sync.status, SyncStatusCode::Unknown);
}

#[tokio::test]
async fn the_spec_is_changed_in_the_file_only() {
    let cluster = MemoryCluster::default();
    let patch = node(r#"{"spec":{"project":"x"}}"#);
    let error = store(&cluster).patch_application(&web(), &patch, None).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unsupported);
    assert_eq!(error.message, "app.yaml: spec is set in the file: edit it there");
}

#[tokio::test]
async fn the_lock_is_taken_once_and_leaves_nothing_behind() {
    let cluster = MemoryCluster::default();
    let store = store(&cluster);
    let wanted = Lease { holder: "me".to_owned(), duration_secs: 30, ..Lease::default() };
    assert_eq!(store.lease(&web()).await.unwrap(), None);
    let held = store.put_lease(&web(), &wanted).await.unwrap();
    let second = store.put_lease(&web(), &wanted).await.unwrap_err();
    assert_eq!(second.kind, StoreErrorKind::Conflict);
    assert_eq!(store.lease(&web()).await.unwrap(), Some(held.clone()));
    let renewed = store.put_lease(&web(), &held).await.unwrap();
    assert!(store.put_lease(&web(), &held).await.is_err());
    let released = Lease { holder: String::new(), ..renewed };
    store.put_lease(&web(), &released).await.unwrap();
    assert!(cluster.names().is_empty());
}

#[tokio::test]
async fn deleting_removes_record_and_lock() {
    let cluster = MemoryCluster::default();
    let store = store(&cluster);
    store.patch_application(&web(), &synced(), None).await.unwrap();
    let wanted = Lease { holder: "me".to_owned(), ..Lease::default() };
    store.put_lease(&web(), &wanted).await.unwrap();
    store.delete_application(&web()).await.unwrap();
    assert!(cluster.names().is_empty());
    store.delete_application(&web()).await.unwrap();
}

#[tokio::test]
async fn an_application_of_the_same_name_on_the_cluster_is_seen() {
    let resource = resources::applications();
    let cluster = MemoryCluster::default();
    let object = node(
        r#"{"apiVersion":"argoproj.io/v1alpha1","kind":"Application",
        "metadata":{"name":"web","namespace":"argocd"}}"#,
    );
    assert!(store(&cluster).conflicting_application().await.unwrap().is_none());
    cluster.put(&resource, object);
    let found = store(&cluster).conflicting_application().await.unwrap().unwrap();
    assert_eq!(found.name(), web());
}
