//! Numbers kept as text: what Go's YAML readers accept, and the values behind the spelling.

use super::node::Text;

/// A number as it was written: decimal, `0x`, `0o`, `0b` or old octal integers, floats.
///
/// Two numbers are equal when their values are, whatever their spelling.
#[derive(Clone, Debug)]
pub struct Number(Text);

impl Number {
    /// Takes a spelling that a resolver has already recognised as a number.
    #[must_use]
    pub fn from_spelling(text: impl Into<Text>) -> Self {
        Self(text.into())
    }

    /// The spelling in the source.
    #[must_use]
    pub fn as_written(&self) -> &Text {
        &self.0
    }

    /// The value when it is an integer that fits an `i64`.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok().or_else(|| i64::try_from(self.integer()?).ok())
    }

    /// The value when it is a non-negative integer that fits a `u64`.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        u64::try_from(self.integer()?).ok()
    }

    /// The value as a float; integers beyond 2^53 lose digits.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the loss is what the name promises")]
    pub fn as_f64(&self) -> f64 {
        match self.integer() {
            Some(value) => value as f64,
            None => self.0.replace('_', "").parse().unwrap_or(f64::NAN),
        }
    }

    /// The integer behind the spelling, with the prefixes and underscores Go's readers allow.
    fn integer(&self) -> Option<i128> {
        let plain = self.0.replace('_', "");
        let (negative, digits) = match plain.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
        };
        let magnitude = match digits.get(..2) {
            Some("0x" | "0X") => i128::from_str_radix(&digits[2..], 16),
            Some("0o" | "0O") => i128::from_str_radix(&digits[2..], 8),
            Some("0b" | "0B") => i128::from_str_radix(&digits[2..], 2),
            Some(start) if start.starts_with('0') && start.as_bytes()[1].is_ascii_digit() => {
                i128::from_str_radix(digits, 8)
            }
            _ => digits.parse(),
        }
        .ok()?;
        Some(if negative { -magnitude } else { magnitude })
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        if self.0 == other.0 {
            return true;
        }
        match (self.integer(), other.integer()) {
            (Some(a), Some(b)) => a == b,
            #[expect(clippy::float_cmp, reason = "JSON equality is exact")]
            _ => self.as_f64() == other.as_f64(),
        }
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
