//! The values of one label, row by row.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow_schema::ArrowError;

use super::BatchError;

/// More text than this has no place in an array.
const MAX_BYTES: usize = i32::MAX as usize;

/// Runs of rows with the same value, and the different values.
#[derive(Debug, Default)]
pub(super) struct LabelColumn {
    /// The number of a value, and how many rows have it. Rows that no run covers have none.
    runs: Vec<Run>,
    numbers: HashMap<Arc<str>, i32>,
    values: Vec<Arc<str>>,
    bytes: usize,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    value: i32,
    begin: usize,
    rows: usize,
}

impl LabelColumn {
    /// Checks that there is room for a value; each takes a byte at least, so that the numbers last as long as the bytes.
    pub(super) fn check(&self, label: &str, value: &str) -> Result<(), BatchError> {
        let bytes = self.bytes + value.len().max(1);
        if bytes <= MAX_BYTES || self.numbers.contains_key(value) {
            return Ok(());
        }
        Err(BatchError::Full {
            label: label.to_owned(),
            bytes,
        })
    }

    /// Adds rows with a value, from row `begin` on. [`Self::check`] has passed.
    pub(super) fn push(&mut self, value: &str, begin: usize, rows: usize) {
        if let Some(last) = self.runs.last_mut()
            && last.begin + last.rows == begin
            && &*self.values[last.value as usize] == value
        {
            last.rows += rows;
            return;
        }
        let number = match self.numbers.get(value) {
            Some(number) => *number,
            None => {
                let number = self.values.len() as i32;
                let value: Arc<str> = value.into();
                self.bytes += value.len().max(1);
                self.values.push(Arc::clone(&value));
                self.numbers.insert(value, number);
                number
            }
        };
        self.runs.push(Run {
            value: number,
            begin,
            rows,
        });
    }

    /// Makes the array of a batch of `rows` rows.
    pub(super) fn finish(self, rows: usize) -> Result<ArrayRef, ArrowError> {
        let mut keys = Int32Array::builder(rows);
        for run in &self.runs {
            keys.append_nulls(run.begin - keys.values_slice().len());
            keys.append_value_n(run.value, run.rows);
        }
        keys.append_nulls(rows - keys.values_slice().len());
        let values = StringArray::from_iter_values(&self.values);
        let array = DictionaryArray::<Int32Type>::try_new(keys.finish(), Arc::new(values))?;
        Ok(Arc::new(array))
    }
}
