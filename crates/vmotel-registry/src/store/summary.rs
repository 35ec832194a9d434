//! Summaries: quantiles over a window that slides.

mod reservoir;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use vmotel_model::{Clock, Point, Quantile, SummaryPoint};

use self::reservoir::Reservoir;
use super::Store;
use crate::RegistryError;

/// Records between two looks at the clock.
const LOOK: u32 = 16;

/// What the summaries of a family have in common.
#[derive(Clone)]
pub(crate) struct Window {
    pub(crate) quantiles: Arc<[f64]>,
    pub(crate) window: Duration,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Summaries, each behind a lock of its own.
pub(crate) struct Summaries {
    summaries: Box<[OnceLock<Box<Mutex<Summary>>>]>,
}

/// Two reservoirs that take all values: the younger one takes the place of the other each half of the window, and begins anew.
struct Summary {
    current: Reservoir,
    next: Reservoir,
    sum: f64,
    count: u64,
    turned: Duration,
    /// Records since the last look at the clock.
    unseen: u32,
}

/// What was read of a summary.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Read {
    pub(crate) quantiles: Vec<Quantile>,
    pub(crate) sum: f64,
    pub(crate) count: u64,
}

impl Window {
    fn half(&self) -> Duration {
        self.window / 2
    }
}

impl Summary {
    fn new(now: Duration) -> Self {
        Self {
            current: Reservoir::new(),
            next: Reservoir::new(),
            sum: 0.0,
            count: 0,
            turned: now,
            unseen: 0,
        }
    }

    /// Forgets what is older than the window.
    fn turn(&mut self, window: &Window) {
        let now = window.clock.monotonic();
        let age = now.saturating_sub(self.turned);
        if age >= window.half() {
            std::mem::swap(&mut self.current, &mut self.next);
            self.next.reset();
            // Nothing came for a whole window, so all is too old.
            if age >= window.window && self.unseen == 0 {
                self.current.reset();
            }
            self.turned = now;
        }
        self.unseen = 0;
    }

    fn record(&mut self, window: &Window, value: f64) {
        self.unseen += 1;
        if self.unseen >= LOOK {
            self.turn(window);
        }
        self.sample(value);
        self.sum += value;
        self.count = self.count.wrapping_add(1);
    }

    fn sample(&mut self, value: f64) {
        self.current.update(value);
        self.next.update(value);
    }

    fn read(&mut self, window: &Window, read: &mut Read) {
        self.turn(window);
        read.quantiles.clear();
        (read.sum, read.count) = (self.sum, self.count);
        // An empty window has no quantiles.
        self.current.quantiles(&window.quantiles, &mut read.quantiles);
    }
}

impl Summaries {
    fn lock(&self, window: &Window, at: usize) -> MutexGuard<'_, Summary> {
        let new = || Box::new(Mutex::new(Summary::new(window.clock.monotonic())));
        self.summaries[at]
            .get_or_init(new)
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a value that is not NaN.
    pub(crate) fn record(&self, window: &Window, at: usize, value: f64) {
        self.lock(window, at).record(window, value);
    }

    fn read_into(&self, window: &Window, at: usize, read: &mut Read) {
        match self.summaries[at].get() {
            Some(summary) => summary
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .read(window, read),
            None => *read = Read::default(),
        }
    }

    fn count(&self, at: usize) -> u64 {
        self.summaries[at].get().map_or(0, |summary| {
            summary.lock().unwrap_or_else(PoisonError::into_inner).count
        })
    }
}

impl Store for Summaries {
    type Shape = Window;
    type Value = Read;
    type Scratch = Read;

    const NAME: &'static str = "summary";

    fn check(name: &str, shape: &Window) -> Result<(), RegistryError> {
        let ascends = shape.quantiles.windows(2).all(|pair| pair[0] < pair[1]);
        let in_range = shape
            .quantiles
            .iter()
            .all(|quantile| (0.0..=1.0).contains(quantile));
        if ascends && in_range && !shape.window.is_zero() {
            return Ok(());
        }
        Err(RegistryError::Summary {
            name: name.to_owned(),
            quantiles: shape.quantiles.to_vec(),
            window: shape.window,
        })
    }

    fn same(name: &str, known: &Window, given: &Window) -> Result<(), RegistryError> {
        if known.quantiles == given.quantiles && known.window == given.window {
            return Ok(());
        }
        Err(RegistryError::OtherShape {
            name: name.to_owned(),
            known: format!("{known:?}"),
            given: format!("{given:?}"),
        })
    }

    fn new(size: usize, _: &Window) -> Self {
        Self {
            summaries: (0..size).map(|_| OnceLock::new()).collect(),
        }
    }

    fn read(&self, window: &Window, at: usize) -> Read {
        let mut read = Read::default();
        self.read_into(window, at, &mut read);
        read
    }

    fn changed(&self, window: &Window, at: usize, last: &mut Read) -> bool {
        let before = last.count;
        self.read_into(window, at, last);
        before != last.count
    }

    fn is_new(&self, _: &Window, at: usize, last: &Read) -> bool {
        self.count(at) != last.count
    }

    fn move_on(&self, window: &Window, at: usize, last: &mut Read, to: &Self, to_at: usize) {
        let (samples, sum, count) = {
            let summary = self.lock(window, at);
            let new = summary.count.wrapping_sub(last.count);
            (summary.current.newest(new), summary.sum, summary.count)
        };
        let mut to = to.lock(window, to_at);
        samples.iter().for_each(|sample| to.sample(*sample));
        to.sum += sum - last.sum;
        to.count = to.count.wrapping_add(count.wrapping_sub(last.count));
        (last.sum, last.count) = (sum, count);
    }

    fn weight(value: &Read) -> u64 {
        value.count
    }

    fn clear(&self, window: &Window, at: usize) {
        if let Some(summary) = self.summaries[at].get() {
            *summary.lock().unwrap_or_else(PoisonError::into_inner) = Summary::new(window.clock.monotonic());
        }
    }

    fn visit(&self, window: &Window, len: usize, read: &mut Read, mut each: impl FnMut(usize, Point<'_>)) {
        for at in 0..len {
            self.read_into(window, at, read);
            Self::visit_value(window, read, |point| each(at, point));
        }
    }

    fn visit_value(_: &Window, read: &Read, mut each: impl FnMut(Point<'_>)) {
        each(Point::Summary(SummaryPoint {
            quantiles: &read.quantiles,
            sum: read.sum,
            count: read.count,
        }));
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the quantiles {:?} over {:?}", self.quantiles, self.window)
    }
}
