//! An exporter with its own listener on a free port.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use opentelemetry::metrics::Meter;
use vmotel_explorer::{Explorer, ExplorerConfig};
use vmotel_exporter::{Config, Engine, Exporter};

/// A running exporter.
#[derive(Debug)]
pub(super) struct Exposed {
    exporter: Exporter,
    address: SocketAddr,
}

impl Exposed {
    /// Starts an exporter; the environment of the command is not its own.
    pub(super) fn start(service: &str, engine: Engine) -> anyhow::Result<Self> {
        let config = Config {
            service_name: service.to_owned(),
            host: "127.0.0.1".to_owned(),
            port: 0,
            engine: Some(engine),
            global: false,
            ..Config::default()
        };
        let exporter = Exporter::builder().with_config(config).build()?;
        let listener = exporter.bind()?;
        let address = listener.local_addr().context("no address")?;
        exporter.listen_on(listener)?;
        Ok(Self { exporter, address })
    }

    pub(super) fn meter(&self, name: &'static str) -> Meter {
        self.exporter.meter(name)
    }

    /// Starts a page that shows what the exporter exposes.
    pub(super) fn explorer(&self) -> anyhow::Result<Explorer> {
        Ok(Explorer::start(&self.exporter, ExplorerConfig::default())?)
    }

    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    pub(super) async fn stop(&self) -> anyhow::Result<()> {
        self.exporter.shutdown(Duration::from_secs(5)).await?;
        Ok(())
    }
}
