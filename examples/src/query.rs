//! Asks VictoriaMetrics: the value of an expression now, its course over the last hour, and what goes wrong with a bad one.
//!
//! ```text
//! cargo run -p vmotel-examples --example query -- [URL] [EXPRESSION]
//! cargo run -p vmotel-examples --example query -- http://localhost:8428 'sum(rate(http_requests_total[5m])) by (path)'
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::{Duration, SystemTime};

use anyhow::Context;
use vmotel_query::{
    ClientConfig, Data, InstantQuery, Labels, QueryClient, RangeQuery, Sample, Tenant, Timestamp,
};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments
        .next()
        .unwrap_or_else(|| "http://localhost:8428".to_owned());
    let expression = arguments
        .next()
        .unwrap_or_else(|| r#"topk(5, count({__name__!=""}) by (__name__))"#.to_owned());
    let client = QueryClient::new(url.parse()?, Tenant::SingleNode, ClientConfig::default())?;

    tokio::select! {
        done = ask(&client, &expression) => done.with_context(|| format!("cannot ask {url}; is VictoriaMetrics there?")),
        stop = tokio::signal::ctrl_c() => Ok(stop?),
    }
}

async fn ask(client: &QueryClient, expression: &str) -> anyhow::Result<()> {
    println!("{expression}\n\nnow:");
    // A cluster may answer without one of its storages; `complete` makes an error of that.
    match client.query(&InstantQuery::new(expression)).await?.complete()? {
        Data::Vector(series) => {
            for one in series {
                println!("{:>14} {}", one.sample.value, show(&one.labels));
            }
        }
        other => println!("{other:?}"),
    }

    println!("\nthe last hour, a minute a step:");
    #[expect(clippy::disallowed_methods, reason = "the range ends at the real time")]
    let end = Timestamp::from(SystemTime::now());
    let start = Timestamp::from_millis(end.as_millis() - 3_600_000);
    let hour = RangeQuery::new(expression, start, end, Duration::from_secs(60));
    for series in client.query_range(&hour).await?.complete()? {
        println!("{} {}", bars(&series.samples), show(&series.labels));
    }

    // What the server refuses comes back with its own words, and with whether another try makes sense.
    println!("\na bad expression:");
    if let Err(error) = client.query(&InstantQuery::new("sum(rate(")).await {
        println!("{error}\nverdict: {:?}", error.verdict());
    }
    Ok(())
}

fn show(labels: &Labels) -> String {
    let pairs: Vec<_> = labels
        .iter()
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    format!("{{{}}}", pairs.join(","))
}

/// Draws samples as bars between the smallest and the largest.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the share of the height is between 0 and 7"
)]
fn bars(samples: &[Sample]) -> String {
    let values = || {
        samples
            .iter()
            .map(|sample| sample.value)
            .filter(|value| value.is_finite())
    };
    let low = values().fold(f64::INFINITY, f64::min);
    let span = values().fold(f64::NEG_INFINITY, f64::max) - low;
    let bar = |value: f64| {
        if span > 0.0 {
            BARS[((value - low) / span * 7.0).round() as usize]
        } else {
            BARS[0]
        }
    };
    values().map(bar).collect()
}
