//! Labels as enumerations: a series is found by an index, not by its attributes.

use std::{fmt, marker::PhantomData, sync::OnceLock};

use opentelemetry::KeyValue;

use super::AggregatorError;

/// The most combinations of values that a typed instrument takes.
const MAX_COMBINATIONS: usize = 1 << 16;

/// The value of combinations whose index is not in range.
const OTHER: &str = "other";

/// A label whose values are known: an enumeration with a dense index.
///
/// # Examples
/// ```
/// use vmotel_aggregate::LabelValue;
///
/// #[derive(Clone, Copy)]
/// enum Outcome {
///     Hit,
///     Miss,
/// }
///
/// impl LabelValue for Outcome {
///     const VALUES: &'static [&'static str] = &["hit", "miss"];
///
///     fn index(self) -> usize {
///         self as usize
///     }
/// }
///
/// assert_eq!(Outcome::VALUES[Outcome::Miss.index()], "miss");
/// ```
pub trait LabelValue: Copy + 'static {
    /// The texts, distinct, by index.
    const VALUES: &'static [&'static str];

    /// Returns the place of this value in [`VALUES`](Self::VALUES).
    fn index(self) -> usize;
}

impl LabelValue for bool {
    const VALUES: &'static [&'static str] = &["false", "true"];

    #[inline]
    fn index(self) -> usize {
        usize::from(self)
    }
}

/// A tuple of one to four [`LabelValue`]s.
pub trait LabelSet: Copy + sealed::Sealed + 'static {
    /// The names of the labels, an array.
    type Keys: AsRef<[&'static str]> + Copy + Send + Sync + 'static;

    /// The values of each label.
    #[doc(hidden)]
    const VALUES: &'static [&'static [&'static str]];

    /// Returns the number of the combination, or one beyond all if an index is not in range.
    #[doc(hidden)]
    fn index(self) -> usize;
}

mod sealed {
    #[expect(unnameable_types, reason = "nobody else is to implement the traits")]
    pub trait Sealed {}
}

macro_rules! label_set {
    ($count:literal: $($label:ident $value:ident),+) => {
        impl<$($label: LabelValue),+> sealed::Sealed for ($($label,)+) {}

        impl<$($label: LabelValue),+> LabelSet for ($($label,)+) {
            type Keys = [&'static str; $count];

            const VALUES: &'static [&'static [&'static str]] = &[$($label::VALUES),+];

            #[inline(always)]
            fn index(self) -> usize {
                let ($($value,)+) = self;
                let mut index = 0_usize;
                $(
                    let at = $value.index();
                    if at >= $label::VALUES.len() {
                        return usize::MAX;
                    }
                    index = index * $label::VALUES.len() + at;
                )+
                index
            }
        }
    };
}

label_set!(1: A a);
label_set!(2: A a, B b);
label_set!(3: A a, B b, C c);
label_set!(4: A a, B b, C c, D d);

/// An instrument that has handles.
pub trait Instrument: Clone + fmt::Debug + sealed::Sealed {
    /// The handle of one series.
    type Handle: Clone + fmt::Debug;

    /// Returns the handle of the series with these attributes.
    #[doc(hidden)]
    fn handle(&self, attributes: &[KeyValue]) -> Self::Handle;

    #[doc(hidden)]
    fn name(&self) -> &str;
}

macro_rules! instruments {
    ($($instrument:ident $handle:ident),+) => {
        $(
            impl sealed::Sealed for super::$instrument {}

            impl Instrument for super::$instrument {
                type Handle = super::$handle;

                fn handle(&self, attributes: &[KeyValue]) -> super::$handle {
                    self.with(attributes)
                }

                fn name(&self) -> &str {
                    &self.0.family.definition.name
                }
            }
        )+
    };
}

instruments!(
    Counter CounterHandle,
    FloatCounter FloatCounterHandle,
    UpDownCounter UpDownCounterHandle,
    Gauge GaugeHandle,
    Histogram HistogramHandle
);

/// An instrument with typed labels: finding a series is arithmetic, without a hash, a comparison or a lock.
///
/// A series exists, and is exported, from its first use on.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use vmotel_aggregate::{Aggregator, AggregatorConfig, Counter, Typed};
/// # #[derive(Debug)] struct At(u64);
/// # impl vmotel_model::Clock for At {
/// #     fn now(&self) -> vmotel_model::Timestamp { vmotel_model::Timestamp(self.0) }
/// #     fn monotonic(&self) -> std::time::Duration { std::time::Duration::from_nanos(self.0) }
/// # }
/// # let clock = Arc::new(At(0));
///
/// let aggregator = Aggregator::new(AggregatorConfig::default(), clock);
/// let jobs: Typed<Counter, (bool, bool)> = Typed::new(aggregator.counter("jobs")?, ["ok", "retried"])?;
/// jobs.with((true, false)).add(2);
/// assert!(format!("{:?}", jobs.with((true, false))).ends_with("value: 2 }"));
/// # Ok::<(), vmotel_aggregate::AggregatorError>(())
/// ```
pub struct Typed<I: Instrument, L: LabelSet> {
    instrument: I,
    keys: L::Keys,
    /// By the number of the combination; the last is for those that are not in range.
    handles: Box<[OnceLock<I::Handle>]>,
    labels: PhantomData<fn(L)>,
}

impl<I: Instrument, L: LabelSet> fmt::Debug for Typed<I, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Typed")
            .field("instrument", &self.instrument)
            .field("labels", &self.keys.as_ref())
            .finish_non_exhaustive()
    }
}

impl<I: Instrument, L: LabelSet> Typed<I, L> {
    /// Gives an instrument labels of these names.
    ///
    /// # Errors
    /// Returns an error if two names are equal, or if there are no combinations of values or more than 65,536.
    pub fn new(instrument: I, keys: L::Keys) -> Result<Self, AggregatorError> {
        let names = keys.as_ref();
        if let Some(twice) = names
            .iter()
            .enumerate()
            .find(|(at, name)| names[..*at].contains(name))
        {
            return Err(AggregatorError::Label {
                name: instrument.name().to_owned(),
                label: (*twice.1).to_owned(),
            });
        }
        let combinations = L::VALUES
            .iter()
            .try_fold(1_usize, |all, values| all.checked_mul(values.len()))
            .unwrap_or(usize::MAX);
        if !(1..=MAX_COMBINATIONS).contains(&combinations) {
            return Err(AggregatorError::Combinations {
                name: instrument.name().to_owned(),
                combinations,
            });
        }
        Ok(Self {
            instrument,
            keys,
            handles: std::iter::repeat_with(OnceLock::new)
                .take(combinations + 1)
                .collect(),
            labels: PhantomData,
        })
    }

    /// Returns the handle of the series with these labels.
    ///
    /// Where an implementation of [`LabelValue`] gives an index that is not in range, all labels become `other`.
    #[inline]
    pub fn with(&self, labels: L) -> &I::Handle {
        let at = labels.index().min(self.handles.len() - 1);
        let slot = &self.handles[at];
        match slot.get() {
            Some(handle) => handle,
            None => self.create(slot, at),
        }
    }

    #[cold]
    #[inline(never)]
    fn create<'a>(&self, slot: &'a OnceLock<I::Handle>, at: usize) -> &'a I::Handle {
        slot.get_or_init(|| {
            let mut rest = at;
            let mut attributes: Vec<KeyValue> = Vec::new();
            // The last label counts single steps.
            for (key, values) in self.keys.as_ref().iter().zip(L::VALUES).rev() {
                let text = match at == self.handles.len() - 1 {
                    true => OTHER,
                    false => values[rest % values.len()],
                };
                rest /= values.len();
                attributes.push(KeyValue::new(*key, text));
            }
            self.instrument.handle(&attributes)
        })
    }
}
