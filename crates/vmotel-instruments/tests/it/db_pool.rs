//! Pools of database connections: what a pool says of itself, and pools of deadpool and sqlx at work.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use deadpool::managed::{self, Manager, Metrics, RecycleResult};
use sqlx::{Row as _, sqlite::SqlitePoolOptions};
use vmotel_instruments::{DbPoolMetrics, MeteredManager, MeteredPool, PoolState};

use crate::harness::Harness;

const STEP: Duration = Duration::from_millis(40);

/// Returns the series of the families that begin so.
fn series(harness: &Harness, prefix: &str) -> Vec<String> {
    harness.series(|name| name.starts_with(prefix))
}

/// Returns what is said of the one pool there is: idle and used connections, the most, those who wait, timeouts.
fn state(harness: &Harness) -> [f64; 5] {
    let count = |state: &str| {
        let lines = series(harness, "db_client_connection_count");
        let of_state = format!("connection.state={state:?}");
        let line = lines.iter().find(|line| line.contains(&of_state)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let value = |family: &str| harness.value(&format!("db_client_connection_{family}")).unwrap();
    [
        count("idle"),
        count("used"),
        value("max"),
        value("pending_requests"),
        value("timeouts_total"),
    ]
}

async fn wait_for_state(harness: &Harness, expected: [f64; 5]) {
    let begin = Instant::now();
    while state(harness) != expected {
        assert!(
            begin.elapsed() < Duration::from_secs(5),
            "{:?}, not {expected:?}",
            state(harness)
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Returns sum and count of the times that are called so.
fn times(harness: &Harness, what: &str) -> (f64, u64) {
    harness.histogram(&format!("db_client_connection_{what}_time_seconds"))
}

#[test]
fn a_pool_is_observed_until_its_observation_ends() {
    let harness = Harness::new();
    let pools = DbPoolMetrics::new(&harness.meter());
    let state = |idle, used| {
        move || PoolState {
            idle,
            used,
            max: Some(10),
            idle_max: Some(5),
            idle_min: Some(1),
            pending: None,
        }
    };
    let orders = pools.observe("orders", state(3, 2));
    let users = pools.observe("users", state(0, 1));
    let count = |pool: &str, state: &str, value: u64| {
        format!(
            "db_client_connection_count{{db.client.connection.pool.name={pool:?},db.client.connection.state={state:?}}} {value}"
        )
    };
    assert_eq!(
        series(&harness, "db_client_connection_count"),
        [
            count("orders", "idle", 3),
            count("orders", "used", 2),
            count("users", "idle", 0),
            count("users", "used", 1)
        ]
    );
    let of_orders = |family: &str, value: u64| {
        format!("db_client_connection_{family}{{db.client.connection.pool.name=\"orders\"}} {value}")
    };
    for (family, value) in [("max", 10), ("idle_max", 5), ("idle_min", 1)] {
        let found = series(&harness, &format!("db_client_connection_{family}"));
        assert_eq!((found.len(), &found[0]), (2, &of_orders(family, value)));
    }
    assert!(series(&harness, "db_client_connection_pending_requests").is_empty());

    // The new pool of a name takes the place of the old one, whose end then changes nothing.
    let again = pools.observe("orders", state(9, 0));
    drop(orders);
    drop(users);
    assert_eq!(
        series(&harness, "db_client_connection_count"),
        [count("orders", "idle", 9), count("orders", "used", 0)]
    );
    again.keep();
    assert_eq!(series(&harness, "db_client_connection_count").len(), 2);

    pools.record_wait("orders", Duration::from_millis(250));
    pools.record_use("orders", Duration::from_millis(500));
    pools.record_create("orders", Duration::from_secs(2));
    pools.record_timeout("orders");
    pools.record_timeout("orders");
    for (family, seconds) in [("wait", 0.25), ("use", 0.5), ("create", 2.0)] {
        let family = format!("db_client_connection_{family}_time_seconds");
        assert_eq!(harness.histogram(&family), (seconds, 1));
    }
    let timeouts = series(&harness, "db_client_connection_timeouts_total");
    let total = |line: &String| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap();
    assert_eq!(
        timeouts.iter().map(total).collect::<Vec<_>>(),
        [2, 0],
        "of orders and of users"
    );
}

/// Connections of which the second one cannot be made.
#[derive(Default)]
struct Connections(AtomicUsize);

impl Manager for Connections {
    type Type = usize;
    type Error = &'static str;

    async fn create(&self) -> Result<usize, Self::Error> {
        tokio::time::sleep(STEP).await;
        match self.0.fetch_add(1, Ordering::Relaxed) {
            1 => Err("this one is not made"),
            number => Ok(number),
        }
    }

    async fn recycle(&self, _: &mut usize, _: &Metrics) -> RecycleResult<Self::Error> {
        Ok(())
    }
}

#[tokio::test]
async fn a_pool_of_deadpool() {
    let harness = Harness::new();
    let metrics = DbPoolMetrics::new(&harness.meter());
    let pool: managed::Pool<_> =
        managed::Pool::builder(MeteredManager::new("main", Connections::default(), &metrics))
            .max_size(2)
            .build()
            .unwrap();
    let pool = MeteredPool::new("main", pool, &metrics);
    assert_eq!(state(&harness), [0.0, 0.0, 2.0, 0.0, 0.0]);
    let begin = Instant::now();
    let first = pool.get().await.unwrap();
    assert!(pool.get().await.is_err());
    let second = pool.get().await.unwrap();
    assert_eq!((**first, **second), (0, 2));
    let elapsed = begin.elapsed().as_secs_f64();
    let (seconds, count) = times(&harness, "create");
    assert_eq!(count, 2, "one was not made");
    assert!(STEP.as_secs_f64() * 2.0 <= seconds && seconds <= elapsed);
    assert_eq!(state(&harness), [0.0, 2.0, 2.0, 0.0, 0.0]);

    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { pool.get().await.map(drop) }
    });
    wait_for_state(&harness, [0.0, 2.0, 2.0, 1.0, 0.0]).await;
    drop(first);
    waiting.await.unwrap().unwrap();
    assert_eq!(state(&harness), [1.0, 1.0, 2.0, 0.0, 0.0]);
    assert_eq!(times(&harness, "wait").1, 3, "an error is no wait");
    assert_eq!(times(&harness, "use").1, 2, "one is still held");

    // All are taken, and nobody waits for longer than none at all.
    let _third = pool.get().await.unwrap();
    let impatient = managed::Timeouts {
        wait: Some(Duration::ZERO),
        ..managed::Timeouts::default()
    };
    assert!(pool.timeout_get(&impatient).await.is_err());
    assert_eq!(
        state(&harness)[4],
        0.0,
        "what is called on the pool itself is not recorded"
    );
    drop(pool);
    assert!(series(&harness, "db_client_connection_count").is_empty());
}

#[tokio::test]
async fn a_pool_of_deadpool_times_out() {
    let harness = Harness::new();
    let metrics = DbPoolMetrics::new(&harness.meter());
    let pool: managed::Pool<_> = managed::Pool::builder(Connections::default())
        .max_size(1)
        .wait_timeout(Some(Duration::from_millis(1)))
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .unwrap();
    let pool = MeteredPool::new("main", pool, &metrics);
    let held = pool.get().await.unwrap();
    for _ in 0..3 {
        assert!(pool.get().await.is_err());
    }
    assert_eq!(state(&harness), [0.0, 1.0, 1.0, 0.0, 3.0]);
    // The second connection is not made, and that is no timeout.
    let _: usize = managed::Object::take(held.into_inner());
    assert!(pool.get().await.is_err());
    assert_eq!(state(&harness), [0.0, 0.0, 1.0, 0.0, 3.0]);
    assert_eq!((times(&harness, "wait").1, times(&harness, "use").1), (1, 1));
}

#[tokio::test]
async fn a_pool_of_sqlx_with_sqlite() {
    let harness = Harness::new();
    let metrics = DbPoolMetrics::new(&harness.meter());
    let pool = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(2)
        .acquire_timeout(STEP * 3)
        .connect_lazy("sqlite::memory:")
        .unwrap();
    let pool = MeteredPool::new("orders", pool, &metrics);
    assert_eq!(state(&harness)[2..], [2.0, 0.0, 0.0]);
    assert!(
        series(&harness, "db_client_connection_idle_").is_empty(),
        "sqlx has no limits of idle connections"
    );

    let begin = Instant::now();
    let mut first = pool.get().await.unwrap();
    let second = pool.get().await.unwrap();
    let row = sqlx::query("SELECT 6 * 7").fetch_one(&mut **first).await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 42);
    assert_eq!(state(&harness), [0.0, 2.0, 2.0, 0.0, 0.0]);

    // One waits too long, one goes before, one gets a connection.
    let late = tokio::spawn({
        let pool = pool.clone();
        async move { pool.get().await.map(drop) }
    });
    wait_for_state(&harness, [0.0, 2.0, 2.0, 1.0, 0.0]).await;
    assert!(matches!(late.await.unwrap(), Err(sqlx::Error::PoolTimedOut)));
    assert_eq!(state(&harness), [0.0, 2.0, 2.0, 0.0, 1.0]);
    let gone = tokio::time::timeout(Duration::from_millis(1), pool.get()).await;
    assert!(gone.is_err());
    assert_eq!(state(&harness), [0.0, 2.0, 2.0, 0.0, 1.0]);
    let waits = tokio::spawn({
        let pool = pool.clone();
        async move { pool.get().await.map(drop) }
    });
    wait_for_state(&harness, [0.0, 2.0, 2.0, 1.0, 1.0]).await;
    drop(first);
    waits.await.unwrap().unwrap();
    drop(second);
    wait_for_state(&harness, [2.0, 0.0, 2.0, 0.0, 1.0]).await;

    let elapsed = begin.elapsed().as_secs_f64();
    assert_eq!(times(&harness, "wait").1, 3);
    let (held, count) = times(&harness, "use");
    assert_eq!(count, 3);
    // Two were held while one waited for three steps.
    assert!(
        STEP.as_secs_f64() * 6.0 <= held && held <= elapsed * 3.0,
        "{held} s"
    );

    pool.close().await;
    assert!(matches!(pool.get().await, Err(sqlx::Error::PoolClosed)));
    assert_eq!(state(&harness), [0.0, 0.0, 2.0, 0.0, 1.0]);
}
