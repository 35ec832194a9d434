//! What really happened, in plain atomics: whole numbers only, so that no sum depends on an order.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use super::plan::{self, CACHES, METHODS, OPERATIONS, PATHS, PRODUCT_TYPES, PRODUCTS, Request, User};

/// The statuses that are counted, in the order of their index.
pub(super) const STATUSES: [u16; 3] = [200, 400, 500];

const REQUESTS: usize = METHODS.len() * PATHS.len() * STATUSES.len();

/// Everything that the load did.
#[derive(Debug)]
pub(super) struct Truth {
    requests: [RequestTruth; REQUESTS],
    pub(super) active_users: AtomicI64,
    pub(super) orders: [OrderTruth; PRODUCT_TYPES.len()],
    pub(super) cart: Histogram,
    pub(super) sold: [AtomicI64; PRODUCTS.len()],
    pub(super) caches: [CacheTruth; CACHES.len()],
    /// How long orders waited for a connection of the pool.
    pub(super) waited: Histogram,
    /// How long they held it.
    pub(super) held: Histogram,
}

/// Requests of one method, path and status.
#[derive(Debug)]
pub(super) struct RequestTruth {
    /// The durations that were recorded by hand.
    pub(super) recorded: Histogram,
    /// The durations that the service's handler saw: no longer than what the layer measures.
    pub(super) inside: Histogram,
    /// The durations that the client saw: no shorter than what the layer measures.
    pub(super) outside: Histogram,
    pub(super) size: Histogram,
}

#[derive(Debug)]
pub(super) struct OrderTruth {
    pub(super) cents: AtomicU64,
    pub(super) duration: Histogram,
}

#[derive(Debug)]
pub(super) struct CacheTruth {
    pub(super) hits: AtomicU64,
    pub(super) misses: AtomicU64,
    pub(super) evictions: AtomicU64,
    pub(super) operations: [Histogram; OPERATIONS.len()],
}

/// Counts by bucket, and an exact sum.
#[derive(Debug)]
pub(super) struct Histogram {
    /// The upper ends of the buckets, included, in units of the sum.
    ends: Vec<u64>,
    /// How many units make one of what is exposed: 1e9 for nanoseconds.
    units: f64,
    counts: Vec<AtomicU64>,
    sum: AtomicU64,
}

const NANOS: f64 = 1e9;
const HTTP_MILLIS: &[u64] = &[5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
const ORDER_MILLIS: &[u64] = &[
    10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000,
];
const CACHE_MICROS: &[u64] = &[
    1, 10, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
];

const POOL_MICROS: &[u64] = &[
    100, 500, 1000, 5000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000, 10_000_000,
];

impl Histogram {
    fn new(bounds: &[u64], scale: u64, units: f64) -> Self {
        Self {
            ends: bounds.iter().map(|bound| bound * scale).collect(),
            units,
            counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
        }
    }

    pub(super) fn record(&self, value: u64) {
        let bucket = self
            .ends
            .iter()
            .position(|&end| value <= end)
            .unwrap_or(self.ends.len());
        self.counts[bucket].fetch_add(1, Relaxed);
        self.sum.fetch_add(value, Relaxed);
    }

    pub(super) fn count(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Relaxed)).sum()
    }

    pub(super) fn sum(&self) -> f64 {
        self.sum.load(Relaxed) as f64 / self.units
    }

    /// Returns the upper ends as exposed, and how many values are not above each; +Inf last.
    pub(super) fn cumulative(&self) -> Vec<(f64, u64)> {
        let ends = self.ends.iter().map(|&end| end as f64 / self.units);
        let mut below = 0;
        ends.chain([f64::INFINITY])
            .zip(&self.counts)
            .map(|(end, count)| {
                below += count.load(Relaxed);
                (end, below)
            })
            .collect()
    }
}

impl Truth {
    pub(super) fn new() -> Self {
        let http = || Histogram::new(HTTP_MILLIS, 1_000_000, NANOS);
        let pool = || Histogram::new(POOL_MICROS, 1000, NANOS);
        Self {
            requests: std::array::from_fn(|_| RequestTruth {
                recorded: http(),
                inside: http(),
                outside: http(),
                size: Histogram::new(&[100, 1000, 10_000, 100_000, 1_000_000, 10_000_000], 1, 1.0),
            }),
            active_users: AtomicI64::new(0),
            orders: std::array::from_fn(|_| OrderTruth {
                cents: AtomicU64::new(0),
                duration: Histogram::new(ORDER_MILLIS, 1_000_000, NANOS),
            }),
            cart: Histogram::new(&[0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 50, 100], 1, 1.0),
            sold: std::array::from_fn(|_| AtomicI64::new(0)),
            caches: std::array::from_fn(|_| CacheTruth {
                hits: AtomicU64::new(0),
                misses: AtomicU64::new(0),
                evictions: AtomicU64::new(0),
                operations: std::array::from_fn(|_| Histogram::new(CACHE_MICROS, 1000, NANOS)),
            }),
            waited: pool(),
            held: pool(),
        }
    }

    /// Notes a request that was answered as asked, with the times measured around it from inside and outside.
    pub(super) fn note(&self, request: &Request, inside_nanos: u64, outside_nanos: u64) {
        let work = &request.work;
        let Some(status) = STATUSES.iter().position(|&status| status == work.status) else {
            return;
        };
        let truth = &self.requests[(request.method * PATHS.len() + request.path) * STATUSES.len() + status];
        truth.recorded.record(work.duration_nanos);
        truth.inside.record(inside_nanos);
        truth.outside.record(outside_nanos);
        truth.size.record(request.size as u64);
        match work.user {
            Some(User::Login) => self.active_users.fetch_add(1, Relaxed),
            Some(User::Logout) => self.active_users.fetch_sub(1, Relaxed),
            None => 0,
        };
        if let Some(order) = work.order {
            let truth = &self.orders[order.product_type];
            truth.cents.fetch_add(order.amount_cents, Relaxed);
            truth.duration.record(order.duration_nanos);
            self.waited.record(order.wait_nanos());
            self.held.record(order.duration_nanos);
            self.cart.record(order.items);
            self.sold[order.product].fetch_add(order.items.cast_signed(), Relaxed);
        }
        if let Some(cache) = work.cache {
            self.note_cache(cache);
        }
    }

    fn note_cache(&self, cache: plan::Cache) {
        let truth = &self.caches[cache.cache];
        let outcome = if cache.hit { &truth.hits } else { &truth.misses };
        outcome.fetch_add(1, Relaxed);
        if cache.eviction {
            truth.evictions.fetch_add(1, Relaxed);
        }
        truth.operations[cache.operation].record(cache.duration_nanos);
    }

    /// Returns the requests with their method, path and status, those that came at least once.
    pub(super) fn requests(&self) -> impl Iterator<Item = ([String; 3], &RequestTruth)> {
        self.requests.iter().enumerate().filter_map(|(index, truth)| {
            let (rest, status) = (index / STATUSES.len(), index % STATUSES.len());
            let labels = [METHODS[rest / PATHS.len()], PATHS[rest % PATHS.len()]].map(str::to_owned);
            let [method, path] = labels;
            (truth.size.count() > 0).then(|| ([method, path, STATUSES[status].to_string()], truth))
        })
    }
}
