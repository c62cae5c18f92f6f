//! A fake of GitHub's issuer of OIDC tokens: its keys and its token endpoint over HTTP, and tokens of any kind.
//!
//! It signs with `ring` and writes the tokens by hand, so that the server's library is not tested with itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::app::NOW;

/// A key for tests alone, PKCS #1.
const KEY: &str = include_str!("fake_issuer.pem");

/// The id of that key.
const KEY_ID: &str = "fake-1";

/// The bearer token with which a job asks for an OIDC token (`ACTIONS_ID_TOKEN_REQUEST_TOKEN`).
pub const REQUEST_TOKEN: &str = "request-token";

/// A running issuer; it stops when it is dropped.
pub struct FakeIssuer {
    issuer: Arc<Issuer>,
    server: JoinHandle<()>,
}

struct Issuer {
    url: String,
    key: RsaKeyPair,
    /// How often its keys were asked for.
    fetches: AtomicU64,
    /// How many tokens it made, so that each has an id of its own.
    issued: AtomicU64,
}

impl FakeIssuer {
    /// Starts one on a free port.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let issuer = Arc::new(Issuer {
            url: format!("http://{}", listener.local_addr()?),
            key: read_key()?,
            fetches: AtomicU64::new(0),
            issued: AtomicU64::new(0),
        });
        let router = Router::new()
            .route("/.well-known/jwks", get(keys))
            .route("/token", get(token))
            .with_state(Arc::clone(&issuer));
        let server = tokio::spawn(async move {
            drop(axum::serve(listener, router).await);
        });
        Ok(Self { issuer, server })
    }

    /// For `oidc.issuer`.
    pub fn url(&self) -> &str {
        &self.issuer.url
    }

    /// How often the server asked for the keys.
    pub fn fetches(&self) -> u64 {
        self.issuer.fetches.load(Ordering::SeqCst)
    }

    /// The claims of a job of `plan.yaml` on the default branch of `org/repo`, with these changes. It holds for
    /// 15 minutes from [`NOW`].
    pub fn claims(&self, changes: &[(&str, Value)]) -> Value {
        self.issuer.claims(changes)
    }

    /// A token with these claims.
    pub fn token(&self, claims: &Value) -> Result<String> {
        self.issuer.sign(&json!({ "alg": "RS256", "typ": "JWT", "kid": KEY_ID }), claims)
    }

    /// A token whose header has these fields, which may be lies.
    pub fn token_with_header(&self, header: &Value, claims: &Value) -> Result<String> {
        self.issuer.sign(header, claims)
    }
}

impl Drop for FakeIssuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Issuer {
    fn claims(&self, changes: &[(&str, Value)]) -> Value {
        let now = NOW.seconds();
        let number = self.issued.fetch_add(1, Ordering::SeqCst);
        let mut claims = json!({
            "iss": self.url, "aud": "atmos-pro.com", "sub": "repo:org/repo:ref:refs/heads/main",
            "jti": format!("jti-{number}"), "iat": now, "nbf": now - 600, "exp": now + 900,
            "repository": "org/repo", "repository_owner": "org", "ref": "refs/heads/main", "head_ref": "",
            "workflow_ref": "org/repo/.github/workflows/plan.yaml@refs/heads/main", "sha": "abc123",
            "run_id": "9001", "run_attempt": "1", "actor": "octocat", "event_name": "push",
        });
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        claims
    }

    fn sign(&self, header: &Value, claims: &Value) -> Result<String> {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        let signed = self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature);
        signed.ok().context("the test key does not sign")?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn read_key() -> Result<RsaKeyPair> {
    let body: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
    RsaKeyPair::from_der(&STANDARD.decode(body)?).ok().context("the test key is not one")
}

/// `GET /.well-known/jwks`, as GitHub answers it.
async fn keys(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    issuer.fetches.fetch_add(1, Ordering::SeqCst);
    let public = RsaPublicKeyComponents::<Vec<u8>>::from(issuer.key.public());
    let key = json!({
        "kty": "RSA", "alg": "RS256", "use": "sig", "kid": KEY_ID,
        "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e),
    });
    Json(json!({ "keys": [key] }))
}

/// `GET {ACTIONS_ID_TOKEN_REQUEST_URL}&audience=…`, as the runner answers it.
async fn token(
    State(issuer): State<Arc<Issuer>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok());
    if bearer != Some(format!("Bearer {REQUEST_TOKEN}").as_str()) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let audience = query.get("audience").ok_or(StatusCode::BAD_REQUEST)?;
    let claims = issuer.claims(&[("aud", json!(audience))]);
    let value = issuer.sign(&json!({ "alg": "RS256", "typ": "JWT", "kid": KEY_ID }), &claims);
    Ok(Json(json!({ "value": value.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)? })))
}
