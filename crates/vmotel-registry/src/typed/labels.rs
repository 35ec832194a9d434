//! What labels as types are.

use vmotel_model::LabelDef;

use super::{Place, budget};

/// A label whose values are known: an enumeration with a dense index. `#[derive(Labels)]` implements it for one without fields.
///
/// # Examples
/// ```
/// use vmotel_registry::LabelValue;
///
/// #[derive(Clone, Copy)]
/// enum Method {
///     Get,
///     Post,
/// }
///
/// impl LabelValue for Method {
///     const VALUES: &'static [&'static str] = &["GET", "POST"];
///
///     fn index(self) -> usize {
///         self as usize
///     }
/// }
///
/// assert_eq!(Method::VALUES[Method::Post.index()], "POST");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a label whose values are known",
    label = "not an enumeration with `#[derive(Labels)]`, and not `bool`",
    note = "bound a label of free values by their number: `#[label(max = 50)]`"
)]
pub trait LabelValue: Copy + 'static {
    /// The texts, distinct, by index.
    const VALUES: &'static [&'static str];

    /// Returns the place of this value in [`VALUES`](Self::VALUES).
    ///
    /// One that is not there makes the series that with `otel_metric_overflow="true"`, which [`RegistryStats`](crate::RegistryStats)
    /// counts.
    fn index(self) -> usize;
}

impl LabelValue for bool {
    const VALUES: &'static [&'static str] = &["false", "true"];

    #[inline]
    fn index(self) -> usize {
        usize::from(self)
    }
}

/// All labels of a metric as a type. `#[derive(Labels)]` implements it for a struct.
///
/// # Examples
/// By hand:
/// ```
/// use vmotel_registry::{Counter, LabelDef, LabelSet, LabelValue, Place, Registry, Typed};
///
/// struct Job<'a> {
///     ok: bool,
///     queue: &'a str,
/// }
///
/// impl LabelSet for Job<'_> {
///     const LABELS: &'static [LabelDef] = &[
///         LabelDef { name: "ok", help: "Whether the job was done", values: bool::VALUES },
///         LabelDef { name: "queue", help: "Where it waited", values: &[] },
///     ];
///     const MAX: &'static [usize] = &[0, 50];
///
///     fn place(&self, place: &mut Place<'_>) {
///         place.known(self.ok);
///         place.free(self.queue);
///     }
/// }
///
/// assert_eq!(Job::COMBINATIONS, 2 * 51, "50 queues and `other`");
/// let registry = Registry::new();
/// let jobs = Typed::<Counter, Job>::new(registry.counter_family("jobs_total", ["ok", "queue"])?)?;
/// jobs.with(Job { ok: true, queue: "mail" }).inc();
/// assert_eq!(registry.counter("jobs_total{ok=\"true\",queue=\"mail\"}")?.get(), 1);
/// # Ok::<(), vmotel_registry::RegistryError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of labels",
    label = "not a struct with `#[derive(Labels)]`"
)]
pub trait LabelSet {
    /// The labels. One without known values is free.
    const LABELS: &'static [LabelDef];

    /// The most different values of each free label, by its place in [`LABELS`](Self::LABELS); 0 for others. Further values become
    /// `other`, which [`RegistryStats`](crate::RegistryStats) counts as overflow.
    const MAX: &'static [usize];

    /// Combinations of values, `other` of each free label included: the most series that a metric with these labels has.
    const COMBINATIONS: usize = budget::combinations(Self::LABELS, Self::MAX);

    /// Hands each label's value to `place`, in the order of [`LABELS`](Self::LABELS).
    fn place(&self, place: &mut Place<'_>);
}
