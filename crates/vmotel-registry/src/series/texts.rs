//! The ready text of a chunk's series, rendered when a series is first seen and kept from then on.

use std::sync::atomic::Ordering;

use vmotel_cells::Pin;
use vmotel_model::{Kind, LabelPlan, Naming, TextTemplate, VisitConfig, is_classic_metric, scope_labels};

use super::{Chunk, Series, directory::LARGEST, key::Packed};
use crate::{definition::Exposure, store::Store};

/// How labels become text: one plan for each schema.
#[derive(Default)]
pub(super) struct Plans {
    scope: Vec<(String, String)>,
    plans: Vec<Plan>,
    /// False if a name can stand in text only in quotes, or two plans can give equal labels.
    pub(super) ready: bool,
    pub(super) distinct: bool,
}

pub(super) struct Plan {
    pub(super) labels: LabelPlan,
    template: TextTemplate,
}

impl Plans {
    /// Makes the plans of schemas that are new.
    pub(super) fn refresh<S: Store>(&mut self, series: &Series<S>, pin: &Pin, config: &VisitConfig) {
        let definition = &series.definition;
        let schemas = series.schemas.get(pin);
        if self.plans.is_empty() {
            self.ready = definition
                .exposed_name(config)
                .is_some_and(|name| is_classic_metric(&name));
            self.distinct = true;
            self.scope = match &definition.scope {
                Some(scope) if config.scope_labels => scope_labels(
                    config.naming,
                    &scope.name,
                    &scope.version,
                    &scope.schema_url,
                    scope.attributes.iter().map(|(key, value)| (&**key, &**value)),
                ),
                _ => Vec::new(),
            };
        }
        let naming = match definition.exposure {
            Exposure::AsGiven => Naming::NoTranslation,
            Exposure::Translated => config.naming,
        };
        let kind: Kind = definition.kind;
        for schema in &schemas[self.plans.len()..] {
            let keys = schema.keys.iter().map(|key| &**key);
            let labels = LabelPlan::new(naming, kind, keys, &self.scope, &config.constant_labels);
            // The name stands before it at each visit.
            let template = labels.template("");
            self.ready &= labels.template("n").is_classic();
            self.distinct &= labels.is_distinct();
            self.plans.push(Plan { labels, template });
        }
    }

    pub(super) fn get(&self, schema: u16) -> Option<&Plan> {
        self.plans.get(usize::from(schema))
    }

    pub(super) fn len(&self) -> usize {
        self.plans.len()
    }

    pub(super) fn render(&self, key: &Packed<'_>, text: &mut Vec<u8>) {
        match self.get(key.schema()) {
            Some(plan) => {
                plan.template.render(&plan.labels, key, text);
            }
            None => text.push(b' '),
        }
    }
}

/// A chunk as a collection has seen it.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// `{label="value"} ` of each series, one behind the other.
    text: Vec<u8>,
    /// Where each text ends, by place; empty if no texts are kept.
    ends: Vec<u32>,
    live: [u64; LARGEST / 64],
    /// Places seen so far.
    seen: usize,
    changes: u32,
}

impl Texts {
    /// Sees what is new in a chunk.
    pub(super) fn refresh<S: Store>(
        &mut self,
        series: &Series<S>,
        chunk: &Chunk<S>,
        plans: &Plans,
        bytes: &mut Vec<u8>,
    ) {
        // Before the places, so that what changes meanwhile is seen next time.
        let changes = chunk.changes.load(Ordering::Acquire);
        let filled = chunk.filled.load(Ordering::Acquire) as usize;
        if changes != self.changes {
            (self.seen, self.changes) = (0, changes);
            self.text.clear();
            self.ends.clear();
            self.live = Default::default();
        }
        let keeps = plans.ready && series.shared.config.ready_text;
        for at in self.seen..filled {
            if chunk.live[at].load(Ordering::Acquire) {
                self.live[at / 64] |= 1 << (at % 64);
                if keeps {
                    series.read_key(chunk.keys[at].load(Ordering::Relaxed), bytes);
                    plans.render(&Packed(bytes), &mut self.text);
                }
            }
            if keeps {
                self.ends.push(self.text.len() as u32);
            }
        }
        let is_full = filled == chunk.live.len();
        if is_full && self.seen < filled {
            self.text.shrink_to_fit();
            self.ends.shrink_to_fit();
        }
        self.seen = filled;
    }

    /// Returns the number of places seen.
    pub(super) fn len(&self) -> usize {
        self.seen
    }

    pub(super) fn is_live(&self, at: usize) -> bool {
        self.live[at / 64] >> (at % 64) & 1 == 1
    }

    /// No longer hands out the series at this place; its text stays until the next refresh.
    pub(super) fn remove(&mut self, at: usize) {
        self.live[at / 64] &= !(1 << (at % 64));
    }

    /// Returns the text of the series at this place; empty if no texts are kept.
    #[inline]
    pub(super) fn text(&self, at: usize) -> &[u8] {
        let Some(&end) = self.ends.get(at) else {
            return &[];
        };
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }
}
