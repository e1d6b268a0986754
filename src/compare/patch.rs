//! The patch that turns the live object into the predicted one: a strategic merge patch for
//! built-in kinds, a JSON merge patch for the rest.
//!
//! Only what differs is sent, as `kubectl apply` does. Where kubectl says `$retainKeys`, the keys
//! that go are named with a null: the effect is the same.

use super::schema::{AbsentKeys, Field, KindSchema, PatchKind, Shape};
use crate::yaml::{Mapping, Node, Value};

/// The patch from `live` to `predicted`; `None` when they are equal.
pub(super) fn patch_between(live: &Node, predicted: &Node, schema: &KindSchema) -> Option<Node> {
    match schema.patch {
        PatchKind::Merge => difference(live, predicted, &Field::opaque()),
        PatchKind::StrategicMerge => difference(live, predicted, &schema.root),
    }
}

fn difference(live: &Node, predicted: &Node, field: &Field) -> Option<Node> {
    if live == predicted {
        return None;
    }
    match (&live.value, &predicted.value) {
        (Value::Mapping(live), Value::Mapping(predicted))
            if field.absent_keys != AbsentKeys::Replaced =>
        {
            Some(mapping_difference(live, predicted, field).into())
        }
        _ => Some(predicted.clone()),
    }
}

fn mapping_difference(live: &Mapping, predicted: &Mapping, field: &Field) -> Mapping {
    let mut patch = Mapping::default();
    for (key, wanted) in predicted.iter() {
        let child = field.child(key);
        let there = live.get(key);
        match (there.and_then(Node::as_sequence), wanted.as_sequence(), child.shape) {
            _ if there == Some(wanted) => {}
            (Some(there), Some(wanted), Shape::Keyed(merge_key, _)) => {
                keyed_difference(&mut patch, key, merge_key, &child.item(), (there, wanted));
            }
            (Some(there), Some(wanted), Shape::Set) => {
                set_difference(&mut patch, key, there, wanted);
            }
            _ => {
                let changed = match there {
                    Some(there) => difference(there, wanted, &child),
                    None => Some(wanted.clone()),
                };
                if let Some(changed) = changed {
                    patch.push(key.clone(), changed);
                }
            }
        }
    }
    for key in live.keys().filter(|key| !predicted.contains_key(key)) {
        patch.push(key.clone(), Node::null());
    }
    patch
}

/// Changed, new and deleted items by their key, and the order they are to have.
fn keyed_difference(
    patch: &mut Mapping,
    name: &str,
    merge_key: &str,
    item: &Field,
    (live, predicted): (&[Node], &[Node]),
) {
    if !has_unique_keys(live, merge_key) || !has_unique_keys(predicted, merge_key) {
        let replace = directive("$patch", "replace".into());
        let items = std::iter::once(replace).chain(predicted.iter().cloned());
        patch.push(name.into(), items.collect::<Vec<Node>>().into());
        return;
    }
    let find = |items: &[Node], wanted: &Node| {
        items.iter().position(|item| item.get(merge_key) == wanted.get(merge_key))
    };
    let identity = |of: &Node| directive(merge_key, of.get(merge_key).cloned().unwrap_or_default());
    let mut items = Vec::new();
    for wanted in predicted {
        let changed = match find(live, wanted) {
            Some(at) => difference(&live[at], wanted, item),
            None => Some(wanted.clone()),
        };
        if let Some(mut changed) = changed {
            let key = wanted.get(merge_key).cloned().unwrap_or_default();
            changed.mapping_at(&[]).insert(merge_key, key);
            items.push(changed);
        }
    }
    for gone in live.iter().filter(|there| find(predicted, there).is_none()) {
        let mut deletion = identity(gone);
        deletion.mapping_at(&[]).insert("$patch", "delete".into());
        items.push(deletion);
    }
    let order: Vec<Node> = predicted.iter().map(identity).collect();
    patch.push(format!("$setElementOrder/{name}").into(), order.into());
    if !items.is_empty() {
        patch.push(name.into(), items.into());
    }
}

fn has_unique_keys(items: &[Node], merge_key: &str) -> bool {
    items.iter().enumerate().all(|(index, item)| {
        let key = item.get(merge_key);
        key.is_some() && !items[..index].iter().any(|other| other.get(merge_key) == key)
    })
}

fn directive(key: &str, value: Node) -> Node {
    Mapping::from_iter([(key.into(), value)]).into()
}

fn set_difference(patch: &mut Mapping, name: &str, live: &[Node], predicted: &[Node]) {
    let without = |from: &[Node], other: &[Node]| -> Vec<Node> {
        from.iter().filter(|item| !other.contains(item)).cloned().collect()
    };
    let (new, gone) = (without(predicted, live), without(live, predicted));
    patch.push(format!("$setElementOrder/{name}").into(), predicted.to_vec().into());
    if !gone.is_empty() {
        patch.push(format!("$deleteFromPrimitiveList/{name}").into(), gone.into());
    }
    if !new.is_empty() {
        patch.push(name.into(), new.into());
    }
}
