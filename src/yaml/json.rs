//! Nodes to JSON text as Go's `encoding/json` writes it, and JSON text to nodes.
//!
//! [`to_json`] is the form that hashes and last-applied annotations are made of: compact, keys
//! sorted by their bytes. [`to_json_pretty`] is for people and keeps the order of the keys.

use super::error::{YamlError, YamlErrorKind};
use super::node::{FileId, Mapping, Node, Position, Text, Value};

/// Whether `<`, `>` and `&` are written as `\u00XX`, as Go does unless told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HtmlEscapes {
    /// As `json.Marshal` does.
    Written,
    /// As an encoder with `SetEscapeHTML(false)` does.
    Omitted,
}

/// Compact JSON with sorted keys and Go's HTML escapes.
#[must_use]
pub fn to_json(node: &Node) -> String {
    let mut text = String::new();
    append_json(node, HtmlEscapes::Written, &mut text);
    text
}

/// Adds compact JSON with sorted keys to `text`.
pub fn append_json(node: &Node, escapes: HtmlEscapes, text: &mut String) {
    match &node.value {
        Value::Sequence(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                append_json(item, escapes, text);
            }
            text.push(']');
        }
        Value::Mapping(mapping) => {
            text.push('{');
            let mut entries: Vec<_> = mapping.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                append_string(key, escapes, text);
                text.push(':');
                append_json(value, escapes, text);
            }
            text.push('}');
        }
        _ => append_scalar(node, escapes, text),
    }
}

/// JSON indented by two blanks, keys in the order they were written, no newline at the end.
#[must_use]
pub fn to_json_pretty(node: &Node) -> String {
    let mut text = String::new();
    append_pretty(node, 0, &mut text);
    text
}

fn append_pretty(node: &Node, depth: usize, text: &mut String) {
    match &node.value {
        Value::Sequence(items) if !items.is_empty() => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { ",\n" } else { "\n" });
                append_indent(depth + 1, text);
                append_pretty(item, depth + 1, text);
            }
            text.push('\n');
            append_indent(depth, text);
            text.push(']');
        }
        Value::Mapping(mapping) if !mapping.is_empty() => {
            append_pretty_mapping(mapping, depth, text);
        }
        _ => append_json(node, HtmlEscapes::Written, text),
    }
}

fn append_pretty_mapping(mapping: &Mapping, depth: usize, text: &mut String) {
    text.push('{');
    for (index, (key, value)) in mapping.iter().enumerate() {
        text.push_str(if index > 0 { ",\n" } else { "\n" });
        append_indent(depth + 1, text);
        append_string(key, HtmlEscapes::Written, text);
        text.push_str(": ");
        append_pretty(value, depth + 1, text);
    }
    text.push('\n');
    append_indent(depth, text);
    text.push('}');
}

fn append_indent(depth: usize, text: &mut String) {
    for _ in 0..depth {
        text.push_str("  ");
    }
}

fn append_scalar(node: &Node, escapes: HtmlEscapes, text: &mut String) {
    match &node.value {
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => text.push_str(&number.json_text()),
        Value::String(string) => append_string(string, escapes, text),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) => text.push_str("null"),
    }
}

fn append_string(string: &str, escapes: HtmlEscapes, text: &mut String) {
    text.push('"');
    let mut written = 0;
    for (index, character) in string.char_indices() {
        let short = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\u{2028}' => "\\u2028",
            '\u{2029}' => "\\u2029",
            '\0'..='\u{1f}' => "",
            '<' | '>' | '&' if escapes == HtmlEscapes::Written => "",
            _ => continue,
        };
        text.push_str(&string[written..index]);
        if short.is_empty() {
            let code = format!("\\u{:04x}", u32::from(character));
            text.push_str(&code);
        } else {
            text.push_str(short);
        }
        written = index + character.len_utf8();
    }
    text.push_str(&string[written..]);
    text.push('"');
}

/// Reads strict JSON. Its nodes know their file but not their line.
///
/// # Errors
/// When the text is not one JSON value.
pub fn read_json(text: &str, file: FileId, file_name: &Text) -> Result<Node, YamlError> {
    let mut node: Node = serde_json::from_str(text).map_err(|error| {
        // serde_json repeats the place at the end of its message.
        let full = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = full.strip_suffix(&place).unwrap_or(&full);
        YamlError::new(YamlErrorKind::Syntax, message)
            .at(text, error.line(), error.column().max(1))
            .in_file(file_name)
    })?;
    if file != FileId::NONE {
        place_in(&mut node, Position { file, line: 0 });
    }
    Ok(node)
}

fn place_in(node: &mut Node, position: Position) {
    node.position = position;
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(|item| place_in(item, position)),
        Value::Mapping(mapping) => {
            mapping.iter_mut().for_each(|(_, item)| place_in(item, position));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Node {
        read_json(text, FileId::NONE, &"a.json".into()).unwrap()
    }

    #[test]
    fn compact_json_sorts_keys_and_escapes_html() {
        let node = read(r#"{"b":[1,2.50,null,true],"a":"<&>\u2028\u0001\n\"","a2":{}}"#);
        let want = r#"{"a":"\u003c\u0026\u003e\u2028\u0001\n\"","a2":{},"b":[1,2.5,null,true]}"#;
        assert_eq!(to_json(&node), want);
        let mut text = String::new();
        append_json(&read(r#""<&>""#), HtmlEscapes::Omitted, &mut text);
        assert_eq!(text, r#""<&>""#);
    }

    #[test]
    fn pretty_json_keeps_the_order() {
        let node = read(r#"{"b":[1,{"c":[]}],"a":{}}"#);
        let want = "{\n  \"b\": [\n    1,\n    {\n      \"c\": []\n    }\n  ],\n  \"a\": {}\n}";
        assert_eq!(to_json_pretty(&node), want);
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        assert_eq!(to_json(&read(r#"{"a":1,"b":2,"a":3}"#)), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn floats_keep_their_last_digit() {
        for text in ["-1.0922977747574581e+23", "0.30000000000000004", "5.123456789012345e-17"] {
            assert_eq!(to_json(&read(text)), text);
        }
    }

    #[test]
    fn an_error_names_file_line_and_column() {
        let error = read_json("{\n  \"a\": x\n}", FileId::NONE, &"a.json".into()).unwrap_err();
        assert_eq!(error.to_string(), "a.json:2:8: expected value");
    }
}
