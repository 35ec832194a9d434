use super::*;

/// The short form of the command: all cases by hand and some generated ones, direct paths, each version without flags and with the
/// flag that changes most.
fn check(version: Version, flags: &'static [&'static str]) {
    let mut cases = hand::cases();
    assert!(cases.len() >= 200, "{} cases by hand", cases.len());
    cases.extend(generated::cases(generated::SEED, 60));
    let configuration = Configuration { version, flags };
    let outcome = run::run(configuration, &cases, true).unwrap();
    let recorded = outcome.recorded_cases;
    assert!(recorded > 200, "{recorded} cases on both engines");
    assert!(outcome.differences.is_empty(), "{:#?}", outcome.differences);
    let paths = if version == Version::Newest { 5 } else { 4 };
    for group in [
        "names",
        "label names",
        "exponential",
        "generated",
        "SDK",
        "registry",
    ] {
        let found = outcome
            .cells
            .iter()
            .filter(|cell| cell.group.contains(group) && cell.equal > 10);
        assert!(found.count() >= paths, "{group}");
    }
}

#[test]
fn paths_are_equal_in_the_stable_version() {
    check(Version::Stable, &["-opentelemetry.usePrometheusNaming"]);
}

#[test]
fn paths_are_equal_in_the_newest_version() {
    check(Version::Newest, &["-opentelemetry.usePrometheusNaming"]);
}

#[test]
fn exceptions_are_as_listed() {
    let shown = exceptions::check_all().unwrap();
    assert!(shown.len() > 20);
    let unlike: Vec<_> = shown.iter().filter(|exception| !exception.as_listed()).collect();
    assert!(unlike.is_empty(), "{unlike:#?}");
}
