//! The scrape configuration of vmagent.

mod discovery;

use serde::Serialize;

use crate::topology::{Program, Service};
use crate::{DeployError, Deployment, Form, yaml};

#[derive(Debug, Serialize)]
struct Config<T> {
    global: Global,
    scrape_configs: Vec<T>,
}

#[derive(Debug, Serialize)]
struct Global {
    scrape_interval: String,
    scrape_timeout: String,
    external_labels: std::collections::BTreeMap<String, String>,
}

/// One job; its targets are found by DNS, so that every instance of a service is scraped under its own address.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Job {
    pub(crate) job_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    metrics_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    series_limit: Option<u32>,
    pub(crate) dns_sd_configs: Vec<Dns>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Dns {
    pub(crate) names: Vec<String>,
    #[serde(rename = "type")]
    kind: &'static str,
    pub(crate) port: u16,
}

/// Returns one job for each component, named like it; its instances are found by DNS.
pub(crate) fn jobs(values: &Deployment, services: &[Service]) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    for service in services {
        match jobs.iter_mut().find(|job| job.job_name == service.component) {
            Some(job) => job.dns_sd_configs[0].names.push(service.name.clone()),
            None => jobs.push(job(values, service)),
        }
    }
    jobs
}

fn job(values: &Deployment, service: &Service) -> Job {
    let application = service.program == Program::Application;
    Job {
        job_name: service.component.clone(),
        metrics_path: if application {
            values.application.path.clone()
        } else {
            String::new()
        },
        series_limit: application.then_some(values.application.series_limit),
        dns_sd_configs: vec![Dns {
            names: vec![service.name.clone()],
            kind: "A",
            port: service.health.0,
        }],
    }
}

pub(crate) fn render(values: &Deployment, jobs: &[Job], path: &str) -> Result<String, DeployError> {
    let global = Global {
        scrape_interval: values.scraping.interval.to_string(),
        scrape_timeout: values.scraping.timeout.to_string(),
        external_labels: external_labels(values),
    };
    match values.form {
        Form::Compose => yaml::to_yaml(
            path,
            &Config {
                global,
                scrape_configs: jobs.to_vec(),
            },
        ),
        _ => yaml::to_commented_yaml(
            path,
            discovery::COMMENT,
            &Config {
                global,
                scrape_configs: vec![discovery::pods(values)],
            },
        ),
    }
}

/// Returns the labels added to all series.
pub(crate) fn external_labels(values: &Deployment) -> std::collections::BTreeMap<String, String> {
    let mut labels = values.scraping.external_labels.clone();
    labels
        .entry("cluster".to_owned())
        .or_insert_with(|| values.name.clone());
    labels
}
