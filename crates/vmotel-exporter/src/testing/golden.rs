//! The whole text of a scrape, compared with a file.

use std::{env, fmt::Write as _, fs, path::Path};

use super::{Expose, Sample};

/// The variable of the environment that has golden files written anew.
const BLESS: &str = "VMOTEL_BLESS";

/// Fails if the text of a scrape is not that of a file, whose path is relative to the manifest of the package.
///
/// With `VMOTEL_BLESS=1` in the environment the file is written instead. Families stand by name, series in the order of their labels. What
/// differs from run to run, such as the time of an operation, has no place in it.
///
/// ```no_run
/// use vmotel_exporter::{assert_golden, testing::TestMeter};
///
/// let test = TestMeter::new();
/// test.meter().u64_counter("orders").build().add(2, &[]);
/// assert_golden!(test, "tests/golden/orders.txt");
/// ```
#[macro_export]
macro_rules! assert_golden {
    ($from:expr, $path:expr $(,)?) => {
        if let Err(difference) = $crate::testing::check_golden(
            &$from,
            ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/", $path).as_ref(),
        ) {
            ::core::panic!("{difference}");
        }
    };
}

/// Compares the text of a scrape with a file; what [`assert_golden!`](crate::assert_golden) does.
///
/// # Errors
/// Returns what differs, or why the file cannot be read or written.
pub fn check_golden(from: &impl Expose, path: &Path) -> Result<(), String> {
    let text = in_order(&from.expose());
    if env::var_os(BLESS).is_some_and(|value| value == "1") {
        let folder = path.parent().unwrap_or(path);
        return fs::create_dir_all(folder)
            .and_then(|()| fs::write(path, text))
            .map_err(|error| format!("cannot write {}: {error}", path.display()));
    }
    let golden = fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}; {BLESS}=1 writes it", path.display()))?;
    if golden == text {
        return Ok(());
    }
    let mut difference = format!(
        "the metrics are not those of {}; {BLESS}=1 writes it anew",
        path.display()
    );
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (expected, found) = (lines(&golden), lines(&text));
    for (sign, lines, others) in [('-', &expected, &found), ('+', &found, &expected)] {
        for line in lines.iter().filter(|line| !others.contains(line)) {
            let _ = write!(difference, "\n{sign} {line}");
        }
    }
    Err(difference)
}

/// Puts the series of each family in the order of their labels; those of one histogram or summary keep theirs.
pub(super) fn in_order(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut family: Vec<(Vec<(String, String)>, &str)> = Vec::new();
    for line in text.lines() {
        match Sample::parse(line) {
            Some(mut sample) => {
                sample
                    .labels
                    .retain(|(name, _)| !matches!(name.as_str(), "le" | "quantile" | "vmrange"));
                family.push((sample.labels, line));
            }
            None => {
                end(&mut family, &mut out);
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    end(&mut family, &mut out);
    out
}

fn end(family: &mut Vec<(Vec<(String, String)>, &str)>, out: &mut String) {
    // Stable: lines with equal labels stay as they are.
    family.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (_, line) in family.drain(..) {
        out.push_str(line);
        out.push('\n');
    }
}
