//! The nesting of a request: resource, scope, metrics, and the points of the family at work.

use vmotel_model::Number;

use super::point::{Head, push_attribute, push_metric, push_names, push_part};
use crate::{
    RejectReason, Request,
    labels::Labels,
    protobuf::{begin, end, push_bytes},
    push::Sending,
    shape::Ranges,
};

/// How the points of a family are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Gauge,
    Sum { monotonic: bool, delta: bool },
    Histogram { delta: bool },
    Summary,
}

/// `aggregation_temporality` of sums and histograms.
const CUMULATIVE: &[u8] = &[2 << 3, 2];
const DELTA: &[u8] = &[2 << 3, 1];

impl Form {
    /// The field of `Metric`.
    const fn field(self) -> u8 {
        match self {
            Self::Gauge => 5,
            Self::Sum { .. } => 7,
            Self::Histogram { .. } => 9,
            Self::Summary => 11,
        }
    }

    /// What stands behind the points.
    const fn tail(self) -> &'static [u8] {
        match self {
            Self::Gauge | Self::Summary => &[],
            Self::Sum {
                monotonic: true,
                delta: false,
            } => &[2 << 3, 2, 3 << 3, 1],
            Self::Sum {
                monotonic: true,
                delta: true,
            } => &[2 << 3, 1, 3 << 3, 1],
            Self::Sum { delta: true, .. } | Self::Histogram { delta: true } => DELTA,
            Self::Sum { .. } | Self::Histogram { .. } => CUMULATIVE,
        }
    }

    pub(crate) fn has_start(self) -> bool {
        self != Self::Gauge
    }
}

/// The metrics beside the family's own that a histogram can become.
const SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];

/// More than keys, lengths and tails of a family's metrics take.
const METRIC_OVERHEAD: usize = 32;

/// A request at work.
#[derive(Debug, Default)]
pub(crate) struct Body {
    out: Vec<u8>,
    /// Where the messages of resource and scope begin.
    request: Option<(usize, usize)>,
    /// Where the family's metric and its data begin.
    metric: Option<(usize, usize)>,
    help: String,
    /// Points of the family that go to metrics of their own.
    parts: [Vec<u8>; 3],
    /// Those of the series at work.
    staged: [Vec<u8>; 3],
    native: Vec<u8>,
    series: u64,
    samples: u64,
}

impl Body {
    /// Forgets a request.
    pub(crate) fn clear(&mut self) {
        self.out.clear();
        (self.request, self.metric) = (None, None);
        self.parts.iter_mut().for_each(Vec::clear);
        self.native.clear();
        (self.series, self.samples) = (0, 0);
    }

    pub(crate) fn begin_family(&mut self, help: &str) {
        self.help.clear();
        self.help.push_str(help);
    }

    /// Makes room for so many bytes of points: hands over the request where they would make it too large.
    #[inline]
    pub(crate) fn room(
        &mut self,
        name: &str,
        form: Form,
        bytes: usize,
        max: usize,
        sending: &mut Sending<'_>,
    ) -> Result<(), RejectReason> {
        if self.len_with(name, bytes) > max {
            self.emit(name, form, sending);
            let bytes = self.len_with(name, bytes);
            if bytes > max {
                return Err(RejectReason::TooLarge { bytes });
            }
        }
        Ok(())
    }

    /// Returns at least how long the request becomes with further bytes of points.
    #[inline]
    fn len_with(&self, name: &str, bytes: usize) -> usize {
        let parts: usize = self.parts.iter().map(Vec::len).sum();
        let metrics = 2 + SUFFIXES.len();
        let heads = metrics * (METRIC_OVERHEAD + name.len()) + 2 * self.help.len();
        self.out.len() + parts + self.native.len() + bytes + heads
    }

    /// Ends the request and hands it over, if it is not empty.
    pub(crate) fn emit(&mut self, name: &str, form: Form, sending: &mut Sending<'_>) {
        self.close_family(name, form);
        if let Some((resource, scope)) = self.request.take() {
            end(scope, &mut self.out);
            end(resource, &mut self.out);
            sending.emit(Request {
                body: &self.out,
                series: self.series,
                samples: self.samples,
            });
        }
        self.clear();
    }

    fn begin(&mut self) {
        if self.request.is_none() {
            let resource = begin(1, &mut self.out);
            self.request = Some((resource, begin(2, &mut self.out)));
        }
    }

    /// Returns where points of the family's own form go.
    #[inline]
    pub(crate) fn points(&mut self, name: &str, form: Form) -> &mut Vec<u8> {
        if self.metric.is_none() {
            self.begin();
            let metric = begin(2, &mut self.out);
            push_names([name, ""], &self.help, &mut self.out);
            self.metric = Some((metric, begin(form.field(), &mut self.out)));
        }
        &mut self.out
    }

    /// Takes a point of an exponential histogram.
    pub(crate) fn native_point(&mut self, point: &[u8]) {
        push_bytes(1, point, &mut self.native);
    }

    /// Encodes a histogram in ranges aside; returns how many samples it has.
    pub(crate) fn stage_ranges(
        &mut self,
        head: &Head,
        ranges: &Ranges<'_>,
        sum: Option<f64>,
        labels: &Labels,
        text: &mut Vec<u8>,
        own: &mut Vec<u8>,
    ) -> u64 {
        self.staged.iter_mut().for_each(Vec::clear);
        let [buckets, sums, counts] = &mut self.staged;
        let (before, behind) = labels.bytes.split_at(labels.own_at);
        let mut samples = 1 + u64::from(sum.is_some());
        ranges.for_each(text, |range, count| {
            own.clear();
            push_attribute::<7>("vmrange", std::str::from_utf8(range).unwrap_or_default(), own);
            push_part(head, Number::U64(count), &[before, own, behind], buckets);
            samples += 1;
        });
        if let Some(sum) = sum {
            push_part(head, Number::F64(sum), &[&labels.bytes], sums);
        }
        push_part(head, Number::U64(ranges.count()), &[&labels.bytes], counts);
        samples
    }

    pub(crate) fn staged_len(&self) -> usize {
        self.staged.iter().map(Vec::len).sum()
    }

    /// Takes the histogram that was encoded aside into the request.
    pub(crate) fn take_staged(&mut self) {
        for (part, staged) in self.parts.iter_mut().zip(&self.staged) {
            part.extend_from_slice(staged);
        }
    }

    pub(crate) fn count(&mut self, samples: u64) {
        self.series += 1;
        self.samples += samples;
    }

    /// Ends the metrics of the family.
    pub(crate) fn close_family(&mut self, name: &str, form: Form) {
        if let Some((metric, data)) = self.metric.take() {
            self.out.extend_from_slice(form.tail());
            end(data, &mut self.out);
            end(metric, &mut self.out);
        }
        if !self.native.is_empty() || self.parts.iter().any(|part| !part.is_empty()) {
            self.begin();
            // Without points where the histogram went to other metrics: it tells type and description.
            push_metric(
                [name, ""],
                &self.help,
                10,
                &self.native,
                form.tail(),
                &mut self.out,
            );
            self.native.clear();
        }
        for (part, suffix) in self.parts.iter_mut().zip(SUFFIXES) {
            if !part.is_empty() {
                push_metric([name, suffix], "", 7, part, form.tail(), &mut self.out);
                part.clear();
            }
        }
    }
}
