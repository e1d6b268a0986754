//! Text to nodes: YAML documents with positions, under the rules of the tool that is matched.
//!
//! The callers choose a [`Dialect`] and what a duplicate key means; `load` does
//! the work. [`read_documents`] splits as YAML does, [`read_kustomize_documents`] as kustomize
//! v5.8.2 does before it parses. Files are read by others: this takes text.

use super::error::{YamlError, YamlErrorKind};
use super::intern::Interner;
use super::load::Loader;
use super::node::{FileId, Node, Position, Text, Value};

pub use super::resolve::Dialect;

/// What happens when a mapping holds the same key twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuplicateKeys {
    /// The last value counts, and a [`Warning`] is collected.
    LastWins,
    /// The text is refused.
    Error,
}

/// How a text is to be read, and what it is called.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Which scalar rules apply.
    pub dialect: Dialect,
    /// What a duplicate key means.
    pub duplicate_keys: DuplicateKeys,
    /// What the nodes' positions point to.
    pub file: FileId,
    /// The name for errors and warnings; empty when there is none.
    pub file_name: Text,
}

impl ReadOptions {
    /// Plain manifests, Application files, kustomization files: go-yaml v2, the last key wins.
    #[must_use]
    pub fn manifests(file: FileId, file_name: &str) -> Self {
        Self {
            dialect: Dialect::GoYamlV2,
            duplicate_keys: DuplicateKeys::LastWins,
            file,
            file_name: file_name.into(),
        }
    }

    /// Kustomize resources and strategic patches: go-yaml v3, duplicate keys are errors.
    #[must_use]
    pub fn kustomize_resources(file: FileId, file_name: &str) -> Self {
        Self {
            dialect: Dialect::GoYamlV3,
            duplicate_keys: DuplicateKeys::Error,
            file,
            file_name: file_name.into(),
        }
    }
}

/// One document of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its content; never `null`.
    pub root: Node,
    /// Its place among all documents of the text, counted from 0, empty ones included.
    pub index: usize,
}

/// Something odd that does not stop the read.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    /// The full sentence, led by `file:line: `.
    pub message: String,
    /// Where it is.
    pub position: Position,
}

/// Reads all documents of `text`; empty and `null` ones are left out.
///
/// # Errors
/// At the first mistake in the text.
pub fn read_documents(
    text: &str,
    options: &ReadOptions,
) -> Result<(Vec<Document>, Vec<Warning>), YamlError> {
    let mut interner = Interner::new();
    let mut loader = Loader::new(text, options, 0, &mut interner);
    let mut documents = Vec::new();
    let mut index = 0;
    while let Some(root) = loader.next_document()? {
        if !root.is_null() {
            documents.push(Document { root, index });
        }
        index += 1;
    }
    Ok((documents, loader.into_warnings()))
}

/// Reads a text that holds one document; a text without any is `null`.
///
/// # Errors
/// At the first mistake, or when a second document holds something.
pub fn read_one(text: &str, options: &ReadOptions) -> Result<(Node, Vec<Warning>), YamlError> {
    let (documents, warnings) = read_documents(text, options)?;
    let mut documents = documents.into_iter();
    let root = documents.next().map_or_else(Node::null, |document| document.root);
    match documents.next() {
        None => Ok((root, warnings)),
        Some(second) => {
            let message = "one document is expected here, but a second one starts; remove it";
            let line = second.root.position.line as usize;
            Err(YamlError::new(YamlErrorKind::DocumentCount, message)
                .at(text, line, 1)
                .in_file(&options.file_name))
        }
    }
}

/// Reads resources as kustomize does: the text is cut at lines that start with `---` first, and
/// of each piece only the first document counts. Empty pieces, `null` and `{}` are left out.
///
/// # Errors
/// At the first mistake, or when a `---` line holds more than a comment.
pub fn read_kustomize_documents(
    text: &str,
    options: &ReadOptions,
) -> Result<(Vec<Document>, Vec<Warning>), YamlError> {
    let unix;
    let text = if text.contains("\r\n") {
        unix = text.replace("\r\n", "\n");
        unix.as_str()
    } else {
        text
    };
    let mut interner = Interner::new();
    let mut documents = Vec::new();
    let mut warnings = Vec::new();
    for (index, piece) in kustomize_pieces(text, &options.file_name)?.into_iter().enumerate() {
        let mut loader = Loader::new(piece.text, options, piece.line_offset, &mut interner);
        let root = loader.next_document().map_err(|e| e.moved_down(piece.line_offset))?;
        warnings.append(&mut loader.into_warnings());
        if let Some(root) = root.filter(|root| !is_missing(root)) {
            documents.push(Document { root, index });
        }
    }
    Ok((documents, warnings))
}

/// What kustomize passes over: nothing, `null`, `{}`.
fn is_missing(root: &Node) -> bool {
    match &root.value {
        Value::Null => true,
        Value::Mapping(mapping) => mapping.is_empty(),
        _ => false,
    }
}

struct Piece<'a> {
    text: &'a str,
    line_offset: u32,
}

/// Cuts at kustomize's separator, a newline followed by a whole line that starts with `---`.
fn kustomize_pieces<'a>(text: &'a str, file_name: &Text) -> Result<Vec<Piece<'a>>, YamlError> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut line_offset = 0;
    let mut search = 0;
    while let Some(found) = text[search..].find("\n---") {
        let newline = search + found;
        let Some(length) = text[newline + 1..].find('\n') else { break };
        let end = newline + 1 + length;
        let rest = text[newline + 4..end].trim();
        // The newline before the separator belongs to the piece: it may end a block scalar.
        let piece = &text[start..=newline];
        let lines = piece.bytes().filter(|byte| *byte == b'\n').count();
        if !rest.is_empty() && !rest.starts_with('#') {
            let line = text[..=newline].lines().count() + 1;
            let message = "only a comment may follow `---` on its line; put the content below it";
            return Err(YamlError::new(YamlErrorKind::Syntax, message)
                .at(text, line, 4)
                .in_file(file_name));
        }
        pieces.push(Piece { text: piece, line_offset });
        line_offset += u32::try_from(lines + 1).unwrap_or(u32::MAX);
        start = end + 1;
        // The separator's own newline is used up: two separators in a row are one.
        search = start;
    }
    pieces.push(Piece { text: &text[start..], line_offset });
    Ok(pieces)
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
