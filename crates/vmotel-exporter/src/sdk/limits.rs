//! The view of this exporter: the SDK's own cardinality limit, where labels are bounded before it, and exponential histograms.

use opentelemetry_sdk::metrics::{Aggregation, Instrument, InstrumentKind, MeterProviderBuilder, Stream};
use vmotel_cardinality::Limits;

use crate::engine::{EXPONENTIAL_SCALE, EXPONENTIAL_SIZE};

/// The limit of an SDK stream without a view.
const SDK_DEFAULT: usize = 2_000;

const EXPONENTIAL: Aggregation = Aggregation::Base2ExponentialHistogram {
    max_size: EXPONENTIAL_SIZE,
    max_scale: EXPONENTIAL_SCALE,
    record_min_max: false,
};

/// Adds a view that raises the limit of the SDK for instruments whose label sets `limits` bounds (others keep theirs), and that makes
/// histograms exponential, if so asked.
///
/// The SDK reserves memory for all sets of a stream at once, so there is no view where its default is enough.
pub(crate) fn add_view(
    provider: MeterProviderBuilder,
    limits: &Limits,
    exponential: bool,
) -> MeterProviderBuilder {
    let most = limits.most_sets();
    let raises = most > SDK_DEFAULT;
    if !raises && !exponential {
        return provider;
    }
    let limits = limits.clone();
    // One view: two that match would make two streams.
    provider.with_view(move |instrument: &Instrument| {
        let limit = raises && limits.bounds(instrument.name());
        let exponential = exponential && instrument.kind() == InstrumentKind::Histogram;
        let mut stream = Stream::builder();
        if limit {
            stream = stream.with_cardinality_limit(most);
        }
        if exponential {
            stream = stream.with_aggregation(EXPONENTIAL);
        }
        (limit || exponential).then(|| stream.build().ok())?
    })
}
