//! Samples by columns.

use crate::{Labels, Sample, Timestamp};

/// A series whose times and values stand apart: 16 bytes a sample, or 8 where the times are regular.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColumnSeries {
    /// The labels.
    pub labels: Labels,
    /// The times.
    pub times: Times,
    /// The values, as many as times.
    pub values: Vec<f64>,
}

impl ColumnSeries {
    /// Returns the samples in order of time.
    pub fn samples(&self) -> impl Iterator<Item = Sample> {
        self.times
            .iter()
            .zip(&self.values)
            .map(|(time, value)| Sample { time, value: *value })
    }
}

/// Times in order, told by start and step where they are regular.
///
/// # Examples
/// ```
/// use vmotel_query::Times;
///
/// let times: Times = [1000, 1500, 2000].into_iter().collect();
/// assert_eq!(times, Times::Regular { start: 1000, step: 500, len: 3 });
/// assert_eq!(times.get(2).map(|time| time.as_millis()), Some(2000));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Times {
    /// Each time is `step` after the one before.
    Regular {
        /// The first time, in milliseconds since 1970.
        start: i64,
        /// The distance, in milliseconds.
        step: i64,
        /// How many there are.
        len: usize,
    },
    /// Any times, in milliseconds since 1970.
    Any(Vec<i64>),
}

impl Default for Times {
    fn default() -> Self {
        Self::Regular {
            start: 0,
            step: 0,
            len: 0,
        }
    }
}

impl Times {
    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Regular { len, .. } => *len,
            Self::Any(times) => times.len(),
        }
    }

    /// Returns true if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns one of them.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Timestamp> {
        let millis = match self {
            Self::Regular { start, step, len } => (index < *len).then(|| start + step * index as i64),
            Self::Any(times) => times.get(index).copied(),
        };
        millis.map(Timestamp::from_millis)
    }

    /// Returns all of them.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Timestamp> {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }

    /// Appends times.
    pub(crate) fn extend(&mut self, times: &[i64]) {
        let mut rest = times;
        if let Self::Regular { start, step, len } = self {
            if *len == 0
                && let [first, behind @ ..] = rest
            {
                *start = *first;
                *len = 1;
                rest = behind;
            }
            if *len == 1
                && let [second, behind @ ..] = rest
                && let Some(distance) = second.checked_sub(*start)
            {
                *step = distance;
                *len = 2;
                rest = behind;
            }
            let mut next = last(*start, *step, *len).and_then(|last| last.checked_add(*step));
            let regular = rest
                .iter()
                .take_while(|time| {
                    let fits = next == Some(**time);
                    next = next.and_then(|next| next.checked_add(*step));
                    fits
                })
                .count();
            *len += regular;
            rest = &rest[regular..];
            if rest.is_empty() {
                return;
            }
            let (start, step) = (*start, *step);
            let mut all = Vec::with_capacity(*len + rest.len());
            all.extend((0..*len).map(|index| start + step * index as i64));
            *self = Self::Any(all);
        }
        if let Self::Any(all) = self {
            all.extend_from_slice(rest);
        }
    }

    pub(crate) fn shrink(&mut self) {
        if let Self::Any(times) = self {
            times.shrink_to_fit();
        }
    }
}

fn last(start: i64, step: i64, len: usize) -> Option<i64> {
    step.checked_mul(len as i64 - 1)?.checked_add(start)
}

impl FromIterator<i64> for Times {
    fn from_iter<I: IntoIterator<Item = i64>>(times: I) -> Self {
        let times: Vec<i64> = times.into_iter().collect();
        let mut made = Self::default();
        made.extend(&times);
        made
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_times_in_any_pieces(
            times in prop_oneof![
                proptest::collection::vec(any::<i64>(), 0..20),
                proptest::collection::vec(0_i64..3, 0..20),
                (any::<i32>(), -3_i64..1000, 0_usize..30).prop_map(|(start, step, len)| {
                    (0..len as i64).map(|i| i64::from(start) + i * step).collect()
                }),
            ],
            piece in 1_usize..7,
        ) {
            let mut made = Times::default();
            times.chunks(piece).for_each(|piece| made.extend(piece));
            let back: Vec<i64> = made.iter().map(Timestamp::as_millis).collect();
            prop_assert_eq!(back, times);
        }
    }

    #[test]
    fn regular_times_take_no_room() {
        let times: Times = (0..1000).map(|i| 7 + 15 * i).collect();
        assert!(matches!(
            times,
            Times::Regular {
                start: 7,
                step: 15,
                len: 1000
            }
        ));
        assert!(matches!([1, 2, 4].into_iter().collect(), Times::Any(_)));
    }
}
