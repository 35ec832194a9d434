//! The process by the conventions, tokio and caches: against what each of them is known to be doing.

use std::{
    future::pending,
    time::{Duration, Instant},
};

use vmotel_instruments::{CacheMetrics, MeteredCache, ProcessMetrics, TokioMetrics};

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

/// What only a tokio tells that is built with `--cfg tokio_unstable`; `cargo xtask test` builds it so.
#[cfg(tokio_unstable)]
#[test]
fn an_unstable_tokio_tells_of_blocking_work_and_of_budgets() {
    use std::sync::{Arc, Barrier};

    let harness = Harness::new();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(2)
        .build()
        .unwrap();
    TokioMetrics::register(&harness.meter(), runtime.handle());
    let value = |name: &str| harness.value(&format!("tokio_runtime_{name}"));
    assert_eq!(value("spawned_tasks_total"), Some(0.0));
    assert_eq!(value("blocking_threads"), Some(0.0));

    // Two threads hold two of five works until all of them are seen.
    let gate = Arc::new(Barrier::new(3));
    let works: Vec<_> = (0..5)
        .map(|number| {
            let gate = Arc::clone(&gate);
            runtime.spawn_blocking(move || {
                if number < 2 {
                    gate.wait();
                    gate.wait();
                }
            })
        })
        .collect();
    gate.wait();
    assert_eq!(value("blocking_threads"), Some(2.0));
    assert_eq!(value("blocking_queue_depth"), Some(3.0));
    gate.wait();
    for work in works {
        runtime.block_on(work).unwrap();
    }
    assert_eq!(value("blocking_queue_depth"), Some(0.0));

    // A poll may take 128 steps.
    assert_eq!(value("budget_forced_yields_total"), Some(0.0));
    let steps = runtime.spawn(async {
        for _ in 0..128 * 10 + 1 {
            tokio::task::consume_budget().await;
        }
    });
    runtime.block_on(steps).unwrap();
    assert_eq!(value("budget_forced_yields_total"), Some(10.0));
    assert_eq!(value("spawned_tasks_total"), Some(1.0));
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
