//! Names of metrics, as they stand in the catalog and in queries.
//!
//! The conventions: a counter ends in `_total`, a gauge is bare, a histogram ends in its unit (`_seconds`, `_bytes`).

/// HTTP requests served.
pub const HTTP_REQUESTS_TOTAL: &str = "http_requests_total";
/// HTTP requests answered with a status of 400 or more.
pub const HTTP_ERRORS_TOTAL: &str = "http_errors_total";
/// Time from the arrival of a request to the end of its response.
pub const HTTP_REQUEST_DURATION_SECONDS: &str = "http_request_duration_seconds";
/// Bytes of request bodies.
pub const HTTP_REQUEST_SIZE_BYTES: &str = "http_request_size_bytes";
/// HTTP requests being served.
pub const HTTP_ACTIVE_CONNECTIONS: &str = "http_active_connections";
/// Time from the arrival of a request to the head of its response.
pub const HTTP_RESPONSE_TIME_SECONDS: &str = "http_response_time_seconds";
/// Users logged in.
pub const ACTIVE_USERS: &str = "active_users";
/// Resident memory of the process.
pub const PROCESS_MEMORY_BYTES: &str = "process_memory_bytes";
/// CPU utilisation of the process in percent.
pub const PROCESS_CPU_USAGE: &str = "process_cpu_usage";

/// Orders taken.
pub const BUSINESS_ORDERS_TOTAL: &str = "business_orders_total";
/// Money of all orders.
pub const BUSINESS_ORDER_AMOUNT_TOTAL: &str = "business_order_amount_total";
/// Time to process an order.
pub const BUSINESS_ORDER_DURATION_SECONDS: &str = "business_order_duration_seconds";
/// Items in a cart.
pub const BUSINESS_CART_SIZE: &str = "business_cart_size";
/// Items in stock.
pub const BUSINESS_INVENTORY_LEVEL: &str = "business_inventory_level";
/// Values that the business family refused.
pub const BUSINESS_REJECTED_TOTAL: &str = "business_rejected_total";

/// Look-ups that found their entry.
pub const CACHE_HITS_TOTAL: &str = "cache_hits_total";
/// Look-ups that did not.
pub const CACHE_MISSES_TOTAL: &str = "cache_misses_total";
/// Entries removed to make room.
pub const CACHE_EVICTIONS_TOTAL: &str = "cache_evictions_total";
/// Time of a cache operation.
pub const CACHE_OPERATION_DURATION_SECONDS: &str = "cache_operation_duration_seconds";

/// CPU time of the process.
pub const PROCESS_CPU_SECONDS_TOTAL: &str = "process_cpu_seconds_total";
/// CPU time of the process in user mode.
pub const PROCESS_CPU_SECONDS_USER_TOTAL: &str = "process_cpu_seconds_user_total";
/// CPU time of the process in the kernel.
pub const PROCESS_CPU_SECONDS_SYSTEM_TOTAL: &str = "process_cpu_seconds_system_total";
/// Memory in RAM.
pub const PROCESS_RESIDENT_MEMORY_BYTES: &str = "process_resident_memory_bytes";
/// Address space.
pub const PROCESS_VIRTUAL_MEMORY_BYTES: &str = "process_virtual_memory_bytes";
/// Open file descriptors.
pub const PROCESS_OPEN_FDS: &str = "process_open_fds";
/// The most file descriptors that may be open.
pub const PROCESS_MAX_FDS: &str = "process_max_fds";
/// Threads.
pub const PROCESS_NUM_THREADS: &str = "process_num_threads";
/// When the process started.
pub const PROCESS_START_TIME_SECONDS: &str = "process_start_time_seconds";
/// How long the process has been running.
pub const PROCESS_UPTIME_SECONDS: &str = "process_uptime_seconds";

/// Time to serve an HTTP request, by the semantic conventions.
pub const HTTP_SERVER_REQUEST_DURATION: &str = "http.server.request.duration";
/// HTTP requests being served, by the semantic conventions.
pub const HTTP_SERVER_ACTIVE_REQUESTS: &str = "http.server.active_requests";
/// Bytes in the bodies of HTTP requests, by the semantic conventions.
pub const HTTP_SERVER_REQUEST_BODY_SIZE: &str = "http.server.request.body.size";
/// Bytes in the bodies of HTTP responses, by the semantic conventions.
pub const HTTP_SERVER_RESPONSE_BODY_SIZE: &str = "http.server.response.body.size";

/// Time of an outgoing HTTP request, by the semantic conventions.
pub const HTTP_CLIENT_REQUEST_DURATION: &str = "http.client.request.duration";
/// Outgoing HTTP requests in flight, by the semantic conventions.
pub const HTTP_CLIENT_ACTIVE_REQUESTS: &str = "http.client.active_requests";
/// Bytes in the bodies of outgoing HTTP requests, by the semantic conventions.
pub const HTTP_CLIENT_REQUEST_BODY_SIZE: &str = "http.client.request.body.size";
/// Bytes in the bodies of responses to outgoing HTTP requests, by the semantic conventions.
pub const HTTP_CLIENT_RESPONSE_BODY_SIZE: &str = "http.client.response.body.size";

/// Time to serve a remote call, by the semantic conventions.
pub const RPC_SERVER_CALL_DURATION: &str = "rpc.server.call.duration";
/// Remote calls being served; ours, the conventions have none.
pub const RPC_SERVER_ACTIVE_CALLS: &str = "rpc.server.active_calls";
/// Time of an outgoing remote call, by the semantic conventions.
pub const RPC_CLIENT_CALL_DURATION: &str = "rpc.client.call.duration";
/// Outgoing remote calls in flight; ours, the conventions have none.
pub const RPC_CLIENT_ACTIVE_CALLS: &str = "rpc.client.active_calls";

/// CPU time of the process by mode, by the semantic conventions.
pub const PROCESS_CPU_TIME: &str = "process.cpu.time";
/// Share of the available CPUs in use by mode, by the semantic conventions.
pub const PROCESS_CPU_UTILIZATION: &str = "process.cpu.utilization";
/// Memory in RAM, by the semantic conventions.
pub const PROCESS_MEMORY_USAGE: &str = "process.memory.usage";
/// Address space, by the semantic conventions.
pub const PROCESS_MEMORY_VIRTUAL: &str = "process.memory.virtual";
/// Bytes read from and written to storage, by the semantic conventions.
pub const PROCESS_DISK_IO: &str = "process.disk.io";
/// Threads, by the semantic conventions.
pub const PROCESS_THREAD_COUNT: &str = "process.thread.count";
/// Open file descriptors, by the semantic conventions.
pub const PROCESS_UNIX_FILE_DESCRIPTOR_COUNT: &str = "process.unix.file_descriptor.count";
/// Context switches, by the semantic conventions.
pub const PROCESS_CONTEXT_SWITCHES: &str = "process.context_switches";
/// Page faults, by the semantic conventions.
pub const PROCESS_PAGING_FAULTS: &str = "process.paging.faults";
/// How long the process has been running, by the semantic conventions.
pub const PROCESS_UPTIME: &str = "process.uptime";

/// Worker threads of a tokio runtime.
pub const TOKIO_RUNTIME_WORKERS: &str = "tokio.runtime.workers";
/// Tasks of a tokio runtime that have not ended.
pub const TOKIO_RUNTIME_ALIVE_TASKS: &str = "tokio.runtime.alive_tasks";
/// Tasks in a tokio runtime's shared queue.
pub const TOKIO_RUNTIME_GLOBAL_QUEUE_DEPTH: &str = "tokio.runtime.global_queue.depth";
/// Time that workers of a tokio runtime were busy.
pub const TOKIO_RUNTIME_BUSY_TIME: &str = "tokio.runtime.busy_time";
/// How often workers of a tokio runtime ran out of work.
pub const TOKIO_RUNTIME_PARKS: &str = "tokio.runtime.parks";
/// Tasks spawned on a tokio runtime.
pub const TOKIO_RUNTIME_SPAWNED_TASKS: &str = "tokio.runtime.spawned_tasks";
/// Threads of a tokio runtime for blocking work.
pub const TOKIO_RUNTIME_BLOCKING_THREADS: &str = "tokio.runtime.blocking.threads";
/// Blocking work of a tokio runtime that waits for a thread.
pub const TOKIO_RUNTIME_BLOCKING_QUEUE_DEPTH: &str = "tokio.runtime.blocking.queue.depth";
/// How often a tokio runtime made a task yield.
pub const TOKIO_RUNTIME_BUDGET_FORCED_YIELDS: &str = "tokio.runtime.budget_forced_yields";

/// Bytes that the program has allocated.
pub const JEMALLOC_ALLOCATED: &str = "jemalloc.allocated";
/// Bytes in pages that hold what is allocated.
pub const JEMALLOC_ACTIVE: &str = "jemalloc.active";
/// Bytes by which jemalloc keeps account.
pub const JEMALLOC_METADATA: &str = "jemalloc.metadata";
/// Bytes in RAM at most, of all that jemalloc manages.
pub const JEMALLOC_RESIDENT: &str = "jemalloc.resident";
/// Bytes of address space in use by jemalloc.
pub const JEMALLOC_MAPPED: &str = "jemalloc.mapped";
/// Bytes of address space that jemalloc keeps for later.
pub const JEMALLOC_RETAINED: &str = "jemalloc.retained";

/// Connections of a database pool by state, by the semantic conventions.
pub const DB_CLIENT_CONNECTION_COUNT: &str = "db.client.connection.count";
/// The most idle connections of a pool, by the semantic conventions.
pub const DB_CLIENT_CONNECTION_IDLE_MAX: &str = "db.client.connection.idle.max";
/// The least idle connections of a pool, by the semantic conventions.
pub const DB_CLIENT_CONNECTION_IDLE_MIN: &str = "db.client.connection.idle.min";
/// The most connections of a pool, by the semantic conventions.
pub const DB_CLIENT_CONNECTION_MAX: &str = "db.client.connection.max";
/// Requests that wait for a connection, by the semantic conventions.
pub const DB_CLIENT_CONNECTION_PENDING_REQUESTS: &str = "db.client.connection.pending_requests";
/// Requests that waited too long for a connection, by the semantic conventions.
pub const DB_CLIENT_CONNECTION_TIMEOUTS: &str = "db.client.connection.timeouts";
/// Time until a connection was had, by the semantic conventions.
pub const DB_CLIENT_CONNECTION_WAIT_TIME: &str = "db.client.connection.wait_time";
/// Time that a connection was held, by the semantic conventions.
pub const DB_CLIENT_CONNECTION_USE_TIME: &str = "db.client.connection.use_time";
/// Time to open a connection, by the semantic conventions.
pub const DB_CLIENT_CONNECTION_CREATE_TIME: &str = "db.client.connection.create_time";

/// Entries in a cache.
pub const CACHE_ENTRIES: &str = "cache_entries";
/// What the entries of a cache weigh.
pub const CACHE_WEIGHT: &str = "cache_weight";
