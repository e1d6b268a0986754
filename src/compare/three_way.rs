//! What a live object will look like once its target is applied: last-applied, target and live
//! brought together.
//!
//! The rules are those of `kubectl apply`: what Git sets is set, what Git no longer sets but was
//! applied before goes, everything else on the live object stays. Built-in kinds merge lists by
//! their merge keys, other kinds replace lists. Where the API server would answer with a default
//! or another spelling of the same value, the live value is kept, so that live equals predicted
//! exactly when a sync would change nothing.

use super::defaults::{admitted_pod, completed, is_server_default, table_default};
use super::quantity::same_quantity;
use super::schema::{AbsentKeys, Field, Shape, Zero};
use crate::yaml::{Mapping, Node, Value};

/// How deep documents may be nested; the API server refuses deeper ones.
const DEPTH_MAX: usize = 512;

/// The live object after its target is applied. Without last-applied the target counts as such.
pub(super) fn predict(original: Option<&Node>, target: &Node, live: &Node, root: Field) -> Node {
    let mut predicted = live.clone();
    let admitted = match root.type_name() {
        "v1/Pod" => admitted_pod(target, live),
        _ => None,
    };
    merge_value(&mut predicted, original, admitted.as_ref().unwrap_or(target), &root, 0);
    predicted
}

/// The target as the server would store it when nothing is there: without nulls and without
/// zero values that mean nothing.
pub(super) fn without_insignificant(target: &Node, field: &Field) -> Node {
    clean(target, field, 0)
}

fn merge_value(
    live: &mut Node,
    original: Option<&Node>,
    target: &Node,
    field: &Field,
    depth: usize,
) {
    if depth > DEPTH_MAX {
        *live = target.clone();
        return;
    }
    match (&mut live.value, &target.value, field.shape) {
        (Value::Mapping(live), Value::Mapping(target), _)
            if field.absent_keys != AbsentKeys::Replaced =>
        {
            let original = original.and_then(Node::as_mapping);
            merge_mapping(live, original, target, field, depth);
        }
        (Value::Sequence(live), Value::Sequence(target), Shape::Keyed(key, _)) => {
            let original = original.and_then(Node::as_sequence).unwrap_or_default();
            *live = merge_keyed(live, original, target, key, &field.item(), depth);
        }
        (Value::Sequence(live), Value::Sequence(target), Shape::Set) => {
            let original = original.and_then(Node::as_sequence).unwrap_or_default();
            live.retain(|item| target.contains(item) || !original.contains(item));
            let new = target.iter().filter(|item| !live.contains(item)).cloned();
            let new: Vec<Node> = new.collect();
            live.extend(new);
        }
        (Value::Sequence(_), Value::Sequence(_), Shape::Opaque) => {
            let applied = original.unwrap_or(target);
            if !agrees_where_set(applied, target, live, depth) {
                *live = settle_items(applied, target, live, field, depth);
            }
        }
        _ => *live = settle(target, live, field, depth),
    }
}

/// A list of a custom kind that is not as Git says: items that are, are kept with the server's
/// defaults, which it would put there again.
fn settle_items(original: &Node, target: &Node, live: &Node, field: &Field, depth: usize) -> Node {
    let item =
        |list: &'_ Node, at: usize| list.as_sequence().and_then(|list| list.get(at)).cloned();
    let wanted = target.as_sequence().unwrap_or_default().iter().enumerate();
    let settled = wanted.map(|(at, wanted)| match item(live, at) {
        Some(there)
            if agrees_where_set(
                item(original, at).as_ref().unwrap_or(wanted),
                wanted,
                &there,
                depth + 1,
            ) =>
        {
            there
        }
        _ => clean(wanted, &field.item(), depth + 1),
    });
    Node::from(settled.collect::<Vec<Node>>()).at(target.position)
}

/// Whether a list of a custom kind is as Git says, but for fields that neither Git nor
/// last-applied ever set: those are the server's defaults. Items are compared by their place, as
/// Argo CD does.
fn agrees_where_set(original: &Node, target: &Node, live: &Node, depth: usize) -> bool {
    if depth > DEPTH_MAX || target == live {
        return target == live;
    }
    match (&target.value, &live.value) {
        (Value::Mapping(wanted), Value::Mapping(there)) => {
            let set = wanted.iter().filter(|(_, value)| !value.is_null()).all(|(key, value)| {
                let applied = original.get(key).unwrap_or(value);
                there.get(key).is_some_and(|live| agrees_where_set(applied, value, live, depth + 1))
            });
            let left_out = |key: &str| wanted.get(key).is_none_or(Node::is_null);
            let removed = |key: &str| original.get(key).is_some_and(|value| !value.is_null());
            set && !there.keys().any(|key| left_out(key) && removed(key))
        }
        (Value::Sequence(wanted), Value::Sequence(there)) => {
            let applied = original.as_sequence().unwrap_or_default();
            wanted.len() == there.len()
                && wanted.iter().zip(there).enumerate().all(|(index, (value, live))| {
                    let applied = applied.get(index).unwrap_or(value);
                    agrees_where_set(applied, value, live, depth + 1)
                })
        }
        _ => false,
    }
}

fn merge_mapping(
    live: &mut Mapping,
    original: Option<&Mapping>,
    target: &Mapping,
    field: &Field,
    depth: usize,
) {
    let gone = |key: &str| {
        let child = field.child(key);
        let wanted = target.get(key).is_some_and(|value| !says_nothing(value, &child));
        let applied = || original.and_then(|original| original.get(key));
        let dropped = || field.absent_keys == AbsentKeys::Dropped;
        !wanted && (dropped() || applied().is_some_and(|value| was_applied(value, &child)))
    };
    let type_name = field.type_name();
    live.retain(|key, value| !gone(key) || is_server_default(type_name, key, value, target));
    for (key, wanted) in target.iter() {
        let child = field.child(key);
        let applied = original.and_then(|original| original.get(key));
        match live.get_mut(key) {
            Some(_) if says_nothing(wanted, &child) => {}
            Some(value) => merge_value(value, applied, wanted, &child, depth + 1),
            None if is_insignificant(wanted, &child, depth) => {}
            None => {
                live.insert(key.clone(), clean(wanted, &child, depth + 1));
            }
        }
    }
}

/// A list merged by key: in the order of Git, what only the cluster has after its neighbour.
fn merge_keyed(
    live: &[Node],
    original: &[Node],
    target: &[Node],
    key: &str,
    item: &Field,
    depth: usize,
) -> Vec<Node> {
    let mut free_live = vec![true; live.len()];
    let mut free_original = vec![true; original.len()];
    let mut merged: Vec<(Option<usize>, Node)> = Vec::with_capacity(target.len());
    for wanted in target {
        let applied = take_partner(original, &mut free_original, wanted, key);
        let Some(at) = take_partner(live, &mut free_live, wanted, key) else {
            merged.push((None, clean(wanted, item, depth + 1)));
            continue;
        };
        let mut value = live[at].clone();
        merge_value(&mut value, applied.map(|i| &original[i]), wanted, item, depth + 1);
        merged.push((Some(at), value));
    }
    for (at, value) in live.iter().enumerate().filter(|(at, _)| free_live[*at]) {
        if take_partner(original, &mut free_original, value, key).is_some() {
            continue;
        }
        let place = merged.iter().rposition(|(from, _)| from.is_some_and(|from| from < at));
        merged.insert(place.map_or(0, |place| place + 1), (Some(at), value.clone()));
    }
    merged.into_iter().map(|(_, value)| value).collect()
}

/// The item that has the key of `wanted` and is still free. Keys are not always unique (a Service
/// port for TCP and one for UDP): of several the most alike one is taken.
fn take_partner(items: &[Node], free: &mut [bool], wanted: &Node, key: &str) -> Option<usize> {
    let identity = wanted.get(key);
    let candidates =
        (0..items.len()).rev().filter(|at| free[*at] && items[*at].get(key) == identity);
    let found = candidates.max_by_key(|at| likeness(&items[*at], wanted))?;
    free[found] = false;
    Some(found)
}

/// How many entries two mappings have in common.
fn likeness(left: &Node, right: &Node) -> usize {
    let entries = left.as_mapping().into_iter().flat_map(Mapping::iter);
    entries.filter(|(key, value)| right.get(key) == Some(*value)).count()
}

/// The target's value in a place that is replaced as a whole, with what the server makes of it:
/// live parts that are a default, or the same value in another spelling, are kept.
fn settle(target: &Node, live: &Node, field: &Field, depth: usize) -> Node {
    if depth > DEPTH_MAX || target == live {
        return target.clone();
    }
    match (&target.value, &live.value, field.shape) {
        (_, _, Shape::Quantity) if same_quantity(target, live) => live.clone(),
        (Value::Mapping(wanted), Value::Mapping(there), Shape::Struct(_) | Shape::Map(_)) => {
            settle_mapping(wanted, there, field, depth).into()
        }
        (Value::Sequence(wanted), Value::Sequence(there), _) if !wanted.is_empty() => {
            let item = field.item();
            let settled = wanted.iter().enumerate().map(|(index, wanted)| match there.get(index) {
                Some(there) => settle(wanted, there, &item, depth + 1),
                None => clean(wanted, &item, depth + 1),
            });
            settled.collect::<Vec<Node>>().into()
        }
        _ => clean(target, field, depth),
    }
}

fn settle_mapping(target: &Mapping, live: &Mapping, field: &Field, depth: usize) -> Mapping {
    let mut settled = Mapping::default();
    for (key, there) in live.iter() {
        let child = field.child(key);
        match target.get(key).filter(|wanted| !says_nothing(wanted, &child)) {
            Some(wanted) => {
                let completed = completed(field.type_name(), key, wanted, there, target);
                let wanted = completed.as_ref().unwrap_or(wanted);
                settled.push(key.clone(), settle(wanted, there, &child, depth + 1));
            }
            None if is_server_default(field.type_name(), key, there, target)
                || is_insignificant(there, &child, depth) =>
            {
                settled.push(key.clone(), there.clone());
            }
            None => {
                if let Some(value) = table_default(field.type_name(), key) {
                    settled.push(key.clone(), value);
                }
            }
        }
    }
    for (key, wanted) in target.iter().filter(|(key, _)| !live.contains_key(key)) {
        let child = field.child(key);
        if !is_insignificant(wanted, &child, depth) {
            settled.push(key.clone(), clean(wanted, &child, depth + 1));
        }
    }
    settled
}

/// Whether a value stands for "whatever the server chooses": null, and for fields that are no
/// pointers empty text, zero and an empty list. `false` is a choice; an empty mapping, or a list
/// merged by key, is brought together with the live one item by item.
fn says_nothing(value: &Node, field: &Field) -> bool {
    let merged = matches!(field.shape, Shape::Keyed(..) | Shape::Set);
    match &value.value {
        Value::Null => true,
        Value::Bool(_) | Value::Mapping(_) => false,
        Value::Sequence(items) => items.is_empty() && !merged && field.zero == Zero::MeansAbsent,
        Value::Number(_) | Value::String(_) => is_zero(value) && field.zero == Zero::MeansAbsent,
    }
}

/// Whether a value in last-applied is something that goes when Git no longer has it.
fn was_applied(value: &Node, field: &Field) -> bool {
    matches!(value.value, Value::Bool(_)) || !is_insignificant(value, field, 0)
}

/// Whether writing a value out is the same as leaving it out, when live has nothing there.
fn is_insignificant(wanted: &Node, field: &Field, depth: usize) -> bool {
    if wanted.is_null() {
        return true;
    }
    if field.zero == Zero::Counts || depth > DEPTH_MAX {
        return false;
    }
    match (&wanted.value, field.shape) {
        (Value::Mapping(mapping), Shape::Struct(_)) => {
            mapping.iter().all(|(key, value)| is_insignificant(value, &field.child(key), depth + 1))
        }
        _ => is_zero(wanted),
    }
}

fn is_zero(value: &Node) -> bool {
    match &value.value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(_) => value.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(mapping) => mapping.is_empty(),
    }
}

fn clean(target: &Node, field: &Field, depth: usize) -> Node {
    if depth > DEPTH_MAX {
        return target.clone();
    }
    match &target.value {
        Value::Mapping(mapping) => {
            let kept = mapping.iter().filter_map(|(key, value)| {
                let child = field.child(key);
                let nothing = is_insignificant(value, &child, depth);
                (!nothing).then(|| (key.clone(), clean(value, &child, depth + 1)))
            });
            Node::from(kept.collect::<Mapping>()).at(target.position)
        }
        Value::Sequence(items) => {
            let item = field.item();
            let kept = items.iter().map(|value| clean(value, &item, depth + 1));
            Node::from(kept.collect::<Vec<Node>>()).at(target.position)
        }
        _ => target.clone(),
    }
}
