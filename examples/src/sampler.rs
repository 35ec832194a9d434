//! Four samplers beside the exact count: how many events each keeps, what it estimates, and its error bar.
//!
//! Run: `cargo run -p vmotel-examples --example sampler`. It ends by itself.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use vmotel_aggregate::{
    AdaptiveConfig, AdaptiveSampler, BlockSampler, RateSampler, SamplerStats, ThresholdSampler,
};

const EVENTS: u64 = 1_000_000;

fn main() -> anyhow::Result<()> {
    let rate = RateSampler::new(0.01)?;
    let block = BlockSampler::new(100)?;
    let adaptive = AdaptiveSampler::new(AdaptiveConfig {
        budget: 1000,
        interval: Duration::from_secs(1),
    })?;
    let threshold = ThresholdSampler::new(100_000.0)?;

    let (mut bytes, mut estimated_bytes) = (0.0, 0.0);
    for event in 0..EVENTS {
        // The closure holds the costly work: it runs for kept events only, and gets the weight to record with.
        rate.sample(|_weight| ());
        block.sample(|_weight| ());
        adaptive.sample(|_weight| ());
        // Sizes from 1 B to 1 MB: the threshold sampler keeps the large ones always.
        let size = 10_f64.powf((event % 601) as f64 / 100.0);
        bytes += size;
        estimated_bytes += threshold.decide(size).map_or(0.0, |(kept, _weight)| kept);
        if event % 100_000 == 99_999 {
            adaptive.tick(Duration::from_secs(event / 100_000 + 1));
        }
    }

    println!("{EVENTS} events");
    println!("sampler     kept    estimated  error   one standard error");
    line("rate", rate.stats());
    line("block", block.stats());
    line("adaptive", adaptive.stats());
    let error = (estimated_bytes / bytes - 1.0) * 100.0;
    println!(
        "threshold {:>6}    {error:+.3} % of {bytes:.0} bytes",
        threshold.stats().kept
    );
    Ok(())
}

fn line(name: &str, stats: SamplerStats) {
    let error = (stats.estimated as f64 / EVENTS as f64 - 1.0) * 100.0;
    let bar = stats.standard_error() / EVENTS as f64 * 100.0;
    println!(
        "{name:9} {:>6} {:>12}  {error:+.3} %  {bar:.3} %",
        stats.kept, stats.estimated
    );
}
