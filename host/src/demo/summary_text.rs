//! Job summaries in Markdown, as atmos writes them for a plan and for an apply.

use super::events::Outcome;
use super::failures::{Failure, Line, Place};
use super::resources::{Changeset, Resource};
use super::speaker::Speaker;

/// The line that each summary has below its title.
const LOGO: &str = "<a href=\"https://atmos.tools/ci\"><picture><source media=\"(prefers-color-scheme: dark)\" \
     srcset=\"https://atmos.tools/img/atmos-logo-dark.svg\"><img alt=\"Atmos\" \
     src=\"https://atmos.tools/img/atmos-logo.svg\" height=\"24\"></picture></a>";

/// The summary of a run's job; none if Terraform did not come far enough for one.
pub(super) fn compose(speaker: &Speaker<'_>) -> Option<String> {
    let is_plan = speaker.run.command == "plan";
    let is_done = match speaker.draft.event.outcome {
        Outcome::Running | Outcome::Waiting => return None,
        Outcome::Broken(failure) if failure.is_abrupt || !failure.reached(Place::Refresh) => return None,
        Outcome::Broken(failure) => return Some(failed(speaker, failure, is_plan)),
        Outcome::Exit(0) => false,
        Outcome::Exit(_) | Outcome::Succeeded => true,
    };
    let (component, stack) = (speaker.run.component, speaker.run.stack);
    let changes = speaker.changes();
    let title = match (is_plan, is_done) {
        (true, true) => "Resource Changes Found for",
        (true, false) => "No Changes for",
        (false, true) => "Apply Succeeded for",
        (false, false) => "No Changes Applied for",
    };
    let kind = if is_plan { "PLAN" } else { "APPLY" };
    let badges = if is_done { badges(kind, &changes) } else { badge(kind, "NO_CHANGE", "inactive") };
    let mut parts = vec![format!("## {title} `{component}` in `{stack}`"), LOGO.to_owned(), badges];
    if !changes.destroyed.is_empty() && is_done {
        let warning = if is_plan { "Terraform will delete resources!" } else { "Terraform destroyed resources!" };
        parts.push(format!("> [!CAUTION]\n> **{warning}**"));
    }
    if is_done {
        let counts = if is_plan { changes.plan() } else { changes.done() };
        let head = if is_plan { "Plan" } else { "Resources" };
        parts.push(details(speaker, &format!("{head}: {counts}."), &lists(&changes)));
    } else {
        parts.push("Your infrastructure matches the configuration.".to_owned());
    }
    Some(parts.join("\n\n") + "\n")
}

/// A part that opens when it is clicked, with what to type.
fn details(speaker: &Speaker<'_>, head: &str, body: &str) -> String {
    let (component, stack) = (speaker.run.component, speaker.run.stack);
    let command = if speaker.run.command == "plan" { "plan" } else { "apply" };
    format!(
        "<details><summary><a id=\"result-{stack}-{component}\" />{head}</summary>\n\n\
         To reproduce this locally, run:\n\n```shell\natmos terraform {command} {component} -s {stack}\n```\n\n\
         {body}\n\n</details>"
    )
}

fn badges(kind: &str, changes: &Changeset) -> String {
    let all = [
        (changes.created.is_empty(), "CREATE", "success"),
        (changes.updated.is_empty(), "CHANGE", "important"),
        (changes.destroyed.is_empty(), "DESTROY", "critical"),
    ];
    let shown = all.into_iter().filter(|(is_empty, ..)| !is_empty);
    shown.map(|(_, action, colour)| badge(kind, action, colour)).collect::<Vec<_>>().join(" ")
}

fn badge(kind: &str, action: &str, colour: &str) -> String {
    format!("![{action}](https://shields.io/badge/{kind}-{action}-{colour}?style=for-the-badge)")
}

/// What is created, changed and destroyed.
fn lists(changes: &Changeset) -> String {
    let list = |title: &str, sign: &str, resources: &[Resource]| {
        let lines: Vec<String> = resources.iter().map(|resource| format!("{sign} {}", resource.address)).collect();
        (!lines.is_empty()).then(|| format!("### {title}\n\n```diff\n{}\n```", lines.join("\n")))
    };
    let lists = [
        list("Create", "+", &changes.created),
        list("Change", "~", &changes.updated),
        list("Destroy", "-", &changes.destroyed),
    ];
    lists.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn failed(speaker: &Speaker<'_>, failure: &Failure, is_plan: bool) -> String {
    let names = speaker.names();
    let text = |line: &Line| match line {
        Line::Output(text) | Line::Boxed(text) | Line::Marked(text) => names.fill(text),
    };
    let errors: Vec<String> = failure.lines.iter().map(text).collect();
    let title = if is_plan { "Plan Failed for" } else { "Apply Failed for" };
    let kind = if is_plan { "PLAN" } else { "APPLY" };
    let parts = [
        format!("## {title} `{}` in `{}`", speaker.run.component, speaker.run.stack),
        LOGO.to_owned(),
        badge(kind, "FAILED", "ff0000"),
        details(speaker, ":warning: Error summary", &format!("```hcl\n{}\n```", errors.join("\n"))),
    ];
    parts.join("\n\n") + "\n"
}
