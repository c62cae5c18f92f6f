//! How the browser goes back to the client: `code` or `error`, with `state` and `iss` (RFC 6749 §4.1.2,
//! RFC 9207).

use axum::response::{IntoResponse, Redirect, Response};
use url::form_urlencoded::Serializer;

use super::secret::PlainToken;

/// Where a reply goes. The redirect URI has been checked against the client's registration.
#[derive(Debug, Clone)]
pub(super) struct ReplyTo {
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) issuer: String,
}

impl ReplyTo {
    /// Redirects with an authorization code.
    pub(super) fn with_code(&self, code: &PlainToken) -> Response {
        see_other(&self.location(&[("code", code.expose())]))
    }

    /// Redirects with an error.
    pub(super) fn with_error(&self, error: &str, description: &str) -> Response {
        see_other(&self.error_location(error, description))
    }

    /// The URL that tells the client of an error.
    pub(super) fn error_location(&self, error: &str, description: &str) -> String {
        self.location(&[("error", error), ("error_description", description)])
    }

    /// The redirect URI with parameters appended, otherwise byte for byte: private-use schemes do not
    /// survive being parsed and written again.
    fn location(&self, pairs: &[(&str, &str)]) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(pairs);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", &self.issuer);
        let joint = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{joint}{}", self.redirect_uri, query.finish())
    }
}

/// 303, so that a browser that has posted the consent form comes back with GET.
fn see_other(location: &str) -> Response {
    Redirect::to(location).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(redirect_uri: &str, state: Option<&str>) -> String {
        let reply_to = ReplyTo {
            redirect_uri: redirect_uri.to_owned(),
            state: state.map(str::to_owned),
            issuer: "https://mcp.example.com".to_owned(),
        };
        reply_to.error_location("access_denied", "the user refused")
    }

    #[test]
    fn parameters_are_appended_and_escaped() {
        let tail = "error=access_denied&error_description=the+user+refused&state=a%26b%0D%0A&iss=https%3A%2F%2Fmcp.example.com";
        assert_eq!(location("cursor://x/cb", Some("a&b\r\n")), format!("cursor://x/cb?{tail}"));
        assert_eq!(location("https://a.example/cb?k=v", Some("a&b\r\n")), format!("https://a.example/cb?k=v&{tail}"));
        assert!(!location("https://a.example/cb", None).contains("state="));
    }
}
