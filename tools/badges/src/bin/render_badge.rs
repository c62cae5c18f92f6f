//! `render_badge`

use schemars::JsonSchema;
use sdk::capability::badge_types::{self, BadgeRequest, BadgeStyle, BadgeType};
use sdk::prelude::*;
use serde::Serialize;
use tools_badges::{Subject, full_name, markdown, note};

#[args]
struct Args {
    #[serde(rename = "type")]
    kind: BadgeType,
    /// GitHub owner, beside `repo`.
    owner: Option<String>,
    repo: Option<String>,
    stack: Option<String>,
    component: Option<String>,
    /// 1 to 64 characters.
    label: Option<String>,
    style: Option<BadgeStyle>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Badge {
    url: String,
    /// For a README.
    markdown: String,
    /// Present if the badge shows nothing yet: what is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Makes URL and README Markdown of a badge for a repository, or for a stack or component of it.
#[tool]
fn render_badge(args: Args) -> ToolResult<Badge> {
    let repo = full_name(args.owner.as_deref(), args.repo.as_deref())?;
    let request = BadgeRequest {
        kind: args.kind,
        repo,
        stack: args.stack,
        component: args.component,
        label: args.label,
        style: args.style,
    };
    let found = badge_types::get_badge_url(&request)?;
    let BadgeRequest { repo, stack, component, label, .. } = &request;
    let subject = Subject { repo: repo.as_deref(), stack: stack.as_deref(), component: component.as_deref() };
    let alt = label.clone().unwrap_or_else(|| subject.describe(args.kind));
    Ok(Badge {
        markdown: markdown(&alt, &found.url, &found.dashboard_url),
        note: note(&found, &subject),
        url: found.url,
    })
}
