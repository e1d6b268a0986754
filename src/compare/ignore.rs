//! `ignoreDifferences`: parts of an object that do not count.
//!
//! JSON pointers work as in Argo CD: a missing path is fine, lists take indexes only. Rules by jq
//! expression or by field manager cannot be followed yet: an object they speak of is not judged
//! when it differs.

use serde::Deserialize;

use crate::model::ResourceKey;
use crate::support::glob::{Glob, Separator};
use crate::support::json_pointer::JsonPointer;
use crate::yaml::{Node, Value};

/// One entry of `spec.ignoreDifferences`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct IgnoreRule {
    group: String,
    kind: String,
    name: String,
    namespace: String,
    json_pointers: Vec<String>,
    jq_path_expressions: Vec<String>,
    managed_fields_managers: Vec<String>,
}

/// The rules of an Application.
#[derive(Clone, Debug, Default)]
pub(super) struct IgnoreRules {
    rules: Vec<CompiledRule>,
    /// Entries that could not be read, in words.
    pub(super) problems: Vec<String>,
}

#[derive(Clone, Debug)]
struct CompiledRule {
    group: Glob,
    kind: Glob,
    pointers: Vec<JsonPointer>,
    rule: IgnoreRule,
}

impl IgnoreRules {
    /// Reads the entries of `spec.ignoreDifferences`.
    pub(super) fn parse(entries: &[Node]) -> Self {
        let mut rules = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            match CompiledRule::parse(entry) {
                Ok(rule) => rules.rules.push(rule),
                Err(problem) => {
                    rules.problems.push(format!("spec.ignoreDifferences[{index}]: {problem}"));
                }
            }
        }
        rules
    }

    /// Removes what does not count for the object called `key`.
    pub(super) fn strip(&self, key: &ResourceKey, object: &mut Node) {
        for rule in self.matching(key) {
            rule.pointers.iter().for_each(|pointer| remove_at(object, pointer.segments()));
        }
    }

    /// Whether any rule speaks of the object.
    pub(super) fn concern(&self, key: &ResourceKey) -> bool {
        self.matching(key).next().is_some()
    }

    /// The field of a rule for this object that cannot be followed yet.
    pub(super) fn unsupported(&self, key: &ResourceKey) -> Option<&'static str> {
        self.matching(key).find_map(|CompiledRule { rule, .. }| {
            if !rule.jq_path_expressions.is_empty() {
                Some("jqPathExpressions")
            } else if !rule.managed_fields_managers.is_empty() {
                Some("managedFieldsManagers")
            } else {
                None
            }
        })
    }

    fn matching(&self, key: &ResourceKey) -> impl Iterator<Item = &CompiledRule> {
        self.rules.iter().filter(|CompiledRule { group, kind, rule, .. }| {
            (rule.name.is_empty() || *rule.name == *key.name)
                && (rule.namespace.is_empty() || *rule.namespace == *key.namespace)
                && kind.matches(&key.kind)
                && group.matches(&key.group)
        })
    }
}

impl CompiledRule {
    fn parse(entry: &Node) -> Result<Self, String> {
        let rule: IgnoreRule = entry.decode().map_err(|error| error.to_string())?;
        let glob =
            |pattern: &str| Glob::new(pattern, Separator::None).map_err(|error| error.to_string());
        let pointers = rule.json_pointers.iter().map(|pointer| JsonPointer::parse(pointer));
        Ok(Self {
            group: glob(&rule.group)?,
            kind: glob(&rule.kind)?,
            pointers: pointers.collect::<Result<_, _>>().map_err(|error| error.to_string())?,
            rule,
        })
    }
}

/// Removes what the segments of a pointer lead to, if it is there. The whole document stays.
fn remove_at(object: &mut Node, segments: &[String]) {
    let Some((last, parents)) = segments.split_last() else { return };
    let Some(parent) = parents.iter().try_fold(object, |node, segment| step(node, segment)) else {
        return;
    };
    match &mut parent.value {
        Value::Mapping(mapping) => {
            mapping.remove(last);
        }
        Value::Sequence(items) => {
            if let Some(index) = last.parse().ok().filter(|index: &usize| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}

fn step<'a>(node: &'a mut Node, segment: &str) -> Option<&'a mut Node> {
    match &mut node.value {
        Value::Mapping(mapping) => mapping.get_mut(segment),
        Value::Sequence(items) => items.get_mut(segment.parse::<usize>().ok()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Node {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn pointers_remove_what_they_point_at() {
        let check = |pointer: &str, want: &str| {
            let mut object = read(r#"{"spec":{"a/b":1,"list":[{"x":1},{"x":2}]}}"#);
            let pointer = JsonPointer::parse(pointer).unwrap();
            remove_at(&mut object, pointer.segments());
            assert_eq!(object, read(want), "{pointer}");
        };
        check("/spec/a~1b", r#"{"spec":{"list":[{"x":1},{"x":2}]}}"#);
        check("/spec/list/0", r#"{"spec":{"a/b":1,"list":[{"x":2}]}}"#);
        check("/spec/list/1/x", r#"{"spec":{"a/b":1,"list":[{"x":1},{}]}}"#);
        check("/spec/missing/x", r#"{"spec":{"a/b":1,"list":[{"x":1},{"x":2}]}}"#);
        check("/spec", "{}");
    }

    #[test]
    fn rules_match_by_glob_and_name() {
        let rules = IgnoreRules::parse(&[
            read(r#"{"group":"apps","kind":"*","name":"web","jsonPointers":["/spec/replicas"]}"#),
            read(r#"{"kind":"Secret","jqPathExpressions":[".data"]}"#),
        ]);
        let key = |group, kind, name| ResourceKey::new(group, kind, "a", name);
        assert!(rules.concern(&key("apps", "Deployment", "web")));
        assert!(!rules.concern(&key("apps", "Deployment", "api")));
        assert!(!rules.concern(&key("", "Deployment", "web")));
        assert_eq!(rules.unsupported(&key("", "Secret", "x")), Some("jqPathExpressions"));
        assert_eq!(rules.unsupported(&key("apps", "Deployment", "web")), None);
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_named() {
        let rules = IgnoreRules::parse(&[read(r#"{"kind":7}"#)]);
        assert!(rules.problems[0].starts_with("spec.ignoreDifferences[0]:"));
    }
}
