//! What cannot be equal: each case with what the server stores of it, written out.
//!
//! By default an exporter does none of this: names and labels are those of `Naming::Parity`, and exponential histograms leave as
//! `vmrange` series. A server that changes what it does here makes the check fail, so that the rule behind it can be looked at.

use vmotel_model::{Kind, MetricSource as _, Naming, VisitConfig};
use vmotel_testkit::{Version, VictoriaMetrics};
use vmotel_wire::Names;

use super::{
    case::{Case, ONE, Value},
    corpus::Corpus,
    path::{Format, Options, Path},
    stack::{Configuration, push_time},
    stored::{self, Stored},
};

/// A case, a way to send it, and what is stored.
struct Exception {
    name: &'static str,
    /// Why it is so, and what is done about it.
    rule: &'static str,
    versions: &'static [Version],
    flags: &'static [&'static str],
    format: Format,
    naming: Naming,
    native: bool,
    case: Case,
    stored: &'static [&'static str],
}

/// What a check found.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Shown {
    name: &'static str,
    rule: &'static str,
    configuration: String,
    path: String,
    expected: Vec<String>,
    stored: Vec<String>,
}

impl Shown {
    pub(crate) fn as_listed(&self) -> bool {
        self.expected == self.stored
    }
}

const OLD: &[Version] = &[Version::Stable];
const NEW: &[Version] = &[Version::Newest];
const BOTH: &[Version] = &Version::BOTH;
const NAMING: &[&str] = &["-opentelemetry.usePrometheusNaming"];

/// Returns the list.
fn all() -> Vec<Exception> {
    let mut all = native();
    all.extend(raw());
    all
}

/// Exponential histograms as OTLP has them.
fn native() -> Vec<Exception> {
    let exponential = |zero, negative: &[u64], sum| {
        let value = Value::Exponential {
            scale: 0,
            zero,
            positive: (0, vec![4]),
            negative: (0, negative.to_vec()),
            sum,
        };
        Case::new("", Kind::Histogram, "x", value).labels(&[])
    };
    let of = |name, rule, versions, case, stored| Exception {
        name,
        rule,
        versions,
        flags: &[],
        format: Format::OtlpGzip,
        naming: Naming::Parity,
        native: true,
        case,
        stored,
    };
    let zero = exponential((3, 0.001), &[], Some(5.0));
    let negative = exponential((0, 0.0), &[2], Some(5.0));
    let no_sum = exponential((0, 0.0), &[], None);
    let rule = "1.112 converts native histograms otherwise than later versions: they leave as vmrange series unless told (R8)";
    vec![
        of(
            "native zero bucket",
            rule,
            OLD,
            zero.clone(),
            &[
                r#"x_bucket{vmrange="0.000e+00...1.000e-03"} 3"#,
                r#"x_bucket{vmrange="1.000e+00...2.000e+00"} 4"#,
                "x_count{} 7",
                "x_sum{} 5",
            ],
        ),
        of(
            "native zero bucket",
            "equal to the vmrange series",
            NEW,
            zero,
            &[
                r#"x_bucket{vmrange="-1.000e-03...1.000e-03"} 3"#,
                r#"x_bucket{vmrange="1.000e+00...2.000e+00"} 4"#,
                "x_count{} 7",
                "x_sum{} 5",
            ],
        ),
        of(
            "native negative bucket",
            rule,
            OLD,
            negative.clone(),
            &[
                r#"x_bucket{vmrange="1.000e+00...2.000e+00"} 4"#,
                r#"x_bucket{vmrange="5.000e-01...1.000e+00"} 2"#,
                "x_count{} 6",
                "x_sum{} 5",
            ],
        ),
        of(
            "native negative bucket",
            "equal to the vmrange series",
            NEW,
            negative,
            &[
                r#"x_bucket{vmrange="-2.000e+00...-1.000e+00"} 2"#,
                r#"x_bucket{vmrange="1.000e+00...2.000e+00"} 4"#,
                "x_count{} 6",
                "x_sum{} 5",
            ],
        ),
        of(
            "native without a sum",
            rule,
            OLD,
            no_sum.clone(),
            &["x_count{} 4"],
        ),
        of(
            "native without a sum",
            "equal to the vmrange series",
            NEW,
            no_sum,
            &[r#"x_bucket{vmrange="1.000e+00...2.000e+00"} 4"#, "x_count{} 4"],
        ),
    ]
}

/// Names that the specification allows and `Parity` narrows, under a server that makes names itself.
fn raw() -> Vec<Exception> {
    let spec = Naming::UnderscoreEscapingWithSuffixes;
    let gauge = |name: &str, label: &str| Case::new("", Kind::Gauge, name, ONE).labels(&[(label, "1")]);
    let of = |name, rule, versions, flags, format, naming, case, stored| Exception {
        name,
        rule,
        versions,
        flags,
        format,
        naming,
        native: false,
        case,
        stored,
    };
    let (otlp, write) = (Format::OtlpGzip, Format::Snappy);
    let colon = "the server renames in OTLP only: Parity has no colon (R2)";
    let label = "the server renames in OTLP only: Parity writes key_ itself (R3)";
    let lead = "1.145 strips leading underscores in OTLP only: Parity has none (R2)";
    let dots = "the server renames in OTLP only: Parity has no dots (R2, R3)";
    let raw = Naming::NoTranslation;
    vec![
        of(
            "colon in a name",
            colon,
            BOTH,
            NAMING,
            otlp,
            spec,
            gauge("a:b", "l"),
            &[r#"a_b{l="1"} 1"#],
        ),
        of(
            "colon in a name",
            colon,
            BOTH,
            NAMING,
            write,
            spec,
            gauge("a:b", "l"),
            &[r#"a:b{l="1"} 1"#],
        ),
        of(
            "leading underscore",
            lead,
            OLD,
            NAMING,
            otlp,
            spec,
            gauge("_a", "l"),
            &[r#"_a{l="1"} 1"#],
        ),
        of(
            "leading underscore",
            lead,
            NEW,
            NAMING,
            otlp,
            spec,
            gauge("_a", "l"),
            &[r#"a{l="1"} 1"#],
        ),
        of(
            "leading underscore",
            lead,
            BOTH,
            NAMING,
            write,
            spec,
            gauge("_a", "l"),
            &[r#"_a{l="1"} 1"#],
        ),
        of(
            "label with underscore",
            label,
            BOTH,
            NAMING,
            otlp,
            spec,
            gauge("a", "_x"),
            &[r#"a{key_x="1"} 1"#],
        ),
        of(
            "label with underscore",
            label,
            BOTH,
            NAMING,
            write,
            spec,
            gauge("a", "_x"),
            &[r#"a{_x="1"} 1"#],
        ),
        of(
            "raw names",
            dots,
            BOTH,
            &[],
            otlp,
            raw,
            gauge("a.b", "c.d"),
            &[r#"a.b{c.d="1"} 1"#],
        ),
        of(
            "raw names",
            dots,
            BOTH,
            &[],
            write,
            raw,
            gauge("a.b", "c.d"),
            &[r#"a.b{c.d="1"} 1"#],
        ),
        of(
            "raw names",
            dots,
            BOTH,
            NAMING,
            otlp,
            raw,
            gauge("a.b", "c.d"),
            &[r#"a_b{c_d="1"} 1"#],
        ),
        of(
            "raw names",
            dots,
            BOTH,
            NAMING,
            write,
            raw,
            gauge("a.b", "c.d"),
            &[r#"a.b{c.d="1"} 1"#],
        ),
    ]
}

/// Checks the list against servers of both versions.
pub(crate) fn check_all() -> anyhow::Result<Vec<Shown>> {
    let list = all();
    let mut shown = Vec::new();
    for version in Version::BOTH {
        for flags in [&[][..], NAMING] {
            let configuration = Configuration { version, flags };
            let server = configuration.start_server(&[])?;
            let mut marks = MARKS.iter();
            for exception in list
                .iter()
                .filter(|exception| exception.versions.contains(&version) && exception.flags == flags)
            {
                let Some(mark) = marks.next() else { break };
                let path = Path {
                    format: exception.format,
                    agent: false,
                };
                shown.push(Shown {
                    name: exception.name,
                    rule: exception.rule,
                    configuration: configuration.name(),
                    path: path.name(),
                    expected: exception.stored.iter().map(|&text| text.to_owned()).collect(),
                    stored: send(&server, exception, path, mark)?,
                });
            }
            anyhow::ensure!(
                marks.next().is_some(),
                "more exceptions than marks that keep them apart"
            );
        }
    }
    Ok(shown)
}

/// What keeps the cases on one server apart.
const MARKS: [&str; 16] = [
    "-a", "-b", "-c", "-d", "-e", "-f", "-g", "-h", "-i", "-j", "-k", "-l", "-m", "-n", "-o", "-p",
];

fn send(
    server: &VictoriaMetrics,
    exception: &Exception,
    path: Path,
    mark: &'static str,
) -> anyhow::Result<Vec<String>> {
    let corpus = Corpus::under(exception.naming, std::slice::from_ref(&exception.case))?;
    let visit = VisitConfig::default();
    let options = Options {
        native: exception.native,
        names: if exception.naming.is_classic() {
            Names::Classic
        } else {
            Names::Quoted
        },
        mark,
        ..Options::default()
    };
    let _ = path.push(
        server.address(),
        &[corpus.snapshot(&visit)],
        push_time()?,
        options,
    )?;
    let stored = stored::read(server, &format!("{}{mark}", path.name()))?;
    Ok(texts(&stored))
}

/// Renders what is stored, sorted: name, labels, value.
fn texts(stored: &Stored) -> Vec<String> {
    let text = |(labels, values): (&stored::Labels, &Vec<Option<f64>>)| {
        let pairs: Vec<String> = labels
            .iter()
            .filter(|(name, _)| *name != "__name__")
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        let name = labels.get("__name__").map_or("", String::as_str);
        let value = values.iter().flatten().next().copied().unwrap_or(f64::NAN);
        format!("{name}{{{}}} {value}", pairs.join(","))
    };
    let mut all: Vec<String> = stored.iter().map(text).collect();
    all.sort();
    all
}

/// Prints each with its rule.
pub(crate) fn print(shown: &[Shown]) {
    println!("\nexceptions");
    for one in shown {
        let state = if one.as_listed() {
            "as listed"
        } else {
            "NOT AS LISTED"
        };
        println!(
            "  {state}: {} by {} into {}: {}",
            one.name, one.path, one.configuration, one.rule
        );
        if !one.as_listed() {
            println!("    stored {:?}, listed {:?}", one.stored, one.expected);
        }
    }
}
