//! One object made to be what Git says: one request, computed from the live object at hand.
//!
//! Replace wins over server-side apply, which wins over client-side apply, as in Argo CD 3.5;
//! the field manager is its controller's, so that both may take turns.

use std::sync::Arc;
use std::time::Duration;

use crate::compare::apply::{
    ApplyAction, ApplyOutcome, PatchKind, client_side_apply, server_side_body,
};
use crate::engine::event::Event;
use crate::engine::session::Session;
use crate::model::{ApiCatalog, ApiResource, GroupKind};
use crate::plan::build::missing_kind;
use crate::plan::options::ApplyMethod;
use crate::plan::ownership::apply_changes_nothing;
use crate::plan::{SyncOptions, SyncTask, TaskAction};
use crate::ports::{
    Cluster, ClusterError, ClusterErrorKind, DryRun, Freshness, WriteRequest, WriteVerb,
};
use crate::yaml::{Node, Text};

/// Argo CD's field manager.
pub const FIELD_MANAGER: &str = "argocd-controller";
/// How often a write is tried again after somebody else was first.
const RACES_MAX: usize = 5;
/// How long a new definition may take until its kind is served.
const ESTABLISHED_MAX: Duration = Duration::from_secs(15);
/// How often is looked whether it is.
const ESTABLISHED_POLL: Duration = Duration::from_millis(100);

/// What applying needs besides the task.
#[derive(Clone, Copy)]
pub struct Applier<'a> {
    /// The run.
    pub session: &'a Session<'a>,
    /// The cluster.
    pub cluster: &'a dyn Cluster,
    /// The options in force.
    pub options: &'a SyncOptions,
    /// Whether the server keeps it.
    pub dry_run: DryRun,
}

/// An applied object.
#[derive(Clone, Debug)]
pub struct Applied {
    /// What became of it.
    pub outcome: ApplyOutcome,
    /// The object as the server holds it now.
    pub object: Arc<Node>,
}

/// What is to be sent, and what that means when it goes well.
struct Sending {
    verb: WriteVerb,
    body: Node,
    outcome: ApplyOutcome,
}

impl Applier<'_> {
    /// Applies the target of `task`, whose kind is served as `resource`.
    ///
    /// # Errors
    /// The server's refusal, in words for the result row.
    pub async fn apply(&self, task: &SyncTask, resource: &ApiResource) -> Result<Applied, String> {
        let target = task.target.as_ref().ok_or("nothing to apply")?;
        let target = &target.manifest.root;
        let mut live = task.live.clone();
        for _ in 0..RACES_MAX {
            let sending = self.sending(target, live.as_deref())?;
            let Some(sending) = sending else {
                let object = live.ok_or("unchanged without a live object")?;
                return Ok(Applied { outcome: ApplyOutcome::Unchanged, object });
            };
            let outcome = sending.outcome;
            let request = self.write_request(task, resource, target, sending);
            match self.cluster.write(&request).await {
                Ok(written) => {
                    self.pass_on_warnings(task, written.warnings);
                    return Ok(Applied { outcome, object: Arc::new(written.object) });
                }
                Err(error) if somebody_was_first(&error, live.is_some()) => {
                    live = self.look_again(task, resource).await?;
                }
                Err(error) => return Err(refusal(task, error)),
            }
        }
        Err(format!("{}: somebody else changes it all the time", task.key))
    }

    /// Judges the target of `task` without asking the server: for objects that cannot be tried
    /// there yet.
    ///
    /// # Errors
    /// Why it cannot be applied, in words for the result row.
    pub fn check(&self, task: &SyncTask) -> Result<ApplyOutcome, String> {
        let target = task.target.as_ref().ok_or("nothing to apply")?;
        let sending = self.sending(&target.manifest.root, task.live.as_deref())?;
        Ok(sending.map_or(ApplyOutcome::Unchanged, |sending| sending.outcome))
    }

    /// Whether carrying out `task` sends anything.
    pub fn sends(&self, task: &SyncTask) -> bool {
        match (task.action, &task.target) {
            (TaskAction::SkipPrune(_), _) => false,
            (TaskAction::Apply, Some(target)) => {
                let sending = self.sending(&target.manifest.root, task.live.as_deref());
                !matches!(sending, Ok(None))
            }
            _ => true,
        }
    }

    /// What to send; `None` when nothing would change.
    fn sending(&self, target: &Node, live: Option<&Node>) -> Result<Option<Sending>, String> {
        match self.options.apply_method(target, live) {
            ApplyMethod::ServerSide => Ok(server_side(target, live)),
            ApplyMethod::Replace => Ok(Some(replacing(target, live))),
            ApplyMethod::ClientSide => client_side(target, live),
        }
    }

    fn write_request(
        &self,
        task: &SyncTask,
        resource: &ApiResource,
        target: &Node,
        sending: Sending,
    ) -> WriteRequest {
        WriteRequest {
            resource: resource.clone(),
            namespace: if resource.is_namespaced() {
                task.key.namespace.to_string()
            } else {
                String::new()
            },
            name: target.name().to_owned(),
            body: sending.body,
            verb: sending.verb,
            dry_run: self.dry_run,
            validation: self.options.field_validation(target),
            manager: FIELD_MANAGER,
        }
    }

    async fn look_again(
        &self,
        task: &SyncTask,
        resource: &ApiResource,
    ) -> Result<Option<Arc<Node>>, String> {
        let key = &task.key;
        let live = self.cluster.get(resource, &key.namespace, &key.name).await;
        live.map(|object| object.map(Arc::new)).map_err(|error| error.message)
    }

    fn pass_on_warnings(&self, task: &SyncTask, warnings: Vec<String>) {
        for warning in warnings {
            self.session.emit(Event::Warning(format!("{}: {warning}", task.key)));
        }
    }
}

/// Waits until definitions just applied serve the awaited kinds, and answers with what the
/// cluster serves then. A kind that takes longer is found missing by its first object.
///
/// Established definitions are asked for first: discovery shows their kinds a moment later.
///
/// # Errors
/// When the cluster fails or the run is to stop.
pub async fn await_established(
    session: &Session<'_>,
    cluster: &dyn Cluster,
    resource: &ApiResource,
    definitions: &[String],
    awaited: &[(GroupKind, Text)],
) -> Result<Arc<ApiCatalog>, crate::engine::EngineError> {
    let clock = &session.ports.clock;
    let give_up_at = clock.monotonic() + ESTABLISHED_MAX;
    for name in definitions {
        while clock.monotonic() < give_up_at {
            let definition = cluster.get(resource, "", name).await?;
            if definition.as_ref().is_some_and(is_established) {
                break;
            }
            session.pause(ESTABLISHED_POLL).await?;
        }
    }
    loop {
        let catalog = cluster.catalog(Freshness::Fresh).await?;
        let mut missing =
            awaited.iter().filter(|(kind, version)| catalog.find_version(kind, version).is_none());
        if missing.next().is_none() || clock.monotonic() >= give_up_at {
            return Ok(catalog);
        }
        session.pause(ESTABLISHED_POLL).await?;
    }
}

fn refusal(task: &SyncTask, error: ClusterError) -> String {
    match error.kind {
        ClusterErrorKind::UnknownKind => missing_kind(&task.key),
        ClusterErrorKind::NotFound if error.message.starts_with("namespaces ") => {
            format!("{}: create it, or sync with CreateNamespace=true", error.message)
        }
        _ => error.message,
    }
}

fn is_established(definition: &Node) -> bool {
    let conditions = definition.path(&["status", "conditions"]).and_then(Node::as_sequence);
    conditions.unwrap_or_default().iter().any(|condition| {
        condition.str_at(&["type"]) == "Established" && condition.str_at(&["status"]) == "True"
    })
}

fn server_side(target: &Node, live: Option<&Node>) -> Option<Sending> {
    if live.is_some_and(|live| apply_changes_nothing(target, live, FIELD_MANAGER)) {
        return None;
    }
    let body = server_side_body(target);
    Some(Sending { verb: WriteVerb::Apply, body, outcome: ApplyOutcome::ServerSideApplied })
}

fn client_side(target: &Node, live: Option<&Node>) -> Result<Option<Sending>, String> {
    let action = client_side_apply(target, live).map_err(|error| error.to_string())?;
    Ok(match action {
        ApplyAction::Unchanged => None,
        ApplyAction::Create { body } => {
            Some(Sending { verb: WriteVerb::Create, body, outcome: ApplyOutcome::Created })
        }
        ApplyAction::Patch { kind, body } => Some(Sending {
            verb: match kind {
                PatchKind::StrategicMerge => WriteVerb::StrategicMerge,
                PatchKind::Merge => WriteVerb::Merge,
            },
            body,
            outcome: ApplyOutcome::Configured,
        }),
    })
}

fn replacing(target: &Node, live: Option<&Node>) -> Sending {
    let mut body = target.clone();
    match live {
        None => Sending { verb: WriteVerb::Create, body, outcome: ApplyOutcome::Created },
        Some(live) => {
            body.set(&["metadata", "resourceVersion"], live.resource_version());
            Sending { verb: WriteVerb::Replace, body, outcome: ApplyOutcome::Replaced }
        }
    }
}

/// Whether a refusal means that the object is not what it was when the request was made.
fn somebody_was_first(error: &ClusterError, was_there: bool) -> bool {
    match error.kind {
        ClusterErrorKind::Conflict | ClusterErrorKind::AlreadyExists => true,
        ClusterErrorKind::NotFound => was_there,
        _ => false,
    }
}
