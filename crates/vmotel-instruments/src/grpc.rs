//! gRPC servers and clients: a tower layer that records each call, for tonic and whatever else speaks gRPC over `http` types.
//!
//! A call is recorded once, in `rpc.server.call.duration` or `rpc.client.call.duration`, whatever becomes of it. Its status is read from
//! the trailers, or from the head of an answer that has no more than that (Trailers-Only).
//!
//! | what happens | server: `rpc.status_code` | client: `rpc.status_code` | duration ends |
//! |---|---|---|---|
//! | the service answers, unary or streaming | the one of the trailers | the same | with the trailers |
//! | the service refuses | the one of the head | the same | with the head |
//! | the caller goes away, before the answer or within it | `CANCELLED` | `CANCELLED` | when future or body are dropped |
//! | the same, or an error, once `grpc-timeout` is over | `DEADLINE_EXCEEDED` | `DEADLINE_EXCEEDED` | likewise |
//! | the service panics | none; `error.type` is `panic` | what reaches it | when the future is dropped |
//! | the inner service returns an error | none; `service_error` | `UNAVAILABLE` | at once |
//! | the answer breaks off | none; `body_error` | `UNAVAILABLE` | with it |
//! | an answer without a status of gRPC | that of its HTTP status; `UNKNOWN` for 200 | the same | with its end |
//!
//! For clients each status but `OK` is an error, for servers those that the conventions say: `UNKNOWN`, `DEADLINE_EXCEEDED`,
//! `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE`, `DATA_LOSS`. Then it is the `error.type`, too.
//!
//! tonic tells its caller `CANCELLED` when a deadline is over; here it is `DEADLINE_EXCEEDED`, as in gRPC's own libraries. Clocks differ: when
//! a client gives up by its own, its server may see the call `CANCELLED` a moment before. A call of tonic whose messages are still being sent
//! stays open when its answers are dropped; tonic's `CancellationHandle` ends it.
//!
//! # Labels
//!
//! - `rpc.method`: the service and method, such as `shop.v1.Orders/Get`. A server knows a method once it has answered to it with another
//!   status than `UNIMPLEMENTED`; until then, and for what clients make up, it is `_OTHER`. With
//!   [`GrpcServerConfig::known_methods`] it knows those, and no others. A server learns at most 1,000.
//! - `rpc.status_code`: one of the 17 names; an unknown number is `UNKNOWN`, as gRPC says.
//! - `server.address`, `server.port`: of the endpoint that a client is told; a server has none, as clients choose them.
//!
//! All of them pass the limits of the family. Requests of another content type than `application/grpc` pass unrecorded, so that the layer can
//! stand before HTTP and gRPC at once; gRPC-Web is seen where it has been translated.

mod call;
mod family;
mod layer;
mod methods;
mod status;

pub use self::{
    family::{GrpcClientMetrics, GrpcServerConfig, GrpcServerMetrics},
    layer::{GrpcBody, GrpcFuture, GrpcLayer, GrpcService},
};
