//! Pushes over TLS, through certificates that go bad and are put right.

use std::time::Duration;

use vmotel_exporter::{Push, Target};
use vmotel_testkit::{
    FaultConfig, FaultProxy, ServerConfig, VictoriaMetrics,
    tls::{Authority, Identity, ServerTls},
};

use super::{SECONDS, quick, samples, shop};

#[test]
fn bad_certificates_lose_nothing_and_are_told_apart() {
    let server = VictoriaMetrics::start_with(ServerConfig::default()).unwrap();
    let (authority, clients) = (Authority::new(), Authority::new());
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, authority.pem()).unwrap();
    let (certificate, key) = clients.client("shop").write(folder.path(), "shop").unwrap();
    let tls = |identity: Identity| ServerTls {
        identity,
        client_authority: Some(clients.pem()),
    };
    let good = authority.server(&["127.0.0.1"]);
    let proxy = FaultProxy::start_with(FaultConfig {
        upstream: Some(server.address().to_owned()),
        tls: Some(tls(good.clone())),
        ..FaultConfig::default()
    })
    .unwrap();
    let exporter = shop(Push {
        ca_file: Some(ca_file),
        client_certificate_file: Some(certificate),
        client_key_file: Some(key),
        ..quick(Target::victoria(proxy.url()))
    });
    exporter.flush_blocking(SECONDS).unwrap();
    for (identity, expected) in [
        (authority.expired_server(&["127.0.0.1"]), "certificate expired"),
        (authority.server(&["example.org"]), "not valid for name"),
        (Identity::self_signed(&["127.0.0.1"]), "UnknownIssuer"),
    ] {
        proxy.set_tls(&tls(identity)).unwrap();
        proxy.close_connections();
        let error = exporter.flush_blocking(Duration::from_millis(700)).unwrap_err();
        assert!(error.to_string().contains(expected), "{error} has no {expected}");
    }
    // A client that the server does not know.
    proxy
        .set_tls(&ServerTls {
            identity: good.clone(),
            client_authority: Some(Authority::new().pem()),
        })
        .unwrap();
    exporter.flush_blocking(Duration::from_millis(700)).unwrap_err();
    assert_eq!(samples(&server, "orders_total").len(), 1);
    proxy.set_tls(&tls(good)).unwrap();
    exporter.flush_blocking(SECONDS).unwrap();
    // Each of the six collections, with its own time.
    let status = exporter.push_status().unwrap();
    assert_eq!(
        (status.collections, status.refused_samples, status.dropped_samples),
        (6, 0, 0)
    );
    let mut times: Vec<_> = samples(&server, "orders_total")
        .iter()
        .map(|(time, _)| *time)
        .collect();
    times.dedup();
    assert_eq!(times.len(), 6, "{times:?}");
}
