//! The application family.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

#[cfg(all(feature = "bound", feature = "tower"))]
use opentelemetry::metrics::{BoundCounter, BoundHistogram};
use opentelemetry::{
    KeyValue, StringValue,
    metrics::{Counter, Histogram, Meter, UpDownCounter},
};
use vmotel_cardinality::Limits;
use vmotel_process::{CpuUsage, Process};

use crate::{
    RequestPath, catalog,
    gate::{Attributes, Gate},
    instrument::{
        attribute, f64_histogram, i64_up_down_counter, observe_f64, observe_u64, u64_counter, u64_histogram,
    },
    labels,
};

/// The application family: HTTP requests, users, memory and CPU of the process.
///
/// The metrics and their labels are those of [`catalog::APP`]. A handle is cheap to clone; create the family once per
/// meter. Labels take whatever turns into a [`StringValue`]: a `&'static str` or an `Arc<str>` allocates nothing.
/// All of them are bounded by [`Limits`] before they reach the meter provider.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vmotel_instruments::AppMetrics;
///
/// let meter = opentelemetry::global::meter("shop");
/// let app = AppMetrics::new(&meter);
/// app.record_request("GET", "/api/users/{id}", 200, Duration::from_millis(12), 512);
/// app.record_user_login();
/// ```
#[derive(Debug, Clone)]
pub struct AppMetrics {
    instruments: Arc<Instruments>,
}

#[derive(Debug)]
struct Instruments {
    gate: Gate,
    requests: Counter<u64>,
    errors: Counter<u64>,
    duration: Histogram<f64>,
    size: Histogram<u64>,
    response_time: Histogram<f64>,
    active_connections: UpDownCounter<i64>,
    active_users: UpDownCounter<i64>,
}

impl AppMetrics {
    /// Creates the family, and the observation of the current process that belongs to it, with the limits of the process
    /// ([`Limits::global`]).
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        Self::with_limits(meter, &Limits::global())
    }

    /// Creates the family with limits of its own.
    #[must_use]
    pub fn with_limits(meter: &Meter, limits: &Limits) -> Self {
        observe_process(meter);
        let gate = Gate::new(
            limits,
            &[
                &catalog::HTTP_REQUESTS_TOTAL,
                &catalog::HTTP_ERRORS_TOTAL,
                &catalog::HTTP_REQUEST_DURATION_SECONDS,
                &catalog::HTTP_REQUEST_SIZE_BYTES,
                &catalog::HTTP_RESPONSE_TIME_SECONDS,
            ],
        );
        Self {
            instruments: Arc::new(Instruments {
                gate,
                requests: u64_counter(meter, &catalog::HTTP_REQUESTS_TOTAL),
                errors: u64_counter(meter, &catalog::HTTP_ERRORS_TOTAL),
                duration: f64_histogram(meter, &catalog::HTTP_REQUEST_DURATION_SECONDS),
                size: u64_histogram(meter, &catalog::HTTP_REQUEST_SIZE_BYTES),
                response_time: f64_histogram(meter, &catalog::HTTP_RESPONSE_TIME_SECONDS),
                active_connections: i64_up_down_counter(meter, &catalog::HTTP_ACTIVE_CONNECTIONS),
                active_users: i64_up_down_counter(meter, &catalog::ACTIVE_USERS),
            }),
        }
    }

    /// Records a request that has been served: count, duration, size in bytes, and an error if the status is 400 or more.
    ///
    /// `path` is the template of the route (`/users/{id}`), or a path that came in, which is normalised: see [`RequestPath`].
    /// The status is a label of the errors too, so that those of the client (4xx) and of the server (5xx) stay apart.
    pub fn record_request(
        &self,
        method: impl Into<StringValue>,
        path: impl Into<RequestPath>,
        status_code: u16,
        duration: Duration,
        size: u64,
    ) {
        let instruments = &self.instruments;
        let attributes = self.http_attributes(method.into(), path.into(), status_code);
        let attributes = attributes.as_slice();
        instruments.requests.add(1, attributes);
        if status_code >= 400 {
            instruments.errors.add(1, attributes);
        }
        instruments.duration.record(duration.as_secs_f64(), attributes);
        instruments.size.record(size, attributes);
    }

    /// Binds the instruments of [`record_request`](Self::record_request) to one label set.
    #[cfg(all(feature = "bound", feature = "tower"))]
    pub(crate) fn bind(&self, method: StringValue, path: RequestPath, status_code: u16) -> BoundRequest {
        let instruments = &self.instruments;
        let attributes = self.http_attributes(method, path, status_code);
        let attributes = attributes.as_slice();
        BoundRequest {
            requests: instruments.requests.bind(attributes),
            // A series is there from the binding on.
            errors: (status_code >= 400).then(|| instruments.errors.bind(attributes)),
            duration: instruments.duration.bind(attributes),
            size: instruments.size.bind(attributes),
        }
    }

    /// Records the time to the head of a response, in `http_response_time_seconds`.
    pub fn record_response_time(
        &self,
        method: impl Into<StringValue>,
        path: impl Into<RequestPath>,
        status_code: u16,
        duration: Duration,
    ) {
        let attributes = self.http_attributes(method.into(), path.into(), status_code);
        self.instruments
            .response_time
            .record(duration.as_secs_f64(), attributes.as_slice());
    }

    /// Makes the attributes in the order of their keys, in which the SDK finds them without sorting.
    fn http_attributes(&self, method: StringValue, path: RequestPath, status_code: u16) -> Attributes<3> {
        let gate = &self.instruments.gate;
        gate.bound([
            attribute(labels::METHOD, method),
            attribute(labels::PATH, gate.path(path)),
            KeyValue::new(labels::STATUS_CODE, i64::from(status_code)),
        ])
    }

    /// Returns the label of a path that came in.
    #[cfg(feature = "tower")]
    pub(crate) fn path_label(&self, path: &str) -> StringValue {
        self.instruments.gate.raw_path(path)
    }

    /// Counts a request as being served until the returned guard is dropped.
    pub fn track_connection(&self) -> ActiveConnection {
        self.instruments.active_connections.add(1, &[]);
        ActiveConnection { app: self.clone() }
    }

    /// Records that a user has logged in: one active user more.
    pub fn record_user_login(&self) {
        self.instruments.active_users.add(1, &[]);
    }

    /// Records that a user has logged out: one active user less.
    pub fn record_user_logout(&self) {
        self.instruments.active_users.add(-1, &[]);
    }
}

/// The instruments of a request, bound to one label set.
#[cfg(all(feature = "bound", feature = "tower"))]
#[derive(Debug)]
pub(crate) struct BoundRequest {
    requests: BoundCounter<u64>,
    errors: Option<BoundCounter<u64>>,
    duration: BoundHistogram<f64>,
    size: BoundHistogram<u64>,
}

#[cfg(all(feature = "bound", feature = "tower"))]
impl BoundRequest {
    pub(crate) fn record(&self, duration: Duration, size: u64) {
        self.requests.add(1);
        if let Some(errors) = &self.errors {
            errors.add(1);
        }
        self.duration.record(duration.as_secs_f64());
        self.size.record(size);
    }
}

/// A request in `http_active_connections`, until it is dropped.
#[must_use = "the request counts as served once this is dropped"]
#[derive(Debug)]
pub struct ActiveConnection {
    app: AppMetrics,
}

impl Drop for ActiveConnection {
    fn drop(&mut self) {
        self.app.instruments.active_connections.add(-1, &[]);
    }
}

fn observe_process(meter: &Meter) {
    let process = Arc::new(Process::current());
    let of_memory = Arc::clone(&process);
    observe_u64(meter, &catalog::PROCESS_MEMORY_BYTES, move || {
        of_memory.memory().map(|memory| memory.resident_bytes)
    });
    let usage = Mutex::new(CpuUsage::default());
    observe_f64(meter, &catalog::PROCESS_CPU_USAGE, move || {
        let (cpu, uptime) = (process.cpu()?, process.uptime()?);
        let mut usage = usage.lock().unwrap_or_else(PoisonError::into_inner);
        Some(usage.update(cpu, uptime).total() * 100.0)
    });
}
