//! The gate before instruments: decides under which labels a measurement goes on to the meter provider.

use std::{borrow::Cow, sync::Arc};

use opentelemetry::{KeyValue, StringValue, Value};
use vmotel_cardinality::{Decision, Limits, Metric};
use vmotel_model::MetricDef;

use crate::{RequestPath, path_cache};

/// Bounds the label sets of instruments that are recorded together, so that all of them get the same ones.
#[derive(Debug)]
pub(crate) struct Gate {
    limits: Limits,
    /// None where the controller has as many metrics as it may know: then all sets are folded whole.
    metric: Option<Metric>,
    /// Labels that pass; the controller drops further ones.
    labels: usize,
    value_length: usize,
    other: StringValue,
}

/// Attributes as they are recorded.
#[derive(Debug)]
pub(crate) struct Attributes<const N: usize> {
    pairs: [KeyValue; N],
    len: usize,
}

impl<const N: usize> Attributes<N> {
    #[inline]
    pub(crate) fn as_slice(&self) -> &[KeyValue] {
        &self.pairs[..self.len]
    }

    /// Leaves out what is empty; the rest keeps its order.
    #[cfg(feature = "tower")]
    pub(crate) fn without_empty(mut self) -> Self {
        let mut kept = 0;
        for at in 0..self.len {
            let is_empty = matches!(&self.pairs[at].value, Value::String(text) if text.as_str().is_empty());
            if !is_empty {
                self.pairs.swap(kept, at);
                kept += 1;
            }
        }
        self.len = kept;
        self
    }
}

impl Gate {
    /// Makes the gate of these metrics, which all have the labels of the first; before their instruments are made.
    pub(crate) fn new(limits: &Limits, defs: &[&MetricDef]) -> Self {
        Self::with_labels(limits, defs, &[])
    }

    /// Makes the gate of metrics with more labels than their definitions know.
    pub(crate) fn with_labels(limits: &Limits, defs: &[&MetricDef], more: &[&str]) -> Self {
        let controller = limits.controller();
        let first = defs.first();
        let known = first.into_iter().flat_map(|def| def.labels);
        let labels: Vec<&str> = known
            .map(|label| label.name)
            .chain(more.iter().copied())
            .collect();
        for def in defs {
            limits.add_instrument(def.name);
        }
        Self {
            metric: first.and_then(|def| controller.metric(def.name, &labels).ok()),
            labels: labels.len().min(controller.config().labels),
            value_length: controller.config().value_length,
            other: Arc::<str>::from(controller.config().fold_name.as_str()).into(),
            limits: limits.clone(),
        }
    }

    /// Returns the label of a path.
    pub(crate) fn path(&self, path: RequestPath) -> StringValue {
        if path.is_template {
            path.text
        } else {
            self.raw_path(path.text.as_str())
        }
    }

    /// Returns the label of a path that came in.
    pub(crate) fn raw_path(&self, path: &str) -> StringValue {
        path_cache::label(&self.limits, path)
    }

    /// Decides on a set of labels, in the order of the definition. A known set costs neither a lock nor an allocation.
    #[inline]
    pub(crate) fn bound<const N: usize>(&self, pairs: [KeyValue; N]) -> Attributes<N> {
        self.bound_first(pairs, N)
    }

    /// As [`bound`](Self::bound), for the first `len` of the pairs; an empty text is no label.
    #[inline]
    pub(crate) fn bound_first<const N: usize>(&self, mut pairs: [KeyValue; N], len: usize) -> Attributes<N> {
        let mut numbers: [itoa::Buffer; N] = std::array::from_fn(|_| itoa::Buffer::new());
        let mut texts = [""; N];
        let mut longest = 0;
        for ((text, pair), number) in texts.iter_mut().zip(&pairs[..len]).zip(&mut numbers) {
            *text = match &pair.value {
                Value::String(value) => value.as_str(),
                Value::I64(value) => number.format(*value),
                Value::Bool(true) => "true",
                Value::Bool(false) => "false",
                _ => "",
            };
            longest = longest.max(text.len());
        }
        let decision = self
            .metric
            .as_ref()
            .map(|metric| (metric, metric.check(&texts[..len])));
        if let Some((_, decision)) = &decision
            && decision.is_admitted()
            && longest <= self.value_length
            && self.labels >= len
        {
            return Attributes { pairs, len };
        }
        let replaced = self.replaced(decision, &texts);
        for (pair, value) in pairs.iter_mut().zip(replaced) {
            if let Some(value) = value {
                pair.value = Value::String(value);
            }
        }
        Attributes {
            pairs,
            len: self.labels.min(len),
        }
    }

    /// Returns the values that are not recorded as they came in.
    #[cold]
    fn replaced<const N: usize>(
        &self,
        decision: Option<(&Metric, Decision)>,
        texts: &[&str; N],
    ) -> [Option<StringValue>; N] {
        std::array::from_fn(|at| {
            let text = texts[at];
            let Some((metric, decision)) = &decision else {
                return (!text.is_empty()).then(|| self.other.clone());
            };
            match metric.text(decision, at, text) {
                Cow::Borrowed(same) if same == text => None,
                Cow::Borrowed(_) => Some(self.other.clone()),
                Cow::Owned(other) => Some(other.into()),
            }
        })
    }
}
