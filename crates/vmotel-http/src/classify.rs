//! What to do about an answer that is not a success.

use std::time::Duration;

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

/// What a sender does after a failed exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Try the same request again after the sender's own backoff.
    Retry,
    /// Try the same request again, not before this long.
    Throttle(Duration),
    /// The same request can never succeed.
    Fatal,
}

/// Returns what to do about an answer with this status and these headers.
///
/// - 408, 425, 429 and every 5xx except 501 and 505 are worth another try; with a usable `Retry-After` header (seconds, or a date
///   that is read against the answer's own `Date`) as [`Verdict::Throttle`], else as [`Verdict::Retry`]. The duration is what the
///   server said, without a bound: the caller sets one.
/// - Everything else, also a success or a redirect, is [`Verdict::Fatal`]: repeating it changes nothing.
///
/// VictoriaMetrics answers 429 with `Retry-After: 10` when its query slots are taken, 503 when the storage is read-only or a part of
/// a cluster is away, and 422 for a query that ran into its time limit; the last is not worth repeating unchanged.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use http::{HeaderMap, HeaderValue, StatusCode};
/// use vmotel_http::{Verdict, classify};
///
/// let mut headers = HeaderMap::new();
/// assert_eq!(classify(StatusCode::SERVICE_UNAVAILABLE, &headers), Verdict::Retry);
/// headers.insert("retry-after", HeaderValue::from_static("10"));
/// assert_eq!(classify(StatusCode::TOO_MANY_REQUESTS, &headers), Verdict::Throttle(Duration::from_secs(10)));
/// assert_eq!(classify(StatusCode::BAD_REQUEST, &headers), Verdict::Fatal);
/// ```
#[must_use]
pub fn classify(status: StatusCode, headers: &HeaderMap) -> Verdict {
    let again = match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED => false,
        other => other.is_server_error(),
    };
    if again {
        retry_after(headers).map_or(Verdict::Retry, Verdict::Throttle)
    } else {
        Verdict::Fatal
    }
}

/// Reads `Retry-After` (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
    }
    // Both dates come from the same clock, the server's: ours may be wrong, and is not needed.
    let until = httpdate::parse_http_date(text).ok()?;
    let sent = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some(until.duration_since(sent).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, headers: &[(&'static str, &'static str)], expected: Verdict) {
        let map: HeaderMap = headers
            .iter()
            .map(|&(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap()))
            .collect();
        assert_eq!(
            classify(StatusCode::from_u16(status).unwrap(), &map),
            expected,
            "{status} {headers:?}"
        );
    }

    #[test]
    fn statuses() {
        for status in [408, 425, 429, 500, 502, 503, 504, 507, 599] {
            check(status, &[], Verdict::Retry);
        }
        for status in [200, 204, 301, 400, 401, 403, 404, 409, 413, 415, 422, 501, 505] {
            check(status, &[], Verdict::Fatal);
            check(status, &[("retry-after", "7")], Verdict::Fatal);
        }
    }

    #[test]
    fn retry_after_forms() {
        let seconds = |s| Verdict::Throttle(Duration::from_secs(s));
        check(429, &[("retry-after", "10")], seconds(10));
        check(503, &[("retry-after", " 0 ")], seconds(0));
        check(
            503,
            &[("retry-after", "99999999999999999999999")],
            seconds(u64::from(u32::MAX)),
        );
        check(503, &[("retry-after", "-1")], Verdict::Retry);
        check(503, &[("retry-after", "soon")], Verdict::Retry);
        check(503, &[("retry-after", "")], Verdict::Retry);
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        check(
            503,
            &[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT"), date],
            seconds(30),
        );
        check(
            503,
            &[("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT"), date],
            seconds(0),
        );
        check(
            503,
            &[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")],
            Verdict::Retry,
        );
    }
}
