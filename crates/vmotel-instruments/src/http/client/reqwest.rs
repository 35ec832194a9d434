//! reqwest's client.

use reqwest::{Body, Client, Request, RequestBuilder, Response, ResponseBuilderExt as _};

use super::{HttpClientMetrics, UrlTemplate, exchange::ClientExchange, layer::ClientBody};
use crate::http::watched::{self, Watched as _};

/// reqwest's client with each request recorded.
///
/// A request is recorded once, redirects included, under the URL that was asked for. Clones share everything.
///
/// # Examples
///
/// ```no_run
/// use vmotel_instruments::http::client::{HttpClientMetrics, MeteredClient, UrlTemplate};
///
/// # async fn run() -> Result<(), reqwest::Error> {
/// let metrics = HttpClientMetrics::new(&opentelemetry::global::meter("shop"));
/// let client = MeteredClient::new(reqwest::Client::new(), metrics);
///
/// let response = client.send(client.get("http://localhost:3000/users/7"), Some(UrlTemplate("/users/{id}"))).await?;
/// assert_eq!(response.status(), 200);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct MeteredClient {
    client: Client,
    metrics: HttpClientMetrics,
}

impl std::ops::Deref for MeteredClient {
    type Target = Client;

    /// Returns the client, whose builders of requests go to [`send`](MeteredClient::send).
    fn deref(&self) -> &Client {
        &self.client
    }
}

impl MeteredClient {
    /// Creates it around a client.
    #[must_use]
    pub const fn new(client: Client, metrics: HttpClientMetrics) -> Self {
        Self { client, metrics }
    }

    /// Builds a request and sends it; `template` is that of its URL.
    ///
    /// # Errors
    /// As [`Client::execute`], and if the request cannot be built, which is not recorded.
    pub async fn send(
        &self,
        request: RequestBuilder,
        template: Option<UrlTemplate>,
    ) -> Result<Response, reqwest::Error> {
        let request = request.build()?;
        self.execute_as(request, template).await
    }

    /// Sends a request.
    ///
    /// # Errors
    /// As [`Client::execute`].
    pub async fn execute(&self, request: Request) -> Result<Response, reqwest::Error> {
        self.execute_as(request, None).await
    }

    async fn execute_as(
        &self,
        request: Request,
        template: Option<UrlTemplate>,
    ) -> Result<Response, reqwest::Error> {
        // A URL that is no URI has no host that could be asked: reqwest refuses it.
        let uri = request.url().as_str().parse().unwrap_or_default();
        let bytes = match request.body() {
            None => Some(0),
            Some(body) => body.as_bytes().map(|bytes| bytes.len() as u64),
        };
        let mut exchange = ClientExchange::begin(&self.metrics, request.method(), &uri, template, bytes);
        exchange.waiting();
        match self.client.execute(request).await {
            Ok(response) => Ok(watch(response, exchange)),
            Err(error) => {
                exchange.failed_by(error_type(&error));
                Err(error)
            }
        }
    }
}

/// Returns the response with a body that ends the exchange.
fn watch(response: Response, exchange: ClientExchange) -> Response {
    let url = http::response::Builder::new()
        .url(response.url().clone())
        .body(());
    let mut response: http::Response<Body> = response.into();
    if let Ok(url) = url {
        response.extensions_mut().extend(url.into_parts().0.extensions);
    }
    let mut exchange = Some(exchange);
    watched::respond(&mut response, &mut exchange);
    response
        .map(|body| Body::wrap(ClientBody::new(body, exchange)))
        .into()
}

fn error_type(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connect"
    } else if error.is_redirect() {
        "redirect"
    } else if error.is_body() {
        "body"
    } else {
        "request_error"
    }
}
