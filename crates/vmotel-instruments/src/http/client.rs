//! HTTP clients: a layer that records each request that goes out, and a wrapper of reqwest's client.
//!
//! A request is recorded once, in the family of [`HttpClientMetrics`]:
//!
//! | what happens | `http.response.status_code` | `error.type` | duration ends |
//! |---|---|---|---|
//! | the response is read | its status | the status, from 400 on | with the last frame of the body |
//! | the body is dropped before its end | its status | the status, from 400 on | when it is dropped |
//! | the body fails or panics | its status | the status, from 400 on; else `body_error`, `panic` | with it |
//! | the client returns an error | none | `request_error`, or what reqwest tells: `timeout`, `connect`, `redirect`, `body` | with it |
//! | the future is dropped | none | `cancelled` | when it is dropped |
//!
//! A caller who is content with a part of the body has not failed, so that is no error.
//!
//! `server.address` and `server.port` are those of the URL; they pass the limits as all labels do. The path is no label; a
//! caller can tell its template by [`UrlTemplate`] in the request's extensions.

mod exchange;
mod family;
mod layer;
#[cfg(feature = "reqwest")]
mod reqwest;

#[cfg(feature = "reqwest")]
pub use self::reqwest::MeteredClient;
pub use self::{
    family::{HttpClientConfig, HttpClientMetrics, UrlTemplate},
    layer::{ClientBody, ClientFuture, HttpClient, HttpClientLayer},
};
