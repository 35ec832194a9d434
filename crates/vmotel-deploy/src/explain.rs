//! The deployment in words and figures.

use std::fmt::Write as _;

use crate::edges::edges;
use crate::topology::Program;
use crate::{Bytes, Form, Stack};

/// Bytes on disk per sample after merges: what mixed data measured.
const BYTES_PER_SAMPLE: f64 = 2.5;

/// Memory of the storage per active series, as a rule of thumb.
const BYTES_PER_SERIES: f64 = 1024.0 * 4.0;

/// Series that each of the servers exposes, roughly.
const SERIES_PER_SERVER: u64 = 400;

pub(crate) fn explain(stack: &Stack) -> String {
    let mut text = String::new();
    let form = match stack.values.form {
        Form::Compose => "compose",
        Form::Kubernetes => "Kubernetes",
        Form::Operator => "Kubernetes with the operator of VictoriaMetrics",
        Form::PrometheusOperator => "Kubernetes with the operator of Prometheus",
    };
    let topology = if stack.values.is_cluster() {
        "cluster"
    } else {
        "single node"
    };
    let _ = writeln!(text, "{}: {form}, {topology}\n", stack.values.name);
    services(stack, &mut text);
    flow(stack, &mut text);
    sizing(stack, &mut text);
    ways(stack, &mut text);
    text
}

/// How people reach it, and in which order it is upgraded.
fn ways(stack: &Stack, text: &mut String) {
    let values = &stack.values;
    if values.form == Form::Compose || values.form == Form::PrometheusOperator {
        return;
    }
    let _ = writeln!(text, "\nfrom a desk");
    for service in &stack.services {
        for port in &service.ports {
            if let Some(published) = port.published {
                let (namespace, name, number) = (values.namespace(), &service.name, port.number);
                let _ = writeln!(
                    text,
                    "kubectl --namespace {namespace} port-forward service/{name} {published}:{number}"
                );
            }
        }
    }
    if values.is_cluster() {
        let _ = writeln!(
            text,
            "\nan upgrade goes from where data lies to where it is asked for: vmstorage, vminsert, vmselect"
        );
    }
}

fn services(stack: &Stack, text: &mut String) {
    let row = |text: &mut String, cells: [&str; 6]| {
        let [name, image, replicas, memory, ports, published] = cells;
        let line = format!("{name:<17} {image:<45} {replicas:<3} {memory:<8} {ports:<15} {published}");
        let _ = writeln!(text, "{}", line.trim_end());
    };
    row(text, ["service", "image", "", "memory", "ports", "published"]);
    for service in &stack.services {
        let ports: Vec<String> = service.ports.iter().map(|port| port.number.to_string()).collect();
        let published: Vec<String> = service
            .ports
            .iter()
            .filter_map(|port| port.published)
            .map(|port| format!("{}:{port}", stack.values.bind))
            .collect();
        let published = if stack.values.form == Form::Compose {
            published.join(" ")
        } else {
            String::new()
        };
        row(
            text,
            [
                &service.name,
                &service.image,
                &format!("x{}", service.replicas),
                &service.memory.to_string(),
                &ports.join(" "),
                &published,
            ],
        );
    }
}

fn flow(stack: &Stack, text: &mut String) {
    let _ = writeln!(text, "\nflow of data");
    let edges = edges(stack);
    let mut names: Vec<&str> = edges.iter().map(|edge| edge.from.as_str()).collect();
    names.dedup();
    for name in names {
        let to = |scrape: bool| -> Vec<String> {
            let all = edges
                .iter()
                .filter(|edge| edge.from == name && edge.scrape == scrape);
            all.map(|edge| format!("{}:{}", edge.to, edge.port)).collect()
        };
        let (talks, scrapes) = (to(false), to(true));
        if !talks.is_empty() {
            let _ = writeln!(text, "{name:<17} --> {}", talks.join(", "));
        }
        if !scrapes.is_empty() {
            let interval = stack.values.scraping.interval;
            let _ = writeln!(
                text,
                "{name:<17} scrapes every {interval}: {}",
                scrapes.join(", ")
            );
        }
    }
    let outside: Vec<&str> = stack
        .services
        .iter()
        .filter(|service| service.outside)
        .map(|service| service.name.as_str())
        .collect();
    let _ = writeln!(text, "{:<17} --> {}", "from outside", outside.join(", "));
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate"
)]
fn sizing(stack: &Stack, text: &mut String) {
    let values = &stack.values;
    let servers: u64 = stack
        .services
        .iter()
        .filter(|service| service.program != Program::Application)
        .map(|service| u64::from(service.replicas))
        .sum();
    let series = u64::from(values.application.replicas) * u64::from(values.application.series_limit)
        + servers * SERIES_PER_SERVER;
    let rate = series as f64 / values.scraping.interval.0 as f64;
    let disk = rate * 86_400.0 * values.storage.retention.days() as f64 * BYTES_PER_SAMPLE;
    let memory = series as f64 * BYTES_PER_SERIES;
    let size = |bytes: f64| {
        let mib = (bytes / f64::from(1 << 20)).ceil() as u64;
        if mib < 10_240 {
            Bytes::mib(mib)
        } else {
            Bytes::gib(mib.div_ceil(1024))
        }
    };
    let _ = writeln!(
        text,
        "\nat the series limit: {series} active series, {rate:.0} samples/s; after {} about {} on disk, about {} of memory for them",
        values.storage.retention,
        size(disk),
        size(memory)
    );
    if values.is_cluster() {
        let (nodes, factor) = (values.cluster.storage_nodes, values.cluster.replication_factor);
        let share = f64::from(factor) / f64::from(nodes);
        let _ = writeln!(
            text,
            "each of {nodes} storage nodes keeps {factor} copies of its share: about {} on disk, {} of memory; {} of them may be lost without a gap",
            size(disk * share),
            size(memory * share),
            factor - 1
        );
    }
}
