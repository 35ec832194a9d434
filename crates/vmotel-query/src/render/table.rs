//! Results as a table.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::RenderConfig;
use super::chart::sparkline;
use super::columns::Mean;
use super::number::brief;
use super::title::{safe, title};
use crate::{Data, Labels, RangeSeries, Sample};

/// The columns of a sparkline.
const SPARK: usize = 24;

/// Renders the result of an instant query: a line for each sample with series, value and, from 50 columns on, time.
///
/// A text is returned as it is, but for what would steer a terminal.
#[must_use]
pub fn table(data: &Data, config: &RenderConfig) -> String {
    let header: &[&str] = match config.width() {
        ..50 => &["series", "value"],
        _ => &["series", "value", "time"],
    };
    let mut lines = Lines::new(header, config);
    match data {
        Data::Vector(all) => all
            .iter()
            .for_each(|series| lines.samples(&series.labels, std::slice::from_ref(&series.sample))),
        Data::Matrix(all) => all
            .iter()
            .for_each(|series| lines.samples(&series.labels, &series.samples)),
        Data::Scalar(sample) => lines.samples(&Labels::default(), std::slice::from_ref(sample)),
        Data::String { text, .. } => return format!("{}\n", safe(text)),
    }
    let with_samples = lines.samples != lines.series;
    lines.finish(with_samples)
}

/// Renders the result of a range query: a line for each series with what its samples come to, as much of it as has room: the course from
/// 76 columns on, number and mean of the points from 60, their least and most from 44.
///
/// Least, mean and most leave NaN out; the course leaves infinities out, too. What there is none of is `-`.
///
/// # Examples
/// ```
/// use vmotel_query::render::{RenderConfig, range_table};
/// use vmotel_query::{Labels, RangeSeries, Sample, Timestamp};
///
/// let sample = |i: i64| Sample { time: Timestamp::from_millis(1000 * i), value: i as f64 };
/// let series = RangeSeries { labels: Labels::new([("a", "b")]), samples: (0..3).map(sample).collect() };
/// assert_eq!(range_table(&[series], &RenderConfig::default()), "\
/// ┌─────────────────────────────────────────────────────┐
/// │ series    points   min   mean   max   last   course │
/// ╞═════════════════════════════════════════════════════╡
/// │ {a=\"b\"}        3     0      1     2      2   ▁▅█    │
/// └─────────────────────────────────────────────────────┘
/// 1 series, 3 samples
/// ");
/// ```
#[must_use]
pub fn range_table(series: &[RangeSeries], config: &RenderConfig) -> String {
    let header: &[&str] = match config.width() {
        ..44 => &["series", "last"],
        44..60 => &["series", "min", "max", "last"],
        60..76 => &["series", "points", "min", "mean", "max", "last"],
        _ => &["series", "points", "min", "mean", "max", "last", "course"],
    };
    let mut lines = Lines::new(header, config);
    for one in series {
        lines.summary(one);
    }
    lines.finish(true)
}

struct Lines<'a> {
    table: Table,
    header: &'a [&'a str],
    series: usize,
    samples: usize,
}

impl<'a> Lines<'a> {
    fn new(header: &'a [&'a str], config: &RenderConfig) -> Self {
        let mut table = Table::new();
        table
            .load_style(presets::UTF8_BORDERS_ONLY)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(config.width()).unwrap_or(u16::MAX))
            .set_header(header);
        for (index, name) in header.iter().enumerate() {
            if let Some(column) = table.column_mut(index)
                && !["series", "time", "course"].contains(name)
            {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        Self {
            table,
            header,
            series: 0,
            samples: 0,
        }
    }

    fn samples(&mut self, labels: &Labels, samples: &[Sample]) {
        self.series += 1;
        self.samples += samples.len();
        for sample in samples {
            self.row(|name| match name {
                "series" => title(labels),
                "value" => brief(sample.value),
                _ => sample.time.to_rfc3339(),
            });
        }
    }

    fn summary(&mut self, series: &RangeSeries) {
        let values: Vec<f64> = series.samples.iter().map(|sample| sample.value).collect();
        self.series += 1;
        self.samples += values.len();
        let known = || values.iter().copied().filter(|value| !value.is_nan());
        let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), brief);
        self.row(|name| match name {
            "series" => title(&series.labels),
            "points" => values.len().to_string(),
            "min" => shown(known().reduce(f64::min)),
            "mean" => shown(mean(known())),
            "max" => shown(known().reduce(f64::max)),
            "last" => shown(values.last().copied()),
            _ => sparkline(&values, SPARK),
        });
    }

    /// Adds a row of the cells that the header names.
    fn row(&mut self, cell: impl Fn(&str) -> String) {
        self.table.add_row(self.header.iter().map(|name| cell(name)));
    }

    fn finish(self, with_samples: bool) -> String {
        if self.series == 0 {
            return "no series\n".to_owned();
        }
        let Self {
            table,
            series,
            samples,
            ..
        } = self;
        let plural = if samples == 1 { "sample" } else { "samples" };
        let count = if with_samples {
            format!("{series} series, {samples} {plural}")
        } else {
            format!("{series} series")
        };
        format!("{table}\n{count}\n")
    }
}

/// Returns the mean of values that are not NaN; infinities decide it, and two of them that differ make it NaN.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut finite = Mean::default();
    let mut infinite = None;
    for value in values {
        if value.is_infinite() {
            infinite = Some(infinite.unwrap_or(0.0) + value);
        }
        finite.add(value);
    }
    infinite.or_else(|| finite.get())
}
