//! Reading the endpoints: everything twice, so that what grows is seen.

mod page;
mod probe;
mod questions;
mod status;

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::exposition::Exposition;
use super::metrics::Metrics;
use super::reading::{Agent, Alert, App, Cause, Kind, Readings, Storage, Unread};
use super::{DoctorConfig, Endpoint};
use crate::{ConfigError, QueryClient, Tenant};
use page::{Page, Reader};

/// Reads everything there is to read.
pub(super) async fn read(config: &DoctorConfig) -> Result<Readings, ConfigError> {
    let reader = |endpoint: &Option<Endpoint>| {
        endpoint
            .as_ref()
            .map(|e| Reader::new(&e.url, &e.http))
            .transpose()
    };
    let (app, agent) = (reader(&config.app)?, reader(&config.vmagent)?);
    let (storage, alert) = (reader(&config.vm)?, reader(&config.vmalert)?);
    let begin = Instant::now();
    let (app1, agent1, storage1, alert1) = tokio::join!(
        page::optional(app.as_ref(), true),
        page::optional(agent.as_ref(), false),
        page::optional(storage.as_ref(), false),
        page::optional(alert.as_ref(), false),
    );
    let mut readings = Readings {
        app: app1.map(|page| page.and_then(|page| app_of(&page))),
        agent: agent1.map(|page| page.and_then(|page| agent_of(&page))),
        storage: storage1.map(|page| page.and_then(|page| storage_of(&page))),
        alert: alert1.map(|page| page.and_then(|page| alert_of(&page))),
    };
    if let (Some(Ok(it)), Some(endpoint)) = (&mut readings.agent, &config.vmagent) {
        it.scraping = status::targets(&client(endpoint, Tenant::SingleNode)?).await;
    }
    if let (Some(Ok(it)), Some(endpoint)) = (&mut readings.alert, &config.vmalert) {
        it.rules = status::rules(&client(endpoint, Tenant::SingleNode)?).await;
    }
    if let (Some(Ok(it)), Some(endpoint)) = (&mut readings.storage, &config.vm) {
        let client = client(endpoint, config.tenant)?;
        status::storage(&client, it).await;
        questions::ask(&client, &mut readings).await;
    }
    if config.probe {
        probe::probe(&mut readings).await;
    }
    sleep(config.pause.saturating_sub(begin.elapsed())).await;
    again(
        app.as_ref(),
        metrics_of(&mut readings.app, |it| &mut it.metrics),
        begin,
    )
    .await;
    again(
        agent.as_ref(),
        metrics_of(&mut readings.agent, |it| &mut it.metrics),
        begin,
    )
    .await;
    again(
        storage.as_ref(),
        metrics_of(&mut readings.storage, |it| &mut it.metrics),
        begin,
    )
    .await;
    again(
        alert.as_ref(),
        metrics_of(&mut readings.alert, |it| &mut it.metrics),
        begin,
    )
    .await;
    Ok(readings)
}

fn client(endpoint: &Endpoint, tenant: Tenant) -> Result<QueryClient, ConfigError> {
    // The address may be that of the metrics.
    let base = endpoint.url.to_string();
    let base = base.trim_end_matches("/metrics").parse();
    let base = base.unwrap_or_else(|_| endpoint.url.clone());
    QueryClient::new(base, tenant, endpoint.http.clone())
}

fn metrics_of<T>(
    reading: &mut Option<Result<T, Unread>>,
    metrics: impl Fn(&mut T) -> &mut Metrics,
) -> Option<&mut Metrics> {
    match reading {
        Some(Ok(it)) => Some(metrics(it)),
        _ => None,
    }
}

/// Reads the metrics a second time; if that fails, the first reading stands twice.
async fn again(reader: Option<&Reader>, metrics: Option<&mut Metrics>, begin: Instant) {
    let (Some(reader), Some(metrics)) = (reader, metrics) else {
        return;
    };
    if let Ok(page) = reader.metrics().await {
        metrics.after = Exposition::parse(&page.text);
        metrics.between = begin.elapsed();
    }
}

fn twice(page: &Page) -> Metrics {
    let exposition = Exposition::parse(&page.text);
    Metrics {
        before: exposition.clone(),
        after: exposition,
        between: Duration::ZERO,
    }
}

fn app_of(page: &Page) -> Result<App, Unread> {
    let metrics = of_kind(page, Kind::App)?;
    Ok(App {
        url: page.url.clone(),
        content_type: page.content_type.clone(),
        bytes: page.text.len(),
        metrics,
        ahead: page.ahead,
        clock: page.at.map(|at| at + page.ahead.unwrap_or(0.0)),
    })
}

fn agent_of(page: &Page) -> Result<Agent, Unread> {
    let metrics = of_kind(page, Kind::Agent)?;
    Ok(Agent {
        url: base_of(&page.url),
        metrics,
        scraping: None,
        ahead: page.ahead,
    })
}

fn storage_of(page: &Page) -> Result<Storage, Unread> {
    let metrics = of_kind(page, Kind::Storage)?;
    Ok(Storage {
        url: base_of(&page.url),
        metrics,
        ahead: page.ahead,
        ..Storage::default()
    })
}

fn alert_of(page: &Page) -> Result<Alert, Unread> {
    let metrics = of_kind(page, Kind::Alert)?;
    Ok(Alert {
        url: base_of(&page.url),
        metrics,
        rules: None,
        ahead: page.ahead,
    })
}

fn base_of(url: &str) -> String {
    url.trim_end_matches("/metrics").to_owned()
}

fn of_kind(page: &Page, expected: Kind) -> Result<Metrics, Unread> {
    let metrics = twice(page);
    let found = Kind::of(&metrics.after);
    if found == expected {
        return Ok(metrics);
    }
    Err(Unread {
        url: page.url.clone(),
        cause: Cause::Other,
        message: format!("these are the metrics of {found}, expected those of {expected}"),
        instead: Vec::new(),
    })
}
