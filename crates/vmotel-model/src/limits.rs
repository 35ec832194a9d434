//! Limits of VictoriaMetrics (defaults of 1.112 and 1.145), shared by validation and rendered flags.

/// The most labels of a series, `__name__`, `job` and `instance` included (`-maxLabelsPerTimeseries`).
pub const MAX_LABELS: usize = 40;

/// The longest label name in bytes (fixed in the server).
pub const MAX_LABEL_NAME_BYTES: usize = 256;

/// The longest label value in bytes, the metric name included (`-maxLabelValueLen`).
pub const MAX_LABEL_VALUE_BYTES: usize = 4096;

/// The largest scrape body in bytes (`-promscrape.maxScrapeSize`).
pub const MAX_SCRAPE_BYTES: usize = 16 * 1024 * 1024;
