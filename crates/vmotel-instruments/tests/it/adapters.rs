//! The process by the conventions, tokio, pools and caches: against what each of them is known to be doing.

use std::{
    future::pending,
    time::{Duration, Instant},
};

use deadpool::managed::{self, Manager, Metrics, RecycleResult};
use vmotel_instruments::{
    CacheMetrics, DbPoolMetrics, MeteredCache, PoolState, ProcessMetrics, TokioMetrics,
};

use crate::harness::Harness;

/// Returns the series of the families that begin so.
fn series(harness: &Harness, prefix: &str) -> Vec<String> {
    harness.series(|name| name.starts_with(prefix))
}

#[test]
fn the_process_by_the_conventions() {
    let harness = Harness::new();
    ProcessMetrics::register_conventions(&harness.meter());
    let heads: Vec<_> = harness.heads();
    assert_eq!(
        heads,
        [
            "process_context_switches_total counter {context_switch} | how often the process was taken off a cpu",
            "process_cpu_time_seconds_total counter s | cpu time of the process by mode",
            "process_cpu_utilization gauge 1 | share of the cpus available to the process that it used since the last collection (0-1)",
            "process_disk_io_bytes_total counter by | bytes read from and written to storage",
            "process_memory_usage_bytes updowncounter by | memory of the process in ram",
            "process_memory_virtual_bytes updowncounter by | address space of the process",
            "process_paging_faults_total counter {fault} | page faults of the process",
            "process_thread_count updowncounter {thread} | number of threads of the process",
            "process_unix_file_descriptor_count updowncounter {file_descriptor} | number of open file descriptors",
            "process_uptime_seconds gauge s | time since the start of the process",
        ]
    );
    let keys: Vec<_> = series(&harness, "process_")
        .iter()
        .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
        .collect();
    assert_eq!(
        keys,
        [
            r#"process_context_switches_total{process.context_switch.type="involuntary"}"#,
            r#"process_context_switches_total{process.context_switch.type="voluntary"}"#,
            r#"process_cpu_time_seconds_total{cpu.mode="system"}"#,
            r#"process_cpu_time_seconds_total{cpu.mode="user"}"#,
            r#"process_cpu_utilization{cpu.mode="system"}"#,
            r#"process_cpu_utilization{cpu.mode="user"}"#,
            r#"process_disk_io_bytes_total{disk.io.direction="read"}"#,
            r#"process_disk_io_bytes_total{disk.io.direction="write"}"#,
            "process_memory_usage_bytes",
            "process_memory_virtual_bytes",
            r#"process_paging_faults_total{system.paging.fault.type="major"}"#,
            r#"process_paging_faults_total{system.paging.fault.type="minor"}"#,
            "process_thread_count",
            "process_unix_file_descriptor_count",
            "process_uptime_seconds",
        ]
    );
    // The kernel's own count of this moment.
    let threads = std::fs::read_dir("/proc/self/task").unwrap().count();
    assert_eq!(harness.value("process_thread_count"), Some(threads as f64));
}

/// The kernel's own count of this process in microseconds, over a window that this test opens and closes.
#[cfg(target_os = "linux")]
#[test]
#[expect(clippy::disallowed_methods, reason = "utilisation is a share of real time")]
fn utilisation_is_the_cpu_time_between_two_collections() {
    use nix::sys::resource::{UsageWho, getrusage};

    let harness = Harness::new();
    ProcessMetrics::register_conventions(&harness.meter());
    let used = || {
        let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
        [usage.user_time(), usage.system_time()]
            .map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6)
    };
    let shares = || -> [f64; 2] {
        let lines = series(&harness, "process_cpu_utilization");
        ["user", "system"].map(|mode| {
            let line = lines.iter().find(|line| line.contains(mode)).unwrap();
            line.rsplit(' ').next().unwrap().parse().unwrap()
        })
    };
    shares();
    let (begin, before) = (Instant::now(), used());
    // Most of it in user mode, some in the kernel, none for a while.
    while used()[0] - before[0] < 0.4 {
        std::hint::black_box((0..50_000_u64).sum::<u64>());
    }
    std::thread::sleep(Duration::from_millis(300));
    let (shares, elapsed) = (shares(), begin.elapsed().as_secs_f64());
    let cpus = std::thread::available_parallelism().unwrap().get() as f64;
    // `/proc` tells both in ticks of 10 ms.
    let tick = 0.02 / (elapsed * cpus);
    for ((share, before), after) in shares.iter().zip(before).zip(used()) {
        let expected = (after - before) / (elapsed * cpus);
        let slack = 2.0 * tick + 0.1 * expected;
        assert!((share - expected).abs() <= slack, "{share} {expected} {slack}");
    }
    assert!(shares[0] >= 0.3 / (elapsed * cpus), "{shares:?}");
}

#[test]
fn a_tokio_runtime_tells_its_workers_and_tasks() {
    let harness = Harness::new();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(3)
        .enable_time()
        .build()
        .unwrap();
    TokioMetrics::register(&harness.meter(), runtime.handle());
    let tasks: Vec<_> = (0..7).map(|_| runtime.spawn(pending::<()>())).collect();
    assert_eq!(harness.value("tokio_runtime_workers"), Some(3.0));
    assert_eq!(harness.value("tokio_runtime_alive_tasks"), Some(7.0));
    let busy = || harness.value("tokio_runtime_busy_time_seconds_total").unwrap();
    let before = busy();
    let work = runtime.spawn(async { std::thread::sleep(Duration::from_millis(60)) });
    runtime.block_on(work).unwrap();
    // A worker tells when it has no more to do.
    runtime.block_on(async { tokio::time::sleep(Duration::from_millis(20)).await });
    let elapsed = busy() - before;
    assert!((0.06..5.0).contains(&elapsed), "{elapsed} s busy");
    assert!(harness.value("tokio_runtime_parks_total").unwrap() >= 1.0);
    for task in tasks {
        task.abort();
        let _ = runtime.block_on(task);
    }
    // A task is let go after who waited for it has been told.
    let begin = Instant::now();
    while harness.value("tokio_runtime_alive_tasks") != Some(0.0) {
        assert!(begin.elapsed() < Duration::from_secs(5), "tasks are left");
        std::thread::yield_now();
    }
    assert_eq!(harness.value("tokio_runtime_global_queue_depth"), Some(0.0));
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
    assert_eq!(series(&harness, "db_client_connection_max").len(), 2);
    assert_eq!(series(&harness, "db_client_connection_idle_min").len(), 2);
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

struct Connections;

impl Manager for Connections {
    type Type = ();
    type Error = std::convert::Infallible;

    async fn create(&self) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn recycle(&self, (): &mut (), _: &Metrics) -> RecycleResult<Self::Error> {
        Ok(())
    }
}

#[tokio::test]
async fn deadpool_tells_its_state() {
    let harness = Harness::new();
    let pools = DbPoolMetrics::new(&harness.meter());
    let pool: managed::Pool<Connections> = managed::Pool::builder(Connections).max_size(3).build().unwrap();
    let _observed = pools.observe("main", pool.clone());
    let values = || -> Vec<u64> {
        let lines = series(&harness, "db_client_connection_");
        lines
            .iter()
            .map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
            .collect()
    };
    // Idle, used, the most, waiting, timeouts.
    assert_eq!(values(), [0, 0, 3, 0, 0]);
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(pool.get().await.unwrap());
    }
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { drop(pool.get().await) }
    });
    tokio::task::yield_now().await;
    assert_eq!(values(), [0, 3, 3, 1, 0]);
    held.truncate(1);
    waiting.await.unwrap();
    assert_eq!(values(), [2, 1, 3, 0, 0]);
}

#[test]
fn a_cache_of_moka_counts_look_ups_loads_and_evictions() {
    let harness = Harness::new();
    let metrics = CacheMetrics::new(&harness.meter());
    let cache = moka::sync::Cache::builder()
        .max_capacity(10)
        .weigher(|_: &u32, _: &u32| 2)
        .eviction_listener(metrics.eviction_listener("numbers"))
        .build();
    let cache = MeteredCache::new("numbers", cache, &metrics);
    for key in 0..5 {
        assert_eq!(cache.get(&key), None);
        cache.insert(key, key);
        assert_eq!(cache.get(&key), Some(key));
        assert_eq!(cache.get_with(key, || 0), key);
    }
    assert_eq!(cache.get_with(100, || 7), 7);
    cache.run_pending_tasks();
    assert_eq!(harness.value("cache_hits_total"), Some(10.0));
    assert_eq!(harness.value("cache_misses_total"), Some(6.0));
    assert_eq!(
        harness.histogram("cache_operation_duration_seconds").1,
        1,
        "one was loaded"
    );
    assert_eq!(harness.value("cache_entries"), Some(5.0));
    assert_eq!(harness.value("cache_weight"), Some(10.0));
    // Six entries of weight 2 do not fit into 10.
    assert_eq!(harness.value("cache_evictions_total"), Some(1.0));
    cache.invalidate_all();
    cache.run_pending_tasks();
    assert_eq!(
        harness.value("cache_evictions_total"),
        Some(1.0),
        "what the service removes is not evicted"
    );
    assert_eq!(harness.value("cache_entries"), Some(0.0));
    drop(cache);
    assert_eq!(harness.value("cache_entries"), None);
}
