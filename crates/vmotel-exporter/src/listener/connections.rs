//! The connections of a listener: bounded in number and in time.

use std::{convert::Infallible, io, pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time,
};

use super::timed::Timed;
use crate::{
    error::ScrapeError,
    exporter::Phase,
    scraper::{Scraper, failure, plain},
};

/// The longest head of a request in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// The limits of a listener.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) connections: usize,
    pub(super) write: Duration,
    pub(super) idle: Duration,
}

/// Serves until the exporter stops, then lets the responses under way finish within the grace.
pub(super) async fn serve(
    listener: std::net::TcpListener,
    scraper: Arc<Scraper>,
    mut phase: watch::Receiver<Phase>,
    limits: Limits,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let slots = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let mut connections = JoinSet::new();
    let grace = loop {
        // A slot first, so that what cannot be served waits unaccepted.
        let slot = tokio::select! {
            slot = Arc::clone(&slots).acquire_owned() => slot,
            grace = stopped(&mut phase) => break grace,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            grace = stopped(&mut phase) => break grace,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(stream, Arc::clone(&scraper), phase.clone(), limits);
                connections.spawn(async move {
                    connection.await;
                    drop(slot);
                });
            }
            // Such as too many open files: the listener stays, and tries again.
            Err(error) => {
                tracing::warn!(target: "vmotel_exporter", "a connection was not accepted: {error}");
                time::sleep(Duration::from_millis(100)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    };
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    // What is not finished then is cut off with the set.
    let _ = time::timeout(grace, all).await;
    Ok(())
}

/// Waits until the exporter stops; returns the grace.
async fn stopped(phase: &mut watch::Receiver<Phase>) -> Duration {
    match phase.wait_for(|phase| phase.is_stopped()).await.as_deref() {
        Ok(Phase::Stopped(grace)) => *grace,
        _ => Duration::ZERO,
    }
}

async fn connection(
    stream: TcpStream,
    scraper: Arc<Scraper>,
    mut phase: watch::Receiver<Phase>,
    limits: Limits,
) {
    // Responses are written whole; not waiting for more saves a round trip.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let scraper = Arc::clone(&scraper);
        async move { Ok::<_, Infallible>(answer(&scraper, &request).await.map(Full::new)) }
    });
    let io = TokioIo::new(Timed::new(stream, limits.idle, limits.write));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle)
        .max_buf_size(MAX_HEAD)
        .serve_connection(io, service);
    let mut serving = pin!(serving);
    tokio::select! {
        // A client that breaks off, is too slow or speaks no HTTP is its own affair.
        _ = serving.as_mut() => {}
        _ = stopped(&mut phase) => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

async fn answer(scraper: &Scraper, request: &Request<Incoming>) -> Response<Bytes> {
    if request.uri().path() != scraper.path {
        return plain(
            StatusCode::NOT_FOUND,
            format!("not found, the metrics are at {}\n", scraper.path),
        );
    }
    let limit = scraper.collect_timeout;
    // Then the queue knows, too, that a source hangs, and this scrape goes on without it.
    let patience = limit + Duration::from_millis(100);
    let response = scraper.respond(request.method(), request.headers(), time::sleep(patience));
    match time::timeout(2 * patience, response).await {
        Ok(response) => response,
        Err(_) => failure(&ScrapeError::Stuck {
            since: 2 * limit,
            limit,
        }),
    }
}
