//! Mutations of a cluster.

use super::{catalog, check_in, drop_flag, service, set_flag};
use crate::{Deployment, Stack};

fn cluster() -> Stack {
    let values = "topology = 'cluster'\n[agent]\nreplicas = 2\nreplication_factor = 2";
    Stack::new(Deployment::from_toml(values).unwrap(), catalog()).unwrap()
}

fn check(what: &str, expected: &str, mutate: impl FnOnce(&mut Stack)) {
    check_in(cluster(), what, expected, mutate);
}

#[test]
fn a_cluster_is_sound() {
    assert_eq!(cluster().check(), []);
    let tree = cluster().render().unwrap();
    let compose = tree.get("compose.yml").unwrap();
    for (present, count) in [
        (
            "-storageNode=vmstorage-1:8400,vmstorage-2:8400,vmstorage-3:8400\n",
            2,
        ),
        (
            "-storageNode=vmstorage-1:8401,vmstorage-2:8401,vmstorage-3:8401\n",
            2,
        ),
        ("-replicationFactor=2\n", 4),
        // On vmstorage and vmselect: the interval of scrapes, as targets are scraped twice.
        ("-dedup.minScrapeInterval=30s\n", 5),
        ("-promscrape.cluster.memberNum=0\n", 1),
        ("-promscrape.cluster.memberNum=1\n", 1),
        ("- storage-3:/storage\n", 1),
        ("aliases: [vmselect]\n", 2),
    ] {
        assert_eq!(compose.matches(present).count(), count, "{present}");
    }
}

#[test]
fn copies() {
    check(
        "copies without enough nodes",
        "3 copies need 5 storage nodes, there are 3",
        |stack| set_flag(stack, "vminsert-1", "replicationFactor", "3"),
    );
    check("one side only", "[different-replication]", |stack| {
        drop_flag(stack, "vmselect-1", "replicationFactor");
    });
    check(
        "a node that one part does not know",
        "service vmselect-2 [missing-node]: it knows 2 storage nodes of 3",
        |stack| {
            set_flag(
                stack,
                "vmselect-2",
                "storageNode",
                "vmstorage-1:8401,vmstorage-2:8401",
            );
        },
    );
    check(
        "a node that is not there",
        "service vminsert-1 storageNode [unknown-host]: it names the host vmstorage-4",
        |stack| {
            let nodes = "vmstorage-1:8400,vmstorage-2:8400,vmstorage-4:8400";
            set_flag(stack, "vminsert-1", "storageNode", nodes);
        },
    );
    check("a node at the wrong port", "names vmstorage-1:8402", |stack| {
        set_flag(stack, "vminsert-1", "storageNode", "vmstorage-1:8402");
    });
    check("copies are counted", "[no-deduplication]", |stack| {
        for service in &mut stack.services {
            service
                .flags
                .retain(|(flag, _)| *flag != "dedup.minScrapeInterval");
        }
    });
    check(
        "copies are counted by one of two",
        "[different-deduplication]",
        |stack| set_flag(stack, "vmstorage-1", "dedup.minScrapeInterval", "1ms"),
    );
}

#[test]
fn agents() {
    check(
        "K1: agents that do not share",
        "service vmagent-1 [duplicate-work]: 2 agents that do not share the targets store every sample 2 times",
        |stack| drop_flag(stack, "vmagent-1", "promscrape.cluster.membersCount"),
    );
    check(
        "K1: the same share twice",
        "two agents have the same promscrape.cluster.memberNum",
        |stack| set_flag(stack, "vmagent-2", "promscrape.cluster.memberNum", "0"),
    );
    check(
        "K4: a queue that is lost",
        "service vmagent-2 [data-without-volume]",
        |stack| service(stack, "vmagent-2").volume = None,
    );
}
