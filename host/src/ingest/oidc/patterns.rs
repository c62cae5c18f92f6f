//! What a repository lets a workflow upload: patterns over the claims of its token. Pure.

use regex::{Regex, RegexBuilder};

use super::claims::Claims;
use crate::store::ci::permissions::{CiPermission, PermissionRow};

/// Larger regular expressions, once compiled, match nothing.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// Characters that make a pattern a regular expression. A dot alone does not: `plan.yaml` is a file's name.
const REGEX_CHARACTERS: [char; 13] = ['^', '$', '*', '+', '?', '(', ')', '[', ']', '{', '}', '|', '\\'];

/// The permissions of a workflow.
///
/// A repository without any row grants all to all its workflows: it was connected by somebody who may connect
/// repositories, and its first upload should work. The first row that is written takes that away.
pub(super) fn granted(rows: &[PermissionRow], claims: &Claims, default_branch: Option<&str>) -> Vec<CiPermission> {
    let allows = |row: &PermissionRow| {
        matches(&row.workflow_pattern, claims.workflow_file().unwrap_or_default())
            && matches_branch(&row.branch_pattern, claims, default_branch)
            && matches(&row.environment_pattern, claims.environment.as_deref().unwrap_or_default())
    };
    let is_granted = |permission: &CiPermission| {
        rows.is_empty() || rows.iter().any(|row| row.permission == permission.name() && allows(row))
    };
    CiPermission::ALL.into_iter().filter(is_granted).collect()
}

/// Whether the run's branch is what the pattern says, or the one that its pull request would merge.
///
/// Security: a plain name is that of a branch of the repository, and what a pull request would merge is not on it
/// yet. Only a regular expression takes it in.
fn matches_branch(pattern: &str, claims: &Claims, default_branch: Option<&str>) -> bool {
    let is_head = |head| pattern.contains(REGEX_CHARACTERS) && matches(pattern, head);
    matches(pattern, claims.branch()) || claims.head_branch(default_branch).is_some_and(is_head)
}

/// Whether a value is what the pattern says: anything for `*`, the same text, or a regular expression that
/// matches the whole of it. A malformed one matches nothing.
///
/// Security: the whole, so that `prod.*` does not let `nonprod-1` in.
fn matches(pattern: &str, value: &str) -> bool {
    if pattern == "*" || pattern == value {
        return true;
    }
    // Security: compiled by itself first, so that a pattern cannot close the group that is put around it.
    pattern.contains(REGEX_CHARACTERS)
        && regex(pattern).is_some()
        && regex(&format!("^(?:{pattern})$")).is_some_and(|whole| whole.is_match(value))
}

/// Whether a text is a pattern that can match something else than itself, if it looks like one.
pub(crate) fn is_pattern(text: &str) -> bool {
    text == "*" || !text.contains(REGEX_CHARACTERS) || regex(text).is_some()
}

fn regex(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).size_limit(MAX_REGEX_BYTES).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pattern_is_anything_a_text_or_a_regular_expression() {
        for (pattern, value, expected) in [
            ("*", "anything", true),
            ("*", "", true),
            ("main", "main", true),
            ("main", "maint", false),
            ("plan.yaml", "planXyaml", false),
            ("^(main|develop)$", "develop", true),
            ("^(main|develop)$", "developer", false),
            ("prod.*", "prod-eu", true),
            ("prod.*", "nonprod-eu", false),
            (r".*\.yml$", "plan.yml", true),
            (r".*\.yml$", "plan.yaml", false),
            ("main|release/.*", "release/1", true),
            ("main|release/.*", "not/main", false),
            (".*", "", true),
            ("(main", "main", false),
            ("(main", "(main", true),
            ("[", "x", false),
            ("main)|(.*", "anything", false),
            (r"\d{1,1000}{1,1000}", "1", false),
        ] {
            assert_eq!(matches(pattern, value), expected, "{pattern} {value}");
        }
    }

    fn row(permission: &str, patterns: [&str; 3]) -> PermissionRow {
        let [workflow, branch, environment] = patterns.map(ToOwned::to_owned);
        PermissionRow {
            permission: permission.to_owned(),
            workflow_pattern: workflow,
            branch_pattern: branch,
            environment_pattern: environment,
        }
    }

    fn claims(file: &str, branch: &str) -> Claims {
        serde_json::from_value(json!({
            "exp": 1, "repository": "acme/infra", "repository_owner": "acme", "ref": format!("refs/heads/{branch}"),
            "workflow_ref": format!("acme/infra/.github/workflows/{file}@refs/heads/{branch}"),
        }))
        .unwrap()
    }

    #[test]
    fn a_repository_without_rows_grants_all() {
        assert_eq!(granted(&[], &claims("any.yaml", "any"), None), CiPermission::ALL);
    }

    #[test]
    fn each_permission_needs_a_row_that_matches_in_all_three() {
        let rows = [
            row("instances_update", ["plan.yaml", "*", "*"]),
            row("instances_create", ["*", "main", "*"]),
            row("affected_stacks_create", ["*", "*", "production"]),
        ];
        let granted = |file, branch| granted(&rows, &claims(file, branch), Some("main"));
        assert_eq!(granted("plan.yaml", "feature"), [CiPermission::InstancesUpdate]);
        let both = [CiPermission::InstancesCreate, CiPermission::InstancesUpdate];
        assert_eq!(granted("plan.yaml", "main"), both);
        assert!(granted("other.yaml", "feature").is_empty());
    }
}
