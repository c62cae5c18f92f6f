//! GitHub as sign-in sees it: a token endpoint that checks PKCE, and whose the token is.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use url::Url;

use super::oauth::query;

const TOKEN: &str = "gho_of_the_fake_github";

/// A running GitHub with one person.
pub struct FakeGithub {
    /// Its origin.
    pub url: String,
    issued: Arc<Mutex<Option<Issued>>>,
}

/// The code that the next exchange must bring, with its challenge.
struct Issued {
    code: String,
    code_challenge: String,
    redirect_uri: String,
}

#[derive(Clone)]
struct GithubState {
    issued: Arc<Mutex<Option<Issued>>>,
    user: Arc<Value>,
}

#[derive(Deserialize)]
struct Exchange {
    client_id: String,
    client_secret: String,
    code: String,
    code_verifier: String,
    redirect_uri: String,
}

impl FakeGithub {
    /// Starts it; `login` is who signs in.
    pub async fn start(login: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let issued = Arc::default();
        let user = Arc::new(json!({ "id": 4242, "login": login, "name": "Octo Dana", "type": "User" }));
        let state = GithubState { issued: Arc::clone(&issued), user };
        let router = Router::new()
            .route("/login/oauth/access_token", post(exchange))
            .route("/api/v3/user", get(user_of_token))
            .with_state(state);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, issued })
    }

    /// The person presses Authorize on the page that `authorize` shows; gives the way back.
    pub fn authorize(&self, authorize: &Url) -> Result<Url> {
        let parameter = |name| query(authorize, name).with_context(|| format!("{name} is missing: {authorize}"));
        anyhow::ensure!(authorize.as_str().starts_with(&format!("{}/login/oauth/authorize?", self.url)), "{authorize}");
        anyhow::ensure!(parameter("code_challenge_method")? == "S256");
        let redirect_uri = parameter("redirect_uri")?;
        let mut back = Url::parse(&redirect_uri)?;
        back.query_pairs_mut().append_pair("code", "code-1").append_pair("state", &parameter("state")?);
        let issued = Issued { code: "code-1".to_owned(), code_challenge: parameter("code_challenge")?, redirect_uri };
        *self.issued.lock().unwrap_or_else(PoisonError::into_inner) = Some(issued);
        Ok(back)
    }
}

/// GitHub answers errors with status 200.
async fn exchange(State(state): State<GithubState>, Form(form): Form<Exchange>) -> Json<Value> {
    let issued = state.issued.lock().unwrap_or_else(PoisonError::into_inner).take();
    let is_right = issued.is_some_and(|issued| {
        form.client_id == "Iv1.test"
            && form.client_secret == "test"
            && form.code == issued.code
            && form.redirect_uri == issued.redirect_uri
            && URL_SAFE_NO_PAD.encode(Sha256::digest(&form.code_verifier)) == issued.code_challenge
    });
    Json(if is_right {
        json!({ "access_token": TOKEN, "token_type": "bearer", "scope": "read:user" })
    } else {
        json!({ "error": "bad_verification_code", "error_description": "The code passed is incorrect or expired." })
    })
}

async fn user_of_token(State(state): State<GithubState>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    if authorization == Some(&format!("Bearer {TOKEN}")) && headers.contains_key("user-agent") {
        (StatusCode::OK, Json((*state.user).clone()))
    } else {
        (StatusCode::UNAUTHORIZED, Json(json!({ "message": "Bad credentials" })))
    }
}
