//! The client against real servers.
#![cfg(unix)]

mod errors;
mod round_trip;

use vmotel_query::{ClientConfig, InstantQuery, QueryClient, QueryOptions, Tenant, Timestamp};
use vmotel_testkit::{VictoriaMetrics, fresh_time};

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
