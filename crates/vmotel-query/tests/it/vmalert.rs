//! The client against vmalert, and scraping against vmagent.

use std::time::Duration;

use vmotel_query::{ClientConfig, Error, QueryClient, RuleKind, RulesQuery, TargetsQuery, Tenant};
use vmotel_testkit::{ServerConfig, Version, VictoriaMetrics, Vmalert};

use super::{client_of, outcome};

const RULES: &str = "
groups:
  - name: g
    interval: 1s
    labels: { dc: x }
    rules:
      - { alert: Always, expr: 'vector(1)', for: 0s, keep_firing_for: 5m, labels: { team: a }, annotations: { summary: s } }
      - { record: one, expr: '1' }
      - { record: wrong, expr: 'label_set(up, \"a\")' }
";

#[tokio::test]
async fn rules_and_alerts() -> outcome::Result {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version)?;
        let rules = RULES.replace(
            r#"label_set(up, \"a\")"#,
            "sum(one) by (a) * on(a) group_left() one",
        );
        let alert = Vmalert::start(version, &rules, &server.url(), &[])?;
        let client = QueryClient::new(alert.url().parse()?, Tenant::SingleNode, ClientConfig::default())?;
        let mut alerts = Vec::new();
        for _ in 0..400 {
            alerts = client.alerts().await?;
            if alerts.iter().any(|alert| alert.state == "firing") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let firing = &alerts[0];
        assert_eq!(
            (firing.name.as_str(), firing.state.as_str(), firing.value.as_str()),
            ("Always", "firing", "1"),
            "{version}"
        );
        assert_eq!(
            (firing.labels["team"].as_str(), firing.labels["dc"].as_str()),
            ("a", "x")
        );
        assert!(firing.active_at.is_some() && firing.expression == "vector(1)");

        let groups = client.rules(&RulesQuery::default()).await?;
        assert_eq!(
            (groups.len(), groups[0].interval),
            (1, Duration::from_secs(1)),
            "{version}"
        );
        let rule = &groups[0].rules[0];
        assert_eq!((rule.kind, rule.health.as_str()), (RuleKind::Alerting, "ok"));
        assert_eq!(rule.keep_firing_for, Duration::from_secs(300));
        assert!(
            rule.last_evaluation.is_some() && rule.last_samples == Some(1),
            "{rule:?}"
        );
        let recording = RulesQuery {
            kind: Some(RuleKind::Recording),
            rule_names: vec!["one".to_owned()],
            ..RulesQuery::default()
        };
        let found = client.rules(&recording).await?;
        assert_eq!(
            (found[0].rules.len(), found[0].rules[0].name.as_str()),
            (1, "one")
        );

        // Identifiers are numbers of 64 bits, as text.
        assert_eq!(client.rule(&rule.group_id, &rule.id).await?.name, "Always");
        assert_eq!(client.alert(&firing.group_id, &firing.id).await?.name, "Always");
        let error = client.rule(&rule.group_id, "1").await.unwrap_err();
        assert!(
            matches!(error, Error::Refused { .. } | Error::Http(_)),
            "{error:?}"
        );
        match version {
            Version::Stable => {
                let error = client.rule_group(&rule.group_id).await.unwrap_err();
                assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
                let error = client.notifiers().await.unwrap_err();
                assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
            }
            _ => {
                assert_eq!(client.rule_group(&rule.group_id).await?.name, "g");
                client.notifiers().await?;
            }
        }
        client.reload().await?;
        assert!(client.own_metrics().await?.contains("vmalert_"));

        // A single node hands the same on.
        let proxy = VictoriaMetrics::start_with(ServerConfig {
            version,
            flags: vec![format!("-vmalert.proxyURL={}", alert.url())],
            ..ServerConfig::default()
        })?;
        assert_eq!(
            client_of(&proxy).rules(&RulesQuery::default()).await?[0].name,
            "g",
            "{version}"
        );
        assert!(client_of(&server).rules(&RulesQuery::default()).await?.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn targets() -> outcome::Result {
    for version in Version::BOTH {
        let config = "scrape_configs:\n- job_name: away\n  scrape_interval: 1s\n  static_configs: [{targets: ['127.0.0.1:1', 'drop:1']}]\n  \
                      relabel_configs: [{source_labels: [__address__], regex: 'drop.*', action: drop}]\n";
        let dir = std::env::temp_dir().join(format!("vmotel-targets-{}-{version}.yml", std::process::id()));
        std::fs::write(&dir, config)?;
        let server = VictoriaMetrics::start_with(ServerConfig {
            version,
            flags: vec![format!("-promscrape.config={}", dir.display())],
            ..ServerConfig::default()
        })?;
        let client = client_of(&server);
        let mut targets = client.targets(&TargetsQuery::default()).await?;
        for _ in 0..400 {
            if targets.active.iter().any(|target| !target.last_error.is_empty()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            targets = client.targets(&TargetsQuery::default()).await?;
        }
        std::fs::remove_file(&dir)?;
        let target = &targets.active[0];
        assert_eq!(
            (target.scrape_pool.as_str(), target.health.as_str()),
            ("away", "down"),
            "{version}: {targets:?}"
        );
        assert!(
            target.last_error.contains("refused") && target.last_scrape.is_some(),
            "{target:?}"
        );
        assert_eq!(target.labels["job"], "away");
        assert_eq!(targets.dropped.len(), 1, "{version}");
    }
    Ok(())
}
