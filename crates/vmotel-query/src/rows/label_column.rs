//! The values of one label, row by row.

use std::collections::HashMap;
use std::sync::Arc;

use super::Full;

/// More text than this has no place in a dictionary of Arrow's, and numbers of 32 bits last as long.
const MAX_BYTES: usize = i32::MAX as usize;

/// Runs of rows with the same value, and the different values.
#[derive(Debug, Default)]
pub(crate) struct LabelColumn {
    /// The number of a value, and how many rows have it. Rows that no run covers have none.
    runs: Vec<Run>,
    numbers: HashMap<Arc<str>, i32>,
    values: Vec<Arc<str>>,
    bytes: usize,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// The number of the value.
    pub(crate) value: i32,
    /// The first row.
    pub(crate) begin: usize,
    pub(crate) rows: usize,
}

impl LabelColumn {
    /// Checks that there is room for a value; each takes a byte at least, so that the numbers last as long as the bytes.
    pub(super) fn check(&self, label: &str, value: &str) -> Result<(), Full> {
        let bytes = self.bytes + value.len().max(1);
        if bytes <= MAX_BYTES || self.numbers.contains_key(value) {
            return Ok(());
        }
        Err(Full {
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

    /// Returns the runs by their first row; rows between them lack the label.
    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Returns the different values by number.
    pub(crate) fn values(&self) -> &[Arc<str>] {
        &self.values
    }
}
