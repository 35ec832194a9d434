//! From a request's method and headers to the response; knows no socket.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};

#[cfg(feature = "push")]
use crate::push::Batch;
use crate::{
    Format,
    collector::{Collector, Scraped},
    compress,
    error::ScrapeError,
    negotiate::{self, Coding},
    self_metrics::{Outcome, Reason, SelfMetrics},
};

/// Names the sources that are missing in a scrape.
const FAILED_SOURCES: HeaderName = HeaderName::from_static("x-vmotel-failed-sources");

/// Answers scrapes, over whichever way they come.
#[derive(Debug)]
pub(crate) struct Scraper {
    pub(crate) collector: Collector,
    pub(crate) metrics: Arc<SelfMetrics>,
    pub(crate) serves: bool,
    pub(crate) path: String,
    pub(crate) collect_timeout: Duration,
}

impl Scraper {
    /// Scrapes in a format; once `patience` ends, without a source that hangs.
    pub(crate) async fn scrape(
        &self,
        format: Format,
        coding: Coding,
        patience: impl Future<Output = ()>,
    ) -> Result<Scraped, ScrapeError> {
        let result = if self.serves {
            self.collector.scrape(format, coding, patience).await
        } else {
            Err(ScrapeError::Disabled)
        };
        self.note(&result, format);
        result
    }

    /// Collects for a push.
    #[cfg(feature = "push")]
    pub(crate) async fn push(&self, markers: bool) -> Result<Batch, ScrapeError> {
        self.collector.push(markers).await
    }

    /// Collects for a push what can be collected while a source hangs.
    #[cfg(feature = "push")]
    pub(crate) async fn push_rest(&self, markers: bool) -> Result<Batch, ScrapeError> {
        self.collector.push_rest(markers).await
    }

    /// Answers a request for the metrics' path; `patience` as for [`Scraper::scrape`].
    pub(crate) async fn respond(
        &self,
        method: &Method,
        headers: &HeaderMap,
        patience: impl Future<Output = ()>,
    ) -> Response<Bytes> {
        if method != Method::GET && method != Method::HEAD {
            let mut response = plain(
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET and HEAD are served here\n".into(),
            );
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let format = negotiate::format(headers);
        let coding = negotiate::coding(headers, compress::AVAILABLE);
        let response = match self.scrape(format, coding, patience).await {
            Ok(scraped) => {
                self.metrics.sent(coding, scraped.body.len());
                success(&scraped, format, coding)
            }
            Err(error) => failure(&error),
        };
        if method == Method::HEAD {
            return response.map(|_| Bytes::new());
        }
        response
    }

    fn note(&self, result: &Result<Scraped, ScrapeError>, format: Format) {
        let outcome = match result {
            Ok(scraped) if scraped.failed.is_empty() => Outcome::Complete,
            Ok(scraped) => {
                self.metrics.failed(Reason::Source);
                if scraped.is_failure {
                    Outcome::Failed
                } else {
                    Outcome::Partial
                }
            }
            Err(error) => {
                self.metrics.failed(match error {
                    ScrapeError::Busy { .. } => Reason::Busy,
                    ScrapeError::Stuck { .. } => Reason::Stuck,
                    ScrapeError::Disabled | ScrapeError::ShutDown => Reason::ShutDown,
                    ScrapeError::Panicked { .. } | ScrapeError::Thread | ScrapeError::Compress { .. } => {
                        Reason::Internal
                    }
                });
                Outcome::Failed
            }
        };
        self.metrics.scraped(outcome, format);
    }
}

fn success(scraped: &Scraped, format: Format, coding: Coding) -> Response<Bytes> {
    let mut response = Response::new(scraped.body.clone());
    if scraped.is_failure {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    let length = scraped.body.len();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(format.content_type()),
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if coding != Coding::Identity {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.word()));
    }
    if !scraped.failed.is_empty()
        && let Ok(names) = HeaderValue::from_str(&scraped.failed.join(",").escape_default().to_string())
    {
        headers.insert(FAILED_SOURCES, names);
    }
    response
}

/// Answers an error: 404 if metrics are switched off, 503 if a later scrape may succeed, 500 otherwise.
pub(crate) fn failure(error: &ScrapeError) -> Response<Bytes> {
    let status = match error {
        ScrapeError::Disabled => StatusCode::NOT_FOUND,
        ScrapeError::ShutDown | ScrapeError::Busy { .. } | ScrapeError::Stuck { .. } => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        ScrapeError::Panicked { .. } | ScrapeError::Thread | ScrapeError::Compress { .. } => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    let mut response = plain(status, format!("{error}\n"));
    if matches!(error, ScrapeError::Busy { .. }) {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// Answers with a line of plain text.
pub(crate) fn plain(status: StatusCode, text: String) -> Response<Bytes> {
    let length = text.len();
    let mut response = Response::new(Bytes::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}
