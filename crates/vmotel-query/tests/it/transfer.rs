//! From one server to another, in each format, whole and interrupted.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use vmotel_query::{
    Block, ClientConfig, CsvFormat, Cut, Error, ExportFormat, ExportQuery, ImportFormat, ImportOptions,
    ImportSeries, Labels, QueryClient, ReadOptions, Sample, SampleStream, Tenant, Timestamp,
};
use vmotel_testkit::{Version, VictoriaMetrics};

use super::outcome;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Everything that is stored, by labels.
type Stored = BTreeMap<String, Vec<(i64, f64)>>;

const PATIENCE: Duration = Duration::from_secs(240);
const START: i64 = 1_700_000_000_000;

fn patient(server: &VictoriaMetrics) -> Outcome<QueryClient> {
    let config = ClientConfig {
        timeout: PATIENCE,
        ..ClientConfig::default()
    };
    Ok(QueryClient::new(
        server.url().parse()?,
        Tenant::SingleNode,
        config,
    )?)
}

fn series(number: i64, samples: i64) -> ImportSeries {
    let value = |i: i64| match number % 4 {
        0 => (i * number) as f64,
        1 => (i * 31 % 1000) as f64 / 10.0,
        2 => f64::from(i as i32).sqrt(),
        _ => {
            if i % 100 == 7 {
                f64::INFINITY
            } else {
                i as f64 * -0.25
            }
        }
    };
    ImportSeries {
        labels: Labels::new([
            ("__name__", "moved".to_owned()),
            ("i", number.to_string()),
            (
                "text",
                format!("quote \" comma , line \n backslash \\ ä {}", number % 3),
            ),
        ]),
        samples: (0..samples)
            .map(|i| Sample {
                // Not quite regular.
                time: Timestamp::from_millis(START + 15_000 * i + i % 7),
                value: value(i),
            })
            .collect(),
    }
}

fn add(stored: &mut Stored, block: &Block<'_>) {
    let samples = stored.entry(block.labels.to_string()).or_default();
    samples.extend(block.times.iter().copied().zip(block.values.iter().copied()));
}

async fn gather(mut stream: SampleStream) -> Result<Stored, Error> {
    let mut stored = Stored::new();
    while let Some(block) = stream.next().await? {
        add(&mut stored, &block);
    }
    for samples in stored.values_mut() {
        samples.sort_by_key(|sample| sample.0);
    }
    Ok(stored)
}

async fn everything(client: &QueryClient) -> Result<Stored, Error> {
    gather(client.export(&ExportQuery::new("moved")).await?).await
}

fn assert_same(what: &str, found: &Stored, expected: &Stored) {
    assert_eq!(found.len(), expected.len(), "{what}: series");
    for (labels, samples) in expected {
        let Some(other) = found.get(labels) else {
            panic!("{what}: {labels} is missing");
        };
        assert_eq!(other.len(), samples.len(), "{what}: samples of {labels}");
        let largest = samples
            .iter()
            .map(|s| s.1.abs())
            .filter(|v| v.is_finite())
            .fold(0.0, f64::max);
        for (a, b) in other.iter().zip(samples) {
            let close = a.1 == b.1 || (a.1 - b.1).abs() <= 1e-12 * largest;
            assert!(a.0 == b.0 && close, "{what}: {labels}: {a:?} for {b:?}");
        }
    }
}

/// Reads an export in pieces.
async fn pieces(client: &QueryClient, format: &ExportFormat) -> Outcome<Vec<Bytes>> {
    let mut stream = client.export_raw(&ExportQuery::new("moved"), format).await?;
    let mut pieces = Vec::new();
    while let Some(piece) = stream.next().await? {
        pieces.push(piece);
    }
    Ok(pieces)
}

/// Returns the first bytes of an export, in pieces. Another export would have its series in another order.
fn first(pieces: &[Bytes], most: usize) -> Vec<Bytes> {
    let mut left = most;
    let mut first = Vec::new();
    for piece in pieces {
        let piece = piece.slice(..piece.len().min(left));
        left -= piece.len();
        first.push(piece);
    }
    first
}

/// Sends pieces; `broken` has an error behind them.
async fn store(
    client: &QueryClient,
    format: &ImportFormat,
    pieces: Vec<Bytes>,
    broken: bool,
) -> Result<u64, Error> {
    let options = ImportOptions {
        timeout: Some(PATIENCE),
        gzip: !broken,
        ..ImportOptions::default()
    };
    let end = broken.then(|| Err(std::io::Error::other("the network is gone")));
    client
        .import_raw(pieces.into_iter().map(Ok).chain(end), format, &options)
        .await
}

/// Equal samples are stored several times until they are merged, and a reader sees all of them.
fn once(mut stored: Stored) -> Stored {
    for samples in stored.values_mut() {
        samples.dedup_by_key(|sample| sample.0);
    }
    stored
}

/// Sends three quarters of a body and closes the connection.
fn break_off(target: &VictoriaMetrics, path: &str, pieces: &[Bytes]) -> std::io::Result<()> {
    let body = pieces.concat();
    let mut connection = std::net::TcpStream::connect(target.address())?;
    let length = body.len();
    write!(
        connection,
        "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"
    )?;
    connection.write_all(&body[..length * 3 / 4])
}

async fn transfer(version: Version, count: i64, samples: i64) -> outcome::Result {
    let source = VictoriaMetrics::start(version)?;
    let from = patient(&source)?;
    let options = ImportOptions {
        timeout: Some(PATIENCE),
        ..ImportOptions::default()
    };
    from.import_with((0..count).map(move |i| series(i, samples)), &options)
        .await?;
    source.flush()?;
    let expected = everything(&from).await?;
    assert_eq!(
        expected.values().map(Vec::len).sum::<usize>() as i64,
        count * samples
    );

    // The server does not read the quotes that it writes into CSV, so this label does without.
    let columns = CsvFormat::of_labels(["i"]);
    let formats = [
        (ExportFormat::JsonLines, ImportFormat::JsonLines),
        (ExportFormat::Text, ImportFormat::Text),
        (ExportFormat::Native, ImportFormat::Native),
        (
            ExportFormat::Csv(columns.clone()),
            ImportFormat::Csv {
                format: columns.clone(),
                metric: "moved".to_owned(),
            },
        ),
    ];
    for (export, import) in formats {
        let comparable = |stored: &Stored| -> Stored {
            if !matches!(export, ExportFormat::Csv(_)) {
                return stored.clone();
            }
            // The server's own reader of CSV skips infinities.
            let finite =
                |samples: &[(i64, f64)]| samples.iter().copied().filter(|s| s.1.is_finite()).collect();
            let name = |labels: &str| {
                labels
                    .split_once(",text")
                    .map_or(labels.to_owned(), |(i, _)| format!("{i}}}"))
            };
            stored
                .iter()
                .map(|(labels, samples)| (name(labels), finite(samples)))
                .collect()
        };
        let target = VictoriaMetrics::start(version)?;
        let to = patient(&target)?;
        let what = format!("{version} {export:?}");
        // Half of it, cut anywhere; then all of it again: what is there is replaced by the same.
        let whole = pieces(&from, &export).await?;
        let bytes: usize = whole.iter().map(Bytes::len).sum();
        let half = first(&whole, bytes / 2 + 1);
        let interrupted = store(&to, &import, half, true).await;
        let reason = |error: &std::io::Error| error.to_string() == "the network is gone";
        assert!(
            matches!(&interrupted, Err(Error::Input { source, .. }) if reason(source)),
            "{what}: {interrupted:?}"
        );
        // These two stay whole when the connection itself breaks; half a line of the others is a line for the server.
        match import {
            ImportFormat::JsonLines => break_off(&target, "/api/v1/import", &whole)?,
            ImportFormat::Native => break_off(&target, "/api/v1/import/native", &whole)?,
            _ => {}
        }
        // The server needs a moment to notice.
        tokio::time::sleep(Duration::from_millis(300)).await;
        target.flush()?;
        let some = once(everything(&to).await?).values().map(Vec::len).sum::<usize>();
        // Of little, the broken connection may have taken all.
        let little = count * samples < 1_000_000;
        assert!(
            (some > 0 || little) && (some as i64) < count * samples,
            "{what}: {some}"
        );
        assert_eq!(store(&to, &import, whole, false).await? as usize, bytes, "{what}");
        target.flush()?;
        let found = once(everything(&to).await?);
        assert_same(&what, &comparable(&found), &comparable(&expected));
    }

    // The typed readers agree with each other.
    let query = ExportQuery::new("moved");
    let csv = gather(
        from.export_csv(&query, &CsvFormat::of_labels(["__name__", "i", "text"]))
            .await?,
    )
    .await?;
    assert_same("typed CSV", &csv, &expected);
    #[cfg(feature = "unstable-native")]
    assert_same(
        "typed native",
        &gather(from.export_native(&query).await?).await?,
        &expected,
    );
    Ok(())
}

#[tokio::test]
async fn in_each_format() -> outcome::Result {
    for version in Version::BOTH {
        transfer(version, 12, 1_500).await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "a million samples in four formats take a minute"]
async fn a_million_samples_in_each_format() -> outcome::Result {
    for version in Version::BOTH {
        transfer(version, 200, 5_000).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_export_that_runs_out_of_time_is_never_an_end() -> outcome::Result {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version)?;
        let client = patient(&server)?;
        client.import((0..30).map(|i| series(i, 8_000))).await?;
        server.flush()?;
        // Shorter and shorter, until it breaks off after the first samples.
        let mut truncated = false;
        let mut millis = 400;
        while !truncated && millis >= 10 {
            let query = ExportQuery {
                options: ReadOptions {
                    timeout: Some(Duration::from_millis(millis)),
                    ..ReadOptions::default()
                },
                ..ExportQuery::new("moved")
            };
            let outcome = match client.export(&query).await {
                Ok(mut stream) => {
                    let mut count = 0;
                    loop {
                        match stream.next().await {
                            Ok(Some(block)) => count += block.values.len() as u64,
                            Ok(None) => break Ok(count),
                            Err(error) => break Err(error),
                        }
                    }
                }
                Err(error) => Err(error),
            };
            match outcome {
                Ok(count) => assert_eq!(count, 30 * 8_000, "{version}: an end before the end"),
                Err(Error::Truncated {
                    samples,
                    cause: Cut::Transport(_),
                    ..
                }) => {
                    // All of them, if only the end of the body is missing.
                    assert!(samples <= 30 * 8_000);
                    truncated = true;
                }
                // Nothing had come yet.
                Err(Error::Http(_) | Error::Refused { .. } | Error::Truncated { .. }) => {}
                Err(other) => panic!("{version}: {other:?}"),
            }
            millis = millis * 3 / 4;
        }
        assert!(truncated, "{version}: no export broke off");
    }
    Ok(())
}
