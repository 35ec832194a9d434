//! One request and its response, recorded when this is dropped.

use std::{sync::Arc, time::Instant};

use http::{Request, StatusCode, header::CONTENT_LENGTH};
use opentelemetry::StringValue;

use super::{config::HttpMetricsConfig, method::KnownMethods, route::HttpRoute};
use crate::{ActiveConnection, AppMetrics, RequestPath};

/// What nginx calls "client closed request".
const CANCELLED: u16 = 499;
const PANICKED: u16 = StatusCode::INTERNAL_SERVER_ERROR.as_u16();

/// What all exchanges of a layer share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) app: AppMetrics,
    pub(super) methods: KnownMethods,
    pub(super) unmatched: RequestPath,
    pub(super) config: HttpMetricsConfig,
}

/// A request in flight, from its arrival to the end of its response.
#[derive(Debug)]
pub(super) struct Exchange {
    shared: Arc<Shared>,
    begin: Instant,
    method: StringValue,
    route: Option<RequestPath>,
    /// What the service tells: its route, how much it has read.
    told: HttpRoute,
    declared_size: u64,
    /// What is recorded if this is dropped now. At first the service's own code is about to run.
    status_code: u16,
    /// Dropped after the recording: who sees no request in flight sees all of them recorded.
    _active: ActiveConnection,
}

impl Exchange {
    pub(super) fn begin<B>(shared: &Arc<Shared>, request: &Request<B>) -> Self {
        Self {
            shared: Arc::clone(shared),
            begin: now(),
            method: shared.methods.label(request.method()),
            route: (shared.config.route)(request.extensions()).or_else(|| {
                let path = request.uri().path();
                let normalize = shared.config.normalize_unmatched;
                normalize.then(|| RequestPath::template(shared.app.path_label(path)))
            }),
            told: HttpRoute::default(),
            declared_size: declared_size(request, shared.config.max_declared_size),
            status_code: PANICKED,
            _active: shared.app.track_connection(),
        }
    }

    /// Returns the place where the service tells.
    pub(super) fn told(&self) -> HttpRoute {
        self.told.clone()
    }

    /// The service's own code runs: should it panic, it is its error.
    pub(super) fn running(&mut self) {
        self.status_code = PANICKED;
    }

    /// The service waits: if its future is dropped, it is cancelled.
    pub(super) fn waiting(&mut self) {
        self.status_code = CANCELLED;
    }

    /// The head of the response is there.
    pub(super) fn responded(&mut self, status: StatusCode) {
        self.status_code = status.as_u16();
        if self.shared.config.response_time {
            let elapsed = now().saturating_duration_since(self.begin);
            let (method, path) = (self.method.clone(), self.path());
            self.shared
                .app
                .record_response_time(method, path, self.status_code, elapsed);
        }
    }

    fn path(&self) -> RequestPath {
        self.told
            .get()
            .or(self.route.as_ref())
            .unwrap_or(&self.shared.unmatched)
            .clone()
    }

    fn size(&self) -> u64 {
        let read = self.told.read();
        let broken_off = self.status_code == CANCELLED || read.has_failed();
        if broken_off {
            read.bytes()
        } else {
            read.bytes().max(self.declared_size)
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let elapsed = now().saturating_duration_since(self.begin);
        self.shared.app.record_request(
            self.method.clone(),
            self.path(),
            self.status_code,
            elapsed,
            self.size(),
        );
    }
}

/// Returns the request's `Content-Length`, or 0 if it is missing, no number or beyond `max`.
fn declared_size<B>(request: &Request<B>, max: u64) -> u64 {
    let value = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    value
        .and_then(|text| text.trim().parse().ok())
        .filter(|&size| size <= max)
        .unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "requests take real time")]
fn now() -> Instant {
    Instant::now()
}
