//! The checks of values.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::{Deployment, Form, is_tenant};
use crate::images::is_pinned;
use crate::{Bytes, DeployError, Span};

/// Names of services that the application must not take.
pub(crate) const RESERVED: [&str; 10] = [
    "victoria-metrics",
    "vminsert",
    "vmselect",
    "vmstorage",
    "vmagent",
    "vmalert",
    "vmauth",
    "alertmanager",
    "grafana",
    "volume-owner",
];

impl Deployment {
    /// Checks all values.
    ///
    /// # Errors
    /// A value is not allowed; the error names the key, the value and what is expected.
    pub fn validate(&self) -> Result<(), DeployError> {
        let application = &self.application;
        label("name", &self.name)?;
        label("application.name", &application.name)?;
        ensure(
            "application.name",
            &application.name,
            !is_reserved(&application.name),
            "no name of another service",
        )?;
        for (key, image) in self
            .images
            .each()
            .into_iter()
            .chain([("application.image", application.image.as_str())])
        {
            ensure(
                key,
                image,
                is_pinned(image),
                "an image with a tag other than latest, or a digest",
            )?;
        }
        ensure(
            "application.path",
            &application.path,
            application.path.starts_with('/') && !application.path.contains(char::is_whitespace),
            "a path that starts with /",
        )?;
        ensure(
            "application.replicas",
            application.replicas,
            (1..=100).contains(&application.replicas),
            "1 to 100",
        )?;
        ensure(
            "application.series_limit",
            application.series_limit,
            application.series_limit > 0,
            "at least 1",
        )?;
        for (key, value, least) in [
            ("application.memory", application.memory, Bytes::mib(16)),
            ("storage.memory", self.storage.memory, Bytes::mib(256)),
            (
                "storage.min_free_disk",
                self.storage.min_free_disk,
                Bytes::mib(10),
            ),
            ("agent.memory", self.agent.memory, Bytes::mib(64)),
            ("agent.queue", self.agent.queue, Bytes::mib(500)),
        ] {
            ensure(key, value, value >= least, format!("at least {least}"))?;
        }
        ensure(
            "storage.cpus",
            self.storage.cpus,
            self.storage.cpus > 0,
            "at least 1",
        )?;
        ensure(
            "storage.max_labels",
            self.storage.max_labels,
            (10..=1000).contains(&self.storage.max_labels),
            "10 to 1000",
        )?;
        let scraping = &self.scraping;
        ensure(
            "scraping.interval",
            scraping.interval,
            (Span::seconds(1)..=Span::minutes(1)).contains(&scraping.interval),
            "1s to 1m: rules look at 5m",
        )?;
        ensure(
            "scraping.timeout",
            scraping.timeout,
            scraping.timeout >= Span::seconds(1) && scraping.timeout <= scraping.interval,
            format!("1s to the interval, {}", scraping.interval),
        )?;
        for name in scraping.external_labels.keys() {
            ensure(
                "scraping.external_labels",
                name,
                !name.is_empty()
                    && !name.starts_with("__")
                    && !name.starts_with(|c: char| c.is_ascii_digit())
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'),
                "names of letters, digits and _ that start with no digit and no __",
            )?;
        }
        let alerting = &self.alerting;
        for (key, url) in [
            ("alerting.webhook", &alerting.webhook),
            ("alerting.heartbeat", &alerting.heartbeat),
        ] {
            let Some(url) = url else { continue };
            let rest = url
                .strip_prefix("http://")
                .or_else(|| url.strip_prefix("https://"));
            // The URL may hold a secret.
            ensure(
                key,
                "a text",
                rest.is_some_and(|r| !r.is_empty()),
                "a URL with http:// or https://",
            )?;
        }
        if let Some(build) = &application.build {
            for (key, value) in [
                ("application.build.context", &build.context),
                ("application.build.dockerfile", &build.dockerfile),
                ("application.build.cargo_arguments", &build.cargo_arguments),
                ("application.build.binary", &build.binary),
            ] {
                let plain = !value.is_empty() && !value.contains(['\n', '\r', ';', '&', '|', '`', '$']);
                ensure(key, value, plain, "one line without signs of the shell")?;
            }
        }
        self.validate_cluster()?;
        self.validate_kubernetes()?;
        self.validate_backup()?;
        self.validate_thresholds()?;
        self.validate_ports()
    }

    fn validate_cluster(&self) -> Result<(), DeployError> {
        let cluster = &self.cluster;
        for (key, value) in [
            ("cluster.storage_nodes", cluster.storage_nodes),
            ("cluster.insert_nodes", cluster.insert_nodes),
            ("cluster.select_nodes", cluster.select_nodes),
        ] {
            ensure(key, value, (1..=100).contains(&value), "1 to 100")?;
        }
        let factor = cluster.replication_factor;
        let most = cluster.storage_nodes.div_ceil(2);
        ensure(
            "cluster.replication_factor",
            factor,
            (1..=most).contains(&factor),
            format!(
                "1 to {most}: {factor} copies need {} storage nodes, cluster.storage_nodes is {}",
                (2 * u64::from(factor)).saturating_sub(1),
                cluster.storage_nodes
            ),
        )?;
        ensure(
            "cluster.tenant",
            &cluster.tenant,
            is_tenant(&cluster.tenant),
            "an account or account:project, numbers of 32 bits",
        )?;
        for (key, value, least) in [
            ("cluster.insert_memory", cluster.insert_memory, Bytes::mib(128)),
            ("cluster.select_memory", cluster.select_memory, Bytes::mib(256)),
        ] {
            ensure(key, value, value >= least, format!("at least {least}"))?;
        }
        let agents = self.agents();
        ensure("agent.replicas", agents, (1..=100).contains(&agents), "1 to 100")?;
        ensure(
            "agent.replication_factor",
            self.agent.replication_factor,
            (1..=agents).contains(&self.agent.replication_factor),
            format!("1 to agent.replicas, {agents}"),
        )
    }

    fn validate_kubernetes(&self) -> Result<(), DeployError> {
        let kubernetes = &self.kubernetes;
        for (key, value) in [
            ("kubernetes.namespace", &kubernetes.namespace),
            ("kubernetes.storage_class", &kubernetes.storage_class),
            ("kubernetes.priority_class", &kubernetes.priority_class),
        ] {
            if let Some(value) = value {
                label(key, value)?;
            }
        }
        for name in &kubernetes.scrape_namespaces {
            label("kubernetes.scrape_namespaces", name)?;
            ensure(
                "kubernetes.scrape_namespaces",
                name,
                name != self.namespace(),
                "a namespace other than that of the deployment, which is scraped anyway",
            )?;
        }
        if let Some(most) = kubernetes.autoscale {
            let least = self.cluster.insert_nodes.max(self.cluster.select_nodes);
            ensure(
                "kubernetes.autoscale",
                most,
                self.is_cluster() && (least..=100).contains(&most),
                format!(
                    "{least} to 100, the larger of cluster.insert_nodes and cluster.select_nodes, and a cluster"
                ),
            )?;
        }
        if let Some(ingress) = &kubernetes.ingress {
            label("kubernetes.ingress.class", &ingress.class)?;
            label(
                "kubernetes.ingress.controller_namespace",
                &ingress.controller_namespace,
            )?;
            host("kubernetes.ingress.grafana_host", &ingress.grafana_host)?;
            if let Some(name) = &ingress.vmauth_host {
                host("kubernetes.ingress.vmauth_host", name)?;
            }
        }
        Ok(())
    }

    fn validate_backup(&self) -> Result<(), DeployError> {
        let backup = &self.backup;
        ensure(
            "backup.interval",
            backup.interval,
            backup.interval >= Span::minutes(5),
            "at least 5m",
        )?;
        let Some(destination) = &backup.destination else {
            return ensure(
                "backup.credentials",
                backup.credentials,
                !backup.credentials,
                "false, as there is no backup.destination",
            );
        };
        let schemes = ["s3://", "gs://", "azblob://"];
        let rest = schemes.iter().find_map(|scheme| destination.strip_prefix(scheme));
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        ensure(
            "backup.destination",
            destination,
            rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(plain)),
            "s3://, gs:// or azblob:// with a bucket and a path of letters, digits, -, _, . and /",
        )?;
        ensure(
            "backup.destination",
            destination,
            self.form != Form::Compose,
            "none: only pods make backups; beside compose, vmbackup runs from cron",
        )
    }

    fn validate_thresholds(&self) -> Result<(), DeployError> {
        let limits = &self.thresholds;
        for (key, value) in [
            ("thresholds.error_ratio", limits.error_ratio),
            ("thresholds.cache_hit_ratio", limits.cache_hit_ratio),
            ("slo.objective", self.slo.objective),
        ] {
            ensure(key, value, value > 0.0 && value < 1.0, "above 0 and below 1")?;
        }
        ensure(
            "slo.period",
            self.slo.period,
            (Span::hours(7 * 24)..=Span::hours(92 * 24)).contains(&self.slo.period),
            "7d to 92d",
        )?;
        for (key, value) in [
            ("thresholds.latency_seconds", limits.latency_seconds),
            ("thresholds.min_rows_per_second", limits.min_rows_per_second),
            ("thresholds.query_seconds", limits.query_seconds),
        ] {
            ensure(key, value, value > 0.0 && value.is_finite(), "a number above 0")?;
        }
        ensure(
            "thresholds.time_scale",
            limits.time_scale,
            (0.01..=10.0).contains(&limits.time_scale),
            "0.01 to 10",
        )?;
        ensure(
            "thresholds.memory",
            limits.memory,
            limits.memory < self.application.memory,
            format!(
                "less than application.memory, {}: beyond it the instance is killed before the alert fires",
                self.application.memory
            ),
        )
    }

    fn validate_ports(&self) -> Result<(), DeployError> {
        let mut taken = BTreeMap::new();
        for (key, port) in [
            ("ports.vmauth", self.ports.vmauth),
            ("ports.grafana", self.ports.grafana),
            ("ports.alertmanager", self.ports.alertmanager),
            ("application.port", self.application.port),
        ] {
            ensure(key, port, port > 0, "1 to 65535")?;
            if let Some(other) = taken.insert(port, key) {
                return Err(DeployError::value(
                    key,
                    &port,
                    &format!("a port other than that of {other}"),
                ));
            }
        }
        Ok(())
    }
}

/// A service of the deployment has this name, or one of its numbered instances.
fn is_reserved(name: &str) -> bool {
    let base = name
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .trim_end_matches('-');
    RESERVED.contains(&name) || RESERVED.contains(&base)
}

fn ensure(key: &str, value: impl Display, holds: bool, expected: impl Display) -> Result<(), DeployError> {
    if holds {
        Ok(())
    } else {
        Err(DeployError::value(key, &value, &expected))
    }
}

/// Checks a label of RFC 1123.
fn label(key: &str, value: &str) -> Result<(), DeployError> {
    ensure(
        key,
        value,
        is_label(value),
        "an RFC 1123 label: 1 to 63 of a-z, 0-9 and -, no - at an end",
    )
}

/// Checks a name of a host.
fn host(key: &str, value: &str) -> Result<(), DeployError> {
    ensure(
        key,
        value,
        value.len() <= 253 && value.split('.').all(is_label),
        "a host: RFC 1123 labels with dots between them",
    )
}

pub(crate) fn is_label(value: &str) -> bool {
    (1..=63).contains(&value.len())
        && value
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !value.starts_with('-')
        && !value.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_values() {
        for (toml, expected) in [
            (
                "name = 'Bad_Name'",
                "name is Bad_Name, expected an RFC 1123 label",
            ),
            ("nmae = 'x'", "unknown field `nmae`"),
            ("[storage]\ncpus = 'two'", "invalid type"),
            ("[storage]\ncpus = -1", "invalid value"),
            ("[storage]\nmemory = '-4GiB'", "`-4GiB` is no size"),
            ("[storage]\nmemory = '4Gi'", "`4Gi` is no size"),
            ("[storage]\nretention = '12'", "`12` is no retention"),
            (
                "[application]\nname = 'vmagent'",
                "application.name is vmagent, expected no name of another",
            ),
            (
                "[application]\nimage = 'shop'",
                "application.image is shop, expected an image with a tag",
            ),
            (
                "[application]\nimage = 'host:5000/shop'",
                "application.image is host:5000/shop, expected an image",
            ),
            (
                "[images]\ngrafana = 'grafana/grafana:latest'",
                "images.grafana is grafana/grafana:latest",
            ),
            (
                "[scraping]\ninterval = '5s'",
                "scraping.timeout is 10s, expected 1s to the interval, 5s",
            ),
            (
                "[ports]\ngrafana = 8427",
                "ports.grafana is 8427, expected a port other than that of ports.vmauth",
            ),
            (
                "[cluster]\nreplication_factor = 3",
                "cluster.replication_factor is 3, expected 1 to 2: 3 copies need 5 storage nodes, cluster.storage_nodes is 3",
            ),
            (
                "[cluster]\nreplication_factor = 0",
                "cluster.replication_factor is 0, expected 1 to 2",
            ),
            (
                "[cluster]\ntenant = 'abc'",
                "cluster.tenant is abc, expected an account",
            ),
            (
                "[cluster]\nstorage_nodes = 0",
                "cluster.storage_nodes is 0, expected 1 to 100",
            ),
            (
                "[agent]\nreplication_factor = 2",
                "agent.replication_factor is 2, expected 1 to agent.replicas, 1",
            ),
            (
                "topology = 'ring'",
                "unknown variant `ring`, expected `single` or `cluster`",
            ),
            (
                "[application]\nname = 'vmstorage-2'",
                "application.name is vmstorage-2, expected no name of another",
            ),
            ("[ports]\ngrafana = 0", "ports.grafana is 0, expected 1 to 65535"),
            (
                "[thresholds]\nmemory = '2GiB'",
                "thresholds.memory is 2GiB, expected less than application.memory, 512MiB",
            ),
            (
                "[thresholds]\ncache_hit_ratio = 0",
                "thresholds.cache_hit_ratio is 0, expected above 0 and below 1",
            ),
            (
                "[slo]\nobjective = 1.0",
                "slo.objective is 1, expected above 0 and below 1",
            ),
            ("[slo]\nperiod = '1d'", "slo.period is 1d, expected 7d to 92d"),
            (
                "[alerting]\nheartbeat = 'secret'",
                "alerting.heartbeat is a text, expected a URL",
            ),
            (
                "[alerting]\nwebhook = 'secret'",
                "alerting.webhook is a text, expected a URL",
            ),
            (
                "[scraping.external_labels]\n'a-b' = 'x'",
                "scraping.external_labels is a-b, expected names",
            ),
            (
                "[application.build]\ncontext='.'\ndockerfile='application/Dockerfile'\ncargo_arguments='-p x; rm y'\nbinary='x'",
                "application.build.cargo_arguments is -p x; rm y, expected one line without signs of the shell",
            ),
        ] {
            let error = Deployment::from_toml(toml).unwrap_err().to_string();
            assert!(error.contains(expected), "{toml}: {error}");
        }
    }

    #[test]
    fn defaults_are_allowed() {
        Deployment::default().validate().unwrap();
        Deployment::from_toml("[application]\nimage = 'host:5000/shop:1'").unwrap();
    }
}
