//! What GitHub's answers say of the rate limit. Pure.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::clock::Timestamp;

/// How long to wait where GitHub does not say.
const PAUSE: Duration = Duration::from_mins(1);

/// The rate limit of an installation, as its last answer told it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Budget {
    /// Requests per hour.
    limit: Option<i64>,
    remaining: Option<i64>,
    /// When the hour is over.
    reset: Option<Timestamp>,
    retry_after: Option<Duration>,
}

impl Budget {
    /// Reads the headers of an answer.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
        let seconds = number(RETRY_AFTER.as_str()).and_then(|seconds| u64::try_from(seconds).ok());
        Self {
            limit: number("x-ratelimit-limit"),
            remaining: number("x-ratelimit-remaining"),
            reset: number("x-ratelimit-reset").map(|seconds| Timestamp::from_micros(seconds.saturating_mul(1_000_000))),
            retry_after: seconds.map(Duration::from_secs),
        }
    }

    /// Whether the answer told it. GitHub leaves the headers out now and then, which says nothing of the limit.
    pub(super) const fn is_told(&self) -> bool {
        self.limit.is_some() && self.remaining.is_some() && self.reset.is_some()
    }

    /// When to go on after a refusal (403 or 429); none if it is not for the rate limit. GitHub's secondary
    /// limits say so in the body alone.
    pub(super) fn refused_until(&self, status: StatusCode, body: &str, now: Timestamp) -> Option<Timestamp> {
        if let Some(pause) = self.retry_after {
            return Some(now.plus(pause));
        }
        if self.remaining == Some(0) {
            return Some(self.reset.filter(|reset| *reset > now).unwrap_or_else(|| now.plus(PAUSE)));
        }
        let is_limit = status == StatusCode::TOO_MANY_REQUESTS || body.to_ascii_lowercase().contains("rate limit");
        is_limit.then(|| now.plus(PAUSE))
    }

    /// Until when the rest is left to questions that somebody waits for: the last tenth.
    pub(super) fn spared_until(&self, now: Timestamp) -> Option<Timestamp> {
        let (limit, remaining) = (self.limit?, self.remaining?);
        self.reset.filter(|reset| *reset > now && remaining <= limit / 10)
    }

    /// Until when every question would be refused.
    pub(super) fn used_up_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.reset.filter(|reset| *reset > now && self.remaining == Some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000);

    fn budget(headers: &[(&'static str, &str)]) -> Budget {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Budget::read(&map)
    }

    fn seconds(until: Option<Timestamp>) -> Option<i64> {
        until.map(Timestamp::seconds)
    }

    #[test]
    fn a_refusal_says_when_to_go_on() {
        let until = |headers: &[(&'static str, &str)], status: StatusCode, body: &str| {
            seconds(budget(headers).refused_until(status, body, NOW))
        };
        let used_up = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "4000")];
        assert_eq!(until(&used_up, StatusCode::FORBIDDEN, ""), Some(4_000));
        assert_eq!(until(&[("retry-after", "30")], StatusCode::FORBIDDEN, ""), Some(1_030));
        assert_eq!(until(&[], StatusCode::TOO_MANY_REQUESTS, ""), Some(1_060));
        assert_eq!(until(&[], StatusCode::FORBIDDEN, "You have exceeded a secondary rate limit."), Some(1_060));
        let remaining = [("x-ratelimit-remaining", "4000"), ("x-ratelimit-reset", "4000")];
        assert_eq!(until(&remaining, StatusCode::FORBIDDEN, "Resource not accessible by integration"), None);
        assert_eq!(until(&[("retry-after", "soon")], StatusCode::FORBIDDEN, ""), None);
    }

    #[test]
    fn the_last_tenth_is_spared_until_the_hour_is_over() {
        let until = |remaining: &str, reset: &str| {
            let headers =
                [("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", remaining), ("x-ratelimit-reset", reset)];
            seconds(budget(&headers).spared_until(NOW))
        };
        assert_eq!(until("501", "4000"), None);
        assert_eq!(until("500", "4000"), Some(4_000));
        assert_eq!(until("0", "1000"), None);
        assert_eq!(Budget::default().spared_until(NOW), None);
    }

    #[test]
    fn a_limit_is_used_up_until_the_hour_is_over() {
        let until = |remaining: &str, reset: &str| {
            let headers = [("x-ratelimit-remaining", remaining), ("x-ratelimit-reset", reset)];
            seconds(budget(&headers).used_up_until(NOW))
        };
        assert_eq!(until("1", "4000"), None);
        assert_eq!(until("0", "4000"), Some(4_000));
        assert_eq!(until("0", "1000"), None);
        assert_eq!(Budget::default().used_up_until(NOW), None);
    }

    #[test]
    fn an_answer_may_tell_nothing_of_the_limit() {
        let whole = [("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "4000")];
        assert!(budget(&whole).is_told());
        assert!(!budget(&[("retry-after", "30")]).is_told());
        assert!(!Budget::default().is_told());
    }
}
