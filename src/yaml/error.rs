//! The one error of reading YAML and JSON: what went wrong, in which file, line and column.
//!
//! Whether the offending line is shown is up to the caller: it may hold a secret, so
//! [`YamlError::snippet`] is separate from the message.

use std::fmt;

use super::node::Text;

/// How many characters of the offending line a snippet shows at most.
const SNIPPET_WIDTH_MAX: usize = 160;

/// What texts that may hold a secret contain once blanks and quotes are taken away: their lines
/// are never shown.
const SECRET_MARKS: [&str; 3] = ["kind:Secret", "stringData:", "secretGenerator:"];

/// What kind of mistake the text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YamlErrorKind {
    /// The text is not YAML (or JSON) at all.
    Syntax,
    /// A scalar does not have the type its tag claims, or JSON has no such value (`.inf`).
    Value,
    /// A mapping key cannot be the key of a JSON object.
    Key,
    /// The same key stands twice in one mapping.
    DuplicateKey,
    /// A merge key `<<` with something else than mappings.
    Merge,
    /// A limit on size, depth or alias expansion was exceeded.
    Limit,
    /// The text holds another number of documents than asked for.
    DocumentCount,
    /// The text is well formed but does not fit the typed model.
    Model,
}

/// Why a text could not be read, and where.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}{message}", Location(self))]
pub struct YamlError {
    /// What kind of mistake it is.
    pub kind: YamlErrorKind,
    /// What is wrong, without file and line.
    pub message: String,
    /// The file it is in, when known.
    pub file_name: Option<Text>,
    /// 1-based line, 0 when unknown.
    pub line: u32,
    /// 1-based column in characters, 0 when unknown.
    pub column: u32,
    source_line: Option<SourceLine>,
}

/// A line of the text, kept out of debug output because it may hold a secret.
#[derive(Clone)]
struct SourceLine(Box<str>);

impl fmt::Debug for SourceLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

impl YamlError {
    /// An error without a place yet.
    #[must_use]
    pub fn new(kind: YamlErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            file_name: None,
            line: 0,
            column: 0,
            source_line: None,
        }
    }

    /// The same error at `line` and `column` (both 1-based) of `text`.
    #[must_use]
    pub fn at(mut self, text: &str, line: usize, column: usize) -> Self {
        self.line = u32::try_from(line).unwrap_or(u32::MAX);
        self.column = u32::try_from(column).unwrap_or(u32::MAX);
        self.source_line = line
            .checked_sub(1)
            .filter(|_| !may_hold_secret(text))
            .and_then(|index| text.lines().nth(index))
            .map(|source| source.chars().take(SNIPPET_WIDTH_MAX).collect::<String>())
            .map(|source| SourceLine(source.into()));
        self
    }

    /// The same error in `file_name`; an empty name means that none is known.
    #[must_use]
    pub fn in_file(mut self, file_name: &Text) -> Self {
        self.file_name = (!file_name.is_empty()).then(|| file_name.clone());
        self
    }

    /// The same error `lines` further down, for a piece cut out of a larger file.
    #[must_use]
    pub fn moved_down(mut self, lines: u32) -> Self {
        if self.line > 0 {
            self.line += lines;
        }
        self
    }

    /// The offending line with a caret below the column, or `""` when it is not known or the text
    /// may hold a secret.
    #[must_use]
    pub fn snippet(&self) -> String {
        let Some(SourceLine(source)) = &self.source_line else { return String::new() };
        let number = self.line.to_string();
        let column = (self.column as usize).saturating_sub(1);
        if self.column > 0 && column <= source.chars().count() {
            let gutter = " ".repeat(number.len());
            // Tabs stay tabs so that the caret lines up in every terminal.
            let lead = source.chars().take(column).map(|c| if c == '\t' { '\t' } else { ' ' });
            let lead: String = lead.collect();
            return format!("{number} | {source}\n{gutter} | {lead}^");
        }
        format!("{number} | {source}")
    }
}

/// Whether `text` looks as if it held a Secret anywhere. It is broken, so only its look can tell.
fn may_hold_secret(text: &str) -> bool {
    text.lines().any(|line| {
        let bare: String =
            line.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'')).collect();
        SECRET_MARKS.iter().any(|mark| bare.contains(mark))
    })
}

/// `file:line:column: ` as far as the parts are known.
struct Location<'a>(&'a YamlError);

impl fmt::Display for Location<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let YamlError { file_name, line, column, .. } = self.0;
        match (file_name, line) {
            (None, 0) => return Ok(()),
            (Some(name), 0) => write!(formatter, "{name}")?,
            (None, line) => write!(formatter, "line {line}")?,
            (Some(name), line) => write!(formatter, "{name}:{line}")?,
        }
        if *line > 0 && *column > 0 {
            write!(formatter, ":{column}")?;
        }
        formatter.write_str(": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_leads_with_what_is_known_of_the_place() {
        let error = YamlError::new(YamlErrorKind::Syntax, "bad");
        assert_eq!(error.to_string(), "bad");
        let placed = error.at("a: b\nc: d", 2, 4);
        assert_eq!(placed.to_string(), "line 2:4: bad");
        assert_eq!(placed.in_file(&"x.yaml".into()).to_string(), "x.yaml:2:4: bad");
    }

    #[test]
    fn a_snippet_points_at_the_column() {
        let error = YamlError::new(YamlErrorKind::Syntax, "bad").at("a: b\nc: d", 2, 4);
        assert_eq!(error.snippet(), "2 | c: d\n  |    ^");
        assert!(!format!("{error:?}").contains("c: d"));
    }

    #[test]
    fn a_line_of_a_secret_is_not_shown() {
        fn check(text: &str) {
            let error = YamlError::new(YamlErrorKind::Syntax, "bad").at(text, 2, 1);
            assert_eq!(error.snippet(), "", "{text}");
        }
        check("kind: Secret\ndata: {a: [b");
        check("{\"kind\" : \"Secret\",\n\"data\": {]");
        check("metadata: {}\npassword: [x\nkind:  'Secret'\n");
        check("secretGenerator:\n- literals: [a=b\n");
    }
}
