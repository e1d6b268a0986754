//! A difference as text: one header an object, unified hunks of its YAML, three lines of context.
//!
//! Headers are those of `argocd app diff`; the hunks are unified, where argocd runs `diff`. What
//! the server keeps for itself is left out on both sides. Values of Secrets are masked.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, Hunk, InternedInput, Token};

use super::apply::LAST_APPLIED_ANNOTATION;
use super::comparison::Difference;
use super::mask::mask_difference;
use crate::model::ResourceKey;
use crate::yaml::{Mapping, Node, to_yaml};

/// Unchanged lines shown before and after a change.
const CONTEXT_LINES: u32 = 3;
const SERVER_FIELDS: &[&str] =
    &["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"];

/// A blank line, the header and the hunks; `""` when there is nothing to see.
pub fn unified_diff(key: &ResourceKey, difference: &Difference) -> String {
    let mut shown = difference.clone();
    for side in [&mut shown.live, &mut shown.predicted].into_iter().flatten() {
        remove_server_fields(side);
    }
    mask_difference(&mut shown);
    let text = |side: &Option<Node>| side.as_ref().map(to_yaml).unwrap_or_default();
    let hunks = diff_lines(&text(&shown.live), &text(&shown.predicted));
    if hunks.is_empty() { hunks } else { format!("\n{}\n{hunks}", header(key)) }
}

/// `===== apps/Deployment production/web ======`.
fn header(key: &ResourceKey) -> String {
    let ResourceKey { group, kind, namespace, name } = key;
    format!("===== {group}/{kind} {namespace}/{name} ======")
}

fn remove_server_fields(object: &mut Node) {
    object.remove(&["status"]);
    for field in SERVER_FIELDS {
        object.remove(&["metadata", field]);
    }
    object.remove(&["metadata", "annotations", LAST_APPLIED_ANNOTATION]);
    let annotations = object.path(&["metadata", "annotations"]).and_then(Node::as_mapping);
    if annotations.is_some_and(Mapping::is_empty) {
        object.remove(&["metadata", "annotations"]);
    }
}

/// The unified hunks between two texts, without file names.
fn diff_lines(before: &str, after: &str) -> String {
    let input = InternedInput::new(before, after);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let mut text = String::new();
    for group in group_changes(diff.hunks()) {
        append_hunk(&mut text, &group, &input);
    }
    text
}

/// Changes so near each other that their context touches.
fn group_changes(changes: impl Iterator<Item = Hunk>) -> Vec<Vec<Hunk>> {
    let mut groups: Vec<Vec<Hunk>> = Vec::new();
    for change in changes {
        let near = |group: &&mut Vec<Hunk>| {
            group.last().is_some_and(|last| {
                change.before.start.saturating_sub(last.before.end) <= 2 * CONTEXT_LINES
            })
        };
        match groups.last_mut().filter(near) {
            Some(group) => group.push(change),
            None => groups.push(vec![change]),
        }
    }
    groups
}

fn append_hunk(text: &mut String, changes: &[Hunk], input: &InternedInput<&str>) {
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return };
    let total = u32::try_from(input.before.len()).unwrap_or(u32::MAX);
    let lead = first.before.start.min(CONTEXT_LINES);
    let trail = (total - last.before.end).min(CONTEXT_LINES);
    let range = |start: u32, end: u32| {
        let (start, len) = (start - lead, end + trail - (start - lead));
        // An empty side starts at the line before it, as in every unified diff.
        let first_line = if len == 0 { start } else { start + 1 };
        format!("{first_line},{len}")
    };
    let before = range(first.before.start, last.before.end);
    let after = range(first.after.start, last.after.end);
    text.push_str(&["@@ -", &before, " +", &after, " @@\n"].concat());
    let mut position = first.before.start - lead;
    for change in changes {
        append_lines(text, ' ', position..change.before.start, &input.before, input);
        append_lines(text, '-', change.before.clone(), &input.before, input);
        append_lines(text, '+', change.after.clone(), &input.after, input);
        position = change.before.end;
    }
    append_lines(text, ' ', position..position + trail, &input.before, input);
}

fn append_lines(
    text: &mut String,
    sign: char,
    range: Range<u32>,
    tokens: &[Token],
    input: &InternedInput<&str>,
) {
    for &token in &tokens[range.start as usize..range.end as usize] {
        text.push(sign);
        text.push_str(input.interner[token]);
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Node> {
        (!text.is_empty()).then(|| serde_json::from_str(text).unwrap())
    }

    fn check(key: &ResourceKey, live: &str, predicted: &str, want: &str) {
        let difference = Difference { live: read(live), predicted: read(predicted) };
        assert_eq!(unified_diff(key, &difference), want);
    }

    #[test]
    fn a_change_is_one_hunk_under_its_header() {
        check(
            &ResourceKey::new("apps", "Deployment", "a", "web"),
            r#"{"kind":"Deployment","metadata":{"name":"web","uid":"1"},"spec":{"replicas":1}}"#,
            r#"{"kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":2}}"#,
            "\n===== apps/Deployment a/web ======\n@@ -2,4 +2,4 @@\n metadata:\n   name: web\n spec:\n-  replicas: 1\n+  replicas: 2\n",
        );
    }

    #[test]
    fn a_new_object_has_only_plus_lines() {
        check(
            &ResourceKey::new("", "Namespace", "", "a"),
            "",
            r#"{"kind":"Namespace"}"#,
            "\n===== /Namespace /a ======\n@@ -0,0 +1,1 @@\n+kind: Namespace\n",
        );
    }

    #[test]
    fn changes_far_apart_are_hunks_of_their_own() {
        let before: String = (0..20).map(|n| format!("{n}\n")).collect::<Vec<_>>().concat();
        let after = before.replace("\n2\n", "\ntwo\n").replace("\n15\n", "\n");
        assert_eq!(
            diff_lines(&before, &after),
            "@@ -1,6 +1,6 @@\n 0\n 1\n-2\n+two\n 3\n 4\n 5\n@@ -13,7 +13,6 @@\n 12\n 13\n 14\n-15\n 16\n 17\n 18\n"
        );
    }

    #[test]
    fn secrets_show_whether_values_differ_but_not_the_values() {
        check(
            &ResourceKey::new("", "Secret", "a", "key"),
            r#"{"apiVersion":"v1","data":{"a":"b2xk"},"kind":"Secret"}"#,
            r#"{"apiVersion":"v1","data":{"a":"bmV3"},"kind":"Secret"}"#,
            "\n===== /Secret a/key ======\n@@ -1,4 +1,4 @@\n apiVersion: v1\n data:\n-  a: ++++++++ (value 1)\n+  a: ++++++++ (value 2)\n kind: Secret\n",
        );
    }

    #[test]
    fn what_the_server_keeps_is_not_shown() {
        check(
            &ResourceKey::new("", "ConfigMap", "a", "flags"),
            r#"{"kind":"ConfigMap","metadata":{"resourceVersion":"1"},"status":{}}"#,
            r#"{"kind":"ConfigMap","metadata":{"resourceVersion":"2"}}"#,
            "",
        );
    }
}
