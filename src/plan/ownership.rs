//! Whether a server-side apply would change nothing: every field of the target is owned by our
//! manager with an equal value, and our manager owns nothing else.
//!
//! Read from `metadata.managedFields` (FieldsV1). Anything that is not plainly so counts as a
//! change: then the request is sent, which is never wrong.

use crate::yaml::{Mapping, Node, Value};

/// Fields that identify an object; no manager owns them.
const IDENTITY: [&[&str]; 4] =
    [&["apiVersion"], &["kind"], &["metadata", "name"], &["metadata", "namespace"]];

/// Whether applying `target` over `live` as `manager` would provably change nothing.
pub fn apply_changes_nothing(target: &Node, live: &Node, manager: &str) -> bool {
    let Some(owned) = owned_fields(live, target.api_version(), manager) else { return false };
    let mut target = target.clone();
    let mut live = live.clone();
    for path in IDENTITY {
        target.remove(path);
        live.remove(path);
    }
    is_owned_and_equal(&target, &live, owned)
}

/// The fields `manager` has applied in `api_version`.
fn owned_fields<'a>(live: &'a Node, api_version: &str, manager: &str) -> Option<&'a Mapping> {
    let entries = live.path(&["metadata", "managedFields"])?.as_sequence()?;
    let ours = entries.iter().find(|entry| {
        entry.str_at(&["manager"]) == manager
            && entry.str_at(&["operation"]) == "Apply"
            && entry.str_at(&["subresource"]).is_empty()
            && entry.str_at(&["apiVersion"]) == api_version
    })?;
    ours.get("fieldsV1")?.as_mapping()
}

fn is_owned_and_equal(target: &Node, live: &Node, owned: &Mapping) -> bool {
    if own_children(owned).next().is_none() {
        // A leaf, or a part that is owned as a whole.
        return target == live;
    }
    match (&target.value, &live.value) {
        (Value::Mapping(target), Value::Mapping(live)) => is_mapping_equal(target, live, owned),
        (Value::Sequence(target), Value::Sequence(live)) => is_list_equal(target, live, owned),
        _ => false,
    }
}

fn own_children(owned: &Mapping) -> impl Iterator<Item = (&str, &Mapping)> {
    owned
        .iter()
        .filter(|(key, _)| &***key != ".")
        .filter_map(|(key, node)| Some((&**key, node.as_mapping()?)))
}

fn is_mapping_equal(target: &Mapping, live: &Mapping, owned: &Mapping) -> bool {
    let same_count = own_children(owned).count() == target.len();
    same_count
        && target.iter().all(|(key, wanted)| {
            let fields = owned.get(&format!("f:{key}")).and_then(Node::as_mapping);
            match (live.get(key), fields) {
                (Some(found), Some(fields)) => is_owned_and_equal(wanted, found, fields),
                _ => false,
            }
        })
}

/// Lists with keys (`k:{"name":"app"}`). Sets and positions are left to the server.
fn is_list_equal(target: &[Node], live: &[Node], owned: &Mapping) -> bool {
    let same_count = own_children(owned).count() == target.len();
    same_count
        && own_children(owned).all(|(key, fields)| {
            let Some(key) = key.strip_prefix("k:").and_then(|text| serde_json::from_str(text).ok())
            else {
                return false;
            };
            match (only_match(target, &key), only_match(live, &key)) {
                (Some(wanted), Some(found)) => is_owned_and_equal(wanted, found, fields),
                _ => false,
            }
        })
}

/// The only item with these key fields; a field the item leaves out is taken for its default.
fn only_match<'a>(items: &'a [Node], key: &Node) -> Option<&'a Node> {
    let key = key.as_mapping()?;
    let has_key = |item: &&Node| {
        key.iter().all(|(name, value)| item.get(name).is_none_or(|found| found == value))
    };
    let mut matching = items.iter().filter(has_key);
    matching.next().filter(|_| matching.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Node {
        serde_json::from_str(text).unwrap()
    }

    fn target(spec: &str) -> Node {
        read(&format!(
            r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"web","namespace":"shop",
            "labels":{{"a":"b"}}}},"spec":{spec}}}"#
        ))
    }

    fn live(spec: &str, owned_spec: &str) -> Node {
        let mut live = target(spec);
        live.set(&["status", "replicas"], 1i64);
        let fields = format!(
            r#"[{{"manager":"argocd-controller","operation":"Apply","apiVersion":"apps/v1",
            "fieldsV1":{{"f:metadata":{{"f:labels":{{"f:a":{{}}}}}},"f:spec":{owned_spec}}}}}]"#
        );
        live.set(&["metadata", "managedFields"], read(&fields));
        live
    }

    fn check(target_spec: &str, live_spec: &str, owned: &str, expected: bool) {
        let unchanged = apply_changes_nothing(
            &target(target_spec),
            &live(live_spec, owned),
            "argocd-controller",
        );
        assert_eq!(unchanged, expected, "{target_spec} over {live_spec} owning {owned}");
    }

    #[test]
    fn equal_and_owned_fields_need_no_request() {
        check(
            r#"{"replicas":1}"#,
            r#"{"replicas":1,"paused":false}"#,
            r#"{"f:replicas":{}}"#,
            true,
        );
        check(
            r#"{"ports":[{"port":80}]}"#,
            r#"{"ports":[{"port":80,"protocol":"TCP"}]}"#,
            r#"{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}}}"#,
            true,
        );
    }

    #[test]
    fn other_values_owners_and_leftovers_need_one() {
        check(r#"{"replicas":2}"#, r#"{"replicas":1}"#, r#"{"f:replicas":{}}"#, false);
        check(
            r#"{"replicas":1,"paused":true}"#,
            r#"{"replicas":1,"paused":true}"#,
            r#"{"f:replicas":{}}"#,
            false,
        );
        check(
            r#"{"replicas":1}"#,
            r#"{"replicas":1,"paused":true}"#,
            r#"{"f:replicas":{},"f:paused":{}}"#,
            false,
        );
        check(
            r#"{"ports":[]}"#,
            r#"{"ports":[{"port":80}]}"#,
            r#"{"f:ports":{"k:{\"port\":80}":{".":{},"f:port":{}}}}"#,
            false,
        );
    }

    #[test]
    fn an_object_somebody_else_applied_needs_one() {
        let live = live(r#"{"replicas":1}"#, r#"{"f:replicas":{}}"#);
        assert!(!apply_changes_nothing(&target(r#"{"replicas":1}"#), &live, "kubectl"));
    }
}
