use vmotel_registry::{BucketHistogram, Counter, MetricFamily};

#[derive(MetricFamily)]
struct NoHelp {
    jobs: Counter,
}

#[derive(MetricFamily)]
struct WrongName {
    /// Jobs
    #[metric(name = "7 jobs")]
    jobs: Counter,
}

#[derive(MetricFamily)]
struct Descending {
    /// Time
    #[metric(buckets = [1.0, 0.5])]
    duration: BucketHistogram,
}

#[derive(MetricFamily)]
struct UnknownKey {
    /// Jobs
    #[metric(buckets = [1.0], zero)]
    jobs: Counter,
}

#[derive(MetricFamily)]
enum NoStruct {
    Jobs,
}

fn main() {}
