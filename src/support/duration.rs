//! Durations as Go programs read and print them: `5s`, `1h30m`, and the ages of `kubectl get`.

use std::time::Duration;

use thiserror::Error;

const MINUTE_SECS: u64 = 60;
const HOUR_SECS: u64 = 60 * MINUTE_SECS;
const DAY_SECS: u64 = 24 * HOUR_SECS;
const YEAR_SECS: u64 = 365 * DAY_SECS;

/// A text that is no duration.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{text:?} is no duration; write it like 30s, 5m or 1h30m")]
pub struct DurationError {
    text: String,
}

/// Reads a sum of numbers with units (`ns`, `us`, `ms`, `s`, `m`, `h`); a bare whole number is
/// seconds, as in Argo CD's retry settings. Negative durations are refused.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let fail = || DurationError { text: text.to_owned() };
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut total = Duration::ZERO;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(fail)?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let part = part(number, unit).ok_or_else(fail)?;
        total = total.checked_add(part).ok_or_else(fail)?;
        rest = after;
        if rest.is_empty() {
            return Ok(total);
        }
    }
}

fn part(number: &str, unit: &str) -> Option<Duration> {
    let unit_nanos: u64 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => MINUTE_SECS * 1_000_000_000,
        "h" => HOUR_SECS * 1_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut nanos = whole.checked_mul(unit_nanos)?;
    let mut step = unit_nanos;
    for digit in fraction.chars() {
        step /= 10;
        nanos = nanos.checked_add(u64::from(digit.to_digit(10)?) * step)?;
    }
    Some(Duration::from_nanos(nanos))
}

/// Go's `Duration.String()` of the duration rounded to seconds: `0s`, `2m0s`, `1h0m5s`.
#[must_use]
pub fn format(duration: Duration) -> String {
    let seconds = duration.as_secs() + u64::from(duration.subsec_millis() >= 500);
    let (hours, minutes) = (seconds / HOUR_SECS, seconds % HOUR_SECS / MINUTE_SECS);
    let seconds = seconds % MINUTE_SECS;
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// An age as `kubectl get` shows it: the two largest units while they still matter.
#[must_use]
pub fn age(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let pair =
        |value: u64, (large, large_name): (u64, &str), (small, small_name): (u64, &str)| match (
            value / large,
            value % large / small,
        ) {
            (whole, 0) => format!("{whole}{large_name}"),
            (whole, rest) => format!("{whole}{large_name}{rest}{small_name}"),
        };
    let (minute, hour) = ((MINUTE_SECS, "m"), (HOUR_SECS, "h"));
    let (day, year) = ((DAY_SECS, "d"), (YEAR_SECS, "y"));
    match seconds {
        _ if seconds < 2 * MINUTE_SECS => format!("{seconds}s"),
        _ if seconds < 10 * MINUTE_SECS => pair(seconds, minute, (1, "s")),
        _ if seconds < 3 * HOUR_SECS => format!("{}m", seconds / MINUTE_SECS),
        _ if seconds < 8 * HOUR_SECS => pair(seconds, hour, minute),
        _ if seconds < 2 * DAY_SECS => format!("{}h", seconds / HOUR_SECS),
        _ if seconds < 8 * DAY_SECS => pair(seconds, day, hour),
        _ if seconds < 2 * YEAR_SECS => format!("{}d", seconds / DAY_SECS),
        _ if seconds < 8 * YEAR_SECS => pair(seconds, year, day),
        _ => format!("{}y", seconds / YEAR_SECS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_does() {
        let check = |text: &str, millis: u64| {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        };
        check("5s", 5_000);
        check("3m", 180_000);
        check("1h30m", 5_400_000);
        check("1.5h", 5_400_000);
        check("300ms", 300);
        check(".5s", 500);
        check("1m0.25s", 60_250);
        check("30", 30_000);
        check("0", 0);
        check("+2s", 2_000);
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "s", "5x", "-5s", "1h30", "1.2.3s", ".s", "5 s", "99999999999999h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_print_as_go_prints_them() {
        let check = |millis: u64, want: &str| {
            assert_eq!(format(Duration::from_millis(millis)), want);
        };
        check(0, "0s");
        check(499, "0s");
        check(1_500, "2s");
        check(59_999, "1m0s");
        check(3_600_000, "1h0m0s");
        check(90_061_000, "25h1m1s");
    }

    #[test]
    fn ages_print_as_kubectl_prints_them() {
        let check = |seconds: u64, want: &str| assert_eq!(age(Duration::from_secs(seconds)), want);
        check(0, "0s");
        check(119, "119s");
        check(120, "2m");
        check(121, "2m1s");
        check(10 * MINUTE_SECS + 5, "10m");
        check(3 * HOUR_SECS, "3h");
        check(3 * HOUR_SECS + 60, "3h1m");
        check(47 * HOUR_SECS, "47h");
        check(2 * DAY_SECS, "2d");
        check(7 * DAY_SECS + 3 * HOUR_SECS, "7d3h");
        check(9 * DAY_SECS + 3 * HOUR_SECS, "9d");
        check(2 * YEAR_SECS + 3 * DAY_SECS, "2y3d");
        check(9 * YEAR_SECS, "9y");
    }
}
