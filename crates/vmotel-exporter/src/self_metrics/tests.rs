use std::collections::BTreeSet;

use vmotel_model::Naming;

use super::SELF_METRICS;

#[test]
fn every_metric_of_the_catalog_is_exposed_under_its_name() {
    for naming in [Naming::Parity, Naming::UnderscoreEscapingWithSuffixes] {
        for def in SELF_METRICS {
            assert_eq!(def.exposed_name(naming).as_deref(), Ok(def.name));
        }
    }
    let names: Vec<_> = SELF_METRICS.iter().map(|def| def.name).collect();
    let sorted: BTreeSet<_> = names.iter().copied().collect();
    assert_eq!(names, Vec::from_iter(sorted), "sorted and distinct");
}
