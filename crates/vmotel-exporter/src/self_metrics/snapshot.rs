//! One reading of the exporter's own metrics.

use std::{collections::BTreeMap, time::Duration};

use vmotel_cardinality::{Controller, ControllerStats, LabelCount};
use vmotel_model::{
    Family, HistogramPoint, LabelPlan, MetricDef, MetricSink, Number, Point, Series, Snapshot, VisitConfig,
};

#[cfg(feature = "push")]
use super::{
    FAILURES, REJECTIONS, REQUEST_BUCKETS,
    catalog::{COLLECTIONS, LOSSES, PLACES},
};
use super::{
    SELF_METRICS, SelfMetrics,
    catalog::{DURATION_BUCKETS, ERRORS, FORMATS, OUTCOMES},
    get,
};
use crate::encode::Report;
#[cfg(feature = "push")]
use crate::push::PushReading;

/// The values of all series, by definition.
pub(super) struct SelfSnapshot<'a> {
    config: &'a VisitConfig,
    families: Vec<Values>,
}

struct Values {
    def: &'static MetricDef,
    name: String,
    points: Vec<(Vec<String>, Value)>,
}

enum Value {
    Count(u64),
    #[cfg(feature = "push")]
    Seconds(f64),
    Durations {
        bounds: &'static [f64],
        counts: Vec<u64>,
        sum: f64,
    },
}

impl<'a> SelfSnapshot<'a> {
    pub(super) fn new(metrics: &SelfMetrics, config: &'a VisitConfig) -> Self {
        let mut families: Vec<_> = SELF_METRICS
            .iter()
            .filter_map(|def| {
                Some(Values {
                    def,
                    name: def.exposed_name(config.naming).ok()?,
                    points: points(metrics, def.name),
                })
            })
            .filter(|family| !family.points.is_empty())
            .collect();
        families.sort_by(|a, b| a.name.cmp(&b.name));
        Self { config, families }
    }
}

fn points(metrics: &SelfMetrics, name: &str) -> Vec<(Vec<String>, Value)> {
    let of = |words: &[&str], counts: Vec<u64>| -> Vec<_> {
        words
            .iter()
            .zip(counts)
            .map(|(word, count)| (vec![(*word).to_owned()], Value::Count(count)))
            .collect()
    };
    let sources = |f: fn(&crate::sources::Health) -> u64| -> Vec<_> {
        let sources = metrics.sources.iter();
        sources
            .map(|source| (vec![source.name.clone()], Value::Count(f(&source.health))))
            .collect()
    };
    let one = |count: u64| vec![(Vec::new(), Value::Count(count))];
    let labels = |f: fn(&LabelCount) -> u64| -> Vec<_> {
        let mut counts = BTreeMap::new();
        for label in controllers(metrics).flat_map(Controller::label_counts) {
            let count = f(&label);
            *counts.entry(vec![label.metric, label.label]).or_default() += count;
        }
        let count = |(labels, count)| (labels, Value::Count(count));
        counts.into_iter().map(count).collect()
    };
    let sets = |f: fn(&ControllerStats) -> u64| -> Vec<_> {
        one(controllers(metrics)
            .map(|controller| f(&controller.stats()))
            .sum())
    };
    #[cfg(feature = "native")]
    if let Some(registry) = metrics.meters.registry() {
        let stats = registry.stats();
        match name {
            "vmotel_exporter_callback_panics_total" => return one(stats.callback_panics),
            "vmotel_exporter_cut_measurements_total" => return one(stats.cut),
            "vmotel_exporter_overflowed_measurements_total" => return one(stats.overflowed),
            "vmotel_exporter_refused_measurements_total" => return one(stats.refused),
            _ => {}
        }
    }
    match name.trim_start_matches("vmotel_exporter_") {
        "collection_duration_seconds" => vec![(
            Vec::new(),
            Value::Durations {
                bounds: DURATION_BUCKETS,
                counts: metrics.durations.iter().map(get).collect(),
                sum: Duration::from_nanos(get(&metrics.duration_nanos)).as_secs_f64(),
            },
        )],
        "dropped_series_total" => of(&Report::REASONS, metrics.dropped.iter().map(get).collect()),
        "label_sets" => sets(|stats| stats.sets as u64),
        "label_sets_folded_total" => sets(|stats| stats.overflows),
        "label_values" => labels(|label| label.distinct.round() as u64),
        "label_values_folded_total" => labels(|label| label.folded),
        "merged_series_total" => one(get(&metrics.merged)),
        "response_bytes_total" => of(
            &["identity", "gzip", "zstd"],
            metrics.bytes.iter().map(get).collect(),
        ),
        "scrape_errors_total" => of(ERRORS, metrics.errors.iter().map(get).collect()),
        "scrapes_total" => OUTCOMES
            .iter()
            .zip(&metrics.scrapes)
            .flat_map(|(outcome, formats)| {
                FORMATS.iter().zip(formats).map(|(format, count)| {
                    (
                        vec![(*outcome).to_owned(), (*format).to_owned()],
                        Value::Count(get(count)),
                    )
                })
            })
            .collect(),
        "series" => one(get(&metrics.series)),
        "source_faults_total" => sources(|health| health.faults()),
        "source_up" => sources(|health| u64::from(health.is_up())),
        #[cfg(feature = "push")]
        name => match (name.strip_prefix("push_"), &metrics.push) {
            (Some(name), Some(push)) => push_points(&push.read(), name),
            _ => Vec::new(),
        },
        #[cfg(not(feature = "push"))]
        _ => Vec::new(),
    }
}

/// Returns the controllers that fold labels: the one before the engine, and that of the registry.
fn controllers(metrics: &SelfMetrics) -> impl Iterator<Item = &Controller> {
    #[cfg(feature = "native")]
    let own = metrics
        .meters
        .registry()
        .and_then(|registry| registry.controller());
    #[cfg(not(feature = "native"))]
    let own = None;
    std::iter::once(metrics.limits.controller()).chain(own)
}

#[cfg(feature = "push")]
fn push_points(push: &PushReading, name: &str) -> Vec<(Vec<String>, Value)> {
    let one = |value| vec![(Vec::new(), value)];
    let of = |words: &[&str], counts: &[u64]| -> Vec<_> {
        words
            .iter()
            .zip(counts)
            .map(|(word, count)| (vec![(*word).to_owned()], Value::Count(*count)))
            .collect()
    };
    let spool = &push.spool;
    match name {
        "bytes_total" => one(Value::Count(push.bytes)),
        "collections_total" => of(COLLECTIONS, &[push.collections, push.failed_collections]),
        "discarded_samples_total" => one(Value::Count(push.discarded_samples)),
        "duration_seconds" => one(Value::Durations {
            bounds: REQUEST_BUCKETS,
            counts: push.durations.clone(),
            sum: Duration::from_nanos(push.duration_nanos).as_secs_f64(),
        }),
        "failures_total" => of(FAILURES, &push.failures),
        // Never is no time: then there is no series.
        "last_success_timestamp_seconds" if push.last_success == 0 => Vec::new(),
        "last_success_timestamp_seconds" => one(Value::Seconds((push.last_success / 1_000_000) as f64 / 1e3)),
        "lost_samples_total" => of(LOSSES, &[spool.dropped_samples, push.refused_samples]),
        "queue_bytes" => of(
            PLACES,
            &[spool.memory_bytes, spool.disk_bytes, spool.window_bytes],
        ),
        "queue_limit_bytes" => {
            let (place, bytes) = push.queue_limit;
            vec![(vec![PLACES[place].to_owned()], Value::Count(bytes))]
        }
        "queue_samples" => one(Value::Count(spool.waiting_samples)),
        "rejected_series_total" => of(REJECTIONS, &push.rejections),
        "resent_requests_total" => one(Value::Count(spool.resent_parcels)),
        "samples_total" => one(Value::Count(push.delivered_samples)),
        _ => Vec::new(),
    }
}

impl Snapshot for SelfSnapshot<'_> {
    fn len(&self) -> usize {
        self.families.len()
    }

    fn family(&self, index: usize) -> Family<'_> {
        let values = &self.families[index];
        Family {
            name: &values.name,
            kind: values.def.kind,
            unit: if values.name.ends_with("_seconds") {
                "seconds"
            } else {
                ""
            },
            help: values.def.help,
        }
    }

    fn visit(&self, index: usize, sink: &mut dyn MetricSink) {
        let values = &self.families[index];
        let keys = values.def.labels.iter().map(|label| label.name);
        let plan = LabelPlan::new(
            self.config.naming,
            values.def.kind,
            keys,
            &[],
            &self.config.constant_labels,
        );
        for (labels, value) in &values.points {
            let point = match value {
                Value::Count(count) => Point::Number(Number::U64(*count)),
                #[cfg(feature = "push")]
                Value::Seconds(seconds) => Point::Number(Number::F64(*seconds)),
                Value::Durations { bounds, counts, sum } => Point::Histogram(HistogramPoint {
                    bounds,
                    counts,
                    sum: Some(*sum),
                    count: counts.iter().sum(),
                }),
            };
            sink.series(&Series {
                labels: &plan.labels(labels.as_slice()),
                text: None,
                point,
                start: None,
            });
        }
    }

    fn distinct(&self, _: usize) -> bool {
        true
    }
}
