use super::{Limits, LimitsConfig, environment};
use crate::Fold;

#[track_caller]
fn read(variables: &[(&str, &str)]) -> Result<LimitsConfig, String> {
    let lookup = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    LimitsConfig::from_lookup(lookup).map_err(|error| error.to_string())
}

#[test]
fn the_defaults_are_in_range() {
    assert_eq!(Limits::default().most_sets(), 2_000);
    assert_eq!(read(&[]), Ok(LimitsConfig::default()));
    assert_eq!(
        read(&[("VMOTEL_CARDINALITY_TOTAL", " ")]),
        Ok(LimitsConfig::default())
    );
}

#[test]
fn every_variable_sets_its_field() {
    let seed = "000102030405060708090a0b0c0d0e0f";
    let config = read(&[
        ("VMOTEL_CARDINALITY_PER_LABEL", "10"),
        ("VMOTEL_CARDINALITY_PER_METRIC", "20"),
        ("VMOTEL_CARDINALITY_TOTAL", "30"),
        ("VMOTEL_CARDINALITY_VALUE_LENGTH", "40"),
        ("VMOTEL_CARDINALITY_PATHS_PER_PARENT", "50"),
        ("VMOTEL_CARDINALITY_PATHS", "60"),
        ("VMOTEL_CARDINALITY_FOLD_NAME", "rest"),
        ("VMOTEL_CARDINALITY_DRY_RUN", "True"),
        ("VMOTEL_CARDINALITY_BUCKETS", "16"),
        ("VMOTEL_CARDINALITY_SEED", seed),
    ])
    .unwrap();
    let labels = &config.labels;
    assert_eq!((labels.per_label, labels.per_metric, labels.total), (10, 20, 30));
    assert_eq!((labels.value_length, labels.dry_run), (40, true));
    assert_eq!((config.paths.per_parent, config.paths.max_templates), (50, 60));
    assert_eq!(labels.fold_name, "rest");
    let seed = std::array::from_fn(|at| at as u8);
    assert_eq!(labels.fold, Fold::Buckets { count: 16, seed });
}

#[test]
fn what_cannot_be_used_is_an_error_with_name_value_and_expectation() {
    let check = |name: &str, value: &str, expected: &str| {
        assert_eq!(read(&[(name, value)]).unwrap_err(), expected);
    };
    check(
        "VMOTEL_CARDINALITY_PER_LABEL",
        "0",
        "VMOTEL_CARDINALITY_PER_LABEL has the value \"0\", expected 1 to 1000000",
    );
    check(
        "VMOTEL_CARDINALITY_TOTAL",
        "many",
        "VMOTEL_CARDINALITY_TOTAL has the value \"many\", expected 1 to 10000000",
    );
    check(
        "VMOTEL_CARDINALITY_PATHS",
        "7",
        "VMOTEL_CARDINALITY_PATHS has the value \"7\", expected 8 or more",
    );
    check(
        "VMOTEL_CARDINALITY_DRY_RUN",
        "1",
        "VMOTEL_CARDINALITY_DRY_RUN has the value \"1\", expected true or false",
    );
    check(
        "VMOTEL_CARDINALITY_BUCKETS",
        "4097",
        "VMOTEL_CARDINALITY_BUCKETS has the value \"4097\", expected 1 to 4096",
    );
    check(
        "VMOTEL_CARDINALITY_BUCKETS",
        "16",
        "VMOTEL_CARDINALITY_SEED has the value \"\", expected 32 hexadecimal digits where there are buckets",
    );
    check(
        "VMOTEL_CARDINALITY_SEED",
        "s3cret",
        "VMOTEL_CARDINALITY_SEED has the value \"(not shown)\", expected 32 hexadecimal digits",
    );
    let names = |names: &[&str]| {
        environment::check_names(names.iter().map(|name| (*name).to_owned()))
            .map_err(|error| error.to_string())
    };
    assert_eq!(names(&["HOME", "VMOTEL_CARDINALITY_TOTAL"]), Ok(()));
    assert_eq!(
        names(&["VMOTEL_CARDINALITY_TOTALS"]).unwrap_err(),
        "VMOTEL_CARDINALITY_TOTALS is not known, expected a variable of the table in the crate documentation"
    );
}

#[test]
fn instruments_take_the_limits_that_were_set_last() {
    let own = Limits::default();
    own.set_global();
    assert!(Limits::global().is(&own));
    own.add_instrument("orders");
    assert!(own.bounds("orders") && !own.bounds("order"));
}
