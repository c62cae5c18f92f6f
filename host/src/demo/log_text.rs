//! The logs of jobs, as GitHub serves them: what each step prints, with times and colours.

use std::sync::LazyLock;

use super::failures::{Failure, Line, Place};
use super::fill::{self, Names, sections};
use super::log_writer::LogWriter;
use super::plan_text::{applying, planned, refresh};
use super::speaker::Speaker;
use super::steps::{Section, Step};

static SECTIONS: LazyLock<Vec<fill::Section>> = LazyLock::new(|| sections(include_str!("data/log.txt")));

/// The log of a run's job: its text, and how many lines it has.
pub(super) fn compose(speaker: &Speaker<'_>, steps: &[Step]) -> (String, i64) {
    let names = speaker.names();
    let mut writer = LogWriter::default();
    for step in steps.iter().filter(|step| step.conclusion != Some("skipped")) {
        if let Some(to) = step.to {
            let failure = speaker.draft.event.failure().filter(|_| step.conclusion != Some("success"));
            writer.section(step.from, to, &lines(speaker, &names, step.section, failure));
        }
    }
    writer.finish()
}

/// What a step prints; `failure` if it is the one that fails.
fn lines(speaker: &Speaker<'_>, names: &Names, step: Section, failure: Option<&Failure>) -> Vec<String> {
    let text = |name: &str| {
        let lines = SECTIONS.iter().find(|section| section.0 == name).map(|section| section.1.as_slice());
        lines.unwrap_or_default().iter().map(|line| names.fill(line)).collect::<Vec<_>>()
    };
    let said = || failure.map(|failure| errors(names, failure)).unwrap_or_default();
    match (step, failure) {
        (Section::Setup, None) => text("setup"),
        (Section::Setup, Some(_)) => {
            let mut lines = text("setup");
            lines.pop();
            [lines, said()].concat()
        }
        (Section::Checkout, None) => [text("checkout"), text("checked-out")].concat(),
        (Section::Checkout, Some(failure)) => {
            let exit = (failure.exit > 1).then(|| exit_line(failure.exit));
            [text("checkout"), vec!["##[endgroup]".to_owned()], said(), exit.into_iter().collect()].concat()
        }
        (Section::Atmos, _) => text("atmos"),
        (Section::Credentials, None) => [text("credentials"), text("authenticated")].concat(),
        (Section::Credentials, Some(_)) => [text("credentials"), said()].concat(),
        (Section::Run, _) => run(speaker, names, failure, text),
        (Section::PostCredentials, _) => text("post-credentials"),
        (Section::PostCheckout, _) => text("post-checkout"),
        (Section::Complete, _) => text("complete"),
    }
}

/// What atmos prints, up to where it fails.
fn run(
    speaker: &Speaker<'_>,
    names: &Names,
    failure: Option<&Failure>,
    text: impl Fn(&str) -> Vec<String>,
) -> Vec<String> {
    let reached = |place: Place| failure.is_none_or(|failure| failure.reached(place));
    let mut lines = text("run");
    if reached(Place::Backend) {
        lines.extend(text("backend"));
    }
    if reached(Place::Providers) {
        lines.extend(text("providers"));
    }
    if reached(Place::Ready) {
        lines.extend([text("initialized"), text("locked")].concat());
    }
    if reached(Place::Refresh) {
        lines.extend(refresh(names, reached(Place::Change), failure.is_some_and(|failure| failure.is_huge)));
    }
    if reached(Place::Change) && speaker.has_changes() {
        let changes = speaker.changes();
        lines.extend(text("planned"));
        lines.extend(planned(names, &changes));
        if speaker.run.command != "plan" {
            lines.extend(applying(names, &changes, failure.is_none()));
        }
    } else if reached(Place::Change) {
        lines.extend(text("unchanged"));
    }
    let is_held = reached(Place::Refresh) && failure.is_none_or(|failure| !failure.is_abrupt);
    let released = if is_held { text("released") } else { Vec::new() };
    let Some(failure) = failure else { return [lines, released].concat() };
    // What Terraform says comes before it lets go; what is said about Terraform comes after.
    let is_terraforms = matches!(failure.lines.first(), Some(Line::Boxed(_)));
    let errors = errors(names, failure);
    let end = if is_terraforms { [errors, released].concat() } else { [released, errors].concat() };
    let exit = (failure.exit != 0).then(|| exit_line(failure.exit));
    [lines, end, exit.into_iter().collect()].concat()
}

fn exit_line(code: i64) -> String {
    format!("##[error]Process completed with exit code {code}.")
}

/// The lines of a failure; those in a box with the box around them.
fn errors(names: &Names, failure: &Failure) -> Vec<String> {
    let (red, reset) = ("\u{1b}[31m", "\u{1b}[0m");
    let mut lines = Vec::new();
    let mut is_boxed = false;
    for line in &failure.lines {
        let starts = matches!(line, Line::Boxed(_));
        if starts != is_boxed {
            lines.push(format!("{red}{}{reset}{reset}", if starts { "╷" } else { "╵" }));
            is_boxed = starts;
        }
        lines.push(match line {
            Line::Output(text) => names.fill(text),
            Line::Marked(text) => format!("##[error]{}", names.fill(text)),
            Line::Boxed(text) => format!("{red}│{reset} {reset}{}", title(&names.fill(text))),
        });
    }
    if is_boxed {
        lines.push(format!("{red}╵{reset}{reset}"));
    }
    lines
}

/// The first line of a box is bold, and its first word is red.
fn title(line: &str) -> String {
    match line.strip_prefix("Error: ") {
        Some(rest) => format!("\u{1b}[1m\u{1b}[31mError: \u{1b}[0m\u{1b}[0m\u{1b}[1m{rest}\u{1b}[0m"),
        None => line.to_owned(),
    }
}
