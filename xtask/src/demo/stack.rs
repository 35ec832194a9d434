//! The servers: a VictoriaMetrics, and a vmagent that scrapes into it.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, bail};
use vmotel_query::{
    ClientConfig, InstantQuery, QueryClient, QueryOptions, RangeQuery, RangeSeries, Tenant, Timestamp,
    VectorSeries,
};
use vmotel_testkit::{
    ServerConfig, Version, VictoriaMetrics, Vmagent,
    tools::{Finder, Tool},
};

use super::{PATIENCE, expected};
use crate::step;

/// The variable that names the folder of the servers.
pub(super) const BIN_DIR: &str = "VMOTEL_BIN_DIR";
/// The name of the scrape job.
pub(super) const JOB: &str = "demo";

/// A running VictoriaMetrics and a client of it.
#[derive(Debug)]
pub(super) struct Storage {
    server: Arc<VictoriaMetrics>,
    client: QueryClient,
}

/// Gets the servers, downloading them if need be, and returns the version of the storage.
pub(super) fn find(version: Version) -> anyhow::Result<String> {
    let finder = Finder::from_env();
    finder.find(Tool::Vmagent, version)?;
    Ok(finder.find(Tool::VictoriaMetrics, version)?.version_text())
}

/// Runs what blocks on a thread for it.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("a thread died")?
}

impl Storage {
    pub(super) fn start(version: Version) -> anyhow::Result<Self> {
        let server = VictoriaMetrics::start_with(ServerConfig {
            version,
            ..ServerConfig::default()
        })?;
        let client = QueryClient::new(server.url().parse()?, Tenant::SingleNode, ClientConfig::default())?;
        Ok(Self {
            server: Arc::new(server),
            client,
        })
    }

    pub(super) fn url(&self) -> String {
        self.server.url()
    }

    pub(super) fn client(&self) -> &QueryClient {
        &self.client
    }

    /// Makes visible what was written.
    pub(super) async fn flush(&self) -> anyhow::Result<()> {
        let server = Arc::clone(&self.server);
        blocking(move || Ok(server.flush()?)).await
    }

    /// Evaluates an expression at a time, past the caches, with nothing hidden.
    pub(super) async fn query_at(
        &self,
        expression: &str,
        time: Timestamp,
    ) -> anyhow::Result<Vec<VectorSeries>> {
        let query = InstantQuery {
            time: Some(time),
            options: exact(),
            ..InstantQuery::new(expression)
        };
        let data = self
            .client
            .query(&query)
            .await
            .and_then(|answer| answer.complete());
        data.with_context(|| format!("cannot evaluate {expression}"))?
            .into_vector()
            .with_context(|| format!("{expression} gives no vector"))
    }

    /// Evaluates an expression over everything written until now.
    pub(super) async fn query(&self, expression: &str) -> anyhow::Result<Vec<VectorSeries>> {
        self.flush().await?;
        // A sample of the current second is invisible at the default time.
        let time = Timestamp::from(step::wall_clock() + Duration::from_secs(2));
        self.query_at(expression, time).await
    }

    pub(super) async fn range(
        &self,
        expression: &str,
        start: Timestamp,
        end: Timestamp,
        step: Duration,
    ) -> anyhow::Result<Vec<RangeSeries>> {
        let query = RangeQuery {
            options: exact(),
            ..RangeQuery::new(expression, start, end, step)
        };
        let answer = self
            .client
            .query_range(&query)
            .await
            .and_then(|answer| answer.complete());
        answer.with_context(|| format!("cannot evaluate {expression}"))
    }

    /// Waits until this many targets were scraped after a moment, and all of it has arrived.
    pub(super) async fn wait_for_scrape_after(
        &self,
        moment: SystemTime,
        targets: usize,
    ) -> anyhow::Result<()> {
        let begin = step::now();
        let moment = Timestamp::from(moment).as_secs_f64();
        let query = format!("timestamp(up{{job=\"{JOB}\"}}) > {moment}");
        while self.query(&query).await?.len() < targets {
            if begin.elapsed() > PATIENCE {
                bail!("no scrape of all {targets} targets within {PATIENCE:?}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // `up` is written after the samples of its scrape, but maybe in another block.
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(())
    }

    /// Returns the newest value of every series of the four families.
    pub(super) async fn families(&self) -> anyhow::Result<Vec<VectorSeries>> {
        let names = expected::names()?.join("|");
        self.query(&format!("{{__name__=~\"{names}\",job=\"{JOB}\"}}"))
            .await
    }

    /// Leaves the servers running and prints where.
    pub(super) fn keep(self, agent: Vmagent) {
        let agent = agent.keep();
        println!("vmagent           {}/targets  (process {})", agent.url, agent.pid);
        if let Ok(server) = Arc::try_unwrap(self.server) {
            let server = server.keep();
            println!("victoria-metrics  {}/vmui  (process {})", server.url, server.pid);
            println!("end them with     kill {} {}", agent.pid, server.pid);
        }
    }
}

fn exact() -> QueryOptions {
    QueryOptions {
        nocache: true,
        latency_offset: Some(Duration::from_millis(1)),
        ..QueryOptions::default()
    }
}

/// Starts a vmagent that scrapes the targets every second and tells them apart by the label `service`.
pub(super) fn start_agent(
    version: Version,
    targets: &[(&'static str, String)],
    storage: &str,
) -> anyhow::Result<Vmagent> {
    let mut config = format!(
        "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n- job_name: {JOB}\n  static_configs:\n"
    );
    for (service, address) in targets {
        config += &format!("  - targets: ['{address}']\n    labels:\n      service: {service}\n");
    }
    let agent = Vmagent::start(version, &config, storage, &[])?;
    agent.wait_until_up(JOB, PATIENCE)?;
    Ok(agent)
}
