//! What the one who collects keeps from one collection to the next.

use std::{
    cell::RefCell,
    collections::HashSet,
    fmt,
    sync::{Arc, MutexGuard, atomic::Ordering},
    time::Duration,
};

use vmotel_cardinality::Evicted;
use vmotel_cells::{Pin, pin};
use vmotel_model::{LabelSet, MetricSink, Point, SeriesText, Timestamp, VisitConfig};

use super::{
    Chunk, Series,
    directory::first,
    key::Packed,
    limbo::{Batch, Gone},
    texts::{Plans, Texts},
};
use crate::store::Store;

/// The collector's view of a family.
pub(super) struct Collection<S: Store> {
    /// What plans and texts are made for.
    config: Option<VisitConfig>,
    name: String,
    plans: Plans,
    /// By chunk.
    texts: Vec<Texts>,
    /// By chunk and place, where idle series are to go.
    watches: Vec<Vec<Option<Watch<S::Value>>>>,
    batches: Vec<Batch<S::Value>>,
    scratch: S::Scratch,
    bytes: Vec<u8>,
    line: Vec<u8>,
}

struct Watch<V> {
    last: V,
    changed: Timestamp,
}

impl<S: Store> Collection<S> {
    pub(super) fn new() -> Self {
        Self {
            config: None,
            name: String::new(),
            plans: Plans::default(),
            texts: Vec::new(),
            watches: Vec::new(),
            batches: Vec::new(),
            scratch: S::Scratch::default(),
            bytes: Vec::new(),
            line: Vec::new(),
        }
    }
}

impl<S: Store> Series<S> {
    /// Collects: recycles, renders what is new, and takes leave of what is finished, was evicted or has been idle for too long; of nothing
    /// if `evicted` is none, as another thread holds a snapshot.
    pub(crate) fn collect(&self, config: &VisitConfig, now: Timestamp, evicted: Option<&[Evicted]>) {
        let pin = pin();
        let mut collection = self.collection();
        let collection = &mut *collection;
        self.settle(&pin, &mut collection.batches, evicted.is_some());
        self.full.store(false, Ordering::Relaxed);
        if S::OBSERVED {
            self.forget_unobserved(&pin, &mut collection.batches);
        }
        self.render(&pin, collection, config);
        if let Some(evicted) = evicted {
            // The last: what is made under the same labels from here on is not in this collection.
            self.take_leave(&pin, collection, now, evicted);
            // Of those that leave, too, each has its schema.
            collection.plans.refresh(self, &pin, config);
        }
        self.table.tidy();
    }

    /// Brings plans and texts up to date, made anew if they are those of another configuration.
    fn render(&self, pin: &Pin, collection: &mut Collection<S>, config: &VisitConfig) {
        if collection.config.as_ref() != Some(config) {
            collection.config = Some(config.clone());
            collection.name = self.definition.exposed_name(config).unwrap_or_default();
            collection.plans = Plans::default();
            collection.texts.clear();
        }
        for (number, chunk) in self.chunks().enumerate() {
            self.see(pin, collection, config, number, chunk);
        }
    }

    /// Returns the collection as this configuration shows it, also where another thread has collected for another one since.
    fn collected(&self, config: &VisitConfig) -> MutexGuard<'_, Collection<S>> {
        let mut collection = self.collection();
        if collection.config.as_ref() != Some(config) {
            self.render(&pin(), &mut collection, config);
        }
        collection
    }

    /// Sees what is new in a chunk, and renders it.
    fn see(
        &self,
        pin: &Pin,
        collection: &mut Collection<S>,
        config: &VisitConfig,
        number: usize,
        chunk: &Chunk<S>,
    ) {
        let Collection {
            plans,
            texts,
            bytes,
            line,
            ..
        } = collection;
        if texts.len() <= number {
            texts.push(Texts::default());
        }
        let texts = &mut texts[number];
        let new = texts.see(chunk);
        // After the places: whoever sees a series sees its schema.
        plans.refresh(self, pin, config);
        if plans.ready && self.shared.config.ready_text {
            let is_full = texts.len() == chunk.len();
            texts.keep(new, is_full, line, |at, line| {
                self.read_key(chunk.keys[at].load(Ordering::Relaxed), bytes);
                plans.render(&Packed(bytes), line);
            });
        }
    }

    pub(super) fn chunks(&self) -> impl Iterator<Item = &Arc<Chunk<S>>> {
        (0..).map_while(|number| self.chunks.chunk(number))
    }

    fn take_leave(&self, pin: &Pin, collection: &mut Collection<S>, now: Timestamp, evicted: &[Evicted]) {
        let mut leaving = std::mem::take(&mut self.creation().finishing);
        if self.shared.config.idle.is_some() || self.limiter.is_some() {
            self.watch(collection, now, self.shared.config.idle, &mut leaving);
        }
        if let Some(limiter) = &self.limiter {
            leaving.extend(limiter.leaving(evicted));
        }
        if leaving.is_empty() {
            return;
        }
        let gone = self.remove(pin, &mut self.creation(), leaving);
        for Gone { id, .. } in &gone {
            let (number, at) = super::directory::locate(*id);
            if let Some(texts) = collection.texts.get_mut(number) {
                texts.remove(at);
            }
        }
        self.shared.removed.add(gone.len() as u64);
        collection.batches.push(Batch::new(gone));
    }

    /// Finds series that have not changed for `idle`, and tells the controller how much came to each.
    fn watch(
        &self,
        collection: &mut Collection<S>,
        now: Timestamp,
        idle: Option<Duration>,
        leaving: &mut Vec<u32>,
    ) {
        let Collection { texts, watches, .. } = collection;
        watches.resize_with(texts.len(), Vec::new);
        // A chunk that is newer than its texts is looked at next time.
        for (number, ((chunk, texts), watches)) in self.chunks().zip(texts).zip(watches).enumerate() {
            watches.resize_with(texts.len(), || None);
            for (at, watch) in watches.iter_mut().enumerate() {
                if !texts.is_live(at) {
                    *watch = None;
                    continue;
                }
                let id = first(number) + at as u32;
                match watch {
                    Some(watch) => {
                        let before = S::weight(&watch.last);
                        if chunk.store.changed(&self.shape, at, &mut watch.last) {
                            watch.changed = now;
                            if let Some(limiter) = &self.limiter {
                                limiter.touch(id, S::weight(&watch.last).saturating_sub(before).max(1));
                            }
                        } else if idle.is_some_and(|idle| {
                            u128::from(now.0.saturating_sub(watch.changed.0)) >= idle.as_nanos()
                        }) {
                            leaving.push(id);
                        }
                    }
                    None => {
                        let mut last = chunk.store.read(&self.shape, at);
                        chunk.store.changed(&self.shape, at, &mut last);
                        *watch = Some(Watch { last, changed: now });
                    }
                }
            }
        }
    }

    /// Hands out every series that the last collection has seen.
    pub(crate) fn visit(&self, config: &VisitConfig, sink: &mut dyn MetricSink) {
        let mut collection = self.collected(config);
        let Collection {
            name,
            plans,
            texts,
            batches,
            scratch,
            bytes,
            line: line_buffer,
            ..
        } = &mut *collection;
        let waiting = self.waiting(batches);
        let labels = RefCell::new(std::mem::take(bytes));
        let name = name.as_bytes();
        let mut line = std::mem::take(line_buffer);
        let mut series_of =
            |chunk: &Chunk<S>, at: usize, kept: &[u8], point: Point<'_>, sink: &mut dyn MetricSink| {
                let mut text = if plans.ready { kept } else { &[] };
                if text.is_empty() && plans.ready {
                    line.clear();
                    let mut key = labels.borrow_mut();
                    self.read_key(chunk.keys[at].load(Ordering::Relaxed), &mut key);
                    plans.render(&Packed(&key), &mut line);
                    text = &line;
                }
                let labels = KeyLabels {
                    series: self,
                    plans,
                    chunk,
                    at,
                    bytes: &labels,
                };
                sink.series(&vmotel_model::Series {
                    labels: &labels,
                    text: (!text.is_empty()).then(|| SeriesText::split(name, text)),
                    point,
                    start: Some(chunk.starts.get(at)),
                });
            };
        for (number, (chunk, texts)) in self.chunks().zip(&*texts).enumerate() {
            let mut kept = texts.iter();
            chunk.store.visit(&self.shape, texts.len(), scratch, |at, point| {
                let kept = kept.next().unwrap_or_default();
                if texts.is_live(at) && !waiting.contains(&(first(number) + at as u32)) {
                    series_of(chunk, at, kept, point, sink);
                }
            });
        }
        let leaving = batches.iter().flat_map(|batch| &batch.series);
        for gone in leaving.filter(|gone| gone.hand_out) {
            if let Some((chunk, at)) = self.chunks.get(gone.id) {
                S::visit_value(&self.shape, &gone.last, |point| {
                    // The text may be another's by now; it is rendered for this once.
                    series_of(chunk, at, &[], point, sink);
                });
            }
        }
        *bytes = labels.into_inner();
        *line_buffer = line;
    }

    /// Returns the new series of the labels of removed ones that still have to be handed out: where a collection was joined, it has both,
    /// and the new one waits for the next.
    fn waiting(&self, batches: &[Batch<S::Value>]) -> HashSet<u32> {
        let pin = pin();
        let leaving = batches.iter().flat_map(|batch| &batch.series);
        let back = leaving.filter(|gone| gone.hand_out).filter_map(|gone| {
            let (number, at) = super::directory::locate(gone.id);
            let key = self.key(self.chunks.chunk(number)?, at);
            let hash = key.hash(&self.seed);
            Some(self.find(&pin, &key, hash)?.0)
        });
        back.collect()
    }

    /// Returns true if no two series of the last collection have equal labels.
    pub(crate) fn is_distinct(&self, config: &VisitConfig) -> bool {
        let collection = self.collected(config);
        // Series with an empty value have a label less, so that they may equal those of another schema.
        collection.plans.distinct && collection.plans.len() == 1
    }

    /// Returns true if there is nothing to hand out.
    pub(crate) fn is_empty(&self) -> bool {
        let collection = self.collection();
        let lives = collection
            .texts
            .iter()
            .any(|texts| (0..texts.len()).any(|at| texts.is_live(at)));
        !lives
            && !collection
                .batches
                .iter()
                .flat_map(|batch| &batch.series)
                .any(|gone| gone.hand_out)
    }
}

/// The labels of a series, taken apart when a sink asks for them.
struct KeyLabels<'a, S: Store> {
    series: &'a Series<S>,
    plans: &'a Plans,
    chunk: &'a Chunk<S>,
    at: usize,
    bytes: &'a RefCell<Vec<u8>>,
}

impl<S: Store> LabelSet for KeyLabels<'_, S> {
    fn for_each(&self, f: &mut dyn FnMut(&str, &str)) {
        // Taken, not borrowed: a sink may ask again from within.
        let mut bytes = self.bytes.take();
        let start = self.chunk.keys[self.at].load(Ordering::Relaxed);
        self.series.read_key(start, &mut bytes);
        let key = Packed(&bytes);
        if let Some(plan) = self.plans.get(key.schema()) {
            plan.labels.labels(&key).for_each(f);
        }
        self.bytes.replace(bytes);
    }
}

impl<S: Store> fmt::Debug for KeyLabels<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        self.for_each(&mut |name, value| {
            map.entry(&name, &value);
        });
        map.finish()
    }
}
