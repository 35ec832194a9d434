//! `vmotel query`.

mod csv;
mod json;
mod series;
mod step;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::ValueEnum;
use vmotel_query::render::{self, RenderConfig};
use vmotel_query::{
    Answer, Completeness, Data, Error, InstantQuery, QueryOptions, RangeQuery, RangeSeries, Timestamp,
};

use crate::command::usage;
use crate::connect::{Server, pair};
use crate::out;
use crate::style::Color;
use crate::times::{self, When};

/// The smallest latency offset that servers take: the newest samples are seen.
const NO_OFFSET: Duration = Duration::from_millis(1);

/// Evaluates a query, at one time or over a range.
///
/// With --last or --start it is a range, else one point in time. Times are `now`, `now-1h`, seconds since 1970, or RFC 3339.
#[derive(Debug, clap::Args)]
pub struct QueryArgs {
    /// The query, in MetricsQL or PromQL.
    query: String,
    /// The time to evaluate at [default: now].
    #[arg(long, value_parser = times::when, allow_hyphen_values = true, conflicts_with_all = ["last", "start", "end"])]
    time: Option<When>,
    /// A range until now, as in 1h.
    #[arg(long, value_name = "DURATION", value_parser = times::duration, conflicts_with_all = ["start", "end"])]
    last: Option<Duration>,
    /// The beginning of a range.
    #[arg(long, value_name = "TIME", value_parser = times::when, allow_hyphen_values = true)]
    start: Option<When>,
    /// The end of a range [default: now].
    #[arg(long, value_name = "TIME", value_parser = times::when, allow_hyphen_values = true, requires = "start")]
    end: Option<When>,
    /// The distance of the points of a range [default: about 100 points].
    #[arg(long, value_name = "DURATION", value_parser = times::duration)]
    step: Option<Duration>,
    /// Past the server's caches and without its latency offset: exactly the times asked for, the newest samples too.
    #[arg(long)]
    exact: bool,
    /// How to print.
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,
    /// Print what there is when a part of a cluster does not answer, with a warning, instead of failing.
    #[arg(long)]
    allow_partial: bool,
    /// A label that every selector must match, as in env=prod; may be repeated.
    #[arg(long = "extra-label", value_name = "NAME=VALUE", value_parser = pair)]
    extra_labels: Vec<(String, String)>,
    /// A selector that every selector must match, as in '{env=~"prod|test"}'; may be repeated.
    #[arg(long = "extra-filter", value_name = "SELECTOR")]
    extra_filters: Vec<String>,
    /// Digits after the point to round values to, on the server.
    #[arg(long, value_name = "DIGITS")]
    round_digits: Option<u8>,
    /// When to use colours.
    #[arg(long, value_enum, default_value_t)]
    color: Color,
    #[command(flatten)]
    server: Server,
}

/// A way to print a result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A table for people.
    #[default]
    Table,
    /// Characters drawn as lines.
    Chart,
    /// One line a sample: time, value, labels.
    Csv,
    /// One object a series.
    Json,
}

pub(crate) fn run(args: &QueryArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let now = times::now();
    let config = RenderConfig {
        width: out::width(),
        color: args.color.style().is_on(),
        ..RenderConfig::default()
    };
    let text = match range(args, now)? {
        Some(range) => {
            let series = runtime.block_on(over(args, &range))?;
            match args.output {
                Output::Table => render::range_table(&series, &config),
                Output::Chart => chart(&series, &range, &config),
                Output::Csv => csv::render(&series),
                Output::Json => json::render(&series)?,
            }
        }
        None => {
            let data = runtime.block_on(at(args, now))?;
            match args.output {
                // Without a range there is no chart: `range` refuses it.
                Output::Table | Output::Chart => render::table(&data, &config),
                Output::Csv => csv::render(&series::of_data(data)?),
                Output::Json => json::render(&series::of_data(data)?)?,
            }
        }
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn chart(series: &[RangeSeries], range: &RangeQuery, config: &RenderConfig) -> String {
    let mut text = render::chart(series, range.start, range.end, config);
    if series.len() > config.max_charts {
        text.push_str("aggregate, or use topk, to see all in fewer charts\n");
    }
    text
}

async fn at(args: &QueryArgs, now: std::time::SystemTime) -> anyhow::Result<Data> {
    let query = InstantQuery {
        query: args.query.clone(),
        time: args.time.map(|when| when.resolve(now)),
        step: args.step,
        options: options(args),
    };
    let answer = args
        .server
        .client()?
        .query(&query)
        .await
        .map_err(|error| explained(&args.query, error))?;
    complete(args, answer)
}

async fn over(args: &QueryArgs, range: &RangeQuery) -> anyhow::Result<Vec<RangeSeries>> {
    let answer = args
        .server
        .client()?
        .query_range(range)
        .await
        .map_err(|error| explained(&args.query, error))?;
    complete(args, answer)
}

/// Adds what our own parser says about a query that the server refuses, and what to do about a server that is not there.
fn explained(query: &str, error: Error) -> anyhow::Error {
    let context = match &error {
        Error::Refused { .. } => match vmotel_metricsql::parse(query) {
            Ok(_) => "the query failed".to_owned(),
            Err(parsed) => format!("the query is not valid: {parsed}"),
        },
        Error::Http(vmotel_query::HttpError::Connect { .. }) => {
            "nothing answers; --url or VMOTEL_URL says where VictoriaMetrics is".to_owned()
        }
        _ => "the query failed".to_owned(),
    };
    anyhow::Error::new(error).context(context)
}

fn complete<T>(args: &QueryArgs, answer: Answer<T>) -> anyhow::Result<T> {
    if answer.completeness == Completeness::Partial {
        if !args.allow_partial {
            bail!("the answer is partial: a storage does not answer; --allow-partial prints what there is");
        }
        writeln!(
            std::io::stderr(),
            "warning: the answer is partial: a storage does not answer"
        )?;
    }
    let mut stderr = std::io::stderr();
    for said in answer.warnings.iter().chain(&answer.infos) {
        writeln!(stderr, "the server says: {said}")?;
    }
    if !answer.histograms.is_empty() {
        let count = answer.histograms.len();
        writeln!(
            stderr,
            "warning: {count} series of native histograms are not shown; ask for histogram_count(), histogram_sum() or histogram_quantile() of them"
        )?;
    }
    Ok(answer.data)
}

fn range(args: &QueryArgs, now: std::time::SystemTime) -> anyhow::Result<Option<RangeQuery>> {
    let end = args.end.unwrap_or(When::Ago(Duration::ZERO)).resolve(now);
    let start = match (args.last, args.start) {
        (Some(last), _) => Timestamp::from_millis(end.as_millis() - i64::try_from(last.as_millis())?),
        (None, Some(start)) => start.resolve(now),
        (None, None) if args.output == Output::Chart => {
            return Err(usage(
                "a chart needs a range, expected --last or --start".to_owned(),
            ));
        }
        (None, None) => return Ok(None),
    };
    let span = end.as_millis().saturating_sub(start.as_millis());
    if span < 0 {
        return Err(usage(format!(
            "--start is {}, expected a time before the end, {}",
            start.to_rfc3339(),
            end.to_rfc3339()
        )));
    }
    let step = args.step.unwrap_or_else(|| step::of_span(span.unsigned_abs()));
    Ok(Some(RangeQuery {
        options: options(args),
        ..RangeQuery::new(args.query.clone(), start, end, step)
    }))
}

fn options(args: &QueryArgs) -> QueryOptions {
    QueryOptions {
        nocache: args.exact,
        latency_offset: args.exact.then_some(NO_OFFSET),
        round_digits: args.round_digits,
        extra_labels: args.extra_labels.clone(),
        extra_filters: args.extra_filters.clone(),
        ..QueryOptions::default()
    }
}
