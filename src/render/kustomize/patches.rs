//! Patches of a kustomization: reading their text, choosing the resources they change, applying
//! them. Matches kustomize v5.8.2.
//!
//! A text is a strategic merge patch when it reads as resources, else a JSON patch (RFC 6902).
//! Which file a patch comes from and in which order patches run is the caller's business, and
//! so is the history of names that a selector is matched against.

use regex::Regex;
use serde::Deserialize;
use thiserror::Error;

use super::strategic_merge::{self, MergeError};
use crate::support::label_selector::{LabelSelector, LabelSelectorError};
use crate::yaml::json_patch::{self, JsonPatchError, Operation};
use crate::yaml::resolve::{Dialect, Scalar, resolve};
use crate::yaml::{
    FileId, Node, Position, ReadOptions, Spelling, Value, YamlError, read_documents,
    read_kustomize_documents,
};

/// A patch as it was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// Partial resources, one or more.
    Strategic(Vec<Node>),
    /// JSON patch operations.
    Json(Vec<Operation>),
    /// Nothing but comments and white space; does nothing.
    Empty,
}

/// Why a text is no patch, or a selector no selector.
#[derive(Debug, Error)]
pub enum PatchError {
    /// The text is neither YAML nor JSON.
    #[error("patch cannot be read")]
    Yaml(#[source] YamlError),
    /// The text starts with `[` and is not JSON.
    #[error("{file_name}: a patch that starts with `[` must be JSON: {message}")]
    Json {
        /// The patch's file, or what stands for it.
        file_name: String,
        /// What is wrong.
        message: String,
    },
    /// The list of operations is not right.
    #[error("{file_name}: not a JSON patch")]
    Operations {
        /// The patch's file, or what stands for it.
        file_name: String,
        /// What is wrong.
        #[source]
        source: JsonPatchError,
    },
    /// A document of a strategic merge patch is no partial resource.
    #[error("{file_name}:{line}: {problem}")]
    Document {
        /// The patch's file, or what stands for it.
        file_name: String,
        /// Where the document starts.
        line: u32,
        /// What is wrong.
        problem: String,
    },
    /// A field of a target is no regular expression.
    #[error("patch target: {field} {pattern:?} is not a regular expression")]
    Pattern {
        /// The field.
        field: &'static str,
        /// Its value.
        pattern: String,
        /// What is wrong.
        #[source]
        source: Box<regex::Error>,
    },
    /// A label or annotation selector of a target cannot be read.
    #[error("patch target: {field}")]
    Labels {
        /// The field.
        field: &'static str,
        /// What is wrong.
        #[source]
        source: LabelSelectorError,
    },
}

/// Reads the text of a patch. `file_name` is for messages, `file` for the positions of nodes.
pub fn parse(text: &str, file_name: &str, file: FileId) -> Result<Patch, PatchError> {
    if text.starts_with('[') {
        return parse_json(text, file_name);
    }
    // A list is read by itself: JSON patches follow YAML 1.1 and end with their document.
    let options = ReadOptions::manifests(file, file_name);
    if let Ok((documents, _)) = read_documents(text, &options)
        && let Some(list) = documents.first().filter(|first| first.root.as_sequence().is_some())
    {
        return parse_operations(&list.root, file_name);
    }
    let options = ReadOptions::kustomize_resources(file, file_name);
    let (documents, _) = read_kustomize_documents(text, &options).map_err(PatchError::Yaml)?;
    let roots = documents.into_iter().map(|document| document.root);
    let mut resources = Vec::new();
    for root in expand_lists(roots.collect(), file_name)? {
        check_document(&root, file_name)?;
        resources.push(root);
    }
    Ok(if resources.is_empty() { Patch::Empty } else { Patch::Strategic(resources) })
}

fn parse_json(text: &str, file_name: &str) -> Result<Patch, PatchError> {
    let root: Node = serde_json::from_str(text).map_err(|error| PatchError::Json {
        file_name: file_name.to_owned(),
        message: error.to_string(),
    })?;
    parse_operations(&root, file_name)
}

fn parse_operations(root: &Node, file_name: &str) -> Result<Patch, PatchError> {
    let operations = json_patch::parse_operations(root)
        .map_err(|source| PatchError::Operations { file_name: file_name.to_owned(), source })?;
    Ok(if operations.is_empty() { Patch::Empty } else { Patch::Json(operations) })
}

/// Puts the items of lists (any kind ending in `List` that has items) behind the other documents.
fn expand_lists(mut documents: Vec<Node>, file_name: &str) -> Result<Vec<Node>, PatchError> {
    let mut expanded = Vec::with_capacity(documents.len());
    let mut next = 0;
    while next < documents.len() {
        let document = std::mem::take(&mut documents[next]);
        next += 1;
        match document.get("items").filter(|_| document.kind().ends_with("List")) {
            None => expanded.push(document),
            Some(Node { value: Value::Null, .. }) => {}
            Some(Node { value: Value::Sequence(items), .. }) => documents.extend_from_slice(items),
            Some(items) => {
                return Err(document_error(items.position, file_name, "items must be a list"));
            }
        }
    }
    Ok(expanded)
}

fn check_document(document: &Node, file_name: &str) -> Result<(), PatchError> {
    let is_list = document.kind().ends_with("List");
    let has_name = document.path(&["metadata", "name"]).is_some_and(|name| match &name.value {
        Value::String(text) => !text.is_empty(),
        Value::Number(_) | Value::Bool(_) => true,
        _ => false,
    });
    let problem = if document.as_mapping().is_none() {
        "a patch must be a partial resource or a list of JSON patch operations"
    } else if document.kind().is_empty() {
        "kind is missing; name the kind of the resource to patch"
    } else if !has_name && !is_list {
        "metadata.name is missing; name the resource to patch"
    } else if has_null_item(document) {
        "a list has an item that is null; remove it"
    } else {
        return Ok(());
    };
    Err(document_error(document.position, file_name, problem))
}

fn document_error(position: Position, file_name: &str, problem: &str) -> PatchError {
    PatchError::Document {
        file_name: file_name.to_owned(),
        line: position.line,
        problem: problem.to_owned(),
    }
}

/// Whether any list in `node` has a null item: kustomize refuses such resources and patches.
pub fn has_null_item(node: &Node) -> bool {
    match &node.value {
        Value::Sequence(items) => items.iter().any(|item| item.is_null() || has_null_item(item)),
        Value::Mapping(fields) => fields.iter().any(|(_, field)| has_null_item(field)),
        _ => false,
    }
}

/// What a patch may change beyond the content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdentityChanges {
    /// `allowNameChange`.
    pub name: Permission,
    /// `allowKindChange`.
    pub kind: Permission,
}

/// Whether a change is permitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Permission {
    /// It is undone.
    #[default]
    Denied,
    /// It stays.
    Granted,
}

/// Applies one strategic merge patch; `None` when it deletes the resource. Kind, name and
/// namespace are put back afterwards unless `changes` permits (the namespace always is).
pub fn apply_strategic(
    resource: Node,
    patch: &Node,
    changes: IdentityChanges,
) -> Result<Option<Node>, MergeError> {
    let kind = resource.get("kind").cloned();
    let name = resource.path(&["metadata", "name"]).cloned();
    let namespace = resource.path(&["metadata", "namespace"]).cloned();
    let Some(mut merged) = strategic_merge::merge(resource, patch, None)? else {
        return Ok(None);
    };
    if let (Some(kind), Permission::Denied) = (kind, changes.kind) {
        merged.set(&["kind"], kind);
    }
    if let (Some(name), Permission::Denied) = (name, changes.name) {
        merged.set(&["metadata", "name"], name);
    }
    match namespace {
        Some(namespace) => merged.set(&["metadata", "namespace"], namespace),
        None => drop(merged.remove(&["metadata", "namespace"])),
    }
    Ok(Some(merged))
}

/// Applies a JSON patch. The resource goes through JSON on the way: all its numbers become
/// 64-bit floats, and how its scalars were quoted is forgotten.
pub fn apply_json(resource: &mut Node, operations: &[Operation]) -> Result<(), JsonPatchError> {
    json_patch::apply(resource, operations)?;
    json_patch::numbers_through_f64(resource);
    forget_quotes(resource);
    Ok(())
}

fn forget_quotes(node: &mut Node) {
    let spelling = match &mut node.value {
        Value::Sequence(items) => return items.iter_mut().for_each(forget_quotes),
        Value::Mapping(fields) => return fields.iter_mut().for_each(|(_, n)| forget_quotes(n)),
        Value::String(text) if resolve(text, Dialect::GoYamlV3) != Scalar::String => {
            Spelling::Quoted
        }
        _ => Spelling::Plain,
    };
    node.position = node.position.spelled(spelling);
}

/// `target` of a patch as it is written in a kustomization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SelectorFields {
    /// API group, a regular expression like the next four.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// Labels in Kubernetes' selector syntax.
    pub label_selector: String,
    /// Annotations in the same syntax.
    pub annotation_selector: String,
}

/// Which resources a patch changes; empty fields select everything.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    name: Option<Regex>,
    namespace: Option<Regex>,
    labels: LabelSelector,
    annotations: LabelSelector,
}

/// A resource that a selector looks at.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The resource as it is now.
    pub resource: &'a Node,
    /// Its original name and its current one.
    pub names: [&'a str; 2],
    /// Its original namespace and its current one, as kustomize counts them: `default` where
    /// none is set, `_non_namespaceable_` for cluster-scoped kinds.
    pub namespaces: [&'a str; 2],
}

impl Selector {
    /// Compiles the fields of a target.
    pub fn compile(fields: &SelectorFields) -> Result<Self, PatchError> {
        let labels = |field: &'static str, text: &str| {
            text.parse().map_err(|source| PatchError::Labels { field, source })
        };
        Ok(Self {
            group: anchored("group", &fields.group)?,
            version: anchored("version", &fields.version)?,
            kind: anchored("kind", &fields.kind)?,
            name: anchored("name", &fields.name)?,
            namespace: anchored("namespace", &fields.namespace)?,
            labels: labels("labelSelector", &fields.label_selector)?,
            annotations: labels("annotationSelector", &fields.annotation_selector)?,
        })
    }

    /// Whether the resource is selected. Either of its names and either of its namespaces will do.
    #[must_use]
    pub fn matches(&self, candidate: &Candidate<'_>) -> bool {
        let fits = |pattern: &Option<Regex>, texts: &[&str]| {
            pattern.as_ref().is_none_or(|p| texts.iter().any(|text| p.is_match(text)))
        };
        let resource = candidate.resource;
        fits(&self.namespace, &candidate.namespaces)
            && fits(&self.name, &candidate.names)
            && fits(&self.group, &[resource.group()])
            && fits(&self.version, &[resource.version()])
            && fits(&self.kind, &[resource.kind()])
            && self.labels.matches(|key| resource.label(key))
            && self.annotations.matches(|key| resource.annotation(key))
    }
}

fn anchored(field: &'static str, pattern: &str) -> Result<Option<Regex>, PatchError> {
    if pattern.is_empty() {
        return Ok(None);
    }
    Regex::new(&format!("^(?:{pattern})$")).map(Some).map_err(|error| PatchError::Pattern {
        field,
        pattern: pattern.to_owned(),
        source: Box::new(error),
    })
}

#[cfg(test)]
#[path = "patches_tests.rs"]
mod tests;
