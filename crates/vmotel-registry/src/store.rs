//! Where the values of a chunk of series are kept: one implementation for each kind of value.

mod explicit;
#[cfg(feature = "opentelemetry")]
mod exponential;
mod last;
mod sum;
mod summary;
mod vmrange;

use vmotel_model::Point;

use crate::RegistryError;

#[cfg(feature = "opentelemetry")]
pub(crate) use self::exponential::{Exponential, Resolution};
pub(crate) use self::{
    explicit::{Bounds, Explicit},
    last::Lasts,
    sum::{Sums, Value64},
    summary::{Summaries, Window},
    vmrange::{Vmranges, is_usable},
};

/// The values of a chunk of series, by their place in it.
///
/// Recording is a matter of each implementation and needs no lock; all of this is for the one who collects.
pub(crate) trait Store: Send + Sync + Sized + 'static {
    /// What the series of a family have in common, such as bounds.
    type Shape: Clone + Send + Sync + 'static;
    /// A value that has been read.
    type Value: Send + 'static;
    /// Room for one visit, kept from chunk to chunk.
    type Scratch: Default + Send + 'static;

    /// What the values are, for errors.
    const NAME: &'static str;

    /// Whether callbacks observe the values: what a collection has not observed is not handed out.
    const OBSERVED: bool = false;

    /// Checks the shape of a new family.
    fn check(name: &str, shape: &Self::Shape) -> Result<(), RegistryError> {
        let _ = (name, shape);
        Ok(())
    }

    /// Checks that a family has the shape that is asked for.
    fn same(name: &str, known: &Self::Shape, given: &Self::Shape) -> Result<(), RegistryError> {
        let _ = (name, known, given);
        Ok(())
    }

    /// Creates the values of `size` series at zero.
    fn new(size: usize, shape: &Self::Shape) -> Self;

    /// Reads a value.
    fn read(&self, shape: &Self::Shape, at: usize) -> Self::Value;

    /// Tells whether a value was changed since `last` was read, and reads it again.
    fn changed(&self, shape: &Self::Shape, at: usize, last: &mut Self::Value) -> bool;

    /// Tells whether [`Store::move_on`] would have something to do.
    fn is_new(&self, shape: &Self::Shape, at: usize, last: &Self::Value) -> bool;

    /// Adds what came to the value at `at` since `last` was read to another one, and reads `last` again.
    fn move_on(&self, shape: &Self::Shape, at: usize, last: &mut Self::Value, to: &Self, to_at: usize);

    /// Returns how much has come to a value so far, in whatever unit.
    fn weight(value: &Self::Value) -> u64 {
        let _ = value;
        0
    }

    /// Sets a value to zero. Nobody records there any more.
    fn clear(&self, shape: &Self::Shape, at: usize);

    /// Calls `each` with the values of the first `len` series.
    fn visit(
        &self,
        shape: &Self::Shape,
        len: usize,
        scratch: &mut Self::Scratch,
        each: impl FnMut(usize, Point<'_>),
    );

    /// Calls `each` with a value that has been read.
    fn visit_value(shape: &Self::Shape, value: &Self::Value, each: impl FnMut(Point<'_>));
}
