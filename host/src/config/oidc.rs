//! Whose OIDC tokens workflows exchange for upload sessions.

use serde::Deserialize;

/// The issuer of workflow tokens, and what its tokens must say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OidcConfig {
    /// GitHub's, or `https://HOST/_services/token` for a GitHub Enterprise Server. Its keys are read from
    /// `<issuer>/.well-known/jwks`.
    pub issuer: String,
    /// Audiences that are accepted. The atmos CLI asks for `atmos-pro.com`, whatever server it uploads to.
    pub audiences: Vec<String>,
    /// Host of the repositories that the issuer speaks for. A repository of the same name on another host
    /// is another repository.
    pub host: String,
}

impl Default for OidcConfig {
    fn default() -> Self {
        Self {
            issuer: "https://token.actions.githubusercontent.com".to_owned(),
            audiences: vec!["atmos-pro.com".to_owned()],
            host: "github.com".to_owned(),
        }
    }
}
