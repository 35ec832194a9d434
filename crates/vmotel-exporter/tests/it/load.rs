use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use opentelemetry::KeyValue;
use vmotel_exporter::{Engine, Exporter, Format, ScrapeError};

use vmotel_model::{MetricSource, Snapshot, VisitConfig};

use super::{ENGINES, builder, get, header, listen, value};

/// An exporter with a gauge whose callback counts its calls and takes a while.
fn slow(
    takes: Duration,
    limit: impl FnOnce(&mut vmotel_exporter::Config) + Send + 'static,
) -> (Exporter, Arc<AtomicU32>) {
    let exporter = builder().with(limit).build().unwrap();
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let _gauge = exporter
        .meter("m")
        .u64_observable_gauge("g")
        .with_callback(move |observer| {
            counted.fetch_add(1, Ordering::Relaxed);
            thread::sleep(takes);
            observer.observe(1, &[]);
        })
        .build();
    (exporter, calls)
}

#[test]
fn two_hundred_scrapes_at_once_share_few_collections() {
    let (exporter, calls) = slow(Duration::from_millis(200), |_| {});
    let address = listen(&exporter);
    let scrapes: Vec<_> = (0..200)
        .map(|_| {
            let address = address.clone();
            thread::spawn(move || get(&address, &[]))
        })
        .collect();
    for scrape in scrapes {
        let answer = scrape.join().unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains("\ng{otel_scope_name=\"m\"} 1\n"));
    }
    let calls = calls.load(Ordering::Relaxed);
    assert!(calls <= 20, "{calls} collections for 200 scrapes");
}

#[test]
fn more_scrapes_than_may_wait_are_refused() {
    let (exporter, _) = slow(Duration::from_millis(500), |config| {
        config.max_pending_scrapes = 3
    });
    let scrapes: Vec<_> = (0..10)
        .map(|_| {
            let exporter = exporter.clone();
            thread::spawn(move || exporter.scrape(Format::Text))
        })
        .collect();
    let results: Vec<_> = scrapes.into_iter().map(|scrape| scrape.join().unwrap()).collect();
    let busy = results
        .iter()
        .filter(|result| **result == Err(ScrapeError::Busy { limit: 3 }))
        .count();
    let good = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!((busy + good, good >= 3), (10, true), "{good} good");
    assert!(busy > 0);
}

#[test]
fn a_callback_that_hangs_is_told_and_the_rest_is_served() {
    thread::scope(|scope| {
        for (engine, source) in ENGINES {
            scope.spawn(move || hangs_for_a_while(engine, source));
        }
    });
}

fn hangs_for_a_while(engine: Engine, source: &str) {
    let up = format!("vmotel_exporter_source_up{{source={source:?}}}");
    let exporter = builder()
        .with_engine(engine)
        .with(|config| config.collect_timeout = Duration::from_millis(200))
        .build()
        .unwrap();
    let calls = AtomicU32::new(0);
    let _gauge = exporter
        .meter("m")
        .u64_observable_gauge("g")
        .with_callback(move |observer| {
            if calls.fetch_add(1, Ordering::Relaxed) == 0 {
                thread::sleep(Duration::from_secs(6));
            }
            observer.observe(1, &[]);
        })
        .build();
    let address = listen(&exporter);
    // Nothing of the application is left without the engine.
    let answer = get(&address, &[]);
    assert_eq!(answer.status, 500);
    let text = answer.text();
    let why = format!("# error: the source {source:?} failed: \"a call of it has not returned\"\n");
    assert!(text.starts_with(&why), "{text}");
    assert_eq!(value(&text, &up), Some(0.0));
    // With another source the scrapes succeed, at once.
    let registry = vmotel_registry::Registry::new();
    registry.gauge("depth").unwrap().set(7.0);
    exporter.add_source("native", Arc::new(registry)).unwrap();
    let text = exporter.scrape(Format::Text).unwrap();
    assert_eq!((value(&text, "depth"), value(&text, &up)), (Some(7.0), Some(0.0)));
    let answer = get(&address, &[]);
    assert_eq!(
        (answer.status, header(&answer, "x-vmotel-failed-sources").as_str()),
        (200, source)
    );
    // When the callback returns, all is well again.
    for _ in 0..200 {
        let answer = get(&address, &[]);
        if header(&answer, "x-vmotel-failed-sources").is_empty() {
            let text = answer.text();
            assert_eq!(value(&text, "g{otel_scope_name=\"m\"}"), Some(1.0));
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("the callback has returned, and the scrape still lacks it");
}

/// Hangs as long as it lives.
#[derive(Debug)]
struct Hangs;

impl MetricSource for Hangs {
    fn snapshot<'a>(&'a self, _: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        thread::sleep(Duration::from_secs(60));
        unreachable!("the test is over")
    }
}

#[test]
fn several_sources_that_hang_cost_only_themselves() {
    let exporter = builder()
        .with(|config| config.collect_timeout = Duration::from_millis(100))
        .with_source("a", Arc::new(Hangs))
        .with_source("b", Arc::new(Hangs))
        .build()
        .unwrap();
    exporter.meter("m").u64_counter("c").build().add(1, &[]);
    let address = listen(&exporter);
    let answers: Vec<_> = (0..4)
        .map(|_| {
            let answer = get(&address, &[]);
            thread::sleep(Duration::from_millis(250));
            (answer.status, header(&answer, "x-vmotel-failed-sources"))
        })
        .collect();
    // The second one hangs where the first one is left out, once.
    assert_eq!(answers[0].0, 503, "{answers:?}");
    assert_eq!(answers[3], (200, "a,b".to_owned()), "{answers:?}");
}

#[test]
fn a_slow_reader_is_cut_off() {
    let exporter = builder()
        .with(|config| config.write_timeout = Duration::from_millis(300))
        .build()
        .unwrap();
    let gauge = exporter.meter("m").u64_gauge("g").build();
    let long = "x".repeat(2700);
    for n in 0..1500 {
        let attributes = ["a", "b", "c", "d"].map(|key| KeyValue::new(key, format!("{n}{long}")));
        gauge.record(n, &attributes);
    }
    let address = listen(&exporter);
    let mut slow = TcpStream::connect(&address).unwrap();
    slow.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let mut part = [0; 1000];
    slow.read_exact(&mut part).unwrap();
    thread::sleep(Duration::from_millis(1500));
    // Others are served in the meantime.
    let whole = get(&address, &[]);
    assert_eq!(whole.status, 200);
    assert!(whole.body.len() > 15_000_000);
    // What the system had buffered still comes, then the connection is closed.
    let mut rest = Vec::new();
    let _ = slow.read_to_end(&mut rest);
    assert!(
        rest.len() + part.len() < whole.body.len(),
        "{} of {}",
        rest.len(),
        whole.body.len()
    );
}
