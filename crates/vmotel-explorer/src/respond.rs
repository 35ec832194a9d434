//! From a request to the response; knows no socket.

use std::{borrow::Cow, net::IpAddr};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};

use crate::{Explorer, access::Denial, explorer::Unanswered, page};

impl Explorer {
    /// Answers a request for the page or what lies below its path, for servers other than axum. `peer` is the address of the client
    /// that the connection has.
    ///
    /// The paths are the configured one and, below it, `explorer.js`, `explorer.css`, `data.json` and `family.json?name=NAME`.
    pub async fn respond<B: Sync>(&self, peer: Option<IpAddr>, request: &Request<B>) -> Response<Bytes> {
        if let Err(denial) = self.config().access.check(peer, request.headers()) {
            return denied(denial);
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let mut response = page::plain(
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET and HEAD are served here\n",
            );
            let allow = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(header::ALLOW, allow);
            return response;
        }
        let below = request.uri().path().strip_prefix(self.config().path.as_str());
        let response = match below {
            Some("") => page::html(&self.config().path),
            Some("/explorer.js") => page::script(),
            Some("/explorer.css") => page::style(),
            Some("/data.json") => page::json(&self.overview()),
            Some("/family.json") => self.family(request.uri().query().unwrap_or_default()).await,
            _ => page::plain(StatusCode::NOT_FOUND, "not found\n"),
        };
        if request.method() == Method::HEAD {
            return response.map(|_| Bytes::new());
        }
        response
    }

    async fn family(&self, query: &str) -> Response<Bytes> {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let name = pairs.find(|(key, _)| key == "name").map(|(_, name)| name);
        match self.detail(&name.unwrap_or(Cow::Borrowed(""))).await {
            Ok(detail) => page::json(&detail),
            Err(Unanswered::Unknown) => page::plain(StatusCode::NOT_FOUND, "there is no such family\n"),
            Err(Unanswered::Busy) => {
                page::plain(StatusCode::SERVICE_UNAVAILABLE, "too many questions wait\n")
            }
            Err(Unanswered::ShutDown) => {
                page::plain(StatusCode::SERVICE_UNAVAILABLE, "the explorer is shut down\n")
            }
        }
    }
}

fn denied(denial: Denial) -> Response<Bytes> {
    if denial != Denial::Credentials {
        return page::plain(StatusCode::FORBIDDEN, denial.text());
    }
    let mut response = page::plain(StatusCode::UNAUTHORIZED, denial.text());
    let ask = HeaderValue::from_static("Basic realm=\"metrics explorer\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, ask);
    response
}
