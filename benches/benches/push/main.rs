//! A push of what an `SdkMeterProvider` collected: from its data to a compressed body, ours and, with the feature `peers`, that of
//! `opentelemetry-proto`, which `opentelemetry-otlp` sends.
//!
//! The collection itself stands outside of the timing, as all pay for it alike. Samples are counted as the server stores them: 13 for
//! a histogram of 10 bounds. gzip is the same code for all.

mod load;

use std::{hint::black_box, sync::Arc, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use opentelemetry_sdk::metrics::{data::ResourceMetrics, reader::MetricReader};
use vmotel_exporter::SdkSource;
use vmotel_model::{MetricSource, Timestamp, VisitConfig};
use vmotel_wire::{Merge, PushConfig, compress, otlp, remote_write};

use load::{Load, Shared};

const TIME: Timestamp = Timestamp(1_700_000_000_000_000_000);

/// What becomes of a body; returns its size.
type Pack = fn(&[u8], &mut Vec<u8>) -> usize;

fn gzip(body: &[u8], out: &mut Vec<u8>) -> usize {
    compress::gzip(body, 6, out).expect("gzip writes to memory");
    out.len()
}

fn zstd(body: &[u8], out: &mut Vec<u8>) -> usize {
    compress::zstd(body, 1, out).expect("zstd has memory");
    out.len()
}

fn snappy(body: &[u8], out: &mut Vec<u8>) -> usize {
    compress::snappy(body, out).expect("the body is small");
    out.len()
}

fn plain(body: &[u8], _: &mut Vec<u8>) -> usize {
    body.len()
}

fn push(criterion: &mut Criterion) {
    for load in [
        Load::Counters(10_000),
        Load::Counters(100_000),
        Load::Histograms(10_000),
    ] {
        let mut group = criterion.benchmark_group("push");
        group
            .sample_size(15)
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(3))
            .throughput(Throughput::Elements(load.samples() as u64));

        let source = SdkSource::new();
        let provider = load.fill(source.reader());
        let (visit, config) = (VisitConfig::default(), PushConfig::default());
        let snapshots = [source.snapshot(&visit)];
        let mut merge = Merge::default();
        let mut packed = Vec::new();

        let ways: [(&str, Pack); 3] = [("", plain), (" gzip", gzip), (" zstd", zstd)];
        for (suffix, pack) in ways {
            let mut buffers = otlp::Buffers::default();
            let mut bytes = 0;
            group.bench_function(
                BenchmarkId::new(load.id(), format!("vmotel-wire OTLP{suffix}")),
                |b| {
                    b.iter(|| {
                        bytes = 0;
                        let mut emit =
                            |request: vmotel_wire::Request<'_>| bytes += pack(request.body, &mut packed);
                        let report =
                            otlp::encode_with(&mut merge, &mut buffers, &snapshots, TIME, &config, &mut emit);
                        assert_eq!(report.samples, load.samples() as u64);
                        black_box(bytes)
                    });
                },
            );
            tell(load, "vmotel-wire OTLP", suffix, bytes);
        }
        let ways: [(&str, Pack); 3] = [("", plain), (" snappy", snappy), (" zstd", zstd)];
        for (suffix, pack) in ways {
            let mut buffers = remote_write::Buffers::default();
            let mut bytes = 0;
            group.bench_function(
                BenchmarkId::new(load.id(), format!("vmotel-wire remote write{suffix}")),
                |b| {
                    b.iter(|| {
                        bytes = 0;
                        let mut emit =
                            |request: vmotel_wire::Request<'_>| bytes += pack(request.body, &mut packed);
                        let report = remote_write::encode_with(
                            &mut merge,
                            &mut buffers,
                            &snapshots,
                            TIME,
                            &config,
                            &mut emit,
                        );
                        assert_eq!(report.samples, load.samples() as u64);
                        black_box(bytes)
                    });
                },
            );
            tell(load, "vmotel-wire remote write", suffix, bytes);
        }
        drop(snapshots);
        drop(provider);

        let reader = Arc::new(SdkSource::new().reader());
        let provider = load.fill(Shared(Arc::clone(&reader)));
        let mut metrics = ResourceMetrics::default();
        reader.collect(&mut metrics).expect("the provider lives");
        #[cfg(feature = "peers")]
        peers::run(&mut group, load, &metrics);
        drop(provider);
        group.finish();
    }
}

/// Prints the bytes that go over the wire; they do not change from run to run.
#[expect(clippy::print_stderr, reason = "a bench talks to its user")]
fn tell(load: Load, subject: &str, suffix: &str, bytes: usize) {
    // A bench that was filtered out has not run.
    if bytes == 0 {
        return;
    }
    let each = bytes as f64 / load.samples() as f64;
    eprintln!("{}, {subject}{suffix}: {each:.2} bytes per sample", load.id());
}

#[cfg(feature = "peers")]
mod peers {
    use std::hint::black_box;

    use criterion::{BenchmarkGroup, BenchmarkId, measurement::WallTime};
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_sdk::metrics::data::ResourceMetrics;
    use prost::Message;

    use super::{Load, Pack, gzip, plain, tell, zstd};

    pub(crate) fn run(group: &mut BenchmarkGroup<'_, WallTime>, load: Load, metrics: &ResourceMetrics) {
        let ways: [(&str, Pack); 3] = [("", plain), (" gzip", gzip), (" zstd", zstd)];
        let mut packed = Vec::new();
        for (suffix, pack) in ways {
            let mut bytes = 0;
            group.bench_function(
                BenchmarkId::new(load.id(), format!("opentelemetry-proto{suffix}")),
                |b| {
                    b.iter(|| {
                        let request = ExportMetricsServiceRequest::from(metrics);
                        bytes = pack(&request.encode_to_vec(), &mut packed);
                        black_box(bytes)
                    });
                },
            );
            tell(load, "opentelemetry-proto", suffix, bytes);
        }
    }
}

criterion_group!(benches, push);
criterion_main!(benches);
