//! What the encoders of OTLP and remote write share: what the caller decides, and what comes back.

use std::fmt;

use vmotel_model::{
    Timestamp,
    limits::{MAX_LABEL_NAME_BYTES, MAX_LABEL_VALUE_BYTES, MAX_LABELS},
};

use crate::{Exponential, MergeReport, Names, Skipped, protobuf::MAX_MESSAGE};

/// How series are encoded for a push. Plain data, equal for OTLP and remote write.
#[derive(Debug, Clone, PartialEq)]
pub struct PushConfig {
    /// How exponential histograms are sent. Default: [`Exponential::Vmrange`].
    pub exponential: Exponential,
    /// Whether OTLP sends exponential histograms as they are, at a scale of at most 5. Default: false, as VictoriaMetrics before
    /// 1.139 stores their zero and negative buckets wrong, and spells some bounds otherwise than on the other paths.
    ///
    /// Remote write has no such form here; `exponential` counts there.
    pub native_exponential: bool,
    /// What is done about names that are not classic. Default: [`Names::Classic`]. Under [`Names::Quoted`] they are sent as they are.
    pub names: Names,
    /// The largest body of a request in bytes, before it is compressed. Default: 32 MiB less 64 KiB, below what VictoriaMetrics
    /// takes of remote write (`-maxInsertRequestSize`) and of OTLP (64 MiB, `-opentelemetry.maxRequestSize`). At most 256 MiB.
    pub max_request_bytes: usize,
    /// How many labels the receiver adds to each series, as by the arguments `extra_label=job=...` and `extra_label=instance=...`.
    /// They count towards the 40 labels of a series. Default: 2.
    pub added_labels: usize,
    /// Whether OTLP tells when a cumulative series began, where it is known. Default: true. VictoriaMetrics does not read it.
    pub start_times: bool,
    /// Whether remote write tells the type and description of families; OTLP always does. Default: true.
    pub metadata: bool,
}

impl Default for PushConfig {
    fn default() -> Self {
        Self {
            exponential: Exponential::default(),
            native_exponential: false,
            names: Names::default(),
            max_request_bytes: 32 * 1024 * 1024 - 64 * 1024,
            added_labels: 2,
            start_times: true,
            metadata: true,
        }
    }
}

impl PushConfig {
    pub(crate) fn max_bytes(&self) -> usize {
        self.max_request_bytes.min(MAX_MESSAGE)
    }
}

/// One finished request: the body of a POST, not compressed.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The protobuf message.
    pub body: &'a [u8],
    /// The series in it; one that was visited is never split.
    pub series: u64,
    /// The samples that the server makes of it: several for a histogram or summary.
    pub samples: u64,
}

/// Tells what an encoding for a push did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
#[must_use]
pub struct PushReport {
    /// What the merge of the sources did.
    pub merge: MergeReport,
    /// Requests handed over.
    pub requests: u64,
    /// Bytes of their bodies, before compression.
    pub bytes: u64,
    /// Series encoded.
    pub series: u64,
    /// Samples encoded: several for a histogram or summary.
    pub samples: u64,
    /// What was left out, as it has no value that could be stored.
    pub skipped: Skipped,
    /// Series that the server would have dropped without an error.
    pub rejected: Rejected,
}

/// Where finished requests go, and what is told at the end.
pub(crate) struct Sending<'a> {
    emit: &'a mut dyn FnMut(Request<'_>),
    pub(crate) report: PushReport,
}

impl<'a> Sending<'a> {
    pub(crate) fn new(emit: &'a mut dyn FnMut(Request<'_>)) -> Self {
        Self {
            emit,
            report: PushReport::default(),
        }
    }

    pub(crate) fn emit(&mut self, request: Request<'_>) {
        self.report.requests += 1;
        self.report.bytes += request.body.len() as u64;
        (self.emit)(request);
    }
}

/// Returns a time that a sample can carry: as positive milliseconds in remote write, as signed nanoseconds within the server.
pub(crate) fn storable(time: Timestamp) -> Option<Timestamp> {
    (time.as_millis() > 0 && i64::try_from(time.0).is_ok()).then_some(time)
}

/// Counts series that were not encoded, as the server would take them with a success and drop them; on all paths alike.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Rejected {
    /// More labels than 40, counting `__name__`, the one of the type (`le`, ...) and those that the receiver adds.
    pub too_many_labels: u64,
    /// A label name of more than 256 bytes.
    pub long_label_name: u64,
    /// A label value of more than 4096 bytes.
    pub long_label_value: u64,
    /// A metric name of more than 4096 bytes, `_bucket`, `_count` or `_sum` included.
    pub long_metric_name: u64,
    /// A family without a name.
    pub empty_metric_name: u64,
    /// A time of collection before 1970-01-01 00:00:00.001, or after the year 2262, which a sample cannot carry.
    pub time: u64,
    /// A series that alone is larger than a request may be.
    pub too_large: u64,
    /// The first series of each reason, for one warning each.
    pub first: Vec<Rejection>,
}

impl Rejected {
    /// Returns the sum of all reasons.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.too_many_labels
            + self.long_label_name
            + self.long_label_value
            + self.long_metric_name
            + self.empty_metric_name
            + self.time
            + self.too_large
    }

    pub(crate) fn add(&mut self, family: &str, reason: RejectReason) {
        let count = match reason {
            RejectReason::TooManyLabels { .. } => &mut self.too_many_labels,
            RejectReason::LongLabelName { .. } => &mut self.long_label_name,
            RejectReason::LongLabelValue { .. } => &mut self.long_label_value,
            RejectReason::LongMetricName { .. } => &mut self.long_metric_name,
            RejectReason::EmptyMetricName => &mut self.empty_metric_name,
            RejectReason::Time => &mut self.time,
            RejectReason::TooLarge { .. } => &mut self.too_large,
        };
        *count += 1;
        if *count == 1 {
            let family = family.to_owned();
            self.first.push(Rejection { family, reason });
        }
    }
}

/// A series that was not encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// The name of its family.
    pub family: String,
    /// Why.
    pub reason: RejectReason,
}

/// Why a series was not encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectReason {
    /// It has this many labels, all included.
    TooManyLabels {
        /// The number.
        labels: usize,
    },
    /// A label name has this many bytes.
    LongLabelName {
        /// The number.
        bytes: usize,
    },
    /// A label value has this many bytes.
    LongLabelValue {
        /// The number.
        bytes: usize,
    },
    /// The metric name has this many bytes.
    LongMetricName {
        /// The number.
        bytes: usize,
    },
    /// The metric name is empty.
    EmptyMetricName,
    /// The time of collection cannot be told.
    Time,
    /// The series takes this many bytes.
    TooLarge {
        /// The number.
        bytes: usize,
    },
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = &self.family;
        match self.reason {
            RejectReason::TooManyLabels { labels } => write!(
                f,
                "a series of {family:?} has {labels} labels with name and added ones, expected at most {MAX_LABELS}"
            ),
            RejectReason::LongLabelName { bytes } => write!(
                f,
                "a series of {family:?} has a label name of {bytes} bytes, expected at most {MAX_LABEL_NAME_BYTES}"
            ),
            RejectReason::LongLabelValue { bytes } => write!(
                f,
                "a series of {family:?} has a label value of {bytes} bytes, expected at most {MAX_LABEL_VALUE_BYTES}"
            ),
            RejectReason::LongMetricName { bytes } => {
                let start: String = family.chars().take(40).collect();
                write!(
                    f,
                    "a metric name that begins {start:?} has {bytes} bytes, expected at most {MAX_LABEL_VALUE_BYTES}"
                )
            }
            RejectReason::EmptyMetricName => f.write_str("a family has no name"),
            RejectReason::Time => write!(
                f,
                "the series of {family:?} have no time that could be stored, expected one between 1970 and 2262"
            ),
            RejectReason::TooLarge { bytes } => write!(
                f,
                "a series of {family:?} takes {bytes} bytes, more than a request may have"
            ),
        }
    }
}
