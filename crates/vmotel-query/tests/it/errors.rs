use std::time::Duration;

use http::StatusCode;
use vmotel_query::{
    Auth, ClientConfig, Error, InstantQuery, QueryClient, QueryOptions, RangeQuery, Tenant, Timestamp,
    Verdict,
};
use vmotel_testkit::{ServerConfig, Version, VictoriaMetrics};

use super::{client_of, client_with};

#[tokio::test]
async fn a_refused_query_keeps_the_message() {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version).unwrap();
        let error = client_of(&server)
            .query(&InstantQuery::new("sum("))
            .await
            .unwrap_err();
        let Error::Refused {
            status,
            message,
            kind,
            timed_out: false,
            verdict: Verdict::Fatal,
        } = &error
        else {
            panic!("{error:?}")
        };
        assert_eq!(*status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(message.contains("sum("), "{message}");
        assert_eq!(kind, "422");

        let too_many = RangeQuery::new(
            "1",
            Timestamp::default(),
            Timestamp::from_millis(1 << 40),
            Duration::from_secs(1),
        );
        let error = client_of(&server).query_range(&too_many).await.unwrap_err();
        assert!(
            matches!(&error, Error::Refused { message, .. } if message.contains("maxPointsPerTimeseries")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_cluster_path_on_a_single_node_is_explained() {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version).unwrap();
        let tenant = Tenant::Cluster {
            account: 1,
            project: 2,
        };
        let client = client_of(&server).for_tenant(tenant);
        let error = client.query(&InstantQuery::new("up")).await.unwrap_err();
        let Error::UnknownPath { url, .. } = &error else {
            panic!("{error:?}")
        };
        assert!(url.ends_with("/select/1:2/prometheus/api/v1/query"), "{url}");
    }
}

#[tokio::test]
async fn credentials() {
    for version in Version::BOTH {
        let flags = ["-httpAuth.username=me", "-httpAuth.password=s3cret"]
            .map(str::to_owned)
            .to_vec();
        let server = VictoriaMetrics::start_with(ServerConfig {
            version,
            flags,
            ..ServerConfig::default()
        })
        .unwrap();
        let error = client_of(&server)
            .query(&InstantQuery::new("1"))
            .await
            .unwrap_err();
        assert!(
            matches!(
                error,
                Error::Unauthorized {
                    status: StatusCode::UNAUTHORIZED,
                    ..
                }
            ),
            "{error:?}"
        );
        let auth = Auth::Basic {
            username: "me".to_owned(),
            password: "s3cret".into(),
        };
        let client = client_with(
            &server,
            ClientConfig {
                auth,
                ..ClientConfig::default()
            },
        );
        assert!(client.query(&InstantQuery::new("1")).await.is_ok());
        assert!(!format!("{client:?}").contains("s3cret"));
    }
}

#[tokio::test]
async fn nobody_listens() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let base = format!("http://127.0.0.1:{port}").parse().unwrap();
    let client = QueryClient::new(base, Tenant::SingleNode, ClientConfig::default()).unwrap();
    let error = client.query(&InstantQuery::new("1")).await.unwrap_err();
    assert!(matches!(error, Error::Http(_)), "{error:?}");
    assert_eq!(error.verdict(), Verdict::Retry);
}

#[tokio::test]
async fn nothing_is_sent_for_bad_parameters() {
    let base = "http://127.0.0.1:9".parse().unwrap();
    let client = QueryClient::new(base, Tenant::SingleNode, ClientConfig::default()).unwrap();
    let check = async |query: InstantQuery, name: &str| {
        let error = client.query(&query).await.unwrap_err();
        assert!(matches!(&error, Error::Param(e) if e.name == name), "{error:?}");
    };
    check(InstantQuery::new(""), "query").await;
    check(
        InstantQuery {
            step: Some(Duration::ZERO),
            ..InstantQuery::new("1")
        },
        "step",
    )
    .await;
    let options = |options| InstantQuery {
        options,
        ..InstantQuery::new("1")
    };
    check(
        options(QueryOptions {
            latency_offset: Some(Duration::ZERO),
            ..QueryOptions::default()
        }),
        "latency_offset",
    )
    .await;
    check(
        options(QueryOptions {
            timeout: Some(Duration::ZERO),
            ..QueryOptions::default()
        }),
        "timeout",
    )
    .await;
    let backwards = RangeQuery::new(
        "1",
        Timestamp::from_millis(2),
        Timestamp::from_millis(1),
        Duration::from_secs(1),
    );
    assert!(matches!(client.query_range(&backwards).await, Err(Error::Param(e)) if e.name == "end"));
}

#[tokio::test]
async fn a_full_server_says_when_to_try_again() {
    for version in Version::BOTH {
        let flags = ["-search.maxConcurrentRequests=1", "-search.maxQueueDuration=5ms"]
            .map(str::to_owned)
            .to_vec();
        let server = VictoriaMetrics::start_with(ServerConfig {
            version,
            flags,
            ..ServerConfig::default()
        })
        .unwrap();
        let client = client_of(&server);
        // Long enough that others find the only slot taken.
        let heavy = RangeQuery {
            options: QueryOptions {
                nocache: true,
                ..QueryOptions::default()
            },
            ..RangeQuery::new(
                "quantile_over_time(0.5, rand(1)[10m:1s])",
                Timestamp::default(),
                Timestamp::from_millis(10_000_000),
                Duration::from_secs(1),
            )
        };
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (client, heavy) = (client.clone(), heavy.clone());
                tokio::spawn(async move { client.query_range(&heavy).await })
            })
            .collect();
        let mut busy = 0;
        for task in tasks {
            if let Err(Error::Throttled { message, after }) = task.await.unwrap() {
                assert_eq!(after, Some(Duration::from_secs(10)), "{message}");
                assert!(message.contains("concurrent"), "{message}");
                busy += 1;
            }
        }
        assert!(busy > 0, "{version}: every query found a slot");
    }
}
