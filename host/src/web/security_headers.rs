//! Headers of every page.

use axum::http::{HeaderValue, header};
use axum::response::Response;

/// What a page may load: our style sheet and pictures. Scripts, frames and everything else are out.
///
/// There is no `form-action`: browsers apply it to the redirect after the consent form too, and the button
/// would do nothing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; \
     img-src 'self' https://avatars.githubusercontent.com; base-uri 'none'; frame-ancestors 'none'";

/// Adds the headers; for `axum::middleware::map_response`.
pub(crate) async fn security_headers(mut response: Response) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        // Security: the authorization request and the code must not leak into a `Referer`.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
