//! The ready text of a chunk's series, rendered when a series is first seen and kept from then on.

use std::{ops::Range, sync::atomic::Ordering};

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
    /// Of each place in order, where texts are kept: the length of the text, and `{label="value"} `; nothing of a place that was not
    /// live.
    text: Vec<u8>,
    live: [u64; LARGEST / 64],
    /// Places seen so far.
    seen: usize,
    changes: u32,
}

impl Texts {
    /// Sees what is new in a chunk; returns the places whose texts are to be rendered.
    pub(super) fn see<S: Store>(&mut self, chunk: &Chunk<S>) -> Range<usize> {
        // Before the places, so that what changes meanwhile is seen next time.
        let changes = chunk.changes.load(Ordering::Acquire);
        let filled = chunk.filled.load(Ordering::Acquire) as usize;
        if changes != self.changes {
            (self.seen, self.changes) = (0, changes);
            self.text.clear();
            self.live = Default::default();
        }
        let new = self.seen..filled;
        for at in new.clone().filter(|at| chunk.is_live(*at)) {
            self.live[at / 64] |= 1 << (at % 64);
        }
        self.seen = filled;
        new
    }

    /// Keeps the texts of new places; `render` makes that of a place in `line`.
    pub(super) fn keep(
        &mut self,
        new: Range<usize>,
        is_full: bool,
        line: &mut Vec<u8>,
        mut render: impl FnMut(usize, &mut Vec<u8>),
    ) {
        let any = !new.is_empty();
        for at in new {
            line.clear();
            if self.is_live(at) {
                render(at, line);
            }
            push_len(line.len(), &mut self.text);
            self.text.extend_from_slice(line);
        }
        if any && is_full {
            self.text.shrink_to_fit();
        }
    }

    /// Returns the number of places seen.
    pub(super) fn len(&self) -> usize {
        self.seen
    }

    pub(super) fn is_live(&self, at: usize) -> bool {
        self.live[at / 64] >> (at % 64) & 1 == 1
    }

    /// No longer hands out the series at this place.
    pub(super) fn remove(&mut self, at: usize) {
        self.live[at / 64] &= !(1 << (at % 64));
    }

    /// Returns the texts of all places in order; without an end and empty if none are kept.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &*self.text;
        std::iter::repeat_with(move || {
            let (len, behind) = take_len(rest);
            let text;
            (text, rest) = behind.split_at_checked(len).unwrap_or_default();
            text
        })
    }
}

/// Appends a length, seven bits a byte, the lowest first.
fn push_len(len: usize, text: &mut Vec<u8>) {
    let mut len = len;
    while len >= 0x80 {
        text.push(len as u8 | 0x80);
        len >>= 7;
    }
    text.push(len as u8);
}

#[inline]
fn take_len(text: &[u8]) -> (usize, &[u8]) {
    let (mut len, mut rest) = (0, text);
    for shift in (0..usize::BITS).step_by(7) {
        let Some((&byte, behind)) = rest.split_first() else {
            break;
        };
        len |= usize::from(byte & 0x7f) << shift;
        rest = behind;
        if byte < 0x80 {
            break;
        }
    }
    (len, rest)
}
