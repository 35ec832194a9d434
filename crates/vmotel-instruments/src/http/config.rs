//! What the layer can be told.

use std::borrow::Cow;

use http::Method;

use super::{method, route};
use crate::RequestPath;

/// How the HTTP layer records.
#[derive(Debug, Clone)]
pub struct HttpMetricsConfig {
    /// The methods that appear as they are, case-sensitive; all others become `_OTHER`.
    ///
    /// Default: those of RFC 9110, `PATCH` and `QUERY`, as the HTTP semantic conventions of OpenTelemetry say. An empty
    /// list makes all `_OTHER`.
    pub known_methods: Vec<Method>,
    /// The `path` of requests without a route; default `_unmatched`, which no route can be named.
    pub unmatched_path: Cow<'static, str>,
    /// Finds the template of the route in the extensions of a request, as the layer gets it.
    ///
    /// Default: axum's `MatchedPath` with the feature `axum`, else nothing. A [`RequestPath::raw`] is
    /// normalised.
    pub route: fn(&http::Extensions) -> Option<RequestPath>,
    /// Whether the path of a request without a route is normalised (`/users/42` becomes `/users/:id`) instead of being
    /// exposed as `unmatched_path`; default false.
    ///
    /// For services that have no router to ask. The templates are bounded, whatever clients send.
    pub normalize_unmatched: bool,
    /// The largest `Content-Length`, in bytes, that is believed without that the body was read; default 1 GiB.
    ///
    /// It bounds what a client can add to the sum by a header alone. 0 counts only what was read.
    pub max_declared_size: u64,
    /// Records the time to the response's head, too, as `http_response_time_seconds`; default false.
    pub response_time: bool,
}

impl Default for HttpMetricsConfig {
    fn default() -> Self {
        Self {
            known_methods: method::KNOWN
                .iter()
                .filter_map(|name| name.parse().ok())
                .collect(),
            unmatched_path: Cow::Borrowed("_unmatched"),
            route: route::default_route,
            normalize_unmatched: false,
            max_declared_size: 1 << 30,
            response_time: false,
        }
    }
}
