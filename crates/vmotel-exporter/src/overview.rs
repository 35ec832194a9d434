//! What a page or a tool asks of an exporter: all that it exposes as one source, how pulls do, what it warned of.

use std::sync::Arc;

use vmotel_model::{Family, MetricSink, MetricSource, Snapshot, VisitConfig};

use crate::{Exporter, gather::Gatherer};

/// How scrapes do, see [`Exporter::pull_status`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PullStatus {
    /// Whether scrapes are served.
    pub enabled: bool,
    /// The path of the metrics.
    pub path: String,
    /// Scrapes answered with all sources in them.
    pub complete: u64,
    /// Scrapes that missed a source.
    pub partial: u64,
    /// Scrapes answered with an error.
    pub failed: u64,
    /// Series in the last collection.
    pub series: u64,
    /// Series left out of collections, for whatever reason.
    pub dropped_series: u64,
    /// Series of several scopes or sources that became one.
    pub merged_series: u64,
    /// Bytes of response bodies, as sent.
    pub bytes: u64,
}

impl Exporter {
    /// Returns how scrapes do.
    ///
    /// ```
    /// use vmotel_exporter::{Exporter, Format};
    ///
    /// let exporter = Exporter::builder().with_global(false).build()?;
    /// exporter.scrape(Format::Text)?;
    /// assert_eq!(exporter.pull_status().complete, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn pull_status(&self) -> PullStatus {
        let mut status = self.scraper().metrics.pull_status();
        status.enabled = self.config().serves();
        status.path.clone_from(&self.config().path);
        status
    }

    /// Returns what the exporter warned of in the log, each matter once, the oldest first, at most 256.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.scraper().collector.gatherer().warned.list()
    }

    /// Returns all that a scrape shows as one source: every source, `target_info` and the exporter's own metrics.
    ///
    /// It collects on the thread that takes the snapshot, beside scrapes, and counts as none of them; a source that panics is at fault here, too. Families of one name
    /// are not merged yet, see [`vmotel_wire::Merge`]. Visit it under [`Exporter::visit_config`], or texts that are kept from one
    /// scrape to the next are rendered anew.
    ///
    /// ```
    /// use vmotel_exporter::Exporter;
    ///
    /// let exporter = Exporter::builder().with_global(false).with_self_metrics(false).build()?;
    /// let source = exporter.source();
    /// let config = exporter.visit_config();
    /// assert_eq!(source.snapshot(&config).family(0).name, "target_info");
    /// # Ok::<(), vmotel_exporter::BuildError>(())
    /// ```
    #[must_use]
    pub fn source(&self) -> Arc<dyn MetricSource> {
        Arc::new(Whole(Arc::clone(self.scraper().collector.gatherer())))
    }

    /// Returns how a scrape of classic names visits the sources: naming, scope labels, constant labels.
    #[must_use]
    pub fn visit_config(&self) -> VisitConfig {
        self.scraper().collector.gatherer().views.classic.clone()
    }
}

/// Everything that a scrape shows.
#[derive(Debug)]
struct Whole(Arc<Gatherer>);

impl MetricSource for Whole {
    fn snapshot<'a>(&'a self, config: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        let gatherer = &self.0;
        let mut parts: Vec<Box<dyn Snapshot + 'a>> = Vec::new();
        parts.extend(gatherer.target_info.as_ref().map(|info| info.snapshot(config)));
        for source in gatherer.sources.iter() {
            if let Some(snapshot) = source.look(config) {
                parts.push(Box::new(snapshot));
            }
        }
        if gatherer.self_metrics {
            parts.push(gatherer.metrics.snapshot(config));
        }
        let mut index = Vec::new();
        for (part, snapshot) in parts.iter().enumerate() {
            index.extend((0..snapshot.len()).map(|family| (part, family)));
        }
        Box::new(Joined { parts, index })
    }
}

/// Several snapshots as one.
struct Joined<'a> {
    parts: Vec<Box<dyn Snapshot + 'a>>,
    /// Part and family by number.
    index: Vec<(usize, usize)>,
}

impl Snapshot for Joined<'_> {
    fn len(&self) -> usize {
        self.index.len()
    }

    fn family(&self, index: usize) -> Family<'_> {
        let (part, family) = self.index[index];
        self.parts[part].family(family)
    }

    fn visit(&self, index: usize, sink: &mut dyn MetricSink) {
        let (part, family) = self.index[index];
        self.parts[part].visit(family, sink);
    }

    fn distinct(&self, index: usize) -> bool {
        let (part, family) = self.index[index];
        self.parts[part].distinct(family)
    }
}
