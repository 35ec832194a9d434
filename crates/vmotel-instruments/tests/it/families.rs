//! The exposed names, kinds, units, labels, buckets and values of each family, literally.

use std::time::Duration;

use vmotel_instruments::{
    AppMetrics, BusinessConfig, BusinessMetrics, CacheMetrics, ProcessMetrics, catalog,
};
use vmotel_model::Naming;

use crate::harness::Harness;

#[track_caller]
fn check(found: &[String], expected: &str) {
    let expected: Vec<_> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(found, expected, "\n{}", found.join("\n"));
}

#[test]
fn application() {
    let harness = Harness::new();
    let app = AppMetrics::new(&harness.meter());
    app.record_request("GET", "/api/users", 200, Duration::from_millis(7), 150);
    app.record_request("GET", "/api/users", 200, Duration::from_millis(5), 100);
    app.record_request(
        "POST",
        String::from("/api/orders"),
        400,
        Duration::from_secs(11),
        10_000_001,
    );
    app.record_request(
        "PUT",
        std::sync::Arc::<str>::from("/api/orders"),
        500,
        Duration::ZERO,
        0,
    );
    app.record_request(
        "DELETE",
        std::borrow::Cow::Borrowed("/api/products"),
        399,
        Duration::from_secs(10),
        1,
    );
    for _ in 0..3 {
        app.record_user_login();
    }
    app.record_user_logout();

    check(
        &harness.series(|name| !name.starts_with("process_") && !name.starts_with("http_request_")),
        r#"
        active_users 2
        http_errors_total{method="POST",path="/api/orders",status_code="400"} 1
        http_errors_total{method="PUT",path="/api/orders",status_code="500"} 1
        http_requests_total{method="DELETE",path="/api/products",status_code="399"} 1
        http_requests_total{method="GET",path="/api/users",status_code="200"} 2
        http_requests_total{method="POST",path="/api/orders",status_code="400"} 1
        http_requests_total{method="PUT",path="/api/orders",status_code="500"} 1
        "#,
    );
    let of = |family: &'static str, method: &'static str| {
        harness
            .series(move |name| name == family)
            .into_iter()
            .filter(|line| line.contains(method))
            .collect::<Vec<_>>()
    };
    check(
        &of("http_request_duration_seconds", "GET"),
        r#"
        http_request_duration_seconds_bucket{method="GET",path="/api/users",status_code="200",le="+Inf"} 2
        http_request_duration_seconds_bucket{method="GET",path="/api/users",status_code="200",le="0.005"} 1
        http_request_duration_seconds_bucket{method="GET",path="/api/users",status_code="200",le="0.01"} 2
        http_request_duration_seconds_bucket{method="GET",path="/api/users",status_code="200",le="0.025"} 2
        http_request_duration_seconds_bucket{method="GET",path="/api/users",status_code="200",le="0.05"} 2
        http_request_duration_seconds_bucket{method="GET",path="/api/users",status_code="200",le="0.1"} 2
        http_request_duration_seconds_bucket{method="GET",path="/api/users",status_code="200",le="0.25"} 2
        http_request_duration_seconds_bucket{method="GET",path="/api/users",status_code="200",le="0.5"} 2
        http_request_duration_seconds_bucket{method="GET",path="/api/users",status_code="200",le="1"} 2
        http_request_duration_seconds_bucket{method="GET",path="/api/users",status_code="200",le="10"} 2
        http_request_duration_seconds_bucket{method="GET",path="/api/users",status_code="200",le="2.5"} 2
        http_request_duration_seconds_bucket{method="GET",path="/api/users",status_code="200",le="5"} 2
        http_request_duration_seconds_count{method="GET",path="/api/users",status_code="200"} 2
        "#,
    );
    check(
        &of("http_request_size_bytes", "POST"),
        r#"
        http_request_size_bytes_bucket{method="POST",path="/api/orders",status_code="400",le="+Inf"} 1
        http_request_size_bytes_bucket{method="POST",path="/api/orders",status_code="400",le="100"} 0
        http_request_size_bytes_bucket{method="POST",path="/api/orders",status_code="400",le="1000"} 0
        http_request_size_bytes_bucket{method="POST",path="/api/orders",status_code="400",le="10000"} 0
        http_request_size_bytes_bucket{method="POST",path="/api/orders",status_code="400",le="100000"} 0
        http_request_size_bytes_bucket{method="POST",path="/api/orders",status_code="400",le="1000000"} 0
        http_request_size_bytes_bucket{method="POST",path="/api/orders",status_code="400",le="10000000"} 0
        http_request_size_bytes_count{method="POST",path="/api/orders",status_code="400"} 1
        http_request_size_bytes_sum{method="POST",path="/api/orders",status_code="400"} 10000001
        "#,
    );
    let (sum, count) = harness.histogram("http_request_duration_seconds");
    assert_eq!(count, 5);
    assert!((sum - 21.012).abs() < 1e-12, "{sum}");
    #[cfg(target_os = "linux")]
    check(
        &harness.heads(),
        "
        active_users updowncounter {users} | number of active users
        http_errors_total counter {errors} | total number of http errors
        http_request_duration_seconds histogram s | http request duration in seconds
        http_request_size_bytes histogram by | http request size in bytes
        http_requests_total counter {requests} | total number of http requests
        process_cpu_usage gauge 1 | process cpu usage percentage (0-100)
        process_memory_bytes gauge by | process memory usage in bytes
        ",
    );
}

#[test]
fn active_connections_are_counted_while_their_guard_lives() {
    let harness = Harness::new();
    let app = AppMetrics::new(&harness.meter());
    let active = || harness.value("http_active_connections");
    assert_eq!(active(), None);
    let one = app.track_connection();
    let two = app.track_connection();
    assert_eq!(active(), Some(2.0));
    drop(one);
    assert_eq!(active(), Some(1.0));
    drop(two);
    assert_eq!(active(), Some(0.0));
}

#[test]
fn business() {
    let harness = Harness::new();
    let business = BusinessMetrics::new(&harness.meter());
    business.record_order("books", 42.5, Duration::from_millis(180));
    business.record_order("books", 0.25, Duration::from_secs(61));
    business.record_order("games", 60.0, Duration::from_millis(5));
    business.record_cart_size(0);
    business.record_cart_size(3);
    business.update_inventory("atlas", 17);
    business.update_inventory("atlas", 12);
    business.update_inventory("globe", -1);
    check(
        &harness.series(|name| name != "business_order_duration_seconds"),
        r#"
        business_cart_size_bucket{le="+Inf"} 2
        business_cart_size_bucket{le="0"} 1
        business_cart_size_bucket{le="1"} 1
        business_cart_size_bucket{le="10"} 2
        business_cart_size_bucket{le="100"} 2
        business_cart_size_bucket{le="15"} 2
        business_cart_size_bucket{le="2"} 1
        business_cart_size_bucket{le="20"} 2
        business_cart_size_bucket{le="3"} 2
        business_cart_size_bucket{le="4"} 2
        business_cart_size_bucket{le="5"} 2
        business_cart_size_bucket{le="50"} 2
        business_cart_size_bucket{le="7"} 2
        business_cart_size_count 2
        business_cart_size_sum 3
        business_inventory_level{product="atlas"} 12
        business_inventory_level{product="globe"} -1
        business_order_amount_total{product_type="books"} 42.75
        business_order_amount_total{product_type="games"} 60
        business_orders_total{product_type="books"} 2
        business_orders_total{product_type="games"} 1
        "#,
    );
    check(
        &harness.series(|name| name == "business_order_duration_seconds"),
        r#"
        business_order_duration_seconds_bucket{product_type="books",le="+Inf"} 2
        business_order_duration_seconds_bucket{product_type="books",le="0.01"} 0
        business_order_duration_seconds_bucket{product_type="books",le="0.025"} 0
        business_order_duration_seconds_bucket{product_type="books",le="0.05"} 0
        business_order_duration_seconds_bucket{product_type="books",le="0.1"} 0
        business_order_duration_seconds_bucket{product_type="books",le="0.25"} 1
        business_order_duration_seconds_bucket{product_type="books",le="0.5"} 1
        business_order_duration_seconds_bucket{product_type="books",le="1"} 1
        business_order_duration_seconds_bucket{product_type="books",le="10"} 1
        business_order_duration_seconds_bucket{product_type="books",le="2.5"} 1
        business_order_duration_seconds_bucket{product_type="books",le="30"} 1
        business_order_duration_seconds_bucket{product_type="books",le="5"} 1
        business_order_duration_seconds_bucket{product_type="books",le="60"} 1
        business_order_duration_seconds_bucket{product_type="games",le="+Inf"} 1
        business_order_duration_seconds_bucket{product_type="games",le="0.01"} 1
        business_order_duration_seconds_bucket{product_type="games",le="0.025"} 1
        business_order_duration_seconds_bucket{product_type="games",le="0.05"} 1
        business_order_duration_seconds_bucket{product_type="games",le="0.1"} 1
        business_order_duration_seconds_bucket{product_type="games",le="0.25"} 1
        business_order_duration_seconds_bucket{product_type="games",le="0.5"} 1
        business_order_duration_seconds_bucket{product_type="games",le="1"} 1
        business_order_duration_seconds_bucket{product_type="games",le="10"} 1
        business_order_duration_seconds_bucket{product_type="games",le="2.5"} 1
        business_order_duration_seconds_bucket{product_type="games",le="30"} 1
        business_order_duration_seconds_bucket{product_type="games",le="5"} 1
        business_order_duration_seconds_bucket{product_type="games",le="60"} 1
        business_order_duration_seconds_count{product_type="books"} 2
        business_order_duration_seconds_count{product_type="games"} 1
        "#,
    );
    check(
        &harness.heads(),
        "
        business_cart_size histogram {items} | shopping cart size
        business_inventory_level gauge {items} | product inventory level
        business_order_amount_total counter {usd} | total order amount
        business_order_duration_seconds histogram s | order processing duration
        business_orders_total counter {orders} | total number of orders
        ",
    );
}

#[test]
fn what_the_business_family_refuses_is_counted() {
    let harness = Harness::new();
    let business = BusinessMetrics::with_config(&harness.meter(), &BusinessConfig { max_products: 2 });
    for amount in [1.5, -0.01, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0] {
        business.record_order("books", amount, Duration::ZERO);
    }
    for (product, level) in [("a", 1), ("b", 2), ("c", 3), ("c", 4), ("a", 5)] {
        business.update_inventory(product, level);
    }
    let families = [
        "business_rejected_total",
        "business_inventory_level",
        "business_order_amount_total",
    ];
    let shown = || harness.series(|name| families.contains(&name));
    check(
        &shown(),
        r#"
        business_inventory_level{product="a"} 5
        business_inventory_level{product="b"} 2
        business_order_amount_total{product_type="books"} 1.5
        business_rejected_total{reason="amount"} 4
        business_rejected_total{reason="inventory"} 2
        "#,
    );
    assert_eq!(harness.value("business_orders_total"), Some(6.0));

    // A product that is removed makes room.
    business.remove_inventory("b");
    business.update_inventory("c", 6);
    check(
        &shown()[..2],
        r#"
        business_inventory_level{product="a"} 5
        business_inventory_level{product="c"} 6
        "#,
    );
    drop(business);
    assert!(
        harness
            .series(|name| name == "business_inventory_level")
            .is_empty()
    );
}

#[test]
fn cache() {
    let harness = Harness::new();
    let cache = CacheMetrics::new(&harness.meter());
    cache.record_hit("users");
    cache.record_hit("users");
    cache.record_hit("orders");
    cache.record_miss("users");
    cache.record_eviction("orders");
    cache.record_latency("users", "get", Duration::from_micros(300));
    check(
        &harness.series(|_| true),
        r#"
        cache_evictions_total{cache="orders"} 1
        cache_hits_total{cache="orders"} 1
        cache_hits_total{cache="users"} 2
        cache_misses_total{cache="users"} 1
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="+Inf"} 1
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="0.000001"} 0
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="0.00001"} 0
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="0.0001"} 0
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="0.00025"} 0
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="0.0005"} 1
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="0.001"} 1
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="0.0025"} 1
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="0.005"} 1
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="0.01"} 1
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="0.025"} 1
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="0.05"} 1
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="0.1"} 1
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="0.25"} 1
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="0.5"} 1
        cache_operation_duration_seconds_bucket{cache="users",operation="get",le="1"} 1
        cache_operation_duration_seconds_count{cache="users",operation="get"} 1
        "#,
    );
    check(
        &harness.heads(),
        "
        cache_evictions_total counter {evictions} | cache evictions
        cache_hits_total counter {hits} | cache hits
        cache_misses_total counter {misses} | cache misses
        cache_operation_duration_seconds histogram s | cache operation duration
        ",
    );
}

#[cfg(target_os = "linux")]
#[test]
fn process() {
    let harness = Harness::new();
    ProcessMetrics::register(&harness.meter());
    check(
        &harness.heads(),
        "
        process_cpu_seconds_system_total counter  | cpu time of the process in the kernel in seconds
        process_cpu_seconds_total counter s | cpu time of the process in seconds
        process_cpu_seconds_user_total counter  | cpu time of the process in user mode in seconds
        process_max_fds gauge {fds} | largest number of open file descriptors
        process_num_threads gauge {threads} | number of threads of the process
        process_open_fds gauge {fds} | number of open file descriptors
        process_resident_memory_bytes gauge by | memory of the process in ram in bytes
        process_start_time_seconds gauge s | start time of the process in seconds since the unix epoch
        process_uptime_seconds gauge s | time since the start of the process in seconds
        process_virtual_memory_bytes gauge by | address space of the process in bytes
        ",
    );
}

#[cfg(target_os = "linux")]
#[test]
fn process_values_are_the_kernels() {
    let harness = Harness::new();
    let _app = AppMetrics::new(&harness.meter());
    ProcessMetrics::register(&harness.meter());
    let files: Vec<_> = (0..50)
        .map(|_| std::fs::File::open("/dev/null").unwrap())
        .collect();
    let value = |family| harness.value(family).unwrap();
    assert!(value("process_open_fds") >= files.len() as f64);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = |key: &str| -> f64 {
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
    };
    for family in ["process_memory_bytes", "process_resident_memory_bytes"] {
        let ratio = value(family) / (line("VmRSS:") * 1024.0);
        assert!((0.9..1.1).contains(&ratio), "{family} {ratio}");
    }
    assert!((0.0..=100.0).contains(&value("process_cpu_usage")));
    let parts = value("process_cpu_seconds_user_total") + value("process_cpu_seconds_system_total");
    assert!((value("process_cpu_seconds_total") - parts).abs() < 0.03);
}

/// The names of the semantic conventions, and those that Prometheus knows them by.
const EXPOSED: &[(&str, &str)] = &[
    (
        "http.server.request.duration",
        "http_server_request_duration_seconds",
    ),
    ("http.server.active_requests", "http_server_active_requests"),
    (
        "http.server.request.body.size",
        "http_server_request_body_size_bytes",
    ),
    (
        "http.server.response.body.size",
        "http_server_response_body_size_bytes",
    ),
    (
        "http.client.request.duration",
        "http_client_request_duration_seconds",
    ),
    ("http.client.active_requests", "http_client_active_requests"),
    (
        "http.client.request.body.size",
        "http_client_request_body_size_bytes",
    ),
    (
        "http.client.response.body.size",
        "http_client_response_body_size_bytes",
    ),
    ("process.cpu.time", "process_cpu_time_seconds_total"),
    ("process.cpu.utilization", "process_cpu_utilization"),
    ("process.memory.usage", "process_memory_usage_bytes"),
    ("process.memory.virtual", "process_memory_virtual_bytes"),
    ("process.disk.io", "process_disk_io_bytes_total"),
    ("process.thread.count", "process_thread_count"),
    (
        "process.unix.file_descriptor.count",
        "process_unix_file_descriptor_count",
    ),
    ("process.context_switches", "process_context_switches_total"),
    ("process.paging.faults", "process_paging_faults_total"),
    ("process.uptime", "process_uptime_seconds"),
    ("tokio.runtime.workers", "tokio_runtime_workers"),
    ("tokio.runtime.alive_tasks", "tokio_runtime_alive_tasks"),
    (
        "tokio.runtime.global_queue.depth",
        "tokio_runtime_global_queue_depth",
    ),
    ("tokio.runtime.busy_time", "tokio_runtime_busy_time_seconds_total"),
    ("tokio.runtime.parks", "tokio_runtime_parks_total"),
    ("tokio.runtime.spawned_tasks", "tokio_runtime_spawned_tasks_total"),
    ("tokio.runtime.blocking.threads", "tokio_runtime_blocking_threads"),
    (
        "tokio.runtime.blocking.queue.depth",
        "tokio_runtime_blocking_queue_depth",
    ),
    (
        "tokio.runtime.budget_forced_yields",
        "tokio_runtime_budget_forced_yields_total",
    ),
    ("rpc.server.call.duration", "rpc_server_call_duration_seconds"),
    ("rpc.server.active_calls", "rpc_server_active_calls"),
    ("rpc.client.call.duration", "rpc_client_call_duration_seconds"),
    ("rpc.client.active_calls", "rpc_client_active_calls"),
    ("jemalloc.allocated", "jemalloc_allocated_bytes"),
    ("jemalloc.active", "jemalloc_active_bytes"),
    ("jemalloc.metadata", "jemalloc_metadata_bytes"),
    ("jemalloc.resident", "jemalloc_resident_bytes"),
    ("jemalloc.mapped", "jemalloc_mapped_bytes"),
    ("jemalloc.retained", "jemalloc_retained_bytes"),
    ("db.client.connection.count", "db_client_connection_count"),
    ("db.client.connection.idle.max", "db_client_connection_idle_max"),
    ("db.client.connection.idle.min", "db_client_connection_idle_min"),
    ("db.client.connection.max", "db_client_connection_max"),
    (
        "db.client.connection.pending_requests",
        "db_client_connection_pending_requests",
    ),
    (
        "db.client.connection.timeouts",
        "db_client_connection_timeouts_total",
    ),
    (
        "db.client.connection.wait_time",
        "db_client_connection_wait_time_seconds",
    ),
    (
        "db.client.connection.use_time",
        "db_client_connection_use_time_seconds",
    ),
    (
        "db.client.connection.create_time",
        "db_client_connection_create_time_seconds",
    ),
];

#[test]
fn every_definition_keeps_its_name_and_fits_its_kind() {
    let mut names: Vec<_> = catalog::all().map(|def| def.name).collect();
    let mut exposed: Vec<_> = EXPOSED.to_vec();
    for def in catalog::all() {
        let expected = if def.name.contains('.') {
            let at = exposed.iter().position(|(name, _)| *name == def.name);
            exposed
                .swap_remove(at.unwrap_or_else(|| panic!("{} is in no table", def.name)))
                .1
        } else {
            def.name
        };
        assert_eq!(def.exposed_name(Naming::Parity).as_deref(), Ok(expected));
        let spec = Naming::UnderscoreEscapingWithSuffixes;
        assert_eq!(def.exposed_name(spec).as_deref(), Ok(expected), "{}", def.name);
        assert_eq!(
            !def.buckets.is_empty(),
            def.kind == vmotel_model::Kind::Histogram,
            "{}",
            def.name
        );
        assert!(def.buckets.is_sorted_by(|a, b| a < b), "{}", def.name);
        assert!(!def.help.is_empty());
        assert_eq!(catalog::find(def.name), Some(def));
    }
    assert_eq!(exposed, [("", ""); 0], "names without a definition");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), catalog::all().count());
}
