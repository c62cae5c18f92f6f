//! What a badge says: its right half, and the colour of it.

use std::borrow::Cow;

use crate::store::badges::{InstancesRow, RunRow};
use crate::store::words::is_failure;

/// The right half of a badge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) text: Cow<'static, str>,
    pub(crate) colour: Colour,
    /// Whether a drift detection is under way.
    pub(crate) is_detecting: bool,
}

/// White text on each has a contrast of at least 4.5 to 1 (WCAG 2.2, AA).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Green,
    Amber,
    Blue,
    Red,
    Grey,
}

impl Colour {
    /// As CSS has it.
    pub(crate) const fn hex(self) -> &'static str {
        match self {
            Self::Green => "#1a7f37",
            Self::Amber => "#b45309",
            Self::Blue => "#0969da",
            Self::Red => "#cf222e",
            Self::Grey => "#656d76",
        }
    }
}

impl Message {
    /// Nothing is known, or nothing may be said.
    pub(crate) const fn unknown() -> Self {
        Self::plain("unknown", Colour::Grey)
    }

    const fn plain(text: &'static str, colour: Colour) -> Self {
        Self { text: Cow::Borrowed(text), colour, is_detecting: false }
    }

    /// The most urgent status that any instance has.
    pub(crate) fn drift(row: &InstancesRow) -> Self {
        let by_urgency = [
            (row.error, "Error", Colour::Red),
            (row.drifted, "Drift Detected", Colour::Amber),
            (row.remediating, "Remediation In Progress", Colour::Blue),
            (row.remediated, "Remediated", Colour::Green),
            (row.in_sync, "No Drift", Colour::Green),
            (row.unknown, "unknown", Colour::Grey),
            (row.disabled, "Disabled", Colour::Grey),
            (row.orphaned, "Orphaned", Colour::Grey),
        ];
        let worst = by_urgency.into_iter().find(|(count, ..)| *count > 0);
        worst.map_or_else(Self::unknown, |(_, text, colour)| Self {
            is_detecting: row.detecting > 0,
            ..Self::plain(text, colour)
        })
    }

    /// How many instances are in sync, of those that are enabled and still configured.
    pub(crate) fn health(row: &InstancesRow) -> Self {
        let healthy = row.in_sync + row.remediated;
        let known = healthy + row.drifted + row.remediating + row.error;
        if known == 0 {
            return Self::unknown();
        }
        let total = known + row.unknown;
        let colour = if row.error > 0 {
            Colour::Red
        } else if healthy == total {
            Colour::Green
        } else {
            Colour::Amber
        };
        Self { text: Cow::Owned(format!("{healthy}/{total} Healthy")), colour, is_detecting: false }
    }

    /// How the latest apply or remediation went.
    pub(crate) fn deployment(row: &RunRow) -> Self {
        run(row, &Words { success: "Deployed", failure: "Failed", running: "Deploying" })
    }

    /// How the latest run went.
    pub(crate) fn workflow(row: &RunRow) -> Self {
        run(row, &Words { success: "Passing", failure: "Failing", running: "Running" })
    }
}

/// What a kind of badge calls the usual states.
struct Words {
    success: &'static str,
    failure: &'static str,
    running: &'static str,
}

fn run(row: &RunRow, words: &Words) -> Message {
    let Some(status) = row.status.as_deref() else { return Message::unknown() };
    if let Some(conclusion) = row.conclusion.as_deref() {
        return concluded(conclusion, words);
    }
    match status {
        // A dispatch that GitHub refused never gets a conclusion.
        _ if row.dispatch_error.is_some() => Message::plain(words.failure, Colour::Red),
        "in_progress" => Message::plain(words.running, Colour::Blue),
        "waiting" if row.approval_state.as_deref() == Some("pending") => {
            Message::plain("Awaiting Approval", Colour::Amber)
        }
        "requested" | "queued" | "pending" | "waiting" => Message::plain("Queued", Colour::Blue),
        _ => Message::unknown(),
    }
}

fn concluded(conclusion: &str, words: &Words) -> Message {
    match conclusion {
        "success" => Message::plain(words.success, Colour::Green),
        failure if is_failure(Some(failure)) => Message::plain(words.failure, Colour::Red),
        "action_required" => Message::plain("Action Required", Colour::Amber),
        "cancelled" => Message::plain("Cancelled", Colour::Grey),
        "skipped" => Message::plain("Skipped", Colour::Grey),
        "neutral" => Message::plain("Neutral", Colour::Grey),
        "stale" => Message::plain("Stale", Colour::Grey),
        _ => Message::unknown(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::badges::TokenRepo;

    fn repo() -> TokenRepo {
        TokenRepo { owner: "acme".to_owned(), name: "infra".to_owned(), last_used_at: None }
    }

    /// Numbers of error, drifted, remediating, remediated, in sync, unknown, disabled, orphaned.
    fn instances(counts: [i64; 8]) -> InstancesRow {
        let [error, drifted, remediating, remediated, in_sync, unknown, disabled, orphaned] = counts;
        InstancesRow {
            repo: repo(),
            unknown,
            in_sync,
            drifted,
            remediating,
            remediated,
            error,
            disabled,
            orphaned,
            detecting: 0,
        }
    }

    fn latest(status: &str, conclusion: Option<&str>) -> RunRow {
        RunRow {
            repo: repo(),
            status: Some(status.to_owned()),
            conclusion: conclusion.map(ToOwned::to_owned),
            approval_state: Some("none".to_owned()),
            dispatch_error: None,
        }
    }

    #[test]
    fn the_most_urgent_status_wins() {
        let cases = [
            ([1, 1, 1, 1, 1, 1, 1, 1], "Error", Colour::Red),
            ([0, 1, 1, 1, 1, 1, 1, 1], "Drift Detected", Colour::Amber),
            ([0, 0, 1, 1, 1, 1, 1, 1], "Remediation In Progress", Colour::Blue),
            ([0, 0, 0, 1, 1, 1, 1, 1], "Remediated", Colour::Green),
            ([0, 0, 0, 0, 1, 1, 1, 1], "No Drift", Colour::Green),
            ([0, 0, 0, 0, 0, 1, 1, 1], "unknown", Colour::Grey),
            ([0, 0, 0, 0, 0, 0, 1, 1], "Disabled", Colour::Grey),
            ([0, 0, 0, 0, 0, 0, 0, 1], "Orphaned", Colour::Grey),
            ([0; 8], "unknown", Colour::Grey),
        ];
        for (counts, text, colour) in cases {
            assert_eq!(Message::drift(&instances(counts)), Message::plain(text, colour), "{counts:?}");
        }
        let detecting = InstancesRow { detecting: 2, ..instances([0, 0, 0, 0, 3, 0, 0, 0]) };
        let expected = Message { is_detecting: true, ..Message::plain("No Drift", Colour::Green) };
        assert_eq!(Message::drift(&detecting), expected);
    }

    #[test]
    fn health_is_over_enabled_and_configured_instances() {
        let cases = [
            ([0, 0, 0, 1, 3, 0, 9, 9], "4/4 Healthy", Colour::Green),
            ([0, 1, 1, 1, 3, 0, 0, 0], "4/6 Healthy", Colour::Amber),
            ([0, 0, 0, 0, 3, 1, 0, 0], "3/4 Healthy", Colour::Amber),
            ([1, 0, 0, 0, 3, 0, 0, 0], "3/4 Healthy", Colour::Red),
            ([0, 0, 0, 0, 0, 5, 1, 1], "unknown", Colour::Grey),
        ];
        for (counts, text, colour) in cases {
            let message = Message::health(&instances(counts));
            assert_eq!((&*message.text, message.colour), (text, colour), "{counts:?}");
        }
    }

    #[test]
    fn a_run_is_told_by_how_it_ended_or_how_far_it_is() {
        let failed = RunRow { dispatch_error: Some("workflow_not_found".to_owned()), ..latest("completed", None) };
        let pending = RunRow { approval_state: Some("pending".to_owned()), ..latest("waiting", None) };
        let none = RunRow { status: None, ..latest("-", None) };
        let cases = [
            (latest("completed", Some("success")), "Deployed", Colour::Green),
            (latest("completed", Some("timed_out")), "Failed", Colour::Red),
            (latest("completed", Some("cancelled")), "Cancelled", Colour::Grey),
            (latest("in_progress", None), "Deploying", Colour::Blue),
            (latest("queued", None), "Queued", Colour::Blue),
            (latest("waiting", None), "Queued", Colour::Blue),
            (pending, "Awaiting Approval", Colour::Amber),
            (failed, "Failed", Colour::Red),
            (none, "unknown", Colour::Grey),
        ];
        for (row, text, colour) in cases {
            assert_eq!(Message::deployment(&row), Message::plain(text, colour), "{row:?}");
        }
        assert_eq!(Message::workflow(&latest("completed", Some("failure"))), Message::plain("Failing", Colour::Red));
    }
}
