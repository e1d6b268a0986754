//! Glob patterns as Argo CD understands them.
//!
//! `*` matches any run of characters and `?` any one character, neither of them across a
//! separator; `**` matches any run, separators included; `[abc]`, `[a-z]` and `[!a-z]` match one
//! character; `{a,b*}` matches either pattern; a backslash makes the next character plain. A
//! pattern has to match the whole text. Whether there is a separator depends on the place:
//! `directory.include` and `exclude` have none (`*` crosses folders), repositories of projects
//! have `/`.

use regex::Regex;
use thiserror::Error;

/// What `*` and `?` stop at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// Nothing.
    None,
    /// Slashes.
    Slash,
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Glob {
    regex: Regex,
}

/// A pattern that cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("glob pattern {pattern:?}: {problem}")]
pub struct GlobError {
    pattern: String,
    problem: String,
}

impl Glob {
    /// Compiles a pattern.
    pub fn new(pattern: &str, separator: Separator) -> Result<Self, GlobError> {
        let fail = |problem: String| GlobError { pattern: pattern.to_owned(), problem };
        let text = translate(pattern, separator).map_err(|problem| fail(problem.to_owned()))?;
        let regex = Regex::new(&text).map_err(|_| fail("it cannot be compiled".to_owned()))?;
        Ok(Self { regex })
    }

    /// Whether the whole of `text` matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

fn translate(pattern: &str, separator: Separator) -> Result<String, &'static str> {
    let one = match separator {
        Separator::None => ".",
        Separator::Slash => "[^/]",
    };
    let mut regex = String::from("(?s)^(?:");
    let mut depth = 0_usize;
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' => {
                let stars = 1 + std::iter::from_fn(|| characters.next_if_eq(&'*')).count();
                regex.push_str(if stars > 1 { "." } else { one });
                regex.push('*');
            }
            '?' => regex.push_str(one),
            '{' => {
                depth += 1;
                regex.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                regex.push(')');
            }
            ',' if depth > 0 => regex.push('|'),
            '[' => class(&mut characters, &mut regex)?,
            '\\' => push_plain(&mut regex, characters.next().ok_or("it ends in a backslash")?),
            plain => push_plain(&mut regex, plain),
        }
    }
    if depth > 0 {
        return Err("a `{` is not closed");
    }
    regex.push_str(")$");
    Ok(regex)
}

fn class(
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    regex: &mut String,
) -> Result<(), &'static str> {
    regex.push('[');
    if characters.next_if(|c| matches!(c, '!' | '^')).is_some() {
        regex.push('^');
    }
    let mut is_empty = true;
    loop {
        match characters.next().ok_or("a `[` is not closed")? {
            ']' if is_empty => return Err("`[]` matches nothing"),
            ']' => break,
            '-' => regex.push('-'),
            '\\' => push_plain(regex, characters.next().ok_or("it ends in a backslash")?),
            plain => push_plain(regex, plain),
        }
        is_empty = false;
    }
    regex.push(']');
    Ok(())
}

fn push_plain(regex: &mut String, character: char) {
    regex.push_str(&regex::escape(character.encode_utf8(&mut [0; 4])));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        let check = |pattern: &str, separator: Separator, text: &str, want: bool| {
            let glob = Glob::new(pattern, separator).unwrap();
            assert_eq!(glob.matches(text), want, "{pattern} {text}");
        };
        let (none, slash) = (Separator::None, Separator::Slash);
        check("*.yaml", none, "a/b.yaml", true);
        check("*.yaml", slash, "a/b.yaml", false);
        check("**.yaml", slash, "a/b.yaml", true);
        check("*.yaml", none, "b.yml", false);
        check("*.yaml", none, "bxyaml", false);
        check("{config.json,env/*}", none, "env/a/b.yaml", true);
        check("{config.json,env/*}", none, "config.json", true);
        check("{config.json,env/*}", none, "other.json", false);
        check("{a{b,c},d}", none, "ac", true);
        check("a,b", none, "a,b", true);
        check("?.yaml", slash, "/.yaml", false);
        check("[a-c]x", none, "bx", true);
        check("[!a-c]x", none, "bx", false);
        check("[.]x", none, "ax", false);
        check(r"\*", none, "*", true);
        check(r"\*", none, "x", false);
        check("https://git.example/*", slash, "https://git.example/org/app", false);
        check("https://git.example/**", slash, "https://git.example/org/app", true);
        check("a", none, "a\n", false);
        check("", none, "", true);
        check("a+(b)|c$", none, "a+(b)|c$", true);
    }

    #[test]
    fn broken_patterns_are_refused() {
        for pattern in ["{a", "[a", "[]", "a\\", "[z-a]"] {
            assert!(Glob::new(pattern, Separator::None).is_err(), "{pattern}");
        }
    }
}
