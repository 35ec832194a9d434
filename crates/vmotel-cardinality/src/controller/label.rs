//! One label of a metric: its admitted values and what is known of the others.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::config::ControllerConfig;
use super::table::Table;
use super::value;
use crate::hash::Keys;
use crate::sketch::{Heavy, HyperLogLog};

/// Counters of the heaviest folded values per admitted one.
const COUNTERS_PER_VALUE: usize = 10;
const MAX_COUNTERS: usize = 1 << 16;
/// Folded values kept as samples.
const SAMPLES: usize = 8;
const SAMPLE_LENGTH: usize = 64;

#[derive(Debug)]
pub(crate) struct Label {
    pub(crate) name: Box<str>,
    keys: Keys,
    pub(crate) values: Table,
    limit: usize,
    /// Made when the first value is folded.
    beyond: OnceLock<Beyond>,
    folded: AtomicU64,
    samples: Mutex<Vec<Box<str>>>,
    buckets: Box<[u64]>,
}

#[derive(Debug)]
struct Beyond {
    distinct: HyperLogLog,
    heavy: Heavy,
}

impl Label {
    pub(crate) fn new(name: &str, keys: Keys, config: &ControllerConfig) -> Self {
        let buckets = (0..value::buckets(&config.fold))
            .map(|bucket| keys.hash(&value::bucket_name(config, bucket)))
            .collect();
        // A metric of one label then folds by its values, never by its sets.
        let limit = config.per_label.min(config.per_metric - config.per_metric / 4);
        Self {
            name: name.into(),
            keys,
            values: Table::new(limit),
            limit,
            beyond: OnceLock::new(),
            folded: AtomicU64::new(0),
            samples: Mutex::default(),
            buckets,
        }
    }

    #[inline]
    pub(crate) fn hash(&self, value: &str) -> u64 {
        self.keys.hash(value)
    }

    pub(crate) fn bucket_hash(&self, bucket: u16) -> u64 {
        self.buckets.get(usize::from(bucket)).copied().unwrap_or_default()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.values.len() >= self.limit
    }

    /// Counts a value that is folded.
    pub(crate) fn fold(&self, hash: u64, value: &str, weight: u64) {
        let beyond = self.beyond.get_or_init(|| {
            let beyond = Beyond {
                distinct: HyperLogLog::new(),
                heavy: Heavy::new((self.limit * COUNTERS_PER_VALUE).min(MAX_COUNTERS)),
            };
            for admitted in self.values.keys() {
                beyond.distinct.insert(admitted);
            }
            beyond
        });
        beyond.distinct.insert(hash);
        beyond.heavy.offer(hash, weight);
        let number = self.folded.fetch_add(1, Relaxed);
        if number < SAMPLES as u64 || number.is_multiple_of(1_024) {
            self.sample(value, number);
        }
    }

    #[cold]
    fn sample(&self, value: &str, number: u64) {
        // Whoever comes while another writes is not needed as a sample.
        let Ok(mut samples) = self.samples.try_lock() else {
            return;
        };
        let end = (0..=SAMPLE_LENGTH.min(value.len()))
            .rev()
            .find(|&at| value.is_char_boundary(at))
            .unwrap_or(0);
        let sample = value[..end].into();
        if samples.len() < SAMPLES {
            samples.push(sample);
        } else {
            samples[(number / 1_024) as usize % SAMPLES] = sample;
        }
    }

    /// Counts a value that is admitted.
    pub(crate) fn admit(&self, hash: u64, weight: u64, epoch: u32) {
        self.values.insert(hash, weight, epoch);
        if let Some(beyond) = self.beyond.get() {
            beyond.distinct.insert(hash);
        }
    }

    /// Returns a number that grows with the distinct values: the label with the greatest is the guilty one.
    pub(crate) fn guilt(&self) -> u64 {
        self.values.len() as u64 + self.beyond.get().map_or(0, |beyond| beyond.distinct.raised())
    }

    pub(crate) fn estimate(&self) -> f64 {
        let admitted = self.values.len() as f64;
        self.beyond
            .get()
            .map_or(admitted, |beyond| beyond.distinct.estimate().max(admitted))
    }

    pub(crate) fn heavy(&self) -> Option<&Heavy> {
        self.beyond.get().map(|beyond| &beyond.heavy)
    }

    pub(crate) fn folded(&self) -> u64 {
        self.folded.load(Relaxed)
    }

    pub(crate) fn samples(&self) -> Vec<String> {
        let samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        samples.iter().map(|sample| sample.to_string()).collect()
    }
}
