//! Reading resources from a file: documents, their validation, and the lists among them, as
//! kustomize v5.8.2 takes them in.

use std::collections::VecDeque;

use super::error::KustomizeError;
use super::resource_id::{name_of, scalar_text};
use crate::yaml::read::read_kustomize_documents;
use crate::yaml::{FileId, Mapping, Node, ReadOptions, SourceMap, Text, Value};

/// The objects in the text of a file, lists expanded.
pub(super) fn read(
    text: &str,
    name: &Text,
    file: FileId,
    files: &SourceMap,
) -> Result<Vec<Node>, KustomizeError> {
    let (documents, _) =
        read_kustomize_documents(text, &ReadOptions::kustomize_resources(file, name))?;
    let mut roots: Vec<Node> = documents.into_iter().map(|document| document.root).collect();
    // A list that is all there is in a file is unwrapped at once; others go to the end.
    if let [only] = &mut roots[..]
        && matches!(kind_of(only).as_ref(), "List" | "ResourceList")
        && let Some(items) = only.get_mut("items").and_then(Node::as_sequence_mut)
    {
        roots = std::mem::take(items);
    }
    expand_lists(validated(roots, files)?, files)
}

/// Drops what is empty and refuses what is no object.
fn validated(roots: Vec<Node>, files: &SourceMap) -> Result<Vec<Node>, KustomizeError> {
    let kept: Vec<Node> = roots.into_iter().filter(|root| !is_empty(root)).collect();
    kept.iter().try_for_each(|root| validate(root, files))?;
    Ok(kept)
}

fn validate(root: &Node, files: &SourceMap) -> Result<(), KustomizeError> {
    let refuse =
        |message: &str| Err(KustomizeError::invalid(files.describe(root.position), message));
    if root.as_mapping().is_none() {
        return refuse("this document is no Kubernetes object");
    }
    let kind = kind_of(root);
    if kind.is_empty() {
        return refuse("`kind` is missing in this object");
    }
    if kind.ends_with("List") || !name_of(root).is_empty() {
        return Ok(());
    }
    if root.generate_name().is_empty() {
        refuse("`metadata.name` is missing in this object")
    } else {
        refuse("`metadata.name` is missing in this object; Kustomize does not do with generateName")
    }
}

/// Replaces every object whose kind ends in `List` and that has `items` by those, at the end.
fn expand_lists(roots: Vec<Node>, files: &SourceMap) -> Result<Vec<Node>, KustomizeError> {
    let mut expanded = Vec::with_capacity(roots.len());
    let mut waiting = VecDeque::from(roots);
    while let Some(mut root) = waiting.pop_front() {
        let items = match &mut root.value {
            Value::Mapping(mapping) if kind_of_mapping(mapping).ends_with("List") => {
                mapping.remove("items")
            }
            _ => None,
        };
        match items.map(|items| (items.value, items.position)) {
            None => expanded.push(root),
            Some((Value::Null, _)) => {}
            Some((Value::Sequence(items), _)) => waiting.extend(validated(items, files)?),
            Some((_, position)) => {
                let message = format!("`items` of a {} must be a list", kind_of(&root));
                return Err(KustomizeError::invalid(files.describe(position), message));
            }
        }
    }
    Ok(expanded)
}

fn kind_of(root: &Node) -> Text {
    root.as_mapping().map_or_else(Text::default, kind_of_mapping)
}

fn kind_of_mapping(mapping: &Mapping) -> Text {
    mapping.get("kind").map_or_else(Text::default, scalar_text)
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Mapping(mapping) => mapping.is_empty(),
        Value::Sequence(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<Vec<String>, KustomizeError> {
        let mut files = SourceMap::default();
        let file = files.add("a.yaml");
        let nodes = read(text, &"a.yaml".into(), file, &files)?;
        Ok(nodes.iter().map(|node| name_of(node).to_string()).collect())
    }

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(names(text).unwrap(), expected, "{text}");
    }

    #[test]
    fn lists_are_expanded_at_the_end_of_their_file() {
        let list = "kind: SecretList\nitems:\n- {kind: Secret, metadata: {name: b}}\n";
        check(&format!("{list}---\nkind: Secret\nmetadata: {{name: a}}\n"), &["a", "b"]);
        check("kind: SecretList\nitems: null\n", &[]);
        check("kind: WishList\nmetadata: {name: w}\n", &["w"]);
    }

    #[test]
    fn empty_documents_are_skipped_and_nameless_ones_refused() {
        check("---\n# nothing\n---\n{}\n", &[]);
        let error = names("kind: Job\nmetadata: {generateName: x-}\n").unwrap_err().to_string();
        assert!(error.starts_with("a.yaml:1: `metadata.name` is missing"), "{error}");
    }
}
