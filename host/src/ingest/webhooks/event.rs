//! Which events are used.

/// An event, by the name in `X-GitHub-Event`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Installation,
    InstallationRepositories,
    Repository,
    PullRequest,
    Push,
    WorkflowRun,
    WorkflowJob,
    DeploymentReview,
    /// Left alone on purpose; why.
    Ignored(&'static str),
    /// GitHub has more events than this server knows, and adds some.
    Unknown,
}

/// Events that GitHub Apps of this kind often get and that change nothing here.
const IGNORED: &[(&str, &str)] = &[
    ("ping", "a test of the connection"),
    ("check_run", "results come with workflow_run and workflow_job"),
    ("check_suite", "results come with workflow_run"),
    ("status", "results come with workflow_run"),
    ("workflow_dispatch", "the run that it starts comes with workflow_run"),
    ("repository_dispatch", "the run that it starts comes with workflow_run"),
    ("merge_group", "its runs come with workflow_run"),
    ("release", "its runs come with workflow_run"),
    ("deployment", "waiting and approval come with deployment_review"),
    ("deployment_status", "waiting and approval come with deployment_review"),
    ("deployment_protection_rule", "this server is no protection rule"),
    ("create", "commits come with push"),
    ("delete", "commits come with push"),
    ("commit_comment", "comments are not kept"),
    ("issue_comment", "comments are not kept"),
    ("pull_request_review", "reviews are not kept"),
    ("pull_request_review_comment", "comments are not kept"),
    ("pull_request_review_thread", "comments are not kept"),
    ("public", "repository tells it too"),
    ("installation_target", "an account's new name comes with the next event of its installation"),
    ("github_app_authorization", "sign-ins are checked when they happen"),
    ("member", "workspaces have members of their own"),
    ("membership", "workspaces have members of their own"),
    ("organization", "workspaces have members of their own"),
    ("team", "workspaces have members of their own"),
    ("team_add", "workspaces have members of their own"),
    ("meta", "the webhook itself was changed"),
];

impl Event {
    /// The event of this name.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "installation" => Self::Installation,
            "installation_repositories" => Self::InstallationRepositories,
            "repository" => Self::Repository,
            "pull_request" => Self::PullRequest,
            "push" => Self::Push,
            "workflow_run" => Self::WorkflowRun,
            "workflow_job" => Self::WorkflowJob,
            "deployment_review" => Self::DeploymentReview,
            _ => IGNORED
                .iter()
                .find(|(ignored, _)| *ignored == name)
                .map_or(Self::Unknown, |&(_, reason)| Self::Ignored(reason)),
        }
    }

    /// Whether its payload is looked at.
    pub(super) const fn is_used(self) -> bool {
        !matches!(self, Self::Ignored(_) | Self::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_used_ignored_for_a_reason_or_unknown() {
        assert_eq!(Event::named("push"), Event::Push);
        assert_eq!(Event::named("ping"), Event::Ignored("a test of the connection"));
        assert_eq!(Event::named("Push"), Event::Unknown);
        assert!(Event::named("workflow_run").is_used());
        for (name, _) in IGNORED {
            assert!(!Event::named(name).is_used(), "{name}");
        }
    }
}
