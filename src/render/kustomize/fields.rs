//! Decoding of the kustomization file's structures, as strict as kustomize v5.8.2: field names
//! in any case, unknown fields refused, values never converted, `null` is as good as absent.
//! Every error names file and line. What the fields mean is [`super::kustomization`]'s business.

use std::collections::BTreeMap;

use super::error::{KustomizeError, Problem};
use crate::yaml::{Node, Position, SourceMap, Text, Value};

/// A value and where it was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) position: Position,
}

/// Decodes values of one source; holds what positions need to become `file:line`.
#[derive(Clone, Copy)]
pub(super) struct Decoder<'a> {
    pub(super) files: &'a SourceMap,
}

/// A present field: its proper spelling and its value, which is not `null`.
pub(super) type Field<'a> = (&'static str, &'a Node);

impl Decoder<'_> {
    /// The present fields of a structure, in the order Go's decoder takes them, so that of two
    /// spellings of one field the same one wins.
    pub(super) fn fields<'a>(
        self,
        node: &'a Node,
        owner: &'static str,
        known: &'static [&'static str],
    ) -> Result<Vec<Field<'a>>, KustomizeError> {
        let Some(mapping) = node.as_mapping() else {
            return Err(self.wrong_type(owner, node, "a map"));
        };
        let mut entries: Vec<_> = mapping.iter().collect();
        entries.sort_by_key(|(key, _)| *key);
        let mut fields = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let Some(name) = known.iter().find(|name| name.eq_ignore_ascii_case(key)) else {
                return Err(self.unknown_field(key, value, node, owner, known));
            };
            if !value.is_null() {
                fields.push((*name, value));
            }
        }
        Ok(fields)
    }

    /// A string.
    pub(super) fn string(self, (name, node): Field) -> Result<String, KustomizeError> {
        match node.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(self.wrong_type(name, node, "a string")),
        }
    }

    /// A boolean.
    pub(super) fn boolean(self, (name, node): Field) -> Result<bool, KustomizeError> {
        node.as_bool().ok_or_else(|| self.wrong_type(name, node, "true or false"))
    }

    /// A whole number.
    pub(super) fn integer(self, (name, node): Field) -> Result<i64, KustomizeError> {
        node.as_i64().ok_or_else(|| self.wrong_type(name, node, "a whole number"))
    }

    /// A list.
    pub(super) fn list(self, (name, node): Field<'_>) -> Result<&[Node], KustomizeError> {
        node.as_sequence().ok_or_else(|| self.wrong_type(name, node, "a list"))
    }

    /// A list of strings.
    pub(super) fn strings(self, field: Field) -> Result<Vec<Located<String>>, KustomizeError> {
        let item = |node: &Node| {
            let value = if node.is_null() { String::new() } else { self.string((field.0, node))? };
            Ok(Located { value, position: node.position })
        };
        self.list(field)?.iter().map(item).collect()
    }

    /// A map of strings.
    pub(super) fn string_map(
        self,
        field: Field,
    ) -> Result<BTreeMap<String, String>, KustomizeError> {
        let Some(mapping) = field.1.as_mapping() else {
            return Err(self.wrong_type(field.0, field.1, "a map of strings"));
        };
        let entry = |(key, node): (&Text, &Node)| {
            if matches!(&**key, "true" | "false") {
                let message = format!(
                    "`{}` has the key `{key}`, which Kustomize cannot write; y, n, yes, no, on and \
                     off read as booleans here, put them in quotes",
                    field.0
                );
                return Err(KustomizeError::invalid(self.place(node), message));
            }
            let found = || {
                KustomizeError::at(
                    self.place(node),
                    Problem::WrongType {
                        field: format!("{}.{key}", field.0),
                        wanted: "a string (put it in quotes)",
                        found: type_name(node),
                    },
                )
            };
            let value = match node.as_str() {
                Some(text) => text.to_owned(),
                None if node.is_null() => String::new(),
                None => return Err(found()),
            };
            Ok((key.to_string(), value))
        };
        mapping.iter().map(entry).collect()
    }

    /// `file:line` of a node.
    pub(super) fn place(self, node: &Node) -> String {
        self.files.describe(node.position)
    }

    /// The error for a value of the wrong type.
    pub(super) fn wrong_type(
        self,
        field: &str,
        node: &Node,
        wanted: &'static str,
    ) -> KustomizeError {
        let found = type_name(node);
        KustomizeError::at(
            self.place(node),
            Problem::WrongType { field: field.to_owned(), wanted, found },
        )
    }

    fn unknown_field(
        self,
        key: &str,
        value: &Node,
        parent: &Node,
        owner: &'static str,
        known: &'static [&'static str],
    ) -> KustomizeError {
        let place = if value.position.line > 0 { self.place(value) } else { self.place(parent) };
        let nearest = nearest(key, known);
        KustomizeError::at(place, Problem::UnknownField { field: key.to_owned(), owner, nearest })
    }
}

fn type_name(node: &Node) -> &'static str {
    match &node.value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Sequence(_) => "a list",
        Value::Mapping(_) => "a map",
    }
}

/// The known name spelt most like `key`, unless none is near.
fn nearest(key: &str, known: &'static [&'static str]) -> Option<&'static str> {
    let key = key.to_ascii_lowercase();
    let distance = |name: &&&str| edit_distance(&key, &name.to_ascii_lowercase());
    let best = known.iter().min_by_key(distance)?;
    (distance(&best) <= 1 + best.len() / 4).then_some(*best)
}

/// How many insertions, deletions and replacements lead from one word to the other.
fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, left) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_field_is_offered_only_when_it_is_near() {
        let check = |key: &str, expected: Option<&str>| {
            assert_eq!(nearest(key, &["resources", "namePrefix", "images"]), expected, "{key}");
        };
        check("resource", Some("resources"));
        check("nameprefx", Some("namePrefix"));
        check("image", Some("images"));
        check("helmStuff", None);
    }

    #[test]
    fn edit_distance_counts_single_changes() {
        let check = |from: &str, to: &str, expected: usize| {
            assert_eq!(edit_distance(from, to), expected, "{from} {to}");
        };
        check("", "abc", 3);
        check("kitten", "sitting", 3);
        check("same", "same", 0);
    }
}
