//! Labels as types: a series is found by an index, not by its texts.

use std::{fmt, marker::PhantomData, sync::OnceLock};

use crate::{Family, RegistryError};

/// The most combinations of values.
const MAX_COMBINATIONS: usize = 1 << 16;

/// A label whose values are known: an enumeration with a dense index.
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
pub trait LabelValue: Copy + 'static {
    /// The texts, distinct, by index.
    const VALUES: &'static [&'static str];

    /// Returns the place of this value in [`VALUES`](Self::VALUES); one that is not there becomes `other`.
    fn index(self) -> usize;
}

impl LabelValue for bool {
    const VALUES: &'static [&'static str] = &["false", "true"];

    #[inline]
    fn index(self) -> usize {
        usize::from(self)
    }
}

/// All labels of a metric as a type: a struct whose fields are [`LabelValue`]s.
///
/// # Examples
/// ```
/// use vmotel_registry::{LabelSet, LabelValue, Registry, Typed};
///
/// #[derive(Clone, Copy)]
/// struct Job {
///     ok: bool,
///     retried: bool,
/// }
///
/// impl LabelSet for Job {
///     const NAMES: &'static [&'static str] = &["ok", "retried"];
///     const VALUES: &'static [&'static [&'static str]] = &[bool::VALUES, bool::VALUES];
///
///     fn indexes(self) -> impl IntoIterator<Item = usize> {
///         [self.ok.index(), self.retried.index()]
///     }
/// }
///
/// let registry = Registry::new();
/// let jobs = Typed::<_, Job>::new(registry.counter_family("jobs_total", ["ok", "retried"])?)?;
/// jobs.with(Job { ok: true, retried: false }).inc();
/// assert_eq!(registry.counter("jobs_total{ok=\"true\",retried=\"false\"}")?.get(), 1);
/// # Ok::<(), vmotel_registry::RegistryError>(())
/// ```
pub trait LabelSet: Copy {
    /// The names of the labels.
    const NAMES: &'static [&'static str];

    /// The values of each label.
    const VALUES: &'static [&'static [&'static str]];

    /// Returns the index of the value of each label.
    fn indexes(self) -> impl IntoIterator<Item = usize>;
}

/// A family with typed labels: finding a series is arithmetic, without a hash, a comparison or a lock.
///
/// A series comes into being at its first use. See [`LabelSet`].
pub struct Typed<F: Family, L> {
    family: F,
    /// By the number of the combination; each label has one value more than it names, `other`.
    handles: Box<[OnceLock<F::Handle>]>,
    labels: PhantomData<fn(L)>,
}

impl<F: Family, L: LabelSet> Typed<F, L> {
    /// Gives a family typed labels.
    ///
    /// # Errors
    /// Returns an error if the family has other labels, or if there are no combinations of values or more than 65,536.
    pub fn new(family: F) -> Result<Self, RegistryError> {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        if family.label_names() != L::NAMES || L::NAMES.len() != L::VALUES.len() {
            return Err(RegistryError::Labels {
                known: own(&family.label_names()),
                given: own(L::NAMES),
            });
        }
        let combinations = L::VALUES
            .iter()
            .try_fold(1_usize, |all, values| all.checked_mul(values.len() + 1))
            .unwrap_or(usize::MAX);
        if combinations > MAX_COMBINATIONS || L::VALUES.iter().any(|values| values.is_empty()) {
            return Err(RegistryError::Combinations {
                names: own(L::NAMES),
                combinations,
            });
        }
        Ok(Self {
            family,
            handles: std::iter::repeat_with(OnceLock::new).take(combinations).collect(),
            labels: PhantomData,
        })
    }

    /// Returns the handle of the series with these labels.
    #[inline]
    pub fn with(&self, labels: L) -> &F::Handle {
        let mut number = 0;
        for (values, index) in L::VALUES.iter().zip(labels.indexes()) {
            number = number * (values.len() + 1) + index.min(values.len());
        }
        let slot = &self.handles[number];
        match slot.get() {
            Some(handle) => handle,
            None => self.create(slot, number),
        }
    }

    #[cold]
    #[inline(never)]
    fn create<'a>(&self, slot: &'a OnceLock<F::Handle>, number: usize) -> &'a F::Handle {
        slot.get_or_init(|| {
            let mut rest = number;
            let mut texts: Vec<&str> = Vec::new();
            // The last label counts single steps.
            for values in L::VALUES.iter().rev() {
                let index = rest % (values.len() + 1);
                rest /= values.len() + 1;
                texts.push(values.get(index).copied().unwrap_or("other"));
            }
            texts.reverse();
            self.family.handle(&texts)
        })
    }
}

impl<F: Family, L> fmt::Debug for Typed<F, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Typed").field(&self.family).finish()
    }
}
