//! The sums of an aggregator, added to the counters of somebody else's meter.

use std::{
    fmt,
    sync::{Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use opentelemetry::metrics::Meter;
use vmotel_model::Kind;

use super::{Aggregator, AggregatorError};

/// Returns whether the API of OpenTelemetry takes sums of this kind.
pub(super) const fn has_replay(kind: Kind) -> bool {
    matches!(kind, Kind::Counter | Kind::UpDownCounter)
}

impl Aggregator {
    /// Replays the sums into counters of `meter`, for programs whose pipeline cannot take a source.
    ///
    /// Prefer to give the aggregator to the exporter as a source. A replay has the limits of the pipeline behind the meter: its
    /// cardinality limit, and sums that are as old as the last [`Replay::flush`]. Sums of `f64` are replayed as rounded
    /// differences. From now on the aggregator hands out no series itself, so that nothing is counted twice; it takes no
    /// gauges and histograms, for which the API has no way in. Drop the replay, or close it, before the pipeline shuts down.
    ///
    /// # Errors
    /// Returns an error if there is a gauge or a histogram, or if the aggregator is replayed already.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use opentelemetry::{KeyValue, global};
    /// use vmotel_aggregate::{Aggregator, AggregatorConfig};
    /// # #[derive(Debug)] struct At(u64);
    /// # impl vmotel_model::Clock for At {
    /// #     fn now(&self) -> vmotel_model::Timestamp { vmotel_model::Timestamp(self.0) }
    /// #     fn monotonic(&self) -> std::time::Duration { std::time::Duration::from_nanos(self.0) }
    /// # }
    /// # let clock = Arc::new(At(0));
    ///
    /// let aggregator = Aggregator::new(AggregatorConfig::default(), clock);
    /// let jobs = aggregator.counter("jobs")?;
    /// let replay = aggregator.replay_into(&global::meter("shop"))?;
    /// jobs.add(1, &[KeyValue::new("queue", "mail")]);
    /// replay.flush(); // or replay.every(Duration::from_secs(1))
    /// replay.close();
    /// jobs.add(1, &[KeyValue::new("queue", "mail")]);
    /// assert_eq!(aggregator.stats().refused, 1);
    /// # Ok::<(), vmotel_aggregate::AggregatorError>(())
    /// ```
    pub fn replay_into(&self, meter: &Meter) -> Result<Replay, AggregatorError> {
        let families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(family) = families.iter().find(|family| !has_replay(family.kind())) {
            return Err(AggregatorError::NoReplay {
                name: family.name().to_owned(),
                kind: family.kind(),
            });
        }
        if self.replayed_into.set(meter.clone()).is_err() {
            return Err(AggregatorError::Replayed);
        }
        for family in families.iter() {
            family.begin_replay(meter);
        }
        drop(families);
        Ok(Replay {
            aggregator: self.clone(),
            thread: Mutex::new(None),
        })
    }
}

/// The replay of an [`Aggregator`] into counters of a foreign meter.
///
/// Dropping it closes it.
pub struct Replay {
    aggregator: Aggregator,
    /// The thread of [`Self::every`]; it ends when the sender is gone.
    thread: Mutex<Option<(mpsc::Sender<()>, JoinHandle<()>)>>,
}

impl Replay {
    /// Adds what has come since the last flush to the foreign counters, on the calling thread.
    ///
    /// Flushes of several threads wait for each other, metric by metric.
    pub fn flush(&self) {
        flush(&self.aggregator);
    }

    /// Flushes every `interval` on a thread of its own, until the replay is closed.
    ///
    /// # Errors
    /// Returns an error if the interval is zero or the thread cannot be started. The sums are kept.
    pub fn every(self, interval: Duration) -> Result<Self, AggregatorError> {
        if interval.is_zero() {
            return Err(AggregatorError::Interval);
        }
        let aggregator = self.aggregator.clone();
        let (sender, ended) = mpsc::channel();
        let spawned = thread::Builder::new()
            .name("vmotel-replay".to_owned())
            .spawn(move || {
                while ended.recv_timeout(interval) == Err(mpsc::RecvTimeoutError::Timeout) {
                    flush(&aggregator);
                }
            });
        let handle = spawned.map_err(|error| AggregatorError::Thread {
            reason: error.to_string(),
        })?;
        let before = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace((sender, handle));
        join(before);
        Ok(self)
    }

    /// Closes the aggregator, ends the thread and flushes a last time. Idempotent.
    ///
    /// A measurement that races with it is refused and counted, or delivered; should one be recorded after the last flush has
    /// read its series, a further [`Self::flush`] delivers it.
    pub fn close(&self) {
        self.aggregator.close();
        join(self.thread.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.flush();
    }
}

fn join(thread: Option<(mpsc::Sender<()>, JoinHandle<()>)>) {
    if let Some((sender, handle)) = thread {
        drop(sender);
        // A foreign counter that panicked has ended the thread before; there is nothing to save.
        let _ = handle.join();
    }
}

fn flush(aggregator: &Aggregator) {
    let collection = aggregator.begin_collection();
    for family in &collection.families {
        let evicted = collection.evicted(family.name());
        family.replay(collection.now, aggregator.config.idle, evicted);
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("aggregator", &self.aggregator)
            .finish_non_exhaustive()
    }
}
