//! What a scalar means: the tables of go-yaml v2 (YAML 1.1) and v3 (what kustomize reads with).
//!
//! [`resolve`] looks at a plain scalar, [`resolve_tagged`] at one with an explicit tag. Nothing
//! here knows about text positions or documents. Matches go.yaml.in/yaml v2.4.4 and v3.0.5.

use super::node::Text;
use super::number::Number;
use super::timestamp::{self, Timestamp};

/// Which library's rules apply to scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// YAML 1.1 as `sigs.k8s.io/yaml` reads it: kubectl, Helm, Argo CD, kustomization files.
    GoYamlV2,
    /// Mostly YAML 1.2, as kustomize reads resources and strategic patches.
    GoYamlV3,
}

/// What a scalar turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, with the spelling it keeps.
    Number(Number),
    /// Infinity or not-a-number, which JSON does not have; its canonical YAML spelling.
    NotFinite(&'static str),
    /// A date or time; v2 readers keep the text.
    Timestamp(Timestamp),
    /// The text itself.
    String,
    /// Text decoded from a `!!binary` scalar.
    Decoded(Text),
}

/// Why an explicit tag and its text do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagMismatch {
    /// The short tag the text would have by itself.
    pub actual: &'static str,
}

/// What the plain, untagged scalar `text` means.
#[must_use]
pub fn resolve(text: &str, dialect: Dialect) -> Scalar {
    let Some(&first) = text.as_bytes().first() else { return Scalar::Null };
    match first {
        b'+' | b'-' | b'0'..=b'9' => match timestamp::parse(text) {
            Some(time) => Scalar::Timestamp(time),
            None => resolve_numeric(text, dialect),
        },
        b'.' => resolve_dotted(text),
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => {
            resolve_word(text, dialect)
        }
        _ => Scalar::String,
    }
}

/// What `text` means under the short tag `tag` (`!!int`), quoted or not. Other tags than those
/// of scalars leave the text as it is.
///
/// # Errors
/// When the text is not of the tag's type.
pub fn resolve_tagged(tag: &str, text: &str, dialect: Dialect) -> Result<Scalar, TagMismatch> {
    let untimed = || match resolve(text, dialect) {
        Scalar::Timestamp(_) => resolve_numeric(text, dialect),
        scalar => scalar,
    };
    let scalar = match tag {
        "!!bool" | "!!int" | "!!float" | "!!null" => untimed(),
        "!!timestamp" => resolve(text, dialect),
        _ => return Ok(Scalar::String),
    };
    let actual = match &scalar {
        Scalar::Null => "!!null",
        Scalar::Bool(_) => "!!bool",
        Scalar::NotFinite(_) => "!!float",
        Scalar::Number(number) if number.is_float() => "!!float",
        Scalar::Number(_) => "!!int",
        Scalar::Timestamp(_) => "!!timestamp",
        Scalar::String | Scalar::Decoded(_) => "!!str",
    };
    match (tag, scalar) {
        (tag, scalar) if tag == actual => Ok(scalar),
        ("!!float", Scalar::Number(number)) => match number.as_i64() {
            Some(_) => Ok(Scalar::Number(Number::from_f64(number.as_f64()))),
            None => Err(TagMismatch { actual }),
        },
        _ => Err(TagMismatch { actual }),
    }
}

/// Words with a meaning of their own: booleans and null.
fn resolve_word(text: &str, dialect: Dialect) -> Scalar {
    match text {
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ if dialect == Dialect::GoYamlV3 => Scalar::String,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        _ => Scalar::String,
    }
}

/// Scalars that start with a dot: special floats and floats without a leading digit.
fn resolve_dotted(text: &str) -> Scalar {
    match text {
        ".nan" | ".NaN" | ".NAN" => Scalar::NotFinite(".nan"),
        ".inf" | ".Inf" | ".INF" => Scalar::NotFinite(".inf"),
        _ if are_underscores_inside(text) && is_finite_float(&text.replace('_', "")) => {
            Scalar::Number(Number::from_spelling(text))
        }
        _ => Scalar::String,
    }
}

/// Go's `ParseFloat` wants a digit on either side of an underscore.
fn are_underscores_inside(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    let mut underscores = text.match_indices('_').map(|(index, _)| index);
    underscores.all(|index| index > 0 && is_digit(index - 1) && is_digit(index + 1))
}

/// Scalars that start with a sign or digit, dates aside.
fn resolve_numeric(text: &str, dialect: Dialect) -> Scalar {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Scalar::NotFinite(".inf"),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::NotFinite("-.inf"),
        _ => {}
    }
    let without_underscores;
    let plain = if text.contains('_') {
        without_underscores = text.replace('_', "");
        without_underscores.as_str()
    } else {
        text
    };
    if is_go_integer(plain) || is_finite_float(plain) {
        return Scalar::Number(Number::from_spelling(text));
    }
    match binary_or_octal(plain, dialect) {
        Some(number) => Scalar::Number(number),
        None => Scalar::String,
    }
}

/// Whether Go's `ParseInt` or `ParseUint` with base 0 takes `plain`.
fn is_go_integer(plain: &str) -> bool {
    let digits = plain.strip_prefix(['+', '-']).unwrap_or(plain);
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| char::from(byte).is_digit(radix)) {
        return false;
    }
    let Ok(magnitude) = u64::from_str_radix(digits, radix) else { return false };
    match plain.as_bytes()[0] {
        b'-' => magnitude <= i64::MIN.unsigned_abs(),
        b'+' => i64::try_from(magnitude).is_ok(),
        _ => true,
    }
}

fn is_finite_float(plain: &str) -> bool {
    is_float_spelling(plain) && plain.parse().is_ok_and(f64::is_finite)
}

/// Digits with an optional fraction and exponent; no `inf`, no `nan`, no hexadecimal.
fn is_float_spelling(plain: &str) -> bool {
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(plain);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(index) => (&unsigned[..index], Some(&unsigned[index + 1..])),
        None => (unsigned, None),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    mantissa_fits
        && exponent.is_none_or(|text| {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            !digits.is_empty() && all_digits(digits)
        })
}

/// The second look go-yaml takes at `0b…` (and `0o…` in v3): the sign may follow the prefix.
fn binary_or_octal(plain: &str, dialect: Dialect) -> Option<Number> {
    let (negative, rest) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain),
    };
    let (radix, digits) = if let Some(digits) = rest.strip_prefix("0b") {
        (2, digits)
    } else if let Some(digits) = rest.strip_prefix("0o").filter(|_| dialect == Dialect::GoYamlV3) {
        (8, digits)
    } else {
        return None;
    };
    if negative && digits.starts_with(['+', '-']) {
        return None;
    }
    let value = i64::from_str_radix(digits, radix).ok()?;
    Some(Number::from(if negative { -value } else { value }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, v2: &str, v3: &str) {
        for (dialect, want) in [(Dialect::GoYamlV2, v2), (Dialect::GoYamlV3, v3)] {
            let got = match resolve(text, dialect) {
                Scalar::Null => "null".to_owned(),
                Scalar::Bool(value) => value.to_string(),
                Scalar::Number(number) => number.json_text(),
                Scalar::NotFinite(text) => text.to_owned(),
                Scalar::Timestamp(time) => time.to_string(),
                Scalar::String | Scalar::Decoded(_) => format!("{text:?}"),
            };
            assert_eq!(got, want, "{text} under {dialect:?}");
        }
    }

    #[test]
    fn words_are_booleans_in_yaml_1_1_only() {
        check("yes", "true", "\"yes\"");
        check("Off", "false", "\"Off\"");
        check("True", "true", "true");
        check("TrUe", "\"TrUe\"", "\"TrUe\"");
        check("~", "null", "null");
    }

    #[test]
    fn integers_take_prefixes_underscores_and_old_octal() {
        for (text, want) in [
            ("0644", "420"),
            ("0o644", "420"),
            ("0x1F", "31"),
            ("0b101", "5"),
            ("1_000", "1000"),
            ("+12", "12"),
            ("-0b11", "-3"),
            ("0b-1", "-1"),
            ("08", "8"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "18446744073709552000"),
        ] {
            check(text, want, want);
        }
        check("0o8", "\"0o8\"", "\"0o8\"");
        check("_1", "\"_1\"", "\"_1\"");
    }

    #[test]
    fn floats_are_finite_or_text() {
        for (text, want) in
            [(".5", "0.5"), ("1.", "1"), ("1e3", "1000"), ("1e400", "\"1e400\""), ("1e", "\"1e\"")]
        {
            check(text, want, want);
        }
        check("-.Inf", "-.inf", "-.inf");
    }

    #[test]
    fn a_tag_must_fit_its_text() {
        let v2 = Dialect::GoYamlV2;
        assert!(matches!(resolve_tagged("!!bool", "yes", v2), Ok(Scalar::Bool(true))));
        assert!(matches!(resolve_tagged("!!float", "1", v2), Ok(Scalar::Number(_))));
        assert!(matches!(resolve_tagged("!own", "1", v2), Ok(Scalar::String)));
        assert_eq!(resolve_tagged("!!int", "x", v2), Err(TagMismatch { actual: "!!str" }));
    }
}
