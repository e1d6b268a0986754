//! Client-side apply without a request of its own: what to send for a target, given the live
//! object already listed.
//!
//! Matches `kubectl apply` 1.36: the last-applied annotation, what is set, what is removed, and
//! the words for the outcome. Server-side apply needs nothing from here.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::normalize::{Status, is_secret, normalize};
use super::patch::patch_between;
use super::schema::KindSchema;
pub use super::schema::PatchKind;
use super::three_way::predict;
use crate::model::{GroupKind, ResourceKey};
use crate::yaml::{Mapping, Node, json};

/// Where client-side apply keeps what it applied last.
pub const LAST_APPLIED_ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// What the API server allows all annotations of one object to weigh, keys and values, in bytes.
pub const ANNOTATIONS_SIZE_MAX: usize = 262_144;

/// What client-side apply sends.
#[derive(Clone, Debug, PartialEq)]
pub enum ApplyAction {
    /// The object is to be created.
    Create {
        /// The object, with the last-applied annotation.
        body: Node,
    },
    /// The object is to be patched.
    Patch {
        /// Which kind of patch.
        kind: PatchKind,
        /// The patch.
        body: Node,
    },
    /// A patch would be empty: nothing is sent.
    Unchanged,
}

/// Why an object cannot be applied from the client.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ApplyError {
    /// The last-applied annotation would be larger than the API server allows.
    #[error(
        "{key}: metadata.annotations: Too long: client-side apply keeps the whole object in an \
         annotation, which would take {size} bytes of at most 262144; sync it with \
         ServerSideApply=true (argocd.argoproj.io/sync-options on the object, or a sync option of \
         the application)"
    )]
    TooLarge {
        /// The object.
        key: ResourceKey,
        /// What the annotations would weigh.
        size: usize,
    },
}

/// What became of an applied object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyOutcome {
    /// It was not there.
    Created,
    /// It was changed.
    Configured,
    /// It was as Git says already.
    Unchanged,
    /// It went through server-side apply.
    ServerSideApplied,
    /// It was replaced as a whole.
    Replaced,
    /// It was deleted because Git no longer has it.
    Pruned,
}

/// Decides what to send so that `live` becomes what `target` says.
///
/// # Errors
/// When the last-applied annotation would not fit.
pub fn client_side_apply(target: &Node, live: Option<&Node>) -> Result<ApplyAction, ApplyError> {
    let body = with_last_applied(target)?;
    let Some(live) = live else {
        return Ok(ApplyAction::Create { body });
    };
    let schema = KindSchema::of(target);
    let status = if schema.is_built_in() { Status::Ignored } else { Status::Kept };
    let original = last_applied(live).map(|applied| normalize(&applied, status));
    let predicted = predict(original.as_ref(), &normalize(&body, status), live, schema.root);
    Ok(match patch_between(live, &predicted, &schema) {
        Some(body) => ApplyAction::Patch { kind: schema.patch, body },
        None => ApplyAction::Unchanged,
    })
}

/// What server-side apply sends: the target, a Secret's `stringData` as `data`, which alone the
/// server keeps an owner of; else an entry that leaves Git would stay on the cluster.
/// What is no proper Secret is sent as it is, for the server to refuse.
pub fn server_side_body(target: &Node) -> Node {
    let mut body = target.clone();
    if is_secret(target)
        && let Some(encoded) = encoded_data(target)
    {
        body.remove(&["stringData"]);
        body.set(&["data"], encoded);
    }
    body
}

/// `data` with `stringData` put over it; `None` without `stringData` or when either is no map of
/// strings.
fn encoded_data(secret: &Node) -> Option<Mapping> {
    let plain = secret.get("stringData")?.as_mapping()?;
    let mut data = match secret.get("data") {
        Some(data) if !data.is_null() => data.as_mapping()?.clone(),
        _ => Mapping::default(),
    };
    for (key, value) in plain.iter() {
        data.insert(key.clone(), STANDARD.encode(value.as_str()?).into());
    }
    Some(data)
}

/// The object as client-side apply wrote it last; `None` when it never did or wrote no JSON.
pub(super) fn last_applied(live: &Node) -> Option<Node> {
    serde_json::from_str(live.annotation(LAST_APPLIED_ANNOTATION)?).ok()
}

/// `deployment.apps/web configured`, as kubectl says it; the whole message `pruned` for a
/// deletion, as Argo CD does.
pub fn kubectl_message(kind: &GroupKind, name: &str, outcome: ApplyOutcome) -> String {
    if outcome == ApplyOutcome::Pruned {
        return outcome.to_string();
    }
    let resource = kind.kind.to_lowercase();
    match &*kind.group {
        "" => format!("{resource}/{name} {outcome}"),
        group => format!("{resource}.{group}/{name} {outcome}"),
    }
}

impl fmt::Display for ApplyOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
            Self::ServerSideApplied => "serverside-applied",
            Self::Replaced => "replaced",
            Self::Pruned => "pruned",
        })
    }
}

/// The target with the annotation that holds its own text: JSON without the annotation itself,
/// with an empty map where there are no annotations, and a line break at the end.
fn with_last_applied(target: &Node) -> Result<Node, ApplyError> {
    let mut body = target.clone();
    body.mapping_at(&["metadata", "annotations"]).remove(LAST_APPLIED_ANNOTATION);
    let text = json::to_json(&body) + "\n";
    body.set_annotation(LAST_APPLIED_ANNOTATION, &text);
    let size = annotations_size(&body);
    if size > ANNOTATIONS_SIZE_MAX {
        return Err(ApplyError::TooLarge { key: target.key(), size });
    }
    Ok(body)
}

fn annotations_size(object: &Node) -> usize {
    let annotations = object.path(&["metadata", "annotations"]).and_then(Node::as_mapping);
    let entries = annotations.into_iter().flat_map(Mapping::iter);
    entries.map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum()
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
