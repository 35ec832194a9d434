//! A server with 2,000 series of 5,000 samples, or a tenth of the series for a quick look.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use vmotel_http::{BaseUrl, Client};
use vmotel_query::{
    ClientConfig, ExportFormat, ExportQuery, ImportOptions, ImportSeries, InstantQuery, Labels, QueryClient,
    RangeQuery, ReadOptions, Sample, Tenant, Timestamp,
};
use vmotel_testkit::{Version, VictoriaMetrics};

const SERIES: u64 = 2_000;
/// Series stand in so many groups, for exports of a part.
pub(crate) const GROUPS: u64 = 5;
pub(crate) const SAMPLES: u64 = 5_000;
pub(crate) const LABELS: [&str; 5] = ["__name__", "instance", "job", "path", "series"];
const START: i64 = 1_700_000_000_000;
const STEP: i64 = 15_000;
/// Filling takes long on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(300);

pub(crate) struct Filled {
    /// How many series there are.
    pub(crate) series: u64,
    pub(crate) client: QueryClient,
    /// The transport below the client, to compare with.
    pub(crate) http: Client,
    pub(crate) _server: VictoriaMetrics,
    runtime: Runtime,
}

impl Filled {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let server = VictoriaMetrics::start(Version::Newest)?;
        let base: BaseUrl = server.url().parse()?;
        let config = || ClientConfig {
            timeout: PATIENCE,
            max_response_bytes: u64::MAX,
            ..ClientConfig::default()
        };
        let client = QueryClient::new(base.clone(), Tenant::SingleNode, config())?;
        let http = Client::new(base, config())?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let options = ImportOptions {
            timeout: Some(PATIENCE),
            gzip: false,
            ..ImportOptions::default()
        };
        let count = if std::env::var_os("VMOTEL_BENCH_QUICK").is_some() {
            SERIES / 10
        } else {
            SERIES
        };
        let all = (0..count).map(move |number| series(number, number * GROUPS / count));
        let report = runtime.block_on(client.import_with(all, &options))?;
        anyhow::ensure!(report.samples == count * SAMPLES, "{report:?}");
        server.flush()?;
        Ok(Self {
            series: count,
            client,
            http,
            _server: server,
            runtime,
        })
    }

    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// All series at so many points.
    pub(crate) fn range(&self, points: i64) -> RangeQuery {
        self.query("{__name__=\"bench\"}", points)
    }

    /// The rates of all series at so many points: quotients of 17 digits.
    pub(crate) fn rate(&self, points: i64) -> RangeQuery {
        self.query("rate({__name__=\"bench\"}[7m]) * 1.1", points)
    }

    fn query(&self, query: &str, points: i64) -> RangeQuery {
        let at = |index: i64| Timestamp::from_millis(START + (1_000 + index) * STEP);
        RangeQuery::new(query, at(0), at(points - 1), Duration::from_millis(STEP as u64)).exact()
    }

    pub(crate) fn small(&self) -> InstantQuery {
        InstantQuery {
            time: Some(Timestamp::from_millis(START + 1_000 * STEP)),
            ..InstantQuery::new("bench{series=\"7\"}")
        }
    }

    pub(crate) fn body_of_range(&self, query: &RangeQuery) -> Vec<u8> {
        let request = query.request(Tenant::SingleNode, PATIENCE).expect("a good query");
        self.run(self.http.send(request))
            .expect("an answer")
            .body
            .to_vec()
    }

    /// The first of the groups of series, each a fifth of all.
    pub(crate) fn export(&self, groups: u64, format: &ExportFormat) -> Vec<u8> {
        let query = ExportQuery {
            options: ReadOptions {
                timeout: Some(PATIENCE),
                ..ReadOptions::default()
            },
            ..ExportQuery::new(format!("bench{{group=~\"{}\"}}", first(groups)))
        };
        self.run(async {
            let mut stream = self.client.export_raw(&query, format).await.expect("an export");
            let mut body = Vec::new();
            while let Some(piece) = stream.next().await.expect("a whole export") {
                body.extend_from_slice(&piece);
            }
            body
        })
    }

    /// Reads the answer and throws it away.
    pub(crate) async fn drain(&self, query: &RangeQuery) -> usize {
        let request = query.request(Tenant::SingleNode, PATIENCE).expect("a good query");
        let mut body = self
            .http
            .stream_within(request, PATIENCE)
            .await
            .expect("an answer")
            .body;
        let mut bytes = 0;
        while let Some(piece) = body.next().await {
            bytes += piece.expect("a whole answer").len();
        }
        bytes
    }

    /// The same request without any typing.
    pub(crate) async fn bare(&self, query: &InstantQuery) -> usize {
        let request = query.request(Tenant::SingleNode, PATIENCE).expect("a good query");
        self.http.send(request).await.expect("an answer").body.len()
    }
}

/// A pattern of the first groups.
fn first(groups: u64) -> String {
    let names: Vec<String> = (0..groups).map(|group| group.to_string()).collect();
    names.join("|")
}

/// Writes a number of samples for people, as in `4M` or `400k`.
pub(crate) fn short(samples: u64) -> String {
    match samples {
        1_000_000.. if samples.is_multiple_of(1_000_000) => format!("{}M", samples / 1_000_000),
        _ => format!("{}k", samples / 1_000),
    }
}

/// Values with the digits of real ones: whole, a few decimals, and all 17 digits.
fn series(number: u64, group: u64) -> ImportSeries {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut total = 0.0;
    let samples = (0..SAMPLES as i64).map(|i| {
        let value = match number % 4 {
            0 => {
                total += (random() * 10.0).floor();
                total
            }
            1 => (random() * 1e4).round() / 10.0,
            2 => (random() * 1e6).round() / 1e3,
            _ => random() * 100.0,
        };
        Sample {
            time: Timestamp::from_millis(START + i * STEP),
            value,
        }
    });
    ImportSeries {
        labels: Labels::new([
            ("__name__", "bench".to_owned()),
            ("instance", format!("10.0.{}.{}:9100", number / 250, number % 250)),
            ("job", "node".to_owned()),
            ("path", format!("/api/v1/resource/{}", number % 40)),
            ("series", number.to_string()),
            ("group", group.to_string()),
        ]),
        samples: samples.collect(),
    }
}
