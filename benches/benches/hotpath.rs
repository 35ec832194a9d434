//! Recording: handles, lookups by attributes, overflow, cache hits, sampling decisions.
//!
//! Three attributes, 36 sets, unless the case says otherwise. `cargo xtask bench hotpath`

use std::{
    hint::black_box,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use opentelemetry::{KeyValue, metrics::MeterProvider};
use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};
use vmotel_aggregate::{
    AdaptiveConfig, AdaptiveSampler, Aggregator, AggregatorConfig, AttributeCache, BlockSampler, LabelValue,
    RateSampler, Typed,
};
use vmotel_cardinality::{Controller, ControllerConfig};
use vmotel_cells::Cells;
use vmotel_model::{Clock, Timestamp};
use vmotel_registry::{Registry, RegistryConfig, RegistryMeterProvider};

type Set = [KeyValue; 3];

#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

fn sets(count: usize) -> Vec<Set> {
    (0..count)
        .map(|i| {
            [
                KeyValue::new("method", ["GET", "POST", "PUT"][i % 3]),
                KeyValue::new("path", format!("/api/v1/users/{}", i / 3)),
                KeyValue::new("status_code", "200"),
            ]
        })
        .collect()
}

fn reversed(sets: &[Set]) -> Vec<Set> {
    sets.iter()
        .map(|[a, b, c]| [c.clone(), b.clone(), a.clone()])
        .collect()
}

fn aggregator(limit: usize) -> Aggregator {
    Aggregator::new(
        AggregatorConfig {
            limit,
            ..AggregatorConfig::default()
        },
        Arc::new(Stopped),
    )
}

fn native() -> RegistryMeterProvider {
    let config = RegistryConfig {
        per_metric: 20_000,
        ..RegistryConfig::default()
    };
    RegistryMeterProvider::new(&Registry::with_config(config))
}

fn sdk() -> SdkMeterProvider {
    SdkMeterProvider::builder()
        .with_reader(ManualReader::default())
        .build()
}

/// Benches `record` over the sets in turn.
fn in_turn(
    group: &mut BenchmarkGroup<'_, WallTime>,
    case: &str,
    subject: &str,
    sets: &[Set],
    record: impl Fn(&[KeyValue]),
) {
    group.bench_function(BenchmarkId::new(case, subject), |bencher| {
        let mut turn = sets.iter().cycle();
        bencher.iter(|| record(black_box(turn.next().map_or(&[][..], |set| set.as_slice()))));
    });
}

/// Benches `record` while another thread does the same.
fn beside_another(
    group: &mut BenchmarkGroup<'_, WallTime>,
    case: &str,
    subject: &str,
    record: impl Fn() + Sync,
) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                (0..1000).for_each(|_| record());
            }
        });
        group.bench_function(BenchmarkId::new(case, subject), |bencher| bencher.iter(&record));
        stop.store(true, Ordering::Relaxed);
    });
}

fn handles(group: &mut BenchmarkGroup<'_, WallTime>) {
    let set = sets(1);
    let cell = Cells::new().counter();
    let handle = aggregator(100).counter("c").expect("a good name").with(&set[0]);
    let provider = sdk();
    let bound = provider.meter("bench").u64_counter("c").build().bind(&set[0]);
    let native = native().meter("bench").u64_counter("c").build().bind(&set[0]);

    group.bench_function(BenchmarkId::new("counter handle", "vmotel-cells"), |b| {
        b.iter(|| black_box(&cell).add(1))
    });
    group.bench_function(BenchmarkId::new("counter handle", "vmotel-aggregate"), |b| {
        b.iter(|| black_box(&handle).add(1))
    });
    group.bench_function(BenchmarkId::new("counter handle", "vmotel-registry bound"), |b| {
        b.iter(|| black_box(&native).add(1))
    });
    group.bench_function(
        BenchmarkId::new("counter handle", "opentelemetry_sdk bound"),
        |b| b.iter(|| black_box(&bound).add(1)),
    );
    #[cfg(feature = "peers")]
    {
        let peer = prometheus_client::metrics::counter::Counter::<u64>::default();
        group.bench_function(BenchmarkId::new("counter handle", "prometheus-client"), |b| {
            b.iter(|| black_box(&peer).inc())
        });
        let peer = measured::Counter::new();
        group.bench_function(BenchmarkId::new("counter handle", "measured"), |b| {
            b.iter(|| black_box(&peer).get_metric().inc())
        });
    }

    let case = "counter handle, 2 threads on one";
    beside_another(group, case, "vmotel-cells", || black_box(&cell).add(1));
    beside_another(group, case, "opentelemetry_sdk bound", || {
        black_box(&bound).add(1)
    });
    #[cfg(feature = "peers")]
    {
        let peer = prometheus_client::metrics::counter::Counter::<u64>::default();
        beside_another(group, case, "prometheus-client", || {
            black_box(&peer).inc();
        });
    }
}

fn by_attributes(group: &mut BenchmarkGroup<'_, WallTime>) {
    for (case, sets) in [
        ("by attributes", sets(36)),
        ("by attributes, other order", reversed(&sets(36))),
        ("by attributes, 10k sets", sets(10_000)),
    ] {
        let known = if case.ends_with("order") {
            reversed(&sets)
        } else {
            sets.clone()
        };
        let ours = aggregator(20_000).counter("c").expect("a good name");
        let provider = sdk();
        let theirs = provider.meter("bench").u64_counter("c").build();
        let native = native().meter("bench").u64_counter("c").build();
        for set in &known {
            ours.add(1, set);
            theirs.add(1, set);
            native.add(1, set);
        }
        in_turn(group, case, "vmotel-aggregate", &sets, |set| ours.add(1, set));
        in_turn(group, case, "vmotel-registry, OpenTelemetry API", &sets, |set| {
            native.add(1, set)
        });
        in_turn(group, case, "opentelemetry_sdk", &sets, |set| theirs.add(1, set));
    }

    let (known, unknown) = (sets(2000), sets(4036).split_off(4000));
    let ours = aggregator(2000).counter("c").expect("a good name");
    let provider = sdk();
    let theirs = provider.meter("bench").u64_counter("c").build();
    for set in &known {
        ours.add(1, set);
        theirs.add(1, set);
    }
    in_turn(group, "overflow", "vmotel-aggregate", &unknown, |set| {
        ours.add(1, set)
    });
    in_turn(group, "overflow", "opentelemetry_sdk", &unknown, |set| {
        theirs.add(1, set)
    });
}

#[derive(Debug, Clone, Copy)]
enum Method {
    Get,
    Post,
    Put,
}

impl LabelValue for Method {
    const VALUES: &'static [&'static str] = &["GET", "POST", "PUT"];

    fn index(self) -> usize {
        self as usize
    }
}

#[derive(Debug, Clone, Copy)]
enum Route {
    Users,
    Orders,
    Items,
    Other,
}

impl LabelValue for Route {
    const VALUES: &'static [&'static str] = &["/users/{id}", "/orders/{id}", "/items", "other"];

    fn index(self) -> usize {
        self as usize
    }
}

fn typed(group: &mut BenchmarkGroup<'_, WallTime>) {
    let counter = aggregator(100).counter("c").expect("a good name");
    let typed: Typed<_, (Method, Route, bool)> =
        Typed::new(counter, ["method", "path", "ok"]).expect("24 combinations");
    let mut all = [(Method::Get, Route::Users, false); 16];
    for (at, labels) in all.iter_mut().enumerate() {
        labels.0 = [Method::Get, Method::Post, Method::Put][at % 3];
        labels.1 = [Route::Users, Route::Orders, Route::Items, Route::Other][at % 4];
        labels.2 = at < 8;
    }
    group.bench_function(
        BenchmarkId::new("typed enum labels", "vmotel-aggregate"),
        |bencher| {
            let mut turn = 0_usize;
            bencher.iter(|| {
                turn = turn.wrapping_add(1);
                let labels = black_box(&all)[turn % 16];
                typed.with(labels).add(1);
            });
        },
    );
    #[cfg(feature = "peers")]
    {
        let (counters, all) = (typed_by_measured::counters(), typed_by_measured::all());
        group.bench_function(BenchmarkId::new("typed enum labels", "measured"), |bencher| {
            let mut turn = 0_usize;
            bencher.iter(|| {
                turn = turn.wrapping_add(1);
                counters.inc(black_box(&all)[turn % 16]);
            });
        });
    }
}

/// The same combinations with `measured`, whose dense vectors are the quickest of the peers.
#[cfg(feature = "peers")]
mod typed_by_measured {
    use measured::{CounterVec, FixedCardinalityLabel, LabelGroup};

    #[derive(FixedCardinalityLabel, Debug, Clone, Copy)]
    pub(super) enum Method {
        Get,
        Post,
        Put,
    }

    #[derive(FixedCardinalityLabel, Debug, Clone, Copy)]
    pub(super) enum Route {
        Users,
        Orders,
        Items,
        Other,
    }

    #[derive(FixedCardinalityLabel, Debug, Clone, Copy)]
    pub(super) enum Success {
        Yes,
        No,
    }

    #[derive(LabelGroup, Debug, Clone, Copy)]
    #[label(set = LabelsSet)]
    pub(super) struct Labels {
        pub(super) method: Method,
        pub(super) route: Route,
        pub(super) ok: Success,
    }

    pub(super) fn counters() -> CounterVec<LabelsSet> {
        CounterVec::with_label_set(LabelsSet::new())
    }

    pub(super) fn all() -> [Labels; 16] {
        std::array::from_fn(|at| Labels {
            method: [Method::Get, Method::Post, Method::Put][at % 3],
            route: [Route::Users, Route::Orders, Route::Items, Route::Other][at % 4],
            ok: if at < 8 { Success::Yes } else { Success::No },
        })
    }
}

/// Behind a controller: known sets, and unique ones beyond its limits, of which one label is folded.
fn bounded(group: &mut BenchmarkGroup<'_, WallTime>) {
    let controller = Controller::new(ControllerConfig::default()).expect("the limits are in range");
    let aggregator = Aggregator::with_controller(AggregatorConfig::default(), Arc::new(Stopped), controller);
    let counter = aggregator.counter("c").expect("a good name");
    let known = sets(36);
    for set in known.iter().chain(&sets(4_000)) {
        counter.add(1, set);
    }
    in_turn(
        group,
        "by attributes, bounded",
        "vmotel-aggregate",
        &known,
        |set| counter.add(1, set),
    );
    let unknown = sets(9_000).split_off(6_000);
    in_turn(
        group,
        "one label folded, bounded",
        "vmotel-aggregate",
        &unknown,
        |set| counter.add(1, set),
    );
}

fn cache(group: &mut BenchmarkGroup<'_, WallTime>) {
    let cache = AttributeCache::new(NonZeroUsize::new(1000).expect("not zero"));
    let set = sets(1);
    cache.get_or_insert_with("GET /api/v1/users", || set[0].to_vec());
    group.bench_function(
        BenchmarkId::new("attribute cache hit", "vmotel-aggregate"),
        |bencher| {
            bencher.iter(|| {
                cache.with(black_box("GET /api/v1/users"), Vec::new, |set| {
                    black_box(set.as_slice());
                });
            });
        },
    );
    group.bench_function(
        BenchmarkId::new("attribute cache hit, counted reference", "vmotel-aggregate"),
        |bencher| {
            bencher.iter(|| cache.get_or_insert_with(black_box("GET /api/v1/users"), Vec::new));
        },
    );
}

fn samplers(group: &mut BenchmarkGroup<'_, WallTime>) {
    let rate = RateSampler::new(1e-6).expect("a rate");
    let block = BlockSampler::new(1_000_000).expect("a block");
    let adaptive = AdaptiveSampler::new(AdaptiveConfig {
        budget: 1,
        ..AdaptiveConfig::default()
    })
    .expect("a budget");
    let all = RateSampler::new(1.0).expect("a rate");
    group.bench_function(BenchmarkId::new("sampler skip", "vmotel-aggregate rate"), |b| {
        b.iter(|| rate.decide())
    });
    group.bench_function(BenchmarkId::new("sampler skip", "vmotel-aggregate block"), |b| {
        b.iter(|| block.decide())
    });
    group.bench_function(
        BenchmarkId::new("sampler skip", "vmotel-aggregate adaptive"),
        |b| b.iter(|| adaptive.decide()),
    );
    group.bench_function(BenchmarkId::new("sampler keep", "vmotel-aggregate rate"), |b| {
        b.iter(|| all.decide())
    });
}

fn hotpath(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hotpath");
    handles(&mut group);
    typed(&mut group);
    by_attributes(&mut group);
    bounded(&mut group);
    cache(&mut group);
    samplers(&mut group);
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    targets = hotpath
}
criterion_main!(benches);
