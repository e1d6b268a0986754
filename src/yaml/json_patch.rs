//! RFC 6902 JSON patches with the leniency of the library that kustomize and Argo CD use
//! (evanphx/json-patch v4).
//!
//! Where it departs from the RFC: `replace` of a missing map key adds it; indices may be negative
//! and count from the end (of the grown list for `add`); a missing `value` is `null`; whatever
//! stands before the first slash of a path is thrown away, so `spec/x` sets the top-level `x`;
//! `copy` of a missing map key copies `null`. An operation of an unknown kind or without a path
//! is refused when it is read, not when it is first applied.

use std::fmt;

use thiserror::Error;

use super::node::{Node, Value};
use super::number::Number;
use crate::support::json_pointer::unescape;

/// One step of a patch.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// Sets a map key or inserts into a list.
    Add { path: String, value: Node },
    /// Takes out what must be there.
    Remove { path: String },
    /// Sets a map key, there or not, or an index that must be there.
    Replace { path: String, value: Node },
    /// Takes out and adds elsewhere.
    Move { from: String, path: String },
    /// Adds a copy elsewhere.
    Copy { from: String, path: String },
    /// Fails unless the value is the given one.
    Test { path: String, value: Node },
}

/// Why a patch cannot be read or applied; names the operation, counted from 0, and its path.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum JsonPatchError {
    /// The patch is not a list.
    #[error("a JSON patch must be a list of operations")]
    NotAList,
    /// An operation is not a mapping, or lacks a field, or has one of the wrong type.
    #[error("operation {index} of the JSON patch: {problem}")]
    Malformed {
        /// Which operation.
        index: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// An operation does not fit the document.
    #[error("operation {index} of the JSON patch, {operation}: {problem}")]
    DoesNotApply {
        /// Which operation.
        index: usize,
        /// Its kind and path.
        operation: String,
        /// Why it does not fit.
        problem: String,
    },
}

/// Reads the operations of a patch.
pub fn parse_operations(patch: &Node) -> Result<Vec<Operation>, JsonPatchError> {
    let items = patch.as_sequence().ok_or(JsonPatchError::NotAList)?;
    let parse = |(index, item): (usize, &Node)| {
        parse_operation(item).map_err(|problem| JsonPatchError::Malformed { index, problem })
    };
    items.iter().enumerate().map(parse).collect()
}

fn parse_operation(item: &Node) -> Result<Operation, String> {
    let fields = item.as_mapping().ok_or("it must be a mapping with op and path")?;
    let text = |name: &str| match fields.get(name) {
        Some(node) => {
            node.as_str().map(str::to_owned).ok_or_else(|| format!("{name} must be a string"))
        }
        None => Err(format!("{name} is missing")),
    };
    let value = || fields.get("value").cloned().unwrap_or_default();
    match text("op")?.as_str() {
        "add" => Ok(Operation::Add { path: text("path")?, value: value() }),
        "remove" => Ok(Operation::Remove { path: text("path")? }),
        "replace" => Ok(Operation::Replace { path: text("path")?, value: value() }),
        "move" => Ok(Operation::Move { from: text("from")?, path: text("path")? }),
        "copy" => Ok(Operation::Copy { from: text("from")?, path: text("path")? }),
        "test" => Ok(Operation::Test { path: text("path")?, value: value() }),
        other => Err(format!(
            "unknown op {other:?}; it must be add, remove, replace, move, copy or test"
        )),
    }
}

/// Applies the operations in order; the document is left half patched when one fails.
pub fn apply(document: &mut Node, operations: &[Operation]) -> Result<(), JsonPatchError> {
    operations.iter().enumerate().try_for_each(|(index, operation)| {
        operation.apply(document).map_err(|problem| JsonPatchError::DoesNotApply {
            index,
            operation: operation.to_string(),
            problem,
        })
    })
}

/// Rounds every number to what a 64-bit float holds: what a JSON patch does to the whole
/// resource in kustomize, so that integers above 2^53 lose digits.
pub fn numbers_through_f64(node: &mut Node) {
    match &mut node.value {
        Value::Number(number) => *number = Number::from_f64(number.as_f64()),
        Value::Sequence(items) => items.iter_mut().for_each(numbers_through_f64),
        Value::Mapping(mapping) => mapping.iter_mut().for_each(|(_, n)| numbers_through_f64(n)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

impl Operation {
    fn apply(&self, document: &mut Node) -> Result<(), String> {
        match self {
            Self::Add { path, value } => add(document, path, value.clone()),
            Self::Remove { path } => remove(document, path).map(drop),
            Self::Replace { path, value } if path.is_empty() => match value.value {
                Value::Mapping(_) | Value::Sequence(_) => {
                    *document = value.clone();
                    Ok(())
                }
                _ => Err("the whole document can only become a mapping or a list".to_owned()),
            },
            Self::Replace { path, value } => replace(document, path, value.clone()),
            Self::Move { from, path } => {
                let value = remove(document, from)?;
                add(document, path, value)
            }
            Self::Copy { from, path } => {
                let value = get(document, from)?.cloned().unwrap_or_default();
                add(document, path, value)
            }
            Self::Test { path, value } => {
                let actual = if path.is_empty() { Some(&*document) } else { get(document, path)? };
                if actual.unwrap_or(&Node::null()) == value {
                    Ok(())
                } else {
                    Err("the value is another one".to_owned())
                }
            }
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add { path, .. } => write!(formatter, "add {path:?}"),
            Self::Remove { path } => write!(formatter, "remove {path:?}"),
            Self::Replace { path, .. } => write!(formatter, "replace {path:?}"),
            Self::Move { from, path } => write!(formatter, "move {from:?} to {path:?}"),
            Self::Copy { from, path } => write!(formatter, "copy {from:?} to {path:?}"),
            Self::Test { path, .. } => write!(formatter, "test {path:?}"),
        }
    }
}

/// The container a path ends in, and the last segment.
fn locate<'a>(document: &'a mut Node, path: &str) -> Result<(&'a mut Node, String), String> {
    let (_, rest) = path.split_once('/').ok_or("the path must start with `/`")?;
    let (parents, last) = rest.rsplit_once('/').map_or((None, rest), |(p, l)| (Some(p), l));
    let mut node = document;
    for segment in parents.into_iter().flat_map(|parents| parents.split('/')) {
        let segment = unescape(segment);
        node = match &mut node.value {
            Value::Mapping(mapping) => mapping.get_mut(&segment),
            Value::Sequence(items) => {
                let index = index_of(&segment, items.len()).ok();
                index.and_then(|index| items.get_mut(index))
            }
            _ => None,
        }
        .ok_or_else(|| format!("there is no {segment:?} on the way"))?;
    }
    match node.value {
        Value::Mapping(_) | Value::Sequence(_) => Ok((node, unescape(last).into_owned())),
        _ => Err("its parent is neither a mapping nor a list".to_owned()),
    }
}

/// An index into a list of `length`, negative ones counted from the end.
fn index_of(segment: &str, length: usize) -> Result<usize, String> {
    let index: i64 =
        segment.parse().map_err(|_| format!("{segment:?} is not an index into a list"))?;
    let found = usize::try_from(index).ok().or_else(|| {
        length.checked_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX))
    });
    found
        .filter(|found| *found < length)
        .ok_or_else(|| format!("index {index} is outside the list"))
}

fn add(document: &mut Node, path: &str, value: Node) -> Result<(), String> {
    let (container, key) = locate(document, path)?;
    match &mut container.value {
        Value::Mapping(mapping) => {
            mapping.insert(key, value);
        }
        Value::Sequence(items) if key == "-" => items.push(value),
        Value::Sequence(items) => {
            let index = index_of(&key, items.len() + 1)?;
            items.insert(index, value);
        }
        _ => {}
    }
    Ok(())
}

fn remove(document: &mut Node, path: &str) -> Result<Node, String> {
    let (container, key) = locate(document, path)?;
    match &mut container.value {
        Value::Mapping(mapping) => {
            mapping.remove(&key).ok_or_else(|| format!("there is no key {key:?} to take out"))
        }
        Value::Sequence(items) => {
            let index = index_of(&key, items.len())?;
            Ok(items.remove(index))
        }
        _ => Ok(Node::null()),
    }
}

fn replace(document: &mut Node, path: &str, value: Node) -> Result<(), String> {
    let (container, key) = locate(document, path)?;
    match &mut container.value {
        Value::Mapping(mapping) => {
            mapping.insert(key, value);
        }
        Value::Sequence(items) => {
            let index = index_of(&key, items.len())?;
            items[index] = value;
        }
        _ => {}
    }
    Ok(())
}

fn get<'a>(document: &'a mut Node, path: &str) -> Result<Option<&'a Node>, String> {
    let (container, key) = locate(document, path)?;
    match &container.value {
        Value::Sequence(items) => Ok(items.get(index_of(&key, items.len())?)),
        _ => Ok(container.get(&key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Node {
        serde_json::from_str(text).unwrap()
    }

    fn patched(document: &str, patch: &str) -> Result<Node, String> {
        let mut document = json(document);
        let operations = parse_operations(&json(patch)).map_err(|error| error.to_string())?;
        apply(&mut document, &operations).map_err(|error| error.to_string())?;
        Ok(document)
    }

    #[test]
    fn operations_change_the_document() {
        let check = |document: &str, patch: &str, want: &str| {
            assert_eq!(patched(document, patch).as_ref(), Ok(&json(want)), "{patch}");
        };
        check(r#"{"a":[1]}"#, "[]", r#"{"a":[1]}"#);
        check(r#"{"a":[1]}"#, r#"[{"op":"add","path":"/a/-","value":2}]"#, r#"{"a":[1,2]}"#);
        check(r#"{"a":[1]}"#, r#"[{"op":"add","path":"/a/0","value":2}]"#, r#"{"a":[2,1]}"#);
        check(r#"{"a":[1]}"#, r#"[{"op":"add","path":"/a/1","value":2}]"#, r#"{"a":[1,2]}"#);
        check(r#"{"a":[1]}"#, r#"[{"op":"add","path":"/a/-1","value":2}]"#, r#"{"a":[1,2]}"#);
        check(r#"{"a":[1]}"#, r#"[{"op":"add","path":"/a/-2","value":2}]"#, r#"{"a":[2,1]}"#);
        check(r#"{"a":[1,2]}"#, r#"[{"op":"remove","path":"/a/-1"}]"#, r#"{"a":[1]}"#);
        check("{}", r#"[{"op":"replace","path":"/a","value":2}]"#, r#"{"a":2}"#);
        check("{}", r#"[{"op":"add","path":"/a"}]"#, r#"{"a":null}"#);
        check("{}", r#"[{"op":"add","path":"spec/x","value":1}]"#, r#"{"x":1}"#);
        check("{}", r#"[{"op":"add","path":"/a~1b~0","value":1}]"#, r#"{"a/b~":1}"#);
        check(r#"{"a":1}"#, r#"[{"op":"move","from":"/a","path":"/b"}]"#, r#"{"b":1}"#);
        check(r#"{"a":1}"#, r#"[{"op":"copy","from":"/a","path":"/b"}]"#, r#"{"a":1,"b":1}"#);
        check("{}", r#"[{"op":"copy","from":"/a","path":"/b"}]"#, r#"{"b":null}"#);
        check(r#"{"a":1}"#, r#"[{"op":"replace","path":"","value":{"b":2}}]"#, r#"{"b":2}"#);
        check(
            r#"{"a":{"b":[1]}}"#,
            r#"[{"op":"test","path":"/a","value":{"b":[1]}}]"#,
            r#"{"a":{"b":[1]}}"#,
        );
        check("{}", r#"[{"op":"test","path":"/a","value":null}]"#, "{}");
    }

    #[test]
    fn operations_that_do_not_fit_say_which_and_why() {
        let check = |document: &str, patch: &str, want: &str| {
            let error = patched(document, patch).unwrap_err();
            assert!(error.contains(want), "{patch}: {error}");
        };
        check(
            "{}",
            r#"[{"op":"remove","path":"/a"}]"#,
            "operation 0 of the JSON patch, remove \"/a\"",
        );
        check("{}", r#"[{"op":"remove","path":"/a"}]"#, "no key \"a\"");
        check("{}", r#"[{"op":"add","path":"/a/b","value":1}]"#, "no \"a\" on the way");
        check(r#"{"a":1}"#, r#"[{"op":"add","path":"/a/b","value":1}]"#, "neither a mapping");
        check(r#"{"a":[]}"#, r#"[{"op":"add","path":"/a/1","value":1}]"#, "outside");
        check(r#"{"a":[1]}"#, r#"[{"op":"add","path":"/a/-3","value":1}]"#, "outside");
        check(r#"{"a":[1]}"#, r#"[{"op":"replace","path":"/a/-","value":1}]"#, "not an index");
        check(r#"{"a":1}"#, r#"[{"op":"test","path":"/a","value":2}]"#, "another");
        check("{}", r#"[{"op":"add","path":"","value":1}]"#, "start with");
        check("{}", r#"[{"op":"replace","path":"","value":1}]"#, "mapping or a list");
        check("{}", r#"[{"op":"add","path":"/a"},{"op":"put","path":"/a"}]"#, "operation 1");
        check("{}", r#"[{"op":"add"}]"#, "path is missing");
        check("{}", "[1]", "must be a mapping");
        check("{}", r#"{"op":"add"}"#, "must be a list");
    }

    #[test]
    fn numbers_lose_what_a_float_cannot_hold() {
        let mut document = json(r#"{"a":[9007199254740993,12345678901234567890,3,0.5]}"#);
        numbers_through_f64(&mut document);
        assert_eq!(document, json(r#"{"a":[9007199254740992,12345678901234567000,3,0.5]}"#));
    }
}
