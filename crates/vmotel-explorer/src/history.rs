//! The last values of something, as many as there is room for.

use std::collections::VecDeque;

/// A ring; the oldest value goes when a new one comes.
#[derive(Debug, Clone)]
pub(crate) struct Ring<T> {
    values: VecDeque<T>,
    room: usize,
}

impl<T: Copy> Ring<T> {
    /// Returns a ring that is filled up to `len` values with `value`.
    pub(crate) fn filled(room: usize, len: usize, value: T) -> Self {
        Self {
            values: std::iter::repeat_n(value, len.min(room)).collect(),
            room,
        }
    }

    pub(crate) fn push(&mut self, value: T) {
        if self.values.len() >= self.room {
            self.values.pop_front();
        }
        self.values.push_back(value);
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = T> + '_ {
        self.values.iter().copied()
    }

    pub(crate) fn last(&self) -> Option<T> {
        self.values.back().copied()
    }
}

/// Returns the growth per second from each value to the next; NaN where one of them is missing or the value fell (series went).
pub(crate) fn rates(values: &Ring<f64>, times: &Ring<f64>) -> Vec<f64> {
    let pairs: Vec<(f64, f64)> = values.iter().zip(times.iter()).collect();
    let rate = |pair: &[(f64, f64)]| {
        let (grown, passed) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
        if grown >= 0.0 && passed > 0.0 {
            grown / passed
        } else {
            f64::NAN
        }
    };
    let first = (!pairs.is_empty()).then_some(f64::NAN);
    first.into_iter().chain(pairs.windows(2).map(rate)).collect()
}

/// Rounds to four significant digits, which is as much as a line on a page shows.
pub(crate) fn rounded(value: f64) -> f64 {
    let digits = 3.0 - value.abs().log10().floor();
    let scale = 10f64.powf(digits);
    let rounded = (value * scale).round() / scale;
    if rounded.is_finite() { rounded } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(values: &[f64]) -> Ring<f64> {
        let mut ring = Ring::filled(4, 0, 0.0);
        values.iter().for_each(|value| ring.push(*value));
        ring
    }

    #[test]
    fn oldest_goes_first() {
        let ring = ring(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(ring.iter().collect::<Vec<_>>(), [2.0, 3.0, 4.0, 5.0]);
        assert_eq!(Ring::filled(2, 9, 7).iter().collect::<Vec<_>>(), [7, 7]);
    }

    #[test]
    fn growth_per_second() {
        let rates = rates(&ring(&[10.0, 30.0, 20.0, 25.0]), &ring(&[0.0, 10.0, 20.0, 22.5]));
        assert!(rates[0].is_nan() && rates[2].is_nan(), "{rates:?}");
        assert_eq!((rates[1], rates[3]), (2.0, 2.0));
    }

    #[test]
    fn four_digits() {
        for (value, expected) in [
            (123_456.0, 123_500.0),
            (-0.001_234_56, -0.001_235),
            (0.0, 0.0),
            (5e-324, 5e-324),
            (f64::INFINITY, f64::INFINITY),
        ] {
            assert_eq!(rounded(value), expected, "{value}");
        }
        assert!(rounded(f64::NAN).is_nan());
    }
}
