//! Histograms in the buckets of VictoriaMetrics: `vmrange`.

mod edges;

use std::sync::LazyLock;

use vmotel_cells::Windows;
use vmotel_model::{Point, VmrangeBucket, VmrangePoint};

use self::edges::{BUCKETS, EDGES};
use super::Store;

/// The buckets, what is below them, and what is above.
const CLASSES: usize = BUCKETS + 2;

/// Bits of the mantissa that choose an entry of the table: so many that no entry spans two edges.
const MANTISSA: u32 = 5;

/// The exponents of the first and last edge, with their mantissa bits: entries of the table.
const FIRST: u64 = EDGES[0] >> (52 - MANTISSA);
const LAST: u64 = EDGES[BUCKETS] >> (52 - MANTISSA);

/// The class of the smallest double of each entry.
static TABLE: [u16; (LAST - FIRST + 1) as usize] = {
    let mut table = [0; (LAST - FIRST + 1) as usize];
    let (mut entry, mut class) = (0, 0);
    while entry < table.len() {
        let smallest = (FIRST + entry as u64) << (52 - MANTISSA);
        while class <= BUCKETS && EDGES[class] <= smallest {
            class += 1;
        }
        table[entry] = class as u16;
        entry += 1;
    }
    table
};

/// Returns the class of a value that is zero or above: 0 is below all buckets, the last one above.
#[inline(always)]
fn class(value: f64) -> u32 {
    // The bits of doubles above zero are in the order of the doubles; the sign of a negative zero is cut.
    let bits = value.to_bits() & (u64::MAX >> 1);
    let entry = (bits >> (52 - MANTISSA)).wrapping_sub(FIRST) as usize;
    match TABLE.get(entry) {
        Some(&class) => {
            let beyond = EDGES.get(usize::from(class)).is_some_and(|edge| bits >= *edge);
            u32::from(class) + u32::from(beyond)
        }
        None if bits < EDGES[0] => 0,
        None => CLASSES as u32 - 1,
    }
}

/// The texts of the label, by class.
static RANGES: LazyLock<Vec<String>> = LazyLock::new(|| {
    /// `10^(1/18)` as Go computes it.
    const STEP: f64 = f64::from_bits(STEP_BITS);
    let bound = |value: f64| {
        let text = format!("{value:.3e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        format!("{digits}e{sign}{exponent:0>2}")
    };
    let mut ranges = vec![format!("0...{}", bound(1e-9))];
    let (mut value, mut start) = (1e-9, bound(1e-9));
    for _ in 0..BUCKETS {
        value *= STEP;
        let end = bound(value);
        ranges.push(format!("{start}...{end}"));
        start = end;
    }
    ranges.push(format!("{}...+Inf", bound(1e18)));
    ranges
});

const STEP_BITS: u64 = 0x3ff2_2ef4_8683_80ca;

/// Histograms of windows around the buckets in use.
pub(crate) struct Vmranges {
    windows: Windows,
}

/// What was read of a histogram: the classes in use with their counts, ascending.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Read {
    pub(crate) counts: Vec<(u32, u64)>,
    pub(crate) sum: f64,
}

impl Read {
    pub(crate) fn count(&self) -> u64 {
        self.counts
            .iter()
            .fold(0, |sum, (_, count)| sum.wrapping_add(*count))
    }
}

/// Room to bring counts in order.
pub(crate) struct Scratch {
    counts: Box<[u64; CLASSES]>,
    buckets: Vec<VmrangeBucket<'static>>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            counts: Box::new([0; CLASSES]),
            buckets: Vec::new(),
        }
    }
}

/// Returns true for a value that can be recorded: neither NaN nor negative.
#[inline(always)]
pub(crate) fn is_usable(value: f64) -> bool {
    value >= 0.0
}

impl Vmranges {
    /// Records a value that is usable.
    #[inline(always)]
    pub(crate) fn record(&self, at: usize, value: f64) {
        self.windows.record(at, class(value), value);
    }

    fn read_into(&self, at: usize, counts: &mut [u64; CLASSES]) -> (f64, std::ops::Range<usize>) {
        let (mut start, mut end) = (CLASSES, 0);
        let sum = self.windows.read(at, |class, count| {
            let class = class as usize;
            (start, end) = (start.min(class), end.max(class + 1));
            counts[class] = counts[class].wrapping_add(count);
        });
        (sum, start..end)
    }
}

impl Store for Vmranges {
    type Shape = ();
    type Value = Read;
    type Scratch = Scratch;

    const NAME: &'static str = "histogram";

    fn new(size: usize, _: &()) -> Self {
        Self {
            windows: Windows::new(size, CLASSES as u32),
        }
    }

    fn read(&self, _: &(), at: usize) -> Read {
        let mut counts = [0; CLASSES];
        let (sum, span) = self.read_into(at, &mut counts);
        let used = span.filter(|class| counts[*class] > 0);
        Read {
            counts: used.map(|class| (class as u32, counts[class])).collect(),
            sum,
        }
    }

    fn changed(&self, shape: &(), at: usize, last: &mut Read) -> bool {
        let before = std::mem::replace(last, self.read(shape, at));
        before.counts != last.counts
    }

    fn is_new(&self, shape: &(), at: usize, last: &Read) -> bool {
        self.read(shape, at).counts != last.counts
    }

    fn move_on(&self, shape: &(), at: usize, last: &mut Read, to: &Self, to_at: usize) {
        let now = self.read(shape, at);
        let mut sum = now.sum - last.sum;
        for (class, count) in &now.counts {
            let before = last.counts.binary_search_by_key(class, |(class, _)| *class);
            let before = before.map_or(0, |index| last.counts[index].1);
            if *count != before {
                to.windows.add(to_at, *class, count.wrapping_sub(before), sum);
                sum = 0.0;
            }
        }
        *last = now;
    }

    fn weight(value: &Read) -> u64 {
        value.count()
    }

    fn clear(&self, _: &(), at: usize) {
        self.windows.clear(at);
    }

    fn visit(&self, _: &(), len: usize, scratch: &mut Scratch, mut each: impl FnMut(usize, Point<'_>)) {
        let ranges = &**RANGES;
        for at in 0..len {
            let (sum, span) = self.read_into(at, &mut scratch.counts);
            scratch.buckets.clear();
            let mut total = 0_u64;
            for class in span {
                let count = std::mem::take(&mut scratch.counts[class]);
                if count > 0 {
                    total = total.wrapping_add(count);
                    let range = ranges[class].as_str();
                    scratch.buckets.push(VmrangeBucket { range, count });
                }
            }
            each(
                at,
                Point::Vmrange(VmrangePoint {
                    buckets: &scratch.buckets,
                    sum,
                    count: total,
                }),
            );
        }
    }

    fn visit_value(_: &(), value: &Read, mut each: impl FnMut(Point<'_>)) {
        let bucket = |(class, count): &(u32, u64)| VmrangeBucket {
            range: RANGES[*class as usize].as_str(),
            count: *count,
        };
        let buckets: Vec<_> = value.counts.iter().map(bucket).collect();
        each(Point::Vmrange(VmrangePoint {
            buckets: &buckets,
            sum: value.sum,
            count: value.count(),
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::{CLASSES, EDGES, MANTISSA, RANGES, class};

    #[test]
    fn the_table_agrees_with_a_search() {
        assert_eq!(RANGES.len(), CLASSES);
        let slow = |bits: u64| EDGES.iter().filter(|edge| bits >= **edge).count() as u32;
        let around = |bits: u64| (bits - 2..bits + 3).collect::<Vec<_>>();
        let entries = (0..3500)
            .map(|entry| (EDGES[0] >> (52 - MANTISSA) << (52 - MANTISSA)) + (entry << (52 - MANTISSA)));
        for bits in EDGES.into_iter().chain(entries).flat_map(around) {
            assert_eq!(
                class(f64::from_bits(bits)),
                slow(bits),
                "{:e}",
                f64::from_bits(bits)
            );
        }
        for (value, expected) in [
            (0.0, 0),
            (-0.0, 0),
            (f64::MIN_POSITIVE, 0),
            (1.0, 162),
            (1e18, 487),
            (f64::MAX, 487),
            (f64::INFINITY, 487),
        ] {
            assert_eq!(class(value), expected, "{value:e}");
        }
    }
}
