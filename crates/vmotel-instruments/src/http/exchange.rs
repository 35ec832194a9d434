//! One request and its response, recorded when this is dropped.

use std::{sync::Arc, time::Instant};

use http::{HeaderMap, Method, Request, Response, StatusCode, Version, header};
use opentelemetry::StringValue;

use super::{
    HttpMetricsConfig, HttpServerMetrics, MetricLabels, StreamPolicy,
    error_type::ErrorType,
    method::KnownMethods,
    policy::Routes,
    route::HttpRoute,
    server::{ActiveRequest, Served},
};
use crate::{ActiveConnection, AppMetrics, RequestPath};

/// What nginx calls "client closed request".
const CANCELLED: u16 = 499;
const FAILED: u16 = StatusCode::INTERNAL_SERVER_ERROR.as_u16();

/// What all exchanges of a layer share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) app: Option<AppMetrics>,
    pub(super) server: Option<HttpServerMetrics>,
    pub(super) methods: KnownMethods,
    pub(super) unmatched: RequestPath,
    pub(super) routes: Routes,
    pub(super) config: HttpMetricsConfig,
}

impl Shared {
    /// Returns the template that a path without a route has.
    fn normalized(&self, path: &str) -> Option<RequestPath> {
        let of_app = self.app.as_ref().map(|app| app.path_label(path));
        let label = of_app.or_else(|| self.server.as_ref().map(|server| server.path_label(path)))?;
        Some(RequestPath::template(label))
    }
}

/// A request in flight, from its arrival to the end of its response.
#[derive(Debug)]
pub(super) struct Exchange {
    shared: Arc<Shared>,
    begin: Instant,
    method: StringValue,
    scheme: &'static str,
    version: &'static str,
    route: Option<RequestPath>,
    /// What the service tells: its route, how much it has read.
    told: HttpRoute,
    declared_size: u64,
    status: Option<StatusCode>,
    /// What is recorded if this is dropped now. At first the service's own code is about to run.
    error: Option<ErrorType>,
    /// Whether the response has no body by its method or status, whatever the service gives.
    is_head: bool,
    /// The bytes of the response's body that were handed on, and those its head has told of.
    sent: u64,
    expected: Option<u64>,
    extra: Option<MetricLabels>,
    is_skipped: bool,
    /// Dropped after the recording: who sees no request in flight sees all of them recorded.
    _active: (Option<ActiveConnection>, Option<ActiveRequest>),
}

impl Exchange {
    /// Returns none for a request that is not to be recorded.
    pub(super) fn begin<B>(shared: &Arc<Shared>, request: &Request<B>) -> Option<Self> {
        let config = &shared.config;
        let path = request.uri().path();
        let mut route = (config.route)(request.extensions());
        if shared
            .routes
            .skips(route.as_ref().map_or(path, |route| route.text.as_str()))
        {
            return None;
        }
        if route.is_none() {
            route = shared.routes.group(path).cloned();
        }
        if route.is_none() && config.normalize_unmatched {
            route = shared.normalized(path);
        }
        let method = shared.methods.label(request.method());
        let scheme = scheme(request, config.scheme);
        let in_flight = |server: &HttpServerMetrics| server.track(method.clone(), scheme);
        Some(Self {
            begin: now(),
            scheme,
            version: version(request.version()),
            route,
            told: HttpRoute::default(),
            declared_size: content_length(request.headers())
                .filter(|&size| size <= config.max_declared_size)
                .unwrap_or(0),
            status: None,
            error: Some(ErrorType::Panic),
            is_head: request.method() == Method::HEAD,
            sent: 0,
            expected: None,
            extra: None,
            is_skipped: false,
            _active: (
                shared.app.as_ref().map(AppMetrics::track_connection),
                shared.server.as_ref().map(in_flight),
            ),
            method,
            shared: Arc::clone(shared),
        })
    }

    /// Returns the place where the service tells.
    pub(super) fn told(&self) -> HttpRoute {
        self.told.clone()
    }

    /// The service's own code runs: should it panic, it is its error.
    pub(super) fn running(&mut self) {
        self.error = Some(ErrorType::Panic);
    }

    /// The service waits: if its future, or its body, is dropped, it is cancelled.
    pub(super) fn waiting(&mut self) {
        self.error = Some(ErrorType::ClientDisconnected);
    }

    /// The service has returned an error instead of a response.
    pub(super) fn failed(mut self) {
        self.error = Some(ErrorType::ServiceError);
    }

    /// The head of the response is there; returns none if the body does not matter any more.
    pub(super) fn responded<B>(mut self, response: &mut Response<B>) -> Option<Self> {
        let status = response.status();
        self.status = Some(status);
        self.extra = response.extensions_mut().remove::<MetricLabels>();
        let shared = Arc::clone(&self.shared);
        if let Some(app) = shared.app.as_ref().filter(|_| shared.config.response_time) {
            let elapsed = now().saturating_duration_since(self.begin);
            app.record_response_time(self.method.clone(), self.path(), status.as_u16(), elapsed);
        }
        let policy = if status == StatusCode::SWITCHING_PROTOCOLS {
            shared.config.upgrades
        } else if shared.config.event_streams != StreamPolicy::UntilEnd && is_event_stream(response.headers())
        {
            shared.config.event_streams
        } else {
            StreamPolicy::UntilEnd
        };
        self.is_skipped = policy == StreamPolicy::Skip;
        let has_no_body = self.is_head
            || status.is_informational()
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        if has_no_body {
            // A server drops what the service gives as a body, at once.
            self.error = None;
        } else {
            self.waiting();
            self.expected = content_length(response.headers());
        }
        if policy == StreamPolicy::UntilEnd {
            return Some(self);
        }
        self.error = None;
        None
    }

    /// Bytes of the response's body are handed on; returns true if they were the last ones.
    pub(super) fn sent(&mut self, bytes: usize) -> bool {
        self.sent = self.sent.saturating_add(bytes as u64);
        self.expected.is_some_and(|expected| self.sent >= expected)
    }

    /// The response's body has ended, as it should.
    pub(super) fn ended(mut self) {
        self.error = None;
    }

    /// The response's body has failed.
    pub(super) fn broke_off(mut self) {
        self.error = Some(ErrorType::BodyError);
    }

    /// Returns the route, if there is one.
    fn known_route(&self) -> Option<&RequestPath> {
        let route = self.told.get().or(self.route.as_ref())?;
        Some(self.shared.routes.group(route.text.as_str()).unwrap_or(route))
    }

    fn path(&self) -> RequestPath {
        self.known_route().unwrap_or(&self.shared.unmatched).clone()
    }

    fn size(&self) -> u64 {
        let read = self.told.read();
        let was_cancelled = self.status.is_none() && self.error == Some(ErrorType::ClientDisconnected);
        if was_cancelled || read.has_failed() {
            read.bytes()
        } else {
            read.bytes().max(self.declared_size)
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let told = self.told.get();
        if self.is_skipped || told.is_some_and(|route| self.shared.routes.skips(route.text.as_str())) {
            return;
        }
        let elapsed = now().saturating_duration_since(self.begin);
        let status_code = self.status.map(|status| status.as_u16());
        if let Some(app) = &self.shared.app {
            let without_head = match self.error {
                Some(ErrorType::ClientDisconnected) => CANCELLED,
                _ => FAILED,
            };
            app.record_request(
                self.method.clone(),
                self.path(),
                status_code.unwrap_or(without_head),
                elapsed,
                self.size(),
            );
        }
        if let Some(server) = &self.shared.server {
            let unmatched = self
                .shared
                .config
                .unmatched_route
                .then_some(&self.shared.unmatched);
            server.record(Served {
                method: self.method.clone(),
                scheme: self.scheme,
                version: self.version,
                route: self.known_route().or(unmatched).cloned(),
                status_code,
                error_type: ErrorType::label(self.error, self.status),
                extra: self.extra.as_ref(),
                duration: elapsed,
                request_bytes: self.size(),
                response_bytes: self.sent,
            });
        }
    }
}

/// Returns the `Content-Length`, if it is a number.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?;
    value.trim().parse().ok()
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("text/event-stream"))
}

/// Returns the scheme, which a client may have written: only known ones pass.
fn scheme<B>(request: &Request<B>, default: &'static str) -> &'static str {
    match request.uri().scheme_str() {
        Some("http") => "http",
        Some("https") => "https",
        _ => default,
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

#[expect(clippy::disallowed_methods, reason = "requests take real time")]
fn now() -> Instant {
    Instant::now()
}
