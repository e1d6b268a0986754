//! What every tool's output goes through: lists become their items, and every object must say
//! what it is and how it is called.

use super::RenderError;
use crate::model::Manifest;
use crate::yaml::{Node, SourceMap, Value};

/// Lists inside lists beyond this depth are refused.
const LIST_DEPTH_MAX: usize = 16;

/// Puts the items of every list in place of the list. Items without a line of their own are
/// where the list is.
pub(super) fn flatten(manifests: Vec<Manifest>) -> Vec<Manifest> {
    let mut flat = Vec::with_capacity(manifests.len());
    for manifest in manifests {
        flatten_into(manifest, 0, &mut flat);
    }
    flat
}

fn flatten_into(mut manifest: Manifest, depth: usize, flat: &mut Vec<Manifest>) {
    let is_list = manifest.root.kind().ends_with("List") && depth < LIST_DEPTH_MAX;
    let items = match manifest.root.get_mut("items") {
        Some(Node { value: Value::Sequence(items), .. }) if is_list => std::mem::take(items),
        _ => return flat.push(manifest),
    };
    for root in items {
        let mut origin = manifest.origin.clone();
        if root.position.line > 0 {
            origin.position = root.position;
        }
        flatten_into(Manifest { root, origin }, depth + 1, flat);
    }
}

/// Fails for the first object that lacks apiVersion, kind or a name.
pub(super) fn check(manifests: &[Manifest], files: &SourceMap) -> Result<(), RenderError> {
    manifests.iter().try_for_each(|manifest| {
        problem(&manifest.root).map_or(Ok(()), |problem| {
            let place = files.describe(manifest.origin.position);
            let place = if place.is_empty() { manifest.origin.file.to_string() } else { place };
            Err(RenderError::Object { place, object: describe(&manifest.root), problem })
        })
    })
}

fn problem(root: &Node) -> Option<&'static str> {
    let is_text = |path: &[&str]| root.path(path).is_none_or(|node| node.as_str().is_some());
    let is_missing = |path: &[&str]| root.str_at(path).is_empty();
    if root.as_mapping().is_none() {
        Some("a Kubernetes object must be a mapping")
    } else if is_missing(&["apiVersion"]) {
        Some("apiVersion is missing")
    } else if is_missing(&["kind"]) {
        Some("kind is missing")
    } else if !is_text(&["metadata", "name"]) {
        Some("metadata.name must be a string; put it in quotes")
    } else if is_missing(&["metadata", "name"]) && is_missing(&["metadata", "generateName"]) {
        Some("metadata.name is missing")
    } else {
        None
    }
}

/// The object as far as it says what it is: `Deployment web`.
fn describe(root: &Node) -> String {
    let words = [root.kind(), root.name()];
    words.iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join(" ")
}
