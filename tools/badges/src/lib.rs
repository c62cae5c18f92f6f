//! Badge tools: what a README shows of a repository.

use schemars::JsonSchema;
use sdk::capability::badge_tokens::BadgeToken;
use sdk::capability::badge_types::{BadgeParameter, BadgeType, BadgeTypeInfo, BadgeUrl};
use sdk::echo::{shown, visible};
use sdk::tool::{ToolError, ToolResult};
use serde::Serialize;

/// A parameter of a badge's URL.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    pub name: String,
    pub required: bool,
    /// The values it can have, separated by commas; absent for free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub values: Option<String>,
    pub description: String,
}

impl From<BadgeParameter> for Parameter {
    fn from(parameter: BadgeParameter) -> Self {
        Self {
            name: parameter.name,
            required: parameter.required,
            values: (!parameter.values.is_empty()).then(|| parameter.values.join(", ")),
            description: parameter.description,
        }
    }
}

/// A type of badge.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TypeRow {
    #[serde(rename = "type")]
    pub kind: BadgeType,
    pub title: String,
    pub description: String,
    pub parameters: Vec<Parameter>,
    /// With a placeholder for the token.
    pub example_url: String,
}

impl From<BadgeTypeInfo> for TypeRow {
    fn from(info: BadgeTypeInfo) -> Self {
        Self {
            kind: info.kind,
            title: info.title,
            description: info.description,
            parameters: info.parameters.into_iter().map(Parameter::from).collect(),
            example_url: info.example_url,
        }
    }
}

/// A badge token.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenRow {
    pub id: String,
    /// `owner/name`.
    pub repo: String,
    /// What `type` in `url` can be.
    pub types: Vec<BadgeType>,
    pub created_at: String,
    /// To the hour.
    pub last_used_at: Option<String>,
    /// The drift badge.
    pub url: String,
    /// The drift badge, for a README.
    pub markdown: String,
}

impl From<BadgeToken> for TokenRow {
    fn from(token: BadgeToken) -> Self {
        let subject = Subject { repo: Some(&token.repo), ..Subject::default() };
        let alt = subject.describe(BadgeType::DriftStatus);
        Self {
            markdown: markdown(&alt, &token.url, &token.dashboard_url),
            id: token.id,
            repo: token.repo,
            types: token.types,
            created_at: token.created_at,
            last_used_at: token.last_used_at,
            url: token.url,
        }
    }
}

/// What a badge is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    /// `owner/name`.
    pub repo: Option<&'a str>,
    pub stack: Option<&'a str>,
    pub component: Option<&'a str>,
}

impl Subject<'_> {
    /// The stack, the component, or one in the other; none if it is all of the repository.
    fn part(&self) -> Option<String> {
        match (self.component.map(shown), self.stack.map(shown)) {
            (Some(component), Some(stack)) => Some(format!("{component} in {stack}")),
            (part, None) | (None, part) => part,
        }
    }

    /// What a reader who does not see the badge is told, for example `Drift status of vpc in prod, acme/infra`.
    pub fn describe(&self, kind: BadgeType) -> String {
        let what = match kind {
            BadgeType::DriftStatus => "Drift status",
            BadgeType::DeploymentStatus => "Deployment status",
            BadgeType::WorkflowStatus => "Workflow status",
            BadgeType::InstanceHealth => "Instance health",
        };
        match (self.part(), self.repo.map(shown)) {
            (Some(part), Some(repo)) => format!("{what} of {part}, {repo}"),
            (Some(part), None) => format!("{what} of {part}"),
            (None, Some(repo)) => format!("{what} of {repo}"),
            (None, None) => what.to_owned(),
        }
    }
}

/// `owner/name` of two arguments that go together.
pub fn full_name(owner: Option<&str>, repo: Option<&str>) -> ToolResult<Option<String>> {
    match (owner, repo) {
        (Some(owner), Some(repo)) => Ok(Some(format!("{owner}/{repo}"))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(ToolError::InvalidArguments("`owner` needs `repo` beside it".to_owned())),
        (None, Some(_)) => Err(ToolError::InvalidArguments("`repo` needs `owner` beside it".to_owned())),
    }
}

/// A picture that is a link. Both URLs are percent-encoded, so nothing in them ends the Markdown.
pub fn markdown(alt: &str, url: &str, link: &str) -> String {
    format!("[![{}]({url})]({link})", escape(alt))
}

/// Makes a text that Markdown shows as it is, on one line. Every ASCII punctuation character may be escaped
/// (`CommonMark` §2.4); those that names are full of, and that mean nothing inside a line, are left alone.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars().filter_map(visible) {
        if char.is_ascii_punctuation() && !matches!(char, '/' | '-' | '.' | ',' | ':') {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

/// Why a badge shows nothing, and what to do about it: it is not live, or no instance has the part that it is about.
pub fn note(found: &BadgeUrl, subject: &Subject<'_>) -> Option<String> {
    let repo = subject.repo.map(shown);
    match subject.part() {
        Some(part) if found.part_missing => Some(format!(
            "{} has no instance of {part}, so the badge shows \"unknown\": list_instances with `repo` shows those there \
             are",
            repo.unwrap_or_default()
        )),
        _ => (!found.live).then(|| no_token(repo.as_deref())),
    }
}

fn no_token(repo: Option<&str>) -> String {
    match repo {
        Some(repo) => format!(
            "{repo} has no badge token in this workspace, so the badge shows \"unknown\": list_badge_tokens shows the \
             repositories that have one; the operator makes one with `atmos-mcp badge-token create --repo {repo}`"
        ),
        None => "the badge shows \"unknown\" until BADGE_TOKEN in its URL is replaced by a token of \
             list_badge_tokens; with `owner` and `repo` the token is filled in"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_names_what_is_known() {
        let all = Subject { repo: Some("acme/infra"), stack: Some("prod"), component: Some("eks/cluster") };
        let cases = [
            (all, "Drift status of eks/cluster in prod, acme/infra"),
            (Subject { component: None, ..all }, "Drift status of prod, acme/infra"),
            (Subject { repo: None, stack: None, ..all }, "Drift status of eks/cluster"),
            (Subject { stack: None, component: None, ..all }, "Drift status of acme/infra"),
            (Subject::default(), "Drift status"),
        ];
        for (subject, expected) in cases {
            assert_eq!(subject.describe(BadgeType::DriftStatus), expected);
        }
    }

    #[test]
    fn a_note_says_why_a_badge_shows_nothing() {
        let all = Subject { repo: Some("acme/infra"), stack: Some("prod"), component: Some("vpc") };
        let found =
            |live, part_missing| BadgeUrl { url: String::new(), dashboard_url: String::new(), live, part_missing };
        assert_eq!(note(&found(true, false), &all), None);
        let missing = note(&found(true, true), &all).unwrap();
        assert!(missing.starts_with("acme/infra has no instance of vpc in prod, so the badge"), "{missing}");
        let without = note(&found(false, false), &all).unwrap();
        assert!(without.starts_with("acme/infra has no badge token"), "{without}");
        assert!(note(&found(false, false), &Subject::default()).unwrap().contains("with `owner` and `repo`"));
    }

    #[test]
    fn what_a_reader_would_not_see_is_in_no_text() {
        let long = "x".repeat(5_000);
        let subject = Subject { component: Some("v\u{202e}p\u{0}c"), stack: Some(&long), ..Subject::default() };
        let expected = format!("Drift status of vpc in {}…", "x".repeat(100));
        assert_eq!(subject.describe(BadgeType::DriftStatus), expected);
        assert_eq!(markdown("a\u{200b}b\u{0}", "u", "l"), "[![ab](u)](l)");
    }

    #[test]
    fn owner_and_repo_go_together() {
        assert!(matches!(full_name(Some("a"), Some("b")), Ok(Some(name)) if name == "a/b"));
        assert!(matches!(full_name(None, None), Ok(None)));
        assert!(full_name(Some("a"), None).is_err() && full_name(None, Some("b")).is_err());
    }

    #[test]
    fn a_label_cannot_leave_its_place() {
        let url = "https://mcp.example.com/api/badge?type=drift_status";
        assert_eq!(
            markdown("a](https://evil.example) <b>\n`c`_d_", url, "https://mcp.example.com/"),
            "[![a\\]\\(https://evil.example\\) \\<b\\> \\`c\\`\\_d\\_]\
             (https://mcp.example.com/api/badge?type=drift_status)](https://mcp.example.com/)"
        );
    }
}
