use std::fs;

use vmotel_deploy::Deployment;
use vmotel_testkit::Version;
use vmotel_testkit::tools::Tool;

use super::run;
use crate::deploy::{folder, stack_of};

/// The unit tests of the alerts notice a rule that never fires, and one that fires on what is sound.
#[test]
fn broken_rules_fail_their_tests() {
    let folder = tempfile::tempdir().unwrap();
    let mut values = Deployment::default();
    values.application.pushes = true;
    let tree = stack_of(values).unwrap().compose().unwrap();
    folder::write(&tree, folder.path()).unwrap();
    let test = |group: &str| {
        let files = format!("--files=tests/{group}_test.yml");
        run(
            Tool::VmalertTool,
            Version::Stable,
            &["unittest", &files],
            folder.path(),
        )
    };
    for (group, alert, from, to) in [
        (
            "storage",
            "VMDiskSpaceLow fires",
            "vm_total_disk_space_bytes",
            "vm_disk_space_bytes",
        ),
        (
            "storage",
            "VMInsertRateDrop stays silent",
            "sum(rate(vm_rows_inserted_total{job=\"victoria-metrics\"}[5m])) by (job)",
            "rate(vm_rows_inserted_total{job=\"victoria-metrics\"}[5m])",
        ),
        (
            "application",
            "HighErrorRate stays silent",
            "status_code=~\"5..\"}[5m]",
            "status_code=~\"[45]..\"}[5m]",
        ),
        (
            "application",
            "NoActiveUsers stays silent",
            "sum(active_users{job=\"app\"}) by (job) == 0",
            "active_users{job=\"app\"} == 0",
        ),
        (
            "application",
            "PushedSamplesLost fires",
            "push_lost_samples_total",
            "push_samples_total",
        ),
        (
            "application",
            "PushedSamplesLost stays silent",
            "sum(increase(vmotel_exporter_push_lost_samples_total{job=\"app\"}[10m])) by (job, reason) > 0",
            "sum(increase(vmotel_exporter_push_lost_samples_total{job=\"app\"}[10m])) by (job, reason) >= 0",
        ),
        (
            "application",
            "PushedSeriesRejected fires",
            "push_rejected_series_total",
            "rejected_series_total",
        ),
        (
            "application",
            "PushedSeriesRejected stays silent",
            "sum(increase(vmotel_exporter_push_rejected_series_total{job=\"app\"}[10m])) by (job, reason) > 0",
            "sum(increase(vmotel_exporter_push_rejected_series_total{job=\"app\"}[10m])) by (job, reason) >= 0",
        ),
        (
            "application",
            "PushQueueNearFull fires",
            "_queue_limit_bytes{job=\"app\"} > 0.8",
            "_queue_limit_bytes{job=\"app\"} > 0.95",
        ),
        (
            "application",
            "PushQueueNearFull stays silent",
            " / vmotel_exporter_push_queue_limit_bytes{job=\"app\"} > 0.8",
            " > 0.8",
        ),
        (
            "application",
            "PushStalled fires",
            "{job=\"app\"} > 600",
            "{job=\"app\"} > 6000",
        ),
        (
            "application",
            "PushStalled stays silent",
            "time() - vmotel_exporter_push_last_success_timestamp_seconds",
            "vmotel_exporter_push_last_success_timestamp_seconds",
        ),
        (
            "objective",
            "ErrorBudgetBurn1h stays silent",
            "ratio_rate1h{job=\"app\"} > 0.0144 and",
            "ratio_rate1h{job=\"app\"} > 0.0144 or",
        ),
    ] {
        let rules = folder.path().join(format!("vmalert/{group}.yml"));
        let tests = folder.path().join(format!("tests/{group}_test.yml"));
        let sound = fs::read_to_string(&rules).unwrap();
        let all = fs::read_to_string(&tests).unwrap();
        let broken = sound.replace(from, to);
        assert_ne!(broken, sound, "{alert}");
        fs::write(&tests, only(&all, alert)).unwrap();
        test(group).unwrap();
        fs::write(&rules, broken).unwrap();
        let error = test(group).unwrap_err().to_string();
        assert!(error.contains("failed to run unit test"), "{alert}: {error}");
        fs::write(&rules, sound).unwrap();
        fs::write(&tests, all).unwrap();
    }
}

/// What validators of single files do refuse is refused: the first defect of a guide for this stack.
#[test]
fn a_scrape_configuration_of_prometheus_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let scrape = "scrape_configs: []\nremote_write:\n- url: http://victoria-metrics:8428/api/v1/write\n";
    fs::write(folder.path().join("scrape.yml"), scrape).unwrap();
    for version in Version::BOTH {
        let arguments = [
            "-dryRun",
            "-promscrape.config=scrape.yml",
            "-remoteWrite.url=http://localhost",
        ];
        let error = run(Tool::Vmagent, version, &arguments, folder.path()).unwrap_err();
        assert!(
            error.to_string().contains("field remote_write not found"),
            "{error}"
        );
    }
}

/// Returns the test file with this one test, as all of them take a while.
fn only(tests: &str, name: &str) -> String {
    let (head, cases) = tests.split_once("- name: ").unwrap();
    let case = cases
        .split("- name: ")
        .find(|case| case.starts_with(name))
        .unwrap();
    format!("{head}- name: {case}")
}
