//! A day of history of the same shape, generated with all its values at hand, imported with its own timestamps.

use std::{sync::Arc, time::SystemTime};

use anyhow::ensure;
use serde::Serialize;
use vmotel_query::{ImportSeries, Labels, Sample, Timestamp};

use super::{
    plan::{Dice, METHODS, PATHS},
    stack::Storage,
};

/// The services of the history.
pub(super) const SERVICES: [&str; 2] = ["shop", "billing"];
pub(super) const STATUSES: [&str; 3] = ["200", "400", "500"];
/// The ends of the duration's buckets as labels and numbers.
pub(super) const ENDS: [(&str, f64); 12] = [
    ("0.005", 0.005),
    ("0.01", 0.01),
    ("0.025", 0.025),
    ("0.05", 0.05),
    ("0.1", 0.1),
    ("0.25", 0.25),
    ("0.5", 0.5),
    ("1", 1.0),
    ("2.5", 2.5),
    ("5", 5.0),
    ("10", 10.0),
    ("+Inf", f64::INFINITY),
];
/// Milliseconds between samples.
const STEP: i64 = 60_000;
/// A day, and an hour before it for what looks back from its beginning.
pub(super) const MINUTES: usize = 25 * 60;

/// The values of all series, one a minute.
#[derive(Debug)]
pub(super) struct History {
    /// The time of the last sample: a multiple of 5 minutes, so that subqueries fall on samples.
    pub(super) end: Timestamp,
    pub(super) streams: Vec<Stream>,
    /// Active users by service; the last value of the first service is an outlier.
    pub(super) users: [Vec<f64>; SERVICES.len()],
}

/// The requests of one label set; all values grow from the first minute.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) service: &'static str,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) status: &'static str,
    /// Cumulative counts by bucket, as exposed: the last is the number of requests.
    pub(super) buckets: [Vec<u64>; ENDS.len()],
    /// Cumulative duration in milliseconds.
    pub(super) millis: Vec<u64>,
}

/// What was imported.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Imported {
    pub(super) series: u64,
    pub(super) samples: u64,
}

impl Stream {
    /// Requests until each minute.
    pub(super) fn requests(&self) -> &[u64] {
        &self.buckets[ENDS.len() - 1]
    }

    pub(super) fn is_error(&self) -> bool {
        self.status != "200"
    }
}

impl History {
    /// Generates the history that ends at the last whole 5 minutes before `now`.
    pub(super) fn generate(now: SystemTime) -> Self {
        let end = Timestamp::from(now).as_millis() / 300_000 * 300_000;
        let mut streams = Vec::new();
        for (s, service) in SERVICES.into_iter().enumerate() {
            for (m, method) in METHODS.into_iter().take(2).enumerate() {
                for (p, path) in PATHS.into_iter().enumerate() {
                    for (c, status) in STATUSES.into_iter().enumerate() {
                        let dice = Dice((s * 1000 + m * 100 + p * 10 + c) as u64);
                        // Each status, path and service has a load and a speed of its own.
                        let load = [30, 4, 2][c] + 10 * p as u64 + 3 * s as u64;
                        let slowest = 120 + 900 * p as u64 + 350 * s as u64;
                        streams.push(Self::stream(dice, [service, method, path, status], load, slowest));
                    }
                }
            }
        }
        let users = std::array::from_fn(|service| {
            let mut dice = Dice(77 + service as u64);
            let mut users: Vec<f64> = (0..=MINUTES).map(|_| dice.between(90, 110) as f64).collect();
            if let (0, Some(last)) = (service, users.last_mut()) {
                *last = 900.0;
            }
            users
        });
        Self {
            end: Timestamp::from_millis(end),
            streams,
            users,
        }
    }

    fn stream(mut dice: Dice, labels: [&'static str; 4], load: u64, slowest: u64) -> Stream {
        let [service, method, path, status] = labels;
        let mut stream = Stream {
            service,
            method,
            path,
            status,
            buckets: std::array::from_fn(|_| Vec::with_capacity(MINUTES + 1)),
            millis: Vec::with_capacity(MINUTES + 1),
        };
        let (mut counts, mut millis) = ([0_u64; ENDS.len()], 0);
        for minute in 0..=MINUTES {
            // More by day than by night: a triangle over the day.
            let day = (minute % 1440).abs_diff(720) as u64;
            let requests = load + load * (720 - day) / 360 + dice.between(0, load);
            for _ in 0..requests {
                let duration = dice.between(1, slowest) * dice.between(1, 100) / 100 + 1;
                millis += duration;
                for (count, (_, end)) in counts.iter_mut().zip(ENDS) {
                    *count += u64::from(duration as f64 / 1000.0 <= end);
                }
            }
            for (bucket, count) in stream.buckets.iter_mut().zip(counts) {
                bucket.push(count);
            }
            stream.millis.push(millis);
        }
        stream
    }

    /// Returns all series as they are imported; `env="history"` keeps them apart from those of the run.
    fn series(self: &Arc<Self>) -> impl Iterator<Item = ImportSeries> + Send + use<> {
        let (history, of_users) = (Arc::clone(self), Arc::clone(self));
        let requests = (0..self.streams.len()).flat_map(move |index| history.series_of(index));
        let users = (0..SERVICES.len()).map(move |service| {
            let labels = Labels::new([
                ("__name__", "active_users"),
                ("service", SERVICES[service]),
                ("env", "history"),
            ]);
            of_users.import(labels, of_users.users[service].iter().copied())
        });
        requests.chain(users)
    }

    fn series_of(&self, index: usize) -> Vec<ImportSeries> {
        let stream = &self.streams[index];
        let labels = |name: &'static str, le: Option<&'static str>| {
            let own = [
                ("__name__", name),
                ("service", stream.service),
                ("method", stream.method),
                ("path", stream.path),
                ("status_code", stream.status),
                ("env", "history"),
            ];
            Labels::new(own.into_iter().chain(le.map(|le| ("le", le))))
        };
        let counts = |values: &[u64]| values.iter().map(|&count| count as f64).collect::<Vec<_>>();
        let requests = counts(stream.requests());
        let mut all = vec![
            self.import(labels("http_requests_total", None), requests.iter().copied()),
            self.import(
                labels("http_request_duration_seconds_count", None),
                requests.iter().copied(),
            ),
            self.import(
                labels("http_request_duration_seconds_sum", None),
                stream.millis.iter().map(|&millis| millis as f64 / 1000.0),
            ),
        ];
        if stream.is_error() {
            all.push(self.import(labels("http_errors_total", None), requests.iter().copied()));
        }
        for (bucket, (le, _)) in stream.buckets.iter().zip(ENDS) {
            let labels = labels("http_request_duration_seconds_bucket", Some(le));
            all.push(self.import(labels, counts(bucket).into_iter()));
        }
        all
    }

    fn import(&self, labels: Labels, values: impl Iterator<Item = f64>) -> ImportSeries {
        let first = self.end.as_millis() - STEP * MINUTES as i64;
        let samples = values.zip(0_i64..).map(|(value, minute)| Sample {
            time: Timestamp::from_millis(first + STEP * minute),
            value,
        });
        ImportSeries {
            labels,
            samples: samples.collect(),
        }
    }
}

/// Imports the history and makes it visible.
pub(super) async fn import(history: &Arc<History>, storage: &Storage) -> anyhow::Result<Imported> {
    let report = storage.client().import(history.series()).await?;
    storage.flush().await?;
    ensure!(
        report.rejected_samples == 0,
        "{} samples of the history were rejected: {:?}",
        report.rejected_samples,
        report.first_rejection
    );
    Ok(Imported {
        series: report.series,
        samples: report.samples,
    })
}
