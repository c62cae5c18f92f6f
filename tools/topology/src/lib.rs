//! Topology tools: what is deployed where.

use sdk::tool::ToolError;

/// What to say if there is no stack or component (`kind`) of this name, in one repository or in all.
pub fn not_found(kind: &str, name: &str, repo: Option<&str>) -> ToolError {
    let place = repo.map_or_else(|| "this workspace".to_owned(), |repo| format!("{repo} of this workspace"));
    ToolError::NotFound(format!("no {kind} {name} in {place}; list_{kind}s shows those there are"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
