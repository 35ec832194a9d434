//! One collection, visited.

use std::{mem, time::SystemTime};

use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData, ScopeMetrics};
use vmotel_model::{
    Family, Kind, MetricSink, Naming, Series, Snapshot, VisitConfig, attribute_text, scope_labels,
};

use super::{
    Collected, SdkNotice, Shared, lock,
    plans::Common,
    points::{Buckets, DataPoint, SdkNumber, timestamp},
    texts::{FamilyTexts, Texts},
};

pub(super) struct SdkSnapshot<'a> {
    shared: &'a Shared,
    config: &'a VisitConfig,
    collected: Collected,
    scopes: Vec<Vec<(String, String)>>,
    heads: Vec<Head>,
    texts: Texts,
}

/// A family: where it stands in the collection, and its exposed name.
struct Head {
    scope: usize,
    metric: usize,
    name: String,
    unit: String,
    kind: Kind,
    texts: FamilyTexts,
}

impl<'a> SdkSnapshot<'a> {
    pub(super) fn new(shared: &'a Shared, collected: Collected, config: &'a VisitConfig) -> Self {
        let mut snapshot = Self {
            shared,
            config,
            collected,
            scopes: Vec::new(),
            heads: Vec::new(),
            texts: shared.take_texts().under(config),
        };
        let mut scopes = Vec::new();
        let mut heads = Vec::new();
        for (scope, metrics) in snapshot.collected.metrics().scope_metrics().enumerate() {
            scopes.push(if config.scope_labels {
                labels_of(metrics, config.naming)
            } else {
                Vec::new()
            });
            for (index, metric) in metrics.metrics().enumerate() {
                heads.extend(snapshot.head(scope, index, metric));
            }
        }
        // The SDK hands over scopes in no order; sorted, a scrape looks like the one before it.
        heads.sort_by(|a, b| (&a.name, &scopes[a.scope]).cmp(&(&b.name, &scopes[b.scope])));
        snapshot.scopes = scopes;
        snapshot.update_texts(&mut heads);
        snapshot.heads = heads;
        snapshot
    }

    /// Brings the texts of all families in line with this collection.
    fn update_texts(&mut self, heads: &mut [Head]) {
        let mut nth = 0;
        for at in 0..heads.len() {
            nth = if at > 0 && heads[at - 1].name == heads[at].name {
                nth + 1
            } else {
                0
            };
            let mut texts = self.texts.take(&heads[at].name, nth);
            let head = &heads[at];
            let update = Update {
                common: self.common(head),
                texts: &mut texts,
            };
            match self.metric(head).data() {
                AggregatedMetrics::U64(data) => update.data(data),
                AggregatedMetrics::I64(data) => update.data(data),
                AggregatedMetrics::F64(data) => update.data(data),
            }
            heads[at].texts = texts;
        }
    }

    /// Returns the head of a family, or none if its name is refused.
    fn head(&self, scope: usize, index: usize, metric: &Metric) -> Option<Head> {
        let kind = kind_of(metric.data());
        let naming = self.config.naming;
        if let Some(notice) = naming.notice(metric.name(), metric.unit(), kind) {
            lock(&self.shared.notices).add(SdkNotice::Name(notice));
        }
        Some(Head {
            scope,
            metric: index,
            name: naming.metric_name(metric.name(), metric.unit(), kind).ok()?,
            unit: Naming::unit_word(metric.unit()).into_owned(),
            kind,
            texts: FamilyTexts::default(),
        })
    }

    fn metric(&self, head: &Head) -> &Metric {
        let scope = self.collected.metrics().scope_metrics().nth(head.scope);
        scope
            .and_then(|scope| scope.metrics().nth(head.metric))
            .expect("the head was made from this collection")
    }

    fn common<'s>(&'s self, head: &'s Head) -> Common<'s> {
        Common {
            naming: self.config.naming,
            name: &head.name,
            kind: head.kind,
            scope: &self.scopes[head.scope],
            constant: &self.config.constant_labels,
        }
    }
}

impl Drop for SdkSnapshot<'_> {
    fn drop(&mut self) {
        self.texts
            .put_back(self.heads.drain(..).map(|head| (head.name, head.texts)));
        self.shared.give_back_texts(mem::take(&mut self.texts));
        if let Collected::Fresh(metrics) = &mut self.collected {
            self.shared.give_back(mem::take(metrics));
        }
    }
}

impl Snapshot for SdkSnapshot<'_> {
    fn len(&self) -> usize {
        self.heads.len()
    }

    fn family(&self, index: usize) -> Family<'_> {
        let head = &self.heads[index];
        Family {
            name: &head.name,
            kind: head.kind,
            unit: &head.unit,
            help: self.metric(head).description(),
        }
    }

    fn visit(&self, index: usize, sink: &mut dyn MetricSink) {
        let head = &self.heads[index];
        let visit = Visit {
            texts: &head.texts,
            sink,
        };
        match self.metric(head).data() {
            AggregatedMetrics::U64(data) => visit.data(data),
            AggregatedMetrics::I64(data) => visit.data(data),
            AggregatedMetrics::F64(data) => visit.data(data),
        }
    }

    fn distinct(&self, index: usize) -> bool {
        self.heads[index].texts.distinct()
    }
}

/// An update of one family's texts.
struct Update<'c, 't> {
    common: Common<'c>,
    texts: &'t mut FamilyTexts,
}

impl Update<'_, '_> {
    fn data<T: SdkNumber>(self, data: &MetricData<T>) {
        let Self { common, texts } = self;
        match data {
            MetricData::Gauge(gauge) => texts.update(&common, || gauge.data_points()),
            MetricData::Sum(sum) => texts.update(&common, || sum.data_points()),
            MetricData::Histogram(histogram) => texts.update(&common, || histogram.data_points()),
            MetricData::ExponentialHistogram(histogram) => {
                texts.update(&common, || histogram.data_points());
            }
        }
    }
}

/// A visit of one family.
struct Visit<'t, 's> {
    texts: &'t FamilyTexts,
    sink: &'s mut dyn MetricSink,
}

impl Visit<'_, '_> {
    fn data<T: SdkNumber>(self, data: &MetricData<T>) {
        match data {
            MetricData::Gauge(gauge) => self.points(gauge.data_points(), gauge.start_time()),
            MetricData::Sum(sum) => self.points(sum.data_points(), Some(sum.start_time())),
            MetricData::Histogram(histogram) => {
                self.points(histogram.data_points(), Some(histogram.start_time()))
            }
            MetricData::ExponentialHistogram(histogram) => {
                self.points(histogram.data_points(), Some(histogram.start_time()));
            }
        }
    }

    fn points<'d, P: DataPoint + 'd>(self, points: impl Iterator<Item = &'d P>, start: Option<SystemTime>) {
        let start = start.and_then(timestamp);
        let mut buckets = Buckets::default();
        self.texts.for_each(points, |point, labels, text| {
            self.sink.series(&Series {
                labels,
                text,
                point: point.point(&mut buckets),
                start,
            });
        });
    }
}

fn kind_of(data: &AggregatedMetrics) -> Kind {
    fn kind_of<T: SdkNumber>(data: &MetricData<T>) -> Kind {
        match data {
            MetricData::Gauge(_) => Kind::Gauge,
            MetricData::Sum(sum) if sum.is_monotonic() => Kind::Counter,
            MetricData::Sum(_) => Kind::UpDownCounter,
            MetricData::Histogram(_) | MetricData::ExponentialHistogram(_) => Kind::Histogram,
        }
    }
    match data {
        AggregatedMetrics::U64(data) => kind_of(data),
        AggregatedMetrics::I64(data) => kind_of(data),
        AggregatedMetrics::F64(data) => kind_of(data),
    }
}

fn labels_of(metrics: &ScopeMetrics, naming: Naming) -> Vec<(String, String)> {
    let scope = metrics.scope();
    let attributes: Vec<_> = scope
        .attributes()
        .map(|kv| (kv.key.as_str(), attribute_text(&kv.value).into_owned()))
        .collect();
    scope_labels(
        naming,
        scope.name(),
        scope.version().unwrap_or_default(),
        scope.schema_url().unwrap_or_default(),
        attributes.iter().map(|(key, value)| (*key, value.as_str())),
    )
}
