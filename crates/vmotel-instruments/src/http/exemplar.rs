//! Exemplars: durations with the span that they belong to.

use std::{fmt, num::NonZeroU64, sync::Arc, time::Duration};

use http::HeaderMap;

/// A span that is sampled, so that it can be looked up later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampledSpan {
    /// High and low half.
    trace_id: (u64, u64),
    span_id: NonZeroU64,
}

impl SampledSpan {
    /// Returns none if one of the ids is zero, which W3C Trace Context declares invalid.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmotel_instruments::http::SampledSpan;
    ///
    /// let span = SampledSpan::new(0x4bf92f3577b34da6a3ce929d0e0e4736, 0x00f067aa0ba902b7).expect("both ids are there");
    /// assert_eq!((span.trace_id() >> 96, span.span_id() & 0xff), (0x4bf9_2f35, 0xb7));
    /// assert!(SampledSpan::new(0, 1).is_none());
    /// ```
    #[must_use]
    pub fn new(trace_id: u128, span_id: u64) -> Option<Self> {
        let span_id = NonZeroU64::new(span_id)?;
        let trace_id = ((trace_id >> 64) as u64, trace_id as u64);
        (trace_id != (0, 0)).then_some(Self { trace_id, span_id })
    }

    /// Returns the id of the trace.
    #[must_use]
    pub const fn trace_id(self) -> u128 {
        (self.trace_id.0 as u128) << 64 | self.trace_id.1 as u128
    }

    /// Returns the id of the span.
    #[must_use]
    pub const fn span_id(self) -> u64 {
        self.span_id.get()
    }

    /// Reads the header `traceparent` (W3C Trace Context, section 3.2): the caller's span, if it is sampled.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue};
    /// use vmotel_instruments::http::SampledSpan;
    ///
    /// let mut headers = HeaderMap::new();
    /// let value = HeaderValue::from_static("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    /// headers.insert("traceparent", value);
    /// let span = SampledSpan::of_caller(&headers).expect("it is sampled");
    /// assert_eq!(span.trace_id(), 0x4bf92f3577b34da6a3ce929d0e0e4736);
    /// ```
    #[must_use]
    pub fn of_caller(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all("traceparent").iter();
        let value = values.next()?.to_str().ok()?;
        // One that is there twice is as good as none.
        if values.next().is_some() {
            return None;
        }
        let mut fields = value.trim().splitn(5, '-');
        let version = hex(fields.next()?, 2)?;
        let trace_id = hex(fields.next()?, 32)?;
        let span_id = hex(fields.next()?, 16)?;
        let flags = hex(fields.next()?, 2)?;
        // Later versions may have more behind a further `-`.
        let is_whole = version != 0 || fields.next().is_none();
        if version == 0xff || !is_whole || flags & 1 == 0 {
            return None;
        }
        Self::new(trace_id, span_id as u64)
    }

    /// Returns the span of the current context of OpenTelemetry, or else the caller's, if it is sampled.
    pub(super) fn current(headers: &HeaderMap) -> Option<Self> {
        #[cfg(feature = "trace")]
        {
            use opentelemetry::{Context, trace::TraceContextExt as _};
            let context = Context::map_current(|context| {
                let has_span = context.has_active_span();
                has_span.then(|| context.span().span_context().clone())
            });
            if let Some(span) = context.filter(opentelemetry::trace::SpanContext::is_valid) {
                let (trace_id, span_id) = (span.trace_id().to_bytes(), span.span_id().to_bytes());
                let sampled = Self::new(u128::from_be_bytes(trace_id), u64::from_be_bytes(span_id));
                return sampled.filter(|_| span.is_sampled());
            }
        }
        Self::of_caller(headers)
    }
}

/// Reads as many lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_number = text.len() == digits && text.bytes().all(is_hex);
    is_number.then(|| u128::from_str_radix(text, 16).ok())?
}

/// Takes exemplars: the duration of each request that belongs to a sampled span. Clones share one taker.
///
/// It is called once for each such request, where the request is recorded, so it must neither wait nor panic. The page of
/// `vmotel-explorer` keeps one exemplar per bucket; a request's client may choose the ids.
///
/// # Examples
///
/// ```
/// use vmotel_instruments::http::{ExemplarSink, HttpMetricsConfig};
///
/// let sink = ExemplarSink::new(|duration, span| println!("{:032x} took {duration:?}", span.trace_id()));
/// let config = HttpMetricsConfig { exemplars: Some(sink), ..HttpMetricsConfig::default() };
/// assert!(config.exemplars.is_some());
/// ```
#[derive(Clone)]
pub struct ExemplarSink(Arc<dyn Fn(Duration, SampledSpan) + Send + Sync>);

impl ExemplarSink {
    /// Creates it from what takes a duration and its span.
    #[must_use]
    pub fn new(take: impl Fn(Duration, SampledSpan) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    pub(super) fn take(&self, duration: Duration, span: SampledSpan) {
        (self.0)(duration, span);
    }
}

impl fmt::Debug for ExemplarSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExemplarSink").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const TRACE: &str = "12345678901234567890123456789012";
    const SPAN: &str = "1234567890123456";

    fn ids(values: &[String]) -> Option<(u128, u64)> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("traceparent", HeaderValue::from_str(value).unwrap());
        }
        SampledSpan::of_caller(&headers).map(|span| (span.trace_id(), span.span_id()))
    }

    /// The cases of the test suite of W3C Trace Context (`test/test.py`).
    #[test]
    fn what_is_no_traceparent_is_no_span() {
        let valid = Some((0x1234_5678_9012_3456_7890_1234_5678_9012, 0x1234_5678_9012_3456));
        let rest = format!("{TRACE}-{SPAN}-01");
        for (value, expected) in [
            (format!("00-{rest}"), valid),
            (format!(" \t00-{rest}\t "), valid),
            (format!("00-{TRACE}-{SPAN}-00"), None),
            (format!("00-{TRACE}-{SPAN}-02"), None),
            (format!("00-{TRACE}-{SPAN}-ff"), valid),
            (format!("cc-{rest}"), valid),
            (format!("cc-{rest}-what-the-future-will-be-like"), valid),
            (format!("cc-{rest}.what-the-future-will-be-like"), None),
            (format!("00-{rest}-"), None),
            (format!("00-{rest}-x"), None),
            (format!("ff-{rest}"), None),
            (format!(".0-{rest}"), None),
            (format!("000-{rest}"), None),
            (format!("0-{rest}"), None),
            (format!("+0-{rest}"), None),
            (format!("00-{}-{SPAN}-01", "0".repeat(32)), None),
            (format!("00-{}-{SPAN}-01", &TRACE[1..]), None),
            (format!("00-{TRACE}1-{SPAN}-01"), None),
            (format!("00-{}A-{SPAN}-01", &TRACE[1..]), None),
            (format!("00-{}.-{SPAN}-01", &TRACE[1..]), None),
            (format!("00-{TRACE}-{}-01", "0".repeat(16)), None),
            (format!("00-{TRACE}-{}-01", &SPAN[1..]), None),
            (format!("00-{TRACE}-{SPAN}1-01"), None),
            (format!("00-{TRACE}-{SPAN}-1"), None),
            (format!("00-{TRACE}-{SPAN}-001"), None),
            (format!("00-{TRACE}-{SPAN}-.1"), None),
            (format!("00-{TRACE}-{SPAN}"), None),
            (String::new(), None),
        ] {
            assert_eq!(ids(std::slice::from_ref(&value)), expected, "{value}");
        }
        assert_eq!(ids(&[]), None);
        assert_eq!(ids(&[format!("00-{rest}"), format!("00-{rest}")]), None);
    }

    #[cfg(feature = "trace")]
    #[test]
    fn the_current_span_comes_before_the_callers() {
        use opentelemetry::{
            Context, SpanId, TraceFlags, TraceId,
            trace::{SpanContext, TraceContextExt as _, TraceState},
        };

        let mut headers = HeaderMap::new();
        let caller = HeaderValue::from_str(&format!("00-{TRACE}-{SPAN}-01")).unwrap();
        headers.insert("traceparent", caller);
        let trace_of = |flags, trace_id| {
            let ids = (TraceId::from(trace_id), SpanId::from(7));
            let span = SpanContext::new(ids.0, ids.1, flags, false, TraceState::default());
            let _attached = Context::new().with_remote_span_context(span).attach();
            SampledSpan::current(&headers).map(|span| (span.trace_id(), span.span_id()))
        };
        let caller = SampledSpan::of_caller(&headers).map(|span| (span.trace_id(), span.span_id()));
        assert_eq!(trace_of(TraceFlags::SAMPLED, 9), Some((9, 7)));
        assert_eq!(trace_of(TraceFlags::default(), 9), None);
        assert_eq!(trace_of(TraceFlags::SAMPLED, 0), caller);
        assert_eq!(SampledSpan::current(&headers), SampledSpan::of_caller(&headers));
        assert!(caller.is_some());
    }
}
