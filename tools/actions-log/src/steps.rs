//! Which lines of a job's log are a step's.
//!
//! GitHub serves one text for a job, and tells the steps' names and times apart from it. Times have a resolution
//! of a second, so that lines of the second in which one step ends and the next begins could be of both.

use std::ops::Range;

use crate::begin::{Begin, Begins};
use crate::line::split;
use crate::time::seconds;

/// A step as GitHub's jobs API tells it.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    pub name: &'a str,
    /// Seconds since 1970.
    pub started_at: Option<i64>,
    /// Seconds since 1970; none if it still runs, or GitHub did not tell.
    pub completed_at: Option<i64>,
    /// False if it was skipped: then it has no lines.
    pub ran: bool,
}

/// The lines of the step at position `wanted` of a job's steps, as positions in the log's lines; none if the
/// log does not tell which they are.
///
/// Lines belong to the step in whose time they were printed. Those of a second in which several steps ran belong
/// to the one that began last, which `##[group]Run …` shows. Without times of the steps or of the lines, or if
/// they give nothing, the n-th step has what follows the n-th `##[group]Run …`: that is wrong after a composite
/// action, whose inner steps look the same.
pub fn step_lines(lines: &[&str], steps: &[Step<'_>], wanted: usize) -> Option<Range<usize>> {
    if !steps.get(wanted)?.ran {
        return None;
    }
    by_time(lines, steps, wanted).or_else(|| by_order(lines, steps, wanted))
}

/// When a step ran.
struct Span {
    /// Position of the step.
    step: usize,
    start: i64,
    end: i64,
}

/// The step that the lines are of, while they are read in order.
struct Walk {
    spans: Vec<Span>,
    current: usize,
    /// Whether the current step began with the line that is read: its own beginning is not another one's.
    entered: bool,
}

impl Walk {
    fn new(steps: &[Step<'_>]) -> Option<Self> {
        let ran = steps.iter().enumerate().filter(|(_, step)| step.ran);
        let spans = ran.map(|(at, step)| {
            Some(Span { step: at, start: step.started_at?, end: step.completed_at.unwrap_or(i64::MAX) })
        });
        let mut spans = spans.collect::<Option<Vec<_>>>()?;
        spans.sort_by_key(|span| span.start);
        Some(Self { spans, current: 0, entered: true })
    }

    /// Takes a line that was printed at `now`; gives its step.
    fn take(&mut self, now: i64, is_beginning: bool) -> Option<usize> {
        while self.spans.get(self.current)?.end < now && self.next_has_started(now) {
            self.current += 1;
            self.entered = true;
        }
        if is_beginning && !self.entered && self.next_has_started(now) {
            self.current += 1;
        }
        self.entered = false;
        self.spans.get(self.current).map(|span| span.step)
    }

    fn next_has_started(&self, now: i64) -> bool {
        self.spans.get(self.current + 1).is_some_and(|span| span.start <= now)
    }
}

fn by_time(lines: &[&str], steps: &[Step<'_>], wanted: usize) -> Option<Range<usize>> {
    let mut walk = Walk::new(steps)?;
    let mut begins = Begins::default();
    let mut now = None;
    let mut found: Option<Range<usize>> = None;
    for (at, raw) in lines.iter().enumerate() {
        let (stamp, text) = split(raw);
        let is_beginning = begins.next(text).is_some();
        // A message of several lines has one time.
        now = stamp.and_then(seconds).or(now);
        let Some(now) = now else { continue };
        if walk.take(now, is_beginning)? == wanted {
            let (start, end) = (found.map_or(at, |found| found.start), at + 1);
            found = Some(start..end);
        }
    }
    found
}

fn by_order(lines: &[&str], steps: &[Step<'_>], wanted: usize) -> Option<Range<usize>> {
    if !prints_its_script(steps, wanted) {
        return None;
    }
    let before = (0..wanted).filter(|at| prints_its_script(steps, *at)).count();
    let mut begins = Begins::default();
    let mut starts = lines.iter().enumerate().filter_map(|(at, raw)| Some((at, begins.next(split(raw).1)?)));
    let (start, _) = starts.by_ref().filter(|(_, begin)| *begin == Begin::Run).nth(before)?;
    let end = starts.next().map_or(lines.len(), |(at, _)| at);
    Some(start..end)
}

/// Whether the step is one of the workflow file, which begins with `##[group]Run …`.
fn prints_its_script(steps: &[Step<'_>], at: usize) -> bool {
    let Some(step) = steps.get(at) else { return false };
    let is_runners = matches!(step.name, "Set up job" | "Complete job" | "Initialize containers" | "Stop containers");
    let mut other_names = ["Pre ", "Post "].iter().filter_map(|prefix| step.name.strip_prefix(prefix));
    let is_of_another = other_names.any(|name| steps.iter().any(|other| other.name == name));
    step.ran && !is_runners && !is_of_another
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A plan that fails; the seconds after ten o'clock, then the text.
    const LOG: &[&str] = &[
        "00.1 Current runner version: '2.317.0'",
        "00.2 ##[group]Runner Image",
        "00.2 ##[endgroup]",
        "01.1 Complete job name: plan",
        // The setup ends, and checkout begins and ends, in one second.
        "01.3 ##[group]Run actions/checkout@v4",
        "01.3 with:",
        "01.4 ##[endgroup]",
        "01.8 HEAD is now at 5779607",
        "01.9 ##[group]Run atmos terraform plan vpc -s dev",
        "01.9 shell: /usr/bin/bash -e {0}",
        "01.9 ##[endgroup]",
        "05.0 Error: no valid credential sources",
        "05.2 ##[error]Process completed with exit code 1.",
        "05.3 ##[group]Run echo reporting",
        "05.3 ##[endgroup]",
        "05.4 reporting",
        "06.1 Post job cleanup.",
        "06.2 [command]/usr/bin/git version",
        "07.0 Cleaning up orphan processes",
    ];

    const NAMES: [&str; 7] = ["Set up job", "Checkout", "Plan", "Apply", "Report", "Post Checkout", "Complete job"];

    fn raw() -> Vec<String> {
        let stamped = |line: &&str| {
            let (time, text) = line.split_once(' ').unwrap();
            format!("2026-08-21T10:00:{time}000000Z {text}")
        };
        LOG.iter().map(stamped).collect()
    }

    /// Ten o'clock.
    const TEN: i64 = 1_787_306_400;

    /// A step that ran for these seconds after ten o'clock.
    fn step(start: i64, end: i64) -> Step<'static> {
        Step { name: "x", started_at: Some(TEN + start), completed_at: Some(TEN + end), ran: true }
    }

    fn timed(times: [(i64, i64); 7]) -> Vec<Step<'static>> {
        let named = |(name, (start, end))| Step { name, ran: name != "Apply", ..step(start, end) };
        NAMES.into_iter().zip(times).map(named).collect()
    }

    /// The first and last line of each step.
    fn ends(lines: &[String], steps: &[Step<'_>]) -> Vec<Option<(usize, usize)>> {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        (0..steps.len()).map(|at| step_lines(&lines, steps, at).map(|range| (range.start, range.end - 1))).collect()
    }

    #[test]
    fn lines_belong_to_the_step_that_began_last() {
        let steps = timed([(0, 1), (1, 1), (1, 5), (5, 5), (5, 6), (6, 6), (6, 7)]);
        assert_eq!(
            ends(&raw(), &steps),
            [Some((0, 3)), Some((4, 7)), Some((8, 12)), None, Some((13, 15)), Some((16, 17)), Some((18, 18))]
        );
    }

    #[test]
    fn a_second_between_two_steps_leaves_no_doubt() {
        let mut lines = raw();
        lines.truncate(13);
        let steps = timed([(0, 1), (1, 1), (1, 9), (9, 9), (10, 11), (12, 12), (12, 12)]);
        assert_eq!(ends(&lines, &steps)[2..5], [Some((8, 12)), None, None]);
    }

    #[test]
    fn a_step_that_prints_its_first_line_late_keeps_it() {
        let lines = [
            "2026-08-21T10:00:00.5Z setup",
            "2026-08-21T10:00:02.0Z ##[group]Run first",
            "2026-08-21T10:00:02.1Z ##[endgroup]",
            "2026-08-21T10:00:02.2Z ##[group]Run second",
        ];
        let steps = [step(0, 1), step(1, 2), step(2, 5)];
        let found: Vec<_> = (0..3).map(|at| step_lines(&lines, &steps, at)).collect();
        assert_eq!(found, [Some(0..1), Some(1..3), Some(3..4)]);
    }

    #[test]
    fn without_times_the_order_counts() {
        let untimed: Vec<Step<'_>> =
            timed([(0, 0); 7]).into_iter().map(|step| Step { started_at: None, completed_at: None, ..step }).collect();
        let expected = [None, Some((4, 7)), Some((8, 12)), None, Some((13, 15)), None, None];
        assert_eq!(ends(&raw(), &untimed), expected);
        // Nor if the lines have none.
        let bare: Vec<String> = raw().iter().map(|line| split(line).1.to_owned()).collect();
        let steps = timed([(0, 1), (1, 1), (1, 5), (5, 5), (5, 6), (6, 6), (6, 7)]);
        assert_eq!(ends(&bare, &steps), expected);
    }

    #[test]
    fn a_message_of_several_lines_stays_together() {
        let lines = ["2026-08-21T10:00:01.0Z first", "second", "third"];
        assert_eq!(step_lines(&lines, &[step(0, 2), step(3, 4)], 0), Some(0..3));
    }

    proptest! {
        /// Whatever the times are, the steps that were found follow each other without overlap.
        #[test]
        fn steps_never_overlap(
            seconds in proptest::collection::vec((0_i64..8, 0_usize..4), 0..40),
            times in proptest::collection::vec((0_i64..8, 0_i64..4, any::<bool>()), 0..8),
        ) {
            let texts = ["##[group]Run x", "##[endgroup]", "Post job cleanup.", "out"];
            let line = |(at, kind): &(i64, usize)| format!("2026-08-21T10:00:0{at}.0000000Z {}", texts[*kind]);
            let lines: Vec<String> = seconds.iter().map(line).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let mut times = times;
            times.sort_unstable_by_key(|(start, ..)| *start);
            let steps: Vec<Step<'_>> =
                times.iter().map(|(start, length, ran)| Step { ran: *ran, ..step(*start, start + length) }).collect();
            let mut end = 0;
            for at in 0..steps.len() {
                if let Some(range) = by_time(&lines, &steps, at) {
                    prop_assert!(end <= range.start && range.start < range.end && range.end <= lines.len());
                    end = range.end;
                }
                step_lines(&lines, &steps, at);
            }
            prop_assert_eq!(step_lines(&lines, &steps, steps.len()), None);
        }
    }
}
