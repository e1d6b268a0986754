//! Merging two lists item by item, step for step as kustomize v5.8.2 does.
//!
//! The steps look roundabout because their side effects are the behaviour: which items are lost
//! when keys are missing or spelt on one side only follows from how often and with which keys the
//! lists are searched. Each function here is one of those searches.

use super::merge_keys::Schema;
use super::strategic_merge::{
    MAPPING, MergeError, MergeProblem, Outcome, SCALAR, is_empty, kind_of, settle, text_of, walk,
};
use crate::yaml::{Mapping, Node, Text};

/// What a list is merged with.
pub(super) enum Other<'a> {
    /// Nothing: the patch does not name the list.
    Missing,
    /// Itself: the list is the patch's and new to the object.
    Same,
    /// The patch's list.
    Patch(&'a mut Vec<Node>),
}

/// The key of items that are plain values.
const PLAIN: &[&str] = &[""];

/// Merges `other` into `base` by the given keys (none: plain values).
pub(super) fn merge_items(
    base: &mut Vec<Node>,
    mut other: Other<'_>,
    keys: &'static [&'static str],
    schema: Option<Schema>,
) -> Result<(), MergeError> {
    let keys = if keys.is_empty() { PLAIN } else { keys };
    let mut identities = Vec::new();
    if let Other::Patch(patch) = &other {
        collect_identities(patch, keys, &mut identities);
    }
    collect_identities(base, keys, &mut identities);
    if identities.is_empty() {
        return Ok(());
    }
    if keys.len() > 1 {
        complete(&mut identities);
    }
    let used = used_keys(&identities, keys);
    let mut merged = Vec::with_capacity(identities.len());
    for identity in &identities {
        let values = values_of(identity, keys, &used);
        match merge_item(base, &mut other, &used, &values, schema)? {
            Some(item) => set_item(&mut merged, Some(&item), &used, &values)?,
            None => set_item(base, None, &used, &values)?,
        }
    }
    append(&mut merged, base, &used)?;
    *base = merged;
    Ok(())
}

/// The values of the merge keys of every item, each set of values once.
fn collect_identities(items: &[Node], keys: &[&str], identities: &mut Vec<Vec<Text>>) {
    let value = |item: &Node, key: &&str| match *key {
        "" => text_of(item),
        key => item.get(key).map_or_else(|| "".into(), text_of),
    };
    for item in items {
        let identity: Vec<Text> = keys.iter().map(|key| value(item, key)).collect();
        if !identities.contains(&identity) {
            identities.push(identity);
        }
    }
}

/// Fills missing second keys from other items that agree on the rest.
fn complete(identities: &mut [Vec<Text>]) {
    for left in 0..identities.len() {
        let values = identities[left].clone();
        for right in 0..identities.len() {
            if let Some(joined) = join(&values, &identities[right]) {
                identities[left].clone_from(&joined);
                identities[right] = joined;
            }
        }
    }
}

/// Two sets of values are one when they agree somewhere and elsewhere one of them is empty.
fn join(left: &[Text], right: &[Text]) -> Option<Vec<Text>> {
    let agree = left.iter().zip(right).any(|(l, r)| l == r);
    let pick = |(l, r): (&Text, &Text)| match (l.is_empty(), r.is_empty()) {
        _ if l == r => Some(l.clone()),
        (true, _) => Some(r.clone()),
        (_, true) => Some(l.clone()),
        _ => None,
    };
    let joined = left.iter().zip(right).map(pick).collect::<Option<Vec<_>>>()?;
    agree.then_some(joined)
}

/// The keys for which any item has a value; all when none has.
fn used_keys(identities: &[Vec<Text>], keys: &[&'static str]) -> Vec<&'static str> {
    let is_used = |index: usize| identities.iter().any(|values| !values[index].is_empty());
    let used: Vec<_> =
        keys.iter().enumerate().filter(|(index, _)| is_used(*index)).map(|(_, key)| *key).collect();
    if used.is_empty() { keys.to_vec() } else { used }
}

fn values_of(identity: &[Text], keys: &[&str], used: &[&str]) -> Vec<Text> {
    let pairs = keys.iter().zip(identity);
    pairs.filter(|(key, _)| used.contains(key)).map(|(_, value)| value.clone()).collect()
}

/// Merges the first items of both lists that have the given values; `None` when nothing stays.
fn merge_item(
    base: &mut [Node],
    other: &mut Other<'_>,
    keys: &[&str],
    values: &[Text],
    schema: Option<Schema>,
) -> Result<Option<Node>, MergeError> {
    let base_item = find(base, keys, values).map(|index| &mut base[index]);
    if matches!(other, Other::Same) {
        let Some(item) = base_item else { return Ok(None) };
        let stays = settle(item, schema)? && !is_empty(item);
        return Ok(stays.then(|| item.clone()));
    }
    let mut patch_item = match other {
        Other::Patch(patch) => find(patch, keys, values).map(|index| &mut patch[index]),
        _ => None,
    };
    let mut base_item = base_item;
    let item = match walk(base_item.as_deref_mut(), patch_item.as_deref_mut(), schema)? {
        Outcome::Cleared => None,
        Outcome::Base => base_item.cloned(),
        Outcome::Patch => patch_item.cloned(),
    };
    Ok(item.filter(|item| !is_empty(item)))
}

/// The first item with the given values; keys without a value are not looked at unless all are.
fn find(items: &[Node], keys: &[&str], values: &[Text]) -> Option<usize> {
    let all_empty = values.iter().all(|value| value.is_empty());
    let has = |item: &Node, key: &str, value: &Text| match key {
        "" => text_of(item) == *value,
        key => item.get(key).is_some_and(|field| !field.is_null() && text_of(field) == *value),
    };
    items.iter().position(|item| {
        keys.iter()
            .zip(values)
            .filter(|(_, value)| all_empty || !value.is_empty())
            .all(|(key, value)| has(item, key, value))
    })
}

/// Puts `item` in place of every item with the given values, or at the end when there is none;
/// without an item those are taken out. Nulls and `{}` go in any case, and so does everything
/// that does not match when no values are given.
pub(super) fn set_item(
    items: &mut Vec<Node>,
    item: Option<&Node>,
    keys: &[&str],
    values: &[Text],
) -> Result<(), MergeError> {
    let wants_mappings = !keys[0].is_empty() && values.first().is_some_and(|v| !v.is_empty());
    let mut kept = Vec::with_capacity(items.len() + 1);
    let mut is_set = false;
    for candidate in std::mem::take(items) {
        if is_empty(&candidate) {
            continue;
        }
        if wants_mappings && candidate.as_mapping().is_none() {
            kept.push(candidate);
            continue;
        }
        if !has_values(&candidate, keys, values)? {
            if !values.is_empty() {
                kept.push(candidate);
            }
            continue;
        }
        is_set = true;
        kept.extend(item.cloned());
    }
    if let (Some(item), false) = (item, is_set) {
        kept.push(item.clone());
    }
    *items = kept;
    Ok(())
}

/// Whether an item has the given values; an empty one only asks for the key, and a key beyond
/// the values is taken as the key before it was.
fn has_values(item: &Node, keys: &[&str], values: &[Text]) -> Result<bool, MergeError> {
    let mut found = false;
    for (index, key) in keys.iter().enumerate() {
        if let Some(value) = values.get(index) {
            found = has_value(item, key, value)?;
        }
        if !found {
            return Ok(false);
        }
    }
    Ok(found)
}

fn has_value(item: &Node, key: &str, value: &Text) -> Result<bool, MergeError> {
    if key.is_empty() {
        return match kind_of(item) {
            Some(SCALAR) => Ok(text_of(item) == *value),
            kind => Err(item_kind(item, SCALAR, kind)),
        };
    }
    let field = fields_of(item)?.get(key);
    Ok(field.is_some_and(|field| value.is_empty() || text_of(field) == *value))
}

fn fields_of(item: &Node) -> Result<&Mapping, MergeError> {
    item.as_mapping().ok_or_else(|| item_kind(item, MAPPING, kind_of(item)))
}

fn item_kind(item: &Node, wanted: &'static str, found: Option<&'static str>) -> MergeError {
    let found = found.unwrap_or("null");
    MergeError::new(item.position, MergeProblem::ItemKind { wanted, found })
}

/// Adds the items of the object to the merged ones. With one key an item replaces its like in
/// place; with two it moves to the end; without any key it is added and, having no values, drives
/// out what is there.
fn append(merged: &mut Vec<Node>, base: &[Node], keys: &[&str]) -> Result<(), MergeError> {
    for item in base {
        if keys[0].is_empty() {
            set_item(merged, Some(item), keys, &[text_of(item)])?;
            continue;
        }
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            let field = if item.is_null() { None } else { fields_of(item)?.get(key) };
            match field {
                Some(field) => values.push(text_of(field)),
                None => merged.push(item.clone()),
            }
        }
        if keys.len() > 1 {
            set_item(merged, None, keys, &values)?;
        }
        set_item(merged, Some(item), keys, &values)?;
    }
    Ok(())
}
