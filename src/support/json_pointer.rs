//! RFC 6901 JSON pointers: the text `/spec/template~1x/0` as unescaped segments.
//!
//! Looking a pointer up in a document is the business of whoever holds the document.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

/// A parsed pointer; no segments at all is the whole document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonPointer {
    segments: Vec<String>,
}

/// A pointer that is neither empty nor led by a slash.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("JSON pointer {text:?} must be empty or start with `/`")]
pub struct JsonPointerError {
    text: String,
}

impl JsonPointer {
    /// Reads a pointer.
    pub fn parse(text: &str) -> Result<Self, JsonPointerError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let rest = text.strip_prefix('/');
        let rest = rest.ok_or_else(|| JsonPointerError { text: text.to_owned() })?;
        let segments = rest.split('/').map(|segment| unescape(segment).into_owned()).collect();
        Ok(Self { segments })
    }

    /// The segments, unescaped.
    #[must_use]
    pub fn segments(&self) -> &[String] {
        &self.segments
    }
}

impl fmt::Display for JsonPointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.segments.iter().try_for_each(|segment| write!(formatter, "/{}", escape(segment)))
    }
}

/// Undoes `~1` (slash) and `~0` (tilde) in one segment.
#[must_use]
pub fn unescape(segment: &str) -> Cow<'_, str> {
    if segment.contains('~') {
        Cow::Owned(segment.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(segment)
    }
}

/// Writes tildes as `~0` and slashes as `~1`.
#[must_use]
pub fn escape(segment: &str) -> Cow<'_, str> {
    if segment.contains(['~', '/']) {
        Cow::Owned(segment.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(segment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_unescaped_and_written_back() {
        let check = |text: &str, segments: &[&str]| {
            let pointer = JsonPointer::parse(text).unwrap();
            assert_eq!(pointer.segments(), segments, "{text}");
            assert_eq!(pointer.to_string(), text);
        };
        check("", &[]);
        check("/", &[""]);
        check("/metadata/annotations/a~1b", &["metadata", "annotations", "a/b"]);
        check("/~01", &["~1"]);
        check("/spec//0", &["spec", "", "0"]);
    }

    #[test]
    fn a_pointer_without_its_slash_is_refused() {
        let error = JsonPointer::parse("spec/x").unwrap_err();
        assert_eq!(error.to_string(), "JSON pointer \"spec/x\" must be empty or start with `/`");
    }
}
