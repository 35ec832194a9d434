//! The start by the environment: one call, and one line in the log that tells what was chosen.

#[cfg(feature = "listener")]
use crate::ListenError;
#[cfg(feature = "push")]
use crate::Temporality;
use crate::{BuildError, Exporter, ExporterBuilder};

/// Builds an exporter from the environment, sets its provider as the global one, and starts what the environment asks for.
///
/// See [`ExporterBuilder::init`].
///
/// # Errors
/// As [`ExporterBuilder::init`].
pub fn init() -> Result<Exporter, InitError> {
    Exporter::builder().init()
}

/// Why an exporter did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// It was not built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Scrapes cannot be served.
    #[cfg(feature = "listener")]
    #[error(transparent)]
    Listen(#[from] ListenError),
}

impl ExporterBuilder {
    /// Builds the exporter, starts the listener if scrapes are asked for, and logs one line that tells what was chosen and why.
    ///
    /// Scrapes are asked for if `OTEL_METRICS_EXPORTER` names `prometheus`, or if nothing is pushed. They need the feature `listener`;
    /// where you have routes of your own, use [`ExporterBuilder::build`].
    ///
    /// ```
    /// use vmotel_exporter::Exporter;
    ///
    /// let variables = |name: &str| (name == "OTEL_METRICS_EXPORTER").then(|| "none".to_owned());
    /// let exporter = Exporter::builder().with_lookup(variables).with_global(false).init()?;
    /// # Ok::<(), vmotel_exporter::InitError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the exporter cannot be built, or its port cannot be bound.
    pub fn init(self) -> Result<Exporter, InitError> {
        let exporters = self.variable("OTEL_METRICS_EXPORTER");
        let exporter = self.build()?;
        let config = exporter.config();
        let named = exporters.as_deref();
        let asked = named.is_some_and(|list| list.to_ascii_lowercase().contains("prometheus"));
        let why = named.map_or_else(
            || "default".to_owned(),
            |list| format!("OTEL_METRICS_EXPORTER={list}"),
        );
        let mut chosen = Vec::new();
        if !config.enabled {
            chosen.push("switched off (OTEL_SDK_DISABLED or the configuration)".to_owned());
        }
        #[cfg(feature = "push")]
        if let Some((push, status)) = config.push.as_ref().zip(exporter.push_status()) {
            let interval = if push.interval.is_zero() {
                "at the end".to_owned()
            } else {
                format!("every {:?}", push.interval)
            };
            let why = if named.is_some() {
                &why
            } else {
                "an endpoint or target is set"
            };
            let deltas = match push.temporality {
                Temporality::Cumulative => "",
                Temporality::ForcedDelta => ", in deltas, of which VictoriaMetrics makes no rates",
            };
            chosen.push(format!("pushed as {} {interval} ({why}){deltas}", status.target));
        }
        #[cfg(feature = "listener")]
        if config.serves() && (asked || !config.pushes()) {
            let listener = exporter.listen()?;
            chosen.push(format!("served at {listener} ({why})"));
        }
        #[cfg(not(feature = "listener"))]
        let _ = asked;
        if chosen.is_empty() {
            chosen.push(format!("neither pushed nor served ({why})"));
        }
        tracing::info!(
            target: "vmotel_exporter",
            "the metrics of {:?} are {}",
            config.service_name,
            chosen.join(", and ")
        );
        Ok(exporter)
    }
}
