//! The page: three files of its own and an icon, nothing from elsewhere.

use super::http::Response;
use super::state::State;

/// Everything comes from this server, nothing inline; no other page may frame it.
const POLICY: &str = "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Not `no-referrer`: that would make browsers send `Origin: null` with our own forms.
const REFERRER: &str = "referrer-policy: same-origin";

/// The page itself, filled in so that it says something without scripts too.
pub(super) fn home(state: &State, visits: Option<i64>) -> Response {
    let visits = visits.map_or_else(|| "locked".to_owned(), |count| count.to_string());
    let html = include_str!("index.html")
        .replace("{{version}}", &escape(&state.version))
        .replace("{{pid}}", &std::process::id().to_string())
        .replace("{{visits}}", &visits);
    Response::new(200, "text/html; charset=utf-8", html.into_bytes())
        .with(POLICY)
        .with(REFERRER)
}

/// A file of the page.
pub(super) fn asset(path: &str) -> Option<Response> {
    let (content_type, text) = match path {
        "/app.css" => ("text/css; charset=utf-8", include_str!("app.css")),
        "/app.js" => ("text/javascript; charset=utf-8", include_str!("app.js")),
        "/icon.svg" => ("image/svg+xml", include_str!("icon.svg")),
        _ => return None,
    };
    Some(Response::new(200, content_type, text.as_bytes()).with(POLICY))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
