//! Answers of clusters and of servers in trouble, as they were recorded, from a small fake.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use vmotel_query::{
    ClientConfig, Completeness, Cut, Error, ExportQuery, InstantQuery, QueryClient, RetryConfig, SeriesQuery,
    Tenant, Verdict,
};

use super::outcome;

/// Answers each connection with the next of the texts, the last one for ever; counts the connections.
fn fake(answers: &[&str]) -> (QueryClient, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let answers: Vec<String> = answers.iter().map(|&answer| answer.to_owned()).collect();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 8192]);
            let index = counted.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
            let _ = stream.write_all(answers[index].as_bytes());
        }
    });
    let tenant = Tenant::Cluster {
        account: 1,
        project: 2,
    };
    let client = QueryClient::new(
        address.parse().expect("an address"),
        tenant,
        ClientConfig::default(),
    )
    .expect("a client");
    let quick = RetryConfig {
        first_pause: Duration::from_millis(1),
        ..RetryConfig::default()
    };
    (client.with_retry(quick), count)
}

fn answer(status: &str, kind: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

const UP: &str = r#"{"status":"success","isPartial":false,"data":{"resultType":"vector","result":[{"metric":{"__name__":"up"},"value":[1700000000,"1"]}]}}"#;

#[tokio::test]
async fn a_partial_answer_is_a_type() -> outcome::Result {
    let partial = UP.replace("false", "true");
    let (client, _) = fake(&[&answer("200 OK", "application/json", &partial)]);
    let found = client.query(&InstantQuery::new("up")).await?;
    assert_eq!(found.completeness, Completeness::Partial);
    assert!(matches!(found.complete(), Err(Error::Partial)));
    let (client, _) = fake(&[&answer(
        "200 OK",
        "application/json",
        r#"{"status":"success","isPartial":true,"data":["a"]}"#,
    )]);
    assert_eq!(
        client.label_names(&SeriesQuery::default()).await?.completeness,
        Completeness::Partial
    );
    Ok(())
}

#[tokio::test]
async fn reads_are_tried_again_and_writes_are_not() -> outcome::Result {
    let away = answer(
        "503 Service Unavailable",
        "application/json",
        r#"{"status":"error","errorType":"503","error":"cannot fetch query results from vmstorage nodes"}"#,
    );
    let good = answer("200 OK", "application/json", UP);
    let (client, count) = fake(&[&away, &away, &good]);
    assert!(client.query(&InstantQuery::new("up")).await?.complete().is_ok());
    assert_eq!(count.load(Ordering::SeqCst), 3);

    let (client, count) = fake(&[&away]);
    let error = client.query(&InstantQuery::new("up")).await.unwrap_err();
    assert!(
        matches!(&error, Error::Refused { kind, verdict: Verdict::Retry, .. } if kind == "503"),
        "{error:?}"
    );
    assert_eq!(count.load(Ordering::SeqCst), 3);

    let (client, count) = fake(&[&away, &good]);
    let error = client.delete_series(&["up".to_owned()]).await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    assert_eq!(count.load(Ordering::SeqCst), 1);

    // A bad query stays bad.
    let bad = answer(
        "422 Unprocessable Entity",
        "application/json",
        r#"{"status":"error","errorType":"422","error":"why"}"#,
    );
    let (client, count) = fake(&[&bad, &good]);
    assert!(client.query(&InstantQuery::new("up")).await.is_err());
    assert_eq!(count.load(Ordering::SeqCst), 1);
    Ok(())
}

/// Status, content type, body, and what they mean.
type Case = (&'static str, &'static str, &'static str, fn(&Error) -> bool);

#[tokio::test]
async fn what_the_server_says_in_other_forms() {
    let cases: [Case; 6] = [
        (
            "429 Too Many Requests",
            "text/plain",
            "couldn't start executing the request",
            |e| matches!(e, Error::Throttled { after: None, .. }),
        ),
        (
            "400 Bad Request",
            "text/plain",
            "unsupported path requested: \"/x\"",
            |e| matches!(e, Error::UnknownPath { .. }),
        ),
        (
            "400 Bad Request",
            "text/plain",
            "auth error: cannot parse accountID",
            |e| matches!(e, Error::UnknownPath { .. }),
        ),
        (
            "422 Unprocessable Entity",
            "application/json",
            r#"{"status":"error","errorType":"422","error":"timeout exceeded during query"}"#,
            |e| matches!(e, Error::Refused { timed_out: true, .. }),
        ),
        (
            "400 Bad Request",
            "application/json",
            r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#,
            |e| matches!(e, Error::Refused { kind, timed_out: false, .. } if kind == "bad_data"),
        ),
        ("403 Forbidden", "text/plain", "no", |e| {
            matches!(e, Error::Unauthorized { .. })
        }),
    ];
    for (status, kind, body, expected) in cases {
        let (client, _) = fake(&[&answer(status, kind, body)]);
        let error = client.query(&InstantQuery::new("up")).await.unwrap_err();
        assert!(expected(&error), "{status} {body}: {error:?}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_truncation() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let line = "{\"metric\":{\"__name__\":\"m\"},\"values\":[1,2],\"timestamps\":[1,2]}\n";
    // Whole lines, then the connection goes, as a server does that runs out of time.
    let (client, _) = fake(&[&format!("{head}{:x}\r\n{line}\r\n", line.len())]);
    let mut stream = client.export(&ExportQuery::new("m")).await.expect("an export");
    assert_eq!(
        stream
            .next()
            .await
            .expect("a block")
            .map(|block| block.values.len()),
        Some(2)
    );
    let error = stream.next().await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Truncated {
                series: 1,
                samples: 2,
                cause: Cut::Transport(_),
                ..
            }
        ),
        "{error:?}"
    );
    assert!(stream.next().await.expect("nothing after an error").is_none());

    // The server's own error behind half a result, with status 200.
    let late = format!(
        "{},{}",
        &UP[..UP.len() - 3],
        r#"{"status":"error","errorType":"422","error":"timeout exceeded"}"#
    );
    let (client, _) = fake(&[&answer("200 OK", "application/json", &late)]);
    let error = client.query(&InstantQuery::new("m[3h]")).await.unwrap_err();
    assert!(
        matches!(&error, Error::Truncated { cause: Cut::Server(message), .. } if message == "timeout exceeded"),
        "{error:?}"
    );
}

#[tokio::test]
async fn tenants_of_a_cluster() -> outcome::Result {
    let (client, _) = fake(&[&answer(
        "200 OK",
        "application/json",
        r#"{"status":"success","data":["0:0","1:2","7"]}"#,
    )]);
    let tenant = |account, project| Tenant::Cluster { account, project };
    assert_eq!(
        client.tenants().await?,
        [tenant(0, 0), tenant(1, 2), tenant(7, 0)]
    );
    Ok(())
}
