//! Version constraints as Argo CD reads a `targetRevision` such as `1.2.x` or `>=1.0 <2.0`.
//!
//! Matches the grammar and the rules of Go's Masterminds/semver v3: `||` between alternatives,
//! blanks or commas between conditions, hyphen ranges, wildcards, `~`, `^`, a leading `v`, and
//! pre-releases only where the condition itself names one.

use semver::{BuildMetadata, Prerelease, Version};

/// Longest constraint that is read at all; longer text is certainly something else.
const TEXT_BYTES_MAX: usize = 256;

/// A set of alternatives, one of which a version must meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SemverConstraint {
    alternatives: Vec<Vec<Condition>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    operator: Operator,
    bound: Version,
    precision: Precision,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Tilde,
    Caret,
}

/// Which parts of the bound are given; the rest are wildcards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Precision {
    Nothing,
    Major,
    Minor,
    Patch,
}

/// Longer operators first, so that `>=` is not read as `>`.
const OPERATORS: &[(&str, Operator)] = &[
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterOrEqual),
    ("=>", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    ("=<", Operator::LessOrEqual),
    ("~>", Operator::Tilde),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("=", Operator::Equal),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
];

impl SemverConstraint {
    /// Reads a constraint; `None` when the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let alternatives = text.split("||").map(parse_alternative).collect::<Option<Vec<_>>>()?;
        Some(Self { alternatives })
    }

    /// Whether `version` meets one of the alternatives.
    pub fn matches(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|all| all.iter().all(|one| one.matches(version)))
    }
}

/// Reads a version leniently: `v1.2.3`, `1.2` and `1` count, missing parts are 0.
pub fn parse_version(text: &str) -> Option<Version> {
    let (bound, precision) = parse_bound(text)?;
    let has_wildcard = text.split(['-', '+']).next()?.contains(['x', 'X', '*']);
    (precision >= Precision::Major && !has_wildcard).then_some(bound)
}

fn parse_alternative(text: &str) -> Option<Vec<Condition>> {
    let words: Vec<&str> = text.split([' ', '\t', ',']).filter(|word| !word.is_empty()).collect();
    let mut conditions = Vec::new();
    let mut rest = words.as_slice();
    while let [word, after @ ..] = rest {
        rest = match after {
            ["-", upper, after @ ..] => {
                conditions.push(condition(Operator::GreaterOrEqual, word)?);
                conditions.push(condition(Operator::LessOrEqual, upper)?);
                after
            }
            _ => parse_words(word, after, &mut conditions)?,
        };
    }
    (!conditions.is_empty()).then_some(conditions)
}

/// One condition, whose operator may stand apart from its version: `>= 1.2`.
fn parse_words<'a>(
    word: &str,
    after: &'a [&'a str],
    conditions: &mut Vec<Condition>,
) -> Option<&'a [&'a str]> {
    let operator = OPERATORS.iter().find(|(sign, _)| word.starts_with(sign));
    let (operator, version) = match operator {
        Some((sign, operator)) => (*operator, &word[sign.len()..]),
        None => (Operator::Equal, word),
    };
    if !version.is_empty() {
        conditions.push(condition(operator, version)?);
        return Some(after);
    }
    let [version, after @ ..] = after else { return None };
    conditions.push(condition(operator, version)?);
    Some(after)
}

fn condition(operator: Operator, version: &str) -> Option<Condition> {
    let (bound, precision) = parse_bound(version)?;
    Some(Condition { operator, bound, precision })
}

fn parse_bound(text: &str) -> Option<(Version, Precision)> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (text, build) = match text.split_once('+') {
        Some((text, build)) => (text, BuildMetadata::new(build).ok()?),
        None => (text, BuildMetadata::EMPTY),
    };
    let (numbers, pre) = match text.split_once('-') {
        Some((numbers, pre)) if !pre.is_empty() => (numbers, Prerelease::new(pre).ok()?),
        Some(_) => return None,
        None => (text, Prerelease::EMPTY),
    };
    let mut parts = [0_u64; 3];
    let mut given = 0;
    let mut wildcard = false;
    for (index, part) in numbers.split('.').enumerate() {
        let slot = parts.get_mut(index)?;
        if matches!(part, "x" | "X" | "*") {
            wildcard = true;
        } else {
            let number = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok());
            let number = number.flatten()?;
            if !wildcard {
                *slot = number;
                given = index + 1;
            }
        }
    }
    let precision = match given {
        0 => Precision::Nothing,
        1 => Precision::Major,
        2 => Precision::Minor,
        _ => Precision::Patch,
    };
    let [major, minor, patch] = parts;
    Some((Version { major, minor, patch, pre, build }, precision))
}

impl Condition {
    fn matches(&self, version: &Version) -> bool {
        if !version.pre.is_empty() && self.bound.pre.is_empty() {
            return false;
        }
        let order = version.cmp_precedence(&self.bound);
        match self.operator {
            Operator::Equal if self.precision == Precision::Patch => order.is_eq(),
            Operator::Equal | Operator::Tilde => self.is_in_tilde_range(version),
            Operator::NotEqual if self.precision == Precision::Patch => order.is_ne(),
            Operator::NotEqual => !self.has_same_given_parts(version),
            Operator::Greater if self.precision == Precision::Patch => order.is_gt(),
            Operator::Greater => order.is_gt() && !self.has_same_given_parts(version),
            Operator::GreaterOrEqual => order.is_ge(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual if self.precision == Precision::Patch => order.is_le(),
            Operator::LessOrEqual => order.is_le() || self.has_same_given_parts(version),
            Operator::Caret => self.is_in_caret_range(version),
        }
    }

    fn has_same_given_parts(&self, version: &Version) -> bool {
        let bound = &self.bound;
        (self.precision < Precision::Major || version.major == bound.major)
            && (self.precision < Precision::Minor || version.minor == bound.minor)
            && (self.precision < Precision::Patch || version.patch == bound.patch)
    }

    /// Same major and, where it is given, same minor version. `~0.0.0` allows everything, as
    /// in the Go library, which reads `*` so.
    fn is_in_tilde_range(&self, version: &Version) -> bool {
        let bound = &self.bound;
        if version.cmp_precedence(bound).is_lt() {
            return false;
        }
        let is_zero = (bound.major, bound.minor, bound.patch) == (0, 0, 0);
        if self.precision == Precision::Nothing || (is_zero && self.precision == Precision::Patch) {
            return true;
        }
        version.major == bound.major
            && (self.precision == Precision::Major || version.minor == bound.minor)
    }

    /// No change of the leftmost part that is not zero.
    fn is_in_caret_range(&self, version: &Version) -> bool {
        let bound = &self.bound;
        if version.cmp_precedence(bound).is_lt() {
            return false;
        }
        if self.precision == Precision::Nothing {
            return true;
        }
        if version.major != bound.major {
            return false;
        }
        if bound.major > 0 || self.precision == Precision::Major {
            return true;
        }
        if version.minor != bound.minor {
            return false;
        }
        bound.minor > 0 || self.precision == Precision::Minor || version.patch == bound.patch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(constraint: &str, matching: &[&str], other: &[&str]) {
        let parsed = SemverConstraint::parse(constraint).expect(constraint);
        for version in matching {
            assert!(parsed.matches(&parse_version(version).unwrap()), "{constraint} {version}");
        }
        for version in other {
            assert!(!parsed.matches(&parse_version(version).unwrap()), "{constraint} !{version}");
        }
    }

    #[test]
    fn comparisons_hold() {
        check(">=1.2.3", &["1.2.3", "v2"], &["1.2.2"]);
        check("=> 1.2.3", &["1.2.3"], &["1.2.2"]);
        check(">1.2.3", &["1.2.4"], &["1.2.3"]);
        check(">11", &["12.0.0"], &["11.1.0", "11.0.0"]);
        check(">11.1", &["11.2.0"], &["11.1.5"]);
        check("<1.2", &["1.1.9"], &["1.2.0"]);
        check("<=1.2", &["1.2.9", "1.1.0"], &["1.3.0"]);
        check("<=1", &["1.9.9"], &["2.0.0"]);
        check("=1.2.3", &["1.2.3", "v1.2.3+build"], &["1.2.4"]);
        check("!=1.2.3", &["1.2.4"], &["1.2.3"]);
        check("!=1.2", &["1.3.0", "2.2.0"], &["1.2.0", "1.2.7"]);
        check("!=1.x", &["2.0.0"], &["1.2.7"]);
    }

    #[test]
    fn wildcards_tildes_and_carets_span_ranges() {
        check("*", &["0.0.1", "9.9.9"], &["1.0.0-rc.1"]);
        check("1.x", &["1.0.0", "1.9.0"], &["2.0.0", "0.9.0"]);
        check("v1.2.X", &["1.2.0", "1.2.9"], &["1.3.0"]);
        check("~1.2.3", &["1.2.3", "1.2.9"], &["1.3.0", "1.2.2"]);
        check("~>1.2", &["1.2.0", "1.2.9"], &["1.3.0"]);
        check("~1", &["1.0.0", "1.9.0"], &["2.0.0"]);
        check("^1.2.3", &["1.2.3", "1.9.0"], &["2.0.0", "1.2.2"]);
        check("^0.2.3", &["0.2.3", "0.2.9"], &["0.3.0", "1.0.0"]);
        check("^0.0.3", &["0.0.3"], &["0.0.4", "0.1.3"]);
        check("^0.0", &["0.0.9"], &["0.1.0"]);
        check("^0", &["0.9.0"], &["1.0.0"]);
    }

    #[test]
    fn conditions_combine() {
        check(">=1.0.0, <2.0.0", &["1.5.0"], &["2.0.0"]);
        check(">= 1.0.0 < 2.0.0", &["1.5.0"], &["2.0.0", "0.9.0"]);
        check("1.2 - 1.4.5", &["1.2.0", "1.4.5"], &["1.4.6", "1.1.0"]);
        check("<1.0.0 || >=3", &["0.9.0", "3.0.0"], &["1.0.0", "2.0.0"]);
    }

    #[test]
    fn prereleases_match_only_where_one_is_named() {
        check(">=1.0.0", &["1.1.0"], &["1.1.0-rc.1"]);
        check(">=1.0.0-0", &["1.1.0", "1.1.0-rc.1"], &["0.9.0"]);
        check("^1.2.0-beta.1", &["1.2.0-beta.2", "1.3.0"], &["1.2.0-alpha.9"]);
    }

    #[test]
    fn names_of_branches_are_no_constraints() {
        for name in ["main", "release-1.2", "", "feature/x", "1.2.3.4", ">=", "1.2-", "a || 1"] {
            assert_eq!(SemverConstraint::parse(name), None, "{name}");
        }
        assert_eq!(SemverConstraint::parse(&"1 ".repeat(200)), None);
    }

    #[test]
    fn versions_are_read_leniently() {
        assert_eq!(parse_version("v1.2"), Some(Version::new(1, 2, 0)));
        assert_eq!(parse_version("01.2.3"), Some(Version::new(1, 2, 3)));
        assert_eq!(parse_version("1.x"), None);
        assert_eq!(parse_version("latest"), None);
        assert_eq!(parse_version("1.2.3-rc.1").unwrap().pre.as_str(), "rc.1");
        assert_eq!(parse_version("1.2.3-x").unwrap().pre.as_str(), "x");
    }
}
