//! Instruments that want one name: in other case, of another kind, unit or description, of one scope or several.

use super::*;

/// An instrument of a name that others may want, too, and what is recorded into it.
#[derive(Debug, Clone)]
struct Claim {
    other_scope: bool,
    kind: usize,
    name: &'static str,
    unit: Option<&'static str>,
    description: Option<&'static str>,
    n: i32,
    set: Vec<KeyValue>,
}

fn claim() -> impl Strategy<Value = Claim> {
    let name = prop::sample::select(vec![
        "requests",
        "Requests",
        "requests_total",
        "requests.total",
        "requests.s",
    ]);
    let unit = prop::option::of(prop::sample::select(vec!["", "s", "1", "{requests}"]));
    let description = prop::option::of(prop::sample::select(vec!["", "Requests", "requests"]));
    (
        any::<bool>(),
        0..9_usize,
        name,
        unit,
        description,
        0..50_i32,
        attributes(),
    )
        .prop_map(|(other_scope, kind, name, unit, description, n, set)| Claim {
            other_scope,
            kind,
            name,
            unit,
            description,
            n,
            set,
        })
}

impl Claim {
    fn make(&self, provider: &dyn MeterProvider) {
        let meter = provider.meter(if self.other_scope { "billing" } else { "shop" });
        macro_rules! record {
            ($make:ident, $record:ident, $number:expr) => {{
                let mut builder = meter.$make(self.name);
                if let Some(unit) = self.unit {
                    builder = builder.with_unit(unit);
                }
                if let Some(description) = self.description {
                    builder = builder.with_description(description);
                }
                builder.build().$record($number, &self.set);
            }};
        }
        let positive = self.n.unsigned_abs();
        match self.kind {
            0 => record!(u64_counter, add, positive.into()),
            1 => record!(f64_counter, add, positive.into()),
            2 => record!(i64_up_down_counter, add, self.n.into()),
            3 => record!(f64_up_down_counter, add, self.n.into()),
            4 => record!(u64_gauge, record, positive.into()),
            5 => record!(i64_gauge, record, self.n.into()),
            6 => record!(f64_gauge, record, self.n.into()),
            7 => record!(f64_histogram, record, self.n.into()),
            _ => record!(u64_histogram, record, positive.into()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").map_or(64, |n| n.parse().unwrap_or(64)), ..ProptestConfig::default() })]

    #[test]
    fn claims_to_one_name_are_settled_the_same_on_both(claims in prop::collection::vec(claim(), 1..30)) {
        let (sdk_provider, sdk_source) = sdk();
        let (native_provider, registry) = native();
        for claim in &claims {
            claim.make(&sdk_provider);
            claim.make(&native_provider);
        }
        prop_assert_eq!(exposition(&sdk_source), exposition(&registry));
        prop_assert_eq!(decoded(&sdk_source), decoded(&registry));
    }
}

/// Callbacks of equal instruments all count, in the order in which they came.
#[test]
fn callbacks_of_equal_instruments_are_all_called() {
    let (sdk_provider, sdk_source) = sdk();
    let (native_provider, registry) = native();
    for provider in [&sdk_provider as &dyn MeterProvider, &native_provider] {
        let meter = provider.meter("shop");
        for (n, names) in (1..).zip([["a", "b"], ["b", "c"], ["c", "d"]]) {
            let observed = move |instrument: &dyn AsyncInstrument<u64>| {
                for name in names {
                    instrument.observe(n, &[KeyValue::new("n", name)]);
                }
            };
            meter
                .u64_observable_counter("seen")
                .with_callback(observed)
                .build();
            meter
                .u64_observable_gauge("level")
                .with_callback(observed)
                .build();
        }
    }
    let text = exposition(&registry);
    assert!(
        text.contains(&"level{n=\"c\",otel_scope_name=\"shop\"} 3".to_owned()),
        "{text:#?}"
    );
    for _ in 0..2 {
        assert_eq!(exposition(&sdk_source), exposition(&registry));
        assert_eq!(decoded(&sdk_source), decoded(&registry));
    }
}
