//! What the layer can be told.

use std::borrow::Cow;

use http::Method;

use super::{ExemplarSink, StreamPolicy, method, route};
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
    /// Whether `http.route`, too, is `unmatched_path` for requests without a route; default false: the label is absent, as the
    /// conventions say.
    pub unmatched_route: bool,
    /// Routes, or paths of requests without a route, that are not recorded; a `*` at the end stands for anything.
    ///
    /// Default: `/metrics`, so that scrapes do not count themselves.
    pub skip: Vec<Cow<'static, str>>,
    /// Patterns as in `skip`, each with the route that is recorded for what it matches, such as `/static/*` with `/static`;
    /// the first that matches counts. Default: none.
    pub group: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// The `url.scheme` of requests that do not tell: `https` behind TLS; default `http`.
    ///
    /// A request tells by HTTP/2 or by an absolute URL, and only `http` and `https` are believed.
    pub scheme: &'static str,
    /// How answers of the type `text/event-stream` are recorded; default until their end.
    pub event_streams: StreamPolicy,
    /// How answers with the status 101, such as those of websockets, are recorded; default with their head, as what follows
    /// passes the layer by: `UntilEnd` is the same.
    pub upgrades: StreamPolicy,
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
    /// Takes the durations of requests that belong to a sampled span; default none.
    ///
    /// The span is that of the request's `traceparent`; with the feature `trace` rather that of OpenTelemetry's current
    /// context, where there is one as the request comes to the layer: put the layer within that of the tracing.
    pub exemplars: Option<ExemplarSink>,
    /// Records the time to the response's head, too, as `http_response_time_seconds`; default false.
    pub response_time: bool,
}

impl HttpMetricsConfig {
    /// Returns the defaults, with the known methods of the variable `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` where it is set:
    /// a list with commas, which replaces the default's; what is no method is left out.
    #[must_use]
    pub fn from_env() -> Self {
        let mut config = Self::default();
        if let Ok(list) = std::env::var("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS")
            && !list.trim().is_empty()
        {
            config.known_methods = method::parse_list(&list);
        }
        config
    }
}

impl Default for HttpMetricsConfig {
    fn default() -> Self {
        Self {
            known_methods: method::KNOWN
                .iter()
                .filter_map(|name| name.parse().ok())
                .collect(),
            unmatched_path: Cow::Borrowed("_unmatched"),
            unmatched_route: false,
            skip: vec![Cow::Borrowed("/metrics")],
            group: Vec::new(),
            scheme: "http",
            event_streams: StreamPolicy::UntilEnd,
            upgrades: StreamPolicy::AtHead,
            route: route::default_route,
            normalize_unmatched: false,
            max_declared_size: 1 << 30,
            exemplars: None,
            response_time: false,
        }
    }
}
