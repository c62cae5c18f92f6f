//! Whether GitHub made a token, for us, and for now (RFC 7519 §7.2).

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};

use super::claims::Claims;
use super::error::OidcError;
use super::jwks::Jwks;
use crate::app::App;
use crate::config::OidcConfig;
use crate::jwt;

/// The token's claims, once all is checked that a token can show by itself.
pub(super) async fn verify(app: &App, jwks: &Jwks, token: &str) -> Result<Claims, OidcError> {
    jwt::install();
    let header = decode_header(token).map_err(|_| OidcError::Malformed)?;
    // Security: the token does not choose how it is checked; and no key is fetched for one that cannot pass.
    let key_id = header.kid.filter(|_| header.alg == Algorithm::RS256).ok_or(OidcError::Malformed)?;
    let key = jwks.find_key(app, &key_id).await?.ok_or(OidcError::UnknownKey)?;
    let data = decode::<Claims>(token, &key, &validation(&app.config.oidc)).map_err(|error| refusal(error.kind()))?;
    data.claims.check_time(app.clock.now())?;
    Ok(data.claims)
}

fn validation(config: &OidcConfig) -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.set_issuer(&[&config.issuer]);
    validation.set_audience(&config.audiences);
    // The crate asks the machine for the time; `Claims::check_time` asks the server's clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

/// The signature is checked first, so that errors of claims are of tokens that the issuer signed.
fn refusal(kind: &ErrorKind) -> OidcError {
    match kind {
        ErrorKind::InvalidSignature => OidcError::WrongSignature,
        ErrorKind::InvalidIssuer => OidcError::WrongIssuer,
        ErrorKind::InvalidAudience => OidcError::WrongAudience,
        _ => OidcError::Malformed,
    }
}
