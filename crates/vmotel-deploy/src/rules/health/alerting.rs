//! The alerts about vmalert and the Alertmanager: whether rules are evaluated and people are told.

use super::Growth;
use crate::rules::{Context, Group, Severity};

/// Whether vmalert can evaluate and tell.
pub(in crate::rules) fn group(context: Context<'_>) -> Group {
    let grows = |name, job, counter, by: &[(&'static str, &str)], texts| {
        Growth {
            name,
            job,
            counter,
            by,
            hold_minutes: 5,
            severity: Severity::Critical,
            texts,
        }
        .alert(context)
    };
    Group {
        name: "alerting",
        records: Vec::new(),
        alerts: vec![
            grows(
                "RulesFail",
                "vmalert",
                "vmalert_execution_errors_total",
                &[],
                [
                    "vmalert cannot evaluate rules",
                    "Alerts that cannot be evaluated cannot fire.",
                    "vmalert's page /vmalert/groups shows the errors; the storage may be down or too slow.",
                ],
            ),
            grows(
                "RulesLate",
                "vmalert",
                "vmalert_iteration_missed_total",
                &[("group", "application")],
                [
                    "vmalert skips evaluations of the group {{ $labels.group }}",
                    "An evaluation takes longer than the time between two of them; alerts come late.",
                    "vmalert's page /vmalert/groups shows the slow rules; record what they share, or help the storage.",
                ],
            ),
            grows(
                "NotificationsFail",
                "vmalert",
                "vmalert_alerts_send_errors_total",
                &[],
                [
                    "vmalert cannot reach the Alertmanager",
                    "Alerts fire and nobody is told.",
                    "Is the Alertmanager up? vmalert's log has the error.",
                ],
            ),
            grows(
                "AlertStateLost",
                "vmalert",
                "vmalert_remotewrite_dropped_rows_total",
                &[],
                [
                    "vmalert cannot store the state of alerts",
                    "After a restart, alerts begin anew; recorded series have holes.",
                    "Is the storage up? vmalert's log has the error.",
                ],
            ),
            grows(
                "NotificationsUndelivered",
                "alertmanager",
                "alertmanager_notifications_failed_total",
                &[("integration", "webhook")],
                [
                    "the Alertmanager cannot deliver to its {{ $labels.integration }}",
                    "Alerts fire and people are not told.",
                    "The Alertmanager's log has the answer of the receiver; until it works, look at its pages.",
                ],
            ),
        ],
    }
}
