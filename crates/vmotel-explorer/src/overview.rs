//! The data of the page: all families with their last values, the limits, the state.

use serde::Serialize;
use vmotel_model::Kind;

use crate::{
    ExplorerConfig, Status, Watched,
    history::{rates, rounded},
    limits::{self, LimitsView},
    state::{FamilyState, State},
};

/// Everything on the page but the details of a family.
#[derive(Debug, Serialize)]
pub(crate) struct Overview {
    title: String,
    interval_seconds: f64,
    samples: u64,
    /// Seconds since the last sample.
    age_seconds: f64,
    /// What the last sample took.
    took_seconds: f64,
    failure: Option<String>,
    /// Seconds before now, of each point.
    ages: Vec<f64>,
    series: u64,
    new: u64,
    families_left_out: u64,
    families: Vec<FamilyView>,
    limits: Vec<LimitsView>,
    status: Status,
}

#[derive(Debug, Serialize)]
struct FamilyView {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    unit: String,
    help: String,
    series: u64,
    /// Series that came in the last minute.
    new: u64,
    /// Whether series that went are told from those that came.
    exact: bool,
    /// Whether one of the series takes what is beyond a limit.
    overflow: bool,
    /// What the points are: `rate` per second, or `value`.
    shows: &'static str,
    latest: f64,
    /// The mean of what was observed in the last minute, of histograms and summaries.
    mean: Option<f64>,
    points: Vec<f64>,
}

pub(crate) fn view(now: f64, watched: &Watched, config: &ExplorerConfig, state: &State) -> Overview {
    let minute = state.last_minute();
    let families: Vec<FamilyView> = state
        .families
        .iter()
        .map(|(name, family)| family_view(name, family, state, minute))
        .collect();
    let last = state.times.last();
    Overview {
        title: cut(&watched.name),
        interval_seconds: config.interval.as_secs_f64(),
        samples: state.samples,
        age_seconds: last.map_or(0.0, |last| now - last),
        took_seconds: state.took.as_secs_f64(),
        failure: state.failure.clone(),
        ages: state.times.iter().map(|time| rounded(now - time)).collect(),
        series: families.iter().map(|family| family.series).sum(),
        new: families.iter().map(|family| family.new).sum(),
        families_left_out: state.left_out,
        families,
        limits: watched
            .controllers
            .iter()
            .enumerate()
            .map(|(index, (name, controller))| limits::view(index, name, controller, state))
            .collect(),
        status: watched.status.as_ref().map(|read| read()).unwrap_or_default(),
    }
}

fn family_view(name: &str, family: &FamilyState, state: &State, minute: usize) -> FamilyView {
    let is_rate = matches!(family.kind, Kind::Counter | Kind::Histogram | Kind::Summary);
    let points: Vec<f64> = if is_rate {
        rates(&family.value, &state.times)
    } else {
        family.value.iter().collect()
    };
    let points: Vec<f64> = points.into_iter().map(rounded).collect();
    FamilyView {
        name: cut(name),
        kind: kind_word(family.kind),
        unit: cut(&family.unit),
        help: cut(&family.help),
        series: family.series,
        new: family.new.iter().rev().take(minute).map(u64::from).sum(),
        exact: family.is_exact,
        overflow: family.overflows,
        shows: if is_rate { "rate" } else { "value" },
        latest: points.last().copied().unwrap_or(f64::NAN),
        mean: mean(family, minute),
        points,
    }
}

/// Returns the mean of what was observed in the last minute, or since there are samples.
fn mean(family: &FamilyState, minute: usize) -> Option<f64> {
    if !matches!(family.kind, Kind::Histogram | Kind::Summary) {
        return None;
    }
    let grown = |ring: &crate::history::Ring<f64>| {
        let before = ring
            .iter()
            .rev()
            .take(minute + 1)
            .filter(|value| value.is_finite())
            .last();
        Some(ring.last()? - before?)
    };
    let (count, sum) = (grown(&family.value)?, grown(&family.sum)?);
    (count > 0.0 && sum.is_finite()).then(|| rounded(sum / count))
}

/// Returns the word of the text format for a type, and more exact ones where it has none.
pub(crate) const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::UpDownCounter => "up-down counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
        Kind::Summary => "summary",
        _ => "unknown",
    }
}

/// Cuts a text to what a page can show.
pub(crate) fn cut(text: &str) -> String {
    const MAX: usize = 300;
    match text.char_indices().nth(MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
