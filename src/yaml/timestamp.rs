//! Dates and times as go-yaml recognises them and Go prints them (RFC 3339).
//!
//! The accepted forms are those of Go's `time.Parse` for the four layouts that go-yaml v2.4.4
//! and v3.0.5 try: RFC 3339 with short fields and `T` or `t`, blank-separated without a zone,
//! and the date alone.

use std::fmt;

/// A date, a time of day, and how far its zone is from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    nanosecond: u32,
    offset_minutes: i32,
}

/// Reads `text` as a timestamp, or answers `None` when it is none.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut cursor = Cursor { rest: &bytes[5..] };
    let year = text[..4].parse().ok()?;
    let month = cursor.field(1, 12)?;
    cursor.literal(b'-')?;
    let day = cursor.field(1, days_in_month(year, month))?;
    let date = Timestamp { year, month, day, ..MIDNIGHT };
    match cursor.rest.first() {
        None => Some(date),
        Some(b'T' | b't') => {
            cursor.rest = &cursor.rest[1..];
            let time = cursor.time_of_day(date)?;
            let offset_minutes = cursor.zone()?;
            cursor.rest.is_empty().then_some(Timestamp { offset_minutes, ..time })
        }
        Some(b' ') => {
            cursor.skip_blanks();
            let time = cursor.time_of_day(date)?;
            cursor.rest.is_empty().then_some(time)
        }
        // Go lets a blank of the layout match no blank at all only at the end of the text.
        Some(_) => None,
    }
}

const MIDNIGHT: Timestamp = Timestamp {
    year: 0,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    offset_minutes: 0,
};

struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    /// One or two digits within `min..=max`.
    fn field(&mut self, min: u32, max: u32) -> Option<u32> {
        let digits = self.rest.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
        let value = self.number(digits)?;
        (min..=max).contains(&value).then_some(value)
    }

    /// Exactly `digits` digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let (head, rest) = self.rest.split_at_checked(digits)?;
        self.rest = rest;
        head.iter().all(u8::is_ascii_digit).then_some(())?;
        std::str::from_utf8(head).ok()?.parse().ok()
    }

    fn literal(&mut self, byte: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[byte])?;
        Some(())
    }

    fn skip_blanks(&mut self) {
        let blanks = self.rest.iter().take_while(|byte| **byte == b' ').count();
        self.rest = &self.rest[blanks..];
    }

    fn time_of_day(&mut self, date: Timestamp) -> Option<Timestamp> {
        let hour = self.field(0, 23)?;
        self.literal(b':')?;
        let minute = self.field(0, 59)?;
        self.literal(b':')?;
        let second = self.field(0, 59)?;
        let nanosecond = self.fraction();
        Some(Timestamp { hour, minute, second, nanosecond, ..date })
    }

    /// A fraction after a dot or comma, cut to nine digits; absent without a digit.
    fn fraction(&mut self) -> u32 {
        let [b'.' | b',', rest @ ..] = self.rest else { return 0 };
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return 0;
        }
        self.rest = &rest[digits..];
        (0..9).fold(0, |value, place| {
            let digit = if place < digits { rest[place] - b'0' } else { 0 };
            value * 10 + u32::from(digit)
        })
    }

    /// `Z` or `±hh:mm`, in minutes; Go allows up to 24 hours and 60 minutes.
    fn zone(&mut self) -> Option<i32> {
        let (sign, rest) = match self.rest {
            [b'Z', rest @ ..] => (0, rest),
            [b'+', rest @ ..] => (1, rest),
            [b'-', rest @ ..] => (-1, rest),
            _ => return None,
        };
        self.rest = rest;
        if sign == 0 {
            return Some(0);
        }
        let hours = self.number(2).filter(|hours| *hours <= 24)?;
        self.literal(b':')?;
        let minutes = self.number(2).filter(|minutes| *minutes <= 60)?;
        i32::try_from(hours * 60 + minutes).ok().map(|offset| sign * offset)
    }
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Timestamp {
    /// Go's `time.RFC3339Nano`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second, .. } = self;
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.nanosecond > 0 {
            let digits = format!("{:09}", self.nanosecond);
            write!(formatter, ".{}", digits.trim_end_matches('0'))?;
        }
        if self.offset_minutes == 0 {
            return formatter.write_str("Z");
        }
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let offset = self.offset_minutes.abs();
        write!(formatter, "{sign}{:02}:{:02}", offset / 60, offset % 60)
    }
}

#[cfg(test)]
mod tests {
    fn check(text: &str, want: Option<&str>) {
        let got = super::parse(text).map(|time| time.to_string());
        assert_eq!(got.as_deref(), want, "{text}");
    }

    #[test]
    fn the_forms_go_yaml_knows_are_timestamps() {
        check("2020-01-01", Some("2020-01-01T00:00:00Z"));
        check("2020-1-2", Some("2020-01-02T00:00:00Z"));
        check("2001-12-14t21:59:43.10-05:00", Some("2001-12-14T21:59:43.1-05:00"));
        check("2001-12-14 21:59:43.123456789123", Some("2001-12-14T21:59:43.123456789Z"));
        check("2001-12-15T2:59:43.1Z", Some("2001-12-15T02:59:43.1Z"));
    }

    #[test]
    fn anything_else_is_text() {
        for text in ["2020-13-01", "2021-02-29", "2020-01-01T", "2020-01", "12:30", "2020-01-01x"] {
            check(text, None);
        }
    }
}
