//! Seeded chance.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::id::Entropy;

/// One second.
pub(super) const SECOND: Duration = Duration::from_secs(1);
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

    /// A number from 0 up to and without `end`, which is small.
    pub(super) fn small(&self, end: u64) -> i64 {
        i64::try_from(self.below(end)).unwrap_or(0)
    }

    /// True in `percent` of 100 throws.
    pub(super) fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A time from `from` up to and without `to`, in whole seconds.
    pub(super) fn between(&self, from: Duration, to: Duration) -> Duration {
        Duration::from_secs(from.as_secs() + self.below(to.saturating_sub(from).as_secs()))
    }

    /// One of these; none if there are none.
    pub(super) fn pick<'t, T>(&self, from: &'t [T]) -> Option<&'t T> {
        from.get(self.index(from.len()))
    }

    /// Takes one out; the others change their order.
    pub(super) fn take<T>(&self, from: &mut Vec<T>) -> Option<T> {
        let index = self.index(from.len());
        (index < from.len()).then(|| from.swap_remove(index))
    }

    fn index(&self, length: usize) -> usize {
        let index = self.below(u64::try_from(length).unwrap_or(u64::MAX));
        usize::try_from(index).unwrap_or(usize::MAX)
    }

    /// A commit's hash, or any other forty hexadecimal digits.
    pub(super) fn sha(&self) -> String {
        let digits = self.0.bytes::<20>().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
    }

    /// A new id.
    pub(super) fn id(&self, prefix: &str, at: Timestamp) -> String {
        self.0.id(prefix, at)
    }
}
