//! An instant vector of 200,000 series, as a cluster of Kubernetes has them: time, and memory at the peak.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput};
use vmotel_http::Client;
use vmotel_query::{Answer, ClientConfig, Data, InstantQuery, QueryClient, Tenant};

use crate::data::Filled;

const SERIES: u64 = 200_000;
const PATIENCE: Duration = Duration::from_secs(60);
/// What is asked, in the environment of the process that measures its memory.
const SUBJECT: &str = "VMOTEL_BENCH_SUBJECT";
const ADDRESS: &str = "VMOTEL_BENCH_ADDRESS";
const BYTES: &str = "the bytes alone";
const VMOTEL: &str = "vmotel";
#[cfg(feature = "peers")]
const SONIC: &str = "sonic-rs Value";
const SUBJECTS: &[&str] = &[
    BYTES,
    VMOTEL,
    #[cfg(feature = "peers")]
    SONIC,
];

/// The answer of a server; eight labels a series, of which one is its own.
fn body() -> String {
    let mut text =
        String::from(r#"{"status":"success","isPartial":false,"data":{"resultType":"vector","result":["#);
    for i in 0..SERIES {
        let comma = if i > 0 { "," } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(
            text,
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
        );
    }
    text.push_str("]}}");
    text
}

/// Serves one answer to every request; returns the address.
fn serve(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = format!("http://{}", listener.local_addr().expect("it is bound"));
    let body = Arc::new(body);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (mut stream, body) = (stream, Arc::clone(&body));
            std::thread::spawn(move || {
                let mut request = [0; 8192];
                while stream.read(&mut request).is_ok_and(|length| length > 0) {
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                    if stream.write_all(head.as_bytes()).is_err()
                        || stream.write_all(body.as_bytes()).is_err()
                    {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// Both ways to ask the server at an address.
struct Clients {
    client: QueryClient,
    http: Client,
    query: InstantQuery,
}

impl Clients {
    fn of(address: &str) -> Self {
        let base = || address.parse().expect("a good address");
        let config = || ClientConfig {
            max_response_bytes: u64::MAX,
            ..ClientConfig::default()
        };
        Self {
            client: QueryClient::new(base(), Tenant::SingleNode, config()).expect("good settings"),
            http: Client::new(base(), config()).expect("good settings"),
            query: InstantQuery::new("m"),
        }
    }

    async fn ours(&self) -> Answer<Data> {
        self.client.query(&self.query).await.expect("an answer")
    }

    async fn bytes(&self) -> Bytes {
        let request = self.query.request(Tenant::SingleNode, PATIENCE);
        let answer = self.http.send(request.expect("a good query")).await;
        answer.expect("an answer").body
    }
}

#[expect(clippy::print_stdout, reason = "criterion does not measure memory")]
pub(crate) fn all(c: &mut Criterion, filled: &Filled) {
    let address = serve(body());
    let clients = Clients::of(&address);
    let case = "an instant vector of 200k series end to end";
    let mut group = c.benchmark_group("query");
    group.sample_size(10).throughput(Throughput::Elements(SERIES));
    group.bench_function(BenchmarkId::new(case, BYTES), |b| {
        b.iter(|| filled.run(clients.bytes()))
    });
    group.bench_function(BenchmarkId::new(case, VMOTEL), |b| {
        b.iter(|| filled.run(clients.ours()))
    });
    #[cfg(feature = "peers")]
    group.bench_function(BenchmarkId::new(case, SONIC), |b| {
        b.iter(|| crate::peers::value(&filled.run(clients.bytes())))
    });
    group.finish();

    println!("{case}, memory at the peak above what was there before:");
    let program = std::env::current_exe().expect("the program knows itself");
    for subject in SUBJECTS {
        // A process of its own, as the memory of one subject may be taken up by the next.
        let ended = Command::new(&program)
            .env(SUBJECT, subject)
            .env(ADDRESS, &address)
            .status();
        assert!(ended.is_ok_and(|status| status.success()), "{subject}");
    }
}

/// Measures the memory of the subject that the environment names; returns whether there is one.
#[expect(clippy::print_stdout, reason = "criterion does not measure memory")]
pub(crate) fn measured() -> bool {
    let (Ok(subject), Ok(address)) = (std::env::var(SUBJECT), std::env::var(ADDRESS)) else {
        return false;
    };
    let clients = Clients::of(&address);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let before = kilobytes("VmRSS:");
    let samples = match subject.as_str() {
        VMOTEL => runtime
            .block_on(clients.ours())
            .data
            .into_vector()
            .map_or(0, |all| all.len()),
        #[cfg(feature = "peers")]
        SONIC => {
            sonic_rs::JsonContainerTrait::as_object(&crate::peers::value(&runtime.block_on(clients.bytes())))
                .map_or(0, sonic_rs::Object::len)
        }
        _ => runtime.block_on(clients.bytes()).len(),
    };
    assert!(samples > 0, "an answer");
    let most = kilobytes("VmHWM:");
    println!("  {subject:<16} {:.1} MB", (most - before) * 1024.0 / 1e6);
    true
}

/// Reads what the kernel says of this process's memory.
fn kilobytes(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.expect("a number of kilobytes")
}
