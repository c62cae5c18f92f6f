//! Which rules a request follows, and the modern headers (`mcp-and-oauth.md` §1.2, T-06 to T-13).

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::McpError;
use super::message::Message;

/// The stateless revision.
pub(super) const MODERN: &str = "2026-07-28";

/// The newest revision that begins with `initialize`.
pub(super) const LATEST_LEGACY: &str = "2025-11-25";

/// Every revision we answer, newest first.
pub(super) const SUPPORTED: [&str; 4] = [MODERN, LATEST_LEGACY, "2025-06-18", "2025-03-26"];

/// Revisions that `initialize` confirms. 2024-11-05 differs in transport alone.
const LEGACY: [&str; 4] = [LATEST_LEGACY, "2025-06-18", "2025-03-26", "2024-11-05"];

/// Whose rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    Modern,
    Legacy,
}

#[derive(Deserialize, Default)]
struct Params<'a> {
    #[serde(borrow, rename = "_meta")]
    meta: Option<Meta<'a>>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    uri: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct Meta<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    version: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, rename = "io.modelcontextprotocol/clientCapabilities")]
    capabilities: Option<&'a RawValue>,
}

/// The version to confirm in `initialize`.
pub(super) fn negotiate(requested: &str) -> &'static str {
    LEGACY.into_iter().find(|version| *version == requested).unwrap_or(LATEST_LEGACY)
}

/// Chooses the era of a message and checks what that era asks of its headers.
pub(super) fn choose(message: &Message<'_>, headers: &HeaderMap) -> Result<Era, (Era, McpError)> {
    if message.method == "initialize" {
        return Ok(Era::Legacy);
    }
    let version = single(headers, "mcp-protocol-version").map_err(|error| (Era::Modern, error))?;
    // Parameters of another shape are the method's to refuse.
    let params: Params<'_> =
        message.params.and_then(|params| serde_json::from_str(params.get()).ok()).unwrap_or_default();
    let meta = params.meta.as_ref();
    let meta_version = meta.and_then(|meta| meta.version.as_deref());
    match (version.as_deref(), meta_version) {
        (Some(MODERN), _) | (_, Some(_)) => {
            check_modern(message, headers, version.as_deref(), &params).map_err(|error| (Era::Modern, error))?;
            Ok(Era::Modern)
        }
        (None, None) => Ok(Era::Legacy),
        (Some(known), None) if LEGACY.contains(&known) => Ok(Era::Legacy),
        (Some(other), None) => Err((Era::Legacy, McpError::UnsupportedVersion(other.to_owned()))),
    }
}

fn check_modern(
    message: &Message<'_>,
    headers: &HeaderMap,
    version: Option<&str>,
    params: &Params<'_>,
) -> Result<(), McpError> {
    let meta = params.meta.as_ref();
    let Some(version) = version else {
        return Err(McpError::HeaderMismatch("MCP-Protocol-Version header is missing".to_owned()));
    };
    if let Some(body) = meta.and_then(|meta| meta.version.as_deref())
        && body != version
    {
        return Err(McpError::HeaderMismatch(format!(
            "MCP-Protocol-Version header value '{version}' does not match body value '{body}'"
        )));
    }
    if version != MODERN {
        return Err(McpError::UnsupportedVersion(version.to_owned()));
    }
    expect(headers, "Mcp-Method", Some(&message.method))?;
    let target = match &*message.method {
        "tools/call" | "prompts/get" => params.name,
        "resources/read" => params.uri,
        _ => None,
    };
    if let Some(target) = target.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok()) {
        expect(headers, "Mcp-Name", Some(&target))?;
    }
    if message.is_notification() {
        return Ok(());
    }
    match meta {
        Some(Meta { version: Some(_), capabilities: Some(_) }) => Ok(()),
        Some(Meta { version: Some(_), capabilities: None }) => {
            Err(McpError::MissingMeta("_meta[\"io.modelcontextprotocol/clientCapabilities\"] is missing"))
        }
        _ => Err(McpError::MissingMeta("_meta[\"io.modelcontextprotocol/protocolVersion\"] is missing")),
    }
}

/// Compares a header with what the body says; base64 markers are decoded first (T-08).
fn expect(headers: &HeaderMap, name: &'static str, body: Option<&str>) -> Result<(), McpError> {
    let value = single(headers, name)?;
    let Some(value) = value else {
        return Err(McpError::HeaderMismatch(format!("{name} header is missing")));
    };
    let decoded = match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        Some(encoded) => STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok()),
        None => Some(value.clone()),
    };
    if decoded.as_deref() == body {
        return Ok(());
    }
    Err(McpError::HeaderMismatch(format!(
        "{name} header value '{value}' does not match body value '{}'",
        body.unwrap_or_default()
    )))
}

/// A header's value; more than one, or one that is not text, is an error.
fn single(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, McpError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => match value.to_str() {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(_) => Err(McpError::HeaderMismatch(format!("{name} header has invalid characters"))),
        },
        (Some(_), Some(_)) => Err(McpError::HeaderMismatch(format!("{name} header is given twice"))),
    }
}
