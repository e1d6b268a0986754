//! Deleting an Application, with or without its objects.
//!
//! With a live controller the finalizer asks it to do the cascade. Without one tiphys runs it,
//! as Argo CD 3.5 does: highest wave first, definitions and kept objects stay, then the
//! finalizers go and with them the Application. An Application stuck in deletion because nobody
//! runs its finalizer is finished the same way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};

use super::compare::{ApplicationComparison, CompareOptions, compare_targets};
use super::controller_probe::{self, Controller};
use super::error::{EngineError, EngineErrorKind};
use super::event::Event;
use super::live::{self, Scan};
use super::lock::{self, Lock, LockMode};
use super::refresh::{self, Place, Targets};
use super::session::Session;
use super::sync::prepare::CREATED_BY_LABEL;
use super::sync::record::result_row_of_deletion;
use super::sync::remove::{Removed, Remover};
use super::sync::request::Identity;
use crate::compare::ResourceComparison;
use crate::compare::exclusions::is_excluded;
use crate::model::application::RESOURCES_FINALIZER;
use crate::model::{ApiResource, Application, ApplicationName, GroupKind, ResourceKey};
use crate::plan::SyncOptions;
use crate::plan::options::Removal;
use crate::ports::{
    Content, DeleteRequest as ObjectDeletion, DryRun, Freshness, ListRequest, Pending, Propagation,
    StoreErrorKind, StoreKind,
};
use crate::yaml::Node;

/// How many deletions are on their way at once.
const DELETES_IN_FLIGHT: usize = 32;
/// How long one wave may take when no timeout is given.
const WAVE_MAX: Duration = Duration::from_mins(10);
/// How often objects that are going are looked at.
const POLL_EVERY: Duration = Duration::from_millis(500);
/// Finalizers a wave that does not go may be reported with.
const BLOCKERS_SHOWN_MAX: usize = 5;
/// Helm's word for objects that stay.
const RESOURCE_POLICY_ANNOTATION: &str = "helm.sh/resource-policy";

/// What happens to the objects of a deleted Application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cascade {
    /// They are deleted, dependents first.
    #[default]
    Foreground,
    /// They are deleted, dependents afterwards.
    Background,
    /// They stay.
    Keep,
}

/// What happens to a namespace tiphys has created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NamespaceFate {
    /// It stays.
    #[default]
    Keep,
    /// It goes when nothing is left in it.
    DeleteWhenEmpty,
}

/// Whether somebody agreed to delete objects that ask for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Confirmation {
    /// Nobody did.
    #[default]
    Missing,
    /// Somebody did.
    Given,
}

/// What to delete.
#[derive(Clone, Debug, Default)]
pub struct DeleteRequest {
    /// What happens to the objects.
    pub cascade: Cascade,
    /// What happens to the namespace.
    pub namespace: NamespaceFate,
    /// Whether `Delete=confirm` objects may go.
    pub confirmation: Confirmation,
    /// How long at most.
    pub timeout: Option<Duration>,
    /// What to do about the lock; `None` takes it without waiting.
    pub lock: Option<LockMode>,
    /// Who asks.
    pub identity: Identity,
}

/// What was deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOutcome {
    /// The objects, in the order they were asked to go.
    pub deleted: Vec<ResourceKey>,
    /// Objects that stay, with the reason.
    pub kept: Vec<(ResourceKey, String)>,
}

/// Deletes the Application called `name`.
///
/// # Errors
/// When it is refused, does not finish in time, or something cannot be reached; the next run
/// goes on from there.
pub fn delete<'a>(
    session: &'a Session<'a>,
    name: &'a ApplicationName,
    request: &'a DeleteRequest,
) -> Pending<'a, Result<DeleteOutcome, EngineError>> {
    Box::pin(async move {
        let session = session.clone().with_timeout(request.timeout);
        delete_in_time(&session, name, request).await
    })
}

async fn delete_in_time(
    session: &Session<'_>,
    name: &ApplicationName,
    request: &DeleteRequest,
) -> Result<DeleteOutcome, EngineError> {
    let application = session.ports.store.application(name).await?;
    let name = &application.name();
    if controller_probe::probe(session, &application).await? != Controller::Absent {
        return leave_to_controller(session, &application, request).await;
    }
    let holder = request.identity.holder("delete");
    let mode = request.lock.unwrap_or(LockMode::Take { wait: Duration::ZERO });
    let lock = lock::acquire(session, name, &holder, mode).await?;
    let result = Box::pin(delete_locked(session, &lock, application, request)).await;
    lock.release().await;
    let is_stop = |error: &EngineError| {
        matches!(error.kind, EngineErrorKind::Interrupted | EngineErrorKind::TimedOut)
    };
    result.map_err(|error| {
        let way_on = "run the same command again: the deletion goes on where it stopped";
        if is_stop(&error) { error.with_hint(way_on) } else { error }
    })
}

async fn leave_to_controller(
    session: &Session<'_>,
    application: &Application,
    request: &DeleteRequest,
) -> Result<DeleteOutcome, EngineError> {
    session.emit(Event::Note("an Argo CD controller is at work and does the deletion".to_owned()));
    let name = application.name();
    set_finalizer(session, application, request.cascade).await?;
    session.ports.store.delete_application(&name).await?;
    loop {
        match session.ports.store.application(&name).await {
            Ok(_) => session.pause(POLL_EVERY).await?,
            Err(error) if error.kind == StoreErrorKind::NotFound => {
                return Ok(DeleteOutcome::default());
            }
            Err(error) => return Err(error.into()),
        }
    }
}

async fn delete_locked(
    session: &Session<'_>,
    lock: &Lock,
    application: Application,
    request: &DeleteRequest,
) -> Result<DeleteOutcome, EngineError> {
    let store = &session.ports.store;
    let name = application.name();
    let is_custom_resource = store.kind() == StoreKind::CustomResources;
    if request.cascade == Cascade::Keep {
        set_finalizer(session, &application, request.cascade).await?;
        return match store.delete_application(&name).await {
            // It was being deleted already, and the finalizer was all that held it.
            Err(error) if error.kind != StoreErrorKind::NotFound => Err(error.into()),
            _ => Ok(DeleteOutcome::default()),
        };
    }
    let mut place = refresh::place(session.ports, &application).await?;
    // A kind nobody knows of would leave its objects behind.
    place.catalog = place.cluster.catalog(Freshness::Fresh).await?;
    let cascade = Cascading { session, lock, place: &place, request };
    let compared = Box::pin(cascade.find(application.clone())).await?;
    let (doomed, kept) = cascade.sort_out(&compared)?;
    if is_custom_resource && !application.raw.is_being_deleted() {
        set_finalizer(session, &application, request.cascade).await?;
        store.delete_application(&name).await?;
    }
    let deleted = cascade.delete_waves(&name, doomed).await?;
    lock.check()?;
    if is_custom_resource {
        remove_finalizers(session, &name).await?;
    } else {
        store.delete_application(&name).await?;
    }
    if request.namespace == NamespaceFate::DeleteWhenEmpty {
        cascade.delete_namespace(&application).await?;
    }
    Ok(DeleteOutcome { deleted, kept })
}

/// One cascade.
struct Cascading<'a> {
    session: &'a Session<'a>,
    lock: &'a Lock,
    place: &'a Place,
    request: &'a DeleteRequest,
}

/// One object that goes.
#[derive(Clone)]
struct Doomed {
    key: ResourceKey,
    uid: String,
    resource: ApiResource,
}

impl Cascading<'_> {
    /// The Application beside an empty Git: everything it has is extra.
    async fn find(&self, application: Application) -> Result<ApplicationComparison, EngineError> {
        let options = CompareOptions { scan: Some(Scan::Cluster), ..CompareOptions::default() };
        let ports = self.session.ports;
        let place = self.place.clone();
        let compared =
            compare_targets(ports, application, place, Targets::default(), &options).await?;
        if let Some((key, message)) = compared.unreadable.iter().next() {
            return Err(live::unreadable(key, message));
        }
        for warning in &compared.warnings {
            self.session.warn(warning.clone());
        }
        Ok(compared)
    }

    /// What goes, by wave, and what stays with the reason.
    #[expect(clippy::type_complexity, reason = "used once, next to its meaning")]
    fn sort_out(
        &self,
        compared: &ApplicationComparison,
    ) -> Result<(BTreeMap<i64, Vec<Doomed>>, Vec<(ResourceKey, String)>), EngineError> {
        let options = SyncOptions::of_policy(&compared.application.sync_policy());
        let mut doomed: BTreeMap<i64, Vec<Doomed>> = BTreeMap::new();
        let mut kept = Vec::new();
        let mut unconfirmed = Vec::new();
        // Everything found is tracked, or it would not have been found; hooks go too.
        let extra = compared.comparison.resources.iter();
        for pair in extra {
            let Some(live) = &pair.live else { continue };
            if let Some(reason) = reason_to_keep(pair, live, &options, &compared.application) {
                kept.push((pair.key.clone(), reason));
                continue;
            }
            if options.deletion(live) == Removal::Confirm {
                unconfirmed.push(pair.key.to_string());
            }
            doomed.entry(pair.wave).or_default().extend(self.doom(pair, live));
        }
        if !unconfirmed.is_empty() && self.request.confirmation == Confirmation::Missing {
            let text = format!("these objects ask for confirmation: {}", unconfirmed.join(", "));
            return Err(EngineError::new(EngineErrorKind::Refused, text)
                .with_hint("delete them too with --confirm-deletion"));
        }
        Ok((doomed, kept))
    }

    fn doom(&self, pair: &ResourceComparison, live: &Arc<Node>) -> Option<Doomed> {
        let catalog = &self.place.catalog;
        let kind = pair.key.group_kind();
        let resource =
            catalog.find_version(&kind, live.version()).or_else(|| catalog.find(&kind))?;
        Some(Doomed {
            key: pair.key.clone(),
            uid: live.uid().to_owned(),
            resource: resource.clone(),
        })
    }

    /// Deletes wave by wave, the highest first; each must be gone before the next.
    async fn delete_waves(
        &self,
        name: &ApplicationName,
        doomed: BTreeMap<i64, Vec<Doomed>>,
    ) -> Result<Vec<ResourceKey>, EngineError> {
        let mut deleted = Vec::new();
        for (_, wave) in doomed.into_iter().rev() {
            self.delete_wave(name, &wave).await?;
            deleted.extend(wave.iter().map(|object| object.key.clone()));
            self.await_gone(wave).await?;
        }
        Ok(deleted)
    }

    async fn delete_wave(
        &self,
        name: &ApplicationName,
        wave: &[Doomed],
    ) -> Result<(), EngineError> {
        let instance = name.instance(&self.place.settings.argocd_namespace);
        let remover = Remover {
            cluster: &*self.place.cluster,
            instance: &instance,
            settings: &self.place.settings,
            propagation: match self.request.cascade {
                Cascade::Background => Propagation::Background,
                Cascade::Foreground | Cascade::Keep => Propagation::Foreground,
            },
        };
        let remover = &remover;
        let mut going = stream::iter(wave.to_vec())
            .map(|object| async move {
                self.session.check()?;
                self.lock.check()?;
                let removed = remover.remove(&object.resource, &object.key, &object.uid).await?;
                Ok::<_, EngineError>((object, removed))
            })
            .buffer_unordered(DELETES_IN_FLIGHT);
        while let Some(done) = going.next().await {
            let (object, removed) = done?;
            let row = result_row_of_deletion(&object.key, &object.resource.version, removed);
            self.session.emit(Event::Result(row));
            if removed == Removed::NotOurs {
                self.session.warn(format!("{} belongs to somebody else by now", object.key));
            }
        }
        Ok(())
    }

    /// Waits until all objects of a wave are gone.
    async fn await_gone(&self, wave: Vec<Doomed>) -> Result<(), EngineError> {
        let clock = &self.session.ports.clock;
        let give_up_at = clock.monotonic() + WAVE_MAX;
        let mut left = wave;
        loop {
            let wanted = left.iter().map(|object| (object.resource.clone(), object.key.clone()));
            let live = live::find_again(&*self.place.cluster, wanted).await?;
            left.retain(|object| {
                let found = live.objects.get(&object.key);
                found.is_some_and(|found| found.uid() == object.uid && found.is_being_deleted())
            });
            if left.is_empty() {
                return Ok(());
            }
            let blockers = || blockers(&left, &live.objects);
            if clock.monotonic() >= give_up_at {
                return Err(EngineError::new(EngineErrorKind::TimedOut, blockers()));
            }
            self.session.pause(POLL_EVERY).await.map_err(|error| match error.kind {
                EngineErrorKind::TimedOut => error.with_hint(blockers()),
                _ => error,
            })?;
        }
    }

    /// Deletes the destination namespace when tiphys has made it and nothing is left in it.
    async fn delete_namespace(&self, application: &Application) -> Result<(), EngineError> {
        let name = &application.spec.destination.namespace;
        let kind = GroupKind::new("", "Namespace");
        let Some(resource) = self.place.catalog.find(&kind) else { return Ok(()) };
        let Some(namespace) = self.place.cluster.get(resource, "", name).await? else {
            return Ok(());
        };
        if namespace.label(CREATED_BY_LABEL).is_none() {
            self.session.warn(format!("namespace {name} was not created by tiphys and stays"));
            return Ok(());
        }
        let left = self.left_in_namespace(name).await?;
        if !left.is_empty() {
            let text = format!("namespace {name} is not empty and stays: {}", left.join(", "));
            self.session.warn(text);
            return Ok(());
        }
        let deletion = ObjectDeletion {
            resource: resource.clone(),
            namespace: String::new(),
            name: name.clone(),
            uid: Some(namespace.uid().to_owned()),
            resource_version: None,
            propagation: Propagation::Foreground,
            dry_run: DryRun::No,
        };
        self.place.cluster.delete(&deletion).await?;
        self.session.emit(Event::Note(format!("namespace/{name} deleted")));
        Ok(())
    }

    /// What a namespace holds beyond what every namespace has. A kind that may not be listed
    /// may hold anything: that is an error.
    async fn left_in_namespace(&self, namespace: &str) -> Result<Vec<String>, EngineError> {
        let kinds = self.place.catalog.preferred().filter(|resource| {
            resource.is_namespaced()
                && resource.has_verb("list")
                && resource.has_verb("delete")
                && !is_excluded(&resource.group, &resource.kind)
        });
        let requests: Vec<ListRequest> = kinds
            .map(|resource| ListRequest {
                resource: resource.clone(),
                namespace: Some(namespace.to_owned()),
                label_selector: String::new(),
                content: Content::MetadataOnly,
            })
            .collect();
        let lists = requests.iter().map(|request| self.place.cluster.list(request));
        let mut left = Vec::new();
        for list in futures::future::join_all(lists).await {
            let objects = list?.items;
            left.extend(
                objects.iter().filter(|o| !is_in_every_namespace(o)).map(|o| o.key().to_string()),
            );
        }
        Ok(left)
    }
}

fn is_in_every_namespace(object: &Node) -> bool {
    matches!(
        (object.kind(), object.name()),
        ("ServiceAccount", "default") | ("ConfigMap", "kube-root-ca.crt")
    )
}

fn reason_to_keep(
    pair: &ResourceComparison,
    live: &Node,
    options: &SyncOptions,
    application: &Application,
) -> Option<String> {
    let key = &pair.key;
    if &*key.kind == "CustomResourceDefinition" && &*key.group == "apiextensions.k8s.io" {
        return Some("definitions are never deleted with an application".to_owned());
    }
    if options.deletion(live) == Removal::Never {
        return Some("Delete=false".to_owned());
    }
    if live.annotation(RESOURCE_POLICY_ANNOTATION) == Some("keep") {
        return Some(format!("{RESOURCE_POLICY_ANNOTATION}: keep"));
    }
    let is_itself = &*key.kind == "Application"
        && &*key.group == "argoproj.io"
        && live.uid() == application.raw.uid();
    is_itself.then(|| "the application itself".to_owned())
}

/// What still holds objects that should be gone.
fn blockers(left: &[Doomed], live: &BTreeMap<ResourceKey, Arc<Node>>) -> String {
    let describe = |object: &Doomed| {
        let found = live.get(&object.key);
        let finalizers = found.and_then(|found| found.path(&["metadata", "finalizers"]));
        let finalizers = finalizers.and_then(Node::as_sequence).unwrap_or_default();
        let names: Vec<&str> = finalizers.iter().filter_map(Node::as_str).collect();
        if names.is_empty() {
            object.key.to_string()
        } else {
            format!("{} (finalizers: {})", object.key, names.join(", "))
        }
    };
    let shown: Vec<String> = left.iter().take(BLOCKERS_SHOWN_MAX).map(describe).collect();
    format!("{} objects are not gone yet: {}", left.len(), shown.join("; "))
}

/// Puts the finalizer that asks for the cascade, or takes all of them away.
async fn set_finalizer(
    session: &Session<'_>,
    application: &Application,
    cascade: Cascade,
) -> Result<(), EngineError> {
    if session.ports.store.kind() == StoreKind::Files {
        return Ok(());
    }
    let mut finalizers: Vec<String> =
        application.finalizers().into_iter().map(str::to_owned).collect();
    let before = finalizers.clone();
    let wanted = match cascade {
        Cascade::Foreground => Some(RESOURCES_FINALIZER.to_owned()),
        Cascade::Background => Some(format!("{RESOURCES_FINALIZER}/background")),
        Cascade::Keep => None,
    };
    if !application.raw.is_being_deleted() || wanted.is_none() {
        finalizers.retain(|finalizer| !is_resources_finalizer(finalizer));
        finalizers.extend(wanted);
    }
    if finalizers == before {
        return Ok(());
    }
    write_finalizers(session, &application.name(), finalizers).await
}

/// The cascade is done: takes the finalizers of Argo CD away.
async fn remove_finalizers(
    session: &Session<'_>,
    name: &ApplicationName,
) -> Result<(), EngineError> {
    let application = match session.ports.store.application(name).await {
        Ok(application) => application,
        Err(error) if error.kind == StoreErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let finalizers = application.finalizers();
    let others = finalizers.into_iter().filter(|finalizer| !is_argo_finalizer(finalizer));
    let others: Vec<String> = others.map(str::to_owned).collect();
    if !others.is_empty() {
        let text = format!("application {name} is still held by {}", others.join(", "));
        session.warn(text);
    }
    match write_finalizers(session, name, others).await {
        Err(error) if error.kind == EngineErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn is_resources_finalizer(finalizer: &str) -> bool {
    finalizer.split('/').next() == Some(RESOURCES_FINALIZER)
}

/// Finalizers Argo CD's controller would take care of; hooks of deletions do not run here.
fn is_argo_finalizer(finalizer: &str) -> bool {
    finalizer
        .split('/')
        .next()
        .is_some_and(|domain| domain.ends_with("-finalizer.argocd.argoproj.io"))
}

async fn write_finalizers(
    session: &Session<'_>,
    name: &ApplicationName,
    finalizers: Vec<String>,
) -> Result<(), EngineError> {
    let list: Vec<Node> = finalizers.into_iter().map(Node::from).collect();
    let list = if list.is_empty() { Node::null() } else { Node::from(list) };
    let mut patch = Node::mapping();
    patch.set(&["metadata", "finalizers"], list);
    session.ports.store.patch_application(name, &patch, None).await?;
    Ok(())
}
