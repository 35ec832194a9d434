//! The blocking client against a real server, from threads of every kind.

use std::io::Read as _;
use std::sync::mpsc;
use std::time::Duration;

use vmotel_query::blocking::QueryClient;
use vmotel_query::{
    ClientConfig, Data, Error, ExportFormat, ExportQuery, ImportFormat, ImportOptions, ImportSeries,
    InstantQuery, Labels, RangeQuery, Sample, SeriesQuery, Tenant, Timestamp,
};
use vmotel_testkit::{FaultProxy, VictoriaMetrics};

use super::outcome;
use super::{T0, client_of};

fn blocking(url: &str) -> Result<QueryClient, Box<dyn std::error::Error>> {
    let config = ClientConfig::default();
    Ok(QueryClient::new(url.parse()?, Tenant::SingleNode, config)?)
}

/// A minute of a sample a second.
fn minute(name: &str) -> ImportSeries {
    ImportSeries {
        labels: Labels::new([("__name__", name)]),
        samples: (0..60)
            .map(|i| Sample {
                time: Timestamp::from_millis(T0 + 1000 * i),
                value: i as f64,
            })
            .collect(),
    }
}

fn last(name: &str) -> InstantQuery {
    InstantQuery {
        time: Some(Timestamp::from_millis(T0 + 59_000)),
        ..InstantQuery::new(name)
    }
}

fn value(answer: vmotel_query::Answer<Data>) -> Option<f64> {
    Some(answer.data.into_vector()?.first()?.sample.value)
}

/// The threads of this process that drive a client.
fn drivers() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux tells the threads");
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim_end() == "vmotel-query").count()
}

#[test]
fn gives_what_the_asynchronous_client_gives() -> outcome::Result {
    let server = VictoriaMetrics::start(vmotel_testkit::Version::Newest)?;
    let client = blocking(&server.url())?;
    assert_eq!(
        (client.tenant(), client.base().to_string()),
        (Tenant::SingleNode, server.url())
    );
    let report = client.import([minute("one"), minute("two")])?;
    assert_eq!((report.series, report.samples), (2, 120));
    server.flush()?;

    let (start, end) = (Timestamp::from_millis(T0), Timestamp::from_millis(T0 + 59_000));
    let range = RangeQuery::new("{__name__=~'one|two'}", start, end, Duration::from_secs(1)).exact();
    let names = SeriesQuery {
        start: Some(start),
        end: Some(end),
        ..SeriesQuery::new("one")
    };
    let other = client_of(&server);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        assert_eq!(
            client.query(&last("one"))?.data,
            other.query(&last("one")).await?.data
        );
        assert_eq!(
            client.query_range(&range)?.data,
            other.query_range(&range).await?.data
        );
        assert_eq!(
            client.query_range_columns(&range)?.data,
            other.query_range_columns(&range).await?.data
        );
        assert_eq!(client.series(&names)?, other.series(&names).await?);
        assert_eq!(client.label_names(&names)?, other.label_names(&names).await?);
        assert_eq!(
            client.label_values("__name__", &names)?,
            other.label_values("__name__", &names).await?
        );
        assert_eq!(client.build_info()?, other.build_info().await?);
        Ok::<(), Error>(())
    })?;
    assert_eq!(value(client.query(&last("one"))?), Some(59.0));

    let mut samples = Vec::new();
    let mut ranges = client.query_range_stream(&range)?;
    while let Some(block) = ranges.next()? {
        samples.extend_from_slice(block.values);
    }
    assert_eq!((samples.len(), samples[59], ranges.seen()), (120, 59.0, (2, 120)));
    assert!(ranges.answer().is_some());
    let mut stream = client.export(&ExportQuery::new("two"))?;
    assert_eq!(stream.next_series()?, Some(minute("two")));
    assert_eq!(stream.next_series()?, None);

    // A reader, and back in again under another name.
    let mut text = String::new();
    client
        .export_raw(&ExportQuery::new("two"), &ExportFormat::JsonLines)?
        .read_to_string(&mut text)?;
    let text = text.replace("\"two\"", "\"three\"");
    let sent = client.import_raw(
        [Ok(text.clone().into())],
        &ImportFormat::JsonLines,
        &ImportOptions::default(),
    )?;
    assert_eq!(sent, text.len() as u64);
    server.flush()?;
    assert_eq!(value(client.query(&last("three"))?), Some(59.0));
    client.delete_series(&["three".to_owned()])?;
    client.health()?;
    assert!(matches!(client.query(&last("rte(")), Err(Error::Refused { .. })));

    let clone = client.for_tenant(Tenant::SingleNode);
    assert_eq!(drivers(), 1, "clones share a thread");
    drop((client, stream, clone));
    assert_eq!(drivers(), 1, "a stream keeps it");
    drop(ranges);
    // The kernel lists a thread for a moment longer than it can be joined.
    let gone = (0..100).any(|_| {
        drivers() == 0 || {
            std::thread::sleep(Duration::from_millis(10));
            false
        }
    });
    assert!(gone, "the last of them joins the thread");
    Ok(())
}

#[test]
fn is_stuck_in_no_runtime() -> outcome::Result {
    let server = VictoriaMetrics::start(vmotel_testkit::Version::Stable)?;
    let client = blocking(&server.url())?;
    client.import([minute("one")])?;
    server.flush()?;
    for mut builder in [
        tokio::runtime::Builder::new_current_thread(),
        tokio::runtime::Builder::new_multi_thread(),
    ] {
        let runtime = builder.enable_all().build()?;
        let inside = client.clone();
        let found = runtime.block_on(async move {
            let on_worker = value(inside.query(&last("one"))?);
            let of_its_own = blocking(&inside.base().to_string()).map_err(|e| e.to_string());
            let asked = of_its_own.map(|client| client.query(&last("one")).map(value));
            let beside = inside.clone();
            let elsewhere = tokio::task::spawn_blocking(move || beside.query(&last("one")).map(value)).await;
            Ok::<_, Error>((on_worker, asked, elsewhere))
        })?;
        assert_eq!(found.0, Some(59.0));
        assert!(matches!(found.1, Ok(Ok(Some(59.0)))), "{:?}", found.1);
        assert!(matches!(found.2, Ok(Ok(Some(59.0)))), "{:?}", found.2);
    }
    Ok(())
}

#[test]
fn what_cannot_be_waited_for_is_an_error() -> outcome::Result {
    let server = VictoriaMetrics::start(vmotel_testkit::Version::Stable)?;
    let client = blocking(&server.url())?;
    // From within, the call would wait for itself.
    let (said, heard) = mpsc::channel();
    let inside = client.clone();
    let asking = std::iter::once_with(move || {
        let _ = said.send(inside.query(&last("one")));
        minute("one")
    });
    assert_eq!(client.import(asking)?.samples, 60);
    assert!(matches!(heard.recv()?, Err(Error::Blocking { reason }) if reason.contains("own thread")));
    let panics = std::iter::once_with(|| -> ImportSeries { panic!("on purpose") });
    assert!(client.import(panics).is_err());
    assert_eq!(
        value(client.query(&InstantQuery::new("1"))?),
        Some(1.0),
        "the client goes on"
    );
    Ok(())
}

#[test]
fn a_stream_that_breaks_off_is_truncated() -> outcome::Result {
    let server = VictoriaMetrics::start(vmotel_testkit::Version::Stable)?;
    let proxy = FaultProxy::start(server.address())?;
    let client = blocking(&proxy.url())?;
    client.import([minute("one"), minute("two")])?;
    server.flush()?;
    proxy.set(vmotel_testkit::Fault::Truncate { after: 1000 });
    let mut stream = client.export(&ExportQuery::new("{__name__=~'one|two'}"))?;
    let end = loop {
        match stream.next() {
            Ok(Some(_)) => {}
            other => break other.map(|block| block.is_some()),
        }
    };
    assert!(matches!(end, Err(Error::Truncated { .. })), "{end:?}");
    assert!(matches!(stream.next(), Ok(None)), "and nothing behind it");
    let mut raw = client.export_raw(
        &ExportQuery::new("{__name__=~'one|two'}"),
        &ExportFormat::JsonLines,
    )?;
    let read = raw.read_to_end(&mut Vec::new());
    assert!(read.is_err_and(|error| error.to_string().contains("broke off")));
    Ok(())
}
