//! Where notifications go: grouped by alert and job, critical ones sooner, muted where another one says it already.

use serde::Serialize;

use crate::{DeployError, Deployment, yaml};

#[derive(Debug, Serialize)]
struct Config {
    route: Route,
    inhibit_rules: [Inhibit; 2],
    receivers: Vec<Receiver>,
}

#[derive(Debug, Serialize)]
struct Route {
    receiver: &'static str,
    group_by: [&'static str; 2],
    group_wait: String,
    group_interval: String,
    repeat_interval: String,
    routes: [Branch; 2],
}

#[derive(Debug, Serialize)]
struct Branch {
    matchers: [&'static str; 1],
    receiver: &'static str,
    group_wait: String,
    /// Not beyond the heartbeat's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_interval: Option<String>,
    repeat_interval: String,
}

#[derive(Debug, Serialize)]
struct Inhibit {
    source_matchers: [&'static str; 1],
    target_matchers: [&'static str; 1],
    equal: [&'static str; 1],
}

#[derive(Debug, Serialize)]
struct Receiver {
    name: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    webhook_configs: Vec<Webhook>,
}

#[derive(Debug, Serialize)]
struct Webhook {
    url: String,
    send_resolved: bool,
}

/// Returns the port of a webhook.
pub(crate) fn port_of(webhook: &str) -> u16 {
    let (default, rest) = match webhook.strip_prefix("http://") {
        Some(rest) => (80, rest),
        None => (443, webhook.trim_start_matches("https://")),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    port.unwrap_or(default)
}

pub(crate) fn render(values: &Deployment, path: &str) -> Result<String, DeployError> {
    let scaled = |seconds: u64| crate::rules::scaled(values, seconds).to_string();
    let receiver = |name, url: &Option<String>, send_resolved| Receiver {
        name,
        webhook_configs: url
            .iter()
            .map(|url| Webhook {
                url: url.clone(),
                send_resolved,
            })
            .collect(),
    };
    let config = Config {
        route: Route {
            receiver: "default",
            group_by: ["alertname", "job"],
            group_wait: scaled(30),
            group_interval: scaled(300),
            repeat_interval: scaled(12 * 3600),
            routes: [
                // It always fires: whoever waits for it notices when nothing comes any more.
                Branch {
                    matchers: ["alertname = Watchdog"],
                    receiver: "heartbeat",
                    group_wait: scaled(1),
                    group_interval: Some(scaled(60)),
                    repeat_interval: scaled(60),
                },
                Branch {
                    matchers: ["severity = critical"],
                    receiver: "default",
                    group_wait: scaled(10),
                    group_interval: None,
                    repeat_interval: scaled(3600),
                },
            ],
        },
        inhibit_rules: [
            Inhibit {
                source_matchers: ["alertname = ErrorBudgetBurn1h"],
                target_matchers: ["alertname =~ \"ErrorBudgetBurn(6h|1d|3d)|HighErrorRate\""],
                equal: ["job"],
            },
            // What a target reports means little while it is down.
            Inhibit {
                source_matchers: ["alertname = TargetDown"],
                target_matchers: ["severity = warning"],
                equal: ["job"],
            },
        ],
        receivers: vec![
            receiver("default", &values.alerting.webhook, true),
            receiver("heartbeat", &values.alerting.heartbeat, false),
        ],
    };
    yaml::to_yaml(path, &config)
}
