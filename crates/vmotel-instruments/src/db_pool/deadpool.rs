//! Pools of deadpool.

use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, RecycleResult};
use opentelemetry::StringValue;

use super::{ConnectionPool, DbPoolMetrics, PoolState, PoolStats};
use crate::clock::now;

impl<M, W> PoolStats for Pool<M, W>
where
    M: Manager + 'static,
    W: From<Object<M>> + 'static,
    Self: Send + Sync,
{
    fn state(&self) -> PoolState {
        let status = self.status();
        let idle = status.available.min(status.size);
        PoolState {
            idle: idle as u64,
            used: (status.size - idle) as u64,
            max: Some(status.max_size as u64),
            pending: Some(status.waiting as u64),
            ..PoolState::default()
        }
    }
}

impl<M, W> ConnectionPool for Pool<M, W>
where
    M: Manager + 'static,
    W: From<Object<M>> + 'static,
    Self: Send + Sync,
{
    type Connection = W;
    type Error = PoolError<M::Error>;

    async fn acquire(&self) -> Result<W, Self::Error> {
        self.get().await
    }

    fn is_timeout(error: &Self::Error) -> bool {
        matches!(error, PoolError::Timeout(_))
    }
}

/// A manager of deadpool whose connections are timed as they are made: `db.client.connection.create_time`.
///
/// # Examples
///
/// ```
/// use deadpool::managed::{Manager, Metrics, Pool, RecycleResult};
/// use vmotel_instruments::{DbPoolMetrics, MeteredManager, MeteredPool};
///
/// struct Connections;
///
/// impl Manager for Connections {
///     type Type = &'static str;
///     type Error = std::convert::Infallible;
///
///     async fn create(&self) -> Result<Self::Type, Self::Error> {
///         Ok("a connection")
///     }
///
///     async fn recycle(&self, _: &mut Self::Type, _: &Metrics) -> RecycleResult<Self::Error> {
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let metrics = DbPoolMetrics::new(&opentelemetry::global::meter("shop"));
/// let manager = MeteredManager::new("orders", Connections, &metrics);
/// let pool = MeteredPool::new("orders", Pool::<_>::builder(manager).build()?, &metrics);
/// assert_eq!(**pool.get().await?, "a connection");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MeteredManager<M> {
    manager: M,
    metrics: DbPoolMetrics,
    name: StringValue,
}

impl<M> MeteredManager<M> {
    /// Creates it around a manager, for the pool of this name.
    #[must_use]
    pub fn new(name: impl Into<StringValue>, manager: M, metrics: &DbPoolMetrics) -> Self {
        Self {
            manager,
            metrics: metrics.clone(),
            name: super::metered::shared(&name.into()),
        }
    }
}

impl<M: Manager> Manager for MeteredManager<M> {
    type Type = M::Type;
    type Error = M::Error;

    async fn create(&self) -> Result<M::Type, M::Error> {
        let begin = now();
        let connection = self.manager.create().await?;
        self.metrics.record_create(self.name.clone(), begin.elapsed());
        Ok(connection)
    }

    async fn recycle(&self, connection: &mut M::Type, metrics: &Metrics) -> RecycleResult<M::Error> {
        self.manager.recycle(connection, metrics).await
    }

    fn detach(&self, connection: &mut M::Type) {
        self.manager.detach(connection);
    }
}
