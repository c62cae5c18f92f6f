//! Rows of pull requests, of their commits, and of what these affect.

use super::changes::{Change, Commit};
use super::dice::{Dice, SECOND};
use super::runs::Trunks;
use super::sites::Stage;
use crate::store::demo_seed::{self, Affected, PullRequest};

/// What later commits of a pull request are called.
const FOLLOW_UPS: [&str; 4] = ["Fix the plan", "Address review", "Format", "Narrow the change"];

/// The rows of all pull requests.
#[derive(Default)]
pub(super) struct ChangeRows {
    pub(super) pull_requests: Vec<PullRequest>,
    pub(super) commits: Vec<demo_seed::Commit>,
    pub(super) affected: Vec<Affected>,
}

/// Makes them.
pub(super) fn rows<'l>(stage: &Stage<'l>, trunks: &Trunks<'l>, changes: &'l [Change<'l>]) -> ChangeRows {
    let mut rows = ChangeRows::default();
    for change in changes {
        rows.pull_requests.push(pull_request(stage.dice, change));
        for (index, head) in change.heads.iter().enumerate() {
            let message = match (index, stage.dice.pick(&FOLLOW_UPS)) {
                (1.., Some(what)) => format!("{}: {what}", component(change)),
                _ => change.title.clone(),
            };
            rows.add_commit(stage.dice, trunks, (change, head), message);
        }
        if let Some(merge) = change.merge() {
            let message = format!("{} (#{})", change.title, change.number);
            rows.add_commit(stage.dice, trunks, (change, merge), message);
        }
    }
    rows
}

impl ChangeRows {
    fn add_commit<'l>(
        &mut self,
        dice: &Dice<'_>,
        trunks: &Trunks<'l>,
        (change, commit): (&'l Change<'l>, &'l Commit),
        message: String,
    ) {
        let site = change.site;
        self.commits.push(demo_seed::Commit {
            id: dice.id("commit", commit.at),
            repository_id: site.id.clone(),
            sha: commit.sha.clone(),
            message,
            author: change.author,
            committed_at: commit.at,
            url: format!("{}/commit/{}", site.url(), commit.sha),
            pull_request_number: change.number,
        });
        let base_sha = trunks.head(site, commit.at);
        self.affected.extend(change.parts.iter().map(|part| Affected {
            repository_id: site.id.clone(),
            head_sha: commit.sha.clone(),
            base_sha: base_sha.to_owned(),
            stack: part.life.stack,
            component: part.life.component,
            is_dependent: part.life.component != component(change),
            uploaded_at: commit.at.plus(SECOND * 45),
        }));
    }
}

/// The component that a pull request is about.
fn component(change: &Change<'_>) -> &'static str {
    change.parts.first().map(|part| part.life.component).unwrap_or_default()
}

fn pull_request(dice: &Dice<'_>, change: &Change<'_>) -> PullRequest {
    let (state, closed_at) = change.state();
    let head = change.heads.last();
    let updated_at = closed_at.or(head.map(|head| head.at)).unwrap_or(change.opened_at).max(change.opened_at);
    PullRequest {
        id: dice.id("pr", change.opened_at),
        repository_id: change.site.id.clone(),
        number: change.number,
        title: change.title.clone(),
        author: change.author,
        state,
        draft: change.is_draft,
        head_sha: head.map(|head| head.sha.clone()).unwrap_or_default(),
        head_ref: change.branch.clone(),
        base_ref: change.site.spec.branch,
        url: format!("{}/pull/{}", change.site.url(), change.number),
        created_at: change.opened_at,
        merged_at: change.merge().map(|merge| merge.at),
        closed_at,
        github_updated_at: updated_at,
    }
}
