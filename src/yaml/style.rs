//! How a string has to be written so that go-yaml v2 reads the same string back: the analysis of
//! its characters and the choice between plain, quoted and literal.

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// What the characters of a string allow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Analysis {
    /// It holds a line break of any kind.
    pub(super) line_breaks: bool,
    /// It holds U+2028 or U+2029.
    pub(super) wide_breaks: bool,
    newlines: bool,
    plain_refused: bool,
    special: bool,
    trailing_blank: bool,
    blank_after_break: bool,
    blank_before_break: bool,
}

/// The classes of bytes that matter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Byte {
    Ordinary,
    Blank,
    Newline,
    Colon,
    Hash,
    /// Starts a character that needs a look at all its bytes.
    Wide,
    /// Within such a character.
    Inner,
    /// Cannot be printed: only an escape can hold it.
    Special,
}

const CLASSES: [Byte; 256] = {
    let mut classes = [Byte::Ordinary; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte {
            0x0A => Byte::Newline,
            0x00..0x20 | 0x7F | 0xF0.. => Byte::Special,
            0x20 => Byte::Blank,
            0x23 => Byte::Hash,
            0x3A => Byte::Colon,
            0x80..=0xBF => Byte::Inner,
            0xC2 | 0xE2 | 0xEF => Byte::Wide,
            _ => Byte::Ordinary,
        };
        byte += 1;
    }
    classes
};

impl Analysis {
    /// Looks at every character of `text` once.
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut found = Self { plain_refused: starts_like_syntax(bytes), ..Self::default() };
        let mut previous = None;
        for (index, byte) in bytes.iter().enumerate() {
            let class = CLASSES[usize::from(*byte)];
            match class {
                Byte::Ordinary => previous = None,
                Byte::Inner => {}
                _ => previous = found.note(bytes, index, class, previous),
            }
        }
        found.trailing_blank = text.ends_with(' ');
        found.plain_refused |= text.starts_with(' ') || found.trailing_blank || found.line_breaks;
        found
    }

    /// Takes in a byte that is not ordinary; answers whether it was a blank or a break.
    fn note(
        &mut self,
        bytes: &[u8],
        index: usize,
        class: Byte,
        previous: Option<Byte>,
    ) -> Option<Byte> {
        let class = match class {
            Byte::Wide => wide_class(&bytes[index..]),
            class => class,
        };
        match class {
            Byte::Blank => {
                self.blank_after_break |= previous == Some(Byte::Newline);
                return Some(Byte::Blank);
            }
            Byte::Newline => {
                self.line_breaks = true;
                self.newlines |= bytes[index] == b'\n';
                self.wide_breaks |= bytes[index] != b'\n';
                self.blank_before_break |= previous == Some(Byte::Blank);
                return Some(Byte::Newline);
            }
            Byte::Special => {
                self.special = true;
                // A carriage return and U+0085 are line breaks too.
                let is_break = bytes[index] == b'\r' || bytes[index..].starts_with(&[0xC2, 0x85]);
                self.line_breaks |= is_break;
                return is_break.then_some(Byte::Newline);
            }
            Byte::Colon => {
                let next = bytes.get(index + 1);
                self.plain_refused |= next.is_none_or(|next| matches!(next, b' ' | b'\t'));
            }
            Byte::Hash => self.plain_refused |= previous.is_some(),
            Byte::Ordinary | Byte::Wide | Byte::Inner => {}
        }
        None
    }

    /// The style for the string. `reads_back`: plain text would be read as this very string;
    /// `may_use_lines`: it is no key that shares its line with a colon.
    pub(super) fn style(self, reads_back: bool, may_use_lines: bool) -> Style {
        let unquotable = self.blank_before_break || self.special;
        if self.newlines {
            let fits = !self.trailing_blank && !unquotable && may_use_lines;
            return if fits { Style::Literal } else { Style::DoubleQuoted };
        }
        if !reads_back || unquotable || self.blank_after_break {
            return Style::DoubleQuoted;
        }
        if self.plain_refused { Style::SingleQuoted } else { Style::Plain }
    }
}

/// The class of a character that starts with C2, E2 or EF.
fn wide_class(rest: &[u8]) -> Byte {
    match rest {
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => Byte::Newline,
        [0xC2, 0x80..=0x9F, ..] | [0xEF, 0xBB, 0xBF, ..] | [0xEF, 0xBF, 0xBE | 0xBF, ..] => {
            Byte::Special
        }
        _ => Byte::Ordinary,
    }
}

/// Whether the first characters mean something to YAML.
fn starts_like_syntax(bytes: &[u8]) -> bool {
    let Some(first) = bytes.first() else { return false };
    match first {
        b'-' | b'?' | b':' => {
            bytes.starts_with(b"---") || matches!(bytes.get(1), None | Some(b' ' | b'\t'))
        }
        b'.' => bytes.starts_with(b"..."),
        first => b"#,[]{}&*!|>'\"%@`".contains(first),
    }
}

/// Whether a double-quoted scalar has to escape `character`.
pub(super) fn needs_escape(character: char) -> bool {
    matches!(
        character,
        '"' | '\\'
            | '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'..=char::MAX
    )
}

/// Whether `text` is a number in base 60 (`12:30:45`), which YAML 1.1 readers take for one.
pub(super) fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) || !unsigned.contains(':') {
        return false;
    }
    let digits_or_underscores =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let (groups, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut groups = groups.split(':');
    let first_fits = groups.next().is_some_and(digits_or_underscores);
    first_fits
        && digits_or_underscores(fraction)
        && groups
            .all(|group| matches!(group.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
}
