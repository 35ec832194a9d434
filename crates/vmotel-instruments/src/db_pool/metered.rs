//! A pool whose connections are timed.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use opentelemetry::StringValue;

use super::{DbPoolMetrics, PoolStats};
use crate::{Observation, clock::now};

/// A pool that hands out connections.
///
/// Pools of deadpool and sqlx are such, with the features of these names.
pub trait ConnectionPool: PoolStats {
    /// A connection, which goes back to the pool when it is dropped.
    type Connection;
    /// Why there is no connection.
    type Error;

    /// Returns a connection, once there is one.
    fn acquire(&self) -> impl Future<Output = Result<Self::Connection, Self::Error>> + Send;

    /// Returns true for the error of who has waited too long.
    fn is_timeout(error: &Self::Error) -> bool;
}

/// A pool with the times of its connections recorded; clones share everything.
///
/// [`get`](Self::get) records how long it took to get a connection, or the timeout, and the connection how long it was held. The state of
/// the pool is observed; where the pool does not tell how many wait, those in `get` are counted. What is called on the pool itself
/// goes through unrecorded.
///
/// # Examples
///
/// ```
/// use vmotel_instruments::{ConnectionPool, DbPoolMetrics, MeteredPool, PoolState, PoolStats};
///
/// #[derive(Clone)]
/// struct Endless;
///
/// impl PoolStats for Endless {
///     fn state(&self) -> PoolState {
///         PoolState { idle: 1, ..PoolState::default() }
///     }
/// }
///
/// impl ConnectionPool for Endless {
///     type Connection = String;
///     type Error = ();
///
///     async fn acquire(&self) -> Result<String, ()> {
///         Ok("a connection".to_owned())
///     }
///
///     fn is_timeout((): &()) -> bool {
///         true
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let metrics = DbPoolMetrics::new(&opentelemetry::global::meter("shop"));
/// let pool = MeteredPool::new("orders", Endless, &metrics);
/// let connection = pool.get().await.unwrap();
/// assert_eq!(*connection, "a connection");
/// drop(connection); // Its time is recorded.
/// # }
/// ```
#[derive(Clone)]
pub struct MeteredPool<P> {
    pool: P,
    metrics: DbPoolMetrics,
    name: StringValue,
    waiting: Arc<AtomicU64>,
    _observed: Arc<Observation>,
}

impl<P> fmt::Debug for MeteredPool<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeteredPool")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<P> Deref for MeteredPool<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.pool
    }
}

impl<P: ConnectionPool + Clone> MeteredPool<P> {
    /// Creates it around a pool, which is observed under this name until the last clone is dropped.
    #[must_use]
    pub fn new(name: impl Into<StringValue>, pool: P, metrics: &DbPoolMetrics) -> Self {
        let name = shared(&name.into());
        let waiting = Arc::<AtomicU64>::default();
        let observed = {
            let (pool, waiting) = (pool.clone(), Arc::clone(&waiting));
            metrics.observe(name.clone(), move || {
                let mut state = pool.state();
                state
                    .pending
                    .get_or_insert_with(|| waiting.load(Ordering::Relaxed));
                state
            })
        };
        Self {
            pool,
            metrics: metrics.clone(),
            name,
            waiting,
            _observed: Arc::new(observed),
        }
    }

    /// Returns a connection, once there is one; who goes before is not recorded.
    ///
    /// # Errors
    /// Those of the pool; a timeout is counted.
    pub async fn get(&self) -> Result<MeteredConnection<P::Connection>, P::Error> {
        let begin = now();
        let waiting = Waiting::begin(&self.waiting);
        let result = self.pool.acquire().await;
        drop(waiting);
        match result {
            Ok(connection) => {
                let end = now();
                self.metrics
                    .record_wait(self.name.clone(), end.saturating_duration_since(begin));
                let held = Held {
                    metrics: self.metrics.clone(),
                    name: self.name.clone(),
                    begin: end,
                };
                Ok(MeteredConnection { held, connection })
            }
            Err(error) => {
                if P::is_timeout(&error) {
                    self.metrics.record_timeout(self.name.clone());
                }
                Err(error)
            }
        }
    }
}

/// Who waits, until it is dropped.
struct Waiting<'a>(&'a AtomicU64);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicU64) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection out of a [`MeteredPool`]; how long it was held is recorded when it is dropped.
pub struct MeteredConnection<C> {
    /// Dropped first: who sees the connection in the pool again sees its use recorded.
    held: Held,
    connection: C,
}

impl<C> MeteredConnection<C> {
    /// Returns the connection itself; its use is recorded up to now.
    pub fn into_inner(self) -> C {
        self.connection
    }
}

impl<C: fmt::Debug> fmt::Debug for MeteredConnection<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeteredConnection")
            .field("pool", &self.held.name)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

impl<C> Deref for MeteredConnection<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.connection
    }
}

impl<C> DerefMut for MeteredConnection<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.connection
    }
}

struct Held {
    metrics: DbPoolMetrics,
    name: StringValue,
    begin: Instant,
}

impl Drop for Held {
    fn drop(&mut self) {
        let held = now().saturating_duration_since(self.begin);
        self.metrics.record_use(self.name.clone(), held);
    }
}

/// Returns a name whose clones allocate nothing.
pub(super) fn shared(name: &StringValue) -> StringValue {
    StringValue::from(Arc::<str>::from(name.as_str()))
}
