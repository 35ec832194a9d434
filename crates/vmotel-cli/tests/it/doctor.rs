//! Set-ups of real processes, deliberately broken, each with its diagnosis, and the healthy one without any.

mod app;
mod report;

mod agent;
mod alert;
mod application;
mod healthy;
mod identity;
mod limits;
mod push;
mod queries;
mod storage;

use crate::on_both;
use vmotel_testkit::{ServerConfig, Version, VictoriaMetrics};

/// Starts a server that shows new samples at once.
fn server(version: Version, flags: &[&str]) -> VictoriaMetrics {
    let mut all = vec!["-search.latencyOffset=1ms".to_owned()];
    all.extend(flags.iter().map(|flag| (*flag).to_owned()));
    let config = ServerConfig {
        version,
        flags: all,
        ..ServerConfig::default()
    };
    VictoriaMetrics::start_with(config).unwrap()
}

/// Returns the address of a port where nothing listens.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
