//! Pools of database connections.

#[cfg(feature = "deadpool")]
mod deadpool;
mod metered;
#[cfg(feature = "sqlx")]
mod sqlx;

use std::{sync::Arc, time::Duration};

use opentelemetry::{
    StringValue,
    metrics::{Counter, Histogram, Meter},
};
use vmotel_cardinality::Limits;
use vmotel_model::MetricDef;

#[cfg(feature = "deadpool")]
pub use self::deadpool::MeteredManager;
pub use self::metered::{ConnectionPool, MeteredConnection, MeteredPool};
use crate::{
    Observation, catalog,
    gate::{Attributes, Gate},
    instrument::{attribute, f64_histogram, observe_each_u64, u64_counter},
    labels,
    sources::Sources,
};

/// The connections of a pool at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolState {
    /// Connections that wait to be used.
    pub idle: u64,
    /// Connections in use.
    pub used: u64,
    /// The most connections; `None` if there is no such limit.
    pub max: Option<u64>,
    /// The most idle connections; `None` if there is no such limit beside `max`.
    pub idle_max: Option<u64>,
    /// The least idle connections that the pool keeps; `None` if it keeps none.
    pub idle_min: Option<u64>,
    /// Requests that wait for a connection; `None` if the pool does not tell.
    pub pending: Option<u64>,
}

/// A pool that tells its state; asked at each collection, so it must not block.
pub trait PoolStats: Send + Sync + 'static {
    /// Returns the state of this moment.
    fn state(&self) -> PoolState;
}

impl<F: Fn() -> PoolState + Send + Sync + 'static> PoolStats for F {
    fn state(&self) -> PoolState {
        self()
    }
}

/// Pools of database connections by the semantic conventions.
///
/// The metrics and their labels are those of [`catalog::DB_POOL`]. What pools tell of themselves is observed; waiting, use and
/// creation are recorded by who gets connections: [`MeteredPool`] does so. A handle is cheap to clone; create the family once per meter.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vmotel_instruments::{DbPoolMetrics, PoolState};
///
/// let pools = DbPoolMetrics::new(&opentelemetry::global::meter("shop"));
/// let orders = pools.observe("orders", || PoolState { idle: 3, used: 2, max: Some(10), ..PoolState::default() });
/// pools.record_wait("orders", Duration::from_millis(2));
/// drop(orders); // The pool is gone, and so are its series.
/// ```
#[derive(Debug, Clone)]
pub struct DbPoolMetrics {
    instruments: Arc<Instruments>,
}

struct Instruments {
    gate: Gate,
    pools: Sources<dyn PoolStats>,
    timeouts: Counter<u64>,
    wait: Histogram<f64>,
    used: Histogram<f64>,
    create: Histogram<f64>,
}

impl std::fmt::Debug for Instruments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instruments")
            .field("gate", &self.gate)
            .finish_non_exhaustive()
    }
}

impl DbPoolMetrics {
    /// Creates the family with the limits of the process ([`Limits::global`]).
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        Self::with_limits(meter, &Limits::global())
    }

    /// Creates the family with limits of its own.
    #[must_use]
    pub fn with_limits(meter: &Meter, limits: &Limits) -> Self {
        let recorded = [
            &catalog::DB_CLIENT_CONNECTION_TIMEOUTS,
            &catalog::DB_CLIENT_CONNECTION_WAIT_TIME,
            &catalog::DB_CLIENT_CONNECTION_USE_TIME,
            &catalog::DB_CLIENT_CONNECTION_CREATE_TIME,
        ];
        let pools = Sources::default();
        observe(meter, &pools);
        Self {
            instruments: Arc::new(Instruments {
                gate: Gate::new(limits, &recorded),
                pools,
                timeouts: u64_counter(meter, &catalog::DB_CLIENT_CONNECTION_TIMEOUTS),
                wait: f64_histogram(meter, &catalog::DB_CLIENT_CONNECTION_WAIT_TIME),
                used: f64_histogram(meter, &catalog::DB_CLIENT_CONNECTION_USE_TIME),
                create: f64_histogram(meter, &catalog::DB_CLIENT_CONNECTION_CREATE_TIME),
            }),
        }
    }

    /// Observes a pool under this name until the returned observation is dropped; a pool of the same name before it is
    /// observed no more.
    pub fn observe(&self, name: impl Into<StringValue>, pool: impl PoolStats) -> Observation {
        let name = name.into();
        // There from the start, so that the first timeout is a step.
        self.instruments
            .timeouts
            .add(0, self.pool(name.clone()).as_slice());
        self.instruments.pools.add(name, Arc::new(pool))
    }

    /// Records how long a request waited until it had a connection.
    pub fn record_wait(&self, pool: impl Into<StringValue>, duration: Duration) {
        let pool = self.pool(pool);
        self.instruments
            .wait
            .record(duration.as_secs_f64(), pool.as_slice());
    }

    /// Records that a request waited too long and got no connection.
    pub fn record_timeout(&self, pool: impl Into<StringValue>) {
        self.instruments.timeouts.add(1, self.pool(pool).as_slice());
    }

    /// Records how long a connection was held.
    pub fn record_use(&self, pool: impl Into<StringValue>, duration: Duration) {
        let pool = self.pool(pool);
        self.instruments
            .used
            .record(duration.as_secs_f64(), pool.as_slice());
    }

    /// Records how long it took to open a connection.
    pub fn record_create(&self, pool: impl Into<StringValue>, duration: Duration) {
        let pool = self.pool(pool);
        self.instruments
            .create
            .record(duration.as_secs_f64(), pool.as_slice());
    }

    fn pool(&self, pool: impl Into<StringValue>) -> Attributes<1> {
        self.instruments
            .gate
            .bound([attribute(labels::DB_CLIENT_CONNECTION_POOL_NAME, pool)])
    }
}

fn observe(meter: &Meter, pools: &Sources<dyn PoolStats>) {
    let of_count = pools.clone();
    observe_each_u64(meter, &catalog::DB_CLIENT_CONNECTION_COUNT, move |observe| {
        of_count.for_each(|name, pool| {
            let state = pool.state();
            for (value, state) in [(state.idle, "idle"), (state.used, "used")] {
                let name = attribute(labels::DB_CLIENT_CONNECTION_POOL_NAME, name.clone());
                observe(
                    value,
                    &[name, attribute(labels::DB_CLIENT_CONNECTION_STATE, state)],
                );
            }
        });
    });
    let one = |def: &MetricDef, field: fn(PoolState) -> Option<u64>| {
        let pools = pools.clone();
        observe_each_u64(meter, def, move |observe| {
            pools.for_each(|name, pool| {
                if let Some(value) = field(pool.state()) {
                    observe(
                        value,
                        &[attribute(labels::DB_CLIENT_CONNECTION_POOL_NAME, name.clone())],
                    );
                }
            });
        });
    };
    one(&catalog::DB_CLIENT_CONNECTION_MAX, |state| state.max);
    one(&catalog::DB_CLIENT_CONNECTION_IDLE_MAX, |state| state.idle_max);
    one(&catalog::DB_CLIENT_CONNECTION_IDLE_MIN, |state| state.idle_min);
    one(&catalog::DB_CLIENT_CONNECTION_PENDING_REQUESTS, |state| {
        state.pending
    });
}
