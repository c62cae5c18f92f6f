//! A run that has something to say, and what its texts speak of.

use super::approvals;
use super::dice::{HOUR, MINUTE};
use super::events::Outcome;
use super::fill::Names;
use super::resources::Changeset;
use super::sites::Stage;
use super::timeline::Draft;
use crate::store::demo_seed::Run;

/// A run.
#[derive(Clone, Copy)]
pub(super) struct Speaker<'a> {
    pub(super) stage: &'a Stage<'a>,
    pub(super) workspace_id: &'a str,
    pub(super) draft: &'a Draft<'a>,
    pub(super) run: &'a Run,
}

impl Speaker<'_> {
    /// What the plan found, or the apply did: the same for all runs of a pull request.
    pub(super) fn changes(&self) -> Changeset {
        let number = self.run.pull_request_number.or(self.run.github_run_id).unwrap_or_default();
        Changeset::new(self.run.component, number)
    }

    /// Whether there was anything to change.
    pub(super) fn has_changes(&self) -> bool {
        match self.draft.event.outcome {
            Outcome::Exit(code) => code == 2,
            Outcome::Broken(_) => !self.draft.event.is_detection(),
            Outcome::Succeeded | Outcome::Running | Outcome::Waiting => true,
        }
    }

    /// The names of this run that texts have in braces.
    pub(super) fn names(&self) -> Names {
        let Self { stage, draft, run, .. } = *self;
        let site = draft.life.site;
        let owner = site.installation.account;
        let home = Home::of(run.stack);
        let command = if run.command == "plan" { "plan" } else { "apply" };
        let verb = if run.command == "plan" { "plan" } else { "deploy" };
        let role_name = format!("{owner}-{}-gbl-{}-gha-{command}", home.tenant, home.stage);
        let account = account([owner, home.tenant, home.stage]);
        let digits = stage.dice.sha();
        let piece = |from: usize, to: usize| digits.get(from..to).unwrap_or_default().to_owned();
        // Somebody else's lock is some minutes old, or was left behind.
        let age = if stage.dice.chance(80) { MINUTE * 4 } else { HOUR * 26 };
        let locked_at = run.created_at.minus(age).to_string().replace('T', " ").replace('Z', ".482913377");
        Names::new([
            ("component", run.component.to_owned()),
            ("stack", run.stack.to_owned()),
            ("slug", run.component.replace('/', "-")),
            ("job", job_name(run)),
            ("owner", owner.to_owned()),
            ("name", site.spec.name.to_owned()),
            ("repo", format!("{owner}/{}", site.spec.name)),
            ("branch", run.branch.clone()),
            ("sha", run.sha.clone()),
            ("workflow", run.workflow_file.to_owned()),
            ("workspace", self.workspace_id.to_owned()),
            ("environment", approvals::environment(stage, draft.life)),
            ("verb", verb.to_owned()),
            ("run_id", run.github_run_id.unwrap_or_default().to_string()),
            ("region", home.region.to_owned()),
            ("role", format!("arn:aws:iam::{account}:role/{role_name}")),
            ("role_name", role_name),
            ("account", account),
            ("root", self::account([owner, "core", "root"])),
            ("bucket", format!("{owner}-core-use2-root-tfstate")),
            ("parent", if run.component.contains("vpc") { "account-map" } else { "vpc" }.to_owned()),
            ("hex", piece(0, 16)),
            ("uuid", [piece(0, 8), piece(8, 12), piece(12, 16), piece(16, 20), piece(20, 32)].join("-")),
            ("locked_at", locked_at),
        ])
    }
}

/// What GitHub shows for the run's job.
pub(super) fn job_name(run: &Run) -> String {
    format!("{}-{}", run.component, run.stack)
}

/// Where a stack is, by its name: `plat-use2-prod`.
struct Home<'s> {
    tenant: &'s str,
    region: &'static str,
    stage: &'s str,
}

impl<'s> Home<'s> {
    fn of(stack: &'s str) -> Self {
        let mut parts = stack.rsplitn(3, '-');
        let (stage, region, tenant) = (parts.next(), parts.next(), parts.next());
        let region = match region.unwrap_or_default() {
            "use2" => "us-east-2",
            "usw2" => "us-west-2",
            "euw1" => "eu-west-1",
            _ => "us-east-1",
        };
        Self { tenant: tenant.unwrap_or(stack), region, stage: stage.unwrap_or(stack) }
    }
}

/// The twelve digits of an account, the same for the same words.
fn account(words: [&str; 3]) -> String {
    let sum = words.concat().bytes().fold(7_u64, |sum, byte| (sum * 131 + u64::from(byte)) % 899_999_999_999);
    (100_000_000_000 + sum).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_tells_where_it_is() {
        let home = Home::of("plat-use2-prod");
        assert_eq!((home.tenant, home.region, home.stage), ("plat", "us-east-2", "prod"));
        let home = Home::of("canary-rival-gbl-dev");
        assert_eq!((home.tenant, home.region, home.stage), ("canary-rival", "us-east-1", "dev"));
        assert_eq!(account(["acme", "plat", "prod"]).len(), 12);
    }
}
