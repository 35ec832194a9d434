use std::time::Duration;

use vmotel_query::{
    Data, ExportQuery, ImportSeries, InstantQuery, Labels, QueryOptions, RangeQuery, Sample, SeriesQuery,
    Timestamp,
};
use vmotel_testkit::{Version, VictoriaMetrics};

use super::{T0, client_of, fresh, outcome};

fn series(labels: &[(&str, &str)], samples: &[(i64, f64)]) -> ImportSeries {
    ImportSeries {
        labels: Labels::new(labels.iter().copied()),
        samples: samples
            .iter()
            .map(|&(ms, value)| Sample {
                time: Timestamp::from_millis(ms),
                value,
            })
            .collect(),
    }
}

#[tokio::test]
async fn what_is_imported_is_read_back() -> outcome::Result {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version)?;
        let client = client_of(&server);
        let odd = "quote \" backslash \\ newline \n tab \t unicode ä€😀";
        let report = client
            .import([
                series(
                    &[("__name__", "m"), ("odd", odd)],
                    &[(T0, 1.25), (T0 + 500, -2.0), (T0 + 1000, 3e15)],
                ),
                series(
                    &[("__name__", "unbounded")],
                    &[(T0, f64::INFINITY), (T0 + 1, f64::NEG_INFINITY)],
                ),
                series(&[("__name__", "undefined")], &[(T0, f64::NAN), (T0 + 1, 7.0)]),
                series(&[("no", "name")], &[(T0, 1.0)]),
            ])
            .await?;
        assert_eq!((report.series, report.samples), (3, 6), "{version}");
        assert_eq!(
            (report.rejected_series, report.rejected_samples),
            (1, 2),
            "{version}"
        );
        server.flush()?;

        // The kit's own reader is the oracle.
        assert_eq!(
            server.export("m")?[0].samples,
            [(T0, Some(1.25)), (T0 + 500, Some(-2.0)), (T0 + 1000, Some(3e15))]
        );

        let at = |query: &str, ms: i64| InstantQuery {
            time: Some(Timestamp::from_millis(ms)),
            options: QueryOptions {
                nocache: true,
                ..QueryOptions::default()
            },
            ..InstantQuery::new(query)
        };
        // Times between the whole seconds tell the samples apart.
        for (ms, expected) in [(T0, 1.25), (T0 + 499, 1.25), (T0 + 500, -2.0), (T0 + 1000, 3e15)] {
            let vector = client
                .query(&at("m", ms))
                .await?
                .complete()?
                .into_vector()
                .unwrap();
            assert_eq!(vector.len(), 1, "{version} at {ms}");
            assert_eq!(vector[0].labels, Labels::new([("__name__", "m"), ("odd", odd)]));
            assert_eq!(
                vector[0].sample,
                Sample {
                    time: Timestamp::from_millis(ms),
                    value: expected
                }
            );
        }
        let value = |data: Data| data.into_vector().unwrap()[0].sample.value;
        assert_eq!(
            value(client.query(&at("unbounded", T0)).await?.data),
            f64::INFINITY
        );
        assert_eq!(
            value(client.query(&at("unbounded", T0 + 1)).await?.data),
            f64::NEG_INFINITY
        );
        assert_eq!(value(client.query(&at("1+1", T0)).await?.data), 2.0);
        let raw = client
            .query(&at("m[1m]", T0 + 1000))
            .await?
            .data
            .into_matrix()
            .unwrap();
        assert_eq!(
            raw[0].samples.iter().map(|s| s.value).collect::<Vec<_>>(),
            [1.25, -2.0, 3e15]
        );

        let range = RangeQuery {
            options: QueryOptions {
                nocache: true,
                ..QueryOptions::default()
            },
            ..RangeQuery::new(
                "m",
                Timestamp::from_millis(T0),
                Timestamp::from_millis(T0 + 1000),
                Duration::from_millis(500),
            )
        };
        let answer = client.query_range(&range).await?;
        assert_eq!(answer.stats.series_fetched, Some(1));
        let got: Vec<(i64, f64)> = answer.complete()?[0]
            .samples
            .iter()
            .map(|s| (s.time.as_millis(), s.value))
            .collect();
        assert_eq!(
            got,
            [(T0, 1.25), (T0 + 500, -2.0), (T0 + 1000, 3e15)],
            "{version}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn many_samples_stream_in_and_out() -> outcome::Result {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version)?;
        let client = client_of(&server);
        let all = (0..5).map(|i: i64| ImportSeries {
            labels: Labels::new([("__name__", "big".to_owned()), ("i", i.to_string())]),
            samples: (0..25_000)
                .map(|k| Sample {
                    time: Timestamp::from_millis(T0 + 1000 * k),
                    value: (k * i) as f64,
                })
                .collect(),
        });
        let report = client.import(all).await?;
        assert_eq!(
            (report.series, report.samples, report.rejected_samples),
            (5, 125_000, 0)
        );
        server.flush()?;
        let mut sums = [0_i64; 5];
        let mut count = 0;
        let mut stream = client.export(&ExportQuery::new("big")).await?;
        while let Some(part) = stream.next_series().await? {
            let i: usize = part.labels.get("i").unwrap().parse().unwrap();
            sums[i] += part.samples.iter().map(|s| s.value as i64).sum::<i64>();
            count += part.samples.len();
        }
        assert_eq!(count, 125_000, "{version}");
        for (i, sum) in sums.into_iter().enumerate() {
            assert_eq!(sum, i as i64 * (24_999 * 25_000 / 2), "{version} series {i}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn series_and_labels() -> outcome::Result {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version)?;
        server.import_text("a{x=\"1\",odd.label=\"v\"} 1\na{x=\"2\"} 1\nb 1\n")?;
        let client = client_of(&server);
        let query = SeriesQuery::new("a");
        let mut series = client.series(&query).await?.complete()?;
        series.sort();
        assert_eq!(
            series.iter().map(|s| s.get("x").unwrap()).collect::<Vec<_>>(),
            ["1", "2"]
        );
        assert!(
            client
                .label_names(&SeriesQuery::default())
                .await?
                .data
                .contains(&"x".to_owned())
        );
        let mut values = client.label_values("x", &query).await?.data;
        values.sort();
        assert_eq!(values, ["1", "2"]);
        assert_eq!(
            client
                .label_values("__name__", &SeriesQuery::default())
                .await?
                .data
                .len(),
            2
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_long_query_goes_as_post() -> outcome::Result {
    let server = VictoriaMetrics::start(Version::Stable)?;
    server.import_text("long 5\n")?;
    let padding = vec!["1"; 3000].join("+");
    let query = fresh(&format!("long + 0 * ({padding})"));
    let vector = client_of(&server)
        .query(&query)
        .await?
        .data
        .into_vector()
        .unwrap();
    assert_eq!(vector[0].sample.value, 5.0);
    Ok(())
}
