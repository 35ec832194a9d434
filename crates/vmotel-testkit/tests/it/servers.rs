use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use vmotel_testkit::{Alertmanager, Error, ServerConfig, Version, VictoriaMetrics, Vmagent, Vmalert};

#[test]
fn what_is_written_is_read_at_once() -> Result<(), Error> {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version)?;
        server.import_text("a{x=\"1\"} 1.5\na{x=\"2\"} -7\n")?;
        let read: Vec<(String, f64)> = server
            .query("a")?
            .iter()
            .map(|s| (s.label("x").to_owned(), s.value))
            .collect();
        assert_eq!(read, [("1".to_owned(), 1.5), ("2".to_owned(), -7.0)]);
        server.import_json(
            "{\"metric\":{\"__name__\":\"b\"},\"values\":[1,\"Infinity\"],\"timestamps\":[1000,2000]}\n",
        )?;
        assert_eq!(
            server.export("b")?[0].samples,
            [(1000, Some(1.0)), (2000, Some(f64::INFINITY))]
        );
    }
    Ok(())
}

#[test]
fn a_stopped_server_keeps_its_data() -> Result<(), Error> {
    let server = VictoriaMetrics::start(Version::Stable)?;
    server.import_text("kept 42\n")?;
    let listen = server.address().to_owned();
    let dir = server.stop()?;
    let config = ServerConfig {
        listen: listen.clone(),
        dir: Some(dir),
        ..ServerConfig::default()
    };
    let server = VictoriaMetrics::start_with(config)?;
    assert_eq!(server.address(), listen);
    assert_eq!(server.query("kept")?[0].value, 42.0);
    Ok(())
}

#[test]
fn a_server_that_cannot_start_shows_its_log() {
    let flags = vec!["-noSuchFlag=1".to_owned()];
    let error = VictoriaMetrics::start_with(ServerConfig {
        flags,
        ..ServerConfig::default()
    })
    .unwrap_err();
    assert!(format!("{error:?}").contains("noSuchFlag"), "{error:?}");
}

#[test]
fn nothing_is_left_behind_by_a_panic() {
    let (pid, dir) = thread::spawn(|| {
        let server = VictoriaMetrics::start(Version::Stable).unwrap();
        let facts = (server.pid(), server.dir().to_owned());
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _server = server;
            panic!("on purpose");
        }))
        .unwrap_err();
        facts
    })
    .join()
    .unwrap();
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    assert!(!dir.exists());
}

#[test]
fn an_agent_delivers_what_it_scrapes() -> Result<(), Error> {
    let target = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = target.local_addr().unwrap();
    thread::spawn(move || {
        for stream in target.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nscraped{y=\"z\"} 5\n");
        }
    });
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version)?;
        let config = format!(
            "scrape_configs:\n- job_name: j\n  scrape_interval: 200ms\n  static_configs:\n  - targets: [\"{address}\"]\n"
        );
        let agent = Vmagent::start(version, &config, &server.url(), &[])?;
        agent.wait_until_up("j", Duration::from_secs(20))?;
        let read = server.wait_for("scraped", Duration::from_secs(20), |series| !series.is_empty())?;
        assert_eq!(
            (read[0].value, read[0].label("y"), read[0].label("job")),
            (5.0, "z", "j")
        );
        agent.stop()?;
    }
    Ok(())
}

#[test]
fn an_alert_fires() -> Result<(), Error> {
    for version in Version::BOTH {
        let flags = vec!["-search.latencyOffset=1ms".to_owned()];
        let server = VictoriaMetrics::start_with(ServerConfig {
            version,
            flags,
            ..ServerConfig::default()
        })?;
        server.import_text("broken 1\n")?;
        let rules = "groups:\n- name: g\n  interval: 200ms\n  rules:\n  - {alert: Broken, expr: \"last_over_time(broken[1m]) > 0\"}\n";
        let flags = ["-rule.evalDelay=1ms".to_owned()];
        let _alert = Vmalert::start(version, rules, &server.url(), &flags)?;
        let read = server.wait_for("ALERTS", Duration::from_secs(40), |series| !series.is_empty())?;
        assert_eq!(read[0].label("alertname"), "Broken");
    }
    Ok(())
}

#[test]
fn an_alertmanager_takes_alerts() -> Result<(), Error> {
    for version in Version::BOTH {
        let server = Alertmanager::start(version, "route: {receiver: none}\nreceivers: [{name: none}]\n")?;
        let json = [("content-type", "application/json")];
        server.send(
            "POST",
            "/api/v2/alerts",
            &json,
            br#"[{"labels":{"alertname":"Broken"}}]"#,
        )?;
        let alerts = server.get("/api/v2/alerts")?.text();
        assert!(alerts.contains("Broken"), "{alerts}");
    }
    Ok(())
}

/// Also the body of the process that the test below kills.
const CHILD: &str = "VMOTEL_TESTKIT_CHILD";

#[test]
fn nothing_is_left_behind_by_a_killed_test() {
    if std::env::var_os(CHILD).is_some() {
        let server = VictoriaMetrics::start(Version::Stable).unwrap();
        println!("pid={}", server.pid());
        thread::sleep(Duration::from_secs(60));
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "servers::nothing_is_left_behind_by_a_killed_test",
        ])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let pid = lines
        .map_while(Result::ok)
        .find_map(|line| line.split_once("pid=").map(|(_, pid)| pid.to_owned()));
    let folder = format!("/proc/{}", pid.unwrap());
    assert!(std::path::Path::new(&folder).exists());
    child.kill().unwrap();
    child.wait().unwrap();
    let gone = (0..500).any(|_| {
        thread::sleep(Duration::from_millis(10));
        // A zombie that init has yet to collect has ended too.
        std::fs::read_to_string(format!("{folder}/stat")).map_or(true, |stat| stat.contains(") Z "))
    });
    assert!(gone, "{folder} is still there");
}
