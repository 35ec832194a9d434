//! The client against real servers.
#![cfg(unix)]

#[cfg(feature = "arrow")]
mod arrow;
#[cfg(feature = "blocking")]
mod blocking;
mod decoders;
mod endpoints;
mod errors;
#[cfg(feature = "unstable-native")]
mod native;
#[cfg(feature = "polars")]
mod polars;
mod prometheus;
mod round_trip;
#[cfg(any(feature = "arrow", feature = "polars"))]
mod rows;
mod shapes;
mod transfer;
mod vmalert;

use vmotel_query::{ClientConfig, InstantQuery, QueryClient, QueryOptions, Tenant, Timestamp};
use vmotel_testkit::{VictoriaMetrics, fresh_time};

/// A time in the past with a fraction of a second.
const T0: i64 = 1_700_000_000_123;

fn client_of(server: &VictoriaMetrics) -> QueryClient {
    client_with(server, ClientConfig::default())
}

fn client_with(server: &VictoriaMetrics, config: ClientConfig) -> QueryClient {
    let base = server.url().parse().expect("the kit gives a valid address");
    QueryClient::new(base, Tenant::SingleNode, config).expect("the settings are valid")
}

/// A query that sees everything written until now.
fn fresh(query: &str) -> InstantQuery {
    let options = QueryOptions {
        nocache: true,
        ..QueryOptions::default()
    };
    InstantQuery {
        time: Some(Timestamp::from(fresh_time())),
        options,
        ..InstantQuery::new(query)
    }
}

mod outcome {
    /// The outcome of a test.
    pub(super) type Result = std::result::Result<(), Box<dyn std::error::Error>>;
}
