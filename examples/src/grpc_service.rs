//! gRPC with tonic, recorded on both sides: a health service, and a client that asks, watches, loses patience and errs.
//!
//! ```text
//! cargo run -p vmotel-examples --example grpc_service
//! curl -s http://localhost:9464/metrics | grep ^rpc_
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::{net::SocketAddr, time::Duration};

use opentelemetry::metrics::Meter;
use tonic::{
    Request,
    transport::{Channel, Endpoint, Server, server::TcpIncoming},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::ServiceBuilder;
use vmotel_exporter::Exporter;
use vmotel_instruments::grpc::{GrpcClientMetrics, GrpcLayer, GrpcServerMetrics, GrpcService};

/// Serves the health service on a port of its own.
fn serve(meter: &Meter) -> anyhow::Result<SocketAddr> {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?).map_err(anyhow::Error::msg)?;
    let address = incoming.local_addr()?;
    let (_, health) = tonic_health::server::health_reporter();
    let server = Server::builder()
        .layer(GrpcLayer::server(GrpcServerMetrics::new(meter)))
        .add_service(health);
    tokio::spawn(server.serve_with_incoming(incoming));
    Ok(address)
}

type Client = HealthClient<GrpcService<Channel>>;

fn connect(meter: &Meter, address: SocketAddr) -> anyhow::Result<Client> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    let layer = GrpcLayer::client(GrpcClientMetrics::new(meter), endpoint.uri());
    let channel = ServiceBuilder::new()
        .layer(layer)
        .service(endpoint.connect_lazy());
    Ok(HealthClient::new(channel))
}

/// Asks for the health of a service; an empty name is the whole server.
async fn ask(client: &mut Client, service: &str) -> anyhow::Result<()> {
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    client.check(request).await?;
    Ok(())
}

/// Watches the server for a while, and leaves.
async fn watch(client: &mut Client, patience: Duration) -> anyhow::Result<()> {
    let request = Request::new(HealthCheckRequest::default());
    let mut changes = client.watch(request).await?.into_inner();
    while let Ok(change) = tokio::time::timeout(patience, changes.message()).await {
        if change?.is_none() {
            break;
        }
    }
    Ok(())
}

async fn all(client: &mut Client) -> anyhow::Result<()> {
    ask(client, "").await?;
    anyhow::ensure!(ask(client, "unknown").await.is_err(), "there is no such service");
    watch(client, Duration::from_millis(50)).await
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let exporter = Exporter::builder().with_service_name("grpc-service").build()?;
    let meter = exporter.meter("grpc_service");
    let mut client = connect(&meter, serve(&meter)?)?;
    let listener = exporter.listen()?;
    println!("metrics: {listener}, until Ctrl-C");
    println!(
        "look at: rpc_server_call_duration_seconds, rpc_client_call_duration_seconds by rpc_status_code"
    );

    let calls = async {
        loop {
            all(&mut client).await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let result: anyhow::Result<()> = tokio::select! {
        result = calls => result,
        () = exporter.shutdown_signal() => Ok(()),
    };
    exporter.shutdown(Duration::from_secs(5)).await?;
    println!("stopped");
    result
}

#[cfg(test)]
mod tests {
    use vmotel_exporter::Format;

    use super::*;

    #[tokio::test]
    async fn each_call_is_seen_on_both_sides() {
        let exporter = Exporter::builder()
            .with_lookup(|_| None)
            .with_global(false)
            .build()
            .unwrap();
        let meter = exporter.meter("grpc_service");
        let mut client = connect(&meter, serve(&meter).unwrap()).unwrap();
        all(&mut client).await.unwrap();
        // The server hears of the caller who leaves a moment later.
        let in_flight = || {
            let scrape = exporter.scrape(Format::Text).unwrap();
            let mut lines = scrape.lines();
            lines.any(|line| line.starts_with("rpc_server_active_calls{") && !line.ends_with(" 0"))
        };
        while in_flight() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let scrape = exporter.scrape(Format::Text).unwrap();
        for side in ["server", "client"] {
            for (method, status) in [("Check", "OK"), ("Check", "NOT_FOUND"), ("Watch", "CANCELLED")] {
                let family = format!("rpc_{side}_call_duration_seconds_count");
                let method = format!("rpc_method=\"grpc.health.v1.Health/{method}\"");
                let status = format!("rpc_status_code=\"{status}\"");
                let found = scrape.lines().filter(|line| {
                    line.starts_with(&family) && line.contains(&method) && line.contains(&status)
                });
                let counts: Vec<_> = found.map(|line| line.rsplit(' ').next().unwrap()).collect();
                assert_eq!(counts, ["1"], "{side} {method} {status}: {scrape}");
            }
        }
    }
}
