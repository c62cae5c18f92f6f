//! A token bucket per minute in memory, and a count per day that survives a restart.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter as Governor};

use crate::authz::Caller;
use crate::clock::{Clock, Timestamp};
use crate::config::LimitsConfig;
use crate::store::{Reader, StoreError, rate_day};

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    Minute,
    Day,
}

impl Window {
    /// The name in errors and audit rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Day => "day",
        }
    }
}

/// A refused request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// Which limit was reached.
    pub window: Window,
    /// Requests that the window allows.
    pub limit: u32,
    /// Seconds until a request can pass, at least 1.
    pub retry_after: u64,
}

type Buckets = Governor<String, DashMapStateStore<String>, GovernorClock, NoOpMiddleware<Nanos>>;

/// The limits of all grants.
pub struct RateLimiter {
    clock: Clock,
    reader: Reader,
    defaults: LimitsConfig,
    /// Buckets by quota: workspaces with limits of their own are few.
    minute: Mutex<HashMap<u32, Arc<Buckets>>>,
    day: Mutex<Days>,
}

/// Requests of one UTC day, by grant.
#[derive(Default)]
struct Days {
    day: i64,
    requests: HashMap<String, i64>,
}

impl RateLimiter {
    /// Limits that start from the day's counts in the store.
    pub fn new(clock: Clock, reader: Reader, defaults: LimitsConfig) -> Self {
        Self { clock, reader, defaults, minute: Mutex::default(), day: Mutex::default() }
    }

    /// Lets a request of `caller` pass and counts it, or says when the next one can.
    pub async fn check(&self, caller: &Caller) -> Result<Result<(), Limited>, StoreError> {
        let now = self.clock.now();
        if let Err(limited) = self.check_minute(caller) {
            return Ok(Err(limited));
        }
        self.check_day(caller, now).await
    }

    fn check_minute(&self, caller: &Caller) -> Result<(), Limited> {
        let limit = caller.rate_minute.unwrap_or(self.defaults.per_minute);
        let buckets = self.buckets(limit);
        buckets.check_key(&caller.grant_id).map_err(|refused| {
            let wait = refused.wait_time_from(buckets.clock().now());
            Limited { window: Window::Minute, limit, retry_after: wait.as_secs() + 1 }
        })
    }

    fn buckets(&self, limit: u32) -> Arc<Buckets> {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let quota = Quota::per_minute(NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN));
            Arc::new(Governor::new(quota, DashMapStateStore::default(), GovernorClock(self.clock.clone())))
        };
        Arc::clone(minute.entry(limit).or_insert_with(new))
    }

    async fn check_day(&self, caller: &Caller, now: Timestamp) -> Result<Result<(), Limited>, StoreError> {
        let limit = caller.rate_day.unwrap_or(self.defaults.per_day);
        let count = if let Some(count) = self.count_day(&caller.grant_id, now, None) {
            count
        } else {
            // The grant's first request since the start, or of the day.
            let stored = rate_day::find_calls(&self.reader, &caller.grant_id, now.day()).await?;
            self.count_day(&caller.grant_id, now, Some(stored)).unwrap_or(1)
        };
        Ok(if count <= i64::from(limit) {
            Ok(())
        } else {
            let seconds = (now.day() + 1) * 86_400 - now.seconds();
            Err(Limited { window: Window::Day, limit, retry_after: u64::try_from(seconds).unwrap_or(1).max(1) })
        })
    }

    /// Counts one request; none if the grant's count is not known and `stored` does not tell it.
    fn count_day(&self, grant_id: &str, now: Timestamp, stored: Option<i64>) -> Option<i64> {
        let mut days = self.day.lock().unwrap_or_else(PoisonError::into_inner);
        if days.day != now.day() {
            *days = Days { day: now.day(), requests: HashMap::new() };
            self.minute
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .values()
                .for_each(|buckets| buckets.retain_recent());
        }
        if !days.requests.contains_key(grant_id) {
            days.requests.insert(grant_id.to_owned(), stored?);
        }
        let count = days.requests.get_mut(grant_id)?;
        *count += 1;
        Some(*count)
    }
}

/// Our clock as governor wants it.
#[derive(Clone)]
struct GovernorClock(Clock);

impl governor::clock::Clock for GovernorClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(u64::try_from(self.0.now().micros()).unwrap_or(0).saturating_mul(1_000))
    }
}
