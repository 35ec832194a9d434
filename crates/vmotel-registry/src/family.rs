//! Metrics with labels of fixed names.

use std::{fmt, sync::Arc};

use vmotel_cells::pin;

use crate::{
    BucketHistogram, Counter, FloatCounter, Gauge, Histogram, Instrument, Summary,
    series::{Chunk, Form, Handle, Input, Labels, Question, ROOM, Salt, Schema, Series},
    store::{Explicit, Lasts, Store, Summaries, Sums, Vmranges, is_usable},
};

/// A family, and where in the array of values each of its labels is.
pub(crate) struct Labelled<S: Store, const N: usize> {
    pub(crate) series: Arc<Series<S>>,
    pub(crate) schema: Arc<Schema>,
    pub(crate) order: [usize; N],
    form: Form,
    /// What inputs begin with.
    sum: u64,
    /// By the caller's order.
    salts: [Salt; N],
}

impl<S: Store, const N: usize> Clone for Labelled<S, N> {
    fn clone(&self) -> Self {
        Self {
            series: Arc::clone(&self.series),
            schema: Arc::clone(&self.schema),
            order: self.order,
            form: self.form,
            sum: self.sum,
            salts: self.salts,
        }
    }
}

impl<S: Store, const N: usize> Labelled<S, N> {
    pub(crate) fn new(series: Arc<Series<S>>, schema: Arc<Schema>, order: [usize; N]) -> Self {
        let (sum, in_order) = series.salts(schema.number, N);
        let mut salts = [Salt::default(); N];
        for (salt, index) in in_order.into_iter().zip(order) {
            salts[index] = salt;
        }
        Self {
            series,
            schema,
            order,
            form: Form::new(N),
            sum,
            salts,
        }
    }

    #[inline(always)]
    fn labels<'v>(&self, values: &[&'v str; N]) -> Labels<impl Fn(usize) -> &'v str> {
        Labels::new(self.schema.number, N, |index| values[self.order[index]])
    }

    fn handle(&self, values: &[&str; N]) -> Handle<S> {
        self.with(values, Handle::new)
    }

    /// Calls `f` with the place of the series with these values.
    #[inline(always)]
    fn with<R>(&self, values: &[&str; N], f: impl FnOnce(&Arc<Chunk<S>>, usize) -> R) -> R {
        let pin = pin();
        let mut room = ROOM;
        let mut input = Input::new(&mut room);
        self.read(values, &mut input);
        let question = Question::new(&input, self.series.moment(&pin));
        match question
            .answer(&input)
            .and_then(|location| self.series.at(location))
        {
            Some((chunk, at)) => f(chunk, at),
            None => self.series.with_labels(
                &pin,
                question,
                |input| self.read(values, input),
                &self.labels(values),
                f,
            ),
        }
    }

    #[inline(always)]
    fn read(&self, values: &[&str; N], input: &mut Input<'_>) {
        input.begin(self.form, self.sum);
        for (value, salt) in values.iter().zip(&self.salts) {
            input.text(*salt, value);
        }
    }

    fn overflow(&self) -> Handle<S> {
        self.series.with_overflow(&pin(), Handle::new)
    }

    fn fmt(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("name", &self.series.definition.name)
            .field("labels", &self.schema.keys)
            .field("series", &self.series.len())
            .finish()
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "nobody else is to implement the trait")]
    pub trait Sealed {}
}

/// A family of any kind of values, with labels of fixed names.
pub trait Family: Clone + fmt::Debug + Send + Sync + sealed::Sealed + 'static {
    /// The handle of one series.
    type Handle: Instrument;

    /// Returns the names of the labels in the order in which they were named.
    fn label_names(&self) -> Vec<&str>;

    /// Returns the handle of the series with these values; missing ones are empty, surplus ones are ignored.
    fn handle(&self, values: &[&str]) -> Self::Handle;

    /// Returns the handle of the series for what is beyond the limits, which counts as one more measurement there.
    fn overflow(&self) -> Self::Handle;

    /// Counts a measurement whose labels were folded.
    #[doc(hidden)]
    fn count_folded(&self);
}

macro_rules! family {
    ($(#[$doc:meta])* $name:ident, $handle:ident, $store:ty) => {
        $(#[$doc])*
        ///
        /// Values are given in the order in which the labels were named. A series comes into being at its first use. Beyond the limits
        /// of [`RegistryConfig`](crate::RegistryConfig), it is the one with `otel_metric_overflow="true"`. An empty value is no label;
        /// one beyond 4096 bytes is cut. Clones are the same family.
        pub struct $name<const N: usize>(pub(crate) Labelled<$store, N>);

        impl<const N: usize> $name<N> {
            /// Returns the handle of the series with these values.
            #[must_use]
            pub fn with(&self, values: [&str; N]) -> $handle {
                $handle(self.0.handle(&values))
            }

            /// Hands the series with these values out a last time at the next collection; then it goes. Returns false if there is none.
            ///
            /// If it is used again, it is a new series that begins at zero with a new start time.
            pub fn finish(&self, values: [&str; N]) -> bool {
                self.0.series.finish(&self.0.labels(&values).key())
            }

            /// Returns the number of series.
            #[must_use]
            pub fn len(&self) -> usize {
                self.0.series.len()
            }

            /// Returns true if there is no series.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }
        }

        impl<const N: usize> sealed::Sealed for $name<N> {}

        impl<const N: usize> Family for $name<N> {
            type Handle = $handle;

            fn label_names(&self) -> Vec<&str> {
                let mut names = vec![""; N];
                for (key, index) in self.0.schema.keys.iter().zip(self.0.order) {
                    names[index] = key;
                }
                names
            }

            fn handle(&self, values: &[&str]) -> $handle {
                let mut all = [""; N];
                all.iter_mut().zip(values).for_each(|(to, from)| *to = from);
                self.with(all)
            }

            fn overflow(&self) -> $handle {
                $handle(self.0.overflow())
            }

            fn count_folded(&self) {
                self.0.series.shared.overflowed.add(1);
            }
        }

        impl<const N: usize> Clone for $name<N> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<const N: usize> fmt::Debug for $name<N> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(stringify!($name), f)
            }
        }
    };
}

family! {
    /// Counters of whole numbers with `N` labels.
    ///
    /// # Examples
    /// ```
    /// let registry = vmotel_registry::Registry::new();
    /// let requests = registry.counter_family("http_requests_total", ["method", "status"])?;
    /// requests.add(["GET", "200"], 2);
    /// requests.with(["GET", "200"]).inc();
    /// assert_eq!(requests.with(["GET", "200"]).get(), 3);
    /// # Ok::<(), vmotel_registry::RegistryError>(())
    /// ```
    CounterFamily, Counter, Sums<u64>
}

impl<const N: usize> CounterFamily<N> {
    /// Adds to the series with these values.
    #[inline]
    pub fn add(&self, values: [&str; N], n: u64) {
        self.0.with(&values, |chunk, at| chunk.store.add(at, n));
    }
}

family! {
    /// Counters of doubles with `N` labels.
    FloatCounterFamily, FloatCounter, Sums<f64>
}

impl<const N: usize> FloatCounterFamily<N> {
    /// Adds to the series with these values; returns false, and adds nothing, if `n` is negative, infinite or NaN.
    #[inline]
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers know that their values are numbers"
    )]
    pub fn add(&self, values: [&str; N], n: f64) -> bool {
        let usable = (0.0..f64::INFINITY).contains(&n);
        if usable {
            self.0.with(&values, |chunk, at| chunk.store.add(at, n));
        } else {
            self.0.series.shared.refused.add(1);
        }
        usable
    }
}

family! {
    /// Gauges with `N` labels.
    GaugeFamily, Gauge, Lasts<f64>
}

impl<const N: usize> GaugeFamily<N> {
    /// Sets the series with these values.
    #[inline]
    pub fn set(&self, values: [&str; N], value: f64) {
        self.0.with(&values, |chunk, at| chunk.store.set(at, value));
    }

    /// Adds to the series with these values; `n` may be negative.
    #[inline]
    pub fn add(&self, values: [&str; N], n: f64) {
        self.0.with(&values, |chunk, at| chunk.store.add(at, n));
    }
}

family! {
    /// Histograms in VictoriaMetrics' buckets with `N` labels.
    HistogramFamily, Histogram, Vmranges
}

impl<const N: usize> HistogramFamily<N> {
    /// Records in the series with these values; returns false, and records nothing, if the observation is NaN or negative.
    #[inline]
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers know that their values are numbers"
    )]
    pub fn record(&self, values: [&str; N], value: f64) -> bool {
        let usable = is_usable(value);
        if usable {
            self.0.with(&values, |chunk, at| chunk.store.record(at, value));
        } else {
            self.0.series.shared.refused.add(1);
        }
        usable
    }
}

family! {
    /// Histograms with explicit bounds and `N` labels.
    BucketHistogramFamily, BucketHistogram, Explicit
}

impl<const N: usize> BucketHistogramFamily<N> {
    /// Records in the series with these values; returns false, and records nothing, if the observation is NaN.
    #[inline]
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers know that their values are numbers"
    )]
    pub fn record(&self, values: [&str; N], value: f64) -> bool {
        let usable = !value.is_nan();
        if usable {
            self.0.with(&values, |chunk, at| {
                chunk.store.record(&chunk.shape, at, value);
            });
        } else {
            self.0.series.shared.refused.add(1);
        }
        usable
    }
}

family! {
    /// Summaries with `N` labels.
    SummaryFamily, Summary, Summaries
}

impl<const N: usize> SummaryFamily<N> {
    /// Records in the series with these values; returns false, and records nothing, if the observation is NaN.
    #[inline]
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers know that their values are numbers"
    )]
    pub fn record(&self, values: [&str; N], value: f64) -> bool {
        let usable = !value.is_nan();
        if usable {
            self.0.with(&values, |chunk, at| {
                chunk.store.record(&chunk.shape, at, value);
            });
        } else {
            self.0.series.shared.refused.add(1);
        }
        usable
    }
}
