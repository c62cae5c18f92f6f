//! Browser sessions: a random id in a cookie, its hash in the database.

use std::time::Duration;

use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::id::base62;
use crate::store::{StoreError, web_sessions};

/// How long a sign-in lasts.
const TTL: Duration = Duration::from_hours(12);

/// A signed-in person.
pub(crate) struct Session {
    pub(crate) user_id: String,
    login: String,
    name: Option<String>,
    secret: String,
}

impl Session {
    /// The name to greet with.
    pub(crate) fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.login)
    }

    /// The cookie's value, to bind form tokens to. Security: never to be shown or logged.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }
}

/// The session of a request, if its cookie is good.
pub(crate) async fn find(app: &App, headers: &HeaderMap) -> Result<Option<Session>, StoreError> {
    let jar = CookieJar::from_headers(headers);
    let Some(cookie) = jar.get(cookie_name(app)) else { return Ok(None) };
    let secret = cookie.value().to_owned();
    let row = web_sessions::find_session(&app.store.read, &hash(&secret), app.clock.now()).await?;
    Ok(row.map(|row| Session { user_id: row.user_id, login: row.login, name: row.name, secret }))
}

/// Starts a session; the jar sets its cookie. Security: always a new id, so that none can be planted.
pub(super) async fn create(app: &App, user_id: &str) -> Result<CookieJar, StoreError> {
    let secret = base62(&app.entropy.bytes::<32>(), 43);
    let now = app.clock.now();
    let mut tx = app.store.write.begin().await?;
    web_sessions::insert_session(&mut tx, &hash(&secret), user_id, now, now.plus(TTL)).await?;
    tx.commit().await?;
    let cookie = Cookie::build((cookie_name(app), secret))
        .path("/")
        .http_only(true)
        // Lax: the cookie must come along when a client opens the authorization page.
        .same_site(SameSite::Lax)
        .secure(app.config.public_url.is_secure())
        .max_age(time::Duration::hours(12))
        .build();
    Ok(CookieJar::new().add(cookie))
}

/// Security: `__Host-` keeps other hosts of the domain from setting the cookie; browsers take it over TLS
/// alone, so plain loopback does without.
fn cookie_name(app: &App) -> &'static str {
    if app.config.public_url.is_secure() { "__Host-atmos_session" } else { "atmos_session" }
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}
