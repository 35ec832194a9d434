//! Where notifications go: grouped by alert and job, critical ones sooner, muted where another one says it already.

use serde::Serialize;

use crate::{DeployError, Deployment, yaml};

#[derive(Debug, Serialize)]
struct Config {
    route: Route,
    inhibit_rules: [Inhibit; 2],
    receivers: [Receiver; 1],
}

#[derive(Debug, Serialize)]
struct Route {
    receiver: &'static str,
    group_by: [&'static str; 2],
    group_wait: String,
    group_interval: String,
    repeat_interval: String,
    routes: [Branch; 1],
}

#[derive(Debug, Serialize)]
struct Branch {
    matchers: [&'static str; 1],
    receiver: &'static str,
    group_wait: String,
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
    let webhooks = values.alerting.webhook.iter().map(|url| Webhook {
        url: url.clone(),
        send_resolved: true,
    });
    let config = Config {
        route: Route {
            receiver: "default",
            group_by: ["alertname", "job"],
            group_wait: scaled(30),
            group_interval: scaled(300),
            repeat_interval: scaled(12 * 3600),
            routes: [Branch {
                matchers: ["severity = critical"],
                receiver: "default",
                group_wait: scaled(10),
                repeat_interval: scaled(3600),
            }],
        },
        inhibit_rules: [
            Inhibit {
                source_matchers: ["alertname = ErrorBudgetBurnFast"],
                target_matchers: ["alertname =~ \"ErrorBudgetBurnSlow|HighErrorRate\""],
                equal: ["job"],
            },
            // What a target reports means little while it is down.
            Inhibit {
                source_matchers: ["alertname = TargetDown"],
                target_matchers: ["severity = warning"],
                equal: ["job"],
            },
        ],
        receivers: [Receiver {
            name: "default",
            webhook_configs: webhooks.collect(),
        }],
    };
    yaml::to_yaml(path, &config)
}
