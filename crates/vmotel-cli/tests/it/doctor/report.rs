//! What the doctor says, and what it should say.

use serde_json::Value;

use crate::{run, stderr, stdout};

/// A report of `vmotel doctor --json`.
pub(super) struct Report {
    json: Value,
    status: i32,
}

/// Examines addresses, as in `["--vm", "http://..."]`.
pub(super) fn examine(args: &[&str]) -> Report {
    after("--pause=100ms", args)
}

/// Examines with readings far enough apart to see what grows: servers make their metrics anew once a second.
pub(super) fn examine_growth(args: &[&str]) -> Report {
    after("--pause=1300ms", args)
}

fn after(pause: &str, args: &[&str]) -> Report {
    let mut all = vec!["doctor", "--json", pause];
    all.extend_from_slice(args);
    let output = run(&all);
    let status = output.status.code().unwrap();
    assert!([0, 3, 4].contains(&status), "{status}: {}", stderr(&output));
    Report {
        json: serde_json::from_str(&stdout(&output)).unwrap(),
        status,
    }
}

impl Report {
    /// Asserts that exactly these checks found a warning or worse.
    #[track_caller]
    pub(super) fn finds(&self, checks: &[&str]) -> &Self {
        let mut found: Vec<&str> = self
            .findings()
            .filter(|(_, finding)| finding["severity"] != "note")
            .map(|(check, _)| check)
            .collect();
        found.dedup();
        found.sort_unstable();
        let mut expected = checks.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{:#}", self.summary());
        self
    }

    /// Asserts a finding: its check, its severity, and parts of its text, evidence and fix.
    #[track_caller]
    pub(super) fn with(
        &self,
        check: &str,
        severity: &str,
        finding: &str,
        evidence: &str,
        fix: &str,
    ) -> &Self {
        let fits = |value: &Value| {
            let text = |name: &str| value[name].to_string();
            value["severity"] == severity
                && value["finding"].as_str().unwrap().contains(finding)
                && text("evidence").contains(evidence)
                && text("fix").contains(fix)
        };
        let fitting = self.findings().any(|(name, value)| name == check && fits(value));
        assert!(
            fitting,
            "no {severity} of {check} with {finding:?}, {evidence:?}, {fix:?} in {:#}",
            self.summary()
        );
        self
    }

    /// Asserts the exit status, as it is without what the doctor says of the machine that the test runs on.
    #[track_caller]
    pub(super) fn exits(&self, status: i32) -> &Self {
        let status_of = |findings: Vec<(&str, &Value)>| {
            let has = |severity: &str| {
                findings
                    .iter()
                    .any(|(_, finding)| finding["severity"] == severity)
            };
            if has("critical") {
                4
            } else if has("warning") {
                3
            } else {
                0
            }
        };
        assert_eq!(self.status, status_of(self.all_findings().collect()));
        assert_eq!(
            status_of(self.findings().collect()),
            status,
            "{:#}",
            self.summary()
        );
        self
    }

    /// Tells whether a check found something.
    pub(super) fn found(&self, check: &str) -> bool {
        self.findings().any(|(name, _)| name == check)
    }

    /// Returns why a check was not made.
    pub(super) fn not_checked(&self, check: &str) -> Option<&str> {
        self.checks().find(|value| value["check"] == check)?["outcome"]["not_checked"].as_str()
    }

    pub(super) fn checks(&self) -> impl Iterator<Item = &Value> {
        self.json["checks"].as_array().unwrap().iter()
    }

    /// Returns the findings, without those of the machine that the test runs on: its disk may be nearly full.
    fn findings(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.all_findings().filter(|(_, finding)| {
            let text = finding["finding"].as_str().unwrap();
            !text.starts_with("little room is left on the disk")
        })
    }

    fn all_findings(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.checks().flat_map(|check| {
            let name = check["check"].as_str().unwrap();
            check["findings"]
                .as_array()
                .unwrap()
                .iter()
                .map(move |finding| (name, finding))
        })
    }

    fn summary(&self) -> Value {
        self.findings()
            .map(|(check, finding)| serde_json::json!([check, finding]))
            .collect()
    }
}
