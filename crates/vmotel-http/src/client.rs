//! The client: one server, a pool of connections.

use std::fmt;
use std::sync::Arc;

use http::header::{ACCEPT_ENCODING, AUTHORIZATION, HOST, USER_AGENT};
use http::{HeaderValue, Request, StatusCode, Version};
use hyper_util::client::legacy;

use crate::auth::Authorizer;
use crate::exchange::Exchange;
use crate::pool::Pool;
use crate::response::receive;
use crate::{BaseUrl, Body, ClientConfig, ConfigError, Error, Phase, Response, StreamingResponse};

/// An HTTP/1.1 client for one server, cheap to clone; clones share the connections.
///
/// It starts no thread and keeps no runtime: whichever tokio runtime polls a request also drives its connection. Connections that
/// belong to a runtime that has ended are not used again.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    base: BaseUrl,
    config: ClientConfig,
    authorizer: Authorizer,
    pool: Pool,
}

impl Client {
    /// Creates a client; opens no connection yet.
    ///
    /// With the feature `tls` and an `https` address it reads certificates and key from disk. The files of the settings are looked at
    /// again with a request, at most once a second; when they change, new connections are made with them.
    ///
    /// # Errors
    /// A zero where more is expected, credentials that no header can carry, `https` without the feature `tls`, certificates or a key
    /// that cannot be loaded.
    pub fn new(base: BaseUrl, mut config: ClientConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        let authorizer = Authorizer::new(std::mem::take(&mut config.auth))
            .map_err(|reason| ConfigError::Auth { reason })?;
        let pool = Pool::new(&base, &config)?;
        Ok(Self(Arc::new(Inner {
            base,
            config,
            authorizer,
            pool,
        })))
    }

    /// Returns the server's address.
    #[must_use]
    pub fn base(&self) -> &BaseUrl {
        &self.0.base
    }

    /// Returns the settings, without the credentials.
    #[must_use]
    pub fn config(&self) -> &ClientConfig {
        &self.0.config
    }

    /// Returns why the files with certificates and key, which have changed, are not used: the last good ones are.
    ///
    /// Updated with a request; `None` while all is well, and without the feature `tls`.
    #[must_use]
    pub fn certificate_error(&self) -> Option<String> {
        self.0.pool.error()
    }

    /// Sends a request and reads the whole answer.
    ///
    /// Only path and query of the request's address are used: they are put below the server's. Redirects are not followed.
    ///
    /// # Errors
    /// Any [`Error`]; a status outside 200 to 299 is one too, and keeps the text of the answer.
    ///
    /// # Panics
    /// tokio panics if the runtime was built without its io or time driver.
    pub async fn send(&self, request: Request<Body>) -> Result<Response, Error> {
        self.send_within(request, self.0.config.timeout).await
    }

    /// Sends a request with its own time limit and reads the whole answer.
    ///
    /// # Errors
    /// As [`Self::send`].
    ///
    /// # Panics
    /// As [`Self::send`].
    pub async fn send_within(
        &self,
        request: Request<Body>,
        timeout: std::time::Duration,
    ) -> Result<Response, Error> {
        let StreamingResponse {
            status,
            headers,
            local_address,
            body,
        } = self.stream_within(request, timeout).await?;
        Ok(Response {
            status,
            headers,
            local_address,
            body: body.collect().await?,
        })
    }

    /// Sends a request and returns when the head of the answer is there; its body is read by the caller.
    ///
    /// The time limit covers the reading of the body too.
    ///
    /// # Errors
    /// As [`Self::send`].
    ///
    /// # Panics
    /// As [`Self::send`].
    pub async fn stream_within(
        &self,
        mut request: Request<Body>,
        timeout: std::time::Duration,
    ) -> Result<StreamingResponse, Error> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::NoRuntime);
        }
        let inner = &*self.0;
        let exchange = Exchange::begin(format!("{}{}", inner.base, request.uri().path()), timeout);
        let authorization = exchange
            .within(Phase::Answer, inner.authorizer.header())
            .await??;
        inner
            .complete(&mut request, authorization)
            .map_err(|e| Error::Request {
                url: exchange.url.clone(),
                reason: e.to_string(),
            })?;
        let connections = exchange
            .within(Phase::Answer, inner.pool.get(&inner.config))
            .await?;
        let answer = exchange
            .within(Phase::Answer, connections.request(request))
            .await?;
        let answer = answer.map_err(|e| failed(&exchange, e))?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            inner.authorizer.refused().await;
        }
        receive(exchange, answer, inner.config.max_response_bytes).await
    }
}

impl Inner {
    /// Puts the request below the base address and adds the headers that every request carries.
    fn complete(
        &self,
        request: &mut Request<Body>,
        authorization: Option<HeaderValue>,
    ) -> Result<(), http::Error> {
        *request.uri_mut() = self.base.join(request.uri())?;
        *request.version_mut() = Version::HTTP_11;
        let headers = request.headers_mut();
        headers
            .entry(USER_AGENT)
            .or_insert(HeaderValue::from_static(concat!(
                "vmotel/",
                env!("CARGO_PKG_VERSION")
            )));
        if self.config.gzip {
            headers
                .entry(ACCEPT_ENCODING)
                .or_insert(HeaderValue::from_static("gzip"));
        }
        for name in self.config.headers.keys() {
            headers.remove(name);
        }
        for (name, value) in &self.config.headers {
            headers.append(name, value.clone());
        }
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value);
        }
        // The pool sets it from the address, unless a setting names another one (a virtual host behind a proxy).
        if !self.config.headers.contains_key(HOST) {
            headers.remove(HOST);
        }
        Ok(())
    }
}

fn failed(exchange: &Exchange, error: legacy::Error) -> Error {
    let url = exchange.url.clone();
    if error.is_connect() {
        Error::Connect {
            url,
            source: error.into(),
        }
    } else {
        Error::Transport {
            url,
            phase: Phase::Answer,
            source: error.into(),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.0.base)
            .finish_non_exhaustive()
    }
}
