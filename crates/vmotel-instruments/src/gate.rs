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
}

impl Gate {
    /// Makes the gate of these metrics, which all have the labels of the first; before their instruments are made.
    pub(crate) fn new(limits: &Limits, defs: &[&MetricDef]) -> Self {
        let controller = limits.controller();
        let first = defs.first();
        let labels: Vec<&str> = first.map_or_else(Vec::new, |def| {
            def.labels.iter().map(|label| label.name).collect()
        });
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
    pub(crate) fn bound<const N: usize>(&self, mut pairs: [KeyValue; N]) -> Attributes<N> {
        let mut numbers: [itoa::Buffer; N] = std::array::from_fn(|_| itoa::Buffer::new());
        let mut texts = [""; N];
        let mut longest = 0;
        for ((text, pair), number) in texts.iter_mut().zip(&pairs).zip(&mut numbers) {
            *text = match &pair.value {
                Value::String(value) => value.as_str(),
                Value::I64(value) => number.format(*value),
                Value::Bool(true) => "true",
                Value::Bool(false) => "false",
                _ => "",
            };
            longest = longest.max(text.len());
        }
        let decision = self.metric.as_ref().map(|metric| (metric, metric.check(&texts)));
        if let Some((_, decision)) = &decision
            && decision.is_admitted()
            && longest <= self.value_length
            && self.labels >= N
        {
            return Attributes { pairs, len: N };
        }
        let replaced = self.replaced(decision, &texts);
        for (pair, value) in pairs.iter_mut().zip(replaced) {
            if let Some(value) = value {
                pair.value = Value::String(value);
            }
        }
        Attributes {
            pairs,
            len: self.labels.min(N),
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
