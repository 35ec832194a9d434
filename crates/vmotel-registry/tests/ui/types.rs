use vmotel_registry::{Counter, Labels, MetricFamily, Typed};

#[derive(Labels)]
struct Job {
    status: u16,
}

#[derive(MetricFamily)]
struct Metrics {
    /// Labels that are none
    more: Typed<Counter, u64>,
}

fn main() {}
