//! The SDK's side of the source.

use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use opentelemetry_sdk::{
    error::{OTelSdkError, OTelSdkResult},
    metrics::{InstrumentKind, Pipeline, Temporality, data::ResourceMetrics, reader::MetricReader},
};

use super::{SdkNotice, SdkStatus, Shared, lock};

/// The reader that an `SdkMeterProvider` is built with; made by [`SdkSource::reader`](crate::SdkSource::reader).
pub struct SdkReader {
    shared: Arc<Shared>,
}

impl SdkReader {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl fmt::Debug for SdkReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SdkReader").finish_non_exhaustive()
    }
}

impl MetricReader for SdkReader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.shared.manual.register_pipeline(pipeline);
        let mut status = lock(&self.shared.status);
        if *status == SdkStatus::Unregistered {
            *status = SdkStatus::Ok;
        }
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.shared.manual.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    /// Collects a last time, so that later snapshots show the final values, and lets go of the pipeline.
    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let status = lock(&self.shared.status).clone();
        match status {
            SdkStatus::ShutDown => return Err(OTelSdkError::AlreadyShutdown),
            SdkStatus::Ok => {
                let buffer = lock(&self.shared.buffers).pop().unwrap_or_default();
                if let Some(metrics) = self.shared.collect_into(buffer) {
                    *lock(&self.shared.last) = Some(Arc::new(metrics));
                }
            }
            _ => {}
        }
        lock(&self.shared.buffers).clear();
        let mut status = lock(&self.shared.status);
        if status.is_healthy() {
            *status = SdkStatus::ShutDown;
            drop(status);
            lock(&self.shared.notices).add(SdkNotice::Status(SdkStatus::ShutDown));
            return self.shared.manual.shutdown_with_timeout(timeout);
        }
        Err(OTelSdkError::InternalFailure(status.to_string()))
    }

    /// Cumulative for all kinds, as the specification demands of a pull exporter.
    fn temporality(&self, _: InstrumentKind) -> Temporality {
        Temporality::Cumulative
    }
}
