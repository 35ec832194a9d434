//! Sends what the spool holds, one request after the other, until the server has it.

use std::{error::Error as _, time::Duration};

use http::{HeaderValue, Request};
use vmotel_http::{Body, Error, Response, Verdict};
use vmotel_model::Clock;
use vmotel_wire::{otlp, remote_write};

use super::{
    TargetCheck,
    backoff::Backoff,
    encoder::pack,
    explain,
    link::Link,
    metrics::Failed,
    partial,
    worker::{Setup, Worker},
};
use crate::spool::{Parcel, ParcelId, ParcelKind};

/// Between two tries while the exporter shuts down: time is short, and there is no later.
const HURRY: Duration = Duration::from_millis(100);

/// Between two looks at a server that may still lose what it acknowledged. VictoriaMetrics writes fresh rows out after some five seconds.
const LOOK: Duration = Duration::from_secs(5);

/// The sending half of the worker.
#[derive(Debug)]
pub(super) struct Sender<'a> {
    worker: &'a Worker,
    backoff: Backoff,
    link: Link,
    /// When a request was acknowledged last.
    acknowledged: Option<Duration>,
    /// Whether the server can be looked at without sending data.
    looks: bool,
}

/// What became of a request.
enum Outcome {
    /// With the answer, where it could be read.
    Delivered(Option<Response>),
    /// Never to be delivered.
    Refused(String),
    /// To be tried again.
    Failed {
        how: Failed,
        error: String,
        /// How long to wait, if the server or the kind of failure tells.
        wish: Option<Duration>,
        /// Whether the server may have gone, and what it acknowledged lately with it.
        lost: bool,
    },
}

impl<'a> Sender<'a> {
    pub(super) fn new(worker: &'a Worker) -> Self {
        Self {
            worker,
            backoff: Backoff::new(worker.setup.push.retry),
            link: Link::default(),
            acknowledged: None,
            looks: worker.setup.target.is_victoria && !worker.setup.push.spool.window.is_zero(),
        }
    }

    const fn setup(&self) -> &'a Setup {
        &self.worker.setup
    }

    /// Sends for ever.
    pub(super) async fn run(&mut self) {
        if self.setup().push.check != TargetCheck::Off {
            self.probe().await;
        }
        loop {
            let front = self.worker.spool.borrow_mut().front();
            match front {
                Some((id, parcel)) => self.deliver(id, &parcel).await,
                None => {
                    self.worker.progress.notify_waiters();
                    self.idle().await;
                }
            }
        }
    }

    /// Sends an empty request, which shows what is wrong with address, credentials and certificates before there is data; whatever is to
    /// be sent meanwhile shows it as well.
    async fn probe(&self) {
        let setup = self.setup();
        let kind = setup.target.kind;
        let Ok(body) = pack(kind, b"", &mut Vec::new()) else {
            return;
        };
        let parcel = Parcel {
            body,
            kind,
            query: "".into(),
            samples: 0,
            series: 0,
            time: setup.clock.now(),
        };
        let outcome = tokio::select! {
            outcome = self.send(&parcel) => outcome,
            () = self.worker.wake.notified() => return,
        };
        match outcome {
            Outcome::Delivered(_) => {
                setup.check(Ok(()));
            }
            Outcome::Refused(error) | Outcome::Failed { error, .. } => {
                if setup.check(Err(error.clone())) {
                    setup.worried.set(true);
                    tracing::error!(
                        target: "vmotel_exporter",
                        "the target of pushes ({}) does not take an empty request: {error}; pushes are tried all the same",
                        setup.target
                    );
                }
            }
        }
    }

    /// Sends the first parcel and notes what became of it.
    async fn deliver(&mut self, id: ParcelId, parcel: &Parcel) {
        let begin = self.setup().clock.monotonic();
        let outcome = self.send(parcel).await;
        let now = self.setup().clock.monotonic();
        let took = now.saturating_sub(begin);
        let wait = match outcome {
            Outcome::Delivered(answer) => {
                self.backoff.reset();
                let mut rejected = 0;
                if let Some(answer) = answer {
                    self.answered(&answer, now);
                    rejected = self.rejected(parcel, &answer.body);
                }
                self.acknowledged = Some(now);
                let is_first = self.worker.spool.borrow_mut().delivered(id, now);
                let samples = if is_first { parcel.samples - rejected } else { 0 };
                let wall = self.setup().clock.now();
                let metrics = &self.setup().metrics;
                metrics.delivered(samples, parcel.body.len(), took, wall);
                self.setup().check(Ok(()));
                self.setup().relieve();
                None
            }
            Outcome::Refused(error) => {
                self.worker.spool.borrow_mut().rejected(id);
                self.setup().metrics.refused(parcel.samples);
                let samples = parcel.samples;
                self.failed(
                    Failed::Refused,
                    took,
                    &format!("{samples} samples were refused: {error}"),
                );
                None
            }
            Outcome::Failed {
                how,
                error,
                wish,
                lost,
            } => {
                self.failed(how, took, &error);
                self.worker.spool.borrow_mut().failed(id);
                if lost {
                    self.lost();
                }
                Some(self.backoff.next(wish))
            }
        };
        let stats = self.worker.spool.borrow().stats();
        self.setup().metrics.spool(stats);
        self.worker.progress.notify_waiters();
        if let Some(wait) = wait {
            self.pause(wait).await;
        }
    }

    /// Returns how many samples a receiver of OTLP did not take although it answered with a success.
    fn rejected(&self, parcel: &Parcel, answer: &[u8]) -> u64 {
        let is_otlp = !matches!(
            parcel.kind,
            ParcelKind::RemoteWriteSnappy | ParcelKind::RemoteWriteZstd
        );
        let Some(partial) = partial::read(answer).filter(|_| is_otlp) else {
            return 0;
        };
        let rejected = partial.rejected.min(parcel.samples);
        let message = crate::error::cut(&partial.message);
        let text = format!("the receiver took a request without {rejected} points of it: {message}");
        self.setup().warn(&text);
        self.setup().metrics.error(text);
        self.setup().metrics.refused(rejected);
        rejected
    }

    /// Waits until something is to be sent; looks after the server meanwhile, while it may lose what it acknowledged.
    async fn idle(&mut self) {
        let wake = self.worker.wake.notified();
        let age = self
            .acknowledged
            .map(|last| self.setup().clock.monotonic().saturating_sub(last));
        let window = self.setup().push.spool.window;
        if !self.looks || age.is_none_or(|age| age > window) {
            return wake.await;
        }
        let pause = if self.link.is_gone() { Duration::ZERO } else { LOOK };
        tokio::select! {
            () = wake => {}
            () = tokio::time::sleep(pause) => self.look().await,
        }
    }

    /// Asks the server whether it is there; its answer, or none, tells of a restart.
    async fn look(&mut self) {
        let Ok(request) = Request::get("/health").body(Body::empty()) else {
            return;
        };
        let answer = self.setup().client.send(request).await;
        let now = self.setup().clock.monotonic();
        match answer {
            Ok(answer) => self.answered(&answer, now),
            // A proxy without that path: nothing is to be seen through it.
            Err(Error::Status { status, .. }) if status.is_client_error() => self.looks = false,
            Err(_) => self.lost(),
        }
        let stats = self.worker.spool.borrow().stats();
        self.setup().metrics.spool(stats);
    }

    fn answered(&mut self, answer: &Response, now: Duration) {
        let idle = self.setup().client.config().idle_timeout;
        if self.link.answered(answer, now, idle) {
            self.lost();
        }
    }

    /// Whatever happened to the server, what it acknowledged lately may have gone with it.
    fn lost(&mut self) {
        self.link.failed();
        let requests = self.worker.spool.borrow_mut().resend_window();
        if requests > 0 {
            tracing::info!(
                target: "vmotel_exporter",
                "the server may have lost what it acknowledged lately: {requests} requests are sent again"
            );
        }
    }

    /// Waits before another try; the shutdown cuts it short.
    async fn pause(&self, wait: Duration) {
        let end = tokio::time::Instant::now() + wait;
        loop {
            if self.worker.hurry.get() {
                return tokio::time::sleep(HURRY.min(wait)).await;
            }
            tokio::select! {
                () = tokio::time::sleep_until(end) => return,
                () = self.worker.wake.notified() => {}
            }
        }
    }

    fn failed(&self, how: Failed, took: Duration, error: &str) {
        let target = &self.setup().target;
        self.setup().check(Err(error.to_owned()));
        let in_a_row = self.setup().metrics.failed(how, took, error.to_owned());
        self.setup()
            .warn(&format!("a push failed ({target}): {error}; {in_a_row} in a row"));
    }

    async fn send(&self, parcel: &Parcel) -> Outcome {
        let target = &self.setup().target;
        let Some(path) = target.path(parcel.kind) else {
            return Outcome::Refused("it was made for another protocol, by an earlier process".to_owned());
        };
        let arguments: Vec<_> = [target.query.as_str(), &parcel.query]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let uri = if arguments.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", arguments.join("&"))
        };
        let request = Request::post(uri).body(Body::from(parcel.body.clone()));
        let mut request = match request {
            Ok(request) => request,
            Err(error) => return Outcome::Refused(error.to_string()),
        };
        for (name, value) in headers(parcel.kind) {
            request
                .headers_mut()
                .insert(*name, HeaderValue::from_static(value));
        }
        match self.setup().client.send(request).await {
            Ok(answer) => Outcome::Delivered(Some(answer)),
            Err(error) => self.judge(&error),
        }
    }

    /// Decides what a failure means for the request.
    fn judge(&self, error: &Error) -> Outcome {
        let text = told(error);
        let failed = |how, wish, lost| Outcome::Failed {
            how,
            error: text.clone(),
            wish,
            lost,
        };
        match error {
            Error::Connect { .. } => failed(Failed::Connect, None, true),
            Error::Timeout { .. } => failed(Failed::Timeout, None, true),
            Error::Transport { .. } => failed(Failed::Broken, None, true),
            Error::TokenFile { .. } => failed(Failed::Status, None, false),
            Error::Encoding { .. } => failed(Failed::Broken, None, false),
            Error::Status {
                status,
                verdict,
                body,
                ..
            } => {
                let status = status.as_u16();
                let slowly = Some(self.setup().push.retry.max);
                if let Some(right) = explain::answer(status, body, &self.setup().target.base) {
                    // The address or a proxy is at fault, not the data.
                    return Outcome::Failed {
                        how: Failed::Status,
                        error: format!("{text}; {right}"),
                        wish: slowly,
                        lost: false,
                    };
                }
                match verdict {
                    Verdict::Throttle(wish) => failed(Failed::Status, Some(*wish), false),
                    // A proxy says so of a server that is away.
                    Verdict::Retry => failed(Failed::Status, None, (502..=504).contains(&status)),
                    // Credentials can be put right while the process runs.
                    _ if matches!(status, 401 | 403 | 407) => failed(Failed::Status, slowly, false),
                    _ => Outcome::Refused(text),
                }
            }
            // The answer came with a success; what else is in it does not matter.
            Error::TooLarge { .. } | Error::Gzip { .. } => Outcome::Delivered(None),
            _ => Outcome::Refused(text),
        }
    }
}

/// Returns the error with its causes.
fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    crate::error::cut(&text)
}

fn headers(kind: ParcelKind) -> &'static [(&'static str, &'static str)] {
    const TYPE: (&str, &str) = ("content-type", otlp::CONTENT_TYPE);
    match kind {
        ParcelKind::Otlp => &[TYPE],
        ParcelKind::OtlpGzip => &[TYPE, ("content-encoding", "gzip")],
        ParcelKind::OtlpZstd => &[TYPE, ("content-encoding", "zstd")],
        ParcelKind::RemoteWriteSnappy => &remote_write::SNAPPY_HEADERS,
        ParcelKind::RemoteWriteZstd => &remote_write::ZSTD_HEADERS,
    }
}
