//! A meter: makes the instruments of one scope.

use std::{borrow::Cow, sync::Arc};

use opentelemetry::metrics::{
    AsyncInstrumentBuilder, Callback, Counter, Gauge, Histogram, HistogramBuilder, InstrumentBuilder,
    InstrumentProvider, ObservableCounter, ObservableGauge, ObservableUpDownCounter, SyncInstrument,
    UpDownCounter,
};
use vmotel_model::Kind;

use super::{
    Identity, Inner,
    instrument::Instrument,
    measure::Measure,
    view::{Aggregation, InstrumentInfo, InstrumentKind, Stream},
};
use crate::{
    definition::{Definition, Exposure, Scope},
    store::{Bounds, Explicit, Exponential, Lasts, Resolution, Store, Sums, Vmranges},
};

/// The default boundaries of histograms (specification, "Explicit bucket histogram aggregation").
const BOUNDARIES: [f64; 15] = [
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0, 10_000.0,
];

/// The longest name and unit of an instrument (specification, "Instrument name syntax", "Instrument unit").
const MAX_NAME: usize = 255;
const MAX_UNIT: usize = 63;

pub(super) struct RegistryMeter {
    pub(super) provider: Arc<Inner>,
    pub(super) scope: Arc<Scope>,
}

/// An instrument as its maker describes it.
struct Wanted {
    kind: InstrumentKind,
    number: &'static str,
    name: Cow<'static, str>,
    unit: Option<Cow<'static, str>>,
    description: Option<Cow<'static, str>>,
    boundaries: Option<Vec<f64>>,
}

impl RegistryMeter {
    /// Returns what the views make of an instrument; none if it cannot be made or a view drops it.
    fn stream(&self, wanted: &Wanted) -> Option<Stream> {
        let unit = wanted.unit.as_deref().unwrap_or_default();
        if let Err(why) = check(&wanted.name, unit) {
            self.warn(&wanted.name, &why);
            return None;
        }
        let info = InstrumentInfo {
            scope: &self.scope.name,
            name: &wanted.name,
            kind: wanted.kind,
            unit,
            description: wanted.description.as_deref().unwrap_or_default(),
        };
        let views = &self.provider.views;
        let stream = views.iter().find_map(|view| (view.0)(&info)).unwrap_or_default();
        (stream.aggregation != Aggregation::Drop).then_some(stream)
    }

    /// Returns the instrument of this description, made if there is no equal one; none if it cannot be.
    fn instrument<S: Store>(
        &self,
        wanted: Wanted,
        stream: Stream,
        shape: S::Shape,
    ) -> Option<Arc<Instrument<S>>> {
        let name = stream.name.unwrap_or(wanted.name);
        let unit = stream.unit.or(wanted.unit).unwrap_or_default();
        let description = stream.description.or(wanted.description).unwrap_or_default();
        if let Err(why) = check(&name, &unit) {
            self.warn(&name, &why);
            return None;
        }
        let identity = Identity {
            scope: Arc::clone(&self.scope),
            name: name.to_ascii_lowercase(),
            kind: wanted.kind,
            number: wanted.number,
            unit: unit.to_string(),
            description: description.to_string(),
            values: S::NAME,
        };
        let mut known = self.provider.known();
        if let Some(instrument) = known.get(&identity) {
            // Equal names of values mean equal types.
            return Arc::clone(instrument).downcast::<Instrument<S>>().ok();
        }
        if let Some(other) = known
            .keys()
            .find(|other| other.scope == identity.scope && other.name == identity.name)
        {
            self.warn(
                &name,
                &format!(
                    "it is there as {:?} with the unit {:?} and the description {:?}, expected one definition",
                    other.kind, other.unit, other.description
                ),
            );
        }
        let definition = Definition {
            name: (*name).into(),
            kind: exposed_kind(wanted.kind),
            exposure: Exposure::Translated,
            unit: (*unit).into(),
            help: (*description).into(),
            scope: Some(Arc::clone(&self.scope)),
            limit: stream.cardinality_limit,
            bounded: stream.bounded,
        };
        // A set of its own, so that instruments of one name do not meet in the registry.
        match self.provider.registry.new_set().family::<S>(definition, shape) {
            Ok(series) => {
                let instrument = Arc::new(Instrument::new(series, stream.attributes));
                known.insert(identity, Arc::<Instrument<S>>::clone(&instrument));
                Some(instrument)
            }
            Err(error) => {
                self.warn(&name, &error.to_string());
                None
            }
        }
    }

    fn warn(&self, name: &str, why: &str) {
        tracing::warn!(target: "vmotel_registry", scope = &*self.scope.name, "instrument {name:?}: {why}");
    }

    /// Returns the histogram of this description, aggregated as a view has it.
    fn histogram<T>(&self, wanted: Wanted) -> Option<Arc<dyn SyncInstrument<T> + Send + Sync>>
    where
        T: Copy + Send + Sync + 'static,
        Explicit: Measure<T>,
        Exponential: Measure<T>,
        Vmranges: Measure<T>,
    {
        let mut wanted = wanted;
        let stream = self.stream(&wanted)?;
        match stream.aggregation {
            Aggregation::Exponential { max_size, max_scale } => {
                let shape = Resolution { max_size, max_scale };
                Some(self.instrument::<Exponential>(wanted, stream, shape)?)
            }
            Aggregation::Vmrange => Some(self.instrument::<Vmranges>(wanted, stream, ())?),
            _ => {
                let shape = bounds(&stream, wanted.boundaries.take());
                Some(self.instrument::<Explicit>(wanted, stream, shape)?)
            }
        }
    }

    fn observable<S, T>(&self, wanted: Wanted, callbacks: Vec<Callback<T>>)
    where
        S: Measure<T> + Store<Shape = ()>,
        T: Copy + Send + Sync + 'static,
    {
        let name = wanted.name.clone();
        let instrument = self
            .stream(&wanted)
            .and_then(|stream| self.instrument::<S>(wanted, stream, ()));
        if let Some(instrument) = instrument {
            for callback in callbacks {
                let instrument = Arc::clone(&instrument);
                let registry = &self.provider.registry;
                registry.on_collect(&name, move || callback(&*instrument)).keep();
            }
        }
    }
}

const fn exposed_kind(kind: InstrumentKind) -> Kind {
    match kind {
        InstrumentKind::Counter | InstrumentKind::ObservableCounter => Kind::Counter,
        InstrumentKind::UpDownCounter | InstrumentKind::ObservableUpDownCounter => Kind::UpDownCounter,
        InstrumentKind::Gauge | InstrumentKind::ObservableGauge => Kind::Gauge,
        InstrumentKind::Histogram => Kind::Histogram,
    }
}

/// Checks a name and a unit by the specification.
fn check(name: &str, unit: &str) -> Result<(), String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/');
    if !name.starts_with(|c: char| c.is_ascii_alphabetic())
        || !name.chars().all(is_allowed)
        || name.len() > MAX_NAME
    {
        return Err(format!(
            "it records nothing, expected a letter and then up to {} of letters, digits and _ . - /",
            MAX_NAME - 1
        ));
    }
    if unit.len() > MAX_UNIT || !unit.is_ascii() {
        return Err(format!(
            "it records nothing, the unit is {unit:?}, expected at most {MAX_UNIT} ASCII characters"
        ));
    }
    Ok(())
}

/// The bounds of a histogram: a view's, else its maker's, else the default.
fn bounds(stream: &Stream, wanted: Option<Vec<f64>>) -> Bounds {
    match (&stream.aggregation, wanted) {
        (Aggregation::Explicit(bounds), _) => Bounds::new(bounds.as_slice()),
        (_, Some(bounds)) => Bounds::new(bounds),
        (_, None) => Bounds::new(BOUNDARIES.as_slice()),
    }
}

/// What makes instruments that record nothing.
struct Nothing;

impl InstrumentProvider for Nothing {}

macro_rules! synchronous {
    ($($method:ident: $instrument:ident<$number:ty>, $store:ty;)*) => {$(
        fn $method(&self, builder: InstrumentBuilder<'_, $instrument<$number>>) -> $instrument<$number> {
            let wanted = Wanted {
                kind: InstrumentKind::$instrument,
                number: stringify!($number),
                name: builder.name.clone(),
                unit: builder.unit.clone(),
                description: builder.description.clone(),
                boundaries: None,
            };
            let stream = self.stream(&wanted);
            match stream.and_then(|stream| self.instrument::<$store>(wanted, stream, ())) {
                Some(instrument) => $instrument::new(instrument),
                None => Nothing.$method(builder),
            }
        }
    )*};
}

macro_rules! observable {
    ($($method:ident: $instrument:ident<$number:ty>;)*) => {$(
        fn $method(
            &self,
            builder: AsyncInstrumentBuilder<'_, $instrument<$number>, $number>,
        ) -> $instrument<$number> {
            let wanted = Wanted {
                kind: InstrumentKind::$instrument,
                number: stringify!($number),
                name: builder.name,
                unit: builder.unit,
                description: builder.description,
                boundaries: None,
            };
            self.observable::<Lasts<$number, true>, $number>(wanted, builder.callbacks);
            $instrument::new()
        }
    )*};
}

macro_rules! histograms {
    ($($method:ident: $number:ty;)*) => {$(
        fn $method(&self, builder: HistogramBuilder<'_, Histogram<$number>>) -> Histogram<$number> {
            let wanted = Wanted {
                kind: InstrumentKind::Histogram,
                number: stringify!($number),
                name: builder.name.clone(),
                unit: builder.unit.clone(),
                description: builder.description.clone(),
                boundaries: builder.boundaries.clone(),
            };
            self.histogram(wanted)
                .map_or_else(|| Nothing.$method(builder), Histogram::new)
        }
    )*};
}

impl InstrumentProvider for RegistryMeter {
    synchronous! {
        u64_counter: Counter<u64>, Sums<u64>;
        f64_counter: Counter<f64>, Sums<f64>;
        i64_up_down_counter: UpDownCounter<i64>, Sums<i64>;
        f64_up_down_counter: UpDownCounter<f64>, Sums<f64>;
        u64_gauge: Gauge<u64>, Lasts<u64>;
        i64_gauge: Gauge<i64>, Lasts<i64>;
        f64_gauge: Gauge<f64>, Lasts<f64>;
    }

    observable! {
        u64_observable_counter: ObservableCounter<u64>;
        f64_observable_counter: ObservableCounter<f64>;
        i64_observable_up_down_counter: ObservableUpDownCounter<i64>;
        f64_observable_up_down_counter: ObservableUpDownCounter<f64>;
        u64_observable_gauge: ObservableGauge<u64>;
        i64_observable_gauge: ObservableGauge<i64>;
        f64_observable_gauge: ObservableGauge<f64>;
    }

    histograms! {
        f64_histogram: f64;
        u64_histogram: u64;
    }
}
