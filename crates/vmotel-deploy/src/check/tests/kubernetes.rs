//! Mutations on Kubernetes: the defects K1 to K12 of a manifest that any schema accepts.

use super::{catalog, check_in, drop_flag, service, set_flag};
use crate::kubernetes::{Body, Object, PodSpec, ServiceSpec, Source, WorkloadSpec};
use crate::{Deployment, Stack};

/// A deployment with all that is optional.
const FULL: &str = "
form = 'kubernetes'
topology = 'cluster'
[agent]
replication_factor = 2
[alerting]
webhook = 'https://example.org:8443/hook'
[backup]
destination = 's3://bucket/metrics'
credentials = true
[kubernetes]
namespace = 'monitoring'
storage_class = 'fast'
priority_class = 'high'
scrape_namespaces = ['shop']
autoscale = 6
[kubernetes.ingress]
class = 'nginx'
controller_namespace = 'ingress'
grafana_host = 'dashboards.example.org'
vmauth_host = 'metrics.example.org'
";

fn stack(values: &str) -> Stack {
    Stack::new(Deployment::from_toml(values).unwrap(), catalog()).unwrap()
}

fn cluster() -> Stack {
    stack("form = 'kubernetes'\ntopology = 'cluster'")
}

fn check(what: &str, expected: &str, mutate: impl FnOnce(&mut Stack)) {
    check_in(cluster(), what, expected, mutate);
}

fn object<'a>(stack: &'a mut Stack, kind: &str, name: &str) -> &'a mut Object {
    let mut objects = stack.objects.iter_mut();
    objects
        .find(|object| object.kind == kind && object.metadata.name == name)
        .unwrap()
}

fn workload<'a>(stack: &'a mut Stack, name: &str) -> &'a mut WorkloadSpec {
    let found = stack
        .objects
        .iter_mut()
        .find_map(|object| match &mut object.body {
            Body::Workload { spec } if object.metadata.name == name => Some(spec),
            _ => None,
        });
    found.unwrap()
}

fn pod<'a>(stack: &'a mut Stack, name: &str) -> &'a mut PodSpec {
    &mut workload(stack, name).template.spec
}

fn service_spec<'a>(stack: &'a mut Stack, name: &str) -> &'a mut ServiceSpec {
    match &mut object(stack, "Service", name).body {
        Body::Service { spec } => spec,
        other => panic!("{other:?}"),
    }
}

fn remove(stack: &mut Stack, kind: &str, name: &str) {
    stack
        .objects
        .retain(|object| object.kind != kind || object.metadata.name != name);
}

#[test]
fn all_forms_are_sound() {
    for values in [
        "form = 'kubernetes'",
        "form = 'kubernetes'\ntopology = 'cluster'",
        FULL,
    ] {
        let stack = stack(values);
        assert_eq!(stack.check(), []);
        let tree = stack.render().unwrap();
        assert_eq!(
            tree,
            self::stack(values).render().unwrap(),
            "two renderings differ"
        );
        // One object in one file, all of them listed.
        let list = tree.get("kustomization.yaml").unwrap();
        let files = tree
            .files()
            .filter(|(path, _)| path.ends_with(".yaml") && *path != "kustomization.yaml");
        for (path, text) in files {
            assert!(list.contains(&format!("- {path}\n")), "{path} is not listed");
            assert_eq!(text.matches("\nkind: ").count(), 1, "{path}");
        }
    }
}

#[test]
fn work_and_data() {
    check(
        "K1: agents that do not share",
        "service vmagent [duplicate-work]: 2 agents",
        |stack| {
            drop_flag(stack, "vmagent", "promscrape.cluster.membersCount");
        },
    );
    check_in(
        stack("form = 'kubernetes'"),
        "K1: two single nodes",
        "several single nodes",
        |stack| {
            service(stack, "victoria-metrics").replicas = 2;
        },
    );
    check("K1: two Alertmanagers", "they lack cluster.peer", |stack| {
        drop_flag(stack, "alertmanager", "cluster.peer");
    });
    check(
        "K2: one volume for all",
        "StatefulSet vmstorage container vmstorage [unknown-volume]: it mounts storage",
        |stack| {
            workload(stack, "vmstorage").volume_claim_templates.clear();
        },
    );
    check(
        "K2: a Deployment with data",
        "Deployment vmstorage [shared-volume]",
        |stack| {
            object(stack, "StatefulSet", "vmstorage").kind = "Deployment";
        },
    );
    check(
        "K3: a name that is no name of each",
        "serviceName is vmstorage, which is no headless Service",
        |stack| {
            service_spec(stack, "vmstorage").cluster_ip = None;
        },
    );
    check(
        "K4: a queue beyond its volume",
        "its volume of 10Gi does not hold its queue of 10GiB",
        |stack| {
            workload(stack, "vmagent").volume_claim_templates[0]
                .spec
                .resources
                .requests
                .storage = "10Gi".to_owned();
        },
    );
    check(
        "a node beyond the last",
        "names the host vmstorage-3.vmstorage",
        |stack| {
            set_flag(stack, "vmselect", "storageNode", "vmstorage-3.vmstorage:8401");
        },
    );
}

#[test]
fn scraping_and_rights() {
    check(
        "K5: pods that nobody scrapes",
        "StatefulSet vmstorage [unwatched-service]: its pods do not say that they are scraped at port 8482",
        |stack| {
            workload(stack, "vmstorage")
                .template
                .metadata
                .annotations
                .0
                .retain(|(name, _)| name != "prometheus.io/port");
        },
    );
    check(
        "K6: rights that are not needed",
        "Role vmagent [too-many-rights]: it allows more than to read: [\"delete\"]",
        |stack| match &mut object(stack, "Role", "vmagent").body {
            Body::Role { rules } => rules[0].verbs.0.push("delete"),
            other => panic!("{other:?}"),
        },
    );
    check(
        "K6: a role that is not there",
        "RoleBinding vmagent [unknown-role]",
        |stack| remove(stack, "Role", "vmagent"),
    );
    check(
        "K6: an account that is not there",
        "[unknown-account]: its account vmagent",
        |stack| {
            remove(stack, "ServiceAccount", "vmagent");
        },
    );
    check(
        "K6: an agent that cannot ask",
        "StatefulSet vmagent [token]",
        |stack| remove(stack, "RoleBinding", "vmagent"),
    );
    check(
        "K8: a token that nobody needs",
        "Deployment vmauth [token]",
        |stack| {
            pod(stack, "vmauth").automount_service_account_token = true;
        },
    );
}

#[test]
fn life_and_limits() {
    check(
        "K7: no probe",
        "StatefulSet vmstorage container vmstorage [no-probe]: it has no startup probe",
        |stack| {
            pod(stack, "vmstorage").containers[0].startup_probe = None;
        },
    );
    check(
        "K7: a probe of no port",
        "its readiness probe asks the port Some(\"web\")",
        |stack| {
            let probe = pod(stack, "vmagent").containers[0]
                .readiness_probe
                .as_mut()
                .unwrap();
            probe.http_get.as_mut().unwrap().port = "web".to_owned();
        },
    );
    check(
        "K7: killed before it has ended",
        "storage.vminsertConnsShutdownDuration is 25s, and it is killed after 20 s",
        |stack| {
            pod(stack, "vmstorage").termination_grace_period_seconds = 20;
        },
    );
    check("K8: root", "StatefulSet vmstorage [not-restricted]", |stack| {
        pod(stack, "vmstorage").security_context.run_as_non_root = false;
    });
    check(
        "K8: rights to be gained",
        "container vmauth [not-restricted]",
        |stack| {
            pod(stack, "vmauth").containers[0]
                .security_context
                .allow_privilege_escalation = true;
        },
    );
    check(
        "K8: no policy",
        "StatefulSet grafana [no-network-policy]",
        |stack| {
            // That of all pods selects nothing in particular.
            remove(stack, "NetworkPolicy", "grafana");
        },
    );
    check(
        "K9: a drain ends all",
        "StatefulSet vmstorage [no-disruption-budget]",
        |stack| {
            remove(stack, "PodDisruptionBudget", "vmstorage");
        },
    );
    check(
        "K9: memory that is not there",
        "container vmstorage keeps data, and requests less memory",
        |stack| {
            pod(stack, "vmstorage").containers[0].resources.requests.memory = "1Gi".to_owned();
        },
    );
    check("K9: half a CPU", "its limit of 500m CPUs is not whole", |stack| {
        pod(stack, "vminsert").containers[0].resources.limits.cpu = "500m".to_owned();
    });
    check("a quantity of compose", "2GiB is no quantity", |stack| {
        pod(stack, "vminsert").containers[0].resources.limits.memory = "2GiB".to_owned();
    });
    check(
        "K10: caches that leave no room",
        "service vmstorage [too-much-cache]",
        |stack| {
            service(stack, "vmstorage")
                .flags
                .push(("memory.allowedPercent", "80".to_owned()));
        },
    );
    check(
        "K10: a namespace that is not made",
        "namespace vmotel [unknown-namespace]: it is not made",
        |stack| {
            remove(stack, "Namespace", "vmotel");
        },
    );
}

#[test]
fn references() {
    check(
        "K11: a change that reaches nobody",
        "StatefulSet vmagent [stale-configuration]",
        |stack| {
            let text = stack
                .configs
                .get("vmagent/scrape.yml")
                .unwrap()
                .replace("30s", "31s");
            stack.configs.insert("vmagent/scrape.yml", text);
        },
    );
    check(
        "K11: files that are not read again",
        "service vmalert [no-reload]",
        |stack| {
            drop_flag(stack, "vmalert", "configCheckInterval");
        },
    );
    check(
        "K12: no Alertmanager",
        "names the host alertmanager-0.alertmanager, which is no service",
        |stack| {
            stack.services.retain(|service| service.name != "alertmanager");
        },
    );
    check(
        "K12: files that are not there",
        "it mounts the ConfigMap vmalert-config, which is not there",
        |stack| {
            remove(stack, "ConfigMap", "vmalert-config");
        },
    );
    check(
        "a file that is not there",
        "has no key datasources.other.yml",
        |stack| {
            let volumes = &mut pod(stack, "grafana").volumes;
            let source = volumes.iter_mut().find_map(|volume| match &mut volume.source {
                Source::ConfigMap(source) if !source.items.is_empty() => Some(source),
                _ => None,
            });
            source.unwrap().items[0].key = "datasources.other.yml".to_owned();
        },
    );
    check(
        "a secret that nobody makes",
        "[missing-secret]: it mounts the Secret passwords",
        |stack| {
            for volume in &mut pod(stack, "vmauth").volumes {
                if let Source::Secret(source) = &mut volume.source {
                    source.secret_name = "passwords".to_owned();
                }
            }
        },
    );
    check(
        "a mount of nothing",
        "it mounts data, which is no volume of its pod",
        |stack| {
            pod(stack, "vmagent").containers[0].volume_mounts[0].name = "data".to_owned();
        },
    );
    check(
        "a selector of other pods",
        "StatefulSet vmselect [selector-without-pods]",
        |stack| {
            workload(stack, "vmselect").selector.match_labels.0[0].1 = "select".to_owned();
        },
    );
    check(
        "a Service of no pods",
        "Service vmselect [selector-without-pods]",
        |stack| {
            service_spec(stack, "vmselect").selector.0[0].1 = "select".to_owned();
        },
    );
    check(
        "a Service to no port",
        "Service vmselect [unknown-port]: it leads to the port web",
        |stack| {
            service_spec(stack, "vmselect").ports[0].target_port = "web".to_owned();
        },
    );
    check(
        "a name that is none",
        "[bad-name]: Vm_Select is no RFC 1123 label",
        |stack| {
            object(stack, "Service", "vmselect").metadata.name = "Vm_Select".to_owned();
        },
    );
    check("the same twice", "Service vmselect [duplicate-object]", |stack| {
        let twin = object(stack, "Service", "vmselect").clone();
        stack.objects.push(twin);
    });
}

/// What the operators make is named as they name it, and every part of it is scraped under the job that rules ask for.
#[test]
fn operators() {
    for form in ["'operator'", "'prometheus-operator'"] {
        assert_eq!(stack(&FULL.replace("'kubernetes'", form)).check(), []);
    }
    let operator = || stack("form = 'operator'\ntopology = 'cluster'");
    assert_eq!(operator().check(), []);
    let tree = operator().render().unwrap();
    for (path, present) in [
        (
            "vmotel-vmagent.yaml",
            "url: http://vminsert-vmotel:8480/insert/0/prometheus/api/v1/write\n",
        ),
        ("vmotel-vmagent.yaml", "shardCount: 2\n"),
        ("vmotel-vmagent.yaml", "maxDiskUsagePerURL: 10GiB\n"),
        ("vmotel-vmcluster.yaml", "replicationFactor: 2\n"),
        (
            "vmotel-vmalert.yaml",
            "url: http://vmalertmanager-vmotel-1.vmalertmanager-vmotel:9093\n",
        ),
        (
            "grafana-provisioning-configmap.yaml",
            "url: http://vmselect-vmotel:8481/select/0/prometheus\n",
        ),
        ("vmstorage-vmservicescrape.yaml", "replacement: vmstorage\n"),
        ("reader-vmuser.yaml", "key: reader_password\n"),
        ("grafana-networkpolicy.yaml", "app.kubernetes.io/name: vmselect\n"),
    ] {
        let text = tree.get(path).unwrap_or_else(|| panic!("no {path}"));
        assert!(text.contains(present), "{path} has no {present}:\n{text}");
    }
    // What fields say is not said again by flags.
    for (path, text) in tree.files() {
        for absent in [
            "promscrape.cluster",
            "storageDataPath",
            "httpListenAddr",
            "/run/secrets/admin_key",
        ] {
            assert!(!text.contains(absent), "{path}: {absent}");
        }
    }
    check_in(
        operator(),
        "K5: a part that nobody scrapes",
        "service vmstorage-vmotel [unwatched-service]",
        |stack| {
            remove(stack, "VMServiceScrape", "vmstorage");
        },
    );
    check_in(
        operator(),
        "a host of plain Kubernetes",
        "names the host vminsert, which is no service",
        |stack| {
            set_flag(
                stack,
                "vmagent-vmotel",
                "remoteWrite.url",
                "http://vminsert:8480/insert/0/prometheus/api/v1/write",
            );
        },
    );
    let single = stack("form = 'operator'\n[storage]\nretention = '2M'")
        .render()
        .unwrap();
    assert!(
        single
            .get("vmotel-vmsingle.yaml")
            .unwrap()
            .contains("retentionPeriod: 62d\n")
    );
    let prometheus = stack("form = 'prometheus-operator'").render().unwrap();
    let rules = prometheus.get("app-prometheusrule.yaml").unwrap();
    assert!(
        rules.contains("alert: HighErrorRate\n") && !rules.contains("VMDiskSpaceLow"),
        "{rules}"
    );
    assert!(
        prometheus
            .get("app-servicemonitor.yaml")
            .unwrap()
            .contains("scrapeTimeout: 10s\n")
    );
}

/// What is optional is there when it is asked for.
#[test]
fn options() {
    let tree = stack(FULL).render().unwrap();
    for (path, present) in [
        ("vmstorage-statefulset.yaml", "name: backup\n"),
        (
            "vmstorage-statefulset.yaml",
            "value: s3://bucket/metrics/$(POD_NAME)\n",
        ),
        ("vmstorage-statefulset.yaml", "storageClassName: fast\n"),
        ("vmstorage-statefulset.yaml", "priorityClassName: high\n"),
        ("vmstorage-statefulset.yaml", "-dedup.minScrapeInterval=30s\n"),
        ("vmagent-shop-role.yaml", "namespace: shop\n"),
        ("vmagent-shop-rolebinding.yaml", "namespace: monitoring\n"),
        ("vmagent-config-configmap.yaml", "- shop\n"),
        ("vminsert-horizontalpodautoscaler.yaml", "maxReplicas: 6\n"),
        ("vmselect-horizontalpodautoscaler.yaml", "kind: StatefulSet\n"),
        ("grafana-ingress.yaml", "host: dashboards.example.org\n"),
        ("vmauth-ingress.yaml", "secretName: vmauth-tls\n"),
        (
            "grafana-networkpolicy.yaml",
            "kubernetes.io/metadata.name: ingress\n",
        ),
        ("alertmanager-networkpolicy.yaml", "port: 8443\n"),
        (
            "vmalert-config-configmap.yaml",
            "https://dashboards.example.org/d/",
        ),
        ("kustomization.yaml", "- secrets/backup_credentials\n"),
        ("app-deployment.yaml", "service.instance.id=$(POD_NAME)"),
    ] {
        let text = tree.get(path).unwrap_or_else(|| panic!("no {path}"));
        assert!(text.contains(present), "{path} has no {present}:\n{text}");
    }
    // The autoscaler decides.
    assert!(
        !tree
            .get("vminsert-deployment.yaml")
            .unwrap()
            .contains("replicas:")
    );
    assert!(
        !tree
            .files()
            .any(|(path, _)| path.starts_with("vmstorage-horizontal"))
    );
    let secrets = stack(FULL).secrets();
    assert_eq!(
        secrets,
        [
            "admin_key",
            "backup_credentials",
            "grafana_password",
            "reader_password",
            "writer_password"
        ]
    );
}
