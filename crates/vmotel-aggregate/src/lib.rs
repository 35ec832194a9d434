#![doc = include_str!("../README.md")]

mod aggregator;
mod attribute_cache;
mod attribute_set;
mod sampler;

pub use aggregator::{
    Aggregator, AggregatorConfig, AggregatorError, AggregatorStats, Counter, CounterHandle, Definition,
    FloatCounter, FloatCounterHandle, Gauge, GaugeHandle, Histogram, HistogramHandle, LabelSet, LabelValue,
    Replay, Typed, TypedInstrument, UpDownCounter, UpDownCounterHandle,
};
pub use attribute_cache::AttributeCache;
pub use attribute_set::AttributeSet;
pub use sampler::{
    AdaptiveConfig, AdaptiveSampler, BlockSampler, RateSampler, SAMPLER_METRICS, Sampler, SamplerError,
    SamplerMetrics, SamplerStats, ThresholdSampler, Weight, check_kind,
};
