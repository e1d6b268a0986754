//! What the types of Kubernetes' built-in kinds say about merging: merge keys, pointers,
//! quantities. Custom kinds have no schema; their lists are replaced as a whole.
//!
//! The facts come from the generated table in [`merge_keys`](super::merge_keys).

use std::collections::HashMap;
use std::sync::LazyLock;

use super::merge_keys::LINES;
use crate::yaml::Node;

/// How a patch of a kind is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchKind {
    /// `application/strategic-merge-patch+json`.
    StrategicMerge,
    /// `application/merge-patch+json`.
    Merge,
}

/// What a value is, as far as the Go types tell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// A scalar, a list of scalars or a map of scalars.
    Plain,
    /// Any JSON: nothing is known.
    Opaque,
    /// An object of a custom kind: only its metadata is known.
    Custom,
    /// A resource quantity.
    Quantity,
    /// A struct.
    Struct(StructType),
    /// A map of values that are more than scalars; the notation of its values.
    Map(&'static str),
    /// A list that is replaced as a whole; the notation of its items.
    Atomic(&'static str),
    /// A list whose items are told apart by the value under a key; the notation of its items.
    Keyed(&'static str, &'static str),
    /// A set of scalars.
    Set,
}

/// A value's shape and what its place in the parent says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// What the value is.
    pub(super) shape: Shape,
    /// How the zero value counts.
    pub(super) zero: Zero,
    /// Whether keys that are not sent are dropped.
    pub(super) absent_keys: AbsentKeys,
}

/// What the zero value of a field means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zero {
    /// A value like any other: the Go field is a pointer, or nothing is known about it.
    Counts,
    /// The same as leaving the field out.
    MeansAbsent,
}

/// What happens to keys of a live mapping that Git does not mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AbsentKeys {
    /// They stay.
    Kept,
    /// They go: the patch strategy `retainKeys`.
    Dropped,
    /// The whole mapping is replaced: the patch strategy `replace`.
    Replaced,
}

/// A Go struct.
#[derive(Clone, Copy, Debug)]
pub(super) struct StructType {
    /// Its name in the table; `group/version/Kind` for a kind itself.
    pub(super) name: &'static str,
    fields: &'static str,
}

/// What is known about a kind in one version.
#[derive(Clone, Copy, Debug)]
pub(super) struct KindSchema {
    /// The shape of the whole object.
    pub(super) root: Field,
    /// How kubectl patches it.
    pub(super) patch: PatchKind,
}

/// Types by bare name, kinds by `group/version/Kind`: a bare name has no slash.
static TYPES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let split = |line: &'static str| line.split_once(' ').unwrap_or((line, ""));
    LINES.lines().map(|line| split(line.strip_prefix('@').unwrap_or(line))).collect()
});

impl KindSchema {
    /// The schema of the kind of `object`, that of an unknown kind when it is not built in.
    pub(super) fn of(object: &Node) -> Self {
        let name = format!("{}/{}", object.api_version(), object.kind());
        let known = |name: &str| TYPES.get_key_value(name);
        if let Some((name, fields)) = known(&name) {
            return Self::built_in(name, fields, PatchKind::StrategicMerge);
        }
        if let Some((name, fields)) = known(&format!("~{name}")) {
            return Self::built_in(&name[1..], fields, PatchKind::Merge);
        }
        let root = Field { shape: Shape::Custom, ..Field::opaque() };
        Self { root, patch: PatchKind::Merge }
    }

    /// Whether the kind is built into Kubernetes.
    pub(super) fn is_built_in(&self) -> bool {
        matches!(self.root.shape, Shape::Struct(_))
    }

    fn built_in(name: &'static str, fields: &'static str, patch: PatchKind) -> Self {
        let root = Field {
            shape: Shape::Struct(StructType { name, fields }),
            zero: Zero::Counts,
            absent_keys: AbsentKeys::Kept,
        };
        Self { root, patch }
    }
}

impl Field {
    /// A field nothing is known about.
    pub(super) fn opaque() -> Self {
        Self { shape: Shape::Opaque, zero: Zero::Counts, absent_keys: AbsentKeys::Kept }
    }

    /// The field or entry `key` of a value of this field's shape.
    pub(super) fn child(&self, key: &str) -> Self {
        match self.shape {
            Shape::Struct(of) => of.field(key),
            Shape::Map(value) => Self::of_element(value),
            Shape::Custom if key == "metadata" => Self::parse("@ObjectMeta"),
            _ => Self::opaque(),
        }
    }

    /// The items of a list of this field's shape.
    pub(super) fn item(&self) -> Self {
        match self.shape {
            Shape::Atomic(item) => Self::of_element(item),
            Shape::Keyed(_, item) => {
                Self { absent_keys: self.absent_keys, ..Self::of_element(item) }
            }
            _ => Self::opaque(),
        }
    }

    /// The name of the struct type, `""` when it is none.
    pub(super) fn type_name(&self) -> &'static str {
        match self.shape {
            Shape::Struct(of) => of.name,
            _ => "",
        }
    }

    /// Items of lists and values of maps count even when they are zero.
    fn of_element(notation: &'static str) -> Self {
        Self { zero: Zero::Counts, ..Self::parse(notation) }
    }

    fn parse(notation: &'static str) -> Self {
        let (absent_keys, rest) = match notation.split_at_checked(1) {
            Some(("!", rest)) => (AbsentKeys::Dropped, rest),
            Some(("%", rest)) => (AbsentKeys::Replaced, rest),
            _ => (AbsentKeys::Kept, notation),
        };
        let (zero, rest) = match rest.strip_prefix('*') {
            Some(rest) => (Zero::Counts, rest),
            None => (Zero::MeansAbsent, rest),
        };
        if let Some((key, item)) = rest.strip_prefix('[').and_then(|list| list.split_once(']')) {
            return Self::parse_list(key, item);
        }
        let shape = match rest.split_at_checked(1) {
            Some(("@", name)) => Shape::Struct(StructType::named(name)),
            Some(("q", _)) => Shape::Quantity,
            Some(("j", _)) => Shape::Opaque,
            Some(("{", value)) => Shape::Map(value.trim_start_matches('}')),
            _ => Shape::Plain,
        };
        Self { shape, zero, absent_keys }
    }

    fn parse_list(key: &'static str, item: &'static str) -> Self {
        let (key, absent_keys) = match key.strip_suffix('!') {
            Some(key) => (key, AbsentKeys::Dropped),
            None => (key, AbsentKeys::Kept),
        };
        let shape = match key {
            "" => Shape::Atomic(item),
            "=" => Shape::Set,
            _ => Shape::Keyed(key, item),
        };
        Self { shape, zero: Zero::MeansAbsent, absent_keys }
    }
}

impl StructType {
    fn named(name: &'static str) -> Self {
        Self { name, fields: TYPES.get(name).copied().unwrap_or("") }
    }

    fn field(&self, key: &str) -> Field {
        let notation = self
            .fields
            .split(' ')
            .find_map(|field| field.strip_prefix(key).and_then(|rest| rest.strip_prefix('=')));
        match notation {
            Some(notation) => Field::parse(notation),
            None => Field { shape: Shape::Plain, ..Field::parse("") },
        }
    }
}
