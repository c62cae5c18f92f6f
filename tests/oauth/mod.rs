//! The authorization server, endpoint by endpoint, and bearer authentication of `/mcp`.

mod discovery;
mod registration;
mod authorize;
mod consent;
mod token;
mod refresh;
mod revoke;
mod bearer;

use anyhow::Result;
use reqwest::Client;
use serde_json::json;
use tests::harness::{Reply, TestApp, Tokens, text};
use tokio::task::JoinSet;

/// What a client gets that asks for nothing in particular, from a user whose role has it all.
const EVERY_READ: &str = "ws:audit_log:read ws:badges:read ws:billing:read ws:deployments:read ws:entitlements:read \
     ws:insights:read ws:instances:read ws:locks:read ws:mcp_clients:read ws:pull_requests:read ws:repositories:read \
     ws:repository_permissions:read ws:schedules:read ws:team_members:read ws:webhooks:read ws:workflow_runs:read \
     ws:workspace:read";

/// The fields of a form.
type Form = Vec<(&'static str, String)>;

/// The form with another value in one field.
fn with(form: Form, name: &'static str, value: &str) -> Form {
    let mut form = without(form, name);
    form.push((name, value.to_owned()));
    form
}

/// The form less one field.
fn without(mut form: Form, name: &str) -> Form {
    form.retain(|(key, _)| *key != name);
    form
}

/// Status and `error` of a refusal.
fn refusal(reply: &Reply) -> (u16, &str) {
    (reply.status.as_u16(), text(&reply.body, "/error"))
}

/// Posts a form.
async fn post(app: &TestApp, path: &str, form: &[(&'static str, String)]) -> Result<Reply> {
    Reply::read(Client::new().post(app.url(path)).form(form)).await
}

/// Posts the same form to the token endpoint many times at once.
async fn token_at_once(app: &TestApp, times: usize, form: &[(&'static str, String)]) -> Result<Vec<Reply>> {
    let mut posts = JoinSet::new();
    for _ in 0..times {
        posts.spawn(Reply::read(Client::new().post(app.url("/oauth/token")).form(form)));
    }
    posts.join_all().await.into_iter().collect()
}

/// The status of a call with this access token.
async fn call_status(app: &TestApp, tokens: &Tokens) -> Result<u16> {
    let reply = app.agent_with(tokens.clone()).request("ping", json!({})).await?;
    Ok(reply.status.as_u16())
}

/// How many events with this action and outcome the audit log has.
async fn count_audited(app: &TestApp, action: &str, outcome: &str) -> Result<usize> {
    let rows = app.db_audit(usize::MAX).await?;
    let is_it = |row: &&String| {
        let mut words = row.split(' ').skip(1).step_by(2);
        words.next() == Some(action) && words.next() == Some(outcome)
    };
    Ok(rows.iter().filter(is_it).count())
}
