//! `tools/list`.

use serde::Deserialize;

use super::era::Era;
use super::error::McpError;
use super::lifecycle::TTL_MS;
use super::message::Message;
use crate::app::App;
use crate::authz::Caller;

#[derive(Deserialize)]
struct Params {
    cursor: Option<String>,
}

/// The tools that this token can call, in one page and in alphabetical order. Tools that it cannot call
/// are absent (R-09).
pub(super) fn tools_list(app: &App, caller: &Caller, message: &Message<'_>, era: Era) -> Result<String, McpError> {
    let params: Params = message.params()?;
    if params.cursor.is_some() {
        return Err(McpError::InvalidParams("Invalid cursor: tools/list has one page; leave `cursor` out".to_owned()));
    }
    let effective = caller.effective();
    let listings: Vec<&str> = app
        .catalog
        .tools()
        .filter(|tool| tool.requirement.permission().is_none_or(|permission| effective.contains(permission)))
        .map(|tool| tool.listing.as_str())
        .collect();
    let caching = match era {
        Era::Modern => format!(r#","ttlMs":{TTL_MS},"cacheScope":"private""#),
        Era::Legacy => String::new(),
    };
    Ok(format!(r#""tools":[{}]{caching}"#, listings.join(",")))
}
