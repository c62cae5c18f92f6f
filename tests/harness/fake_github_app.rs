//! GitHub's REST API as a GitHub App sees it: tokens, lists in pages, rate limits, and logs on another server.
//!
//! It checks the App's tokens with `ring`, so that the server's library is not tested with itself.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use atmos_mcp::clock::Timestamp;
use axum::extract::{Path, Query, State};
use axum::http::header::{LINK, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::app::root;

/// The installation: that of the demo's Acme.
pub const INSTALLATION: i64 = 51_804_417;

/// The secret of the App's webhook.
pub const WEBHOOK_SECRET: &str = "It's a Secret to Everybody";

/// Results that a search gives at most.
const SEARCH_LIMIT: usize = 1_000;

/// A running GitHub; it stops when it is dropped.
pub struct FakeGithubApp {
    fake: Arc<Fake>,
    servers: [JoinHandle<()>; 2],
}

struct Fake {
    url: String,
    /// Where logs are.
    storage: String,
    key: RsaPublicKeyComponents<Vec<u8>>,
    world: Mutex<World>,
}

/// What GitHub has, and what it has seen. Lists of repositories are by `owner/name`.
#[derive(Default)]
pub struct World {
    pub repositories: Vec<Value>,
    pub runs: BTreeMap<String, Vec<Value>>,
    /// By run.
    pub jobs: BTreeMap<i64, Vec<Value>>,
    pub pulls: BTreeMap<String, Vec<Value>>,
    pub commits: BTreeMap<String, Vec<Value>>,
    /// By job; none is expired.
    pub logs: BTreeMap<i64, Option<String>>,
    /// Names that repositories had before, `owner/name`; what is asked of them leads to an address by number.
    pub renamed: Vec<String>,
    /// Repositories that the installation does not see.
    pub hidden: Vec<String>,
    /// Requests with this in their address get no answer.
    pub silence: Option<&'static str>,
    /// Answers to come, each once: a part of the address, and the status.
    pub failures: Vec<(&'static str, u16)>,
    /// Requests that are left of 5,000, and when there are more, in seconds.
    pub budget: Option<(i64, i64)>,
    pub is_suspended: bool,
    /// Whether the App's key was deleted.
    pub is_key_deleted: bool,
    /// Installation tokens that hold.
    pub tokens: Vec<String>,
    /// How many were given.
    pub tokens_given: usize,
    /// Method and address of all requests.
    pub requests: Vec<String>,
    /// Requests with a token that came to where logs are.
    pub leaks: usize,
}

type Parameters = HashMap<String, String>;

impl FakeGithubApp {
    /// Starts one on two free ports.
    pub async fn start() -> Result<Self> {
        let (api, storage) = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
        let pem = std::fs::read_to_string(Self::key_file())?;
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let key = RsaKeyPair::from_der(&STANDARD.decode(body)?).ok().context("the test key is not one")?;
        let fake = Arc::new(Fake {
            url: format!("http://{}", api.local_addr()?),
            storage: format!("http://{}", storage.local_addr()?),
            key: key.public().into(),
            world: Mutex::default(),
        });
        let api_router = Router::new().fallback(answer).with_state(Arc::clone(&fake));
        let storage_router = Router::new().route("/logs/{job}", get(log_file)).with_state(Arc::clone(&fake));
        let servers = [serve(api, api_router), serve(storage, storage_router)];
        Ok(Self { fake, servers })
    }

    /// What GitHub has, to be looked at and changed.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.fake.world()
    }

    /// The file with the App's private key.
    pub fn key_file() -> std::path::PathBuf {
        // The key of the issuer of OIDC tokens does for this, too.
        root().join("tests/harness/fake_issuer.pem")
    }

    /// The section `[github]` of a configuration.
    pub fn config(&self) -> Value {
        json!({
            "client_id": "Iv1.test", "client_secret": "test", "url": self.fake.url,
            "api_url": format!("{}/api/v3", self.fake.url), "webhook_secret": WEBHOOK_SECRET,
            "app_id": 4_711, "private_key_file": Self::key_file(),
        })
    }

    /// How many requests had this in their address.
    pub fn requests(&self, part: &str) -> usize {
        self.world().requests.iter().filter(|request| request.contains(part)).count()
    }
}

impl Drop for FakeGithubApp {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
    }
}

fn serve(listener: TcpListener, router: Router) -> JoinHandle<()> {
    tokio::spawn(async move {
        drop(axum::serve(listener, router).await);
    })
}

async fn answer(
    State(fake): State<Arc<Fake>>,
    Query(parameters): Query<Parameters>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let address = uri.to_string();
    let is_silent = fake.world().silence.is_some_and(|part| address.contains(part));
    if is_silent {
        return std::future::pending().await;
    }
    let mut world = fake.world();
    world.requests.push(format!("{method} {address}"));
    if let Some(index) = world.failures.iter().position(|(part, _)| address.contains(part)) {
        let (_, status) = world.failures.remove(index);
        let mut response = refusal(status, "Server Error");
        if status == 429 {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("30"));
        }
        return response;
    }
    let path = uri.path().strip_prefix("/api/v3/").unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    match segments.as_slice() {
        ["app", "installations", id, rest @ ..] => fake.answer_app(&mut world, id, rest, &headers),
        segments => fake.answer_installation(&mut world, segments, &parameters, &headers),
    }
}

impl Fake {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The App's own requests.
    fn answer_app(&self, world: &mut World, id: &str, rest: &[&str], headers: &HeaderMap) -> Response {
        let Some(claims) = self.claims(headers).filter(|_| !world.is_key_deleted) else {
            return refusal(401, "A JSON web token could not be decoded");
        };
        if id != INSTALLATION.to_string() {
            return refusal(404, "Not Found");
        }
        let suspended_at = world.is_suspended.then_some("2026-08-20T10:00:00Z");
        if rest != ["access_tokens"] {
            return Json(json!({
                "id": INSTALLATION, "account": { "login": "acme", "type": "Organization" },
                "created_at": "2026-01-01T00:00:00.000Z", "suspended_at": suspended_at,
            }))
            .into_response();
        }
        if world.is_suspended {
            return refusal(403, "This installation has been suspended");
        }
        let token = format!("ghs_canary{}", world.tokens_given);
        world.tokens_given += 1;
        world.tokens.push(token.clone());
        let expires_at = Timestamp::from_micros((claims["iat"].as_i64().unwrap_or_default() + 3_660) * 1_000_000);
        let body = json!({ "token": token, "expires_at": expires_at.to_string(), "permissions": {} });
        (StatusCode::CREATED, Json(body)).into_response()
    }

    /// The claims of the App's token, if it is as GitHub wants it.
    fn claims(&self, headers: &HeaderMap) -> Option<Value> {
        let (message, signature) = bearer(headers)?.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.key.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature).ok()?;
        let claims = URL_SAFE_NO_PAD.decode(message.split_once('.')?.1).ok()?;
        let claims: Value = serde_json::from_slice(&claims).ok()?;
        let lifetime = claims["exp"].as_i64()? - claims["iat"].as_i64()?;
        (claims["iss"] == "4711" && lifetime <= 600).then_some(claims)
    }

    /// The requests of an installation.
    fn answer_installation(
        &self,
        world: &mut World,
        segments: &[&str],
        parameters: &Parameters,
        headers: &HeaderMap,
    ) -> Response {
        let is_known = bearer(headers).is_some_and(|token| world.tokens.iter().any(|known| known == token));
        let is_polite = headers.contains_key("user-agent")
            && headers.get("x-github-api-version").is_some_and(|version| version == "2022-11-28");
        if !is_known || !is_polite {
            return refusal(401, "Bad credentials");
        }
        if let Some((remaining, _)) = &mut world.budget {
            *remaining -= 1;
        }
        let mut response = match world.budget {
            Some((remaining, _)) if remaining < 0 => refusal(403, "API rate limit exceeded for installation"),
            _ => self.answer_list(world, segments, parameters),
        };
        if let Some((remaining, reset)) = world.budget {
            for (name, value) in [("limit", 5_000), ("remaining", remaining.max(0)), ("reset", reset)] {
                if let Ok(name) = HeaderName::try_from(format!("x-ratelimit-{name}")) {
                    response.headers_mut().insert(name, HeaderValue::from(value));
                }
            }
        }
        response
    }

    fn answer_list(&self, world: &World, segments: &[&str], parameters: &Parameters) -> Response {
        if let ["repos", owner, name, rest @ ..] = segments {
            let name = format!("{owner}/{name}");
            if world.hidden.contains(&name) {
                return refusal(404, "Not Found");
            }
            if world.renamed.contains(&name) {
                let there = format!("{}/api/v3/repositories/4711/{}", self.url, rest.join("/"));
                return (StatusCode::MOVED_PERMANENTLY, [(LOCATION, there)]).into_response();
            }
        }
        let list = |key: Option<&str>, items: Vec<Value>| self.page(&segments.join("/"), parameters, key, items);
        let of = |lists: &BTreeMap<String, Vec<Value>>, owner: &str, name: &str| {
            lists.get(&format!("{owner}/{name}")).cloned().unwrap_or_default()
        };
        match segments {
            ["installation", "repositories"] => list(Some("repositories"), world.repositories.clone()),
            ["repos", owner, name, "actions", "runs"] => {
                list(Some("workflow_runs"), search(of(&world.runs, owner, name), parameters))
            }
            ["repos", owner, name, "actions", "runs", id] => {
                let run = of(&world.runs, owner, name).into_iter().find(|run| run["id"].as_i64() == id.parse().ok());
                run.map_or_else(|| refusal(404, "Not Found"), |run| Json(run).into_response())
            }
            ["repos", _, _, "actions", "runs", id, "jobs"] => {
                let jobs = id.parse::<i64>().ok().and_then(|id| world.jobs.get(&id)).cloned();
                list(Some("jobs"), jobs.unwrap_or_default())
            }
            ["repos", _, _, "actions", "jobs", id, "logs"] | ["repositories", _, "actions", "jobs", id, "logs"] => {
                self.log(world, id)
            }
            ["repos", _, _, "actions", "jobs", id] => Json(json!({ "id": id })).into_response(),
            ["repos", owner, name, "pulls"] => list(None, sorted(of(&world.pulls, owner, name), "updated_at")),
            ["repos", owner, name, "commits"] => list(None, of(&world.commits, owner, name)),
            _ => refusal(404, "Not Found"),
        }
    }

    /// A page, and where the next one is.
    fn page(&self, path: &str, parameters: &Parameters, key: Option<&str>, items: Vec<Value>) -> Response {
        let number = |name: &str, default: usize| {
            parameters.get(name).and_then(|value| value.parse::<usize>().ok()).unwrap_or(default)
        };
        let (size, page, total) = (number("per_page", 30).min(100), number("page", 1), items.len());
        let items: Vec<Value> = items.into_iter().skip((page - 1) * size).take(size).collect();
        let body = match key {
            Some(key) => json!({ "total_count": total, (key): items }),
            None => json!(items),
        };
        let mut response = Json(body).into_response();
        if page * size < total {
            let next = format!("<{}/api/v3/{path}?page={}>; rel=\"next\"", self.url, page + 1);
            if let Ok(link) = HeaderValue::try_from(next) {
                response.headers_mut().insert(LINK, link);
            }
        }
        response
    }

    fn log(&self, world: &World, id: &str) -> Response {
        match id.parse::<i64>().ok().and_then(|id| world.logs.get(&id)) {
            None => refusal(404, "Not Found"),
            Some(None) => refusal(410, "Gone"),
            Some(Some(_)) => {
                (StatusCode::FOUND, [(LOCATION, format!("{}/logs/{id}?sig=canary", self.storage))]).into_response()
            }
        }
    }
}

/// `created=FROM..TO`, newest first, and no more than GitHub gives.
fn search(runs: Vec<Value>, parameters: &Parameters) -> Vec<Value> {
    let created = parameters.get("created").map(String::as_str).unwrap_or_default();
    let (from, to) = created.split_once("..").unwrap_or(("", "9999"));
    let in_time = |run: &Value| run["created_at"].as_str().is_some_and(|at| from <= at && at <= to);
    let mut runs = sorted(runs.into_iter().filter(in_time).collect(), "created_at");
    runs.truncate(SEARCH_LIMIT);
    runs
}

/// The last first.
fn sorted(mut items: Vec<Value>, field: &str) -> Vec<Value> {
    items.sort_by_key(|item| std::cmp::Reverse(item[field].as_str().unwrap_or_default().to_owned()));
    items
}

fn refusal(status: u16, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }))).into_response()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

/// `GET /logs/{job}`: the store of logs, which refuses whoever shows it a token.
async fn log_file(State(fake): State<Arc<Fake>>, Path(job): Path<i64>, headers: HeaderMap) -> Response {
    let mut world = fake.world();
    if headers.contains_key("authorization") {
        world.leaks += 1;
        return StatusCode::BAD_REQUEST.into_response();
    }
    match world.logs.get(&job) {
        Some(Some(text)) => text.clone().into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
