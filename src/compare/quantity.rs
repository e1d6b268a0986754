//! Kubernetes resource quantities by value: `1000m` equals `1`, `1024Mi` equals `1Gi`.
//!
//! Only equality is needed; nothing is formatted here. The grammar is that of Kubernetes'
//! `resource.Quantity`.

use crate::yaml::{Node, Value};

const NANO_PER_UNIT: i128 = 1_000_000_000;
/// Powers of ten beyond this do not fit the arithmetic, nor any machine.
const EXPONENT_MAX: u32 = 18;

/// Whether two nodes are quantities of the same value.
pub(super) fn same_quantity(left: &Node, right: &Node) -> bool {
    let value = |node: &Node| match &node.value {
        Value::String(text) => parse_nanos(text),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => parse_nanos(&whole.to_string()),
            None => parse_nanos(&number.as_written().replace('_', "")),
        },
        _ => None,
    };
    match (value(left), value(right)) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

/// The value in billionths, rounded up as Kubernetes does; `None` when it is no quantity.
fn parse_nanos(text: &str) -> Option<i128> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let (factor, divisor) = suffix_factor(suffix)?;
    let places = u32::try_from(fraction.len()).ok()?;
    let divisor = divisor.checked_mul(10_i128.checked_pow(places)?)?;
    let scaled = digits.checked_mul(factor)?.checked_mul(NANO_PER_UNIT)?;
    Some(sign * (scaled / divisor + i128::from(scaled % divisor != 0)))
}

/// What the number is multiplied with and divided by.
fn suffix_factor(suffix: &str) -> Option<(i128, i128)> {
    let pair = match suffix {
        "" => (1, 1),
        "n" => (1, NANO_PER_UNIT),
        "u" => (1, 1_000_000),
        "m" => (1, 1_000),
        "k" => (1_000, 1),
        "M" => (1_000_000, 1),
        "G" => (1_000_000_000, 1),
        "T" => (10_i128.pow(12), 1),
        "P" => (10_i128.pow(15), 1),
        "E" => (10_i128.pow(18), 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        "Pi" => (1 << 50, 1),
        "Ei" => (1 << 60, 1),
        _ => return exponent_factor(suffix),
    };
    Some(pair)
}

fn exponent_factor(suffix: &str) -> Option<(i128, i128)> {
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let size = exponent.unsigned_abs();
    if size > EXPONENT_MAX {
        return None;
    }
    let power = 10_i128.pow(size);
    Some(if exponent < 0 { (1, power) } else { (power, 1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, same: bool) {
        assert_eq!(same_quantity(&left.into(), &right.into()), same, "{left} and {right}");
    }

    #[test]
    fn spellings_of_one_value_are_the_same() {
        check("1000m", "1", true);
        check("0.5", "500m", true);
        check("1024Mi", "1Gi", true);
        check("1e3", "1k", true);
        check("1.5Gi", "1536Mi", true);
        check("100M", "100Mi", false);
        check("+1", "1", true);
        check("-1", "1", false);
        check("0.1n", "1n", true);
    }

    #[test]
    fn text_that_is_no_quantity_is_compared_as_text() {
        check("abc", "abc", true);
        check("abc", "", false);
        check("1e99", "1e99", true);
    }

    #[test]
    fn a_number_equals_its_text() {
        assert!(same_quantity(&Node::from(2), &"2".into()));
        assert!(same_quantity(&Node::from(1), &"1000m".into()));
    }
}
