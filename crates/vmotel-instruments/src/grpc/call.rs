//! One call, recorded when this is dropped.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderMap, Request, Response, StatusCode, header};
use opentelemetry::StringValue;

use super::{
    family::{Shared, Side},
    status::Status,
};
use crate::{
    clock::now,
    http::{error_type::ErrorType, watched::Watched},
};

/// The label of methods that are not known.
const OTHER: &str = "_OTHER";

/// What is known of the method of a call.
#[derive(Debug)]
enum Method {
    Known(StringValue),
    /// What the client asks for; it may be anything.
    Asked(Box<str>),
}

/// A call in flight, from its request to the end of its answer.
#[derive(Debug)]
#[expect(unnameable_types, reason = "only the type of a body names it")]
pub struct Call {
    shared: Arc<Shared>,
    begin: Instant,
    /// From the begin on.
    timeout: Option<Duration>,
    method: Method,
    /// Of the head of the answer.
    http: StatusCode,
    /// What headers or trailers have told.
    told: Option<Status>,
    /// What is recorded if this is dropped now, and no status is told. At first the service's own code is about to run.
    error: Option<ErrorType>,
}

impl Call {
    /// Returns none for a request that is no call.
    pub(super) fn begin<B>(shared: &Arc<Shared>, request: &Request<B>) -> Option<Self> {
        if !is_grpc(request.headers()) {
            return None;
        }
        let path = request.uri().path();
        let path = path.strip_prefix('/').unwrap_or(path);
        let methods = shared.methods();
        let known = methods.get(path).or_else(|| match shared.side() {
            // Whoever calls has its methods in its own code.
            Side::Client => methods.learn(path),
            Side::Server => None,
        });
        shared.add_active(1);
        Some(Self {
            begin: now(),
            timeout: timeout(request.headers()),
            method: known.map_or_else(|| Method::Asked(path.into()), Method::Known),
            http: StatusCode::OK,
            told: None,
            error: Some(ErrorType::Panic),
            shared: Arc::clone(shared),
        })
    }

    /// Learns the method if the service has accepted it.
    fn recognize(&mut self) {
        let is_accepted = self.http == StatusCode::OK && self.told != Some(Status::UNIMPLEMENTED);
        if let Method::Asked(path) = &self.method
            && is_accepted
            && let Some(label) = self.shared.methods().learn(path)
        {
            self.method = Method::Known(label);
        }
    }

    /// Returns the status, or the error that there is instead.
    fn end(&self, duration: Duration) -> Result<Status, ErrorType> {
        let Some(error) = self.error.filter(|_| self.told.is_none()) else {
            return Ok(self.told.unwrap_or_else(|| Status::of_http(self.http)));
        };
        let is_late = self.timeout.is_some_and(|timeout| duration >= timeout);
        match (error, self.shared.side()) {
            (ErrorType::Panic, _) => Err(error),
            _ if is_late => Ok(Status::DEADLINE_EXCEEDED),
            (ErrorType::ClientDisconnected, _) => Ok(Status::CANCELLED),
            (_, Side::Client) => Ok(Status::UNAVAILABLE),
            (_, Side::Server) => Err(error),
        }
    }
}

impl Watched for Call {
    fn running(&mut self) {
        self.error = Some(ErrorType::Panic);
    }

    fn waiting(&mut self) {
        self.error = Some(ErrorType::ClientDisconnected);
    }

    fn failed(&mut self) {
        self.error = Some(ErrorType::ServiceError);
    }

    fn responded<B>(&mut self, response: &mut Response<B>) -> bool {
        self.http = response.status();
        self.told = Status::told(response.headers());
        self.recognize();
        self.waiting();
        // With a status there is nothing more to come.
        self.told.is_none()
    }

    fn passed(&mut self, _: usize) -> bool {
        false
    }

    fn trailers(&mut self, trailers: &HeaderMap) {
        self.told = Status::told(trailers);
    }

    fn ended(&mut self) {
        self.error = None;
    }

    fn broke_off(&mut self) {
        self.error = Some(ErrorType::BodyError);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let duration = now().saturating_duration_since(self.begin);
        let (status, error_type) = match self.end(duration) {
            Err(error) => ("", ErrorType::label(Some(error), None)),
            Ok(status) => {
                let is_error = match self.shared.side() {
                    Side::Server => status.is_error_of_server(),
                    Side::Client => status != Status::OK,
                };
                let name = status.name();
                (name, StringValue::from(if is_error { name } else { "" }))
            }
        };
        let method = match &self.method {
            Method::Known(label) => label.clone(),
            Method::Asked(_) => StringValue::from(OTHER),
        };
        self.shared.record(method, status, error_type, duration);
        self.shared.add_active(-1);
    }
}

/// Returns true for `application/grpc`, with or without a format behind it.
fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type
        .and_then(|text| text.strip_prefix("application/grpc"))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['+', ';']))
}

/// Returns the timeout of a call: at most eight digits and a unit, by gRPC's PROTOCOL-HTTP2.md.
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let unit = text.char_indices().next_back()?;
    let digits = &text[..unit.0];
    if digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    Some(match unit.1 {
        'H' => Duration::from_secs(number * 3_600),
        'M' => Duration::from_secs(number * 60),
        'S' => Duration::from_secs(number),
        'm' => Duration::from_millis(number),
        'u' => Duration::from_micros(number),
        'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn timeouts_are_numbers_with_a_unit() {
        for (text, expected) in [
            ("1H", Some(Duration::from_secs(3_600))),
            ("2M", Some(Duration::from_secs(120))),
            ("99999999S", Some(Duration::from_secs(99_999_999))),
            ("82m", Some(Duration::from_millis(82))),
            ("0u", Some(Duration::ZERO)),
            ("7n", Some(Duration::from_nanos(7))),
            ("100000000S", None),
            ("S", None),
            ("", None),
            ("7", None),
            ("+7S", None),
            ("7s", None),
        ] {
            let headers = HeaderMap::from_iter([(
                header::HeaderName::from_static("grpc-timeout"),
                HeaderValue::from_static(text),
            )]);
            assert_eq!(timeout(&headers), expected, "{text}");
        }
    }

    #[test]
    fn a_call_has_the_content_type_of_grpc() {
        for (text, expected) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("application/grpc;x=y", true),
            ("application/grpc-web+proto", false),
            ("application/json", false),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(text))]);
            assert_eq!(is_grpc(&headers), expected, "{text}");
        }
        assert!(!is_grpc(&HeaderMap::new()));
    }
}
