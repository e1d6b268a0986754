//! The loader: granit-parser's events become nodes.
//!
//! Anchors, aliases and merge keys are expanded here as Go does, under limits on depth and on
//! what aliases may multiply. Scalars are looked at in [`scalars`](super::scalars).

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, StructureStyle};

use super::error::{YamlError, YamlErrorKind};
use super::intern::Interner;
use super::node::{Mapping, Node, Position, Spelling, Text, Value};
use super::read::{DuplicateKeys, ReadOptions, Warning};
use super::resolve::{Dialect, Scalar};
use super::scalars::{ScalarEvent, bool_key, number_key};

/// Deeper collections are refused, so that walking a node never overflows the stack.
const DEPTH_MAX: usize = 400;
/// More nodes than this in one text, aliases expanded, are refused: some 500 MB.
const NODES_MAX: usize = 10_000_000;
/// Warnings beyond these are dropped: the first ones say enough.
const WARNINGS_MAX: usize = 100;
/// From this many keys on a mapping is searched through an index.
const INDEX_FROM: usize = 24;

/// Reads the documents of one text one after another.
pub(super) struct Loader<'a> {
    text: &'a str,
    pub(super) options: &'a ReadOptions,
    /// Lines above `text` in the file it was cut from.
    line_offset: u32,
    parser: Parser<'a, StrInput<'a>>,
    pub(super) interner: &'a mut Interner,
    warnings: Vec<Warning>,
    frames: Vec<Frame>,
    /// Items of all open sequences; each frame knows where its own start.
    items: Vec<Node>,
    /// Entries of all open mappings, likewise.
    entries: Vec<Entry>,
    anchors: HashMap<usize, Anchored>,
    root: Option<Node>,
    counts: Counts,
}

struct Entry {
    key: Text,
    node: Node,
    /// The line of the key, 0 when it was merged in.
    line: u32,
}

/// A collection that is still open.
struct Frame {
    kind: FrameKind,
    style: StructureStyle,
    anchor: usize,
    position: Position,
    /// Where its items or entries start.
    base: usize,
    /// How many nodes there were before it.
    nodes_before: usize,
    /// How deep its content is so far.
    height: usize,
}

enum FrameKind {
    Sequence,
    Mapping(OpenMapping),
}

#[derive(Default)]
struct OpenMapping {
    key: Option<Key>,
    /// Under v3 rules, what `<<` brings once the mapping's own keys are known.
    merge: Option<Node>,
    index: Option<HashMap<Text, usize>>,
}

enum Key {
    Own { text: Text, line: u32 },
    Merge { line: u32 },
}

/// What an anchor stands for.
struct Anchored {
    node: Node,
    nodes: usize,
    height: usize,
}

#[derive(Default)]
struct Counts {
    /// All nodes, as go-yaml counts its decode steps.
    nodes: usize,
    /// Those among them that aliases made.
    aliased: usize,
    /// Copies kept for anchors.
    kept: usize,
}

impl<'a> Loader<'a> {
    pub(super) fn new(
        text: &'a str,
        options: &'a ReadOptions,
        line_offset: u32,
        interner: &'a mut Interner,
    ) -> Self {
        let parser_options = granit_parser::options! {
            emit_comments: false,
            bom_inside_document_as_content: true,
            block_scalar_eof_without_line_feed: true,
            flow_nesting_limit: DEPTH_MAX,
            block_nesting_limit: DEPTH_MAX,
        };
        Self {
            text,
            options,
            line_offset,
            parser: Parser::new_from_str_with_options(text, parser_options),
            interner,
            warnings: Vec::new(),
            frames: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            counts: Counts::default(),
        }
    }

    pub(super) fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }

    /// The next document, `null` for an empty one, or `None` at the end of the text.
    pub(super) fn next_document(&mut self) -> Result<Option<Node>, YamlError> {
        loop {
            let Some(next) = self.parser.next_event() else { return Ok(None) };
            let (event, span) = next.map_err(|error| self.syntax_error(&error))?;
            match event {
                Event::DocumentStart(..) => self.anchors.clear(),
                Event::DocumentEnd => {
                    return Ok(Some(self.root.take().unwrap_or_default()));
                }
                Event::StreamEnd => return Ok(None),
                event => self.handle(event, span)?,
            }
        }
    }

    fn handle(&mut self, event: Event<'a>, span: Span) -> Result<(), YamlError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_blank = style == ScalarStyle::Plain
                    && (text.is_empty() || text == "~" && span.slice(self.text) != Some("~"));
                self.scalar(&ScalarEvent {
                    text: if is_blank { Cow::Borrowed("") } else { text },
                    style,
                    anchor,
                    tag,
                    position: self.position(span),
                    column: span.start.col() + 1,
                    is_blank,
                })
            }
            Event::SequenceStart(style, anchor, _) => {
                self.open(FrameKind::Sequence, style, anchor, span)
            }
            Event::MappingStart(style, anchor, _) => {
                self.open(FrameKind::Mapping(OpenMapping::default()), style, anchor, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, span),
            _ => Ok(()),
        }
    }

    fn open(
        &mut self,
        kind: FrameKind,
        style: StructureStyle,
        anchor: usize,
        span: Span,
    ) -> Result<(), YamlError> {
        let position = self.position(span);
        if self.wants_key() {
            let message = "a mapping or sequence cannot be a key; quote it or use a plain key";
            return Err(self.error(YamlErrorKind::Key, position, message));
        }
        if self.frames.len() >= DEPTH_MAX {
            return Err(self.too_deep(position));
        }
        let nodes_before = self.counts.nodes;
        self.count(1, 0, position)?;
        let base = match kind {
            FrameKind::Sequence => self.items.len(),
            FrameKind::Mapping(_) => self.entries.len(),
        };
        self.frames.push(Frame { kind, style, anchor, position, base, nodes_before, height: 0 });
        Ok(())
    }

    fn close(&mut self) -> Result<(), YamlError> {
        let frame = self.frames.pop().expect("the parser balances starts and ends");
        let value = match frame.kind {
            FrameKind::Sequence => Value::Sequence(self.items.drain(frame.base..).collect()),
            FrameKind::Mapping(open) => {
                if let Some(merge) = open.merge {
                    self.merge_missing(merge, frame.base);
                }
                let entries = self.entries.drain(frame.base..);
                Value::Mapping(entries.map(|entry| (entry.key, entry.node)).collect::<Mapping>())
            }
        };
        let node = Node { value, position: frame.position };
        let nodes = self.counts.nodes - frame.nodes_before;
        self.keep(frame.anchor, &node, nodes, frame.height)?;
        self.place(node, frame.height)
    }

    fn scalar(&mut self, event: &ScalarEvent<'a>) -> Result<(), YamlError> {
        self.count(1, 0, event.position)?;
        let scalar = self.resolve_scalar(event)?;
        if self.wants_key() {
            return self.scalar_key(event, &scalar);
        }
        let value = self.scalar_value(event, scalar)?;
        let spelling = match event.style {
            ScalarStyle::Plain if event.is_blank => Spelling::Blank,
            ScalarStyle::Plain => Spelling::Plain,
            _ => Spelling::Quoted,
        };
        let node = Node { value, position: event.position.spelled(spelling) };
        self.keep(event.anchor, &node, 1, 0)?;
        self.place(node, 0)
    }

    fn scalar_key(&mut self, event: &ScalarEvent<'a>, scalar: &Scalar) -> Result<(), YamlError> {
        let line = event.position.line;
        if Self::is_merge_key(event) {
            self.set_key(Key::Merge { line });
            return Ok(());
        }
        let key = self.key_text(event, scalar).map_err(|kind| {
            let message =
                format!("a key must be a string, but this one is {kind}; put it in quotes");
            self.error_at(YamlErrorKind::Key, event, message)
        })?;
        if event.anchor != 0 {
            let node = Node::new(Value::String(key.clone())).at(event.position);
            self.keep(event.anchor, &node, 1, 0)?;
        }
        self.set_key(Key::Own { text: key, line });
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), YamlError> {
        let position = self.position(span);
        let Some(anchored) = self.anchors.get(&anchor) else {
            let message = "an anchor's value contains an alias to itself";
            return Err(self.error(YamlErrorKind::Limit, position, message));
        };
        let (nodes, height) = (anchored.nodes, anchored.height);
        self.count(nodes, nodes, position)?;
        if self.frames.len() + height > DEPTH_MAX {
            return Err(self.too_deep(position));
        }
        let node = self.anchors[&anchor].node.clone();
        if !self.wants_key() {
            return self.place(node, height);
        }
        let key = match &node.value {
            Value::String(text) => Ok(text.clone()),
            Value::Bool(value) => Ok(bool_key(*value)),
            Value::Number(number) => number_key(number),
            _ => Err("not a scalar"),
        };
        let text = key.map_err(|kind| {
            let message = format!("a key must be a string, but this one is {kind}");
            self.error(YamlErrorKind::Key, position, message)
        })?;
        self.set_key(Key::Own { text, line: position.line });
        Ok(())
    }

    /// Hands a finished node to the collection around it.
    fn place(&mut self, node: Node, height: usize) -> Result<(), YamlError> {
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.height = frame.height.max(height + 1);
        let base = frame.base;
        match &mut frame.kind {
            FrameKind::Sequence => {
                self.items.push(node);
                Ok(())
            }
            FrameKind::Mapping(open) => {
                match open.key.take().expect("the parser sends a key before each value") {
                    Key::Own { text, line } => self.insert_own(text, node, line, base),
                    Key::Merge { line } => self.merge(node, line, base),
                }
            }
        }
    }

    fn insert_own(
        &mut self,
        key: Text,
        node: Node,
        line: u32,
        base: usize,
    ) -> Result<(), YamlError> {
        let Some(index) = self.find(&key, base) else {
            self.push_entry(Entry { key, node, line }, base);
            return Ok(());
        };
        let earlier = std::mem::replace(&mut self.entries[index].line, line);
        if earlier > 0 {
            let message = format!("mapping key {key:?} is already defined at line {earlier}");
            let position = Position { file: self.options.file, line };
            if self.options.duplicate_keys == DuplicateKeys::Error {
                return Err(self.error(YamlErrorKind::DuplicateKey, position, message));
            }
            self.warn(position, &format!("{message}; the last one wins"));
        }
        self.entries[index].node = node;
        Ok(())
    }

    /// What `<<` means. go-yaml v2 takes keys in the order they stand, so that a merge overrides
    /// keys above it; kustomize lets a mapping's own keys win wherever `<<` stands.
    fn merge(&mut self, source: Node, line: u32, base: usize) -> Result<(), YamlError> {
        let position = Position { file: self.options.file, line };
        let is_mergeable = match &source.value {
            Value::Mapping(_) => true,
            Value::Sequence(items) => items.iter().all(|item| item.as_mapping().is_some()),
            _ => false,
        };
        if !is_mergeable {
            let message = "a merge key `<<` takes a mapping or a list of mappings";
            return Err(self.error(YamlErrorKind::Merge, position, message));
        }
        if self.options.dialect == Dialect::GoYamlV3 {
            let Some(Frame { kind: FrameKind::Mapping(open), .. }) = self.frames.last_mut() else {
                return Ok(());
            };
            if open.merge.replace(source).is_some() {
                let message = "a mapping takes one merge key `<<` only; give it a list";
                return Err(self.error(YamlErrorKind::DuplicateKey, position, message));
            }
            return Ok(());
        }
        // Backwards, because earlier items of the list win.
        for (key, node) in merge_sources(source).into_iter().rev().flatten() {
            match self.find(&key, base) {
                Some(index) => self.entries[index] = Entry { key, node, line: 0 },
                None => self.push_entry(Entry { key, node, line: 0 }, base),
            }
        }
        Ok(())
    }

    /// Adds the merged keys that the mapping does not have; earlier items of a list win.
    fn merge_missing(&mut self, source: Node, base: usize) {
        for (key, node) in merge_sources(source).into_iter().flatten() {
            if !self.entries[base..].iter().any(|entry| entry.key == key) {
                self.entries.push(Entry { key, node, line: 0 });
            }
        }
    }

    fn find(&self, key: &str, base: usize) -> Option<usize> {
        if let Some(Frame { kind: FrameKind::Mapping(open), .. }) = self.frames.last()
            && let Some(index) = &open.index
        {
            return index.get(key).copied();
        }
        let found = self.entries[base..].iter().position(|entry| &*entry.key == key)?;
        Some(base + found)
    }

    fn push_entry(&mut self, entry: Entry, base: usize) {
        if let Some(Frame { kind: FrameKind::Mapping(open), .. }) = self.frames.last_mut() {
            if let Some(index) = &mut open.index {
                index.insert(entry.key.clone(), self.entries.len());
            } else if self.entries.len() - base >= INDEX_FROM {
                let known = self.entries[base..].iter().chain([&entry]).map(|e| e.key.clone());
                open.index = Some(known.zip(base..).collect());
            }
        }
        self.entries.push(entry);
    }

    fn set_key(&mut self, key: Key) {
        if let Some(Frame { kind: FrameKind::Mapping(open), .. }) = self.frames.last_mut() {
            open.key = Some(key);
        }
    }

    /// Whether the next node is a key.
    fn wants_key(&self) -> bool {
        match self.frames.last() {
            Some(Frame { kind: FrameKind::Mapping(open), .. }) => open.key.is_none(),
            _ => false,
        }
    }

    pub(super) fn in_flow(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.style == StructureStyle::Flow)
    }

    /// Remembers `node` for aliases when it has an anchor.
    fn keep(
        &mut self,
        anchor: usize,
        node: &Node,
        nodes: usize,
        height: usize,
    ) -> Result<(), YamlError> {
        if anchor == 0 {
            return Ok(());
        }
        self.counts.kept += nodes;
        if self.counts.kept > NODES_MAX {
            return Err(self.too_many(node.position));
        }
        self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, height });
        Ok(())
    }

    fn count(&mut self, nodes: usize, aliased: usize, at: Position) -> Result<(), YamlError> {
        self.counts.nodes += nodes;
        self.counts.aliased += aliased;
        if self.counts.nodes > NODES_MAX {
            return Err(self.too_many(at));
        }
        if aliased > 0 && self.counts.is_excessive() {
            let message = "the document contains excessive aliasing; write its parts out";
            return Err(self.error(YamlErrorKind::Limit, at, message));
        }
        Ok(())
    }

    fn position(&self, span: Span) -> Position {
        let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
        Position { file: self.options.file, line: line.saturating_add(self.line_offset) }
    }

    fn warn(&mut self, position: Position, message: &str) {
        if self.warnings.len() < WARNINGS_MAX {
            let file_name = &self.options.file_name;
            let separator = if file_name.is_empty() { "line " } else { ":" };
            let message = format!("{file_name}{separator}{}: {message}", position.line);
            self.warnings.push(Warning { message, position });
        }
    }

    fn too_deep(&self, position: Position) -> YamlError {
        let message = format!("collections are nested deeper than {DEPTH_MAX} levels");
        self.error(YamlErrorKind::Limit, position, message)
    }

    fn too_many(&self, position: Position) -> YamlError {
        let message = format!("the text expands to more than {NODES_MAX} values; split it");
        self.error(YamlErrorKind::Limit, position, message)
    }

    fn syntax_error(&self, error: &ScanError) -> YamlError {
        let marker = error.marker();
        YamlError::new(YamlErrorKind::Syntax, error.info())
            .at(self.text, marker.line(), marker.col() + 1)
            .in_file(&self.options.file_name)
    }

    pub(super) fn error_at(
        &self,
        kind: YamlErrorKind,
        event: &ScalarEvent<'a>,
        message: impl Into<String>,
    ) -> YamlError {
        let line = (event.position.line - self.line_offset) as usize;
        YamlError::new(kind, message)
            .at(self.text, line, event.column)
            .in_file(&self.options.file_name)
    }

    fn error(
        &self,
        kind: YamlErrorKind,
        position: Position,
        message: impl Into<String>,
    ) -> YamlError {
        let line = (position.line - self.line_offset) as usize;
        YamlError::new(kind, message).at(self.text, line, 0).in_file(&self.options.file_name)
    }
}

impl Counts {
    /// go-yaml's rule: aliases may make 99 % of a small text, falling to 10 % of a large one.
    #[expect(clippy::cast_precision_loss, reason = "a ratio of counts far below 2^53")]
    fn is_excessive(&self) -> bool {
        const RANGE_LOW: f64 = 400_000.0;
        const RANGE_HIGH: f64 = 4_000_000.0;
        if self.aliased <= 100 || self.nodes <= 1000 {
            return false;
        }
        let nodes = self.nodes as f64;
        let progress = ((nodes - RANGE_LOW) / (RANGE_HIGH - RANGE_LOW)).clamp(0.0, 1.0);
        self.aliased as f64 / nodes > 0.99 - 0.89 * progress
    }
}

/// The mappings that `<<` names, in the order they are written.
fn merge_sources(source: Node) -> Vec<Mapping> {
    match source.value {
        Value::Mapping(mapping) => vec![mapping],
        Value::Sequence(items) => items.into_iter().flat_map(merge_sources).collect(),
        _ => Vec::new(),
    }
}
