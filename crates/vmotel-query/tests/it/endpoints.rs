//! Every endpoint against the real servers.

use std::time::Duration;

use vmotel_query::{
    CsvFormat, Error, ExportFormat, ExportQuery, FederateQuery, InstantQuery, MetadataQuery, NameStatsQuery,
    QueryClient, QueryOptions, RangeQuery, ReadOptions, SeriesQuery, Tenant, Timestamp, TopQueriesQuery,
    TsdbStatusQuery,
};
use vmotel_testkit::{ServerConfig, Version, VictoriaMetrics};

use super::{T0, client_of, fresh, outcome};

#[tokio::test]
async fn status_of_the_data() -> outcome::Result {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version)?;
        server.import_text(
            "# HELP reqs_total Requests.\n# TYPE reqs_total counter\nreqs_total{a=\"1\"} 1\nreqs_total{a=\"2\"} 1\nother 1\n",
        )?;
        let client = client_of(&server);

        let query = TsdbStatusQuery {
            top: Some(1),
            focus_label: Some("a".to_owned()),
            ..TsdbStatusQuery::default()
        };
        let status = client.tsdb_status(&query).await?;
        assert_eq!(status.total_series, 3, "{version}");
        assert_eq!(status.total_label_value_pairs, 5, "{version}");
        assert_eq!(status.series_by_metric_name.len(), 1);
        assert_eq!(status.series_by_metric_name[0].name, "reqs_total");
        assert_eq!(status.series_by_metric_name[0].value, 2);
        assert_eq!(status.series_by_label_name[0].name, "__name__");
        assert_eq!(status.series_by_focus_label_value[0].value, 1);
        let only = TsdbStatusQuery {
            selectors: vec!["other".to_owned()],
            ..TsdbStatusQuery::default()
        };
        assert_eq!(client.tsdb_status(&only).await?.total_series, 1, "{version}");
        let bad = TsdbStatusQuery {
            date: Some("yesterday".to_owned()),
            ..TsdbStatusQuery::default()
        };
        assert!(matches!(client.tsdb_status(&bad).await, Err(Error::Param(e)) if e.name == "date"));

        assert_eq!(client.series_count().await?, 3, "{version}");
        assert_eq!(client.build_info().await?.version, "2.24.0", "{version}");
        client.health().await?;
        assert!(client.own_metrics().await?.contains("vm_rows_inserted_total"));
        let flags = client.flags().await?;
        assert_eq!(flags["retentionPeriod"], "100y", "{version}");

        let metadata = client.metadata(&MetadataQuery::default()).await?;
        let stats = client.metric_name_stats(&NameStatsQuery::default()).await;
        match version {
            Version::Stable => {
                assert!(metadata.is_empty());
                let error = stats.unwrap_err();
                assert!(
                    matches!(
                        error,
                        Error::Unsupported {
                            endpoint: "status/metric_names_stats",
                            ..
                        }
                    ),
                    "{error:?}"
                );
            }
            _ => {
                assert_eq!(metadata["reqs_total"][0].kind, "counter");
                assert_eq!(metadata["reqs_total"][0].help, "Requests.");
                assert!(stats?.records.iter().any(|record| record.name == "other"));
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn status_of_the_queries() -> outcome::Result {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version)?;
        let client = client_of(&server);
        let now = fresh("1").time.unwrap().as_millis();
        let lines: String = (0..20)
            .map(|i| format!("{{\"metric\":{{\"__name__\":\"h\",\"i\":\"{i}\"}},\"values\":[1,2],\"timestamps\":[{},{now}]}}\n", now - 60_000))
            .collect();
        server.import_json(&lines)?;
        let heavy = RangeQuery::new(
            "quantile_over_time(0.5, h[5m:100ms])",
            Timestamp::from_millis(now - 3_600_000),
            Timestamp::from_millis(now),
            Duration::from_secs(1),
        )
        .exact();
        let running = tokio::spawn({
            let (client, heavy) = (client.clone(), heavy.clone());
            async move { client.query_range(&heavy).await }
        });
        let mut seen = None;
        while seen.is_none() && !running.is_finished() {
            let active = client.active_queries().await?;
            seen = active.into_iter().find(|active| active.query == heavy.query);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let active = seen.expect("the query is listed while it runs");
        assert_eq!((active.start, active.end), (heavy.start, heavy.end), "{version}");
        assert_eq!(active.step_millis, 1000);
        assert!(
            !active.id.is_empty() && active.remote_addr.contains("127.0.0.1"),
            "{active:?}"
        );
        running.await??;

        let query = TopQueriesQuery {
            top: Some(5),
            max_lifetime: Some(Duration::from_secs(600)),
        };
        // It is counted a moment after it is answered.
        let mut top = client.top_queries(&query).await?;
        for _ in 0..200 {
            if !top.top_by_count.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            top = client.top_queries(&query).await?;
        }
        let found = &top.top_by_sum_duration[0];
        assert_eq!(found.query, heavy.query, "{version}");
        assert!(
            found.sum_duration_seconds.unwrap() > 0.0 && found.count == 1,
            "{found:?}"
        );
        assert!(top.top_by_avg_duration[0].avg_duration_seconds.is_some());
        assert_eq!(top.top_by_count[0].count, 1);
    }
    Ok(())
}

#[tokio::test]
async fn expressions_and_their_options() -> outcome::Result {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version)?;
        server.import_json(&format!(
            "{{\"metric\":{{\"__name__\":\"m\",\"env\":\"a\"}},\"values\":[1.23456],\"timestamps\":[{T0}]}}\n\
             {{\"metric\":{{\"__name__\":\"m\",\"env\":\"b\"}},\"values\":[2],\"timestamps\":[{T0}]}}\n"
        ))?;
        let client = client_of(&server);
        assert_eq!(
            client.prettify("sum( rate(m[5m]) ) by(x)").await?,
            "sum(rate(m[5m])) by(x)"
        );
        assert_eq!(client.expand_with("WITH (x = m) x + x").await?, "m + m");
        for error in [
            client.prettify("sum(").await.unwrap_err(),
            client.expand_with("sum(").await.unwrap_err(),
        ] {
            assert!(
                matches!(&error, Error::Refused { message, .. } if message.contains("unexpected token")),
                "{error:?}"
            );
        }

        let query = InstantQuery {
            time: Some(Timestamp::from_millis(T0)),
            options: QueryOptions {
                nocache: true,
                round_digits: Some(2),
                extra_labels: vec![("env".to_owned(), "a".to_owned())],
                max_lookback: Some(Duration::from_secs(60)),
                trace: true,
                ..QueryOptions::default()
            },
            ..InstantQuery::new("m")
        };
        let answer = client.query(&query).await?;
        let trace = answer.trace.as_ref().expect("a trace was asked for");
        assert!(
            !trace.children.is_empty() && trace.to_string().contains("ms "),
            "{trace}"
        );
        let vector = answer.complete()?.into_vector().unwrap();
        assert_eq!((vector.len(), vector[0].sample.value), (1, 1.23), "{version}");
        let late = InstantQuery {
            time: Some(Timestamp::from_millis(T0 + 61_000)),
            ..query.clone()
        };
        assert!(client.query(&late).await?.data.into_vector().unwrap().is_empty());
        let filtered = InstantQuery {
            options: QueryOptions {
                nocache: true,
                extra_filters: vec![r#"{env="b"}"#.to_owned(), r#"{env="c"}"#.to_owned()],
                ..QueryOptions::default()
            },
            ..query
        };
        let vector = client.query(&filtered).await?.complete()?.into_vector().unwrap();
        assert_eq!((vector.len(), vector[0].sample.value), (1, 2.0), "{version}");

        let names = SeriesQuery {
            start: Some(Timestamp::from_millis(T0)),
            end: Some(Timestamp::from_millis(T0 + 1)),
            limit: Some(1),
            options: ReadOptions {
                timeout: Some(Duration::from_secs(5)),
                extra_filters: vec![r#"{env="b"}"#.to_owned()],
                ..ReadOptions::default()
            },
            ..SeriesQuery::new("m")
        };
        assert_eq!(client.series(&names).await?.data[0].get("env"), Some("b"));
        assert_eq!(client.label_values("env", &names).await?.data, ["b"]);
        // `__name__` comes on top of the limit.
        assert!(client.label_names(&names).await?.data.len() <= 2, "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn an_exact_range_has_the_points_that_were_asked_for() -> outcome::Result {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version)?;
        let client = client_of(&server);
        let (start, step) = (T0, 15_000);
        let query = RangeQuery::new(
            "time()",
            Timestamp::from_millis(start),
            Timestamp::from_millis(start + 1999 * step),
            Duration::from_millis(15_000),
        );
        let times = async |query: &RangeQuery| -> Result<Vec<i64>, Error> {
            let series = client.query_range(query).await?.complete()?;
            Ok(series[0].samples.iter().map(|s| s.time.as_millis()).collect())
        };
        let expected: Vec<i64> = (0..2000).map(|i| start + i * step).collect();
        assert_ne!(times(&query).await?, expected, "{version} aligns by default");
        let exact = query.exact();
        assert_eq!(exact.points(), 2000);
        assert_eq!(times(&exact).await?, expected, "{version}");

        // The newest samples are there as well.
        let now = fresh("1").time.unwrap();
        let (before, newest) = (now.as_millis() - 40_000, now.as_millis() - 2_000);
        server.import_json(&format!(
            "{{\"metric\":{{\"__name__\":\"fresh\"}},\"values\":[1,7],\"timestamps\":[{before},{newest}]}}"
        ))?;
        let query = RangeQuery::new(
            "fresh",
            Timestamp::from_millis(before),
            Timestamp::from_millis(newest),
            Duration::from_secs(1),
        );
        let last = async |query: &RangeQuery| -> Result<f64, Error> {
            let series = client.query_range(query).await?.complete()?;
            Ok(series[0].samples.last().unwrap().value)
        };
        assert_eq!(last(&query).await?, 1.0, "{version} hides what is new");
        assert_eq!(last(&query.exact()).await?, 7.0, "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn exports_as_they_come_and_federation() -> outcome::Result {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version)?;
        server.import_text("f{x=\"1\"} 1\nf{x=\"2\"} 2\n")?;
        let client = client_of(&server);
        let query = ExportQuery {
            end: fresh("f").time,
            options: ReadOptions {
                extra_labels: vec![("x".to_owned(), "2".to_owned())],
                ..ReadOptions::default()
            },
            ..ExportQuery::new("f")
        };
        let text = async |format: ExportFormat| -> Result<String, Error> {
            client.export_raw(&query, &format).await?.into_text().await
        };
        assert!(
            text(ExportFormat::JsonLines)
                .await?
                .starts_with(r#"{"metric":{"__name__":"f","x":"2"},"values":[2]"#)
        );
        assert!(text(ExportFormat::Text).await?.starts_with("f{x=\"2\"} 2 "));
        let csv = text(ExportFormat::Csv(CsvFormat::of_labels(["__name__", "x"]))).await?;
        assert!(csv.lines().last().unwrap().starts_with("f,2,2,"), "{csv}");
        let mut native = client.export_raw(&query, &ExportFormat::Native).await?;
        while native.next().await?.is_some() {}
        assert!(native.bytes() > 16, "{version}");

        let federated = client
            .federate(&FederateQuery {
                end: fresh("f").time,
                ..FederateQuery::new("f")
            })
            .await?
            .into_text()
            .await?;
        assert_eq!(federated.matches("f{x=\"").count(), 2, "{version}: {federated}");
    }
    Ok(())
}

#[tokio::test]
async fn deletion_and_snapshots_ask_for_their_keys() -> outcome::Result {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start_with(ServerConfig {
            version,
            flags: [
                "-deleteAuthKey=k3y",
                "-snapshotAuthKey=k3y",
                "-forceFlushAuthKey=k3y",
            ]
            .map(str::to_owned)
            .to_vec(),
            ..ServerConfig::default()
        })?;
        let plain = client_of(&server);
        let client = plain.clone().with_auth_key("k3y".into());
        assert!(!format!("{client:?}").contains("k3y"));
        server.send("POST", "/api/v1/import/prometheus", &[], b"gone 1\nstays 1\n")?;
        client.force_flush().await?;
        client.reset_query_cache().await?;

        let selectors = ["gone".to_owned()];
        let error = plain.delete_series(&selectors).await.unwrap_err();
        assert!(matches!(error, Error::Unauthorized { .. }), "{error:?}");
        client.delete_series(&selectors).await?;
        let names = client
            .label_values("__name__", &SeriesQuery::default())
            .await?
            .data;
        assert_eq!(names, ["stays"], "{version}");
        assert!(matches!(client.delete_series(&[]).await, Err(Error::Param(_))));

        let error = plain.create_snapshot().await.unwrap_err();
        assert!(matches!(error, Error::Unauthorized { .. }), "{error:?}");
        let name = client.create_snapshot().await?;
        assert_eq!(
            client.snapshots().await?,
            std::slice::from_ref(&name),
            "{version}"
        );
        client.delete_snapshot(&name).await?;
        let error = client.delete_snapshot("none").await.unwrap_err();
        assert!(
            matches!(error, Error::Refused { .. } | Error::Http(_)),
            "{error:?}"
        );
        client.create_snapshot().await?;
        client.delete_all_snapshots().await?;
        assert!(client.snapshots().await?.is_empty(), "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_single_node_does_not_have() -> outcome::Result {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version)?;
        let client: QueryClient = client_of(&server);
        let error = client.tenants().await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::Unsupported {
                    endpoint: "admin/tenants",
                    ..
                }
            ),
            "{error:?}"
        );
        let cluster = client.for_tenant(Tenant::Cluster {
            account: 1,
            project: 2,
        });
        let error = cluster.export(&ExportQuery::new("m")).await.unwrap_err();
        assert!(
            matches!(&error, Error::Unsupported { url, .. } if url.ends_with("/select/1:2/prometheus/api/v1/export")),
            "{error:?}"
        );
        assert!(
            client
                .exemplars(&vmotel_query::ExemplarQuery {
                    query: "m".to_owned(),
                    ..Default::default()
                })
                .await?
                .is_empty()
        );
    }
    Ok(())
}
