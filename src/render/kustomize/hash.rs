//! The suffix of generated ConfigMaps and Secrets: a hash of their content. The name is no part
//! of it, as in kustomize v5.8.2, which looks for it in the wrong place.

use sha2::{Digest, Sha256};

use super::resource_id::scalar_text;
use crate::yaml::json::to_json;
use crate::yaml::{Mapping, Node, Value};

/// How many characters of the hash a name gets.
const LENGTH: usize = 10;

/// The suffix for a ConfigMap or Secret; other kinds have none.
pub(super) fn suffix(node: &Node) -> Option<String> {
    let kind = node.get("kind")?.as_str()?;
    let extra = match kind {
        "ConfigMap" => "binaryData",
        "Secret" => "stringData",
        _ => return None,
    };
    let mut content = Mapping::default();
    content.push("kind".into(), kind.into());
    content.push("name".into(), "".into());
    content.push("data".into(), field(node, "data"));
    if node.get(extra).is_some_and(|value| value.as_mapping().is_some()) {
        content.push(extra.into(), field(node, extra));
    }
    if kind == "Secret" {
        content.push("type".into(), field(node, "type"));
    }
    Some(encode(&to_json(&content.into())))
}

/// The value of a field: maps as they are, a missing field as the empty string.
fn field(node: &Node, name: &str) -> Node {
    match node.get(name) {
        None => "".into(),
        Some(value) => match &value.value {
            Value::Mapping(_) => value.clone(),
            Value::Sequence(_) => Node::null(),
            _ => scalar_text(value).into(),
        },
    }
}

/// The first hexadecimal digits of the SHA-256, without those that could spell a word.
fn encode(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let letter = |digit: u8| match digit {
        0 => 'g',
        1 => 'h',
        3 => 'k',
        10 => 'm',
        14 => 't',
        other => char::from_digit(u32::from(other), 16).unwrap_or('g'),
    };
    digits.take(LENGTH).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: Option<&str>) {
        let node: Node = serde_json::from_str(json).unwrap();
        assert_eq!(suffix(&node).as_deref(), expected, "{json}");
    }

    #[test]
    fn the_same_data_has_the_same_suffix_whatever_the_name() {
        let expected = Some("h29d89cmmt");
        check(r#"{"kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1"}}"#, expected);
        check(r#"{"kind":"ConfigMap","metadata":{"name":"y"},"data":{"a":"1"}}"#, expected);
    }

    #[test]
    fn a_secret_hashes_its_type() {
        check(r#"{"kind":"Secret","type":"Opaque","data":{"a":"MQ=="}}"#, Some("25khgmg44c"));
        check(r#"{"kind":"Service"}"#, None);
    }
}
