//! The ways into a server.

use anyhow::{Context as _, bail};
use vmotel_model::{MetricSink, Snapshot, Timestamp};
use vmotel_testkit::{Version, request};
use vmotel_wire::{
    EncodeConfig, Merge, MergeConfig, PushConfig, PushReport, Request, compress,
    otlp::{self, OtlpSink},
    remote_write::{self, RemoteWriteSink},
    text,
};

use super::corpus::ADDED_LABELS;

/// The labels of the scrape, which the other paths add by arguments of the address.
pub(crate) const JOB: &str = "parity";
pub(crate) const INSTANCE: &str = "corpus";

/// How the bytes get there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Format {
    /// Text 0.0.4 that is scraped.
    Scrape,
    /// Text 0.0.4 that is posted to `/api/v1/import/prometheus`.
    Import,
    OtlpGzip,
    OtlpZstd,
    Snappy,
    Zstd,
}

/// A format, direct or through vmagent; the stored label `path` is its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path {
    pub(crate) format: Format,
    pub(crate) agent: bool,
}

impl Path {
    /// Returns the paths into a version, that of the scrape first; the short list leaves out vmagent.
    pub(crate) fn of(version: Version, short: bool) -> Vec<Self> {
        use Format::{Import, OtlpGzip, OtlpZstd, Scrape, Snappy, Zstd};
        let mut paths = Vec::new();
        for agent in [false, true] {
            for format in [Scrape, Import, OtlpGzip, OtlpZstd, Snappy, Zstd] {
                // 1.112 ignores that a body is zstd and takes it for protobuf.
                let known = format != OtlpZstd || version == Version::Newest;
                if known && !(agent && (short || format == Import)) {
                    paths.push(Self { format, agent });
                }
            }
        }
        paths
    }

    pub(crate) fn name(self) -> String {
        let format = match self.format {
            Format::Scrape => "scrape",
            Format::Import => "import",
            Format::OtlpGzip => "otlp-gzip",
            Format::OtlpZstd => "otlp-zstd",
            Format::Snappy => "rw-snappy",
            Format::Zstd => "rw-zstd",
        };
        let agent = if self.agent { "-agent" } else { "" };
        format!("{format}{agent}")
    }

    /// Encodes everything in this format and posts it to a server or vmagent.
    pub(crate) fn push(
        self,
        address: &str,
        snapshots: &[Box<dyn Snapshot + '_>],
        time: Timestamp,
        options: Options,
    ) -> anyhow::Result<PushReport> {
        let config = PushConfig {
            added_labels: ADDED_LABELS,
            native_exponential: options.native,
            names: options.names,
            ..PushConfig::default()
        };
        let merging = MergeConfig::of(&EncodeConfig {
            names: options.names,
            ..EncodeConfig::default()
        });
        let visit = |sink: &mut dyn MetricSink| {
            let _ = Merge::default().visit(snapshots, merging, sink);
        };
        let mut bodies: Vec<Vec<u8>> = Vec::new();
        let (mut of_otlp, mut of_write) = (otlp::Buffers::default(), remote_write::Buffers::default());
        let (mut target, mut report) = ("", PushReport::default());
        // As from push to push: the third one finds its labels known and in order.
        for _ in 0..3 {
            bodies.clear();
            let mut emit = |request: Request<'_>| bodies.push(request.body.to_vec());
            (target, report) = match self.format {
                Format::OtlpGzip | Format::OtlpZstd => {
                    let mut sink = OtlpSink::new(&config, time, &mut of_otlp, &mut emit);
                    sink.stale(options.stale);
                    visit(&mut sink);
                    (otlp::PATH, sink.finish())
                }
                Format::Snappy | Format::Zstd => {
                    let mut sink = RemoteWriteSink::new(&config, time, &mut of_write, &mut emit);
                    sink.stale(options.stale);
                    visit(&mut sink);
                    (remote_write::PATH, sink.finish())
                }
                Format::Scrape | Format::Import => bail!("{} is not a push", self.name()),
            };
        }
        for body in bodies {
            let mut packed = Vec::new();
            let headers: &[(&str, &str)] = match self.format {
                Format::OtlpGzip => {
                    compress::gzip(&body, 6, &mut packed)?;
                    &[("Content-Type", otlp::CONTENT_TYPE), ("Content-Encoding", "gzip")]
                }
                Format::OtlpZstd => {
                    compress::zstd(&body, 1, &mut packed)?;
                    &[("Content-Type", otlp::CONTENT_TYPE), ("Content-Encoding", "zstd")]
                }
                Format::Snappy => {
                    compress::snappy(&body, &mut packed)?;
                    &remote_write::SNAPPY_HEADERS
                }
                _ => {
                    compress::zstd(&body, 1, &mut packed)?;
                    &remote_write::ZSTD_HEADERS
                }
            };
            self.post(address, target, options.mark, headers, &packed)?;
        }
        Ok(report)
    }

    /// Posts everything as text.
    pub(crate) fn import(
        self,
        address: &str,
        snapshots: &[Box<dyn Snapshot + '_>],
        mark: &str,
    ) -> anyhow::Result<u64> {
        let config = EncodeConfig {
            added_labels: Some(ADDED_LABELS),
            ..EncodeConfig::default()
        };
        let mut body = Vec::new();
        let report = text::encode(snapshots, &config, &mut body);
        self.post(address, "/api/v1/import/prometheus", mark, &[], &body)?;
        Ok(report.samples)
    }

    fn post(
        self,
        address: &str,
        target: &str,
        mark: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> anyhow::Result<()> {
        let name = format!("{}{mark}", self.name());
        let target =
            format!("{target}?extra_label=path={name}&extra_label=job={JOB}&extra_label=instance={INSTANCE}");
        let answer =
            request(address, "POST", &target, headers, body).with_context(|| format!("{name}: no answer"))?;
        if !matches!(answer.status, 200 | 204) {
            bail!("{name}: status {}: {}", answer.status, answer.text());
        }
        Ok(())
    }
}

/// What may differ from the default way to push.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    pub(crate) stale: bool,
    pub(crate) native: bool,
    pub(crate) names: vmotel_wire::Names,
    /// What stands behind the path's name in the label that tells it; for what must not be mixed with other series.
    pub(crate) mark: &'static str,
}
