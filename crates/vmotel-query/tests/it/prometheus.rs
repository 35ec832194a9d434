//! The client against Prometheus.

use std::time::Duration;

use vmotel_query::{
    ClientConfig, Data, Error, ExportQuery, HistogramBucket, InstantQuery, MetadataQuery, NameStatsQuery,
    QueryClient, RangeQuery, RuleKind, RulesQuery, SeriesQuery, TargetsQuery, Tenant, Timestamp,
    TopQueriesQuery, TsdbStatusQuery,
};
use vmotel_testkit::{Prometheus, Version};

use super::outcome;

const CONFIG: &str = "
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
scrape_configs:
  - job_name: away
    static_configs: [{ targets: ['127.0.0.1:1'] }]
";
const RULES: &str = "
groups:
  - name: g
    rules:
      - { alert: Down, expr: 'up == 0', labels: { team: a }, annotations: { summary: s } }
      - { record: one, expr: '1' }
";

fn start(version: Version) -> Result<(Prometheus, QueryClient), Box<dyn std::error::Error>> {
    let server = Prometheus::start(version, CONFIG, &[("rules.yml", RULES)])?;
    let client = QueryClient::new(server.url().parse()?, Tenant::SingleNode, ClientConfig::default())?;
    Ok((server, client))
}

#[tokio::test]
async fn what_both_have() -> outcome::Result {
    for version in Version::BOTH {
        let (_server, client) = start(version)?;
        let mut alerts = Vec::new();
        for _ in 0..400 {
            alerts = client.alerts().await?;
            if !alerts.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(alerts[0].state, "firing", "{version}");
        assert_eq!(alerts[0].labels["team"], "a");
        assert!(alerts[0].active_at.is_some());

        let groups = client.rules(&RulesQuery::default()).await?;
        assert_eq!((groups.len(), groups[0].name.as_str()), (1, "g"));
        assert_eq!(groups[0].interval, Duration::from_secs(1));
        let rule = &groups[0].rules[0];
        assert_eq!(
            (rule.name.as_str(), rule.kind, rule.state.as_str()),
            ("Down", RuleKind::Alerting, "firing")
        );
        assert_eq!((rule.health.as_str(), rule.alerts.len()), ("ok", 1));
        assert_eq!(groups[0].rules[1].kind, RuleKind::Recording);
        let recording = RulesQuery {
            kind: Some(RuleKind::Recording),
            ..RulesQuery::default()
        };
        assert_eq!(client.rules(&recording).await?[0].rules.len(), 1);

        let targets = client.targets(&TargetsQuery::default()).await?;
        assert_eq!(
            (targets.active.len(), targets.active[0].health.as_str()),
            (1, "down")
        );
        assert!(targets.active[0].last_error.contains("refused"), "{targets:?}");
        assert_eq!(targets.active[0].scrape_pool, "away");

        let vector = client
            .query(&InstantQuery::new("up"))
            .await?
            .complete()?
            .into_vector()
            .unwrap();
        assert_eq!((vector.len(), vector[0].sample.value), (1, 0.0), "{version}");
        assert!(
            matches!(client.query(&InstantQuery::new("1")).await?.data, Data::Scalar(s) if s.value == 1.0)
        );
        assert!(
            matches!(client.query(&InstantQuery::new("\"text\"")).await?.data, Data::String { text, .. } if text == "text")
        );
        let matrix = client
            .query(&InstantQuery::new("up[1m]"))
            .await?
            .data
            .into_matrix()
            .unwrap();
        assert!(!matrix[0].samples.is_empty());
        // Infinities and what is not a number come through.
        for (query, check) in [
            ("vector(1) / 0", f64::is_infinite as fn(f64) -> bool),
            ("vector(0) / 0", f64::is_nan),
        ] {
            let vector = client
                .query(&InstantQuery::new(query))
                .await?
                .data
                .into_vector()
                .unwrap();
            assert!(check(vector[0].sample.value), "{version}: {query}");
        }
        let end = vector[0].sample.time;
        let range = RangeQuery::new(
            "up",
            Timestamp::from_millis(end.as_millis() - 60_500),
            end,
            Duration::from_millis(500),
        );
        let series = client.query_range(&range.exact()).await?.complete()?;
        assert!(
            series[0]
                .samples
                .iter()
                .all(|s| (end.as_millis() - s.time.as_millis()) % 500 == 0)
        );

        assert!(
            client
                .label_names(&SeriesQuery::default())
                .await?
                .data
                .contains(&"job".to_owned())
        );
        assert_eq!(
            client.label_values("job", &SeriesQuery::default()).await?.data,
            ["away"]
        );
        assert_eq!(client.series(&SeriesQuery::new("up")).await?.data.len(), 1);
        assert!(
            client
                .tsdb_status(&TsdbStatusQuery::default())
                .await?
                .total_series
                > 0
        );
        assert!(client.metadata(&MetadataQuery::default()).await?.is_empty());
        assert!(!client.build_info().await?.go_version.is_empty());
        assert!(client.own_metrics().await?.contains("prometheus_build_info"));
        client.health().await?;
        client.delete_series(&["one".to_owned()]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_prometheus_refuses_and_what_it_lacks() -> outcome::Result {
    for version in Version::BOTH {
        let (_server, client) = start(version)?;
        let error = client.query(&InstantQuery::new("sum(")).await.unwrap_err();
        assert!(
            matches!(&error, Error::Refused { kind, timed_out: false, .. } if kind == "bad_data"),
            "{error:?}"
        );
        let error = client
            .query(&InstantQuery::new(
                "up * on() group_left() up + label_replace(up, 'a', '$1', 'b', '(')",
            ))
            .await;
        assert!(matches!(error, Err(Error::Refused { .. })), "{error:?}");

        let unsupported = |result: Result<(), Error>, name: &str| {
            let error = result.unwrap_err();
            assert!(
                matches!(&error, Error::Unsupported { endpoint, .. } if *endpoint == name),
                "{version} {name}: {error:?}"
            );
        };
        unsupported(client.export(&ExportQuery::new("up")).await.map(drop), "export");
        unsupported(client.import([]).await.map(drop), "import");
        unsupported(client.active_queries().await.map(drop), "status/active_queries");
        unsupported(
            client.top_queries(&TopQueriesQuery::default()).await.map(drop),
            "status/top_queries",
        );
        unsupported(
            client
                .metric_name_stats(&NameStatsQuery::default())
                .await
                .map(drop),
            "status/metric_names_stats",
        );
        unsupported(client.prettify("up").await.map(drop), "prettify-query");
        unsupported(client.tenants().await.map(drop), "admin/tenants");
        unsupported(client.snapshots().await.map(drop), "snapshot");
        unsupported(client.notifiers().await.map(drop), "notifiers");
        unsupported(client.series_count().await.map(drop), "series/count");
    }
    Ok(())
}

/// A field of protobuf whose content has a length.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, content.len() as u8], content].concat()
}

/// A remote write (prompb) of one native histogram: resolution 0 (bounds are powers of two), 1 in [-4, -2), one zero, 3 in (1, 2], 2 in
/// (4, 8]; as a block of snappy that is one literal.
fn remote_write(millis: i64) -> Vec<u8> {
    let label = [field(1, b"__name__"), field(2, b"latency")].concat();
    let mut histogram = vec![1 << 3, 7, 3 << 3 | 1];
    histogram.extend(13.5_f64.to_le_bytes());
    // The resolution, the width of the bucket of zeros, and the zeros.
    histogram.extend([4 << 3, 0, 5 << 3 | 1]);
    histogram.extend(2_f64.powi(-128).to_le_bytes());
    histogram.extend([6 << 3, 1]);
    // Runs of buckets (how many are skipped, how many there are) and differences of counts, with the sign in the lowest bit.
    histogram.extend(field(8, &[1 << 3, 2 << 1, 2 << 3, 1]));
    histogram.extend(field(9, &[1 << 1]));
    histogram.extend(field(11, &[1 << 3, 1 << 1, 2 << 3, 1]));
    histogram.extend(field(11, &[1 << 3, 1 << 1, 2 << 3, 1]));
    histogram.extend(field(12, &[3 << 1, 1]));
    histogram.push(15 << 3);
    let mut rest = millis as u64;
    while rest >= 0x80 {
        histogram.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    histogram.push(rest as u8);
    let series = [field(1, &label), field(4, &histogram)].concat();
    let request = field(1, &series);
    let length = request.len() as u8;
    [&[length, 60 << 2, length - 1], &request[..]].concat()
}

#[tokio::test]
async fn native_histograms() -> outcome::Result {
    let (server, client) = start(Version::Newest)?;
    let now = Timestamp::from(vmotel_testkit::fresh_time()).as_millis();
    server.send(
        "POST",
        "/api/v1/write",
        &[
            ("Content-Encoding", "snappy"),
            ("Content-Type", "application/x-protobuf"),
        ],
        &remote_write(now),
    )?;

    let bucket = |lower, upper, includes_lower, includes_upper, count| HistogramBucket {
        lower,
        upper,
        includes_lower,
        includes_upper,
        count,
    };
    let zero = 2.938735877055719e-39;
    let buckets = vec![
        bucket(-4.0, -2.0, true, false, 1.0),
        bucket(-zero, zero, true, true, 1.0),
        bucket(1.0, 2.0, false, true, 3.0),
        bucket(4.0, 8.0, false, true, 2.0),
    ];
    let query = InstantQuery {
        time: Some(Timestamp::from_millis(now)),
        ..InstantQuery::new("latency or label_replace(vector(5), 'a', 'b', '', '')")
    };
    let answer = client.query(&query).await?;
    let vector = answer.data.into_vector().unwrap_or_default();
    assert_eq!(vector.len(), 1, "the number, and no made-up zero");
    assert_eq!(vector[0].sample.value, 5.0);
    let found = &answer.histograms[0];
    assert_eq!(
        (answer.histograms.len(), found.labels.name()),
        (1, "latency"),
        "one series of histograms"
    );
    assert_eq!(found.samples[0].time, Timestamp::from_millis(now));
    let histogram = &found.samples[0].histogram;
    assert_eq!((histogram.count, histogram.sum), (7.0, 13.5));
    assert_eq!(histogram.buckets, buckets);

    let end = Timestamp::from_millis(now + 2000);
    let range = RangeQuery::new(
        "latency",
        Timestamp::from_millis(now),
        end,
        Duration::from_secs(1),
    );
    let answer = client.query_range(&range).await?;
    assert!(answer.data.is_empty(), "{:?}", answer.data);
    assert_eq!(answer.histograms[0].samples.len(), 3);
    assert!(
        answer.histograms[0]
            .samples
            .iter()
            .all(|sample| sample.histogram.count == 7.0)
    );
    Ok(())
}
