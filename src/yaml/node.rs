//! The value type of the whole program: what render, compare and sync all work on.
//!
//! A [`Node`] keeps the order of mapping keys, shares strings between copies, keeps numbers as
//! they were written until somebody computes with them, and knows the file and line it came
//! from. It is 32 bytes, so that 50,000 objects fit in a laptop's memory. Equality is that of
//! JSON values: positions and the order of mapping keys do not count, `1` equals `0x1`.
//! Reading, writing and serde live in the sibling files.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::number::Number;

/// A shared immutable string; cloning it costs a reference count.
pub type Text = Arc<str>;

/// Which file of a [`SourceMap`] a node came from. `FileId::NONE` when it came from none.
///
/// The two highest bits hold the [`Spelling`] of the node (see [`Position::spelling`]); they do
/// not count when ids are compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileId(pub u32);

const SPELLING_SHIFT: u32 = 30;
const FILE_MASK: u32 = (1 << SPELLING_SHIFT) - 1;

impl FileId {
    /// The node was not read from a file: made by the program or answered by a server.
    pub const NONE: Self = Self(0);

    const fn index(self) -> u32 {
        self.0 & FILE_MASK
    }
}

impl PartialEq for FileId {
    fn eq(&self, other: &Self) -> bool {
        self.index() == other.index()
    }
}

impl Eq for FileId {}

impl Hash for FileId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.index().hash(state);
    }
}

impl PartialOrd for FileId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FileId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.index().cmp(&other.index())
    }
}

/// How a scalar was written, as far as a later merge depends on it: kustomize's strategic merge
/// keeps the quotes of the value it overwrites, and drops fields that have no value at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spelling {
    /// Without quotes, or not known.
    #[default]
    Plain,
    /// In quotes or as a block.
    Quoted,
    /// Not at all: a key with nothing behind it, which is `null`.
    Blank,
    /// A string that counts as written without quotes although it needs them.
    Bare,
}

/// The names of the files that nodes point to, relative to the root of their source.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    names: Vec<Text>,
    ids: HashMap<Text, FileId>,
}

impl SourceMap {
    /// Registers `name` and returns its id; a name seen before keeps its id.
    pub fn add(&mut self, name: &str) -> FileId {
        if let Some(known) = self.ids.get(name) {
            return *known;
        }
        let name = Text::from(name);
        self.names.push(name.clone());
        let id = FileId(u32::try_from(self.names.len()).unwrap_or(0));
        self.ids.insert(name, id);
        id
    }

    /// The name behind `id`, or `None` for [`FileId::NONE`].
    #[must_use]
    pub fn name(&self, id: FileId) -> Option<&Text> {
        self.names.get((id.index() as usize).checked_sub(1)?)
    }

    /// `file:line`, as error messages and `app trace` show a position.
    #[must_use]
    pub fn describe(&self, position: Position) -> String {
        match self.name(position.file) {
            Some(name) if position.line > 0 => format!("{name}:{}", position.line),
            Some(name) => name.to_string(),
            None => String::new(),
        }
    }
}

/// Where a node was written: a file and a 1-based line (0 = unknown).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The file, to be looked up in the [`SourceMap`] of the render that read it.
    pub file: FileId,
    /// 1-based line, 0 when unknown.
    pub line: u32,
}

impl Position {
    /// The same position for a scalar written in the given way.
    #[must_use]
    pub const fn spelled(self, spelling: Spelling) -> Self {
        let file = FileId(self.file.index() | (spelling as u32) << SPELLING_SHIFT);
        Self { file, line: self.line }
    }

    /// How the scalar at this position was written.
    #[must_use]
    pub const fn spelling(self) -> Spelling {
        match self.file.0 >> SPELLING_SHIFT {
            1 => Spelling::Quoted,
            2 => Spelling::Blank,
            3 => Spelling::Bare,
            _ => Spelling::Plain,
        }
    }
}

/// A value and where it was written.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// The value itself.
    pub value: Value,
    /// Where it was written; ignored by equality.
    pub position: Position,
}

/// What a [`Node`] holds: JSON's types, numbers kept as text.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `null`, `~` or nothing at all.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written.
    Number(Number),
    /// A string.
    String(Text),
    /// A list.
    Sequence(Vec<Node>),
    /// A map with string keys, in the order they were written.
    Mapping(Mapping),
}

/// A map with string keys that keeps the order of insertion.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// A boxed slice, not a vector: it has no spare room and keeps a [`Node`] at 32 bytes.
    /// Adding a key moves the entries; whoever adds many collects them first.
    entries: Box<[(Text, Node)]>,
}

impl Node {
    /// A node without a position.
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self { value, position: Position::default() }
    }

    /// An empty mapping.
    #[must_use]
    pub fn mapping() -> Self {
        Self::new(Value::Mapping(Mapping::default()))
    }

    /// `null`.
    #[must_use]
    pub fn null() -> Self {
        Self::default()
    }

    /// The same value at `position`.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = position;
        self
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The shared string, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&Text> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The number as an integer, if it is one that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match &self.value {
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The items, if it is a sequence.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The items for changing, if it is a sequence.
    pub fn as_sequence_mut(&mut self) -> Option<&mut Vec<Node>> {
        match &mut self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if it is a mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The entries for changing, if it is a mapping.
    pub fn as_mapping_mut(&mut self) -> Option<&mut Mapping> {
        match &mut self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The value under `key`, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_mapping()?.get(key)
    }

    /// The value under `key` for changing.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.as_mapping_mut()?.get_mut(key)
    }

    /// The value reached through the keys of `path`; sequences are not entered.
    #[must_use]
    pub fn path(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The value reached through the keys of `path`, for changing.
    pub fn path_mut(&mut self, path: &[&str]) -> Option<&mut Node> {
        path.iter().try_fold(self, |node, key| node.get_mut(key))
    }

    /// The string reached through the keys of `path`, or `""`.
    #[must_use]
    pub fn str_at(&self, path: &[&str]) -> &str {
        self.path(path).and_then(Node::as_str).unwrap_or("")
    }

    /// The mapping at `path`; whatever is missing or not a mapping on the way is made one.
    pub fn mapping_at(&mut self, path: &[&str]) -> &mut Mapping {
        let mut node = self;
        for key in path {
            node = node.make_mapping().entry(key);
        }
        node.make_mapping()
    }

    /// Sets the value at `path`, making mappings on the way. An empty path replaces the node.
    pub fn set(&mut self, path: &[&str], value: impl Into<Node>) {
        match path.split_last() {
            None => *self = value.into(),
            Some((last, parents)) => {
                self.mapping_at(parents).insert(*last, value.into());
            }
        }
    }

    /// Removes and returns the value at `path`.
    pub fn remove(&mut self, path: &[&str]) -> Option<Node> {
        let (last, parents) = path.split_last()?;
        self.path_mut(parents)?.as_mapping_mut()?.remove(last)
    }

    fn make_mapping(&mut self) -> &mut Mapping {
        if self.as_mapping().is_none() {
            self.value = Value::Mapping(Mapping::default());
        }
        match &mut self.value {
            Value::Mapping(mapping) => mapping,
            _ => unreachable!("made a mapping just above"),
        }
    }
}

impl Mapping {
    /// An empty mapping that is going to hold about `_capacity` entries. No room is set aside,
    /// as entries are kept without any; collecting an iterator is the cheaper way.
    #[must_use]
    pub fn with_capacity(_capacity: usize) -> Self {
        Self::default()
    }

    /// How many entries it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value under `key`. Mappings of manifests are small: this is a scan.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|(k, _)| &**k == key).map(|(_, node)| node)
    }

    /// The value under `key` for changing.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|(k, _)| &**k == key).map(|(_, node)| node)
    }

    /// Whether `key` is there.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The value under `key`, added at the end as `null` when missing.
    pub fn entry(&mut self, key: &str) -> &mut Node {
        let index = self.entries.iter().position(|(k, _)| &**k == key).unwrap_or_else(|| {
            self.push(key.into(), Node::null());
            self.entries.len() - 1
        });
        &mut self.entries[index].1
    }

    /// Sets `key`; a key that is there keeps its place. Returns the value it had.
    pub fn insert(&mut self, key: impl AsRef<str> + Into<Text>, value: Node) -> Option<Node> {
        if let Some(slot) = self.get_mut(key.as_ref()) {
            return Some(std::mem::replace(slot, value));
        }
        self.push(key.into(), value);
        None
    }

    /// Appends without looking for `key`: only for keys known to be new.
    pub fn push(&mut self, key: Text, value: Node) {
        self.edit(|entries| entries.push((key, value)));
    }

    /// Removes `key`, keeping the order of the rest.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let index = self.entries.iter().position(|(k, _)| &**k == key)?;
        Some(self.edit(|entries| entries.remove(index)).1)
    }

    /// Keeps the entries for which `keep` answers true.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Node) -> bool) {
        self.edit(|entries| entries.retain_mut(|(key, node)| keep(key, node)));
    }

    /// Changes the number of entries.
    fn edit<R>(&mut self, change: impl FnOnce(&mut Vec<(Text, Node)>) -> R) -> R {
        let mut entries = std::mem::take(&mut self.entries).into_vec();
        let result = change(&mut entries);
        self.entries = entries.into_boxed_slice();
        result
    }

    /// The entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Text, &Node)> + DoubleEndedIterator {
        self.entries.iter().map(|(key, node)| (key, node))
    }

    /// The entries in order, values for changing.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&Text, &mut Node)> {
        self.entries.iter_mut().map(|(key, node)| (&*key, node))
    }

    /// The keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Text> {
        self.entries.iter().map(|(key, _)| key)
    }
}

impl IntoIterator for Mapping {
    type Item = (Text, Node);
    type IntoIter = std::vec::IntoIter<(Text, Node)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_vec().into_iter()
    }
}

impl FromIterator<(Text, Node)> for Mapping {
    fn from_iter<I: IntoIterator<Item = (Text, Node)>>(iter: I) -> Self {
        Self { entries: iter.into_iter().collect() }
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Sequence(a), Self::Sequence(b)) => a == b,
            (Self::Mapping(a), Self::Mapping(b)) => a == b,
            _ => false,
        }
    }
}

impl PartialEq for Mapping {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.entries.iter().zip(&*other.entries).all(|((key, node), (k, n))| {
                if key == k { node == n } else { other.get(key) == Some(node) }
            })
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::new(Value::String(text.into()))
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::new(Value::String(text.into()))
    }
}

impl From<Text> for Node {
    fn from(text: Text) -> Self {
        Self::new(Value::String(text))
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::new(Value::Bool(value))
    }
}

impl From<i64> for Node {
    fn from(value: i64) -> Self {
        Self::new(Value::Number(value.into()))
    }
}

impl From<Vec<Node>> for Node {
    fn from(items: Vec<Node>) -> Self {
        Self::new(Value::Sequence(items))
    }
}

impl From<Mapping> for Node {
    fn from(mapping: Mapping) -> Self {
        Self::new(Value::Mapping(mapping))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_32_bytes() {
        assert_eq!(size_of::<Node>(), 32);
    }

    #[test]
    fn equality_ignores_key_order_and_positions() {
        let read = |text: &str| serde_json::from_str::<Node>(text).unwrap();
        let far = Position { file: FileId(3), line: 9 };
        assert_eq!(read(r#"{"a":1,"b":[true]}"#), read(r#"{"b":[true],"a":1}"#).at(far));
        assert_ne!(read(r#"{"a":1}"#), read(r#"{"a":1,"b":null}"#));
    }

    #[test]
    fn set_makes_mappings_on_the_way() {
        let mut node = Node::null();
        node.set(&["metadata", "labels", "a"], "b");
        assert_eq!(node.str_at(&["metadata", "labels", "a"]), "b");
        assert!(node.remove(&["metadata", "labels", "a"]).is_some());
        assert!(node.path(&["metadata", "labels"]).is_some());
    }

    #[test]
    fn the_spelling_of_a_scalar_does_not_change_its_file() {
        let plain = Position { file: FileId(7), line: 3 };
        let quoted = plain.spelled(Spelling::Quoted);
        assert_eq!((quoted.spelling(), plain.spelling()), (Spelling::Quoted, Spelling::Plain));
        assert_eq!(quoted, plain);
        assert_eq!(quoted.spelled(Spelling::Blank).spelling(), Spelling::Blank);
    }

    #[test]
    fn a_source_map_describes_positions() {
        let mut map = SourceMap::default();
        let id = map.add("base/a.yaml");
        assert_eq!(map.add("base/a.yaml"), id);
        assert_eq!(map.describe(Position { file: id, line: 4 }), "base/a.yaml:4");
        assert_eq!(map.describe(Position::default()), "");
    }
}
