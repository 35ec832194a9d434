//! The files of the page, and the headers that go with every answer.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};

/// The page; `{base}` stands for the last part of its path, as what it loads lies below.
const HTML: &str = include_str!("../page/explorer.html");
const SCRIPT: &str = include_str!("../page/explorer.js");
const STYLE: &str = include_str!("../page/explorer.css");

/// Nothing but this page's own script, style and data; no frames, no forms, no other host.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The headers of every answer.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

pub(crate) fn html(path: &str) -> Response<Bytes> {
    // The path has no characters that mean something in HTML.
    let base = path.rsplit('/').next().unwrap_or_default();
    answer(
        StatusCode::OK,
        "text/html; charset=utf-8",
        HTML.replace("{base}", base),
    )
}

pub(crate) fn script() -> Response<Bytes> {
    answer(StatusCode::OK, "text/javascript; charset=utf-8", SCRIPT)
}

pub(crate) fn style() -> Response<Bytes> {
    answer(StatusCode::OK, "text/css; charset=utf-8", STYLE)
}

pub(crate) fn json(value: &impl serde::Serialize) -> Response<Bytes> {
    match serde_json::to_vec(value) {
        Ok(body) => answer(StatusCode::OK, "application/json", body),
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
    }
}

pub(crate) fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Bytes> {
    answer(status, "text/plain; charset=utf-8", text)
}

fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let body = body.into();
    let length = HeaderValue::from(body.len());
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_LENGTH, length);
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
