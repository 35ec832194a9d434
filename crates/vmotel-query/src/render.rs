//! Results for people: a table, charts of characters, lines of eight heights.
//!
//! Nothing is wider than the columns that [`RenderConfig`] allows, as Unicode counts them (UAX #11), and no text of a label can steer
//! the terminal: control characters are written as escapes.
//!
//! # Examples
//! ```
//! use vmotel_query::render::{self, RenderConfig};
//! use vmotel_query::{Data, Labels, Sample, Timestamp, VectorSeries};
//!
//! let series = |shop: &str, value| VectorSeries {
//!     labels: Labels::new([("__name__", "orders"), ("shop", shop)]),
//!     sample: Sample { time: Timestamp::from_millis(1_700_000_000_000), value },
//! };
//! let data = Data::Vector(vec![series("a", 30.0), series("b", 0.1 + 0.2)]);
//! assert_eq!(render::table(&data, &RenderConfig::default()), "\
//! ┌─────────────────────────────────────────────────┐
//! │ series             value   time                 │
//! ╞═════════════════════════════════════════════════╡
//! │ orders{shop=\"a\"}      30   2023-11-14T22:13:20Z │
//! │ orders{shop=\"b\"}     0.3   2023-11-14T22:13:20Z │
//! └─────────────────────────────────────────────────┘
//! 2 series
//! ");
//! assert_eq!(render::sparkline(&[0.0, 3.5, f64::NAN, 7.0], 10), "▁▅ █");
//! ```

mod chart;
mod columns;
mod number;
mod table;
mod title;

pub use chart::{chart, sparkline};
pub use number::{brief, full};
pub use table::{range_table, table};

/// Narrower than this, nothing can be laid out.
const LEAST_WIDTH: usize = 30;

/// How to draw.
///
/// # Examples
/// ```
/// use vmotel_query::render::RenderConfig;
///
/// let config = RenderConfig { width: 60, ..RenderConfig::default() };
/// assert!(!config.color && config.max_charts == 20);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderConfig {
    /// The columns of the terminal. Default: 100; less than 30 counts as 30.
    pub width: usize,
    /// The lines of a chart, without its title and its axis. Default: 8; 0 counts as 1.
    pub chart_lines: usize,
    /// Charts are not wider than this many columns, however wide the terminal. Default: 120.
    pub max_chart_width: usize,
    /// More charts than this are counted, not drawn. Default: 20.
    pub max_charts: usize,
    /// Whether charts have colours, as ANSI escapes. Default: false.
    pub color: bool,
}

impl Default for RenderConfig {
    fn default() -> Self {
        Self {
            width: 100,
            chart_lines: 8,
            max_chart_width: 120,
            max_charts: 20,
            color: false,
        }
    }
}

impl RenderConfig {
    fn width(&self) -> usize {
        self.width.max(LEAST_WIDTH)
    }
}
