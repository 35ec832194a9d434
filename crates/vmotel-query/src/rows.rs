//! Samples of many series, a row a sample, with a column for each label: what Arrow and polars make their columns of.

mod label_column;

use std::collections::BTreeMap;

pub(crate) use label_column::LabelColumn;

use crate::{Block, ColumnSeries, Labels, RangeSeries};

/// A label has more text than a column can hold.
#[derive(Debug)]
pub(crate) struct Full {
    pub(crate) label: String,
    pub(crate) bytes: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) times: Vec<i64>,
    pub(crate) values: Vec<f64>,
    pub(crate) labels: BTreeMap<String, LabelColumn>,
    /// Series that began here.
    pub(crate) series: u64,
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    /// Gathers the series of a range query.
    pub(crate) fn of(series: &[RangeSeries]) -> Result<Self, Full> {
        let mut rows = Self::default();
        for one in series {
            let times = one.samples.iter().map(|sample| sample.time.as_millis());
            let values = one.samples.iter().map(|sample| sample.value);
            rows.extend(&one.labels, true, times, values)?;
        }
        Ok(rows)
    }

    /// Gathers the series of a range query by columns.
    pub(crate) fn of_columns(series: &[ColumnSeries]) -> Result<Self, Full> {
        let mut rows = Self::default();
        for one in series {
            let times = one.times.iter().map(|time| time.as_millis());
            rows.extend(&one.labels, true, times, one.values.iter().copied())?;
        }
        Ok(rows)
    }

    /// Adds the samples of a block of a stream. Adds nothing if a label is full.
    pub(crate) fn append(&mut self, block: &Block<'_>) -> Result<(), Full> {
        let times = block.times.iter().copied();
        self.extend(block.labels, block.first, times, block.values.iter().copied())
    }

    /// Adds the samples of a series, or of a part of it that is not the `first`. Adds nothing if a label is full.
    fn extend(
        &mut self,
        labels: &Labels,
        first: bool,
        times: impl Iterator<Item = i64>,
        values: impl Iterator<Item = f64>,
    ) -> Result<(), Full> {
        for (label, value) in labels.iter() {
            if let Some(column) = self.labels.get(label) {
                column.check(label, value)?;
            }
        }
        let before = self.times.len();
        self.series += u64::from(first);
        self.times.extend(times);
        self.values.extend(values);
        let rows = self.times.len() - before;
        if rows == 0 {
            return Ok(());
        }
        for (label, value) in labels.iter() {
            match self.labels.get_mut(label) {
                Some(column) => column.push(value, before, rows),
                None => self
                    .labels
                    .entry(label.to_owned())
                    .or_default()
                    .push(value, before, rows),
            }
        }
        Ok(())
    }

    /// Returns the columns of the labels by name.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (String, &str, &LabelColumn)> {
        self.labels
            .iter()
            .map(|(label, column)| (self.column_name(label), label.as_str(), column))
    }

    /// Returns the name of a label's column: its own, unless a column of the samples has it.
    fn column_name(&self, label: &str) -> String {
        let mut name = label.to_owned();
        if label == "timestamp" || label == "value" {
            name.push('_');
            while self.labels.contains_key(&name) {
                name.push('_');
            }
        }
        name
    }
}
