//! Rows of workflow runs, with all that GitHub tells of them.

use std::ptr;

use super::changes::{Change, Commit, End};
use super::events::{Event, Origin, Outcome};
use super::failures::Line;
use super::sites::{Site, Stage};
use super::timeline::Draft;
use crate::clock::Timestamp;
use crate::store::demo_seed::{Approval, Run};

/// Heads of the default branches.
pub(super) struct Trunks<'l>(Vec<(&'l Site, Vec<&'l Commit>)>);

impl<'l> Trunks<'l> {
    /// From what was merged.
    pub(super) fn new(sites: &'l [Site], changes: &'l [Change<'l>]) -> Self {
        let trunk = move |site: &'l Site| {
            let own = changes.iter().filter(|change| ptr::eq(change.site, site));
            let mut merges: Vec<&'l Commit> = own.filter_map(Change::merge).collect();
            merges.sort_by_key(|commit| commit.at);
            (site, merges)
        };
        Self(sites.iter().map(trunk).collect())
    }

    /// The head of a repository's default branch just before this time.
    pub(super) fn head(&self, site: &'l Site, at: Timestamp) -> &'l str {
        let merges = self.0.iter().find(|trunk| ptr::eq(trunk.0, site)).map(|trunk| trunk.1.as_slice());
        let last = merges.unwrap_or_default().iter().rev().find(|commit| commit.at < at);
        last.map_or(site.base_sha.as_str(), |commit| commit.sha.as_str())
    }
}

/// The rows of these runs, which are in order of time.
pub(super) fn rows<'l>(stage: &Stage<'l>, trunks: &Trunks<'l>, drafts: &[Draft<'l>]) -> Vec<Run> {
    let mut rows = Vec::with_capacity(drafts.len());
    let mut newest = 0;
    for draft in drafts {
        // GitHub's numbers grow by about ten a second.
        newest = (draft.event.at.seconds() * 10 + stage.dice.small(10)).max(newest + 1);
        let parent_run_id = draft.event.origin.filter(|origin| origin.is_blocked).and_then(|of| parent(drafts, of));
        rows.push(row(stage, trunks, draft, newest, parent_run_id));
    }
    rows
}

fn row<'l>(
    stage: &Stage<'l>,
    trunks: &Trunks<'l>,
    draft: &Draft<'l>,
    number: i64,
    parent_run_id: Option<String>,
) -> Run {
    let Draft { life, event, .. } = draft;
    let is_plan = event.command == "plan";
    let workflow = if is_plan { stage.spec.plan_workflow } else { stage.spec.apply_workflow };
    let (branch, sha) = branch_and_sha(trunks, draft);
    let is_tag = event.trigger == "release";
    let is_dispatched = event.is_dispatched();
    let updated_at = draft.finished_at.or(draft.started_at).unwrap_or(event.at);
    Run {
        id: draft.id.clone(),
        repository_id: life.site.id.clone(),
        instance_id: life.id.clone(),
        component: life.component,
        stack: life.stack,
        command: event.command,
        trigger: event.trigger,
        status: match event.outcome {
            Outcome::Waiting => "waiting",
            Outcome::Running => "in_progress",
            Outcome::Exit(_) | Outcome::Succeeded | Outcome::Broken(_) => "completed",
        },
        conclusion: draft.conclusion,
        plan_exit_code: draft.plan_exit_code,
        created_at: event.at,
        started_at: draft.started_at,
        finished_at: draft.finished_at,
        github_run_id: is_dispatched.then_some(number),
        github_url: is_dispatched.then(|| format!("{}/actions/runs/{number}", life.site.url())),
        github_updated_at: is_dispatched.then_some(updated_at),
        workflow_name: workflow.name,
        workflow_file: workflow.file,
        git_ref: format!("refs/{}/{branch}", if is_tag { "tags" } else { "heads" }),
        dispatch_error: dispatch_error(event, &branch),
        branch,
        sha,
        actor: actor(stage, event),
        approval: draft.approval.as_ref().map(|approval| Approval {
            state: approval.state,
            environment: approval.environment.clone(),
            reviewers: approval.reviewers.clone(),
            decided_at: approval.decided_at,
        }),
        parent_run_id,
        pull_request_number: event.origin.map(|origin| origin.change.number),
    }
}

/// Where the run took its workflow and its code from.
fn branch_and_sha<'l>(trunks: &Trunks<'l>, draft: &Draft<'l>) -> (String, String) {
    let (life, event) = (draft.life, &draft.event);
    let main = life.site.spec.branch;
    let Some(Origin { change, commit, .. }) = event.origin else {
        return (main.to_owned(), trunks.head(life.site, event.at).to_owned());
    };
    let branch = match (event.trigger, &change.end) {
        ("pull_request", _) => change.branch.clone(),
        ("merge_group", _) => format!("gh-readonly-queue/{main}/pr-{}-{}", change.number, commit.sha),
        ("release", End::Merged { tag: Some(tag), .. }) => tag.clone(),
        _ => main.to_owned(),
    };
    (branch, commit.sha.clone())
}

/// Who started the run.
fn actor(stage: &Stage<'_>, event: &Event<'_>) -> &'static str {
    let someone = || stage.dice.pick(stage.spec.members).map(|member| member.0).unwrap_or_default();
    match (event.trigger, event.origin) {
        ("manual", _) => someone(),
        ("pull_request", Some(origin)) => origin.change.author,
        (_, Some(origin)) => origin.change.merged_by().unwrap_or(stage.spec.app),
        (_, None) => stage.spec.app,
    }
}

/// What GitHub answered to the dispatch, or a word of ours.
fn dispatch_error(event: &Event<'_>, branch: &str) -> Option<String> {
    let failure = event.failure().filter(|failure| !failure.is_dispatched())?;
    match failure.lines.first()? {
        Line::Output(text) | Line::Boxed(text) | Line::Marked(text) => Some(text.replace("{branch}", branch)),
    }
}

/// The failed apply of the first part of the same pull request.
fn parent(drafts: &[Draft<'_>], origin: Origin<'_>) -> Option<String> {
    let first = origin.change.parts.first()?;
    let is_it = |draft: &&Draft<'_>| {
        let is_of_same = draft.event.origin.is_some_and(|of| ptr::eq(of.change, origin.change));
        is_of_same && draft.event.command == "apply" && draft.life.id == first.life.id
    };
    drafts.iter().find(is_it).map(|draft| draft.id.clone())
}
