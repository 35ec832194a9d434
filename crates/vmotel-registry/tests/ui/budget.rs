use vmotel_registry::{Counter, BucketHistogram, Histogram, Labels, MetricFamily, Typed};

#[derive(Labels)]
struct Request {
    secure: bool,
    #[label(max = 999)]
    tenant: String,
    cached: bool,
}

#[derive(Labels)]
#[label(budget = 10)]
struct Small {
    #[label(max = 10)]
    code: u16,
}

#[derive(MetricFamily)]
#[metric(budget = 10)]
struct Metrics {
    /// Requests
    requests: Typed<Counter, Small>,
}

#[derive(MetricFamily)]
struct Bounds {
    /// Buckets that nobody takes
    #[metric(buckets = [1.0, 2.0])]
    size: Histogram,
    /// Buckets that are missing
    duration: BucketHistogram,
}

fn main() {}
