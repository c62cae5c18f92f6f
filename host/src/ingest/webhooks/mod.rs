//! `POST /api/github/webhooks`: what GitHub tells of installations, repositories, pull requests, commits and
//! workflow runs.
//!
//! GitHub delivers an event once, or again when a person asks for it, and in any order. A delivery is taken
//! in one transaction with the note that it was taken, so one that fails can be repeated and one that did
//! not is applied once. GitHub wants an answer within ten seconds and shows it to the App's owner; so every
//! event that is not used is accepted too, and only what is broken is refused.
//!
//! | answer | when |
//! |---|---|
//! | 202 | applied, ignored, or delivered before; the body says which |
//! | 400 | no `X-GitHub-Event` or `X-GitHub-Delivery`, or not the JSON of the event |
//! | 401 | no signature, or a wrong one |
//! | 413 | larger than 25 MiB, which GitHub's events never are |
//! | 503 | the database failed: deliver again; or no secret is configured |

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;

use crate::app::App;

mod apply_deployment_review;
mod apply_installation;
mod apply_pull_request;
mod apply_push;
mod apply_repository;
mod apply_workflow_job;
mod apply_workflow_run;
mod delivery;
mod error;
mod event;
mod payload;
mod signature;
mod work;

/// GitHub's own limit of a payload.
const MAX_BODY: usize = 25 << 20;

/// The route.
pub(super) fn router() -> Router<App> {
    Router::new().route("/api/github/webhooks", post(delivery::receive)).layer(DefaultBodyLimit::max(MAX_BODY))
}
