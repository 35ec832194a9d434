//! The load: real HTTP requests, many in flight, each noted in the truth once it is answered.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, client::conn::http1::SendRequest, header::HOST};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::{net::TcpStream, task::JoinSet};

use super::{
    Args,
    plan::{self, METHODS, PATHS},
    report::Progress,
    service::{GUIDE, INSIDE, Services, WORK},
    stack::Storage,
    truth::Truth,
};
use crate::step;

/// What came of the load.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Load {
    pub(super) requests: u64,
    pub(super) in_flight: u64,
    pub(super) seconds: f64,
    /// The durations of the plan in seconds, sorted.
    #[serde(skip)]
    pub(super) durations: Vec<f64>,
}

/// A quantile of the durations of the plan, compared.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Quantile {
    pub(super) quantile: f64,
    pub(super) exact: f64,
    pub(super) stored: Option<f64>,
    /// The bucket in which the exact one lies: as exact as a histogram can be.
    pub(super) bucket: [f64; 2],
    pub(super) equal: bool,
}

/// Sends all requests.
pub(super) async fn run(
    args: &Args,
    services: &Services,
    truth: &Arc<Truth>,
    progress: &Progress,
) -> anyhow::Result<Load> {
    let begin = step::now();
    let bar = progress.bar("requests", args.requests);
    let next = Arc::new(AtomicU64::new(0));
    let mut workers = JoinSet::new();
    let (address, total) = (services.address(), args.requests);
    for _ in 0..args.in_flight.min(total) {
        let (next, truth, bar) = (Arc::clone(&next), Arc::clone(truth), bar.clone());
        workers.spawn(async move {
            let mut connection = connect(address).await?;
            loop {
                let number = next.fetch_add(1, Relaxed);
                if number >= total {
                    return anyhow::Ok(());
                }
                one(&mut connection, address, number, &truth).await?;
                bar.inc(1);
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker.context("a worker of the load died")??;
    }
    bar.finish_and_clear();
    let nanos = (0..total).map(|number| plan::request(number).work.duration_nanos);
    let mut durations: Vec<f64> = nanos.map(|nanos| nanos as f64 / 1e9).collect();
    durations.sort_by(f64::total_cmp);
    Ok(Load {
        requests: total,
        in_flight: args.in_flight.min(total),
        seconds: begin.elapsed().as_secs_f64(),
        durations,
    })
}

async fn connect(address: SocketAddr) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address)
        .await
        .context("cannot reach the service")?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn one(
    connection: &mut SendRequest<Full<Bytes>>,
    address: SocketAddr,
    number: u64,
    truth: &Truth,
) -> anyhow::Result<()> {
    let planned = plan::request(number);
    let request = Request::builder()
        .method(METHODS[planned.method])
        .uri(PATHS[planned.path])
        .header(HOST, address.to_string())
        .header(WORK, serde_json::to_string(&planned.work)?)
        .body(Full::new(Bytes::from(vec![b'x'; planned.size])))?;
    connection
        .ready()
        .await
        .context("the service closed a connection")?;
    let begin = step::now();
    let response = connection
        .send_request(request)
        .await
        .context("a request failed")?;
    let status = response.status().as_u16();
    let inside = response
        .headers()
        .get(INSIDE)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    response
        .into_body()
        .collect()
        .await
        .context("a response broke off")?;
    let outside = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
    ensure!(
        status == planned.work.status,
        "request {number} was answered {status}, expected {}",
        planned.work.status
    );
    truth.note(
        &planned,
        inside.context("the service does not tell its time")?,
        outside,
    );
    Ok(())
}

/// Compares the quantiles that the storage works out with the exact ones.
pub(super) async fn check_quantiles(load: &Load, storage: &Storage) -> anyhow::Result<Vec<Quantile>> {
    let buckets = [0.0, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    let mut rows = Vec::new();
    for quantile in [0.5, 0.99] {
        let query = format!(
            "histogram_quantile({quantile}, sum(http_request_duration_seconds_bucket{{service=\"{GUIDE}\"}}) by (le))"
        );
        let stored = storage
            .query(&query)
            .await?
            .first()
            .map(|series| series.sample.value);
        let rank = (quantile * load.durations.len() as f64).ceil().max(1.0) as usize - 1;
        let exact = load.durations.get(rank).copied().context("no requests")?;
        let end = buckets
            .partition_point(|&end| end < exact)
            .clamp(1, buckets.len() - 1);
        let bucket = [buckets[end - 1], buckets[end]];
        rows.push(Quantile {
            quantile,
            exact,
            stored,
            bucket,
            equal: stored.is_some_and(|value| (bucket[0]..=bucket[1]).contains(&value)),
        });
    }
    Ok(rows)
}
