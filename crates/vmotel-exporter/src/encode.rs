//! From snapshots to the text of a scrape, by the encoders of `vmotel-wire`.

use vmotel_model::Snapshot;
use vmotel_wire::{EncodeConfig, EncodeReport, Exponential, Merge, Names, openmetrics, text};

use crate::Format;

/// What an encoding did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    pub(crate) series: u64,
    pub(crate) merged: u64,
    /// By [`Report::REASONS`].
    pub(crate) dropped: [u64; 10],
    /// What a user should be told once.
    pub(crate) warnings: Vec<String>,
}

impl Report {
    /// Why series are left out: another type, a name that another family's series have, another form of histogram, a value
    /// that is NaN, a value not of its family's type, one that the format forbids, or a limit of the server, behind which it would
    /// drop the series without an error.
    pub(crate) const REASONS: [&'static str; 10] = [
        "type",
        "clash",
        "form",
        "nan",
        "mismatched",
        "invalid",
        "too_many_labels",
        "long_label_name",
        "long_label_value",
        "long_metric_name",
    ];
}

impl From<EncodeReport> for Report {
    fn from(report: EncodeReport) -> Self {
        let (merge, skipped, rejected) = (&report.merge, &report.skipped, &report.rejected);
        let conflicts = merge.conflicts.iter().map(ToString::to_string);
        let rejections = rejected.first.iter().map(ToString::to_string);
        Self {
            series: report.series,
            merged: merge.merged,
            dropped: [
                merge.dropped_type,
                merge.dropped_clash,
                merge.dropped_form,
                skipped.nan,
                skipped.mismatched,
                skipped.invalid,
                rejected.too_many_labels,
                rejected.long_label_name,
                rejected.long_label_value,
                rejected.long_metric_name,
            ],
            warnings: conflicts.chain(rejections).collect(),
        }
    }
}

#[cfg(feature = "push")]
impl From<&vmotel_wire::PushReport> for Report {
    fn from(report: &vmotel_wire::PushReport) -> Self {
        let (merge, skipped) = (&report.merge, &report.skipped);
        let rejected = report.rejected.first.iter().map(ToString::to_string);
        Self {
            series: report.series,
            merged: merge.merged,
            dropped: [
                merge.dropped_type,
                merge.dropped_clash,
                merge.dropped_form,
                skipped.nan,
                skipped.mismatched,
                skipped.invalid,
                // A push counts what it rejects in a metric of its own.
                0,
                0,
                0,
                0,
            ],
            warnings: merge
                .conflicts
                .iter()
                .map(ToString::to_string)
                .chain(rejected.map(|what| format!("not pushed: {what}")))
                .collect(),
        }
    }
}

/// Encodes the snapshots as one exposition, with the buffers of `merge`.
pub(crate) fn encode(
    format: Format,
    exponential: &Exponential,
    merge: &mut Merge,
    snapshots: &[Box<dyn Snapshot + '_>],
    out: &mut Vec<u8>,
) -> Report {
    let mut config = EncodeConfig {
        exponential: exponential.clone(),
        ..EncodeConfig::default()
    };
    if format.is_utf8() {
        config.names = Names::Quoted;
    }
    match format {
        Format::Text | Format::TextUtf8 => text::encode_with(merge, snapshots, &config, out),
        Format::OpenMetrics | Format::OpenMetricsUtf8 => {
            openmetrics::encode_with(merge, snapshots, &config, out)
        }
    }
    .into()
}
