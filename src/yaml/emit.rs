//! Nodes to YAML text, byte for byte as go-yaml v2.4.4 writes it for `sigs.k8s.io/yaml`.
//!
//! Keys in natural order, two blanks a level, lists at their key's column, lines folded after
//! column 80. What a single scalar looks like is decided in `style`.

use super::node::{Mapping, Node, Value};
use super::number::Number;
use super::order;
use super::resolve::{Dialect, Scalar, resolve};
use super::style::{Analysis, Style, is_base_60, needs_escape};

/// Columns beyond this make a scalar fold at its next single blank.
const WIDTH: usize = 80;
/// Longer keys, in bytes, are written with `? `.
const SIMPLE_KEY_MAX: usize = 128;
const BLANKS: &str = "                                                                ";

/// `node` as one YAML document that ends with a newline.
#[must_use]
pub fn to_yaml(node: &Node) -> String {
    let mut text = String::new();
    append_yaml(node, &mut text);
    text
}

/// The documents with `---` lines between them; nothing for none.
#[must_use]
pub fn to_yaml_documents<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> String {
    let mut text = String::new();
    for (index, node) in nodes.into_iter().enumerate() {
        if index > 0 {
            text.push_str("---\n");
        }
        append_yaml(node, &mut text);
    }
    text
}

/// Adds `node` as one YAML document to `text`, which is empty or ends with a newline.
pub fn append_yaml(node: &Node, text: &mut String) {
    let mut emitter = Emitter { out: text, column: 0, whitespace: true, indention: true };
    emitter.node(node, None, Place::Root);
    emitter.line_start(0);
}

/// What stands around a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Item,
    /// A key on one line with its colon.
    SimpleKey,
    /// A key after `? `, or any value.
    Entry,
}

struct Emitter<'a> {
    out: &'a mut String,
    /// Characters on the current line.
    column: usize,
    /// Whether the last thing written separates, so that a blank is not needed.
    whitespace: bool,
    /// Whether the line holds only indentation and `-`, `?`, `:` so far.
    indention: bool,
}

impl Emitter<'_> {
    /// Writes `node` inside a collection indented by `indent` (`None`: at the root).
    fn node(&mut self, node: &Node, indent: Option<usize>, place: Place) {
        match &node.value {
            Value::Null => self.word("null"),
            Value::Bool(true) => self.word("true"),
            Value::Bool(false) => self.word("false"),
            Value::Number(number) => self.number(number),
            Value::String(text) => {
                self.string(text, Analysis::of(text), indent.map_or(2, |i| i + 2), place);
            }
            Value::Sequence(items) if items.is_empty() => self.word("[]"),
            Value::Mapping(mapping) if mapping.is_empty() => self.word("{}"),
            Value::Sequence(items) => self.sequence(items, indent, place),
            Value::Mapping(mapping) => self.mapping(mapping, indent.map_or(0, |i| i + 2)),
        }
    }

    fn sequence(&mut self, items: &[Node], indent: Option<usize>, place: Place) {
        let indent = match indent {
            None => 0,
            // A list stands at the column of its key, unless it follows `: ` on the same line.
            Some(indent) if place == Place::Entry && !self.indention => indent,
            Some(indent) => indent + 2,
        };
        for item in items {
            self.line_start(indent);
            self.indicator("-");
            self.node(item, Some(indent), Place::Item);
        }
    }

    fn mapping(&mut self, mapping: &Mapping, indent: usize) {
        let keys: Vec<&str> = mapping.keys().map(|key| &**key).collect();
        let entries: Vec<(&str, &Node)> =
            mapping.iter().map(|(key, node)| (&**key, node)).collect();
        for index in order::sorted(&keys) {
            let (key, node) = entries[index];
            self.line_start(indent);
            let analysis = Analysis::of(key);
            if key.len() <= SIMPLE_KEY_MAX && !analysis.line_breaks {
                self.string(key, analysis, indent + 2, Place::SimpleKey);
                self.push(":", 1);
                self.whitespace = false;
                self.indention = false;
            } else {
                self.indicator("?");
                self.string(key, analysis, indent + 2, Place::Entry);
                self.line_start(indent);
                self.indicator(":");
            }
            self.node(node, Some(indent), Place::Entry);
        }
    }

    fn number(&mut self, number: &Number) {
        if number.is_canonical() {
            self.word(number.as_written());
        } else {
            self.word(&number.yaml_text());
        }
    }

    /// Text without blanks that needs neither quotes nor folding.
    fn word(&mut self, word: &str) {
        self.separate();
        self.push(word, word.len());
        self.whitespace = false;
        self.indention = false;
    }

    fn string(&mut self, text: &str, analysis: Analysis, indent: usize, place: Place) {
        let reads_back =
            matches!(resolve(text, Dialect::GoYamlV2), Scalar::String) && !is_base_60(text);
        let folds = place != Place::SimpleKey;
        match analysis.style(reads_back, folds) {
            Style::Plain => self.plain(text, indent, folds),
            Style::SingleQuoted => self.single_quoted(text, indent, folds),
            Style::DoubleQuoted => self.double_quoted(text, indent, folds),
            Style::Literal if analysis.wide_breaks => self.literal_by_character(text, indent),
            Style::Literal => self.literal(text, indent),
        }
    }

    fn plain(&mut self, text: &str, indent: usize, folds: bool) {
        self.separate();
        if !folds || self.column + text.len() <= WIDTH {
            self.push(text, text.chars().count());
        } else {
            self.folded(text, indent);
        }
        self.whitespace = false;
        self.indention = false;
    }

    /// Writes plain text, breaking the line at single blanks beyond the width.
    fn folded(&mut self, text: &str, indent: usize) {
        let mut after_blank = false;
        for (offset, character) in text.char_indices() {
            let is_blank = character == ' ';
            let next_is_blank = text.as_bytes().get(offset + 1) == Some(&b' ');
            if is_blank && !after_blank && !next_is_blank && self.column > WIDTH {
                self.line_start(indent);
            } else {
                self.character(character);
                self.indention &= is_blank;
            }
            after_blank = is_blank;
        }
    }

    fn single_quoted(&mut self, text: &str, indent: usize, folds: bool) {
        self.separate();
        self.push("'", 1);
        self.whitespace = false;
        self.indention = false;
        let mut after_blank = false;
        let mut after_break = false;
        for (offset, character) in text.char_indices() {
            if character == ' ' {
                let next_is_blank = text.as_bytes().get(offset + 1) == Some(&b' ');
                let inside = offset > 0 && offset + 1 < text.len();
                if folds && !after_blank && self.column > WIDTH && inside && !next_is_blank {
                    self.line_start(indent);
                } else {
                    self.character(' ');
                }
                after_blank = true;
                continue;
            }
            if is_wide_break(character) {
                self.out.push(character);
                self.column = 0;
                self.indention = true;
                after_break = true;
                continue;
            }
            if after_break {
                self.line_start(indent);
            }
            if character == '\'' {
                self.character('\'');
            }
            self.character(character);
            self.indention = false;
            after_blank = false;
            after_break = false;
        }
        self.push("'", 1);
        self.whitespace = false;
        self.indention = false;
    }

    fn double_quoted(&mut self, text: &str, indent: usize, folds: bool) {
        self.separate();
        self.push("\"", 1);
        self.indention = false;
        let escapes_all = text.starts_with('\u{feff}');
        let mut after_blank = false;
        for (offset, character) in text.char_indices() {
            if escapes_all || needs_escape(character) {
                self.escape(character);
                after_blank = false;
            } else if character == ' ' {
                let inside = offset > 0 && offset + 1 < text.len();
                if folds && !after_blank && self.column > WIDTH && inside {
                    self.line_start(indent);
                    if text.as_bytes()[offset + 1] == b' ' {
                        self.character('\\');
                    }
                } else {
                    self.character(' ');
                }
                after_blank = true;
            } else {
                self.character(character);
                after_blank = false;
            }
        }
        self.push("\"", 1);
        self.whitespace = false;
        self.indention = false;
    }

    fn escape(&mut self, character: char) {
        let short = match character {
            '\0' => "\\0",
            '\u{7}' => "\\a",
            '\u{8}' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\u{b}' => "\\v",
            '\u{c}' => "\\f",
            '\r' => "\\r",
            '\u{1b}' => "\\e",
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{85}' => "\\N",
            '\u{a0}' => "\\_",
            '\u{2028}' => "\\L",
            '\u{2029}' => "\\P",
            _ => "",
        };
        if !short.is_empty() {
            return self.push(short, short.len());
        }
        let code = u32::from(character);
        let long = match code {
            0..=0xFF => format!("\\x{code:02X}"),
            0x100..=0xFFFF => format!("\\u{code:04X}"),
            _ => format!("\\U{code:08X}"),
        };
        self.push(&long, long.len());
    }

    /// The `|` line of a literal block with its indentation and chomping marks.
    fn literal_head(&mut self, text: &str) {
        self.separate();
        self.out.push('|');
        let is_break = |c: char| c == '\n' || is_wide_break(c);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.out.push('2');
        }
        let mut from_end = text.chars().rev();
        match (from_end.next(), from_end.next()) {
            (Some(last), _) if !is_break(last) => self.out.push('-'),
            (Some(_), Some(before)) if !is_break(before) => {}
            _ => self.out.push('+'),
        }
        self.line_break();
        self.whitespace = true;
        self.indention = true;
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.literal_head(text);
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                self.pad(indent);
            }
            self.out.push_str(line);
            self.column = 0;
        }
        self.indention = text.ends_with('\n');
    }

    /// A literal block that holds U+2028 or U+2029, which are line breaks to YAML 1.1.
    fn literal_by_character(&mut self, text: &str, indent: usize) {
        self.literal_head(text);
        let mut after_break = true;
        for character in text.chars() {
            if character == '\n' || is_wide_break(character) {
                self.out.push(character);
                self.column = 0;
                self.indention = true;
                after_break = true;
                continue;
            }
            if after_break {
                self.line_start(indent);
            }
            self.character(character);
            self.indention = false;
            after_break = false;
        }
    }

    /// Moves to column `indent`, on a new line unless the current one is still blank there.
    fn line_start(&mut self, indent: usize) {
        let is_used = self.column == indent && !self.whitespace;
        if !self.indention || self.column > indent || is_used {
            self.line_break();
        }
        self.pad(indent);
        self.whitespace = true;
        self.indention = true;
    }

    fn pad(&mut self, indent: usize) {
        while self.column < indent {
            let count = (indent - self.column).min(BLANKS.len());
            self.push(&BLANKS[..count], count);
        }
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// `-`, `?` or `:` of a block collection.
    fn indicator(&mut self, indicator: &str) {
        self.separate();
        self.push(indicator, 1);
        self.whitespace = false;
    }

    fn separate(&mut self) {
        if !self.whitespace {
            self.push(" ", 1);
        }
    }

    fn character(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }

    fn push(&mut self, text: &str, characters: usize) {
        self.out.push_str(text);
        self.column += characters;
    }
}

fn is_wide_break(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
#[path = "emit_tests.rs"]
mod tests;
