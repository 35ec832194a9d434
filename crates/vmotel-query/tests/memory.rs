//! What decoding costs in memory: a binary of its own, as its allocator counts.
#![expect(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use vmotel_query::{
    ClientConfig, InstantQuery, JsonLinesDecoder, MatrixDecoder, Progress, QueryClient, RangeQuery, Tenant,
    Times, Timestamp,
};

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: hands everything on to the system's allocator and only counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(now, Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let now = if size >= layout.size() {
            NOW.fetch_add(size - layout.size(), Relaxed) + size - layout.size()
        } else {
            NOW.fetch_sub(layout.size() - size, Relaxed)
        };
        PEAK.fetch_max(now, Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Returns what the work needs at most above what was there before, and what it leaves behind.
fn peak<T>(work: impl FnOnce() -> T) -> (usize, usize, T) {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let made = work();
    (PEAK.load(Relaxed) - before, NOW.load(Relaxed) - before, made)
}

const SERIES: usize = 60;
const POINTS: usize = 5_000;

fn matrix(series: usize) -> String {
    let mut text = format!(
        "{}{{\"metric\":{{\"__name__\":\"m\",\"i\":\"{series}\"}},\"values\":[",
        if series > 0 { "," } else { "" }
    );
    for i in 0..POINTS {
        let comma = if i > 0 { "," } else { "" };
        text.push_str(&format!(
            "{comma}[{},\"{}\"]",
            1_700_000_000 + 15 * i,
            (i * series) as f64 * 0.1
        ));
    }
    text.push_str("]}");
    text
}

const BEGIN: &str = r#"{"status":"success","data":{"resultType":"matrix","result":["#;

fn streaming_takes_no_memory() {
    let (peak, _, samples) = peak(|| {
        let mut decoder = MatrixDecoder::new();
        let mut text = String::with_capacity(256 * 1024);
        let feed = |decoder: &mut MatrixDecoder, text: &str| {
            for mut chunk in text.as_bytes().chunks(64 * 1024) {
                while decoder.advance(&mut chunk).expect("a good answer") == Progress::Block {}
            }
        };
        feed(&mut decoder, BEGIN);
        for series in 0..SERIES {
            text.clear();
            text.push_str(&matrix(series));
            feed(&mut decoder, &text);
        }
        feed(&mut decoder, "]}}");
        let seen = decoder.seen().1;
        decoder.finish().expect("a whole answer");
        seen
    });
    assert_eq!(samples, (SERIES * POINTS) as u64);
    // The text of one series, twice, is the test's own.
    assert!(peak < 1_000_000, "{peak} bytes for an answer of any length");

    let (peak, ..) = self::peak(|| {
        let mut decoder = JsonLinesDecoder::new();
        let values = vec!["1.5"; 10_000].join(",");
        let times: Vec<String> = (0..10_000)
            .map(|i| (1_700_000_000_000_i64 + i).to_string())
            .collect();
        let line = format!(
            "{{\"metric\":{{\"__name__\":\"m\"}},\"values\":[{values}],\"timestamps\":[{}]}}\n",
            times.join(",")
        );
        drop(times);
        for _ in 0..200 {
            let mut chunk = line.as_bytes();
            while decoder.advance(&mut chunk).expect("a good export") == Progress::Block {}
        }
        assert_eq!(decoder.finish().expect("a whole export").1, 2_000_000);
    });
    assert!(peak < 2_000_000, "{peak} bytes for lines of 10,000 samples");
}

/// Serves one answer to each connection, made while it is sent.
fn serve(parts: impl Fn(&mut dyn FnMut(&str)) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            parts(&mut |text| {
                let _ = stream.write_all(text.as_bytes());
            });
        }
    });
    address
}

fn client(address: &str) -> QueryClient {
    let config = ClientConfig {
        timeout: Duration::from_secs(120),
        ..ClientConfig::default()
    };
    QueryClient::new(address.parse().expect("an address"), Tenant::SingleNode, config).expect("a client")
}

fn a_vector_of_many_series_is_small() {
    const MANY: usize = 200_000;
    let address = serve(|send| {
        send(r#"{"status":"success","data":{"resultType":"vector","result":["#);
        for i in 0..MANY {
            let comma = if i > 0 { "," } else { "" };
            send(&format!(
                "{comma}{{\"metric\":{{\"__name__\":\"container_memory_working_set_bytes\",\"cluster\":\"production-{}\",\"container\":\"app-{}\",\
                 \"instance\":\"10.1.{}.{}:10250\",\"job\":\"kubelet\",\"namespace\":\"team-{}\",\"node\":\"node-{}.example\",\
                 \"pod\":\"app-{i:08x}-{:05x}\"}},\"value\":[1700000000,\"{}\"]}}",
                i % 3,
                i % 40,
                i / 250 % 250,
                i % 250,
                i % 90,
                i % 500,
                i * 7919 % 1_048_576,
                i as f64 * 1.5
            ));
        }
        send("]}}");
    });
    let client = client(&address);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (peak, kept, answer) = peak(|| {
        runtime
            .block_on(client.query(&InstantQuery::new("m")))
            .expect("an answer")
    });
    let vector = answer.data.into_vector().expect("a vector");
    assert_eq!(vector.len(), MANY);
    assert_eq!(vector[MANY - 1].labels.get("container"), Some("app-39"));
    assert!(peak < 45_000_000, "{peak} bytes at most, {kept} kept");
}

fn columns_of_a_regular_grid_take_the_values_only() {
    let address = serve(|send| {
        send(BEGIN);
        for series in 0..SERIES {
            send(&matrix(series));
        }
        send("]}}");
    });
    let client = client(&address);
    let query = RangeQuery::new(
        "m",
        Timestamp::from_millis(1_700_000_000_000),
        Timestamp::from_millis(1_700_000_000_000 + 15_000 * (POINTS as i64 - 1)),
        Duration::from_secs(15),
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (_, kept, answer) = peak(|| {
        runtime
            .block_on(client.query_range_columns(&query))
            .expect("an answer")
    });
    let step = Times::Regular {
        start: 1_700_000_000_000,
        step: 15_000,
        len: POINTS,
    };
    assert!(
        answer
            .data
            .iter()
            .all(|series| series.times == step && series.values.len() == POINTS)
    );
    let per_sample = kept as f64 / (SERIES * POINTS) as f64;
    assert!(per_sample < 9.0, "{per_sample} bytes a sample");
}

/// One test, so that nothing else allocates meanwhile.
#[test]
fn memory() {
    streaming_takes_no_memory();
    a_vector_of_many_series_is_small();
    columns_of_a_regular_grid_take_the_values_only();
}
