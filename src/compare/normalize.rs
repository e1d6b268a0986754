//! Brings target and last-applied into the form the API server keeps: Secrets without
//! `stringData`, no creation time, no status.
//!
//! Empty values, quantities and defaults are dealt with where the two sides meet, in
//! [`three_way`](super::three_way), because what they mean depends on the other side.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::yaml::{Mapping, Node, Text, Value};

/// What becomes of `status` in a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// It does not count.
    Ignored,
    /// It is part of the object.
    Kept,
}

/// The manifest as the server would take it.
pub(super) fn normalize(manifest: &Node, status: Status) -> Node {
    let mut object = manifest.clone();
    if status == Status::Ignored {
        object.remove(&["status"]);
    }
    object.remove(&["metadata", "creationTimestamp"]);
    if is_secret(&object) {
        fold_string_data(&mut object);
    }
    object
}

/// Whether the object is a core Secret.
pub(super) fn is_secret(object: &Node) -> bool {
    object.kind() == "Secret" && object.group().is_empty()
}

/// Moves `stringData` into `data`, as the server does on a write; null stands for empty.
pub(super) fn fold_string_data(secret: &mut Node) {
    let mut data = Mapping::default();
    for (key, value) in secret.remove(&["data"]).and_then(into_mapping).unwrap_or_default() {
        data.insert(key, normalize_base64(&value));
    }
    let string_data = secret.remove(&["stringData"]).and_then(into_mapping).unwrap_or_default();
    for (key, value) in string_data {
        let encoded = STANDARD.encode(value.as_str().unwrap_or("").as_bytes());
        data.insert(key, encoded.into());
    }
    if !data.is_empty() {
        secret.set(&["data"], Node::from(data));
    }
}

/// Base64 without the line breaks that decoders skip.
fn normalize_base64(value: &Node) -> Node {
    match &value.value {
        Value::Null => Text::from("").into(),
        Value::String(text) if text.contains(['\n', '\r']) => text.replace(['\n', '\r'], "").into(),
        _ => value.clone(),
    }
}

fn into_mapping(node: Node) -> Option<Mapping> {
    match node.value {
        Value::Mapping(mapping) => Some(mapping),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(manifest: &str, want: &str) {
        let read = |text: &str| serde_json::from_str::<Node>(text).unwrap();
        assert_eq!(normalize(&read(manifest), Status::Ignored), read(want));
    }

    #[test]
    fn string_data_becomes_data_and_wins() {
        check(
            r#"{"apiVersion":"v1","kind":"Secret","data":{"a":"b2xk","b":null},"stringData":{"a":"new"}}"#,
            r#"{"apiVersion":"v1","kind":"Secret","data":{"a":"bmV3","b":""}}"#,
        );
    }

    #[test]
    fn other_groups_may_have_secrets_of_their_own() {
        let custom = r#"{"apiVersion":"x.io/v1","kind":"Secret","stringData":{"a":"new"}}"#;
        check(custom, custom);
    }

    #[test]
    fn status_and_creation_time_do_not_count() {
        check(
            r#"{"kind":"A","metadata":{"name":"a","creationTimestamp":null},"status":{"x":1}}"#,
            r#"{"kind":"A","metadata":{"name":"a"}}"#,
        );
    }
}
