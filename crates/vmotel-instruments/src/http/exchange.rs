//! One request and its response, recorded when this is dropped.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderMap, Method, Request, Response, StatusCode, Version, header};
use http_body::Body;
use opentelemetry::StringValue;

use super::{
    HttpMetricsConfig, HttpServerMetrics, MetricLabels, SampledSpan, StreamPolicy, error_type::ErrorType,
    method::KnownMethods, policy::Routes, request_body::ReadCount, route::HttpRoute, watched::Watched,
};
use crate::{ActiveConnection, AppMetrics, RequestPath, clock::now};

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
    #[cfg(feature = "bound")]
    pub(super) bound: super::bound::BoundSeries,
}

impl Shared {
    /// Whether sizes of requests' bodies are recorded.
    fn wants_sizes(&self) -> bool {
        self.app.is_some() || self.server.as_ref().is_some_and(HttpServerMetrics::has_sizes)
    }

    /// Adds to the requests in flight by the conventions.
    fn add_active(&self, change: i64, method: usize, scheme: &'static str) {
        let Some(server) = &self.server else { return };
        let label = self.methods.label(method);
        #[cfg(feature = "bound")]
        if let Some(counter) = self.bound.active(server, method, label, scheme) {
            counter.add(change);
            return;
        }
        server.add_active(change, label.clone(), scheme);
    }

    fn record(&self, finished: &Finished<'_>) {
        #[cfg(feature = "bound")]
        if self
            .bound
            .record(self.app.as_ref(), self.server.as_ref(), finished)
        {
            return;
        }
        if let Some(app) = &self.app {
            let (method, path) = (finished.method.clone(), finished.path.clone());
            let (duration, bytes) = (finished.duration, finished.request_bytes);
            app.record_request(method, path, finished.guide_status(), duration, bytes);
        }
        if let Some(server) = &self.server {
            server.record(finished);
        }
    }

    /// Returns the template that a path without a route has.
    fn normalized(&self, path: &str) -> Option<RequestPath> {
        let of_app = self.app.as_ref().map(|app| app.path_label(path));
        let label = of_app.or_else(|| self.server.as_ref().map(|server| server.path_label(path)))?;
        Some(RequestPath::template(label))
    }
}

/// A request that has ended.
#[derive(Debug)]
pub(super) struct Finished<'a> {
    pub(super) method: &'a StringValue,
    pub(super) scheme: &'static str,
    pub(super) version: &'static str,
    /// The route, or what stands for a missing one, by the conventions.
    pub(super) route: Option<&'a RequestPath>,
    /// The same for the application family.
    pub(super) path: &'a RequestPath,
    pub(super) status_code: Option<u16>,
    pub(super) error: Option<ErrorType>,
    pub(super) extra: Option<&'a MetricLabels>,
    pub(super) duration: Duration,
    pub(super) request_bytes: u64,
    pub(super) response_bytes: u64,
}

impl Finished<'_> {
    /// Returns the status for the application family, which has one for each end.
    pub(super) fn guide_status(&self) -> u16 {
        let without_head = match self.error {
            Some(ErrorType::ClientDisconnected) => CANCELLED,
            _ => FAILED,
        };
        self.status_code.unwrap_or(without_head)
    }

    pub(super) fn error_type(&self) -> StringValue {
        ErrorType::label(self.error, self.status_code)
    }
}

/// A request in flight, from its arrival to the end of its response.
#[derive(Debug)]
#[expect(unnameable_types, reason = "only the type of a body names it")]
pub struct Exchange {
    shared: Arc<Shared>,
    begin: Instant,
    /// The number of the method.
    method: usize,
    scheme: &'static str,
    version: Version,
    route: Option<RequestPath>,
    /// Where the service tells its route; none where that is known.
    told: Option<HttpRoute>,
    /// How much of the request's body was read; none where that is not asked for, or nothing.
    read: Option<Arc<ReadCount>>,
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
    span: Option<SampledSpan>,
    is_skipped: bool,
    /// Dropped after the recording: who sees no request in flight sees all of them recorded.
    _active: Option<ActiveConnection>,
}

impl Exchange {
    /// Returns none for a request that is not to be recorded; `route` is its own, where it is known.
    pub(super) fn begin<B: Body>(
        shared: &Arc<Shared>,
        request: &Request<B>,
        mut route: Option<RequestPath>,
    ) -> Option<Self> {
        let config = &shared.config;
        let path = request.uri().path();
        let is_known = route.is_some();
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
        let method = shared.methods.number(request.method());
        let scheme = scheme(request, config.scheme);
        shared.add_active(1, method, scheme);
        let read = (shared.wants_sizes() && !request.body().is_end_stream()).then(ReadCount::begin);
        let declared_size = read.as_ref().and_then(|_| content_length(request.headers()));
        Some(Self {
            begin: now(),
            scheme,
            version: request.version(),
            told: (!is_known).then(HttpRoute::default),
            read,
            route,
            declared_size: declared_size
                .filter(|&size| size <= config.max_declared_size)
                .unwrap_or(0),
            status: None,
            error: Some(ErrorType::Panic),
            is_head: request.method() == Method::HEAD,
            sent: 0,
            expected: None,
            extra: None,
            span: config
                .exemplars
                .as_ref()
                .and_then(|_| SampledSpan::current(request.headers())),
            is_skipped: false,
            _active: shared.app.as_ref().map(AppMetrics::track_connection),
            method,
            shared: Arc::clone(shared),
        })
    }

    /// Returns the place where the service tells its route, if it is not known.
    pub(super) fn told(&self) -> Option<HttpRoute> {
        self.told.clone()
    }

    /// Returns the place where the bytes of the request's body are counted.
    pub(super) fn read(&self) -> Option<Arc<ReadCount>> {
        self.read.clone()
    }

    /// Returns the route, if there is one.
    fn known_route(&self) -> Option<&RequestPath> {
        let told = self.told.as_ref().and_then(HttpRoute::get);
        let route = told.or(self.route.as_ref())?;
        Some(self.shared.routes.group(route.text.as_str()).unwrap_or(route))
    }

    fn path(&self) -> RequestPath {
        self.known_route().unwrap_or(&self.shared.unmatched).clone()
    }

    fn size(&self) -> u64 {
        let Some(read) = &self.read else { return 0 };
        let was_cancelled = self.status.is_none() && self.error == Some(ErrorType::ClientDisconnected);
        if was_cancelled || read.has_failed() {
            read.bytes()
        } else {
            read.bytes().max(self.declared_size)
        }
    }

    fn record(&self) {
        let told = self.told.as_ref().and_then(HttpRoute::get);
        if self.is_skipped || told.is_some_and(|route| self.shared.routes.skips(route.text.as_str())) {
            return;
        }
        let unmatched = &self.shared.unmatched;
        let route = self.known_route();
        let duration = now().saturating_duration_since(self.begin);
        if let Some((sink, span)) = self.shared.config.exemplars.as_ref().zip(self.span) {
            sink.take(duration, span);
        }
        self.shared.record(&Finished {
            method: self.shared.methods.label(self.method),
            scheme: self.scheme,
            version: version(self.version),
            route: route.or(self.shared.config.unmatched_route.then_some(unmatched)),
            path: route.unwrap_or(unmatched),
            status_code: self.status.map(|status| status.as_u16()),
            error: self.error,
            extra: self.extra.as_ref(),
            duration,
            request_bytes: self.size(),
            response_bytes: self.sent,
        });
    }
}

impl Watched for Exchange {
    fn running(&mut self) {
        self.error = Some(ErrorType::Panic);
    }

    fn waiting(&mut self) {
        self.error = Some(ErrorType::ClientDisconnected);
    }

    fn failed(&mut self) {
        self.error = Some(ErrorType::ServiceError);
    }

    fn responded<B>(&mut self, response: &mut Response<B>) -> bool {
        let status = response.status();
        self.status = Some(status);
        self.extra = response.extensions_mut().remove::<MetricLabels>();
        let shared = &*self.shared;
        if let Some(app) = shared.app.as_ref().filter(|_| shared.config.response_time) {
            let elapsed = now().saturating_duration_since(self.begin);
            let method = shared.methods.label(self.method).clone();
            app.record_response_time(method, self.path(), status.as_u16(), elapsed);
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
        if policy != StreamPolicy::UntilEnd {
            self.error = None;
        }
        policy == StreamPolicy::UntilEnd
    }

    fn passed(&mut self, bytes: usize) -> bool {
        self.sent = self.sent.saturating_add(bytes as u64);
        self.expected.is_some_and(|expected| self.sent >= expected)
    }

    fn ended(&mut self) {
        self.error = None;
    }

    fn broke_off(&mut self) {
        self.error = Some(ErrorType::BodyError);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.record();
        if let Some(read) = self.read.take() {
            read.end();
        }
        self.shared.add_active(-1, self.method, self.scheme);
    }
}

/// Returns the `Content-Length`, if it is a number.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
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

pub(super) fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}
