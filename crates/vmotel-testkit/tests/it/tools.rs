use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use vmotel_testkit::Version;
use vmotel_testkit::tools::{Finder, Origin, Tool, ToolError};

fn offline(dir: &Path) -> Finder {
    Finder {
        bin_dir: None,
        cache: dir.join("cache"),
        path: Some(dir.join("bin").into_os_string()),
        download: false,
    }
}

/// Writes a program whose help is `help`.
fn program(path: PathBuf, help: &str) {
    fs::create_dir_all(path.parent().expect("the path has a folder"))
        .expect("the temporary folder can be written");
    // Renamed into place: a file that is open for writing in another thread's child cannot be run.
    let script = path.with_extension("new");
    fs::write(&script, format!("#!/bin/sh\ncat <<'EOF'\n{help}\nEOF\n"))
        .expect("the temporary folder can be written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))
        .expect("the temporary folder can be written");
    fs::rename(script, path).expect("the temporary folder can be written");
}

const STABLE: &str =
    "  -storageDataPath x\n  -search.latencyOffset y\n  -opentelemetry.usePrometheusNaming\n";
const NEWEST: &str = "  -storageDataPath x\n  -search.latencyOffset y\n  -opentelemetry.usePrometheusNaming\n  -opentelemetry.promoteScopeMetadata\n";

#[test]
fn the_order_of_the_places() {
    let dir = tempfile::tempdir().unwrap();
    let finder = offline(dir.path());
    let find = |finder: &Finder, version| finder.find(Tool::VictoriaMetrics, version);

    let missing = find(&finder, Version::Newest).unwrap_err().to_string();
    assert!(
        missing.contains("cargo xtask tools --fetch --suite sid"),
        "{missing}"
    );
    assert!(missing.contains("docker"), "{missing}");

    program(dir.path().join("bin/victoria-metrics"), "  -storageDataPath only");
    let too_old = find(&finder, Version::Stable).unwrap_err().to_string();
    assert!(too_old.contains("lacks -search.latencyOffset"), "{too_old}");

    program(dir.path().join("bin/victoria-metrics-prod"), STABLE);
    assert_eq!(find(&finder, Version::Stable).unwrap().origin, Origin::Path);
    assert!(find(&finder, Version::Newest).is_err());

    let entry = dir.path().join("cache/victoria-metrics/1.150.0-1");
    program(entry.join("usr/bin/victoria-metrics"), NEWEST);
    assert!(
        find(&finder, Version::Newest).is_err(),
        "an entry without its suites is not finished"
    );
    fs::write(entry.join("suites"), "sid\n").unwrap();
    let found = find(&finder, Version::Newest).unwrap();
    assert_eq!(found.version_text(), "1.150.0-1");
    assert_eq!(find(&finder, Version::Stable).unwrap().origin, Origin::Path);

    let only = Finder {
        bin_dir: Some(dir.path().join("mine")),
        ..finder
    };
    assert!(matches!(
        find(&only, Version::Stable).unwrap_err(),
        ToolError::BinDir { .. }
    ));
    program(dir.path().join("mine/victoria-metrics"), NEWEST);
    for version in Version::BOTH {
        assert_eq!(find(&only, version).unwrap().origin, Origin::BinDir);
    }
}

#[test]
fn real_programs_fit_their_suite() {
    for version in Version::BOTH {
        for tool in [
            Tool::VictoriaMetrics,
            Tool::Vmagent,
            Tool::Vmalert,
            Tool::VmalertTool,
            Tool::Vmauth,
        ] {
            let found = Finder::from_env().find(tool, version).unwrap();
            if found.origin != Origin::BinDir {
                assert!(found.version.is_none_or(|fits| fits == version), "{found:?}");
            }
        }
    }
}
