//! Typed labels.

use vmotel_registry::{Counter, LabelDef, LabelSet, LabelValue, Place, Registry, RegistryError, Typed};

use crate::support::scrape;

#[derive(Clone, Copy)]
enum Method {
    Get,
    Post,
    Odd,
}

impl LabelValue for Method {
    const VALUES: &'static [&'static str] = &["GET", "POST"];

    fn index(self) -> usize {
        self as usize
    }
}

struct Request(Method, bool);

impl LabelSet for Request {
    const LABELS: &'static [LabelDef] = &[
        LabelDef {
            name: "method",
            help: "",
            values: Method::VALUES,
        },
        LabelDef {
            name: "cached",
            help: "",
            values: bool::VALUES,
        },
    ];
    const MAX: &'static [usize] = &[];

    fn place(&self, place: &mut Place<'_>) {
        place.known(self.0);
        place.known(self.1);
    }
}

#[test]
fn typed_labels_find_the_series_of_their_texts() {
    let registry = Registry::new();
    let family = registry.counter_family("c", ["method", "cached"]).unwrap();
    let typed = Typed::<Counter, Request>::new(family.clone()).unwrap();
    typed.with(Request(Method::Get, false)).add(1);
    typed.with(Request(Method::Post, true)).add(2);
    typed.with(Request(Method::Get, true)).add(3);
    typed.with(Request(Method::Odd, true)).add(4);
    family.add(["POST", "true"], 10);
    let text = scrape(&registry);
    let mut lines: Vec<_> = text.lines().skip(1).collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            r#"c{cached="false",method="GET"} 1"#,
            r#"c{cached="true",method="GET"} 3"#,
            r#"c{cached="true",method="POST"} 12"#,
            r#"c{otel_metric_overflow="true"} 4"#,
        ]
    );
    assert_eq!(registry.stats().overflowed, 1, "a value that is not known");
}

#[test]
fn a_label_that_is_placed_wrongly_costs_its_own_series() {
    struct Wrong;

    impl LabelSet for Wrong {
        const LABELS: &'static [LabelDef] = &[
            LabelDef {
                name: "known",
                help: "",
                values: bool::VALUES,
            },
            LabelDef {
                name: "free",
                help: "",
                values: &[],
            },
        ];
        const MAX: &'static [usize] = &[0, 2];

        fn place(&self, place: &mut Place<'_>) {
            place.known(true);
            place.known(true);
            place.known(true);
        }
    }

    let registry = Registry::new();
    let typed =
        Typed::<Counter, Wrong>::new(registry.counter_family("c", ["known", "free"]).unwrap()).unwrap();
    typed.with(Wrong).add(5);
    typed.with(Wrong).add(5);
    assert_eq!(
        scrape(&registry),
        "# TYPE c Counter\nc{otel_metric_overflow=\"true\"} 10\n"
    );
    assert_eq!(registry.stats().overflowed, 2);
}

#[test]
fn labels_must_be_those_of_the_family() {
    let registry = Registry::new();
    let family = registry.counter_family("c", ["cached", "method"]).unwrap();
    let error = Typed::<Counter, Request>::new(family).unwrap_err();
    assert!(matches!(error, RegistryError::Labels { .. }));
    assert_eq!(
        error.to_string(),
        r#"the metric has the labels ["cached", "method"], expected those of the typed labels, ["method", "cached"]"#
    );
}
