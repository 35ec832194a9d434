//! The derive macros, judged by what a scrape shows.

use std::{fmt, net::IpAddr};

use vmotel_model::MetricSource as _;
use vmotel_registry::{
    BucketHistogram, Counter, FloatCounter, Gauge, Histogram, Kind, LabelSet, LabelValue, Labels,
    MetricFamily, Registry, RegistryError, Summary, Typed,
};

use crate::support::scrape;

#[derive(Debug, Clone, Copy, Labels)]
#[label(rename_all = "SCREAMING-KEBAB-CASE")]
#[expect(dead_code, reason = "values that nobody has yet")]
enum Method {
    Get,
    #[label(rename = "post")]
    Post,
    MkCol,
}

/// The numbers of the variants have no say.
#[derive(Debug, Clone, Copy, Labels)]
enum Outcome {
    Done = 7,
    OutOfStock = 3,
}

#[derive(Labels)]
#[label(rename_all = "camelCase")]
struct Request<'a> {
    /// The request's method.
    ///
    /// By RFC 9110.
    http_method: Method,
    #[label(rename = "cached", help = "Whether it was cached")]
    from_cache: bool,
    #[label(max = 2)]
    r#type: &'a str,
    #[label(max = 3)]
    from: IpAddr,
    #[label(max = 1)]
    tenant: Tenant,
}

struct Tenant(String);

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In pieces, as most implementations write.
        self.0.chars().try_for_each(|c| write!(f, "{c}"))
    }
}

fn request<'a>(r#type: &'a str, from: &str, tenant: &str) -> Request<'a> {
    Request {
        http_method: Method::Post,
        from_cache: true,
        r#type,
        from: from.parse().expect("an address"),
        tenant: Tenant(tenant.to_owned()),
    }
}

/// Returns the lines of series in the order of the alphabet.
fn lines(registry: &Registry) -> Vec<String> {
    let mut lines: Vec<String> = scrape(registry)
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

#[test]
fn values_are_the_variants_in_their_order() {
    assert_eq!(Method::VALUES, ["GET", "post", "MK-COL"]);
    assert_eq!(Outcome::VALUES, ["done", "out_of_stock"]);
    assert_eq!((Outcome::Done.index(), Outcome::OutOfStock.index()), (0, 1));
}

#[test]
fn labels_are_the_fields() {
    let labels: Vec<_> = Request::LABELS
        .iter()
        .map(|label| (label.name, label.help, label.values.len()))
        .collect();
    assert_eq!(
        labels,
        [
            ("httpMethod", "The request's method", 3),
            ("cached", "Whether it was cached", 2),
            ("type", "", 0),
            ("from", "", 0),
            ("tenant", "", 0)
        ]
    );
    assert_eq!(Request::COMBINATIONS, 3 * 2 * 3 * 4 * 2);
}

#[test]
fn free_labels_keep_their_first_values() {
    let registry = Registry::new();
    let names = ["httpMethod", "cached", "type", "from", "tenant"];
    let family = registry.counter_family("c", names).unwrap();
    let typed = Typed::<Counter, Request<'_>>::new(family.clone()).unwrap();
    let long = "t".repeat(100);
    for n in 0..4 {
        typed.with(request(&format!("t{n}"), "::1", &long)).add(1);
        typed.with(request("t0", &format!("10.0.0.{n}"), &long)).add(10);
    }
    typed.with(request("other", "::1", "another")).add(100);
    // The same series by its texts.
    family.add(["post", "true", "t1", "::1", &long], 1000);
    let series = |kind: &str, from: &str, tenant: &str, value: u64| {
        format!(
            r#"c{{cached="true",from="{from}",httpMethod="post",tenant="{tenant}",type="{kind}"}} {value}"#
        )
    };
    assert_eq!(
        lines(&registry),
        [
            series("t0", "10.0.0.0", &long, 10),
            series("t0", "10.0.0.1", &long, 10),
            series("other", "::1", "other", 100),
            series("other", "::1", &long, 2),
            series("t0", "::1", &long, 1),
            series("t1", "::1", &long, 1001),
            series("t0", "other", &long, 20),
        ]
    );
    assert_eq!(registry.stats().overflowed, 2 + 2 + 1);
}

#[derive(Labels)]
struct Order {
    outcome: Outcome,
    gift: bool,
}

#[derive(Labels)]
struct Shelf<'a> {
    #[label(max = 10)]
    shelf: &'a str,
}

#[derive(Debug, MetricFamily)]
#[metric(prefix = "shop_", budget = 92)]
#[expect(dead_code, reason = "some metrics are looked at only as they are registered")]
struct Shop {
    /// Orders that came in.
    orders: Typed<Counter, Order>,
    /// Money
    #[metric(unit = "{EUR}", lazy)]
    revenue: Typed<FloatCounter, Order>,
    #[metric(name = "shelf.load", help = "How full it is", unit = "%")]
    load: Typed<Gauge, Shelf<'static>>,
    /// Time to handle an order
    #[metric(unit = "s", buckets = [0.5, 1, 2.5])]
    order_duration: BucketHistogram,
    /// Weight
    #[metric(unit = "kg")]
    weight: Histogram,
    /// Steps
    steps: Summary,
    /// Carts
    carts: Gauge,
}

#[test]
fn a_family_is_registered_under_its_exposed_names() {
    let registry = Registry::new();
    let shop = Shop::register(&registry).unwrap();
    let zero = scrape(&registry);
    assert_eq!(
        lines(&registry),
        [
            r#"shop_carts 0"#,
            r#"shop_order_duration_seconds_bucket{le="+Inf"} 0"#,
            r#"shop_order_duration_seconds_bucket{le="0.5"} 0"#,
            r#"shop_order_duration_seconds_bucket{le="1"} 0"#,
            r#"shop_order_duration_seconds_bucket{le="2.5"} 0"#,
            r#"shop_order_duration_seconds_count 0"#,
            r#"shop_order_duration_seconds_sum 0"#,
            r#"shop_orders_total{gift="false",outcome="done"} 0"#,
            r#"shop_orders_total{gift="false",outcome="out_of_stock"} 0"#,
            r#"shop_orders_total{gift="true",outcome="done"} 0"#,
            r#"shop_orders_total{gift="true",outcome="out_of_stock"} 0"#,
            r#"shop_steps_count 0"#,
            r#"shop_steps_sum 0"#,
            r#"shop_weight_kg_count 0"#,
            r#"shop_weight_kg_sum 0"#,
        ],
        "{zero}"
    );
    let order = |gift| Order {
        outcome: Outcome::OutOfStock,
        gift,
    };
    shop.orders.with(order(true)).add(2);
    shop.revenue.with(order(false)).add(12.5);
    // Labels may borrow for the time of the call.
    let name = String::from("left");
    shop.load.with(Shelf { shelf: &name }).set(40.0);
    drop(name);
    let all = lines(&registry);
    for line in [
        r#"shop_orders_total{gift="true",outcome="out_of_stock"} 2"#,
        r#"shop_revenue_total{gift="false",outcome="out_of_stock"} 12.5"#,
        r#"shelf_load_percent{shelf="left"} 40"#,
    ] {
        assert!(all.iter().any(|known| known == line), "{line} in {all:#?}");
    }
    assert_eq!(all.len(), 15 + 2);
    assert!(
        scrape(&registry)
            .contains("# HELP shop_orders_total Orders that came in\n# TYPE shop_orders_total Counter\n")
    );

    // Once more: the same metrics.
    let again = Shop::register(&registry).unwrap();
    assert_eq!(again.orders.with(order(true)).get(), 2);
    assert_eq!(lines(&registry), all);
}

#[test]
fn units_are_told() {
    let registry = Registry::new();
    let _shop = Shop::register(&registry).unwrap();
    let config = vmotel_model::VisitConfig::default();
    let snapshot = registry.snapshot(&config);
    let units: Vec<_> = (0..snapshot.len())
        .map(|index| {
            (
                snapshot.family(index).name.to_owned(),
                snapshot.family(index).unit.to_owned(),
            )
        })
        .filter(|(_, unit)| !unit.is_empty())
        .collect();
    let expected = [
        ("shop_order_duration_seconds", "seconds"),
        ("shop_weight_kg", "kg"),
    ];
    assert_eq!(
        units,
        expected.map(|(name, unit)| (name.to_owned(), unit.to_owned()))
    );
}

#[test]
fn the_catalog_and_the_budget_are_known_at_compile_time() {
    const NAMES: [&str; 7] = {
        let mut names = [""; 7];
        let mut at = 0;
        while at < names.len() {
            names[at] = Shop::DEFS[at].name;
            at += 1;
        }
        names
    };
    assert_eq!(
        NAMES,
        [
            "shop_orders",
            "shop_revenue",
            "shelf.load",
            "shop_order_duration",
            "shop_weight",
            "shop_steps",
            "shop_carts"
        ]
    );
    assert_eq!(Shop::DEFS[0].help, "Orders that came in");
    assert_eq!(Shop::DEFS[0].labels[0].values, ["done", "out_of_stock"]);
    assert_eq!(Shop::DEFS[3].buckets, [0.5, 1.0, 2.5]);
    let kinds: Vec<Kind> = Shop::DEFS.iter().map(|def| def.kind).collect();
    use Kind::{Counter, Gauge, Histogram, Summary};
    assert_eq!(
        kinds,
        [Counter, Counter, Gauge, Histogram, Histogram, Summary, Gauge]
    );
    // 2 × 2 orders, twice; 10 shelves and `other`; four metrics without labels.
    const { assert!(Shop::LABEL_SETS == 4 + 4 + 11 + 4) };
    // Buckets, sum and count of the histograms, the summary's 5 quantiles, sum and count.
    const { assert!(Shop::SERIES == 4 + 4 + 11 + (4 + 2) + 22 + 7 + 1) };
}

#[test]
fn a_metric_of_another_type_is_in_the_way() {
    let registry = Registry::new();
    let _other = registry.gauge("shop_orders_total").unwrap();
    assert!(matches!(
        Shop::register(&registry),
        Err(RegistryError::OtherType { .. })
    ));

    #[derive(Labels)]
    struct Bounded {
        le: bool,
    }
    #[derive(Debug, MetricFamily)]
    #[expect(dead_code, reason = "it cannot be made")]
    struct Reserved {
        /// A label that belongs to the type
        size: Typed<Histogram, Bounded>,
    }
    let _ = Bounded { le: true };
    let error = Reserved::register(&registry).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"the label name "le" is reserved on a Histogram, choose another name"#
    );
}

/// What the compiler says of what is wrong; `TRYBUILD=overwrite` writes it anew.
#[test]
fn errors_tell_what_is_expected() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
