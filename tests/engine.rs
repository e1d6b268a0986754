//! The engine under a virtual clock: the lock, retries and signals.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tiphys::engine::lock::{self, EXPIRY, Lock, LockMode, RENEW_EVERY, STOP_AFTER};
use tiphys::engine::sync::request::SyncRequest;
use tiphys::engine::sync::sync;
use tiphys::engine::{EngineError, EngineErrorKind, Event, Interrupt, Session, interrupt};
use tiphys::model::{ApplicationName, OperationPhase};
use tiphys::ports::{
    Clock, ClusterError, ClusterErrorKind, DryRun, Lease, Pending, Ports, ResolvedSource,
    SourceError, SourceRequest, Sources,
};
use tiphys::render::tree::MemoryTree;
use tiphys::yaml::Node;

use crate::harness::fake_clock::FakeClock;
use crate::harness::fake_cluster::FakeCluster;
use crate::harness::fake_store::FakeStore;

/// Everything fake, wired up.
struct World {
    clock: FakeClock,
    cluster: FakeCluster,
    store: FakeStore,
    ports: Ports,
    events: Mutex<Vec<Event>>,
}

/// One folder of ConfigMaps at a fixed commit.
struct FixedSource;

impl Sources for FixedSource {
    fn open<'a>(
        &'a self,
        _: &'a SourceRequest,
    ) -> Pending<'a, Result<ResolvedSource, SourceError>> {
        let config_map = |name: &str| {
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\n"
            )
        };
        let (a, b) = (config_map("a"), config_map("b"));
        let tree = MemoryTree::new([("app/a.yaml", a.as_str()), ("app/b.yaml", b.as_str())]);
        let resolved = ResolvedSource { revision: "abc".to_owned(), tree: Arc::new(tree) };
        Box::pin(async { Ok(resolved) })
    }
}

impl World {
    fn new(sync_policy: &str) -> Self {
        let text = format!(
            r#"{{"apiVersion":"argoproj.io/v1alpha1","kind":"Application",
            "metadata":{{"name":"web","namespace":"argocd"}},
            "spec":{{"source":{{"repoURL":"https://git.example/shop","path":"app"}},
            "destination":{{"server":"https://kubernetes.default.svc","namespace":"shop"}},
            "syncPolicy":{sync_policy}}}}}"#
        );
        let application: Node = serde_json::from_str(&text).unwrap();
        let (clock, cluster) = (FakeClock::default(), FakeCluster::default());
        let store = FakeStore::holding(application);
        let ports = Ports {
            sources: Arc::new(FixedSource),
            destinations: Arc::new(cluster.clone()),
            store: Arc::new(store.clone()),
            clock: Arc::new(clock.clone()),
        };
        Self { clock, cluster, store, ports, events: Mutex::default() }
    }

    fn name() -> ApplicationName {
        ApplicationName::new("argocd", "web")
    }

    async fn sync(&self, interrupt: Interrupt) -> Result<(OperationPhase, String), EngineError> {
        let sink = |event| self.events.lock().unwrap().push(event);
        let session = Session::new(&self.ports, &sink, interrupt);
        let request = SyncRequest::default();
        let outcome = self.clock.run(sync(&session, &Self::name(), &request)).await?;
        Ok((outcome.operation_state.phase, outcome.operation_state.message))
    }

    async fn acquire(&self, wait: Duration) -> Result<Lock, EngineError> {
        let session = Session::new(&self.ports, &|_| {}, Interrupt::never());
        let mode = LockMode::Take { wait };
        self.clock.run(lock::acquire(&session, &Self::name(), "me", mode)).await
    }

    /// A lock of somebody else, renewed so long before now.
    fn put_foreign_lease(&self, renewed_ago: Duration) {
        self.clock.advance(renewed_ago);
        let renewed = jiff::Timestamp::UNIX_EPOCH;
        self.store.put_lease(Lease {
            holder: "you@there pid 7 id x".to_owned(),
            acquired: Some(renewed),
            renewed: Some(renewed),
            duration_secs: 30,
            ..Lease::default()
        });
    }
}

#[tokio::test]
async fn a_lock_is_renewed_while_it_is_held_and_free_afterwards() {
    let world = World::new("{}");
    let lock = world.acquire(Duration::ZERO).await.unwrap();
    for _ in 0..6 {
        world.clock.settle().await;
        world.clock.advance(RENEW_EVERY);
        world.clock.settle().await;
        assert!(lock.check().is_ok());
    }
    let renewed = world.store.lease().unwrap().renewed.unwrap();
    assert_eq!(renewed.as_second(), 60);
    lock.release().await;
    assert_eq!(world.store.lease().unwrap().holder, "");
}

#[tokio::test]
async fn a_lock_somebody_holds_is_refused_with_their_name() {
    let world = World::new("{}");
    world.put_foreign_lease(Duration::from_secs(5));
    let error = world.acquire(Duration::ZERO).await.unwrap_err();
    assert_eq!(error.kind, EngineErrorKind::Locked);
    assert!(error.message.contains("you@there pid 7"), "{error}");
}

#[tokio::test]
async fn a_lock_nobody_renews_is_taken_over_after_it_was_watched_for_its_expiry() {
    let world = World::new("{}");
    world.put_foreign_lease(Duration::from_hours(1));
    let before = world.clock.monotonic();
    world.acquire(Duration::ZERO).await.unwrap();
    let waited = world.clock.monotonic().saturating_sub(before);
    assert!((EXPIRY..EXPIRY * 2).contains(&waited), "{waited:?}");
    assert_eq!(world.store.lease().unwrap().transitions, 1);
}

#[tokio::test]
async fn a_holder_that_cannot_renew_stops_before_others_may_take_over() {
    let world = World::new("{}");
    let lock = world.acquire(Duration::ZERO).await.unwrap();
    world.store.break_leases();
    world.clock.advance(STOP_AFTER.saturating_sub(Duration::from_secs(1)));
    assert!(lock.check().is_ok());
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(lock.check().unwrap_err().kind, EngineErrorKind::LockLost);
}

#[tokio::test]
async fn without_the_right_to_leases_the_way_out_is_named() {
    let world = World::new("{}");
    world.store.break_leases();
    let error = world.acquire(Duration::ZERO).await.unwrap_err();
    assert_eq!(error.kind, EngineErrorKind::Permission);
    assert!(error.hints[0].contains("--no-lock"), "{:?}", error.hints);
}

#[tokio::test]
async fn a_failed_sync_is_tried_again_as_the_policy_says() {
    let world = World::new(r#"{"retry":{"limit":2,"backoff":{"duration":"5s","factor":2}}}"#);
    let refusals = AtomicUsize::new(0);
    world.cluster.on_write(move |request| {
        let is_first_two = request.dry_run == DryRun::No
            && request.name == "b"
            && refusals.fetch_add(1, Ordering::Relaxed) < 2;
        is_first_two.then(|| ClusterError::new(ClusterErrorKind::Invalid, "b is not valid"))
    });
    let (phase, message) = world.sync(Interrupt::never()).await.unwrap();
    assert_eq!(phase, OperationPhase::Succeeded, "{message}");
    let state = world.store.stored().status.operation_state.unwrap();
    assert_eq!((state.retry_count, state.phase), (2, OperationPhase::Succeeded));
    assert!(world.clock.monotonic() >= Duration::from_secs(15));
    assert_eq!(world.cluster.writes(), ["create ConfigMap a", "create ConfigMap b"]);
}

#[tokio::test]
async fn nothing_is_written_when_the_dry_run_of_anything_fails() {
    let world = World::new("{}");
    world.cluster.on_write(|request| {
        (request.name == "b")
            .then(|| ClusterError::new(ClusterErrorKind::Invalid, "b is not valid"))
    });
    let outcome = world.sync(Interrupt::never()).await.unwrap();
    let message = "one or more objects failed to apply (dry run)".to_owned();
    assert_eq!(outcome, (OperationPhase::Failed, message));
    assert!(world.cluster.writes().is_empty());
    assert!(world.store.stored().status.history.is_empty());
}

#[tokio::test]
async fn an_interrupted_sync_stays_resumable_and_the_next_run_goes_on() {
    let world = World::new("{}");
    let (interrupter, interrupt) = interrupt();
    world.cluster.on_write(move |request| {
        if request.dry_run == DryRun::No {
            interrupter.raise();
        }
        None
    });
    let error = world.sync(interrupt).await.unwrap_err();
    assert_eq!(error.kind, EngineErrorKind::Interrupted);
    let state = world.store.stored().status.operation_state.unwrap();
    assert_eq!(state.phase, OperationPhase::Running);
    assert_eq!(world.store.lease().unwrap().holder, "");

    let (phase, _) = world.sync(Interrupt::never()).await.unwrap();
    assert_eq!(phase, OperationPhase::Succeeded);
    let resumed = world.store.stored().status.operation_state.unwrap();
    assert_eq!(resumed.operation_id, state.operation_id);
    assert_eq!(world.store.stored().status.history.len(), 1);
    assert_eq!(world.cluster.writes().len(), 2);
}

#[tokio::test]
async fn a_second_sync_sends_nothing() {
    let world = World::new("{}");
    world.sync(Interrupt::never()).await.unwrap();
    let before = world.cluster.writes();
    let (phase, _) = world.sync(Interrupt::never()).await.unwrap();
    assert_eq!(phase, OperationPhase::Succeeded);
    assert_eq!(world.cluster.writes(), before);
    let said = world.events.lock().unwrap();
    let unchanged = said
        .iter()
        .filter(|event| matches!(event, Event::Result(row) if row.message.ends_with("unchanged")));
    assert_eq!(unchanged.count(), 2);
}

/// A controller as seen from outside: it answers the refresh annotation and carries out what
/// `.operation` asks for.
async fn play_controller(store: FakeStore, clock: FakeClock) {
    let patch = |text: &str| serde_json::from_str::<Node>(text).unwrap();
    loop {
        clock.sleep(Duration::from_millis(100)).await;
        let application = store.stored();
        if application.raw.annotation("argocd.argoproj.io/refresh").is_some() {
            let answer = r#"{"metadata":{"annotations":{"argocd.argoproj.io/refresh":null}}}"#;
            store.patch(&patch(answer));
        }
        if application.operation.is_some() {
            let done = r#"{"operation":null,"status":{"operationState":{"phase":"Succeeded",
                "message":"done by the controller","operation":{}}}}"#;
            store.patch(&patch(done));
        }
    }
}

#[tokio::test]
async fn a_live_controller_does_the_sync_and_tiphys_follows() {
    let world = World::new("{}");
    let mark = serde_json::from_str(r#"{"status":{"controllerNamespace":"argocd"}}"#).unwrap();
    world.store.patch(&mark);
    let controller = tokio::spawn(play_controller(world.store.clone(), world.clock.clone()));
    let outcome = world.sync(Interrupt::never()).await.unwrap();
    controller.abort();
    assert_eq!(outcome, (OperationPhase::Succeeded, "done by the controller".to_owned()));
    assert!(world.cluster.writes().is_empty());
}

#[tokio::test]
async fn a_controller_that_does_not_answer_is_taken_for_absent() {
    let world = World::new("{}");
    let mark = serde_json::from_str(r#"{"status":{"controllerNamespace":"argocd"}}"#).unwrap();
    world.store.patch(&mark);
    world.sync(Interrupt::never()).await.unwrap();
    assert_eq!(world.cluster.writes().len(), 2);
    assert!(world.store.stored().raw.annotation("argocd.argoproj.io/refresh").is_none());
}

#[tokio::test]
async fn somebody_who_terminates_stops_a_waiting_sync() {
    let world = World::new(r#"{"retry":{"limit":5}}"#);
    let store = world.store.clone();
    world.cluster.on_write(move |request| {
        if request.dry_run == DryRun::No {
            let terminate = r#"{"status":{"operationState":{"phase":"Terminating"}}}"#;
            store.patch(&serde_json::from_str(terminate).unwrap());
        }
        None
    });
    let outcome = world.sync(Interrupt::never()).await.unwrap();
    assert_eq!(outcome, (OperationPhase::Failed, "Operation terminated".to_owned()));
    let state = world.store.stored().status.operation_state.unwrap();
    assert_eq!((state.phase, state.retry_count), (OperationPhase::Failed, 0));
}
