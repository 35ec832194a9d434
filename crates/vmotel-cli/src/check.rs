//! `vmotel check`.

use std::fmt::Write as _;
use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use vmotel_metricsql::{lint, parse, prettify_expr};

/// The status if a query cannot be parsed.
const INVALID: u8 = 3;

/// Checks queries without a server: errors with their place, likely mistakes, formatting.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The queries [default: one a line from standard input].
    queries: Vec<String>,
    /// Print nothing of queries without mistakes.
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let mut queries = args.queries.clone();
    if queries.is_empty() {
        for line in std::io::stdin().lock().lines() {
            queries.push(line?);
        }
    }
    let mut invalid = false;
    let mut out = std::io::stdout().lock();
    for query in queries.iter().filter(|query| !query.trim().is_empty()) {
        let (text, valid) = report(query, args.quiet);
        invalid |= !valid;
        out.write_all(text.as_bytes())?;
    }
    Ok(if invalid {
        ExitCode::from(INVALID)
    } else {
        ExitCode::SUCCESS
    })
}

fn report(query: &str, quiet: bool) -> (String, bool) {
    let mut text = String::new();
    let expr = match parse(query) {
        Ok(expr) => expr,
        Err(error) => {
            let _ = writeln!(text, "error: {}\n", error.render(query));
            return (text, false);
        }
    };
    let lints = lint(&expr);
    if !quiet || !lints.is_empty() {
        let _ = writeln!(text, "{}", prettify_expr(&expr));
    }
    for lint in &lints {
        let _ = writeln!(
            text,
            "  warning: {} ({})\n    help: {}",
            lint.message,
            lint.rule.name(),
            lint.help
        );
    }
    (text, true)
}

#[cfg(test)]
mod tests {
    use super::report;

    #[test]
    fn shows_errors_and_mistakes() {
        let (text, valid) = report("rte(m)", false);
        assert!(!valid && text.contains("did you mean `rate`"), "{text}");
        let (text, valid) = report("rate( m[5m] )", false);
        assert!(valid);
        assert_eq!(text, "rate(m[5m])\n");
        let (text, valid) = report("rollup_rate(m[1h])", true);
        assert!(
            valid && text.contains("rollup-without-tag") && text.contains("help: "),
            "{text}"
        );
        assert_eq!(report("up", true), (String::new(), true));
    }
}
