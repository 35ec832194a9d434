use std::fs;

use vmotel_testkit::Version;
use vmotel_testkit::tools::Tool;

use super::run;
use crate::deploy::{folder, stack};

/// The unit tests of the alerts notice a rule that never fires, and one that fires on what is sound.
#[test]
fn broken_rules_fail_their_tests() {
    let folder = tempfile::tempdir().unwrap();
    let tree = stack(None).unwrap().compose().unwrap();
    folder::write(&tree, folder.path()).unwrap();
    let rules = folder.path().join("vmalert/rules.yml");
    let sound = fs::read_to_string(&rules).unwrap();
    let tests = folder.path().join("tests/alerts_test.yml");
    let all = fs::read_to_string(&tests).unwrap();
    let test = || {
        run(
            Tool::VmalertTool,
            Version::Stable,
            &["unittest", "--files=tests/alerts_test.yml"],
            folder.path(),
        )
    };
    for (alert, from, to) in [
        (
            "VMDiskSpaceLow fires",
            "vm_total_disk_space_bytes",
            "vm_disk_space_bytes",
        ),
        (
            "VMInsertRateDrop stays silent",
            "sum(rate(vm_rows_inserted_total{job=\"victoria-metrics\"}[5m])) by (job)",
            "rate(vm_rows_inserted_total{job=\"victoria-metrics\"}[5m])",
        ),
        (
            "HighErrorRate stays silent",
            "status_code=~\"5..\"}[5m]",
            "status_code=~\"[45]..\"}[5m]",
        ),
        (
            "NoActiveUsers stays silent",
            "sum(active_users{job=\"app\"}) by (job) == 0",
            "active_users{job=\"app\"} == 0",
        ),
    ] {
        let broken = sound.replace(from, to);
        assert_ne!(broken, sound, "{alert}");
        fs::write(&tests, only(&all, alert)).unwrap();
        fs::write(&rules, &sound).unwrap();
        test().unwrap();
        fs::write(&rules, broken).unwrap();
        let error = test().unwrap_err().to_string();
        assert!(error.contains("failed to run unit test"), "{alert}: {error}");
    }
}

/// Returns the test file with this one test, as all of them take half a minute.
fn only(tests: &str, name: &str) -> String {
    let (head, cases) = tests.split_once("- name: ").unwrap();
    let case = cases
        .split("- name: ")
        .find(|case| case.starts_with(name))
        .unwrap();
    format!("{head}- name: {case}")
}
