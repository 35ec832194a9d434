//! The client: requests over vmotel-http, answers decoded.

use std::sync::PoisonError;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use vmotel_http::{BaseUrl, Body, Client, ClientConfig, ConfigError};

use crate::{
    Answer, Data, Error, ExportStream, ImportLimits, ImportReport, ImportSeries, InstantQuery, Labels,
    RangeQuery, RangeSeries, SeriesQuery, Tenant, decode, import,
};

/// A client for the read and import API of one VictoriaMetrics, cheap to clone.
///
/// It is driven by the caller's tokio runtime and starts no thread.
///
/// # Examples
/// ```no_run
/// use vmotel_query::{ClientConfig, InstantQuery, QueryClient, Tenant};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let client = QueryClient::new("http://localhost:8428".parse()?, Tenant::SingleNode, ClientConfig::default())?;
/// let answer = client.query(&InstantQuery::new("sum(rate(http_requests_total[5m])) by (path)")).await?;
/// for series in answer.complete()?.into_vector().unwrap_or_default() {
///     println!("{} {}", series.labels, series.sample.value);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct QueryClient {
    http: Client,
    tenant: Tenant,
}

impl QueryClient {
    /// Creates a client; opens no connection yet.
    ///
    /// # Errors
    /// A setting is invalid.
    pub fn new(base: BaseUrl, tenant: Tenant, config: ClientConfig) -> Result<Self, ConfigError> {
        Ok(Self {
            http: Client::new(base, config)?,
            tenant,
        })
    }

    /// Returns a client for another tenant that shares the connections.
    #[must_use]
    pub fn for_tenant(&self, tenant: Tenant) -> Self {
        Self {
            http: self.http.clone(),
            tenant,
        }
    }

    /// Evaluates an expression at one point in time (`/api/v1/query`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn query(&self, query: &InstantQuery) -> Result<Answer<Data>, Error> {
        let timeout = self.timeout(query.options.timeout);
        decode::instant(&self.body(query.request(self.tenant, timeout)?, timeout).await?)
    }

    /// Evaluates an expression at every step of a range (`/api/v1/query_range`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn query_range(&self, query: &RangeQuery) -> Result<Answer<Vec<RangeSeries>>, Error> {
        let timeout = self.timeout(query.options.timeout);
        decode::range(&self.body(query.request(self.tenant, timeout)?, timeout).await?)
    }

    /// Returns the labels of the series that fit a selector (`/api/v1/series`), in no particular order.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn series(&self, query: &SeriesQuery) -> Result<Answer<Vec<Labels>>, Error> {
        decode::list(
            "series",
            &self
                .body(query.series_request(self.tenant)?, self.timeout(None))
                .await?,
        )
    }

    /// Returns the names of the labels (`/api/v1/labels`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn label_names(&self, query: &SeriesQuery) -> Result<Answer<Vec<String>>, Error> {
        decode::list(
            "labels",
            &self
                .body(query.label_names_request(self.tenant)?, self.timeout(None))
                .await?,
        )
    }

    /// Returns the values of a label (`/api/v1/label/NAME/values`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn label_values(&self, label: &str, query: &SeriesQuery) -> Result<Answer<Vec<String>>, Error> {
        let request = query.label_values_request(label, self.tenant)?;
        decode::list("label values", &self.body(request, self.timeout(None)).await?)
    }

    /// Reads the stored samples of the series that fit a selector (`/api/v1/export`), as a stream of bounded memory.
    ///
    /// Without `start` and `end` it reads everything until the current second.
    ///
    /// # Errors
    /// Any [`Error`]; also from the stream.
    pub async fn export(&self, query: &SeriesQuery) -> Result<ExportStream, Error> {
        let request = query.export_request(self.tenant)?;
        Ok(ExportStream::new(
            self.http.stream_within(request, self.timeout(None)).await?.body,
        ))
    }

    /// Stores samples with their own timestamps (`/api/v1/import`), compressed and made while they are sent.
    ///
    /// The iterator runs on the thread that drives the future and should not wait for anything. The server answers with a success
    /// even for what it drops; the report counts what is known to be dropped and is therefore not sent. A new sample is visible to
    /// queries after some seconds.
    ///
    /// # Errors
    /// Any [`Error`]; then a part of the series may be stored. Sending the same again is harmless: equal samples replace each other.
    pub async fn import<I>(&self, series: I) -> Result<ImportReport, Error>
    where
        I: IntoIterator<Item = ImportSeries>,
        I::IntoIter: Send + 'static,
    {
        self.import_with(series, ImportLimits::default()).await
    }

    /// Stores samples as [`Self::import`] does, for a server with other limits.
    ///
    /// # Errors
    /// As [`Self::import`].
    pub async fn import_with<I>(&self, series: I, limits: ImportLimits) -> Result<ImportReport, Error>
    where
        I: IntoIterator<Item = ImportSeries>,
        I::IntoIter: Send + 'static,
    {
        let (request, report) = import::request(series.into_iter(), limits, self.tenant)?;
        self.http.send(request).await?;
        let report = report.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(report.clone())
    }

    async fn body(&self, request: Request<Body>, timeout: Duration) -> Result<Bytes, Error> {
        Ok(self.http.send_within(request, timeout).await?.body)
    }

    fn timeout(&self, own: Option<Duration>) -> Duration {
        own.unwrap_or(self.http.config().timeout)
    }
}
