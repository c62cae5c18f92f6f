//! Topology tools: what is deployed where.

use sdk::echo::shown;
use sdk::tool::ToolError;

/// What to say if there is no stack or component (`kind`) of this name, in one repository or in all.
pub fn not_found(kind: &str, name: &str, repo: Option<&str>) -> ToolError {
    let place = repo.map_or_else(|| "this workspace".to_owned(), |repo| format!("{repo} of this workspace"));
    ToolError::NotFound(format!("no {kind} {name} in {place}; list_{kind}s shows those there are"))
}

/// What to try when no commit matches, of an instance or of whatever else was asked for.
pub fn no_commit(instance_id: Option<&str>) -> String {
    match instance_id.map(shown) {
        Some(id) => format!(
            "no commit of instance {id} matches; list_instances has the ids, and `component`, `stack` and `repo` beside \
             `instanceId` must be the instance's own"
        ),
        None => "no commit matches; it must have been compared with `atmos describe affected --upload`. \
             list_components, list_stacks and list_repos have the names, and list_workflow_runs what ran without a \
             commit of its own"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_about_commits_names_the_instance_that_was_asked_for() {
        assert!(no_commit(Some("inst_1")).starts_with("no commit of instance inst_1 matches; list_instances has"));
        assert!(no_commit(None).contains("describe affected"));
    }

    fn text(repo: Option<&str>) -> String {
        match not_found("stack", "dev", repo) {
            ToolError::NotFound(text) => text,
            _ => panic!("another error"),
        }
    }

    #[test]
    fn a_missing_stack_is_named_with_where_it_was_looked_for() {
        assert_eq!(text(None), "no stack dev in this workspace; list_stacks shows those there are");
        assert_eq!(
            text(Some("acme/infrastructure")),
            "no stack dev in acme/infrastructure of this workspace; list_stacks shows those there are"
        );
    }
}
