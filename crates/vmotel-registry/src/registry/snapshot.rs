//! Collections.

use std::{
    sync::{
        Arc, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use vmotel_cardinality::Evicted;
use vmotel_model::{Family, Kind, MetricSink, MetricSource, Snapshot, VisitConfig};

use super::{Inner, Limits, Registry};
use crate::families::AnyFamily;

/// What is kept from one collection to the next.
#[derive(Default)]
pub(super) struct Scrape {
    /// What the list was made for.
    made_for: Option<(u64, VisitConfig)>,
    /// Sorted by name.
    families: Arc<Vec<Visible>>,
    /// The memory of a list that is not in use.
    spare: Vec<usize>,
}

struct Visible {
    family: Arc<dyn AnyFamily>,
    name: String,
    unit: String,
    help: String,
}

impl Scrape {
    fn refresh(&mut self, registry: &Registry, config: &VisitConfig) {
        let families = registry.families();
        let up_to_date =
            |(version, made_for): &(u64, VisitConfig)| *version == families.version && made_for == config;
        if self.made_for.as_ref().is_some_and(up_to_date) {
            return;
        }
        let mut visible: Vec<_> = families
            .all
            .values()
            .filter_map(|family| {
                let definition = family.definition();
                let described = families.descriptions.get(&definition.name);
                let (mut help, mut unit) = (definition.help.to_string(), definition.exposed_unit());
                if let Some((described_help, described_unit)) = described {
                    if help.is_empty() {
                        help = described_help.to_string();
                    }
                    if unit.is_empty() {
                        unit = described_unit.to_string();
                    }
                }
                Some(Visible {
                    name: definition.exposed_name(config)?,
                    unit,
                    help,
                    family: Arc::clone(family),
                })
            })
            .collect();
        visible.sort_by(|a, b| a.name.cmp(&b.name));
        let definitions = families.all.values().map(|family| family.definition());
        let notices = definitions
            .filter_map(|definition| definition.notice(config))
            .collect();
        *registry
            .inner
            .notices
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = notices;
        self.families = Arc::new(visible);
        self.made_for = Some((families.version, config.clone()));
    }
}

impl Inner {
    fn threads(&self) -> MutexGuard<'_, Vec<u64>> {
        self.collecting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Limits {
    /// Ends the epoch if it is over, and returns the sets that go.
    fn tick(&self, now: Duration) -> Vec<Evicted> {
        let config = self.controller.config();
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(*ended) < config.epoch {
            return Vec::new();
        }
        *ended = now;
        let mut evicted = self.controller.tick();
        if config.dry_run {
            evicted.clear();
        }
        evicted
    }
}

/// A number for each thread that collects, from 1.
fn current_thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.try_with(|number| *number).unwrap_or(u64::MAX)
}

impl MetricSource for Registry {
    /// Collects: runs the callbacks, sees what is new, takes leave of what is idle or finished. Others that do so wait meanwhile, but not
    /// for a snapshot that lives: beside one, nothing is taken leave of. Recording never waits.
    ///
    /// Values are read when they are visited: they only move on meanwhile. A thread that holds a snapshot already gets an empty one,
    /// so that a registry that was added twice is not handed out twice.
    fn snapshot<'a>(&'a self, config: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        let thread = current_thread();
        if self.inner.threads().contains(&thread) {
            return Box::new(Nothing);
        }
        let mut scrape = self.inner.scrape.lock().unwrap_or_else(PoisonError::into_inner);
        // Before the callbacks, so that one that collects is not stuck.
        let (collecting, is_alone) = Collecting::begin(&self.inner, thread);
        for name in self.inner.observations.run() {
            self.inner.shared.panicked(&name);
        }
        scrape.refresh(self, config);
        let now = self.inner.shared.clock.now();
        // Dropped at the end: only then, with the series gone, is there room for others.
        let limits = self.inner.limits.as_ref().filter(|_| is_alone);
        let evicted = limits.map_or_else(Vec::new, |limits| {
            limits.tick(self.inner.shared.clock.monotonic())
        });
        let mut shown = std::mem::take(&mut scrape.spare);
        shown.clear();
        for (number, visible) in scrape.families.iter().enumerate() {
            let evicted = is_alone.then_some(&*evicted);
            visible.family.collect(config, now, evicted);
            if !visible.family.is_empty() {
                shown.push(number);
            }
        }
        Box::new(Collected {
            families: Arc::clone(&scrape.families),
            shown,
            config,
            collecting,
        })
    }
}

/// A thread among those that hold a snapshot, as long as this lives.
struct Collecting<'a> {
    inner: &'a Inner,
    thread: u64,
}

impl<'a> Collecting<'a> {
    /// Returns true, too, if no other thread holds a snapshot.
    fn begin(inner: &'a Inner, thread: u64) -> (Self, bool) {
        let mut threads = inner.threads();
        let is_alone = threads.is_empty();
        threads.push(thread);
        (Self { inner, thread }, is_alone)
    }
}

impl Drop for Collecting<'_> {
    fn drop(&mut self) {
        self.inner.threads().retain(|thread| *thread != self.thread);
    }
}

/// A collection.
struct Collected<'a> {
    families: Arc<Vec<Visible>>,
    /// Those that have something to show, by number.
    shown: Vec<usize>,
    config: &'a VisitConfig,
    collecting: Collecting<'a>,
}

impl Collected<'_> {
    fn visible(&self, index: usize) -> &Visible {
        &self.families[self.shown[index]]
    }
}

impl Drop for Collected<'_> {
    fn drop(&mut self) {
        // For the next one, unless that is under way.
        if let Ok(mut scrape) = self.collecting.inner.scrape.try_lock() {
            scrape.spare = std::mem::take(&mut self.shown);
        }
    }
}

impl Snapshot for Collected<'_> {
    fn len(&self) -> usize {
        self.shown.len()
    }

    fn family(&self, index: usize) -> Family<'_> {
        let visible = self.visible(index);
        Family {
            name: &visible.name,
            kind: visible.family.definition().kind,
            unit: &visible.unit,
            help: &visible.help,
        }
    }

    fn visit(&self, index: usize, sink: &mut dyn MetricSink) {
        self.visible(index).family.visit(self.config, sink);
    }

    fn distinct(&self, index: usize) -> bool {
        self.visible(index).family.is_distinct(self.config)
    }
}

/// The snapshot of who has one already.
struct Nothing;

impl Snapshot for Nothing {
    fn len(&self) -> usize {
        0
    }

    fn family(&self, _: usize) -> Family<'_> {
        Family {
            name: "",
            kind: Kind::Unknown,
            unit: "",
            help: "",
        }
    }

    fn visit(&self, _: usize, _: &mut dyn MetricSink) {}
}
