//! `POST /oauth/token` (OAuth 2.1 §3.2): codes and refresh tokens for access tokens.

use axum::body::Bytes;
use axum::extract::State;

use super::client;
use super::error::OAuthError;
use super::issue::{Issued, issue_access_token, store_refresh_token, token_entry};
use super::params::Params;
use super::secret::{PlainToken, TokenKind};
use super::{pkce, refresh, resource};
use crate::app::App;
use crate::clock::Timestamp;
use crate::http::RequestId;
use crate::store::oauth_codes::{self, CodeRow};
use crate::store::oauth_grants::{self, GrantRow};
use crate::store::{StoreError, Tx};

const CODE_IS_BAD: OAuthError = OAuthError::InvalidGrant("the code is unknown, expired or already used");

/// Exchanges a code or a refresh token.
#[tracing::instrument(name = "oauth.token", skip_all)]
pub(super) async fn token(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    body: Bytes,
) -> Result<Issued, OAuthError> {
    let params = Params::parse(&body);
    params.refuse_repeats()?;
    let grant_type = params.one("grant_type")?.ok_or(OAuthError::InvalidRequest("grant_type is missing"))?;
    let client_id = known_client(&app, &params).await?;
    if params.one("resource")?.is_some_and(|resource| !resource::is_ours(&app.config.public_url, resource)) {
        return Err(OAuthError::InvalidTarget);
    }
    match grant_type {
        "authorization_code" => exchange(&app, &Exchange::parse(client_id, &params)?, &request_id).await,
        "refresh_token" => refresh::refresh(&app, client_id, &params, &request_id).await,
        _ => Err(OAuthError::UnsupportedGrantType),
    }
}

/// The id of the registered client that asks. All are public: the id is a name, not a proof.
pub(super) async fn known_client<'a>(app: &App, params: &'a Params) -> Result<&'a str, OAuthError> {
    let client_id = params.one("client_id")?.ok_or(OAuthError::InvalidRequest("client_id is missing"))?;
    client::find(app, client_id).await?.map(|_| client_id).ok_or(OAuthError::InvalidClient)
}

/// The parameters of a code exchange.
struct Exchange<'a> {
    client_id: &'a str,
    code: PlainToken,
    /// OAuth 2.1 no longer asks for it; if it is there, it must be the one of the authorization request.
    redirect_uri: Option<&'a str>,
    code_verifier: &'a str,
}

impl<'a> Exchange<'a> {
    fn parse(client_id: &'a str, params: &'a Params) -> Result<Self, OAuthError> {
        let code = params.one("code")?.ok_or(OAuthError::InvalidRequest("code is missing"))?;
        Ok(Self {
            client_id,
            code: PlainToken::parse(TokenKind::Code, code).ok_or(CODE_IS_BAD)?,
            redirect_uri: params.one("redirect_uri")?,
            code_verifier: params
                .one("code_verifier")?
                .ok_or(OAuthError::InvalidRequest("code_verifier is missing"))?,
        })
    }
}

/// What a presented code leads to. All but [`Verdict::Refused`] use it up.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Accepted,
    /// Not this client's, or expired; the code stays what it was.
    Refused,
    /// Somebody has the code but not the verifier.
    WrongVerifier,
    /// Used before: one of the two who presented it has stolen it.
    Replayed,
}

impl Exchange<'_> {
    /// Security: everything else is checked before the verifier, so that only someone who knows the whole
    /// request can use up a code.
    fn judge(&self, row: &CodeRow, now: Timestamp) -> Verdict {
        if row.client_id != self.client_id {
            Verdict::Refused
        } else if row.used_at.is_some() {
            Verdict::Replayed
        } else if self.redirect_uri.is_some_and(|uri| uri != row.redirect_uri) || row.expires_at <= now.micros() {
            Verdict::Refused
        } else if pkce::verify(self.code_verifier, &row.code_challenge) {
            Verdict::Accepted
        } else {
            Verdict::WrongVerifier
        }
    }
}

/// RFC 6749 §4.1.3, in one transaction: of two that present a code, one gets tokens.
async fn exchange(app: &App, exchange: &Exchange<'_>, request_id: &str) -> Result<Issued, OAuthError> {
    let now = app.clock.now();
    let code_hash = exchange.code.hash();
    let mut tx = app.store.write.begin().await?;
    let row = oauth_codes::find_code_for_update(&mut tx, code_hash.as_bytes()).await?.ok_or(CODE_IS_BAD)?;
    let grant = oauth_grants::find_live_grant(&mut tx, &row.grant_id).await?.ok_or(CODE_IS_BAD)?;
    match exchange.judge(&row, now) {
        Verdict::Refused => Err(CODE_IS_BAD),
        Verdict::Accepted => {
            oauth_codes::use_code(&mut tx, code_hash.as_bytes(), now).await?;
            let issued = first_tokens(app, &mut tx, &grant, now).await?;
            tx.commit().await?;
            app.audit.write(token_entry(&grant, "token_issued", now, request_id)).await?;
            Ok(issued)
        }
        Verdict::WrongVerifier => {
            oauth_codes::use_code(&mut tx, code_hash.as_bytes(), now).await?;
            tx.commit().await?;
            audit_refusal(app, &grant, "code_verifier_wrong", request_id).await
        }
        Verdict::Replayed => {
            // Security: the tokens that the code gave before die with the grant (RFC 6749 §4.1.2).
            oauth_grants::revoke_grant(&mut tx, &grant.id, "code_replayed", now).await?;
            tx.commit().await?;
            audit_refusal(app, &grant, "code_replayed", request_id).await
        }
    }
}

async fn first_tokens(app: &App, tx: &mut Tx, grant: &GrantRow, now: Timestamp) -> Result<Issued, StoreError> {
    let scopes = grant.permissions();
    let access = issue_access_token(app, tx, &grant.id, scopes, now).await?;
    let refresh = PlainToken::generate(TokenKind::Refresh, &app.entropy);
    store_refresh_token(tx, refresh.hash(), &grant.id, 0, now).await?;
    Ok(Issued { access, refresh, scopes })
}

async fn audit_refusal(
    app: &App,
    grant: &GrantRow,
    action: &'static str,
    request_id: &str,
) -> Result<Issued, OAuthError> {
    let entry = token_entry(grant, action, app.clock.now(), request_id).with_outcome("refused", None);
    app.audit.write(entry).await?;
    Err(CODE_IS_BAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const NOW: Timestamp = Timestamp::from_micros(1_000);

    fn row() -> CodeRow {
        CodeRow {
            grant_id: "grant_1".to_owned(),
            client_id: "cli_1".to_owned(),
            redirect_uri: "http://localhost:1/cb".to_owned(),
            code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
            expires_at: 1_001,
            used_at: None,
        }
    }

    fn exchange() -> Exchange<'static> {
        Exchange {
            client_id: "cli_1",
            code: PlainToken::from_bits(TokenKind::Code, &[1; 32]),
            redirect_uri: Some("http://localhost:1/cb"),
            code_verifier: VERIFIER,
        }
    }

    #[test]
    fn only_the_whole_request_is_accepted() {
        assert_eq!(exchange().judge(&row(), NOW), Verdict::Accepted);
        assert_eq!(Exchange { redirect_uri: None, ..exchange() }.judge(&row(), NOW), Verdict::Accepted);
        let other_uri = Exchange { redirect_uri: Some("http://localhost:2/cb"), ..exchange() };
        assert_eq!(other_uri.judge(&row(), NOW), Verdict::Refused);
        assert_eq!(Exchange { client_id: "cli_2", ..exchange() }.judge(&row(), NOW), Verdict::Refused);
        assert_eq!(exchange().judge(&CodeRow { expires_at: 1_000, ..row() }, NOW), Verdict::Refused);
    }

    #[test]
    fn a_wrong_verifier_and_a_replay_are_told_apart_from_mistakes() {
        let wrong = Exchange { code_verifier: "x", ..exchange() };
        assert_eq!(wrong.judge(&row(), NOW), Verdict::WrongVerifier);
        assert_eq!(exchange().judge(&CodeRow { used_at: Some(1), ..row() }, NOW), Verdict::Replayed);
        let stranger = Exchange { client_id: "cli_2", ..exchange() };
        assert_eq!(stranger.judge(&CodeRow { used_at: Some(1), ..row() }, NOW), Verdict::Refused);
    }
}
