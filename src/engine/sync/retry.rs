//! Trying a failed operation again: whether, and after how long.
//!
//! Limit, back-off and messages are Argo CD 3.5's, but for one quirk: there the real first wait
//! is already multiplied by the factor; here it is what the policy says and the message shows.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::sync_policy::RetryStrategy;
use crate::support::duration;

const DURATION_DEFAULT: Duration = Duration::from_secs(5);
const FACTOR_DEFAULT: i64 = 2;
const MAX_DURATION_DEFAULT: Duration = Duration::from_mins(3);

/// How long to wait before the next try; `None` when there is none. `retry_count` counts the
/// tries after the first that were made already.
pub fn next_wait(strategy: &RetryStrategy, retry_count: i64) -> Option<Duration> {
    if strategy.limit >= 0 && retry_count >= strategy.limit {
        return None;
    }
    let backoff = strategy.backoff.clone().unwrap_or_default();
    let first = read(&backoff.duration, DURATION_DEFAULT);
    let longest = read(&backoff.max_duration, MAX_DURATION_DEFAULT);
    let factor = backoff.factor.filter(|factor| *factor > 0).unwrap_or(FACTOR_DEFAULT);
    let mut wait = first.min(longest);
    let factor = u32::try_from(factor).unwrap_or(u32::MAX);
    for _ in 0..retry_count {
        if wait >= longest || factor == 1 || wait.is_zero() {
            break;
        }
        wait = wait.saturating_mul(factor).min(longest);
    }
    Some(wait)
}

/// A duration of a policy; the default where there is none, or none that can be read.
fn read(text: &str, default: Duration) -> Duration {
    duration::parse(text).unwrap_or(default)
}

/// The message while the next try is waited for.
pub fn waiting_message(message: &str, attempt: i64, at: Timestamp) -> String {
    let time = at.to_zoned(TimeZone::UTC).strftime("%-I:%M%p");
    format!("{message}. Retrying attempt #{attempt} at {time}.")
}

/// The message when a try begins.
pub fn starting_message(strategy: &RetryStrategy, attempt: i64) -> String {
    let latest = if strategy.refresh { " with latest revisions" } else { "" };
    format!("Retrying operation{latest}. Attempt #{attempt}")
}

/// The message after the last try failed too.
pub fn final_message(message: &str, retry_count: i64) -> String {
    if retry_count > 0 {
        format!("{message} (retried {retry_count} times).")
    } else {
        message.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sync_policy::Backoff;

    fn waits(limit: i64, backoff: Option<Backoff>, tries: i64) -> Vec<Option<u64>> {
        let strategy = RetryStrategy { limit, backoff, refresh: false };
        (0..tries).map(|count| next_wait(&strategy, count).map(|wait| wait.as_secs())).collect()
    }

    #[test]
    fn waits_grow_by_the_factor_up_to_the_longest() {
        let defaults = waits(8, None, 9);
        let expected = [
            Some(5),
            Some(10),
            Some(20),
            Some(40),
            Some(80),
            Some(160),
            Some(180),
            Some(180),
            None,
        ];
        assert_eq!(defaults, expected);
        let own =
            Backoff { duration: "1".to_owned(), factor: Some(3), max_duration: "5s".to_owned() };
        assert_eq!(waits(-1, Some(own), 4), [Some(1), Some(3), Some(5), Some(5)]);
    }

    #[test]
    fn without_a_limit_there_is_no_retry() {
        assert_eq!(waits(0, None, 1), [None]);
    }

    #[test]
    fn a_huge_count_ends_quickly() {
        let strategy = RetryStrategy { limit: -1, ..RetryStrategy::default() };
        assert_eq!(next_wait(&strategy, i64::MAX), Some(Duration::from_mins(3)));
    }

    #[test]
    fn messages_name_the_attempt() {
        let at = "2026-11-23T15:04:00Z".parse().unwrap();
        assert_eq!(waiting_message("broken", 1, at), "broken. Retrying attempt #1 at 3:04PM.");
        assert_eq!(final_message("broken", 2), "broken (retried 2 times).");
        assert_eq!(final_message("broken", 0), "broken");
    }
}
