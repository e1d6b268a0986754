//! Durations as Go writes them: `1h30m`, `2.5s`, `300ms`; a bare number means seconds, as Argo
//! CD reads it.

use std::time::Duration;

/// Units and their length in nanoseconds; longer spellings before their prefixes.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 6e10),
    ("h", 3.6e12),
];
/// No duration read here is longer: a century.
const SECONDS_MAX: f64 = 3.2e9;

/// Reads a duration; `None` when the text is none, or a negative one.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.is_empty() {
        return None;
    }
    let mut nanos = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let (unit, length) = UNITS.iter().find(|(unit, _)| starts_with(&rest[digits..], unit))?;
        nanos += number * length;
        rest = &rest[digits + unit.len()..];
    }
    let seconds = nanos / 1e9;
    (seconds <= SECONDS_MAX).then(|| Duration::from_secs_f64(seconds))
}

/// Whether the unit at the start of `rest` is `unit` and not a longer one.
fn starts_with(rest: &str, unit: &str) -> bool {
    let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
    &rest[..end] == unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations_and_bare_seconds_are_read() {
        let check = |text: &str, millis: Option<u64>| {
            assert_eq!(parse_duration(text), millis.map(Duration::from_millis), "{text}");
        };
        check("5s", Some(5_000));
        check("3m", Some(180_000));
        check("1h30m", Some(5_400_000));
        check("1.5s", Some(1_500));
        check("300ms", Some(300));
        check("10", Some(10_000));
        check("0", Some(0));
        check("", None);
        check("-1s", None);
        check("5 minutes", None);
        check("9999999999h", None);
    }
}
