//! Prints the template of every URL or request path: one a line in, one a line out, an empty line gives `/`.
//!
//! ```sh
//! cut -d' ' -f7 access.log | cargo run --release -p vmotel-examples --example normalize_urls | sort | uniq -c
//! ```

use std::io::{self, BufRead as _, BufWriter, Write as _};

use vmotel_cardinality::UrlNormalizer;

fn main() -> anyhow::Result<()> {
    let urls = UrlNormalizer::default();
    let mut input = io::stdin().lock();
    let mut output = BufWriter::new(io::stdout().lock());
    // Bytes, not text: an access log may hold anything.
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let url = line.strip_suffix(b"\n").unwrap_or(&line);
        writeln!(output, "{}", urls.normalize_bytes(url))?;
        line.clear();
    }
    output.flush()?;
    Ok(())
}
