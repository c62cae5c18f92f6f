//! Seeded chance.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::id::Entropy;

/// One minute.
pub(super) const MINUTE: Duration = Duration::from_mins(1);
/// One hour.
pub(super) const HOUR: Duration = Duration::from_hours(1);
/// One day.
pub(super) const DAY: Duration = Duration::from_hours(24);

/// Throws dice from a generator.
pub(super) struct Dice<'a>(pub(super) &'a Entropy);

impl Dice<'_> {
    /// A number from 0 up to and without `end`; 0 if that is empty.
    pub(super) fn below(&self, end: u64) -> u64 {
        u64::from_be_bytes(self.0.bytes()).checked_rem(end).unwrap_or(0)
    }

    /// True in `percent` of 100 throws.
    pub(super) fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A time from `from` up to and without `to`, in whole seconds.
    pub(super) fn between(&self, from: Duration, to: Duration) -> Duration {
        Duration::from_secs(from.as_secs() + self.below(to.saturating_sub(from).as_secs()))
    }

    /// A new id.
    pub(super) fn id(&self, prefix: &str, at: Timestamp) -> String {
        self.0.id(prefix, at)
    }
}
