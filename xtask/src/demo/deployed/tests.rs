use vmotel_deploy::Deployment;
use vmotel_testkit::Version;

use super::{compose, layout::Layout, run};
use crate::deploy;

/// Nothing of the world of the containers is left in what the processes get, and both versions of compose read the same.
#[test]
fn everything_is_mapped() {
    let folder = tempfile::tempdir().unwrap();
    let deployment = folder.path().join("deploy");
    let stack = deploy::stack_of(Deployment::default()).unwrap();
    deploy::write(&stack, &deployment).unwrap();
    let [stable, newest] = Version::BOTH.map(|version| compose::read(version, &deployment).unwrap());
    assert_eq!(format!("{stable:?}"), format!("{newest:?}"));

    let layout = Layout::new(&newest, &folder.path().join("work")).unwrap();
    let mut seen = 0;
    for (name, service) in &newest.services {
        if service.health().is_err() || service.program() == "grafana" {
            continue;
        }
        layout.prepare(name, service).unwrap();
        for argument in service.entrypoint.iter().chain(&service.command).flatten() {
            let here = layout.argument(name, service, argument).unwrap();
            for there in [
                "=:",
                "//victoria-metrics",
                "//alertmanager",
                "//vmalert",
                "=/etc",
                "/run/secrets",
                "=/queue",
                "=/storage",
            ] {
                assert!(!here.contains(there), "{name}: {argument} became {here}");
            }
            seen += usize::from(here != *argument);
        }
    }
    // Addresses, URLs, folders, keys: should fewer be mapped, something is passed over.
    assert!(seen >= 20, "only {seen} arguments are mapped");
    let scrape = folder.path().join("work/vmagent/etc/vmagent/scrape.yml");
    let scrape = std::fs::read_to_string(scrape).unwrap();
    assert!(
        scrape.contains("\"127.0.0.1\"") && !scrape.contains("\"port\": 8428"),
        "{scrape}"
    );
}

#[test]
#[ignore = "an alert fires and resolves on two versions, which takes minutes"]
fn an_alert_of_the_rendered_deployment_fires_and_resolves() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    for version in Version::BOTH {
        runtime.block_on(run(version)).unwrap();
    }
}
