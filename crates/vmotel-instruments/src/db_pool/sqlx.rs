//! Pools of sqlx.

use sqlx::{Database, Error, Pool, pool::PoolConnection};

use super::{ConnectionPool, PoolState, PoolStats};

/// sqlx keeps a number of connections, idle or used, but none of idle ones; and it does not tell who waits.
impl<DB: Database> PoolStats for Pool<DB> {
    fn state(&self) -> PoolState {
        let size = u64::from(self.size());
        let idle = (self.num_idle() as u64).min(size);
        PoolState {
            idle,
            used: size - idle,
            max: Some(self.options().get_max_connections().into()),
            ..PoolState::default()
        }
    }
}

impl<DB: Database> ConnectionPool for Pool<DB> {
    type Connection = PoolConnection<DB>;
    type Error = Error;

    fn acquire(&self) -> impl Future<Output = Result<Self::Connection, Error>> + Send {
        self.acquire()
    }

    fn is_timeout(error: &Error) -> bool {
        matches!(error, Error::PoolTimedOut)
    }
}
