//! The SDK's own cardinality limit, where labels are bounded before it.

use opentelemetry_sdk::metrics::{Instrument, MeterProviderBuilder, Stream};
use vmotel_cardinality::Limits;

/// The limit of an SDK stream without a view.
const SDK_DEFAULT: usize = 2_000;

/// Adds a view that raises the limit of the SDK for instruments whose label sets `limits` bounds; others keep theirs.
///
/// The SDK reserves memory for all sets of a stream at once, so there is no view where its default is enough.
pub(crate) fn raise_limits(provider: MeterProviderBuilder, limits: &Limits) -> MeterProviderBuilder {
    let most = limits.most_sets();
    if most <= SDK_DEFAULT {
        return provider;
    }
    let limits = limits.clone();
    provider.with_view(move |instrument: &Instrument| {
        if limits.bounds(instrument.name()) {
            Stream::builder().with_cardinality_limit(most).build().ok()
        } else {
            None
        }
    })
}
