//! What stands there more than once: storage nodes and their copies, agents that share their targets, evaluators.

use super::Findings;
use crate::Stack;
use crate::topology::{Program, Service};

/// The flag by which the storage keeps one of the samples that are stored twice.
const DEDUPLICATION: &str = "dedup.minScrapeInterval";

pub(super) fn check(stack: &Stack, findings: &mut Findings) {
    check_storage(stack, findings);
    check_agents(stack, findings);
    let count = |program| of(stack, program).map(|service| service.replicas).sum::<u32>();
    findings.require(
        count(Program::VictoriaMetrics) < 2,
        "duplicate-work",
        || "service victoria-metrics".to_owned(),
        || "several single nodes keep different data under one name; use the cluster".to_owned(),
    );
    findings.require(
        count(Program::Vmalert) < 2 || deduplicates(stack),
        "duplicate-work",
        || "service vmalert".to_owned(),
        || format!("several evaluators store what they record twice; the storage lacks {DEDUPLICATION}"),
    );
    let peers = of(stack, Program::Alertmanager).all(|service| service.flag("cluster.peer").is_some());
    findings.require(
        count(Program::Alertmanager) < 2 || peers,
        "duplicate-work",
        || "service alertmanager".to_owned(),
        || {
            "several Alertmanagers that do not know each other notify twice; they lack cluster.peer"
                .to_owned()
        },
    );
}

fn check_storage(stack: &Stack, findings: &mut Findings) {
    let nodes: u32 = of(stack, Program::Vmstorage)
        .map(|service| service.replicas)
        .sum();
    let mut factors = Vec::new();
    for service in of(stack, Program::Vminsert).chain(of(stack, Program::Vmselect)) {
        let place = || format!("service {}", service.name);
        let known = service
            .flag("storageNode")
            .map_or(0, |list| list.split(',').count());
        findings.require(known == nodes as usize, "missing-node", place, || {
            format!("it knows {known} storage nodes of {nodes}")
        });
        let factor: u32 = service
            .flag("replicationFactor")
            .and_then(|factor| factor.parse().ok())
            .unwrap_or(1);
        findings.require(
            u64::from(nodes) + 1 >= 2 * u64::from(factor),
            "too-few-nodes",
            place,
            || {
                format!(
                    "{factor} copies need {} storage nodes, there are {nodes}",
                    2 * u64::from(factor) - 1
                )
            },
        );
        factors.push(factor);
    }
    factors.dedup();
    findings.require(
        factors.len() < 2,
        "different-replication",
        || "service vmselect".to_owned(),
        || format!("vminsert and vmselect have different replication factors: {factors:?}"),
    );
    let intervals = |program| {
        let mut all: Vec<_> = of(stack, program).map(|s| s.flag(DEDUPLICATION)).collect();
        all.dedup();
        all
    };
    findings.require(
        intervals(Program::Vmstorage) == intervals(Program::Vmselect),
        "different-deduplication",
        || "service vmselect".to_owned(),
        || format!("vmstorage and vmselect have different values of {DEDUPLICATION}"),
    );
    findings.require(
        factors.iter().all(|factor| *factor == 1) || deduplicates(stack),
        "no-deduplication",
        || "service vmselect".to_owned(),
        || format!("copies of samples are counted twice without {DEDUPLICATION}"),
    );
}

fn check_agents(stack: &Stack, findings: &mut Findings) {
    let agents: Vec<&Service> = of(stack, Program::Vmagent).collect();
    let count: u32 = agents.iter().map(|service| service.replicas).sum();
    let number = |service: &Service, flag| service.flag(flag).and_then(|text| text.parse::<u32>().ok());
    for service in &agents {
        let place = || format!("service {}", service.name);
        let shares = count < 2 || number(service, "promscrape.cluster.membersCount") == Some(count);
        findings.require(shares, "duplicate-work", place, || {
            format!(
                "{count} agents that do not share the targets store every sample {count} times; promscrape.cluster.membersCount has to be {count}"
            )
        });
        let twice = number(service, "promscrape.cluster.replicationFactor").unwrap_or(1) > 1;
        findings.require(!twice || deduplicates(stack), "no-deduplication", place, || {
            format!("targets are scraped twice and counted twice without {DEDUPLICATION}")
        });
    }
    let mut members: Vec<&str> = agents
        .iter()
        .filter_map(|service| service.flag("promscrape.cluster.memberNum"))
        .collect();
    let all = members.len();
    members.sort_unstable();
    members.dedup();
    findings.require(
        members.len() == all,
        "duplicate-work",
        || "service vmagent".to_owned(),
        || "two agents have the same promscrape.cluster.memberNum".to_owned(),
    );
}

fn deduplicates(stack: &Stack) -> bool {
    let keepers = [Program::VictoriaMetrics, Program::Vmstorage, Program::Vmselect];
    let mut all = stack
        .services
        .iter()
        .filter(|service| keepers.contains(&service.program));
    all.all(|service| service.flag(DEDUPLICATION).is_some())
}

fn of(stack: &Stack, program: Program) -> impl Iterator<Item = &Service> {
    stack
        .services
        .iter()
        .filter(move |service| service.program == program)
}
