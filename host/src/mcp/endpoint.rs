//! `/mcp`: the checks in the order of `mcp-and-oauth.md` §1.2, then the method.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::era::{self, Era};
use super::error::{McpError, json_response};
use super::message::Message;
use super::tools_call::{Reply, tools_call};
use super::{accept, lifecycle, tools_list};
use crate::app::App;
use crate::audit::{Actor, Entry};
use crate::authz::Caller;
use crate::http::{RequestId, origin_is_allowed};
use crate::oauth;

/// Bytes of a request body at most.
const MAX_BODY: usize = 1 << 20;

/// `/mcp` and `/mcp/`: some proxies add the slash, and a redirect would lose the body.
pub(crate) fn router(app: &App) -> Router<App> {
    Router::new().route("/mcp", any(endpoint)).route("/mcp/", any(endpoint)).layer(cors(app.clone()))
}

/// Browser clients: allowed origins may send our headers and read the challenge, on refusals too.
fn cors(app: App) -> CorsLayer {
    let allowed =
        move |origin: &HeaderValue, _: &_| origin.to_str().is_ok_and(|origin| origin_is_allowed(&app.config, origin));
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_methods([Method::POST, Method::OPTIONS])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(
            ["www-authenticate", "retry-after", "mcp-session-id", "x-request-id"].map(HeaderName::from_static),
        )
}

async fn endpoint(State(app): State<App>, request_id: RequestId, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if let Some(origin) = parts.headers.get(ORIGIN)
        && !origin.to_str().is_ok_and(|origin| origin_is_allowed(&app.config, origin))
    {
        tracing::warn!(?origin, "origin refused");
        return McpError::Origin.into_response(None, Era::Legacy);
    }
    // Security: who calls is settled before anything the request says is looked at.
    let caller = match oauth::authenticate(&app, &parts.headers).await {
        Ok(caller) => caller,
        Err(error) => return error.into_response(),
    };
    if let Err(error) = limit(&app, &caller, &request_id).await {
        return error.into_response(None, Era::Legacy);
    }
    let body = match check_transport(&parts.method, &parts.headers, body).await {
        Ok(body) => body,
        Err(error) => return error.into_response(None, Era::Legacy),
    };
    answer(&app, &caller, &parts.headers, &body, &request_id).await
}

async fn limit(app: &App, caller: &Caller, request_id: &RequestId) -> Result<(), McpError> {
    let unavailable = || McpError::Unavailable(request_id.0.clone());
    let Err(limited) = app.limiter.check(caller).await.map_err(|_| unavailable())? else { return Ok(()) };
    let actor = Actor::McpClient {
        user_id: caller.user_id.clone(),
        client_id: caller.client_id.clone(),
        grant_id: caller.grant_id.clone(),
    };
    let entry = Entry::new(app.clock.now(), actor, ("mcp", "request_limited"), &request_id.0)
        .with_workspace(caller.workspace().workspace_id())
        .with_outcome("rate_limited", Some(limited.window.name().to_owned()));
    app.audit.write(entry).await.map_err(|_| unavailable())?;
    Err(McpError::Limited(limited))
}

async fn check_transport(method: &Method, headers: &HeaderMap, body: Body) -> Result<Bytes, McpError> {
    if *method != Method::POST {
        return Err(McpError::MethodNotAllowed);
    }
    if !accept::is_json(headers) {
        return Err(McpError::ContentType);
    }
    if !accept::accepts_json(headers) {
        return Err(McpError::Accept);
    }
    axum::body::to_bytes(body, MAX_BODY).await.map_err(|_| McpError::TooLarge(MAX_BODY))
}

async fn answer(app: &App, caller: &Caller, headers: &HeaderMap, body: &[u8], request_id: &RequestId) -> Response {
    let message = match Message::parse(body) {
        Ok(message) => message,
        Err(error) => return error.into_response(None, Era::Legacy),
    };
    let era = match era::choose(&message, headers) {
        Ok(era) => era,
        Err((era, error)) => return error.into_response(message.id, era),
    };
    if message.method != "tools/call" {
        app.audit.count(&caller.grant_id, app.clock.now());
    }
    if message.is_notification() {
        return StatusCode::ACCEPTED.into_response();
    }
    match dispatch(app, caller, &message, era, &request_id.0).await {
        Ok(Reply::Result(members)) => success(&message, era, &members),
        Ok(Reply::Forbidden(response)) => *response,
        Err(error) => error.into_response(message.id, era),
    }
}

async fn dispatch(
    app: &App,
    caller: &Caller,
    message: &Message<'_>,
    era: Era,
    request_id: &str,
) -> Result<Reply, McpError> {
    let result = match (&*message.method, era) {
        ("tools/call", _) => return tools_call(app, caller, message, request_id).await,
        ("tools/list", _) => tools_list::tools_list(app, caller, message, era)?,
        ("server/discover", _) => members(&lifecycle::discover()),
        ("initialize", _) => members(&lifecycle::initialize(message)?),
        // The modern era has no ping (T-13).
        ("ping", Era::Legacy) => String::new(),
        (method, _) => return Err(McpError::MethodNotFound(method.to_owned())),
    };
    Ok(Reply::Result(result))
}

/// The members of a JSON object, without its braces.
fn members(object: &serde_json::Value) -> String {
    let text = object.to_string();
    text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default().to_owned()
}

/// The result, with what the modern era adds to each (T-20, T-21).
fn success(message: &Message<'_>, era: Era, members: &str) -> Response {
    let id = message.id.unwrap_or("null");
    let comma = if members.is_empty() { "" } else { "," };
    let modern = match era {
        Era::Modern => format!(
            r#"{comma}"resultType":"complete","_meta":{{"io.modelcontextprotocol/serverInfo":{}}}"#,
            lifecycle::server_info()
        ),
        Era::Legacy => String::new(),
    };
    json_response(StatusCode::OK, format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{{members}{modern}}}}}"#))
}
