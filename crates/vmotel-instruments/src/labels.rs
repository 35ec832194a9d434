//! Names of labels.

/// The method of an HTTP request.
pub const METHOD: &str = "method";
/// The template of the route that served a request, never the path itself.
pub const PATH: &str = "path";
/// The status code of a response.
pub const STATUS_CODE: &str = "status_code";
/// The service, set by the scrape configuration or as a constant label of the resource.
pub const SERVICE: &str = "service";
/// The deployment environment, set as [`SERVICE`].
pub const ENV: &str = "env";
/// The type of the products of an order.
pub const PRODUCT_TYPE: &str = "product_type";
/// A product in stock.
pub const PRODUCT: &str = "product";
/// The name of a cache.
pub const CACHE: &str = "cache";
/// The operation on a cache.
pub const OPERATION: &str = "operation";
/// Why a value was refused.
pub const REASON: &str = "reason";

/// The method of an HTTP request, by the semantic conventions.
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";
/// The status code of an HTTP response, by the semantic conventions.
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
/// The template of the route that served a request, by the semantic conventions.
pub const HTTP_ROUTE: &str = "http.route";
/// How an operation failed, by the semantic conventions.
pub const ERROR_TYPE: &str = "error.type";
/// The version of the protocol, by the semantic conventions.
pub const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
/// The scheme of a URL, by the semantic conventions.
pub const URL_SCHEME: &str = "url.scheme";
/// The host that a client asks, by the semantic conventions.
pub const SERVER_ADDRESS: &str = "server.address";
/// The port that a client asks, by the semantic conventions.
pub const SERVER_PORT: &str = "server.port";
/// The template of the URL that a client asks for, by the semantic conventions.
pub const URL_TEMPLATE: &str = "url.template";
/// The service and method of a remote call, by the semantic conventions.
pub const RPC_METHOD: &str = "rpc.method";
/// The status code of a remote call, by the semantic conventions.
pub const RPC_STATUS_CODE: &str = "rpc.status_code";
/// The system of remote calls, by the semantic conventions.
pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";

/// Whether CPU time was spent for the user or the system, by the semantic conventions.
pub const CPU_MODE: &str = "cpu.mode";
/// Whether bytes were read or written, by the semantic conventions.
pub const DISK_IO_DIRECTION: &str = "disk.io.direction";
/// Why a process was taken off a CPU, by the semantic conventions.
pub const PROCESS_CONTEXT_SWITCH_TYPE: &str = "process.context_switch.type";
/// Whether storage settled a page fault, by the semantic conventions.
pub const SYSTEM_PAGING_FAULT_TYPE: &str = "system.paging.fault.type";
/// The name of a pool of connections, by the semantic conventions.
pub const DB_CLIENT_CONNECTION_POOL_NAME: &str = "db.client.connection.pool.name";
/// Whether a connection is idle or used, by the semantic conventions.
pub const DB_CLIENT_CONNECTION_STATE: &str = "db.client.connection.state";
