//! The services that the page is opened on.

use std::{
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use axum::Router;
use opentelemetry::KeyValue;
use tokio::runtime::Runtime;
use vmotel_explorer::{Exemplars, Explorer, ExplorerConfig, Watched};
use vmotel_exporter::{Exporter, Target};
use vmotel_instruments::{BusinessConfig, BusinessMetrics};
use vmotel_model::{MetricSource, Snapshot, VisitConfig};

use crate::step;

/// A label value that would like to be a script.
pub(super) const HOSTILE: &str = "<script>window.hacked=1</script><img src=x onerror=\"window.hacked=1\">";

/// A service with the page, which ends with this handle.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) name: &'static str,
    pub(super) origin: String,
    pub(super) url: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Process(Child),
    Here { _runtime: Runtime },
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Kind::Process(child) = &mut self.kind {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Service {
    /// The example `shop`, as a user runs it.
    pub(super) fn normal() -> anyhow::Result<Self> {
        let example = ["build", "-p", "vmotel-examples", "--example", "shop"];
        step::run("the service", step::cargo(&example))?;
        let xtask = std::env::current_exe()?;
        // The tests of xtask are in a folder of their own, below.
        let mut folders = xtask.ancestors().map(|folder| folder.join("examples/shop"));
        let program = folders
            .find(|file| file.is_file())
            .context("cargo built no example")?;
        let mut child = Command::new(program)
            .envs([
                ("VMOTEL_EXPLORER", "on"),
                ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
                ("OTEL_SERVICE_NAME", "shop"),
            ])
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().context("no output")?;
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let kind = Kind::Process(child);
        let address = lines.find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            Some(rest.split_once("/metrics")?.0.to_owned())
        });
        // Read to the end, so that the service never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self::at(
            "normal",
            &address.ok_or_else(|| anyhow!("the service did not start"))?,
            kind,
        )
    }

    /// A service that clients flood with values, that cannot push, and a source of which panics.
    pub(super) fn attacked() -> anyhow::Result<Self> {
        // Bound and never served: nobody answers there in time.
        let nobody = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let exporter = Exporter::builder()
            .with_lookup(|_| None)
            .with_service_name("shop under attack")
            .with_global(false)
            .with_push_to(Target::victoria(format!("http://{nobody}")))
            .with_source("broken", Arc::new(Broken))
            .build()?;
        let meter = exporter.meter("shop");
        let business = BusinessMetrics::with_limits(&meter, &BusinessConfig::default(), exporter.limits());
        let logins = meter.u64_counter("logins").with_description(HOSTILE).build();
        let latency = meter
            .f64_histogram("latency")
            .with_unit("s")
            .with_boundaries(vec![0.01, 0.1, 1.0])
            .build();
        let exemplars = Exemplars::default();
        let traces = exemplars.family("latency_seconds", &[0.01, 0.1, 1.0]);
        let watched = Watched::from(&exporter).with_exemplars(exemplars);
        let attack = move |round: u64| {
            for number in 0..300 {
                let number = round * 300 + number;
                business.record_order(
                    format!("product-{number}"),
                    1.0,
                    Duration::from_millis(number % 90),
                );
                latency.record((number % 200) as f64 / 1000.0, &[]);
            }
            // More users than the registry has series for, within a few rounds.
            for number in round * 3_000..(round + 1) * 3_000 {
                logins.add(1, &[KeyValue::new("user", format!("user-{number}"))]);
            }
            logins.add(100_000, &[KeyValue::new("user", HOSTILE)]);
            traces.offer(
                0.05,
                0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736,
                0x00f0_67aa_0ba9_02b7,
            );
        };
        let service = Self::here("attack", watched)?;
        if let Kind::Here { _runtime: runtime } = &service.kind {
            runtime.spawn(async move {
                for round in 0.. {
                    attack(round);
                    let _ = exporter.flush(Duration::from_secs(1)).await;
                    tokio::time::sleep(Duration::from_millis(400)).await;
                }
            });
        }
        Ok(service)
    }

    /// A service that records nothing.
    pub(super) fn empty() -> anyhow::Result<Self> {
        let exporter = Exporter::builder()
            .with_lookup(|_| None)
            .with_service_name("empty")
            .with_global(false)
            .with_self_metrics(false)
            .with_target_info(false)
            .build()?;
        Self::here("empty", Watched::from(&exporter))
    }

    fn here(name: &'static str, watched: Watched) -> anyhow::Result<Self> {
        let config = ExplorerConfig {
            interval: Duration::from_secs(1),
            ..ExplorerConfig::default()
        };
        let explorer = Explorer::start(watched, config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?.to_string();
        let app: Router = explorer.routes();
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self::at(name, &address, Kind::Here { _runtime: runtime })
    }

    fn at(name: &'static str, address: &str, kind: Kind) -> anyhow::Result<Self> {
        let origin = format!("http://{address}/");
        Ok(Self {
            name,
            url: format!("{origin}debug/metrics"),
            origin,
            kind,
        })
    }
}

/// A source that panics.
#[derive(Debug)]
struct Broken;

impl MetricSource for Broken {
    fn snapshot<'a>(&'a self, _: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        // Without the message that a panic writes to the terminal.
        std::panic::resume_unwind(Box::new("a broken source"))
    }
}
