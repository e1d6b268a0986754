//! Numbers kept as text: what Go's YAML readers accept, and the values behind the spelling.
//!
//! A number keeps its spelling until somebody computes with it or writes it. Written, it is what
//! Go makes of it: exact up to 64 bits, a float beyond; a float without a fraction becomes an
//! integer on its way through JSON. The texts match Go's `encoding/json` and `strconv`.

use super::node::Text;

/// A number as it was written: decimal, `0x`, `0o`, `0b` or old octal integers, floats.
///
/// Two numbers are equal when their values are, whatever their spelling.
#[derive(Clone, Debug)]
pub struct Number(Text);

/// The value behind a spelling, in the types Go reads numbers into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NumberValue {
    /// An integer that fits an `i64`.
    Signed(i64),
    /// A positive integer that fits only a `u64`.
    Unsigned(u64),
    /// Everything else; always finite unless the spelling was no number at all.
    Float(f64),
}

impl Number {
    /// Takes a spelling that a resolver has already recognised as a number.
    #[must_use]
    pub fn from_spelling(text: impl Into<Text>) -> Self {
        Self(text.into())
    }

    /// The number Go writes for a float.
    #[must_use]
    pub fn from_f64(value: f64) -> Self {
        Self(go_json_float(value).into())
    }

    /// The spelling in the source.
    #[must_use]
    pub fn as_written(&self) -> &Text {
        &self.0
    }

    /// The value when it is an integer that fits an `i64`, be it written `1.0`.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self.value() {
            NumberValue::Signed(value) => Some(value),
            NumberValue::Unsigned(_) | NumberValue::Float(_) => None,
        }
    }

    /// The value when it is a non-negative integer that fits a `u64`.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self.value() {
            NumberValue::Signed(value) => value.try_into().ok(),
            NumberValue::Unsigned(value) => Some(value),
            NumberValue::Float(_) => None,
        }
    }

    /// The value as a float; integers beyond 2^53 lose digits.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the loss is what the name promises")]
    pub fn as_f64(&self) -> f64 {
        match self.spelled() {
            NumberValue::Signed(value) => value as f64,
            NumberValue::Unsigned(value) => value as f64,
            NumberValue::Float(value) => value,
        }
    }

    /// Whether the spelling is that of a float, or of an integer beyond 64 bits.
    #[must_use]
    pub fn is_float(&self) -> bool {
        matches!(self.spelled(), NumberValue::Float(_))
    }

    /// The value after Go has sent it through JSON: floats without a fraction are integers.
    #[must_use]
    pub fn value(&self) -> NumberValue {
        let NumberValue::Float(float) = self.spelled() else { return self.spelled() };
        if float.fract() != 0.0 || float.abs() >= JSON_EXPONENT_FROM {
            return NumberValue::Float(float);
        }
        // Through the text, since Go pads the shortest digits with zeros: 2^62 becomes …8000.
        match plain_integer(&float.to_string()) {
            Some(value) => value,
            None => NumberValue::Float(float),
        }
    }

    /// The text Go's `encoding/json` writes after YAML was converted to JSON.
    #[must_use]
    pub fn json_text(&self) -> String {
        match self.spelled() {
            NumberValue::Signed(value) => value.to_string(),
            NumberValue::Unsigned(value) => value.to_string(),
            NumberValue::Float(value) => go_json_float(value),
        }
    }

    /// The text go-yaml v2 writes when the number comes from JSON.
    #[must_use]
    pub fn yaml_text(&self) -> String {
        match self.value() {
            NumberValue::Signed(value) => value.to_string(),
            NumberValue::Unsigned(value) => value.to_string(),
            NumberValue::Float(value) => go_shortest_float(&format!("{value:e}")),
        }
    }

    /// The text already is what Go writes in both forms: a decimal integer of at most 18 digits.
    pub(super) fn is_canonical(&self) -> bool {
        let digits = self.0.strip_prefix('-').unwrap_or(&self.0).as_bytes();
        match digits {
            [b'0'] => self.0.len() == 1,
            [b'1'..=b'9', rest @ ..] => rest.len() < 18 && rest.iter().all(u8::is_ascii_digit),
            _ => false,
        }
    }

    /// The value behind the spelling, with the prefixes and underscores Go's readers allow.
    fn spelled(&self) -> NumberValue {
        if self.is_canonical()
            && let Ok(value) = self.0.parse()
        {
            return NumberValue::Signed(value);
        }
        let plain = self.0.replace('_', "");
        let (sign, digits) = match plain.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", plain.strip_prefix('+').unwrap_or(&plain)),
        };
        let (radix, digits) = match digits.as_bytes() {
            [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
            [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
            [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
            [b'0', b'0'..=b'9', ..] => (8, &digits[1..]),
            _ => (10, digits),
        };
        if let Ok(value) = i64::from_str_radix(&format!("{sign}{digits}"), radix) {
            return NumberValue::Signed(value);
        }
        match u64::from_str_radix(digits, radix) {
            Ok(value) if plain.as_bytes()[0].is_ascii_digit() => NumberValue::Unsigned(value),
            _ => NumberValue::Float(plain.parse().unwrap_or(f64::NAN)),
        }
    }
}

/// From here on `encoding/json` writes an exponent.
const JSON_EXPONENT_FROM: f64 = 1e21;

/// A decimal integer without dot and exponent.
fn plain_integer(text: &str) -> Option<NumberValue> {
    let signed = text.parse().ok().map(NumberValue::Signed);
    signed.or_else(|| text.parse().ok().map(NumberValue::Unsigned))
}

/// Go's `encoding/json` text of a float: plain decimals, exponents only at the extremes.
fn go_json_float(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..JSON_EXPONENT_FROM).contains(&magnitude) {
        let text = format!("{value:e}");
        return if text.contains("e-") { text } else { text.replacen('e', "e+", 1) };
    }
    value.to_string()
}

/// Go's `%g` with the shortest digits that read back; `scientific` is Rust's `{:e}` text.
fn go_shortest_float(scientific: &str) -> String {
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific.to_owned();
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return match scientific.parse::<f64>() {
            Ok(value) => value.to_string(),
            Err(_) => scientific.to_owned(),
        };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// The key a float makes in JSON: `sigs.k8s.io/yaml` writes it with 32-bit precision.
#[expect(clippy::cast_possible_truncation, reason = "that is the precision it uses")]
pub(super) fn float_key(value: f64) -> String {
    let narrow = value as f32;
    if narrow.is_nan() {
        return ".nan".to_owned();
    }
    if narrow.is_infinite() {
        return if narrow > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    go_shortest_float(&format!("{narrow:e}"))
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.value() == other.value()
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.to_string().into())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(value.to_string().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(spelling: &str, json: &str, yaml: &str) {
        let number = Number::from_spelling(spelling);
        assert_eq!(number.json_text(), json, "JSON of {spelling}");
        assert_eq!(number.yaml_text(), yaml, "YAML of {spelling}");
    }

    #[test]
    fn integers_are_exact_up_to_64_bits() {
        check("9223372036854775807", "9223372036854775807", "9223372036854775807");
        check("18446744073709551615", "18446744073709551615", "18446744073709551615");
        check("-9223372036854775808", "-9223372036854775808", "-9223372036854775808");
        check("0777", "511", "511");
        check("0x1F", "31", "31");
        check("-0", "0", "0");
    }

    #[test]
    fn larger_integers_are_floats() {
        let big = "123456789012345678901234567890";
        check(big, "1.2345678901234568e+29", "1.2345678901234568e+29");
        check("100000000000000000000", "100000000000000000000", "1e+20");
    }

    #[test]
    fn floats_without_a_fraction_become_integers() {
        check("1.0", "1", "1");
        check("1e3", "1000", "1000");
        check("1e15", "1000000000000000", "1000000000000000");
        check("4.611686018427388e18", "4611686018427388000", "4611686018427388000");
    }

    #[test]
    fn yaml_floats_use_exponents_early() {
        check("999999.5", "999999.5", "999999.5");
        check("1000000.5", "1000000.5", "1.0000005e+06");
        check("12345678.9", "12345678.9", "1.23456789e+07");
        check("0.00001", "0.00001", "1e-05");
        check("0.0000001", "1e-7", "1e-07");
    }

    #[test]
    fn values_decide_equality() {
        assert_eq!(Number::from_spelling("1"), Number::from_spelling("1.0"));
        assert_eq!(Number::from_spelling("0x10"), Number::from_spelling("16"));
        assert_ne!(Number::from_spelling("10"), Number::from_spelling("010"));
    }
}
