//! Checks queries: reads one MetricsQL query per line from standard input and prints for each line
//! `ok<TAB>the query formatted on one line` or `error<TAB>message`.
//!
//! ```text
//! $ printf 'rate( m[5m] )\nrte(m)\n' | cargo run -p vmotel-examples --example metricsql_check
//! ok    rate(m[5m])
//! error unknown function `rte`, did you mean `rate`?
//! ```

use std::io::{BufRead, Write};

fn main() -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().split(b'\n') {
        match check(&line?) {
            Ok(query) => writeln!(out, "ok\t{query}")?,
            Err(message) => writeln!(out, "error\t{message}")?,
        }
    }
    Ok(out.flush()?)
}

/// Returns the query formatted on one line.
fn check(line: &[u8]) -> Result<String, String> {
    let query = std::str::from_utf8(line).map_err(|error| error.to_string())?;
    let expr = vmotel_metricsql::parse(query.trim_end_matches('\r'))
        .map_err(|error| one_line(&error.to_string()))?;
    Ok(expr.to_string())
}

fn one_line(message: &str) -> String {
    message.replace('\r', "\\r").replace('\n', "\\n")
}
