//! What stands around the data of an answer.

use serde::Deserialize;

use crate::{Answer, Completeness, Error, HistogramSeries, Stats};

/// The texts of the values beside the data, empty where absent.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    pub(crate) status: Vec<u8>,
    pub(crate) is_partial: Vec<u8>,
    pub(crate) stats: Vec<u8>,
    pub(crate) warnings: Vec<u8>,
    pub(crate) infos: Vec<u8>,
    pub(crate) trace: Vec<u8>,
    pub(crate) error_type: Vec<u8>,
    pub(crate) error: Vec<u8>,
    pub(crate) histograms: Vec<HistogramSeries>,
}

/// The statistics of VictoriaMetrics.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireStats {
    /// A number in quotes.
    series_fetched: Option<String>,
    execution_time_msec: Option<f64>,
}

/// Reads a value that may be absent; what it does not understand counts as absent, as only the data matters.
fn optional<T: for<'a> Deserialize<'a> + Default>(text: &[u8]) -> T {
    serde_json::from_slice(text).unwrap_or_default()
}

pub(crate) fn of_envelope(
    endpoint: &'static str,
    envelope: Envelope,
    has_data: bool,
) -> Result<Answer<()>, Error> {
    let status: String = optional(&envelope.status);
    if status == "error" {
        return Err(Error::said(
            optional(&envelope.error_type),
            optional(&envelope.error),
        ));
    }
    if status != "success" || !has_data {
        return Err(Error::Decode {
            endpoint,
            reason: format!("the status is {status:?}, expected \"success\" with data"),
        });
    }
    let stats: WireStats = optional(&envelope.stats);
    Ok(Answer {
        data: (),
        completeness: if optional(&envelope.is_partial) {
            Completeness::Partial
        } else {
            Completeness::Complete
        },
        stats: Stats {
            series_fetched: stats.series_fetched.and_then(|text| text.parse().ok()),
            execution_millis: stats.execution_time_msec.map(|millis| millis as u64),
        },
        warnings: optional(&envelope.warnings),
        infos: optional(&envelope.infos),
        histograms: envelope.histograms,
        trace: optional(&envelope.trace),
    })
}
