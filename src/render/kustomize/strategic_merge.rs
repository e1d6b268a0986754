//! Strategic merge patches as kustomize v5.8.2 applies them, its observed quirks included.
//!
//! A patch is walked together with the object it changes. Maps merge key by key, lists merge item
//! by item where [`merge_keys`](super::merge_keys) says so and are replaced otherwise. The quirks
//! that decide the result:
//! - the walk covers the whole object, not only what the patch names: keys without a value
//!   (`x:`) vanish, and merging lists lose items with a key seen before;
//! - items of the patch come first in a merged list;
//! - in lists with two keys an item whose spelling of the second key differs from the other
//!   side's is lost, and an item without any key can take its neighbours along;
//! - `$patch: replace` next to other keys in a list item loses the patch's item;
//! - a scalar keeps the quotes of the one it overwrites, so that `2` over `"1"` is the string `2`.
//!
//! The two-sided algorithm for lists is in `list_merge`.

use thiserror::Error;

use super::list_merge::{self, Other};
use super::merge_keys::{Schema, schema_for};
use crate::yaml::resolve::{Dialect, Scalar, resolve};
use crate::yaml::{Mapping, Node, Position, Spelling, Text, Value};

/// Why a patch does not fit an object.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}: {problem}", if path.is_empty() { "." } else { path })]
pub struct MergeError {
    /// Where in the object: the fields joined by dots.
    pub path: String,
    /// Where the patch says it.
    pub position: Position,
    /// What is wrong.
    pub problem: MergeProblem,
}

/// What is wrong with a patch.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MergeProblem {
    /// A map, a list and a scalar cannot be merged with each other.
    #[error("the patch has a {patch} where the object has a {base}")]
    KindDiffers {
        /// What the object has.
        base: &'static str,
        /// What the patch has.
        patch: &'static str,
    },
    /// `$patch` with another value than merge, replace or delete.
    #[error("unknown directive $patch: {value}; it must be merge, replace or delete")]
    UnknownDirective {
        /// The value.
        value: String,
    },
    /// A list that merges by keys holds something else than mappings.
    #[error("items of this list must be {wanted}s, but one is a {found}")]
    ItemKind {
        /// What the merge key needs.
        wanted: &'static str,
        /// What the item is.
        found: &'static str,
    },
}

/// Merges `patch` into `base`; `None` when the patch deletes the object. Without a `schema` the
/// one of the object's kind is used.
pub fn merge(
    mut base: Node,
    patch: &Node,
    schema: Option<Schema>,
) -> Result<Option<Node>, MergeError> {
    // Directives are taken out of the patch as they are met, and stay out when an item is met
    // again: the walk needs a copy of its own.
    let mut patch = patch.clone();
    let merged = match walk(Some(&mut base), Some(&mut patch), schema)? {
        Outcome::Cleared => return Ok(None),
        Outcome::Base => base,
        Outcome::Patch => patch,
    };
    Ok((!is_empty(&merged)).then_some(merged))
}

/// What stays after a walk over one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing.
    Cleared,
    /// The object's node, changed in place.
    Base,
    /// The patch's node.
    Patch,
}

/// What a `$patch` key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

const DIRECTIVE_KEY: &str = "$patch";

impl MergeError {
    pub(super) fn new(position: Position, problem: MergeProblem) -> Self {
        Self { path: String::new(), position, problem }
    }

    pub(super) fn below(mut self, field: &str) -> Self {
        self.path = match self.path.as_str() {
            "" => field.to_owned(),
            path => format!("{field}.{path}"),
        };
        self
    }
}

/// Walks one place of object and patch.
pub(super) fn walk(
    base: Option<&mut Node>,
    patch: Option<&mut Node>,
    schema: Option<Schema>,
) -> Result<Outcome, MergeError> {
    let schema =
        schema.or_else(|| own_schema(base.as_deref())).or_else(|| own_schema(patch.as_deref()));
    let base_kind = base.as_deref().and_then(kind_of);
    let patch_kind = patch.as_deref().and_then(kind_of);
    if let (Some(base), Some(kind), Some(node)) = (base_kind, patch_kind, patch.as_deref())
        && base != kind
    {
        let problem = MergeProblem::KindDiffers { base, patch: kind };
        return Err(MergeError::new(node.position, problem));
    }
    match base_kind.or(patch_kind) {
        Some(MAPPING) | None => walk_mapping(base, patch, schema),
        Some(LIST) if let Some(keys) = schema.and_then(Schema::merge_keys) => {
            walk_list(base, patch, keys, schema.and_then(Schema::items))
        }
        Some(_) => Ok(match patch {
            Some(node) if node.is_null() => Outcome::Cleared,
            Some(_) => Outcome::Patch,
            None => Outcome::Base,
        }),
    }
}

fn walk_mapping(
    base: Option<&mut Node>,
    patch: Option<&mut Node>,
    schema: Option<Schema>,
) -> Result<Outcome, MergeError> {
    let is_blank = |node: &Node| node.position.spelling() == Spelling::Blank;
    match (base.filter(|node| !node.is_null() || !is_blank(node)), patch) {
        (Some(Node { value: Value::Mapping(fields), .. }), None) => {
            merge_fields(fields, None, schema)
        }
        (Some(Node { value: Value::Mapping(fields), .. }), Some(patch)) => {
            let directive = take_directive(patch)?;
            let Value::Mapping(patch_fields) = &mut patch.value else {
                return Ok(Outcome::Cleared);
            };
            match directive {
                Directive::Delete => Ok(Outcome::Cleared),
                Directive::Merge => merge_fields(fields, Some(patch_fields), schema),
                Directive::Replace => {
                    settle_fields(patch_fields, schema)?;
                    Ok(Outcome::Patch)
                }
            }
        }
        // A null that was spelt out stays.
        (Some(_), None) => Ok(Outcome::Base),
        (None, None) => Ok(Outcome::Cleared),
        (_, Some(patch)) => {
            let directive = take_directive(patch).unwrap_or(Directive::Merge);
            match &mut patch.value {
                Value::Mapping(fields) if directive != Directive::Delete => {
                    settle_fields(fields, schema)?;
                    Ok(Outcome::Patch)
                }
                _ => Ok(Outcome::Cleared),
            }
        }
    }
}

fn merge_fields(
    base: &mut Mapping,
    mut patch: Option<&mut Mapping>,
    schema: Option<Schema>,
) -> Result<Outcome, MergeError> {
    let is_new = |(key, _): &(&Text, &Node)| !base.contains_key(key);
    let new: Vec<Text> = patch
        .as_deref()
        .map(|patch| patch.iter().filter(is_new).map(|(key, _)| key.clone()).collect())
        .unwrap_or_default();
    let mut cleared = Vec::new();
    for (key, node) in base.iter_mut() {
        let mut other = patch.as_deref_mut().and_then(|patch| patch.get_mut(key));
        let field = schema.and_then(|schema| schema.field(key));
        match walk(Some(node), other.as_deref_mut(), field).map_err(|e| e.below(key))? {
            Outcome::Cleared => cleared.push(key.clone()),
            Outcome::Base => quote_if_needed(node),
            Outcome::Patch => overwrite(node, other.map(|node| node.clone()).unwrap_or_default()),
        }
    }
    if !cleared.is_empty() {
        base.retain(|key, _| !cleared.iter().any(|gone| &**gone == key));
    }
    let Some(patch) = patch else { return Ok(Outcome::Base) };
    for key in new {
        let field = schema.and_then(|schema| schema.field(&key));
        let Some(node) = patch.get_mut(&key) else { continue };
        if walk(None, Some(node), field).map_err(|e| e.below(&key))? == Outcome::Patch {
            quote_if_needed(node);
            base.push(key, node.clone());
        }
    }
    Ok(Outcome::Base)
}

/// Puts `value` in place of `slot`, keeping the quotes.
fn overwrite(slot: &mut Node, mut value: Node) {
    if kind_of(&value) == Some(SCALAR) {
        let quoted = is_quoted(slot);
        if quoted && let Some(text) = scalar_text(&value) {
            value.value = Value::String(text);
        }
        let spelling = match value.value {
            _ if quoted => Spelling::Quoted,
            Value::String(_) => Spelling::Bare,
            _ => Spelling::Plain,
        };
        value.position = value.position.spelled(spelling);
    }
    *slot = value;
}

/// Strings the program made have no quotes yet, but will get them if they need them.
fn is_quoted(node: &Node) -> bool {
    match (&node.value, node.position.spelling()) {
        (Value::String(_), Spelling::Quoted) => true,
        (Value::String(text), Spelling::Plain) => !is_string(text, Dialect::GoYamlV3),
        _ => false,
    }
}

/// What the walk passes over gets quotes if YAML 1.1 needs them.
fn quote_if_needed(node: &mut Node) {
    if let Value::String(text) = &node.value
        && matches!(node.position.spelling(), Spelling::Plain | Spelling::Bare)
        && !is_string(text, Dialect::GoYamlV2)
    {
        node.position = node.position.spelled(Spelling::Quoted);
    }
}

fn is_string(text: &str, dialect: Dialect) -> bool {
    resolve(text, dialect) == Scalar::String
}

/// Goes over a part of the patch that is new to the object: nulls go, directives are obeyed.
/// Answers whether anything stays.
pub(super) fn settle(node: &mut Node, schema: Option<Schema>) -> Result<bool, MergeError> {
    let schema = schema.or_else(|| own_schema(Some(node)));
    match &mut node.value {
        Value::Null => Ok(false),
        Value::Mapping(_) => {
            if take_directive(node)? == Directive::Delete {
                return Ok(false);
            }
            let Value::Mapping(fields) = &mut node.value else { return Ok(false) };
            settle_fields(fields, schema)?;
            Ok(true)
        }
        Value::Sequence(_) => {
            let Some(keys) = schema.and_then(Schema::merge_keys) else { return Ok(true) };
            if take_directive(node)? == Directive::Delete {
                return Ok(false);
            }
            let Value::Sequence(items) = &mut node.value else { return Ok(false) };
            let schema = schema.and_then(Schema::items);
            list_merge::merge_items(items, Other::Same, keys, schema)?;
            Ok(true)
        }
        _ => {
            quote_if_needed(node);
            Ok(true)
        }
    }
}

fn settle_fields(fields: &mut Mapping, schema: Option<Schema>) -> Result<(), MergeError> {
    let mut cleared = Vec::new();
    for (key, node) in fields.iter_mut() {
        let field = schema.and_then(|schema| schema.field(key));
        if !settle(node, field).map_err(|e| e.below(key))? {
            cleared.push(key.clone());
        }
    }
    if !cleared.is_empty() {
        fields.retain(|key, _| !cleared.iter().any(|gone| &**gone == key));
    }
    Ok(())
}

fn walk_list(
    base: Option<&mut Node>,
    patch: Option<&mut Node>,
    keys: &'static [&'static str],
    items: Option<Schema>,
) -> Result<Outcome, MergeError> {
    let base = base.and_then(Node::as_sequence_mut);
    let (base, patch) = match (base, patch) {
        (Some(base), None) => {
            list_merge::merge_items(base, Other::Missing, keys, items)?;
            return Ok(Outcome::Base);
        }
        (base, Some(patch)) => (base, patch),
        (None, None) => return Ok(Outcome::Cleared),
    };
    if patch.is_null() {
        return Ok(Outcome::Cleared);
    }
    let directive = match base {
        Some(_) => take_directive(patch)?,
        None => Directive::Replace,
    };
    let Value::Sequence(patch_items) = &mut patch.value else { return Ok(Outcome::Cleared) };
    match (base, directive) {
        (_, Directive::Delete) => Ok(Outcome::Cleared),
        (Some(base), Directive::Merge) => {
            list_merge::merge_items(base, Other::Patch(patch_items), keys, items)?;
            Ok(Outcome::Base)
        }
        _ => {
            list_merge::merge_items(patch_items, Other::Same, keys, items)?;
            Ok(Outcome::Patch)
        }
    }
}

/// The `$patch` directive of a map or list of the patch, which is taken out.
fn take_directive(patch: &mut Node) -> Result<Directive, MergeError> {
    let position = patch.position;
    let value = match &mut patch.value {
        Value::Mapping(fields) => fields.get(DIRECTIVE_KEY).filter(|v| !v.is_null()).map(text_of),
        Value::Sequence(items) => list_directive(items),
        _ => None,
    };
    let Some(value) = value else { return Ok(Directive::Merge) };
    let directive = match &*value {
        "merge" => Directive::Merge,
        "replace" => Directive::Replace,
        "delete" => Directive::Delete,
        _ => {
            let problem = MergeProblem::UnknownDirective { value: value.to_string() };
            return Err(MergeError::new(position, problem));
        }
    };
    match &mut patch.value {
        Value::Mapping(fields) => drop(fields.remove(DIRECTIVE_KEY)),
        Value::Sequence(items) => list_merge::set_item(items, None, &[DIRECTIVE_KEY], &[value])?,
        _ => {}
    }
    Ok(directive)
}

/// Only an item that holds nothing else speaks for its list, and only the first one with the key
/// is looked at.
fn list_directive(items: &[Node]) -> Option<Text> {
    let fields = items.iter().filter_map(Node::as_mapping);
    let fields = fields.into_iter().find(|fields| fields.contains_key(DIRECTIVE_KEY))?;
    let value = fields.get(DIRECTIVE_KEY)?;
    (fields.len() == 1 && !value.is_null()).then(|| text_of(value))
}

/// Objects inside objects follow the rules of their own kind where nothing else is known.
fn own_schema(node: Option<&Node>) -> Option<Schema> {
    let fields = node?.as_mapping()?;
    schema_for(fields.get("apiVersion")?.as_str()?, fields.get("kind")?.as_str()?)
}

pub(super) const MAPPING: &str = "mapping";
pub(super) const LIST: &str = "list";
pub(super) const SCALAR: &str = "scalar";

/// What kind of node it is; nothing for null.
pub(super) fn kind_of(node: &Node) -> Option<&'static str> {
    match &node.value {
        Value::Null => None,
        Value::Mapping(_) => Some(MAPPING),
        Value::Sequence(_) => Some(LIST),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(SCALAR),
    }
}

/// The text of a scalar as it was written, `""` for everything else.
pub(super) fn text_of(node: &Node) -> Text {
    scalar_text(node).unwrap_or_else(|| "".into())
}

fn scalar_text(node: &Node) -> Option<Text> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.as_written().clone()),
        Value::Bool(value) => Some(if *value { "true" } else { "false" }.into()),
        _ => None,
    }
}

/// Whether it is null or `{}`.
pub(super) fn is_empty(node: &Node) -> bool {
    node.is_null() || node.as_mapping().is_some_and(Mapping::is_empty)
}

#[cfg(test)]
#[path = "strategic_merge_tests.rs"]
mod tests;
