//! Pushes into real servers: what they cost the client, what they cost the server, and what goes over the wire.
//!
//! Not criterion: a table of processor time per million samples, that of the server's process included, as `/proc` tells it, so that
//! other load of the machine counts less. The client's share is that of the whole road: the SDK's collection, the visit, encoding,
//! compression and sending; encoding with compression stands beside it alone.

mod load;

use std::{
    fs,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use load::{Load, Shared};
use opentelemetry_sdk::metrics::{data::ResourceMetrics, reader::MetricReader as _};
use vmotel_exporter::SdkSource;
use vmotel_model::{MetricSource, Snapshot, Timestamp, VisitConfig};
use vmotel_testkit::{Version, VictoriaMetrics, fresh_time, request};
use vmotel_wire::{Merge, PushConfig, Request, compress, otlp, remote_write};

/// Pushes before the measurement: the first ones make the series known on both sides.
const WARM: u64 = 3;

/// A way to push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    OtlpGzip,
    OtlpZstd,
    Snappy,
    Zstd,
    /// What `opentelemetry-otlp` sends.
    PeerGzip,
}

impl Way {
    const ALL: &[Self] = &[
        Self::OtlpGzip,
        Self::OtlpZstd,
        Self::Snappy,
        Self::Zstd,
        Self::PeerGzip,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::OtlpGzip => "vmotel OTLP gzip",
            Self::OtlpZstd => "vmotel OTLP zstd",
            Self::Snappy => "vmotel remote write snappy",
            Self::Zstd => "vmotel remote write zstd",
            Self::PeerGzip => "opentelemetry-proto gzip",
        }
    }

    fn is_ours(self) -> bool {
        self != Self::PeerGzip
    }

    fn is_known_to(self, version: Version) -> bool {
        let zstd = self != Self::OtlpZstd || version == Version::Newest;
        zstd && (self.is_ours() || cfg!(feature = "peers"))
    }
}

/// What is kept from push to push.
#[derive(Default)]
struct Kept {
    merge: Merge,
    otlp: otlp::Buffers,
    write: remote_write::Buffers,
    packed: Vec<u8>,
}

#[expect(clippy::print_stdout, reason = "a bench talks to its user")]
fn main() {
    let quick = std::env::args().any(|argument| argument == "--warm-up-time");
    let rounds = if quick { 5 } else { 20 };
    println!(
        "{:<8} {:<36} {:<28} {:>13} {:>13} {:>13} {:>13}",
        "server", "load", "way", "encode s/1M", "client s/1M", "server s/1M", "bytes/sample"
    );
    for version in Version::BOTH {
        for load in [Load::Counters(100_000), Load::Histograms(10_000)] {
            for &way in Way::ALL.iter().filter(|way| way.is_known_to(version)) {
                let [encode, client, server, bytes] = measure(version, load, way, rounds);
                println!(
                    "{:<8} {:<36} {:<28} {encode:>13.3} {client:>13.3} {server:>13.3} {bytes:>13.2}",
                    version.tested(),
                    load.id(),
                    way.name()
                );
            }
        }
    }
}

/// Returns what encoding alone, the client and the server cost, and the bytes on the wire; all but the last per million samples.
fn measure(version: Version, load: Load, way: Way, rounds: u64) -> [f64; 4] {
    let source = SdkSource::new();
    let reader = Arc::new(SdkSource::new().reader());
    let _providers = (load.fill(source.reader()), load.fill(Shared(Arc::clone(&reader))));
    let since = fresh_time().duration_since(UNIX_EPOCH).unwrap_or_default();
    let begin = since.as_nanos() as u64 - 3_600_000_000_000;
    let time = |round: u64| Timestamp(begin + round * 10_000_000_000);
    let samples = (load.samples() as u64 * rounds) as f64 / 1e6;
    let visit = VisitConfig::default();
    let (mut kept, mut bytes) = (Kept::default(), 0);

    let collect = || {
        let mut metrics = ResourceMetrics::default();
        reader.collect(&mut metrics).expect("the provider lives");
        metrics
    };
    let (snapshots, metrics) = ([source.snapshot(&visit)], collect());
    let mut before = 0.0;
    for round in 0..WARM + rounds {
        if round == WARM {
            before = cpu("self");
        }
        let mut send = |_: &str, _: &[(&str, &str)], body: &[u8]| bytes += body.len() as u64;
        push(way, &snapshots, &metrics, time(round), &mut kept, &mut send);
    }
    let encode = cpu("self") - before;
    drop((snapshots, metrics));

    let server = VictoriaMetrics::start(version).expect("the server starts");
    let of_server = || cpu(&server.pid().to_string());
    let mut before = [0.0; 2];
    for round in 0..WARM + rounds {
        if round == WARM {
            settle(&server);
            bytes = 0;
            before = [cpu("self"), of_server()];
        }
        let mut send = |path: &str, headers: &[(&str, &str)], body: &[u8]| {
            bytes += body.len() as u64;
            let target = format!("{path}?extra_label=job=bench&extra_label=instance=a");
            let answer =
                request(server.address(), "POST", &target, headers, body).expect("the server answers");
            assert!(matches!(answer.status, 200 | 204), "{}", answer.text());
        };
        if way.is_ours() {
            let snapshots = [source.snapshot(&visit)];
            push(
                way,
                &snapshots,
                &ResourceMetrics::default(),
                time(round),
                &mut kept,
                &mut send,
            );
        } else {
            push(way, &[], &collect(), time(round), &mut kept, &mut send);
        }
    }
    let client = cpu("self") - before[0];
    settle(&server);
    let stored = of_server() - before[1];
    [
        encode / samples,
        client / samples,
        stored / samples,
        bytes as f64 / samples / 1e6,
    ]
}

/// Has the server write down what it took, which is part of the cost.
fn settle(server: &VictoriaMetrics) {
    server.flush().expect("the server answers");
    std::thread::sleep(Duration::from_millis(300));
}

/// Returns the processor time of a process in seconds: user and system.
fn cpu(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Behind the name, which may hold blanks: the 12th and 13th field, in hundredths of a second on Linux.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Takes path, headers and body of a request.
type Send<'a> = dyn FnMut(&str, &[(&str, &str)], &[u8]) + 'a;

/// Encodes and compresses what was collected: the snapshots, or for the peer the SDK's own data.
fn push(
    way: Way,
    snapshots: &[Box<dyn Snapshot + '_>],
    metrics: &ResourceMetrics,
    time: Timestamp,
    kept: &mut Kept,
    send: &mut Send<'_>,
) {
    let Kept {
        merge,
        otlp: of_otlp,
        write,
        packed,
    } = kept;
    let config = PushConfig::default();
    let headers = |coding| [("Content-Type", otlp::CONTENT_TYPE), ("Content-Encoding", coding)];
    match way {
        Way::PeerGzip => {
            let body = peer(metrics);
            compress::gzip(&body, 6, packed).expect("gzip writes to memory");
            send(otlp::PATH, &headers("gzip"), packed);
        }
        Way::OtlpGzip | Way::OtlpZstd => {
            let mut emit = |request: Request<'_>| {
                if way == Way::OtlpGzip {
                    compress::gzip(request.body, 6, packed).expect("gzip writes to memory");
                    send(otlp::PATH, &headers("gzip"), packed);
                } else {
                    compress::zstd(request.body, 1, packed).expect("zstd has memory");
                    send(otlp::PATH, &headers("zstd"), packed);
                }
            };
            let _ = otlp::encode_with(merge, of_otlp, snapshots, time, &config, &mut emit);
        }
        Way::Snappy | Way::Zstd => {
            let mut emit = |request: Request<'_>| {
                if way == Way::Snappy {
                    compress::snappy(request.body, packed).expect("the body is small");
                    send(remote_write::PATH, &remote_write::SNAPPY_HEADERS, packed);
                } else {
                    compress::zstd(request.body, 1, packed).expect("zstd has memory");
                    send(remote_write::PATH, &remote_write::ZSTD_HEADERS, packed);
                }
            };
            let _ = remote_write::encode_with(merge, write, snapshots, time, &config, &mut emit);
        }
    }
}

#[cfg(feature = "peers")]
fn peer(metrics: &ResourceMetrics) -> Vec<u8> {
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use prost::Message as _;
    ExportMetricsServiceRequest::from(metrics).encode_to_vec()
}

/// Without the peers there is none; its way is not measured then.
#[cfg(not(feature = "peers"))]
const fn peer(_: &ResourceMetrics) -> Vec<u8> {
    Vec::new()
}
