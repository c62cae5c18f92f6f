//! `GET /.well-known/…` (RFC 8414, RFC 9728).

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use reqwest::{Client, Method};
use serde_json::json;
use tests::harness::{Engine, Fixture, Reply, TestApp};

use super::EVERY_READ;

/// Where clients look for the protected resource.
const RESOURCE_PATHS: [&str; 2] =
    ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"];

/// Where clients look for the authorization server.
const SERVER_PATHS: [&str; 5] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/mcp",
    "/mcp/.well-known/openid-configuration",
];

/// The texts of the documents at these paths, each different one once.
async fn documents(app: &TestApp, paths: &[&str]) -> Result<BTreeSet<String>> {
    let mut documents = BTreeSet::new();
    for path in paths {
        let response = Client::new().get(app.url(path)).send().await?;
        ensure!(response.status() == 200, "{path}: {}", response.status());
        documents.insert(response.text().await?);
    }
    Ok(documents)
}

on_both_engines! {
    ///
    async fn every_variant_gives_the_same_bytes(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        assert_eq!(documents(&app, &RESOURCE_PATHS).await?.len(), 1);
        assert_eq!(documents(&app, &SERVER_PATHS).await?.len(), 1);
    }

    ///
    async fn the_resource_is_what_users_type(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let scopes: Vec<&str> = EVERY_READ.split(' ').collect();
        let reply = app.get("/.well-known/oauth-protected-resource/mcp").await?;
        assert_eq!(
            reply.body,
            json!({
                "resource": app.url("/mcp"),
                "authorization_servers": [app.url("")],
                "scopes_supported": scopes,
                "bearer_methods_supported": ["header"],
                "resource_name": "Atmos Pro",
                "resource_documentation": app.url("/"),
            })
        );
    }

    ///
    async fn the_authorization_server_tells_what_it_does(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let scopes: Vec<&str> = EVERY_READ.split(' ').collect();
        let reply = app.get("/.well-known/oauth-authorization-server").await?;
        assert_eq!(
            reply.body,
            json!({
                "issuer": app.url(""),
                "authorization_endpoint": app.url("/oauth/authorize"),
                "token_endpoint": app.url("/oauth/token"),
                "registration_endpoint": app.url("/oauth/register"),
                "revocation_endpoint": app.url("/oauth/revoke"),
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "revocation_endpoint_auth_methods_supported": ["none"],
                "scopes_supported": scopes,
                "authorization_response_iss_parameter_supported": true,
                "service_documentation": app.url("/"),
            })
        );
    }

    async fn documents_may_be_cached_and_read_from_any_origin(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        for path in RESOURCE_PATHS.iter().chain(&SERVER_PATHS) {
            let request = Client::new().get(app.url(path)).header("origin", "https://any.example");
            let reply = Reply::read(request).await?;
            assert_eq!(reply.header("content-type"), "application/json", "{path}");
            assert_eq!(reply.header("cache-control"), "public, max-age=300", "{path}");
            assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
        }
    }

    async fn another_well_known_path_is_a_json_404(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        for path in ["/.well-known/jwks.json", "/.well-known/oauth-protected-resource/other", "/.well-known/"] {
            let reply = app.get(path).await?;
            assert_eq!(reply.status, 404, "{path}");
            assert_eq!(reply.header("content-type"), "application/json", "{path}");
            assert_eq!(reply.body, json!({ "error": "not_found" }), "{path}");
        }
    }

    /// a browser client asks before each of these requests.
    async fn preflights_are_answered_for_any_origin(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let paths = ["/.well-known/oauth-protected-resource", "/oauth/register", "/oauth/token", "/oauth/revoke"];
        for path in paths {
            let request = Client::new()
                .request(Method::OPTIONS, app.url(path))
                .header("origin", "https://any.example")
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type,mcp-protocol-version");
            let reply = Reply::read(request).await?;
            assert!(reply.status.is_success(), "{path}: {}", reply.status);
            assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
            let headers = reply.header("access-control-allow-headers");
            assert!(headers.contains("content-type") && headers.contains("mcp-protocol-version"), "{path}: {headers}");
        }
    }
}
