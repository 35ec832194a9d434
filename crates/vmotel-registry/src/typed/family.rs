//! A metric with typed labels.

use std::{fmt, marker::PhantomData, sync::OnceLock};

use vmotel_model::MetricDef;

use super::{Instrument, LabelSet, Place, budget, free::FreeValues, instrument::Source};
use crate::{Family, Registry, RegistryError};

/// The most combinations of values.
const MAX_COMBINATIONS: usize = 1 << 16;

/// A metric with typed labels, such as `Typed<Counter, Job>`.
///
/// Finding a series is arithmetic where all values are known, without a hash, a comparison or a lock; a free label takes one look into a
/// table of its values. A series comes into being at its first use, or by [`preregister`](Self::preregister), and its handle is kept:
/// memory is 24 to 32 bytes per combination of values. See [`LabelSet`].
pub struct Typed<I, L> {
    source: Box<dyn Source<I>>,
    free: Box<[FreeValues]>,
    /// By the number of the combination.
    handles: Box<[OnceLock<I>]>,
    /// The series of values that are not among those that are known.
    stray: OnceLock<I>,
    // Covariant, so that labels may borrow for as long as a call.
    labels: PhantomData<fn() -> L>,
}

/// A family of fixed labels as what makes handles.
struct Of<F>(F);

impl<F: Family> Source<F::Handle> for Of<F> {
    fn handle(&self, values: &[&str]) -> F::Handle {
        self.0.handle(values)
    }

    fn overflow(&self) -> F::Handle {
        self.0.overflow()
    }

    fn folded(&self) {
        self.0.count_folded();
    }
}

impl<I: Instrument, L: LabelSet> Typed<I, L> {
    /// Gives a family typed labels.
    ///
    /// # Errors
    /// Returns an error if the family has other labels, or if there are no combinations of values or more than 65,536.
    pub fn new<F: Family<Handle = I>>(family: F) -> Result<Self, RegistryError> {
        if family.label_names() != names::<L>() {
            return Err(RegistryError::Labels {
                known: owned(&family.label_names()),
                given: owned(&names::<L>()),
            });
        }
        Self::from_source(Box::new(Of(family)))
    }

    /// Registers the metric of a definition, under its exposed name by the default naming, with its help and unit.
    ///
    /// # Errors
    /// Returns an error if a name cannot be used, if the metric is here with values or bounds of another type, if the definition has other
    /// labels, or if there are no combinations of values or more than 65,536.
    pub fn register(registry: &Registry, def: &MetricDef) -> Result<Self, RegistryError> {
        let known: Vec<&str> = def.labels.iter().map(|label| label.name).collect();
        if known != names::<L>() {
            return Err(RegistryError::Labels {
                known: owned(&known),
                given: owned(&names::<L>()),
            });
        }
        Self::from_source(I::source(registry, def)?.0)
    }

    fn from_source(source: Box<dyn Source<I>>) -> Result<Self, RegistryError> {
        if !(1..=MAX_COMBINATIONS).contains(&L::COMBINATIONS) {
            return Err(RegistryError::Combinations {
                names: owned(&names::<L>()),
                combinations: L::COMBINATIONS,
            });
        }
        let free = L::LABELS.iter().enumerate();
        let free = free
            .filter(|(_, label)| label.values.is_empty())
            .map(|(at, _)| FreeValues::new(L::MAX.get(at).copied().unwrap_or_default()));
        Ok(Self {
            source,
            free: free.collect(),
            handles: std::iter::repeat_with(OnceLock::new)
                .take(L::COMBINATIONS)
                .collect(),
            stray: OnceLock::new(),
            labels: PhantomData,
        })
    }

    /// Returns the handle of the series with these labels.
    #[inline]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "labels are mostly made for the call"
    )]
    pub fn with(&self, labels: L) -> &I {
        let mut place = Place::new(&self.free);
        labels.place(&mut place);
        if place.is_folded() {
            self.source.folded();
        }
        let slot = place
            .number()
            .and_then(|number| Some((number, self.handles.get(number)?)));
        let Some((number, slot)) = slot else {
            return self.stray();
        };
        match slot.get() {
            Some(handle) => handle,
            None => self.create(slot, number),
        }
    }

    /// Makes all series, so that the first event is a step up from zero, and returns how many there are; none if a label is free.
    ///
    /// ```
    /// use vmotel_registry::{Counter, Labels, Registry, Typed};
    ///
    /// #[derive(Labels)]
    /// struct Job { ok: bool, retried: bool }
    ///
    /// let registry = Registry::new();
    /// let jobs = Typed::<Counter, Job>::new(registry.counter_family("jobs_total", ["ok", "retried"])?)?;
    /// assert_eq!(jobs.preregister(), 4);
    /// assert_eq!(registry.stats().series, 4);
    /// # Ok::<(), vmotel_registry::RegistryError>(())
    /// ```
    pub fn preregister(&self) -> usize {
        if !self.free.is_empty() {
            return 0;
        }
        for (number, slot) in self.handles.iter().enumerate() {
            self.create(slot, number);
        }
        self.handles.len()
    }

    #[cold]
    #[inline(never)]
    fn create<'a>(&self, slot: &'a OnceLock<I>, number: usize) -> &'a I {
        slot.get_or_init(|| {
            let mut rest = number;
            let mut texts: Vec<&str> = Vec::new();
            let mut free = self.free.iter().rev();
            // The last label counts single steps.
            for (at, label) in L::LABELS.iter().enumerate().rev() {
                let size = budget::size(label, L::MAX, at).max(1);
                let index = rest % size;
                rest /= size;
                texts.push(match label.values {
                    [] => free.next().map_or("", |values| values.text(index)),
                    values => values.get(index).copied().unwrap_or_default(),
                });
            }
            texts.reverse();
            self.source.handle(&texts)
        })
    }

    #[cold]
    #[inline(never)]
    fn stray(&self) -> &I {
        if let Some(handle) = self.stray.get() {
            self.source.folded();
            return handle;
        }
        // Taking the handle counts, too.
        self.stray.get_or_init(|| self.source.overflow())
    }
}

fn names<L: LabelSet>() -> Vec<&'static str> {
    L::LABELS.iter().map(|label| label.name).collect()
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl<I, L> fmt::Debug for Typed<I, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Typed")
            .field("combinations", &self.handles.len())
            .field("free", &self.free)
            .finish_non_exhaustive()
    }
}
