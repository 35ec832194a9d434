//! Pools of deadpool.

use deadpool::managed::{Manager, Object, Pool};

use super::{PoolState, PoolStats};

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
            idle_min: None,
            pending: Some(status.waiting as u64),
        }
    }
}
