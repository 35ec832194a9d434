//! Prometheus' text format 0.0.4, what the scrapers of VictoriaMetrics ask for.

use std::io;

use vmotel_model::{Family, Kind, MetricSink, MetricSource, Series, Snapshot, VisitConfig, escape_help};

use crate::{EncodeConfig, EncodeReport, Merge, MergeConfig, body::Body};

/// The value of `Content-Type`.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Appends the merged families of all snapshots to `out`.
///
/// Snapshots come in order of precedence, see [`Merge`]. To scrape again and again without allocating, keep a [`Merge`] and use
/// [`encode_with`].
///
/// ```
/// use vmotel_wire::{EncodeConfig, text};
///
/// let mut out = Vec::new();
/// let report = text::encode(&[], &EncodeConfig::default(), &mut out);
/// assert!(out.is_empty());
/// assert_eq!(report.series, 0);
/// ```
pub fn encode(
    snapshots: &[Box<dyn Snapshot + '_>],
    config: &EncodeConfig,
    out: &mut Vec<u8>,
) -> EncodeReport {
    encode_with(&mut Merge::default(), snapshots, config, out)
}

/// Writes what one source has to any writer, such as a file or a response.
///
/// # Errors
/// Returns the error of the writer.
///
/// ```
/// use vmotel_model::{MetricSource, VisitConfig};
/// use vmotel_wire::{EncodeConfig, text};
///
/// fn print(source: &dyn MetricSource) -> std::io::Result<()> {
///     text::write(source, &VisitConfig::default(), &EncodeConfig::default(), std::io::stdout())?;
///     Ok(())
/// }
/// ```
pub fn write(
    source: &dyn MetricSource,
    visit: &VisitConfig,
    config: &EncodeConfig,
    mut out: impl io::Write,
) -> io::Result<EncodeReport> {
    let mut buffer = Vec::new();
    let report = encode(&[source.snapshot(visit)], config, &mut buffer);
    out.write_all(&buffer)?;
    Ok(report)
}

/// As [`encode`], with the buffers of a merge that is kept between scrapes.
pub fn encode_with(
    merge: &mut Merge,
    snapshots: &[Box<dyn Snapshot + '_>],
    config: &EncodeConfig,
    out: &mut Vec<u8>,
) -> EncodeReport {
    let mut sink = TextSink::new(config, out);
    let merged = merge.visit(snapshots, MergeConfig::of(config), &mut sink);
    let mut report = sink.finish();
    report.merge = merged;
    report
}

/// Encodes a visit as text 0.0.4.
///
/// Each family begins with `# HELP` (if it has a description) and `# TYPE`. Values are plain decimals, integers exact; NaN is
/// left out and counted; no line has a timestamp.
#[derive(Debug)]
pub struct TextSink<'a> {
    body: Body<'a>,
}

impl<'a> TextSink<'a> {
    /// Creates a sink that appends to `out`.
    #[must_use]
    pub fn new(config: &'a EncodeConfig, out: &'a mut Vec<u8>) -> Self {
        Self {
            body: Body::new(config, false, out),
        }
    }

    /// Ends the body; returns what was written and what was left out.
    pub fn finish(self) -> EncodeReport {
        EncodeReport {
            series: self.body.series,
            samples: self.body.samples,
            skipped: self.body.skipped,
            rejected: self.body.rejected,
            ..EncodeReport::default()
        }
    }
}

impl MetricSink for TextSink<'_> {
    fn family(&mut self, family: &Family<'_>) {
        let body = &mut self.body;
        body.family(family);
        if !family.help.is_empty() {
            body.head.push_comment("HELP", 0, body.out);
            escape_help(family.help, body.out);
            body.out.push(b'\n');
        }
        body.head.push_comment("TYPE", 0, body.out);
        body.out.extend_from_slice(match family.kind {
            Kind::Counter => b"counter\n",
            Kind::UpDownCounter | Kind::Gauge => b"gauge\n",
            Kind::Histogram => b"histogram\n",
            Kind::Summary => b"summary\n",
            _ => b"untyped\n",
        });
    }

    fn series(&mut self, series: &Series<'_>) {
        self.body.series(series);
    }
}
