//! One page over HTTP.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, DATE};
use http::{Request, StatusCode, Uri};
use tokio::time::Instant;
use vmotel_http::{BaseUrl, Body, Client, ClientConfig, ConfigError, Error};

use crate::doctor::exposition::Exposition;
use crate::doctor::reading::{Cause, Kind, Unread};

/// Where metrics are by default.
const METRICS: &str = "/metrics";
/// Where else they often are.
const OTHER_PATHS: [&str; 3] = [METRICS, "/prometheus/metrics", "/actuator/prometheus"];
/// Where else an application often listens: the OpenTelemetry exporter's port, and the usual ones.
const OTHER_PORTS: [u16; 3] = [9464, 9090, 8080];
/// VictoriaMetrics refuses larger scrapes long before.
const MAX_BYTES: u64 = 128 * 1024 * 1024;
/// For places that are only guessed.
const GUESS_WITHIN: Duration = Duration::from_secs(2);

/// One server: its client, and the path of its metrics.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    client: Client,
    path: String,
    origin: String,
    host: String,
}

/// A page that came with a success.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) url: String,
    pub(super) content_type: String,
    pub(super) text: String,
    pub(super) ahead: Option<f64>,
    /// When it was asked for, by our clock, in seconds since 1970.
    pub(super) at: Option<f64>,
}

impl Reader {
    /// Creates a reader of the metrics at an address: at its path if it ends with one of metrics, else below it.
    pub(super) fn new(url: &BaseUrl, http: &ClientConfig) -> Result<Self, ConfigError> {
        let prefix = url.prefix();
        let scheme = if url.is_https() { "https" } else { "http" };
        let origin = format!("{scheme}://{}", url.authority());
        let (base, path) = if prefix.contains("metrics") || prefix.contains("prometheus") {
            let base = origin.parse().unwrap_or_else(|_| url.clone());
            (base, prefix.to_owned())
        } else {
            (url.clone(), METRICS.to_owned())
        };
        let http = ClientConfig {
            max_response_bytes: http.max_response_bytes.min(MAX_BYTES),
            gzip: true,
            ..http.clone()
        };
        let authority = url.authority();
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host.to_owned(),
            _ => authority.to_owned(),
        };
        Ok(Self {
            client: Client::new(base, http)?,
            path,
            origin,
            host,
        })
    }

    /// Reads the metrics.
    pub(super) async fn metrics(&self) -> Result<Page, Unread> {
        self.page(&self.path, None).await
    }

    /// Reads a page below the address.
    pub(super) async fn page(&self, path: &str, within: Option<Duration>) -> Result<Page, Unread> {
        let base = self.client.base().to_string();
        let url = format!("{base}{path}");
        let unread = |cause, message| Unread {
            url: url.split('?').next().unwrap_or_default().to_owned(),
            cause,
            message,
            instead: Vec::new(),
        };
        let request = Request::get(path)
            .body(Body::empty())
            .map_err(|e| unread(Cause::Other, e.to_string()))?;
        let begin = Instant::now();
        let before = now();
        let timeout = within.unwrap_or(self.client.config().timeout);
        let answer = self
            .client
            .send_within(request, timeout)
            .await
            .map_err(|e| unread(cause(&e), whole(&e)))?;
        let took = begin.elapsed();
        let header = |name| answer.headers.get(name).and_then(|value| value.to_str().ok());
        Ok(Page {
            at: before
                .duration_since(SystemTime::UNIX_EPOCH)
                .ok()
                .map(|since| since.as_secs_f64()),
            ahead: header(DATE).and_then(|date| ahead(date, before, took)),
            content_type: header(CONTENT_TYPE).unwrap_or_default().to_owned(),
            text: String::from_utf8_lossy(&answer.body).into_owned(),
            url,
        })
    }

    /// Looks for metrics at other paths and ports of the same host.
    pub(super) async fn look_around(&self) -> Vec<(String, Kind)> {
        let tried = format!("{}{}", self.client.base(), self.path);
        let mut places: Vec<String> = OTHER_PATHS
            .iter()
            .map(|path| format!("{}{path}", self.origin))
            .filter(|place| *place != tried)
            .collect();
        for port in OTHER_PORTS {
            let place = format!("http://{}:{port}", self.host);
            if place != self.origin {
                places.push(format!("{place}{METRICS}"));
            }
        }
        let mut found = Vec::new();
        for place in places {
            if let Ok(kind) = kind_at(&place, GUESS_WITHIN).await {
                found.push((place, kind));
            }
        }
        found
    }
}

/// Reads the metrics of an address that was given; if `elsewhere`, looks around where there are none.
pub(super) async fn optional(reader: Option<&Reader>, elsewhere: bool) -> Option<Result<Page, Unread>> {
    let reader = reader?;
    let mut page = reader.metrics().await;
    if let Ok(it) = &page
        && Exposition::parse(&it.text).samples.is_empty()
    {
        let beginning: String = it.text.chars().take(80).collect();
        page = Err(Unread {
            url: it.url.clone(),
            cause: Cause::Other,
            message: format!("the answer ({}) holds no sample: {beginning:?}", it.content_type),
            instead: Vec::new(),
        });
    }
    if elsewhere && let Err(unread) = &mut page {
        unread.instead = reader.look_around().await;
    }
    Some(page)
}

/// Returns what kind of program serves metrics at a whole address, without credentials.
pub(super) async fn kind_at(url: &str, within: Duration) -> Result<Kind, Unread> {
    let unread = |message: String| Unread {
        url: url.to_owned(),
        cause: Cause::Other,
        message,
        instead: Vec::new(),
    };
    let uri: Uri = url.parse().map_err(|e| unread(format!("{e}")))?;
    let (scheme, authority) = (uri.scheme_str().unwrap_or("http"), uri.authority());
    let base = format!("{scheme}://{}", authority.map_or("", |a| a.as_str()));
    let base: BaseUrl = base.parse().map_err(|e| unread(format!("{e}")))?;
    let reader = Reader::new(&base, &ClientConfig::default()).map_err(|e| unread(e.to_string()))?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let page = reader.page(path, Some(within)).await?;
    let exposition = Exposition::parse(&page.text);
    if exposition.samples.is_empty() {
        return Err(unread(format!(
            "the answer ({}) holds no sample",
            page.content_type
        )));
    }
    Ok(Kind::of(&exposition))
}

fn cause(error: &Error) -> Cause {
    match error {
        Error::Connect { .. } => Cause::Connect,
        Error::Timeout { .. } => Cause::Timeout,
        Error::Status { status, .. } => match *status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Cause::Credentials,
            StatusCode::NOT_FOUND => Cause::NotFound,
            other => Cause::Status(other.as_u16()),
        },
        _ => Cause::Other,
    }
}

/// The message with those of its causes.
fn whole(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text.chars().take(400).collect()
}

/// Returns how far the clock behind a `Date` header is ahead of ours; the header has whole seconds.
fn ahead(date: &str, before: SystemTime, took: Duration) -> Option<f64> {
    let theirs = httpdate::parse_http_date(date).ok()? + Duration::from_millis(500);
    let ours = before + took / 2;
    Some(match theirs.duration_since(ours) {
        Ok(ahead) => ahead.as_secs_f64(),
        Err(behind) => -behind.duration().as_secs_f64(),
    })
}

#[expect(clippy::disallowed_methods, reason = "the clocks of machines are compared")]
fn now() -> SystemTime {
    SystemTime::now()
}
