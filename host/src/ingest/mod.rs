//! What the unmodified `atmos` CLI uploads: `/api/v1/…`, authenticated by a workspace's static token or by the
//! session that a workflow gets for its OIDC token.
//!
//! The CLI retries 401 and 5xx with the same body, gives up on any other 4xx, and shows the user the
//! `errorMessage` of the [`envelope`]. So every endpoint is idempotent, none answers 429, and every message
//! says what to change. `docs/ingest.md` is for those who set workflows up.

use std::future::{Ready, ready};
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::response::Response;
use axum::routing::{MethodRouter, any, get, patch, post};
use axum::{Extension, Router};

use crate::app::App;
use crate::http::RequestId;

mod oidc;
mod bearer;
mod instances;
mod affected;
mod results;
mod locks;
mod summaries;
mod cli_settings;
mod unsupported;
mod webhooks;
pub mod backfill;
mod github;

mod envelope;
mod error;
mod fields;
mod settings;
mod upload;

use envelope::IngestError;
pub(crate) use oidc::is_pattern;

/// The CLI cuts uploads at about 4 MiB, but cuts by the average size of an instance, so a chunk can be
/// larger.
const MAX_BODY: usize = 16 << 20;

/// The routes under `/api/v1`.
pub(crate) fn router() -> Router<App> {
    let mut router = Router::new();
    for (path, methods) in routes() {
        // The CLI joins base URL, endpoint and path as they are, so one that ends in `/` gives two slashes.
        let after_endpoint = path.replacen("/v1/", "/v1//", 1);
        for path in [path, after_endpoint.as_str()] {
            router = router.route(&format!("/{path}"), methods.clone()).route(path, methods.clone());
        }
    }
    router
        .method_not_allowed_fallback(not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(Extension(Arc::new(oidc::Jwks::default())))
        // Webhooks have a limit of their own.
        .merge(webhooks::router())
}

fn routes() -> Vec<(&'static str, MethodRouter<App>)> {
    let oidc_limit = DefaultBodyLimit::max(oidc::MAX_BODY);
    vec![
        ("/api/v1/auth/github-oidc", post(oidc::exchange).layer(oidc_limit)),
        ("/api/v1/instances", post(instances::upload)),
        ("/api/v1/affected-stacks", post(affected::upload)),
        ("/api/v1/repos/{owner}/{repo}/instances", patch(results::update)),
        // Components have slashes, which old CLIs escape and proxies may not.
        ("/api/v1/repos/{owner}/{repo}/instances/{stack}/{*component}", patch(results::update_by_path)),
        ("/api/v1/atmos/exec", post(results::exec)),
        ("/api/v1/atmos/exec/data", post(results::exec_data)),
        ("/api/v1/locks", post(locks::lock).delete(locks::unlock)),
        ("/api/v1/job-summaries", post(summaries::upload)),
        ("/api/v1/settings", get(cli_settings::settings)),
        ("/api/v1/git/commit", post(unsupported::commit)),
        ("/api/v1/sts", post(unsupported::sts)),
        ("/api/v1/security-findings", post(unsupported::security_findings)),
        ("/api/v1/{*path}", any(not_found)),
    ]
}

/// An endpoint that the CLI may know and this server does not.
fn not_found(RequestId(request_id): RequestId, method: Method, uri: Uri) -> Ready<Response> {
    ready(IngestError::UnknownEndpoint(format!("{method} {}", uri.path())).respond(request_id))
}
