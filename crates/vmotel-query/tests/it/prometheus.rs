//! The client against Prometheus.

use std::time::Duration;

use vmotel_query::{
    ClientConfig, Data, Error, ExportQuery, InstantQuery, MetadataQuery, NameStatsQuery, QueryClient,
    RangeQuery, RuleKind, RulesQuery, SeriesQuery, TargetsQuery, Tenant, Timestamp, TopQueriesQuery,
    TsdbStatusQuery,
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
