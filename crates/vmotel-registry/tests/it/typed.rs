//! Typed labels.

use vmotel_registry::{LabelSet, LabelValue, Registry, RegistryError, Typed};

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

#[derive(Clone, Copy)]
struct Request(Method, bool);

impl LabelSet for Request {
    const NAMES: &'static [&'static str] = &["method", "cached"];
    const VALUES: &'static [&'static [&'static str]] = &[Method::VALUES, bool::VALUES];

    fn indexes(self) -> impl IntoIterator<Item = usize> {
        [self.0.index(), self.1.index()]
    }
}

#[test]
fn typed_labels_find_the_series_of_their_texts() {
    let registry = Registry::new();
    let family = registry.counter_family("c", ["method", "cached"]).unwrap();
    let typed = Typed::<_, Request>::new(family.clone()).unwrap();
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
            r#"c{cached="true",method="other"} 4"#,
        ]
    );
}

#[test]
fn labels_must_be_those_of_the_family() {
    let registry = Registry::new();
    let family = registry.counter_family("c", ["cached", "method"]).unwrap();
    let error = Typed::<_, Request>::new(family).unwrap_err();
    assert!(matches!(error, RegistryError::Labels { .. }));
    assert_eq!(
        error.to_string(),
        r#"the metric has the labels ["cached", "method"], expected those of the typed labels, ["method", "cached"]"#
    );
}
