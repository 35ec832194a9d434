//! A meter of a test's own.

use std::sync::Arc;

use opentelemetry::metrics::Meter;
use vmotel_model::MetricSource;

use super::{Expose, Samples};
use crate::{Config, Engine, Exporter, ExporterBuilder, Format};

/// A meter with a provider of its own, and what a scrape of it shows.
///
/// No environment is read, nothing is set globally, no port is bound. The exporter's own metrics, `target_info` and the labels of scopes
/// are left out.
#[derive(Debug, Clone)]
pub struct TestMeter {
    exporter: Exporter,
    meter: Meter,
}

impl TestMeter {
    /// Makes a meter on the default engine.
    ///
    /// # Panics
    /// As [`TestMeter::with_engine`].
    #[must_use]
    pub fn new() -> Self {
        Self::with(|builder| builder)
    }

    /// Makes a meter on this engine.
    ///
    /// # Panics
    /// Panics if the exporter cannot be built, which its defaults never are a reason for.
    #[must_use]
    pub fn with_engine(engine: Engine) -> Self {
        Self::with(|builder| builder.with_engine(engine))
    }

    /// Makes a meter on what `change` makes of the builder, for views, limits, a naming or sources.
    ///
    /// # Panics
    /// Panics with the error of the builder if there is one.
    #[must_use]
    pub fn with(change: impl FnOnce(ExporterBuilder) -> ExporterBuilder) -> Self {
        let builder = Exporter::builder()
            .with_config(Config::default())
            .with_global(false)
            .with_self_metrics(false)
            .with_target_info(false)
            .with_scope_labels(false);
        match change(builder).build() {
            Ok(exporter) => Self {
                meter: exporter.meter("test"),
                exporter,
            },
            Err(error) => panic!("no exporter for the test: {error}"),
        }
    }

    /// Makes a meter beside a source, such as a registry of native metrics.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use vmotel_exporter::{assert_metric, testing::TestMeter};
    /// use vmotel_registry::Registry;
    ///
    /// let registry = Registry::new();
    /// let test = TestMeter::with_source(Arc::new(registry.clone()));
    /// registry.counter("jobs_total{queue=\"mail\"}")?.inc();
    /// assert_metric!(test, "jobs_total", [("queue", "mail")], 1);
    /// # Ok::<(), vmotel_registry::RegistryError>(())
    /// ```
    ///
    /// # Panics
    /// As [`TestMeter::with_engine`].
    #[must_use]
    pub fn with_source(source: Arc<dyn MetricSource>) -> Self {
        Self::with(|builder| builder.with_source("test", source))
    }

    /// Returns the meter, to make instruments by or to hand to what is tested.
    #[must_use]
    pub const fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Returns the exporter, for its limits and further meters.
    #[must_use]
    pub const fn exporter(&self) -> &Exporter {
        &self.exporter
    }

    /// Returns what a scrape shows, in text 0.0.4: families by name, series in the order of their labels.
    ///
    /// # Panics
    /// Panics if nothing can be collected, as a callback hangs or panicked.
    #[must_use]
    pub fn text(&self) -> String {
        scrape(&self.exporter)
    }

    /// Returns the samples of a scrape.
    ///
    /// # Panics
    /// As [`TestMeter::text`].
    #[must_use]
    pub fn samples(&self) -> Samples {
        Samples::parse(&self.text())
    }

    /// Returns the value of one series; none if it is not there. Buckets, sum and count of a histogram are series.
    ///
    /// # Panics
    /// As [`TestMeter::text`].
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.samples().value(name, labels)
    }
}

impl Default for TestMeter {
    fn default() -> Self {
        Self::new()
    }
}

impl Expose for TestMeter {
    fn expose(&self) -> String {
        self.text()
    }
}

impl Expose for Exporter {
    fn expose(&self) -> String {
        scrape(self)
    }
}

fn scrape(exporter: &Exporter) -> String {
    match exporter.scrape(Format::Text) {
        Ok(text) => super::golden::in_order(&text),
        Err(error) => panic!("the test cannot scrape: {error}"),
    }
}
