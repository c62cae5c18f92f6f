//! Which page of a list is read next. Pure.
//!
//! The first time, a list is read from as far back as is asked for until now. Later, it is read from a little
//! before where it was read to; but from as far back as is asked for, if that is further than ever before.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::store::github::sync::Progress;
use crate::upstream::github_app::PER_PAGE;

/// GitHub gives 1,000 results of a search, and a list of runs of a stretch of time is one.
const LAST_PAGE: i64 = 10;

/// A list of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Runs,
    PullRequests,
    Commits,
}

/// What a backfill is to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) since: Timestamp,
    /// When it began, in whole seconds.
    pub(super) until: Timestamp,
    /// Whether what was read before is read again.
    pub(super) full: bool,
}

/// A page, and what it is a page of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) page: i64,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// What will have been read once this and the pages behind it are.
    read_from: Timestamp,
    read_to: Timestamp,
}

/// What a page had.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    pub(super) count: usize,
    pub(super) has_next: bool,
    /// Of its items, the earliest time by which the list is sorted.
    pub(super) oldest: Option<Timestamp>,
}

impl List {
    pub(super) const ALL: [Self; 3] = [Self::Runs, Self::PullRequests, Self::Commits];

    /// In the database.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Runs => "workflow_runs",
            Self::PullRequests => "pull_requests",
            Self::Commits => "commits",
        }
    }

    /// How far a later reading goes back behind where the one before ended. A commit may be pushed long after
    /// it was made.
    const fn overlap(self) -> Duration {
        match self {
            Self::Runs | Self::PullRequests => Duration::from_hours(24),
            Self::Commits => Duration::from_hours(24 * 30),
        }
    }
}

/// The next page; none if all is read.
pub(super) fn next(list: List, known: Option<&Progress>, wanted: &Wanted) -> Option<Reading> {
    let whole =
        Reading { page: 1, from: wanted.since, to: wanted.until, read_from: wanted.since, read_to: wanted.until };
    let Some(known) = known else { return Some(whole) };
    let (read_from, read_to) = (Timestamp::from_micros(known.read_from), Timestamp::from_micros(known.read_to));
    let is_from_before = wanted.full && read_to != wanted.until;
    if is_from_before || wanted.since < read_from {
        return Some(whole);
    }
    if let Some(page) = known.next_page {
        let (from, to) = (Timestamp::from_micros(known.window_from), Timestamp::from_micros(known.window_to));
        return Some(Reading { page, from, to, read_from, read_to });
    }
    if read_to >= wanted.until {
        return None;
    }
    let from = read_to.minus(list.overlap());
    // After a long pause, a gap would be left.
    Some(if from < wanted.since { whole } else { Reading { from, read_from, ..whole } })
}

/// How far the list has been read, once a page is.
pub(super) fn after(list: List, reading: &Reading, seen: &Seen) -> Progress {
    let following = seen.has_next.then_some((reading.page + 1, reading.to));
    let next = match list {
        List::Runs => after_runs(reading, seen),
        List::PullRequests => following.filter(|_| seen.oldest.is_none_or(|oldest| oldest >= reading.from)),
        List::Commits => following,
    };
    Progress {
        next_page: next.map(|(page, _)| page),
        read_from: reading.read_from.micros(),
        read_to: reading.read_to.micros(),
        window_from: reading.from.micros(),
        window_to: next.map_or(reading.to, |(_, to)| to).micros(),
    }
}

/// The next page, and where its window ends.
fn after_runs(reading: &Reading, seen: &Seen) -> Option<(i64, Timestamp)> {
    if reading.page < LAST_PAGE {
        return seen.has_next.then_some((reading.page + 1, reading.to));
    }
    if seen.count < PER_PAGE {
        return None;
    }
    // There may be more than GitHub tells: the next search ends where this one did.
    let oldest = seen.oldest?;
    let to = if oldest < reading.to { oldest } else { reading.to.minus(Duration::from_secs(1)) };
    (to >= reading.from).then_some((1, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_micros(day * DAY * 1_000_000)
    }

    fn wanted(since: i64, until: i64) -> Wanted {
        Wanted { since: day(since), until: day(until), full: false }
    }

    /// Page, and first and last day.
    fn told(reading: Option<Reading>) -> Option<(i64, i64, i64)> {
        reading.map(|reading| (reading.page, reading.from.day(), reading.to.day()))
    }

    const FULL_PAGE: Seen = Seen { count: PER_PAGE, has_next: true, oldest: Some(Timestamp::from_micros(0)) };
    const END: Seen = Seen { count: 3, has_next: false, oldest: None };

    #[test]
    fn pages_follow_each_other_and_survive_an_interruption() {
        let wanted = wanted(10, 100);
        let first = next(List::Commits, None, &wanted).unwrap();
        assert_eq!(told(Some(first)), Some((1, 10, 100)));
        let progress = after(List::Commits, &first, &FULL_PAGE);
        // A day later, it goes on with the same window.
        let later = Wanted { since: day(11), until: day(101), full: false };
        let second = next(List::Commits, Some(&progress), &later).unwrap();
        assert_eq!(told(Some(second)), Some((2, 10, 100)));
        let progress = after(List::Commits, &second, &END);
        assert_eq!(progress.next_page, None);
        assert_eq!(next(List::Commits, Some(&progress), &wanted), None);
        assert_eq!(told(next(List::Commits, Some(&progress), &later)), Some((1, 70, 101)));
    }

    #[test]
    fn a_later_reading_begins_a_little_before_the_end_of_the_last() {
        let reading = next(List::Runs, None, &wanted(10, 100)).unwrap();
        let done = after(List::Runs, &reading, &END);
        let of = |wanted: Wanted| told(next(List::Runs, Some(&done), &wanted));
        assert_eq!(of(wanted(20, 110)), Some((1, 99, 110)));
        // Further back than before.
        assert_eq!(of(wanted(9, 110)), Some((1, 9, 110)));
        // After a long pause.
        assert_eq!(of(wanted(110, 200)), Some((1, 110, 200)));
        assert_eq!(of(Wanted { full: true, ..wanted(20, 110) }), Some((1, 20, 110)));
        assert_eq!(of(Wanted { full: true, ..wanted(20, 100) }), None);

        // What was read before stays read.
        let reading = next(List::Runs, Some(&done), &wanted(20, 110)).unwrap();
        let done = after(List::Runs, &reading, &END);
        assert_eq!(told(next(List::Runs, Some(&done), &wanted(12, 120))), Some((1, 109, 120)));
    }

    #[test]
    fn runs_beyond_a_thousand_are_another_search() {
        let mut reading = next(List::Runs, None, &wanted(10, 100)).unwrap();
        reading.page = LAST_PAGE;
        let full = |oldest: i64| Seen { count: PER_PAGE, has_next: false, oldest: Some(day(oldest)) };
        let position = |seen: &Seen| {
            let progress = after(List::Runs, &reading, seen);
            (progress.next_page, Timestamp::from_micros(progress.window_to).day())
        };
        assert_eq!(position(&full(40)), (Some(1), 40));
        // A thousand runs of one second.
        assert_eq!(position(&full(100)), (Some(1), 99));
        assert_eq!(position(&END), (None, 100));
        assert_eq!(after(List::Runs, &reading, &full(40)).read_to, day(100).micros());
    }

    #[test]
    fn pull_requests_are_read_until_they_are_too_old() {
        let reading = next(List::PullRequests, None, &wanted(10, 100)).unwrap();
        let position = |oldest: i64| {
            let seen = Seen { oldest: Some(day(oldest)), ..FULL_PAGE };
            after(List::PullRequests, &reading, &seen).next_page
        };
        assert_eq!(position(10), Some(2));
        assert_eq!(position(9), None);
    }
}
