use std::time::Duration;

use vmotel_testkit::{Vmagent, Vmalert};

use super::app::{App, job, stub};
use super::report::examine;
use super::{on_both, server};

#[test]
fn the_healthy_set_up_has_no_finding() {
    on_both(|version| {
        let (app, server) = (App::start(), server(version, &[]));
        let agent = Vmagent::start(version, &job(&app.address(), ""), &server.url(), &[]).unwrap();
        let notifier = stub("200 OK", "", "");
        let rules = "groups:\n- name: g\n  interval: 200ms\n  rules:\n  - {alert: NoOrders, expr: \"orders_total < 1\"}\n  \
                     - {record: \"orders:rate\", expr: \"sum(rate(orders_total[1m]))\"}\n";
        let flags = [
            format!("-notifier.url=http://{notifier}"),
            "-rule.evalDelay=1ms".to_owned(),
        ];
        server
            .wait_for("orders_total", Duration::from_secs(30), |series| {
                !series.is_empty()
            })
            .unwrap();
        let alert = Vmalert::start(version, rules, &server.url(), &flags).unwrap();
        // The first evaluations may come before the first flush is over.
        server
            .wait_for("orders:rate", Duration::from_secs(30), |series| {
                !series.is_empty()
            })
            .unwrap();
        let report = examine(&[
            "--app",
            &app.url(),
            "--vmagent",
            &agent.url(),
            "--vm",
            &server.url(),
            "--vmalert",
            &alert.url(),
        ]);
        report.finds(&[]).exits(0);
        let not_made: Vec<_> = report
            .checks()
            .filter_map(|check| {
                Some((
                    check["check"].as_str()?,
                    check["outcome"]["not_checked"].as_str()?,
                ))
            })
            .collect();
        let scraped_only = ["push_delivery", "push_queue", "push_losses"];
        assert_eq!(
            not_made,
            scraped_only.map(|check| (check, "the app pushes nothing"))
        );
        assert_eq!(report.checks().count(), 46);
    });
}

#[test]
fn a_check_that_needs_another_address_says_so() {
    let report = examine(&["--app", &App::start().url()]);
    report.finds(&[]).exits(0);
    assert_eq!(report.not_checked("target_up"), Some("needs --vmagent"));
    assert_eq!(report.not_checked("disk"), Some("needs --vm"));
}
