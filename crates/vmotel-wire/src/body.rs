//! What both text formats share: the lines of a series.

use vmotel_model::{
    Family, HistogramPoint, Kind, Number, Point, Series, SeriesText, SummaryPoint, VmrangePoint,
    limits::MAX_LABEL_VALUE_BYTES,
};

use crate::{
    EncodeConfig, Exponential, RejectReason, Rejected, Skipped,
    exponential::for_each_bucket,
    head::Head,
    histogram::{LeTexts, push_le},
    label_text::LabelText,
    limits::Limits,
    number::{push_canonical, push_f64, push_number, push_u64, push_u64_line},
    vmrange::{parse_range, push_range},
};

/// A body at work.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    pub(crate) out: &'a mut Vec<u8>,
    pub(crate) config: &'a EncodeConfig,
    pub(crate) head: Head,
    pub(crate) openmetrics: bool,
    pub(crate) kind: Kind,
    /// Whether the family's series are written; OpenMetrics forbids some.
    pub(crate) open: bool,
    /// Whether ready text and a natural number make a line without further ado.
    copies: bool,
    pub(crate) series: u64,
    pub(crate) samples: u64,
    pub(crate) skipped: Skipped,
    pub(crate) rejected: Rejected,
    /// How many labels stand beside those of a series, the name and what the scraper adds included; none if nothing is checked.
    others: Option<usize>,
    labels: LabelText,
    les: LeTexts,
    /// What the lines of a series have in common, up to the label of their own.
    begin: Vec<u8>,
    /// Bounds and cumulative counts of a histogram that is being converted.
    buckets: Vec<(f64, u64)>,
}

impl<'a> Body<'a> {
    pub(crate) fn new(config: &'a EncodeConfig, openmetrics: bool, out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            config,
            head: Head::default(),
            openmetrics,
            kind: Kind::Unknown,
            open: false,
            copies: false,
            series: 0,
            samples: 0,
            skipped: Skipped::default(),
            rejected: Rejected::default(),
            others: None,
            labels: LabelText::default(),
            les: LeTexts::default(),
            begin: Vec::new(),
            buckets: Vec::new(),
        }
    }

    pub(crate) fn family(&mut self, family: &Family<'_>) {
        self.head.set(family.name, self.config.names);
        self.kind = family.kind;
        self.open = true;
        // Scrapers that ask for OpenMetrics are others than VictoriaMetrics', and have other limits.
        self.others = self
            .config
            .added_labels
            .filter(|_| !self.openmetrics)
            .map(|added| {
                let own = matches!(family.kind, Kind::Histogram | Kind::Summary);
                added.saturating_add(1 + usize::from(own))
            });
        self.copies =
            !self.openmetrics && matches!(family.kind, Kind::Counter | Kind::UpDownCounter | Kind::Gauge);
    }

    /// Writes a series; this is the hot path.
    #[inline]
    pub(crate) fn series(&mut self, series: &Series<'_>) {
        if self.copies
            && let Point::Number(number) = &series.point
            && let Some(text) = &series.text
            && let Some(n) = natural(number)
            && self.fits(text)
        {
            text.push_to(self.out);
            push_u64_line(n, self.out);
            self.series += 1;
            self.samples += 1;
        } else {
            self.any_series(series);
        }
    }

    /// Returns true if a ready text is known to be within the server's limits.
    #[inline]
    fn fits(&self, text: &SeriesText<'_>) -> bool {
        self.others.is_none_or(|others| Limits::are_kept(text, others))
    }

    /// Returns why the server would drop a series without an error.
    fn rejects(&self, series: &Series<'_>) -> Option<RejectReason> {
        let others = self.others?;
        let suffix = if matches!(self.kind, Kind::Histogram) {
            "_bucket".len()
        } else {
            0
        };
        let bytes = self.head.name_len() + suffix;
        if bytes > MAX_LABEL_VALUE_BYTES {
            return Some(RejectReason::LongMetricName { bytes });
        }
        let limits = match &series.text {
            Some(text) if Limits::are_kept(text, others) => return None,
            Some(_) => Limits::of(series.labels),
            None => self.labels.limits,
        };
        limits.check(others).err()
    }

    #[cold]
    fn any_series(&mut self, series: &Series<'_>) {
        if !self.open {
            self.skipped.invalid += 1;
            return;
        }
        self.labels.set(series, self.kind, self.config.names);
        if let Some(reason) = self.rejects(series) {
            self.rejected.add(self.head.name(), reason);
            return;
        }
        let before = self.samples;
        let skipped = self.skipped.total();
        match (self.kind, series.point) {
            (Kind::Histogram, Point::Histogram(point)) => self.explicit(series, &point),
            (Kind::Histogram, Point::Exponential(point)) => {
                self.buckets.clear();
                let buckets = &mut self.buckets;
                if let (Exponential::Vmrange, false) = (&self.config.exponential, self.openmetrics) {
                    self.begin(series, b"_bucket", b"vmrange=\"");
                    for_each_bucket(&point, |lower, upper, count| {
                        self.out.extend_from_slice(&self.begin);
                        push_range(lower, upper, self.out);
                        self.out.extend_from_slice(b"\"} ");
                        self.end_count(count);
                    });
                    self.sum_and_count(series, point.sum, point.count, false);
                } else {
                    for_each_bucket(&point, |_, upper, count| buckets.push((upper, count)));
                    self.converted(series, point.sum, point.count);
                }
            }
            (Kind::Histogram, Point::Vmrange(point)) => self.vmrange(series, &point),
            (Kind::Summary, Point::Summary(point)) => self.summary(series, &point),
            (Kind::Counter | Kind::UpDownCounter | Kind::Gauge | Kind::Unknown, Point::Number(number)) => {
                self.number(series, number)
            }
            _ => self.skipped.mismatched += 1,
        }
        // A series that lost every line to a reason is no series.
        self.series += u64::from(self.samples > before || self.skipped.total() == skipped);
    }

    fn number(&mut self, series: &Series<'_>, number: Number) {
        if let Number::F64(value) = number
            && value.is_nan()
        {
            self.skipped.nan += 1;
            return;
        }
        if self.openmetrics && self.kind == Kind::Counter && is_negative(number) {
            self.skipped.invalid += 1;
            return;
        }
        match series.text {
            Some(text) if self.head.is_classic() => text.push_to(self.out),
            _ => {
                let labels = self.labels.get(series);
                self.head.push(0, b"", labels, self.out);
            }
        }
        push_number(number, self.out);
        self.end_line();
    }

    /// Notes what the next lines of a series have in common: name, labels, and the beginning of the label of their own.
    #[inline]
    fn begin(&mut self, series: &Series<'_>, suffix: &[u8], own: &[u8]) {
        self.begin.clear();
        self.head.begin(suffix, self.labels.get(series), &mut self.begin);
        self.begin.extend_from_slice(own);
    }

    /// Writes a bucket whose label ends the line's common part.
    fn infinite(&mut self, count: u64) {
        self.out.extend_from_slice(&self.begin);
        self.out.extend_from_slice(INFINITE);
        self.end_count(count);
    }

    fn end_count(&mut self, count: u64) {
        push_u64_line(count, self.out);
        self.samples += 1;
    }

    fn end_line(&mut self) {
        self.out.push(b'\n');
        self.samples += 1;
    }

    fn explicit(&mut self, series: &Series<'_>, point: &HistogramPoint<'_>) {
        self.les.set(point.bounds, self.openmetrics);
        self.begin(series, b"_bucket", b"");
        let mut total = 0u64;
        for index in 0..point.bounds.len() {
            total = total.saturating_add(point.counts.get(index).copied().unwrap_or(0));
            if !self.les.get(index).is_empty() {
                self.out.extend_from_slice(&self.begin);
                self.les.push(index, self.out);
                self.end_count(total);
            }
        }
        total = match point.counts.get(point.bounds.len()..) {
            Some(rest @ [_, ..]) => rest.iter().fold(total, |sum, &count| sum.saturating_add(count)),
            _ => point.count.max(total),
        };
        self.infinite(total);
        self.sum_and_count(series, point.sum, total, self.les.has_negative());
    }

    /// Writes the collected buckets as cumulative `le` buckets: at the bounds of the configuration, else at their own.
    fn converted(&mut self, series: &Series<'_>, sum: Option<f64>, count: u64) {
        self.begin(series, b"_bucket", b"");
        let all = self
            .buckets
            .iter()
            .fold(0u64, |sum, &(_, count)| sum.saturating_add(count));
        let mut negative = false;
        let mut total = 0u64;
        let mut line = |bound: f64, total: u64| {
            self.out.extend_from_slice(&self.begin);
            push_le(bound, self.openmetrics, self.out);
            push_u64_line(total, self.out);
            self.samples += 1;
            negative |= bound < 0.0;
        };
        if let Exponential::Fixed(bounds) = &self.config.exponential {
            let mut at = 0;
            let mut last = None;
            for &bound in bounds {
                if bound < f64::INFINITY && last.is_none_or(|last| bound > last) {
                    last = Some(bound);
                    while self.buckets.get(at).is_some_and(|&(upper, _)| upper <= bound) {
                        total = total.saturating_add(self.buckets[at].1);
                        at += 1;
                    }
                    line(bound, total);
                }
            }
        } else {
            for (at, &(upper, count)) in self.buckets.iter().enumerate() {
                total = total.saturating_add(count);
                let shared = self.buckets.get(at + 1).is_some_and(|&(next, _)| next <= upper);
                if upper < f64::INFINITY && !shared {
                    line(upper, total);
                }
            }
        }
        let count = count.max(all);
        self.infinite(count);
        self.sum_and_count(series, sum, count, negative);
    }

    fn vmrange(&mut self, series: &Series<'_>, point: &VmrangePoint<'_>) {
        if let (Exponential::Vmrange, false) = (&self.config.exponential, self.openmetrics) {
            self.begin(series, b"_bucket", b"vmrange=\"");
            for bucket in point.buckets.iter().filter(|bucket| bucket.count > 0) {
                self.out.extend_from_slice(&self.begin);
                vmotel_model::escape_label_value(bucket.range, self.out);
                self.out.extend_from_slice(b"\"} ");
                self.end_count(bucket.count);
            }
            self.sum_and_count(series, Some(point.sum), point.count, false);
        } else {
            self.buckets.clear();
            for bucket in point.buckets {
                let upper = parse_range(bucket.range).map_or(f64::INFINITY, |(_, upper)| upper);
                self.buckets.push((upper, bucket.count));
            }
            self.buckets.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            self.converted(series, Some(point.sum), point.count);
        }
    }

    fn summary(&mut self, series: &Series<'_>, point: &SummaryPoint<'_>) {
        self.begin(series, b"", b"quantile=\"");
        for quantile in point.quantiles {
            let forbidden = self.openmetrics && quantile.value < 0.0;
            if quantile.value.is_nan() || forbidden || !(0.0..=1.0).contains(&quantile.quantile) {
                self.skipped.nan += u64::from(quantile.value.is_nan());
                self.skipped.invalid += u64::from(!quantile.value.is_nan());
                continue;
            }
            self.out.extend_from_slice(&self.begin);
            if self.openmetrics {
                push_canonical(quantile.quantile, self.out);
            } else {
                push_f64(quantile.quantile, self.out);
            }
            self.out.extend_from_slice(b"\"} ");
            push_f64(quantile.value, self.out);
            self.end_line();
        }
        self.sum_and_count(series, Some(point.sum), point.count, false);
    }

    /// Writes `_sum` and `_count`.
    ///
    /// OpenMetrics has no `_sum` where observations can be negative, and for a histogram no `_count` without it; `+Inf` tells the same.
    fn sum_and_count(&mut self, series: &Series<'_>, sum: Option<f64>, count: u64, negative: bool) {
        let labels = self.labels.get(series);
        let mut sum = sum;
        if sum.is_some_and(f64::is_nan) {
            self.skipped.nan += 1;
            sum = None;
        }
        if self.openmetrics && (negative || sum.is_some_and(|sum| sum < 0.0)) {
            sum = None;
        }
        if let Some(sum) = sum {
            self.head.push(0, b"_sum", labels, self.out);
            push_f64(sum, self.out);
            self.out.push(b'\n');
            self.samples += 1;
        }
        if sum.is_some() || !self.openmetrics || self.kind == Kind::Summary {
            self.head.push(0, b"_count", labels, self.out);
            self.end_count(count);
        }
    }

    /// Writes when a series began, in seconds.
    pub(crate) fn created(&mut self, series: &Series<'_>, cut: usize) {
        let Some(start) = series.start else { return };
        let labels = self.labels.get(series);
        self.head.push(cut, b"_created", labels, self.out);
        push_u64(start.as_millis() / 1000, self.out);
        let millis = start.as_millis() % 1000;
        if millis > 0 {
            self.out.push(b'.');
            for digit in [millis / 100, millis / 10 % 10, millis % 10] {
                self.out.push(b'0' + digit as u8);
            }
        }
        self.end_line();
    }
}

const INFINITE: &[u8] = b"le=\"+Inf\"} ";

#[inline]
fn natural(number: &Number) -> Option<u64> {
    match *number {
        Number::U64(n) => Some(n),
        Number::I64(n) => u64::try_from(n).ok(),
        Number::F64(_) => None,
    }
}

fn is_negative(number: Number) -> bool {
    match number {
        Number::U64(_) => false,
        Number::I64(n) => n < 0,
        Number::F64(value) => value < 0.0,
    }
}
