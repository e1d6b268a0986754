//! Is an Argo CD controller at work beside us? A live one is asked to do the work; with a dead
//! or absent one, we do it.
//!
//! The probe is Argo CD's own protocol: a controller removes the refresh annotation once it has
//! looked at the Application.

use std::time::Duration;

use super::error::EngineError;
use super::refresh::IN_CLUSTER_SERVER;
use super::session::Session;
use crate::model::application::{REFRESH_ANNOTATION, SKIP_RECONCILE_ANNOTATION};
use crate::model::{Application, ApplicationDestination, GroupKind};
use crate::ports::{Freshness, Ports, StoreErrorKind, StoreKind};
use crate::yaml::Node;

/// How long a live controller has to react.
const REACTION_MAX: Duration = Duration::from_secs(5);
/// How often is looked whether it did.
const POLL_EVERY: Duration = Duration::from_millis(250);
/// Label of everything that is part of an Argo CD installation.
const PART_OF_LABEL: &str = "app.kubernetes.io/part-of";

/// What the probe found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controller {
    /// Nobody reconciles the Application.
    Absent,
    /// A controller answered.
    Live,
    /// It could not be found out; treated as live.
    Unknown,
}

/// Whether a controller has ever taken charge of the Application and may still do so: enough to
/// leave its status alone, without asking.
pub fn may_be_live(application: &Application) -> bool {
    !application.status.controller_namespace.is_empty() && !is_skipped(application)
}

/// Whether controllers are told to keep away.
pub fn is_skipped(application: &Application) -> bool {
    application.raw.annotation(SKIP_RECONCILE_ANNOTATION) == Some("true")
}

/// Whether a controller can be about that would reconcile `application`, without asking it.
///
/// # Errors
/// When the cluster cannot be asked.
pub async fn may_exist(ports: &Ports, application: &Application) -> Result<bool, EngineError> {
    if is_skipped(application) {
        return Ok(false);
    }
    Ok(may_be_live(application) || definitions_belong_to_argo_cd(ports).await?)
}

/// Finds out whether a controller reconciles `application`.
///
/// # Errors
/// When the store fails.
pub async fn probe(
    session: &Session<'_>,
    application: &Application,
) -> Result<Controller, EngineError> {
    let ports = session.ports;
    if ports.store.kind() == StoreKind::Files || is_skipped(application) {
        return Ok(Controller::Absent);
    }
    if !may_be_live(application) && !definitions_belong_to_argo_cd(ports).await? {
        return Ok(Controller::Absent);
    }
    ask(session, application).await
}

async fn ask(session: &Session<'_>, application: &Application) -> Result<Controller, EngineError> {
    let store = &session.ports.store;
    let name = application.name();
    match store.patch_application(&name, &refresh_patch(Node::from("normal")), None).await {
        Ok(_) => {}
        Err(error) if error.kind == StoreErrorKind::Forbidden => return Ok(Controller::Unknown),
        Err(error) => return Err(error.into()),
    }
    let give_up_at = session.ports.clock.monotonic() + REACTION_MAX;
    while session.ports.clock.monotonic() < give_up_at {
        session.pause(POLL_EVERY).await?;
        let application = store.application(&name).await?;
        if application.raw.annotation(REFRESH_ANNOTATION).is_none() {
            return Ok(Controller::Live);
        }
    }
    store.patch_application(&name, &refresh_patch(Node::null()), None).await?;
    Ok(Controller::Absent)
}

fn refresh_patch(value: Node) -> Node {
    let mut patch = Node::mapping();
    patch.set(&["metadata", "annotations", REFRESH_ANNOTATION], value);
    patch
}

/// Whether the definition of Applications came with an Argo CD installation. Where it may not
/// be read, a kind tells that only Argo CD brings.
async fn definitions_belong_to_argo_cd(ports: &Ports) -> Result<bool, EngineError> {
    let here = ApplicationDestination {
        server: IN_CLUSTER_SERVER.to_owned(),
        ..ApplicationDestination::default()
    };
    let cluster = ports.destinations.connect(&here).await?;
    let catalog = cluster.catalog(Freshness::Cached).await?;
    let kind = GroupKind::new("apiextensions.k8s.io", "CustomResourceDefinition");
    let has_application_sets =
        catalog.find(&GroupKind::new("argoproj.io", "ApplicationSet")).is_some();
    let Some(resource) = catalog.find(&kind) else { return Ok(has_application_sets) };
    Ok(match cluster.get(resource, "", "applications.argoproj.io").await {
        Ok(Some(definition)) => definition.label(PART_OF_LABEL) == Some("argocd"),
        Ok(None) => false,
        Err(_) => has_application_sets,
    })
}
