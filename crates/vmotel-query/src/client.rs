//! The client: requests over vmotel-http, answers decoded.

mod admin;
mod finish;
mod query;
mod rules;
mod search;
mod status;
mod storage;

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tokio::time::Instant;
use vmotel_http::{BaseUrl, Body, Client, ClientConfig, ConfigError, Secret, StreamingResponse};

use crate::error::Endpoint;
use crate::{Error, RetryConfig, Tenant};
use finish::{Finish, Unread, Whole};

/// A client for the API of one VictoriaMetrics, vmalert, vmagent or Prometheus, cheap to clone.
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
    retry: RetryConfig,
    auth_key: Option<Secret>,
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
            retry: RetryConfig::default(),
            auth_key: None,
        })
    }

    /// Returns a client for another tenant that shares the connections.
    #[must_use]
    pub fn for_tenant(&self, tenant: Tenant) -> Self {
        Self {
            tenant,
            ..self.clone()
        }
    }

    /// Returns the client with other rules for trying a read again.
    #[must_use]
    pub fn with_retry(self, retry: RetryConfig) -> Self {
        Self { retry, ..self }
    }

    /// Returns the client with the key that servers with `-deleteAuthKey`, `-snapshotAuthKey` and the like ask for. It is sent with
    /// requests that change the server's state, in their body.
    #[must_use]
    pub fn with_auth_key(self, key: Secret) -> Self {
        Self {
            auth_key: Some(key),
            ..self
        }
    }

    /// Returns the tenant.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        self.tenant
    }

    /// Returns the server's address.
    #[must_use]
    pub fn base(&self) -> &BaseUrl {
        self.http.base()
    }

    fn timeout(&self, own: Option<Duration>) -> Duration {
        own.unwrap_or(self.http.config().timeout)
    }

    /// Sends a read until it succeeds or must not be tried again, and returns the whole body.
    async fn read(
        &self,
        endpoint: Endpoint,
        request: Request<Body>,
        timeout: Duration,
    ) -> Result<Bytes, Error> {
        self.attempt(endpoint, request, timeout, Whole(endpoint)).await
    }

    /// Sends a read until its answer begins well or must not be tried again.
    async fn stream(
        &self,
        endpoint: Endpoint,
        request: Request<Body>,
        timeout: Duration,
    ) -> Result<StreamingResponse, Error> {
        self.attempt(endpoint, request, timeout, Unread).await
    }

    async fn attempt<F: Finish>(
        &self,
        endpoint: Endpoint,
        mut request: Request<Body>,
        timeout: Duration,
        finish: F,
    ) -> Result<F::Made, Error> {
        let begin = Instant::now();
        let mut retries = 0;
        loop {
            let next = again(&request);
            let left = timeout.saturating_sub(begin.elapsed());
            let outcome = match self.http.stream_within(request, left).await {
                Ok(response) => finish.finish(response).await,
                Err(error) => Err(Error::sort(endpoint, error)),
            };
            let error = match outcome {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let left = timeout.saturating_sub(begin.elapsed());
            match self.retry.pause(retries, &error) {
                Some(pause) if pause < left => tokio::time::sleep(pause).await,
                _ => return Err(error),
            }
            request = next;
            retries += 1;
        }
    }

    /// Sends a write, once.
    async fn write(
        &self,
        endpoint: Endpoint,
        request: Request<Body>,
        timeout: Duration,
    ) -> Result<Bytes, Error> {
        let sent = self.http.send_within(request, timeout).await;
        Ok(sent.map_err(|error| Error::sort(endpoint, error))?.body)
    }
}

/// Returns the same request once more; reads have their whole body in memory.
fn again(request: &Request<Body>) -> Request<Body> {
    let body = request.body().as_bytes().unwrap_or_default().to_vec();
    let mut copy = Request::new(Body::from(body));
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}
