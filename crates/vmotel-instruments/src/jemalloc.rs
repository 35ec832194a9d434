//! The allocator jemalloc.

use std::sync::Arc;

use opentelemetry::metrics::Meter;
use tikv_jemalloc_ctl::{Result, epoch, epoch_mib, stats};

use crate::{catalog, instrument::observe_u64, shared_reading::SharedReading};

/// The allocator jemalloc: what the program holds, what the allocator takes for it, and what it keeps for later.
///
/// The metrics are those of [`catalog::JEMALLOC`], read at collection; what jemalloc does not tell is absent. They are about a program
/// whose global allocator is `tikv_jemallocator::Jemalloc`; in another one they show a jemalloc that nobody uses. The names are a
/// convention of this project, as OpenTelemetry has none.
///
/// # Examples
///
/// ```
/// use vmotel_instruments::JemallocMetrics;
///
/// // In the program: #[global_allocator] static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
/// JemallocMetrics::register(&opentelemetry::global::meter("shop"));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct JemallocMetrics {
    _private: (),
}

impl JemallocMetrics {
    /// Registers the observation of the allocator; call it once per meter provider.
    pub fn register(meter: &Meter) {
        // Without an allocator that tells, there is nothing to observe.
        let Ok(keys) = Keys::new() else { return };
        let reading = Arc::new(SharedReading::new(move || keys.read().ok()));
        let one = |def, field: fn(Reading) -> usize| {
            let reading = Arc::clone(&reading);
            observe_u64(meter, def, move || Some(field(reading.get()?) as u64));
        };
        one(&catalog::JEMALLOC_ALLOCATED, |r| r.allocated);
        one(&catalog::JEMALLOC_ACTIVE, |r| r.active);
        one(&catalog::JEMALLOC_METADATA, |r| r.metadata);
        one(&catalog::JEMALLOC_RESIDENT, |r| r.resident);
        one(&catalog::JEMALLOC_MAPPED, |r| r.mapped);
        one(&catalog::JEMALLOC_RETAINED, |r| r.retained);
    }
}

/// The statistics of one moment, in bytes.
#[derive(Debug, Clone, Copy)]
struct Reading {
    allocated: usize,
    active: usize,
    metadata: usize,
    resident: usize,
    mapped: usize,
    retained: usize,
}

/// Where the statistics are, looked up once.
struct Keys {
    epoch: epoch_mib,
    allocated: stats::allocated_mib,
    active: stats::active_mib,
    metadata: stats::metadata_mib,
    resident: stats::resident_mib,
    mapped: stats::mapped_mib,
    retained: stats::retained_mib,
}

impl Keys {
    fn new() -> Result<Self> {
        Ok(Self {
            epoch: epoch::mib()?,
            allocated: stats::allocated::mib()?,
            active: stats::active::mib()?,
            metadata: stats::metadata::mib()?,
            resident: stats::resident::mib()?,
            mapped: stats::mapped::mib()?,
            retained: stats::retained::mib()?,
        })
    }

    fn read(&self) -> Result<Reading> {
        // The statistics are those of the last epoch.
        self.epoch.advance()?;
        Ok(Reading {
            allocated: self.allocated.read()?,
            active: self.active.read()?,
            metadata: self.metadata.read()?,
            resident: self.resident.read()?,
            mapped: self.mapped.read()?,
            retained: self.retained.read()?,
        })
    }
}
