//! Kubernetes selector syntax: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`.
//!
//! Matches what `kubectl -l` and kustomize's `labelSelector` accept. Names and values are not
//! checked against the rules for labels beyond the characters the syntax itself uses: a
//! selector with an impossible label selects nothing.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Requirements that all must hold; none at all selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Exists,
    Missing,
    In,
    NotIn,
    GreaterThan,
    LessThan,
}

/// Why a text is no selector.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("cannot read selector {text:?}: {problem}")]
pub struct LabelSelectorError {
    text: String,
    problem: String,
}

impl LabelSelector {
    /// Whether there is nothing to match, so that everything does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether labels that `get` looks up fulfil all requirements.
    pub fn matches<'a>(&self, get: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.requirements.iter().all(|requirement| requirement.holds(get(&requirement.key)))
    }
}

impl Requirement {
    fn holds(&self, value: Option<&str>) -> bool {
        let listed = |value: &str| self.values.iter().any(|wanted| wanted == value);
        let number = |text: &str| text.parse::<i64>().ok();
        let compare = |value: &str| Some(number(value)?.cmp(&number(self.values.first()?)?));
        match (self.operator, value) {
            (Operator::Exists, value) => value.is_some(),
            (Operator::Missing, value) => value.is_none(),
            (Operator::In, value) => value.is_some_and(listed),
            (Operator::NotIn, value) => !value.is_some_and(listed),
            (Operator::GreaterThan, value) => {
                value.and_then(compare).is_some_and(std::cmp::Ordering::is_gt)
            }
            (Operator::LessThan, value) => {
                value.and_then(compare).is_some_and(std::cmp::Ordering::is_lt)
            }
        }
    }
}

impl FromStr for LabelSelector {
    type Err = LabelSelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = |problem| LabelSelectorError { text: text.to_owned(), problem };
        let mut reader = Reader { tokens: tokens(text), next: 0 };
        let mut requirements = Vec::new();
        if reader.peek().is_none() {
            return Ok(Self::default());
        }
        loop {
            requirements.push(reader.requirement().map_err(fail)?);
            match reader.take() {
                None => return Ok(Self { requirements }),
                // Kubernetes allows one comma at the end.
                Some(",") if reader.peek().is_none() => return Ok(Self { requirements }),
                Some(",") => {}
                Some(other) => return Err(fail(format!("expected `,`, found `{other}`"))),
            }
        }
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Requirement { key, operator, values }) in self.requirements.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let listed = values.join(",");
            match (operator, values.as_slice()) {
                (Operator::Exists, _) => write!(formatter, "{comma}{key}"),
                (Operator::Missing, _) => write!(formatter, "{comma}!{key}"),
                (Operator::In, [value]) => write!(formatter, "{comma}{key}={value}"),
                (Operator::NotIn, [value]) => write!(formatter, "{comma}{key}!={value}"),
                (Operator::In, _) => write!(formatter, "{comma}{key} in ({listed})"),
                (Operator::NotIn, _) => write!(formatter, "{comma}{key} notin ({listed})"),
                (Operator::GreaterThan, _) => write!(formatter, "{comma}{key}>{listed}"),
                (Operator::LessThan, _) => write!(formatter, "{comma}{key}<{listed}"),
            }?;
        }
        Ok(())
    }
}

/// Words and signs; white space only separates.
fn tokens(text: &str) -> Vec<&str> {
    let is_sign = |character: char| "=!,()<>".contains(character);
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("==") || rest.starts_with("!=") {
            2
        } else if is_sign(first) {
            1
        } else {
            rest.find(|c: char| is_sign(c) || c.is_whitespace()).unwrap_or(rest.len())
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

struct Reader<'a> {
    tokens: Vec<&'a str>,
    next: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.next).copied()
    }

    fn take(&mut self) -> Option<&'a str> {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn word(&mut self, wanted: &str) -> Result<String, String> {
        match self.take() {
            Some(token) if !token.starts_with(['=', '!', ',', '(', ')', '<', '>']) => {
                Ok(token.to_owned())
            }
            Some(token) => Err(format!("expected {wanted}, found `{token}`")),
            None => Err(format!("expected {wanted} at the end")),
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        if self.peek() == Some("!") {
            self.next += 1;
            let key = self.word("a label name after `!`")?;
            return Ok(Requirement { key, operator: Operator::Missing, values: Vec::new() });
        }
        let key = self.word("a label name")?;
        let operator = match self.peek() {
            None | Some(",") => {
                return Ok(Requirement { key, operator: Operator::Exists, values: Vec::new() });
            }
            Some("=" | "==" | "in") => Operator::In,
            Some("!=" | "notin") => Operator::NotIn,
            Some(">") => Operator::GreaterThan,
            Some("<") => Operator::LessThan,
            Some(other) => return Err(format!("unknown operator `{other}` after `{key}`")),
        };
        let is_set = matches!(self.take(), Some("in" | "notin"));
        let values = if is_set { self.set()? } else { vec![self.value()?] };
        if matches!(operator, Operator::GreaterThan | Operator::LessThan)
            && values.iter().any(|value| value.parse::<i64>().is_err())
        {
            return Err(format!("`{key}` can only be compared with a whole number"));
        }
        Ok(Requirement { key, operator, values })
    }

    /// One value; nothing before a comma or the end is the empty one.
    fn value(&mut self) -> Result<String, String> {
        match self.peek() {
            None | Some(",") => Ok(String::new()),
            Some(_) => self.word("a value"),
        }
    }

    fn set(&mut self) -> Result<Vec<String>, String> {
        if self.take() != Some("(") {
            return Err("expected `(` before the values".to_owned());
        }
        let mut values = Vec::new();
        loop {
            match self.peek() {
                Some("," | ")") => values.push(String::new()),
                _ => values.push(self.word("a value")?),
            }
            match self.take() {
                Some(")") => return Ok(values),
                Some(",") => {}
                _ => return Err("expected `,` or `)` after a value".to_owned()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_match_labels() {
        let labels = [("app", "web"), ("tier", "front"), ("n", "5"), ("empty", "")];
        let get = |key: &str| labels.iter().find(|(k, _)| *k == key).map(|(_, v)| *v);
        let check = |text: &str, want: bool| {
            let selector: LabelSelector = text.parse().unwrap();
            assert_eq!(selector.matches(get), want, "{text}");
        };
        for text in [
            "",
            "app=web",
            "app==web",
            "app = web , tier=front",
            "app",
            "!gone",
            "app!=api",
            "gone!=x",
            "app in (api, web)",
            "app notin (api)",
            "gone notin (x)",
            "n>4",
            "n<6",
            "empty=",
            "empty in (,x)",
            "app=web,",
        ] {
            check(text, true);
        }
        for text in [
            "app=api",
            "gone",
            "!app",
            "app!=web",
            "app in (api)",
            "app notin (web)",
            "n>5",
            "n<5",
            "app>1",
            "gone in (x)",
            "app=web,tier=back",
        ] {
            check(text, false);
        }
    }

    #[test]
    fn broken_selectors_say_what_is_wrong() {
        let check = |text: &str, want: &str| {
            let error = text.parse::<LabelSelector>().unwrap_err().to_string();
            assert!(error.contains(want), "{text}: {error}");
        };
        check("a b", "unknown operator `b`");
        check(",a", "expected a label name");
        check("a in b", "expected `(`");
        check("a in (b", "after a value");
        check("a=(b)", "expected a value");
        check("!", "at the end");
        check("a>x", "whole number");
        check("a=b c", "expected `,`");
    }

    #[test]
    fn a_selector_is_written_as_kubernetes_writes_it() {
        let selector: LabelSelector = "a == b, c in (d , e),!f,g,h!=i,n>1".parse().unwrap();
        assert_eq!(selector.to_string(), "a=b,c in (d,e),!f,g,h!=i,n>1");
    }
}
