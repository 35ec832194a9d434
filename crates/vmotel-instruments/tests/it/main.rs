//! The families and the HTTP layer as a user's exporter sees them.
#![expect(
    clippy::disallowed_methods,
    reason = "durations of requests are compared with real time"
)]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod adapters;
mod db_pool;
mod families;
mod grpc;
mod grpc_service;
mod harness;
mod http_aborts;
mod http_axum;
mod http_client;
mod http_matrix;
mod http_scanner;
mod http_tower;
mod limits;
mod server;
