//! Taking a delivery: who sent it, whether it came before, and what becomes of it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::error::WebhookError;
use super::event::Event;
use super::payload;
use super::signature::Signature;
use super::work::{Outcome, Work};
use super::{
    apply_deployment_review, apply_installation, apply_pull_request, apply_push, apply_repository, apply_workflow_job,
    apply_workflow_run,
};
use crate::app::App;
use crate::audit::Entry;
use crate::http::RequestId;
use crate::store::audit_log::insert_entries;
use crate::store::github::deliveries::{self, Received};

/// The headers of a delivery. Extracted before the body is read, so that what bears no signature is not
/// kept in memory.
#[derive(Debug)]
pub(super) struct Sent {
    signature: Signature,
    event: Option<String>,
    id: Option<String>,
}

impl FromRequestParts<App> for Sent {
    type Rejection = WebhookError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebhookError> {
        secret(app)?;
        let signature = header(&parts.headers, "x-hub-signature-256").and_then(Signature::parse);
        let owned = |name: &str| header(&parts.headers, name).map(str::to_owned);
        Ok(Self {
            signature: signature.ok_or(WebhookError::Signature)?,
            event: owned("x-github-event"),
            id: owned("x-github-delivery"),
        })
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().filter(|value| !value.is_empty())
}

fn secret(app: &App) -> Result<&str, WebhookError> {
    let secret = app.config.github.as_ref().and_then(|github| github.webhook_secret.as_deref());
    // Security: an empty secret would let everybody sign.
    secret.filter(|secret| !secret.is_empty()).ok_or(WebhookError::NotConfigured)
}

/// Takes a delivery. The answer leaves when what it changes and its audit rows are committed together: a delivery that
/// failed can be repeated.
#[tracing::instrument(
    name = "webhooks.receive",
    skip_all,
    fields(github.event = sent.event.as_deref(), github.delivery = sent.id.as_deref())
)]
pub(super) async fn receive(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    sent: Sent,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, WebhookError> {
    let body = body?;
    // Security: nothing of the body is read before its signature is known to be right.
    if !sent.signature.is_of(&body, secret(&app)?) {
        return Err(WebhookError::Signature);
    }
    let event = sent.event.as_deref().ok_or(WebhookError::MissingHeader("X-GitHub-Event"))?;
    let id = sent.id.as_deref().ok_or(WebhookError::MissingHeader("X-GitHub-Delivery"))?;
    let outcome = take(&app, &request_id, (event, id), &body).await?;
    tracing::info!(outcome = outcome.word(), reason = outcome.reason(), "took a webhook");
    let answer = json!({ "delivery": id, "outcome": outcome.word(), "reason": outcome.reason() });
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

async fn take(app: &App, request_id: &str, (name, id): (&str, &str), body: &[u8]) -> Result<Outcome, WebhookError> {
    let event = Event::named(name);
    let payload = payload::parse(event, body)?;
    let now = app.clock.now();
    let mut tx = app.store.write.begin().await?;
    if !deliveries::record(&mut tx, &Received { id, event: name, action: payload.action.get(), at: now }).await? {
        return Ok(Outcome::Duplicate);
    }
    let host = app.config.github_host();
    let mut work = Work { tx: &mut tx, payload: &payload, entropy: &app.entropy, now, host, notes: Vec::new() };
    let outcome = apply(event, &mut work).await?;
    if matches!(outcome, Outcome::Unheard(_)) {
        // The note that it came goes with the transaction.
        return Ok(outcome);
    }
    let entries: Vec<Entry> = work.notes.into_iter().map(|note| note.entry(now, request_id)).collect();
    insert_entries(&mut tx, &app.entropy, &entries.iter().collect::<Vec<_>>()).await?;
    tx.commit().await?;
    Ok(outcome)
}

async fn apply(event: Event, work: &mut Work<'_>) -> Result<Outcome, WebhookError> {
    match event {
        Event::Installation => apply_installation::apply(work).await,
        Event::InstallationRepositories => apply_installation::apply_repositories(work).await,
        Event::Repository => apply_repository::apply(work).await,
        Event::PullRequest => apply_pull_request::apply(work).await,
        Event::Push => apply_push::apply(work).await,
        Event::WorkflowRun => apply_workflow_run::apply(work).await,
        Event::WorkflowJob => apply_workflow_job::apply(work).await,
        Event::DeploymentReview => apply_deployment_review::apply(work).await,
        Event::Ignored(reason) => Ok(Outcome::Ignored(reason)),
        Event::Unknown => Ok(Outcome::Ignored("this server does not know the event")),
    }
}
