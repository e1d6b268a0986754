//! What server-side apply keeps in place of the last-applied annotation: the fields of the live
//! object that Argo CD's field manager applied and nobody else owns. A field among them that Git
//! no longer names goes with the next apply.
//!
//! Reads `metadata.managedFields` as Kubernetes writes them (`FieldsV1`); what cannot be read
//! counts as not owned.

use crate::yaml::{Mapping, Node, Value};

/// The field manager of an apply.
const MANAGER: &str = "argocd-controller";
/// How deep the fields may be nested; the API server refuses deeper objects.
const DEPTH_MAX: usize = 512;

/// The applied part of `live`; `None` when it was never applied on the server's side.
pub(super) fn owned_fields(live: &Node, target: &Node) -> Option<Node> {
    let entries = live.path(&["metadata", "managedFields"])?.as_sequence()?;
    let is_ours = |entry: &&Node| {
        entry.str_at(&["manager"]) == MANAGER
            && entry.str_at(&["operation"]) == "Apply"
            && entry.str_at(&["subresource"]).is_empty()
    };
    let fields = entries.iter().find(is_ours)?.get("fieldsV1")?.as_mapping()?;
    let others = entries.iter().filter(|entry| !is_ours(entry));
    let others: Vec<&Node> = others.filter_map(|entry| entry.get("fieldsV1")).collect();
    Some(extract(live, Some(target), fields, &others, 0))
}

fn extract(
    live: &Node,
    target: Option<&Node>,
    fields: &Mapping,
    others: &[&Node],
    depth: usize,
) -> Node {
    match &live.value {
        _ if depth > DEPTH_MAX => Node::null(),
        Value::Mapping(live) => extract_mapping(live, target, fields, others, depth).into(),
        Value::Sequence(items) => extract_items(items, target, fields, others, depth).into(),
        _ => live.clone(),
    }
}

fn extract_mapping(
    live: &Mapping,
    target: Option<&Node>,
    fields: &Mapping,
    others: &[&Node],
    depth: usize,
) -> Mapping {
    let mut owned = Mapping::default();
    for (field, below) in fields.iter() {
        let Some(name) = field.strip_prefix("f:") else { continue };
        let (Some(value), Some(below)) = (live.get(name), below.as_mapping()) else { continue };
        let wanted = target.and_then(|target| target.get(name));
        let others: Vec<&Node> = others.iter().filter_map(|other| other.get(field)).collect();
        if !below.is_empty() {
            owned.push(name.into(), extract(value, wanted, below, &others, depth + 1));
        } else if others.is_empty() {
            owned.push(name.into(), whole(value, wanted));
        }
    }
    owned
}

/// A value that is owned as a whole. What the server filled in is owned with it, so a list, or
/// a mapping that Git leaves empty, is taken to have been applied as Git says.
fn whole(live: &Node, target: Option<&Node>) -> Node {
    let as_in_git = target.filter(|target| match &target.value {
        Value::Sequence(_) => true,
        Value::Mapping(mapping) => mapping.is_empty(),
        _ => false,
    });
    as_in_git.unwrap_or(live).clone()
}

/// The items of a list that were applied, in the order of the live one. An item that somebody
/// else set too stays on the server when it leaves Git.
fn extract_items(
    items: &[Node],
    target: Option<&Node>,
    fields: &Mapping,
    others: &[&Node],
    depth: usize,
) -> Vec<Node> {
    let mut owned = Vec::new();
    let wanted = target.and_then(Node::as_sequence).unwrap_or_default();
    for item in items {
        let found = fields.iter().find(|(field, _)| names_item(field, item));
        let Some((field, below)) = found else { continue };
        let wanted = wanted.iter().find(|wanted| names_item(field, wanted));
        let others: Vec<&Node> = others.iter().filter_map(|other| other.get(field)).collect();
        let shared = |other: &&Node| {
            other.get(".").is_some() || other.as_mapping().is_some_and(Mapping::is_empty)
        };
        match below.as_mapping() {
            _ if others.iter().any(shared) => {}
            Some(below) if !below.is_empty() => {
                let item = extract(item, wanted, below, &others, depth + 1);
                owned.push(with_keys(field, item));
            }
            _ => owned.push(item.clone()),
        }
    }
    owned
}

/// Whether `k:{"name":"web"}` or `v:"value"` stands for the item.
fn names_item(field: &str, item: &Node) -> bool {
    if let Some(value) = field.strip_prefix("v:") {
        return parse(value).is_some_and(|value| value == *item);
    }
    let keys = field.strip_prefix("k:").and_then(parse);
    let keys = keys.as_ref().and_then(Node::as_mapping);
    keys.is_some_and(|keys| keys.iter().all(|(key, value)| item.get(key) == Some(value)))
}

/// The item with the keys it is known by, whoever owns those.
fn with_keys(field: &str, mut item: Node) -> Node {
    let keys = field.strip_prefix("k:").and_then(parse);
    for (key, value) in keys.as_ref().and_then(Node::as_mapping).into_iter().flat_map(Mapping::iter)
    {
        item.set(&[&**key], value.clone());
    }
    item
}

fn parse(json: &str) -> Option<Node> {
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without a target: what was applied is all gone from Git.
    fn check(live: &str, ours: &str, theirs: &str, want: &str) {
        check_beside("{}", live, ours, theirs, want);
    }

    fn check_beside(target: &str, live: &str, ours: &str, theirs: &str, want: &str) {
        let read = |text: &str| serde_json::from_str::<Node>(text).unwrap();
        let mut object = read(live);
        let entries = format!(
            r#"[{{"manager":"argocd-controller","operation":"Apply","fieldsV1":{ours}}},
                {{"manager":"kubectl","operation":"Update","fieldsV1":{theirs}}}]"#
        );
        object.set(&["metadata", "managedFields"], read(&entries));
        assert_eq!(owned_fields(&object, &read(target)), Some(read(want)));
    }

    #[test]
    fn fields_are_owned_one_by_one() {
        check(
            r#"{"data":{"a":"1","b":"2","c":"3"}}"#,
            r#"{"f:data":{"f:a":{},"f:b":{},"f:absent":{}}}"#,
            r#"{"f:data":{"f:b":{},"f:c":{}}}"#,
            r#"{"data":{"a":"1"}}"#,
        );
    }

    #[test]
    fn items_are_known_by_their_keys_and_values() {
        check(
            r#"{"list":[{"name":"a","x":1},{"name":"b","x":2},{"name":"c"}],"set":["p","q"]}"#,
            r#"{"f:list":{"k:{\"name\":\"b\"}":{".":{},"f:x":{}},"k:{\"name\":\"c\"}":{".":{},"f:name":{}}},
                "f:set":{"v:\"q\"":{}}}"#,
            r#"{"f:list":{"k:{\"name\":\"c\"}":{".":{},"f:name":{}}}}"#,
            r#"{"list":[{"x":2,"name":"b"}],"set":["q"]}"#,
        );
    }

    #[test]
    fn defaults_inside_a_value_applied_as_a_whole_are_not_taken_for_applied() {
        check_beside(
            r#"{"spec":{},"list":[{"a":1}],"map":{"b":"2"}}"#,
            r#"{"spec":{"replicas":1},"list":[{"a":1,"default":true}],"map":{"a":"1","b":"2"}}"#,
            r#"{"f:spec":{},"f:list":{},"f:map":{}}"#,
            "{}",
            r#"{"spec":{},"list":[{"a":1}],"map":{"a":"1","b":"2"}}"#,
        );
    }

    #[test]
    fn an_object_never_applied_owns_nothing() {
        let object: Node = serde_json::from_str(r#"{"data":{"a":"1"}}"#).unwrap();
        assert_eq!(owned_fields(&object, &object), None);
    }
}
