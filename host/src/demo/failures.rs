//! Why runs fail: the table of `data/failures.txt`, which says how it reads.

use std::sync::LazyLock;

use super::dice::Dice;

const TEXT: &str = include_str!("data/failures.txt");

static TABLE: LazyLock<Vec<Failure>> = LazyLock::new(|| parse(TEXT));

/// A way to fail.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) id: &'static str,
    pub(super) kind: Kind,
    pub(super) place: Place,
    /// What the step's script ended with; 0 if it ended in another way.
    pub(super) exit: i64,
    /// Of the run, as GitHub words it.
    pub(super) conclusion: &'static str,
    /// Part of the names of components that fit.
    on: &'static str,
    /// It happens every week.
    pub(super) is_common: bool,
    /// Its log has thousands of lines.
    pub(super) is_huge: bool,
    /// Nothing ran after it.
    pub(super) is_abrupt: bool,
    /// How long the run takes, where that is part of the failure.
    pub(super) minutes: Option<u32>,
    pub(super) lines: Vec<Line>,
}

/// Which runs fail so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Drift detections.
    Detect,
    /// Plans, drift detections included.
    Plan,
    Apply,
    Any,
    /// Those that a script names.
    Script,
}

/// How far the run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// GitHub did not start a run.
    Dispatch,
    Setup,
    Checkout,
    Credentials,
    /// Atmos was started, and nothing more.
    Start,
    Backend,
    Providers,
    /// Terraform was initialized, and had nothing read yet.
    Ready,
    Refresh,
    /// The plan was made.
    Change,
}

/// A line of what the run says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Line {
    Output(&'static str),
    /// In a box of Terraform's.
    Boxed(&'static str),
    /// Marked as an error by the runner.
    Marked(&'static str),
}

/// All of them, in the order of the file.
pub(super) fn table() -> &'static [Failure] {
    &TABLE
}

/// The failure with this id.
pub(super) fn find(id: &str) -> Option<&'static Failure> {
    table().iter().find(|failure| failure.id == id)
}

/// One that a run of this kind of this component may meet.
pub(super) fn pick(dice: &Dice<'_>, kind: Kind, component: &str) -> Option<&'static Failure> {
    let fits = |failure: &&Failure| {
        let is_kind = failure.kind == kind || failure.kind == Kind::Any;
        is_kind && failure.is_dispatched() && failure.conclusion == "failure" && failure.fits(component)
    };
    let fitting: Vec<&'static Failure> = table().iter().filter(fits).collect();
    dice.pick(&fitting).copied()
}

impl Failure {
    /// Whether GitHub started a run.
    pub(super) fn is_dispatched(&self) -> bool {
        self.place > Place::Dispatch
    }

    /// Whether the run came as far as this.
    pub(super) fn reached(&self, place: Place) -> bool {
        self.place >= place
    }

    /// Whether the run counts as failed, and not as not tried.
    pub(super) fn is_failure(&self) -> bool {
        matches!(self.conclusion, "failure" | "timed_out" | "startup_failure")
    }

    /// Whether it is one of this component.
    pub(super) fn fits(&self, component: &str) -> bool {
        component.contains(self.on)
    }

    fn new(head: &'static str) -> Option<Self> {
        let mut words = head.split(' ');
        let (id, _category, kind, place) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let mut failure = Self {
            id,
            kind: Kind::read(kind)?,
            place: Place::read(place)?,
            exit: 1,
            conclusion: "failure",
            on: "",
            is_common: false,
            is_huge: false,
            is_abrupt: false,
            minutes: None,
            lines: Vec::new(),
        };
        for word in words {
            failure.set(word)?;
        }
        Some(failure)
    }

    fn set(&mut self, word: &'static str) -> Option<()> {
        match word.split_once('=').unwrap_or((word, "")) {
            ("exit", code) => self.exit = code.parse().ok()?,
            ("ends", conclusion) => self.conclusion = conclusion,
            ("on", component) => self.on = component,
            ("minutes", minutes) => self.minutes = Some(minutes.parse().ok()?),
            ("common", _) => self.is_common = true,
            ("huge", _) => self.is_huge = true,
            ("abrupt", _) => self.is_abrupt = true,
            _ => return None,
        }
        Some(())
    }
}

impl Kind {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "detect" => Self::Detect,
            "plan" => Self::Plan,
            "apply" => Self::Apply,
            "any" => Self::Any,
            "script" => Self::Script,
            _ => return None,
        })
    }
}

impl Place {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "dispatch" => Self::Dispatch,
            "setup" => Self::Setup,
            "checkout" => Self::Checkout,
            "credentials" => Self::Credentials,
            "start" => Self::Start,
            "backend" => Self::Backend,
            "providers" => Self::Providers,
            "ready" => Self::Ready,
            "refresh" => Self::Refresh,
            "change" => Self::Change,
            _ => return None,
        })
    }
}

impl Line {
    fn read(line: &'static str) -> Option<Self> {
        match line.split_once(' ').unwrap_or((line, "")) {
            (".", text) => Some(Self::Output(text)),
            ("|", text) => Some(Self::Boxed(text)),
            ("!", text) => Some(Self::Marked(text)),
            _ => None,
        }
    }
}

/// A row that does not parse is left out; a test counts them.
fn parse(text: &'static str) -> Vec<Failure> {
    let mut table: Vec<Failure> = Vec::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("= ") {
            table.extend(Failure::new(head));
        } else if let Some(failure) = table.last_mut() {
            failure.lines.extend(Line::read(line));
        }
    }
    table
}

/// Id and category of each row of the file.
#[cfg(test)]
pub(super) fn categories() -> Vec<(&'static str, &'static str)> {
    let heads = TEXT.lines().filter_map(|line| line.strip_prefix("= "));
    heads
        .filter_map(|head| head.split_once(' '))
        .map(|(id, rest)| (id, rest.split(' ').next().unwrap_or_default()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_file_parses() {
        let ids: Vec<&str> = table().iter().map(|failure| failure.id).collect();
        let heads: Vec<&str> = categories().into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, heads);
        // A run that waits for an approval says nothing.
        let silent: Vec<&str> =
            table().iter().filter(|failure| failure.lines.is_empty()).map(|failure| failure.id).collect();
        assert_eq!(silent, ["D006"]);
        let lines: usize = table().iter().map(|failure| failure.lines.len()).sum();
        let written = TEXT.lines().filter(|line| line.starts_with(['.', '|', '!'])).count();
        assert_eq!(lines, written);
    }

    #[test]
    fn every_collected_message_has_a_row() {
        let corpus = include_str!("../../../tools/diagnostics/corpus/failure-texts.tsv");
        for row in corpus.lines().skip(1).filter(|row| !row.trim().is_empty()) {
            let mut fields = row.split('\t');
            let (id, category) = (fields.next().unwrap(), fields.next().unwrap());
            assert!(categories().contains(&(id, category)), "{row}");
        }
    }
}
