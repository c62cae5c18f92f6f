//! The twelve steps from nothing to drift detection, by what was first seen.

use schemars::JsonSchema;
use sdk::capability::setup_signals::{Links, Milestones};
use serde::Serialize;

/// Documentation of Atmos Pro.
pub(crate) const DOCS: &str = "https://atmos-pro.com/docs";

/// GitHub's documentation of environments.
pub(crate) const ENVIRONMENTS: &str =
    "https://docs.github.com/actions/deployment/targeting-different-environments/using-environments-for-deployment";

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub key: &'static str,
    pub title: &'static str,
    pub achieved: bool,
    pub achieved_at: Option<String>,
    /// Whether it is concluded from what arrived here: the setting itself cannot be seen from here.
    pub inferred: bool,
    /// Where to do it, or to read how.
    pub cta_href: String,
}

/// All steps.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checklist {
    /// In the order in which they are best done.
    pub steps: Vec<Step>,
    pub achieved_count: usize,
    pub total: usize,
    /// Key of the first step that is not achieved; null if all are.
    pub next: Option<&'static str>,
}

/// The checklist of a workspace.
pub fn checklist(seen: &Milestones, links: &Links) -> Checklist {
    let steps = [connecting(seen, links), uploading(seen)].concat();
    Checklist {
        achieved_count: steps.iter().filter(|step| step.achieved).count(),
        total: steps.len(),
        next: steps.iter().find(|step| !step.achieved).map(|step| step.key),
        steps,
    }
}

/// Steps 1 to 6: from a person to a repository whose workflows may upload.
fn connecting(seen: &Milestones, links: &Links) -> Vec<Step> {
    let (install, exchange) = (&links.install_url, seen.exchange.as_deref());
    vec![
        step(("sign_in", "Sign in with GitHub"), seen.member.as_deref(), format!("{}/signin", links.dashboard_url)),
        step(
            ("workspace", "Create or join a workspace"),
            seen.workspace.as_deref(),
            format!("{}/", links.dashboard_url),
        ),
        step(("github_app", "Install the GitHub App"), seen.installation.as_deref(), install),
        step(("repositories", "Import repositories"), seen.repository.as_deref(), install),
        // A repository without permissions of its own grants all of them, which an exchange shows.
        inferred(
            ("repository_permissions", "Let the repositories' workflows upload"),
            earlier(seen.repository_permission.as_deref(), exchange),
            "/learn/permissions",
        ),
        inferred(
            ("workspace_id", "Set ATMOS_PRO_WORKSPACE_ID for the workflows"),
            earlier(exchange, seen.instance.as_deref()),
            "/configure/github-workflows",
        ),
    ]
}

/// Steps 7 to 12: from a workflow that plans to drift detection.
fn uploading(seen: &Milestones) -> Vec<Step> {
    let detection = earlier(seen.schedule.as_deref(), seen.drift_detection.as_deref());
    let watched = seen.instance.as_deref().zip(detection).map(|(upload, detection)| upload.max(detection));
    vec![
        inferred(("auth_profiles", "Configure profiles to plan with"), seen.plan.as_deref(), "/learn/authentication"),
        inferred(
            ("cloud_roles", "Give workflows roles in the cloud, with GitHub's OIDC"),
            seen.deployment.as_deref(),
            "/learn/authentication",
        ),
        inferred(
            ("workflows", "Merge the workflows into the default branch"),
            seen.default_branch_run.as_deref(),
            "/configure/github-workflows",
        ),
        Step {
            inferred: true,
            ..step(
                ("environments", "Protect deployments with GitHub environments"),
                seen.environment.as_deref(),
                ENVIRONMENTS,
            )
        },
        step(
            ("affected_stacks", "Upload what a pull request affects"),
            seen.affected_upload.as_deref(),
            format!("{DOCS}/configure/github-workflows"),
        ),
        step(
            ("drift_detection", "Upload the instances and schedule drift detection"),
            watched,
            format!("{DOCS}/configure/drift-detection"),
        ),
    ]
}

fn step((key, title): (&'static str, &'static str), at: Option<&str>, cta_href: impl Into<String>) -> Step {
    Step {
        key,
        title,
        achieved: at.is_some(),
        achieved_at: at.map(ToOwned::to_owned),
        inferred: false,
        cta_href: cta_href.into(),
    }
}

/// A step whose setting is out of sight; `page` is of the documentation.
fn inferred(name: (&'static str, &'static str), at: Option<&str>, page: &str) -> Step {
    Step { inferred: true, ..step(name, at, format!("{DOCS}{page}")) }
}

/// The earlier of two times. As texts they compare as times do, but for fractions of one second.
fn earlier<'a>(one: Option<&'a str>, other: Option<&'a str>) -> Option<&'a str> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const LINKS: (&str, &str) = ("https://mcp.example.com", "https://github.com/settings/installations");

    pub(crate) fn links() -> Links {
        Links { dashboard_url: LINKS.0.to_owned(), install_url: LINKS.1.to_owned() }
    }

    /// A workspace in which nothing has happened yet.
    pub(crate) fn fresh() -> Milestones {
        Milestones {
            member: at(1),
            workspace: at(1),
            installation: None,
            repository: None,
            repository_permission: None,
            exchange: None,
            instance: None,
            plan: None,
            deployment: None,
            default_branch_run: None,
            environment: None,
            affected_upload: None,
            schedule: None,
            drift_detection: None,
        }
    }

    pub(crate) fn at(day: u32) -> Option<String> {
        Some(format!("2026-08-{day:02}T10:00:00Z"))
    }

    fn find<'a>(checklist: &'a Checklist, key: &str) -> &'a Step {
        checklist.steps.iter().find(|step| step.key == key).unwrap()
    }

    #[test]
    fn a_new_workspace_has_two_of_twelve() {
        let checklist = checklist(&fresh(), &links());
        assert_eq!((checklist.steps.len(), checklist.total, checklist.achieved_count), (12, 12, 2));
        assert_eq!(checklist.next, Some("github_app"));
        let mut keys: Vec<&str> = checklist.steps.iter().map(|step| step.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 12);
        assert!(checklist.steps.iter().all(|step| step.cta_href.starts_with("https://")));
        assert_eq!(find(&checklist, "sign_in").cta_href, "https://mcp.example.com/signin");
        assert_eq!(find(&checklist, "github_app").cta_href, LINKS.1);
    }

    #[test]
    fn the_first_sign_of_a_step_counts() {
        let seen = Milestones { exchange: at(7), instance: at(5), repository_permission: at(9), ..fresh() };
        let checklist = checklist(&seen, &links());
        assert_eq!(find(&checklist, "repository_permissions").achieved_at, at(7));
        assert_eq!(find(&checklist, "workspace_id").achieved_at, at(5));
        assert!(find(&checklist, "workspace_id").inferred && !find(&checklist, "github_app").inferred);
    }

    #[test]
    fn drift_detection_needs_instances_and_a_detection_or_a_schedule() {
        let step = |instance, schedule, drift_detection| {
            let seen = Milestones { instance, schedule, drift_detection, ..fresh() };
            find(&checklist(&seen, &links()), "drift_detection").achieved_at.clone()
        };
        assert_eq!(step(at(3), None, None), None);
        assert_eq!(step(None, at(3), at(4)), None);
        assert_eq!(step(at(3), None, at(8)), at(8));
        assert_eq!(step(at(3), at(6), at(8)), at(6));
        assert_eq!(step(at(7), at(6), at(8)), at(7));
    }

    #[test]
    fn when_all_is_done_there_is_no_next() {
        let seen = Milestones {
            installation: at(2),
            repository: at(2),
            exchange: at(3),
            instance: at(3),
            plan: at(4),
            deployment: at(4),
            default_branch_run: at(4),
            environment: at(4),
            affected_upload: at(4),
            schedule: at(5),
            ..fresh()
        };
        let checklist = checklist(&seen, &links());
        assert_eq!((checklist.achieved_count, checklist.next), (12, None));
    }
}
