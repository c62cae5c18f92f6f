//! Workflow run tools: what ran, and what waits.

use sdk::capability::workflow_runs::{ApprovalState, RunFilter};
use sdk::echo::shown;

/// Hexadecimal digits of a commit hash.
const SHA_DIGITS: usize = 40;

/// What to try when no run matches.
pub fn hint(filter: &RunFilter) -> String {
    if filter.sha.as_ref().is_some_and(|sha| sha.len() < SHA_DIGITS) {
        format!("no run matches; `sha` is compared as a whole: give all {SHA_DIGITS} digits of the commit hash")
    } else if let Some(id) = &filter.instance_id {
        format!("no run of instance {} matches; list_instances has the ids of instances", shown(id))
    } else if filter.repo.is_some() || filter.stack.is_some() || filter.component.is_some() {
        "no run matches; list_repos, list_stacks and list_components show the names there are".to_owned()
    } else if only_pending(filter) {
        "no run waits for an approval; `status: [\"waiting\"]` shows runs that wait for anything else".to_owned()
    } else {
        "no run matches; drop a filter, or widen `since` and `until`".to_owned()
    }
}

/// Whether nothing but runs that wait for an approval is asked for; places have hints of their own.
fn only_pending(filter: &RunFilter) -> bool {
    matches!(filter.approval_states.as_slice(), [ApprovalState::Pending])
        && filter.statuses.is_empty()
        && filter.conclusions.is_empty()
        && filter.commands.is_empty()
        && filter.triggers.is_empty()
        && filter.branch.is_none()
        && filter.sha.is_none()
        && filter.window.since.is_none()
        && filter.window.until.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sdk::capability::types::TimeWindow;

    fn filter() -> RunFilter {
        RunFilter {
            statuses: vec![],
            conclusions: vec![],
            commands: vec![],
            triggers: vec![],
            approval_states: vec![],
            instance_id: None,
            repo: None,
            stack: None,
            component: None,
            branch: None,
            sha: None,
            window: TimeWindow { since: None, until: None },
        }
    }

    #[test]
    fn the_hint_is_about_what_was_asked() {
        assert!(hint(&filter()).contains("drop a filter"));
        assert!(hint(&RunFilter { sha: Some("5779607".to_owned()), ..filter() }).contains("all 40 digits"));
        assert!(hint(&RunFilter { sha: Some("5".repeat(40)), ..filter() }).contains("drop a filter"));
        assert!(hint(&RunFilter { instance_id: Some("inst_1".to_owned()), ..filter() }).contains("instance inst_1"));
        assert!(hint(&RunFilter { stack: Some("prod".to_owned()), ..filter() }).contains("list_stacks"));
        let pending = RunFilter { approval_states: vec![ApprovalState::Pending], ..filter() };
        assert!(hint(&pending).contains("waits for an approval"));
        // Some may wait that the other filter leaves out.
        assert!(hint(&RunFilter { branch: Some("main".to_owned()), ..pending }).contains("drop a filter"));
    }
}
