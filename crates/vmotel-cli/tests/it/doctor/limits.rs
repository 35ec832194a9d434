//! What runs out: retention, slots, queues, memory, caches, file descriptors, time.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use vmotel_testkit::tools::{Finder, Tool};
use vmotel_testkit::{Fault, FaultProxy, Launch, Process, Version, VictoriaMetrics, Vmagent};

use super::app::{job, stub};
use super::report::{Report, examine, examine_growth};
use super::{on_both, server};

/// Starts a server without what the kit adds, from a shell that may set limits first.
fn bare(version: Version, limits: &str) -> Process {
    let found = Finder::from_env().find(Tool::VictoriaMetrics, version).unwrap();
    let program = found.path.display();
    let flags = "-storageDataPath=data -httpListenAddr=127.0.0.1:0 -search.latencyOffset=1ms";
    Process::run(Launch {
        program: "/bin/sh".into(),
        arguments: vec!["-c".to_owned(), format!("{limits} exec '{program}' {flags}")],
        ..Launch::default()
    })
    .unwrap()
}

/// Stands before a server and has its `/metrics` say something else; returns the address.
fn saying(server: &VictoriaMetrics, edit: fn(&str) -> String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let address = server.address().to_owned();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, address) = (stream.unwrap(), address.clone());
            thread::spawn(move || {
                let mut head = String::new();
                let mut reader = BufReader::new(&stream);
                while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or(0) > 0 {}
                let mut words = head.split_whitespace();
                let (Some(method), Some(target)) = (words.next(), words.next()) else {
                    return;
                };
                let length = head
                    .lines()
                    .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                reader.read_exact(&mut body).unwrap();
                let form = [("Content-Type", "application/x-www-form-urlencoded")];
                let answer = vmotel_testkit::request(&address, method, target, &form, &body).unwrap();
                let text = answer.text();
                let text = if target == "/metrics" { edit(&text) } else { text };
                let kind = answer.header("Content-Type").unwrap_or("text/plain");
                let _ = write!(
                    stream,
                    "HTTP/1.1 {} -\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
                    answer.status,
                    text.len()
                );
            });
        }
    });
    url
}

/// Replaces the series of a metric by others.
fn replaced(metrics: &str, name: &str, by: &str) -> String {
    let others = metrics.lines().filter(|line| !line.starts_with(name));
    others.chain(by.lines()).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_retention_that_nobody_set() {
    on_both(|version| {
        let server = bare(version, "");
        examine(&["--vm", &server.url()])
            .finds(&["retention"])
            .exits(3)
            .with(
                "retention",
                "warning",
                "samples are deleted after 1 month because nobody said otherwise",
                "-retentionPeriod is not set; its default is 1",
                "-retentionPeriod=12",
            );
    });
}

/// A field of protobuf whose content has a length.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, content.len() as u8], content].concat()
}

#[test]
fn points_of_a_kind_that_is_not_stored() {
    // Newer servers store deltas.
    let server = server(Version::Stable, &[]);
    let time = [&[3 << 3 | 1][..], &1_700_000_000_000_000_000_u64.to_le_bytes()].concat();
    let value = [&[4 << 3 | 1][..], &1_f64.to_le_bytes()].concat();
    let point = field(1, &[time, value].concat());
    let sum = [point, vec![2 << 3, 1, 3 << 3, 1]].concat();
    let metric = [field(1, b"delta"), field(7, &sum)].concat();
    let request = field(1, &field(2, &field(2, &metric)));
    let kind = [("Content-Type", "application/x-protobuf")];
    server
        .send("POST", "/opentelemetry/v1/metrics", &kind, &request)
        .unwrap();
    let dropped = |text: &str| text.contains("vm_protoparser_rows_dropped_total{type=\"opentelemetry\"");
    assert!(
        dropped(&server.get("/metrics").unwrap().text()),
        "{}",
        server.get("/metrics").unwrap().text()
    );
    examine(&["--vm", &server.url()])
        .finds(&["rows_dropped"])
        .exits(3)
        .with(
            "rows_dropped",
            "warning",
            "drops OTLP points, although the sender gets a success",
            "1 since the start",
            "TEMPORALITY_PREFERENCE=cumulative",
        );
}

/// Imports lines; a server that refuses them may not read them, so this gives up soon.
fn import(address: &str, lines: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let length = lines.len();
    let _ = write!(
        stream,
        "POST /api/v1/import HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{lines}"
    );
    let _ = stream.read(&mut [0; 100]);
}

#[test]
fn writes_without_a_slot() {
    on_both(|version| {
        let flags = ["-maxConcurrentInserts=1", "-insert.maxQueueDuration=1ms"];
        let server = server(version, &flags);
        let values = vec!["1"; 100_000].join(",");
        let times: Vec<String> = (0..100_000)
            .map(|i| (1_700_000_000_000_i64 + i).to_string())
            .collect();
        let line = format!(
            "{{\"metric\":{{\"__name__\":\"m\"}},\"values\":[{values}],\"timestamps\":[{}]}}\n",
            times.join(",")
        );
        let refused = || {
            server.get("/metrics").unwrap().text().lines().any(|line| {
                line.strip_prefix("vm_concurrent_insert_limit_timeout_total ")
                    .is_some_and(|count| count != "0")
            })
        };
        let mut rounds = 0;
        while !refused() {
            rounds += 1;
            assert!(rounds < 60, "{version}: nothing was refused");
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| import(server.address(), &line));
                }
            });
        }
        // Servers make their metrics anew once a second.
        thread::sleep(Duration::from_millis(1100));
        examine(&["--vm", &server.url()]).with(
            "insert_slots",
            "warning",
            "writes were refused (503)",
            "capacity: 1",
            "let vmagent write",
        );
    });
}

#[test]
fn a_queue_that_fills() {
    on_both(|version| {
        let server = server(version, &[]);
        let proxy = FaultProxy::start(server.address()).unwrap();
        proxy.set(Fault::BlackHole);
        let text: String = (0..2000).map(|i| format!("m{{i=\"{i}\"}} 1\n")).collect();
        // vmagent ends only when its last request does.
        let flags = ["-remoteWrite.flushInterval=100ms", "-remoteWrite.sendTimeout=2s"].map(str::to_owned);
        let agent =
            Vmagent::start(version, &job(&stub("200 OK", "", text), ""), &proxy.url(), &flags).unwrap();
        agent.wait_until_up("app", Duration::from_secs(20)).unwrap();
        let report = waiting(
            || examine_growth(&["--vmagent", &agent.url()]),
            "remote_write_queue",
        );
        report.exits(4).with(
            "remote_write_queue",
            "critical",
            "takes in more than it delivers",
            "bytes wait",
            "-remoteWrite.maxDiskUsagePerURL=10GiB",
        );
    });
}

/// Examines until a check finds something, some thirty times at most.
fn waiting(examine: impl Fn() -> Report, check: &str) -> Report {
    let mut reports = (0..30).map(|_| examine());
    let found = reports.find(|report| report.found(check));
    found.unwrap_or_else(&examine)
}

#[test]
fn queries_that_take_much_memory() {
    on_both(|version| {
        let server = server(version, &["-search.logQueryMemoryUsage=1"]);
        server.import_text("m 1\n").unwrap();
        assert_eq!(server.query("m").unwrap().len(), 1);
        thread::sleep(Duration::from_millis(1100));
        examine(&["--vm", &server.url()])
            .finds(&["memory_use"])
            .exits(3)
            .with(
                "memory_use",
                "warning",
                "took more memory than is logged for",
                "since the start",
                "-search.maxMemoryPerQuery",
            );
    });
}

#[test]
fn memory_that_is_nearly_used_up() {
    on_both(|version| {
        let server = server(version, &[]);
        // Its limit is that of the machine, which a test cannot fill: here it is little more than what the server holds.
        let of = |text: &str, name: &str| -> f64 {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().parse().unwrap()
        };
        let metrics = server.get("/metrics").unwrap().text();
        assert!(of(&metrics, "process_resident_memory_anon_bytes ") > 1e6);
        assert!(of(&metrics, "vm_available_memory_bytes ") > 1e9);
        let url = saying(&server, |metrics| {
            let used = metrics
                .lines()
                .find_map(|line| line.strip_prefix("process_resident_memory_anon_bytes "))
                .unwrap();
            let limit = used.parse::<f64>().unwrap() / 0.95;
            replaced(
                metrics,
                "vm_available_memory_bytes",
                &format!("vm_available_memory_bytes {limit}"),
            )
        });
        examine(&["--vm", &url]).with(
            "memory_use",
            "critical",
            "VictoriaMetrics holds 95 % of the memory it may have",
            "MiB of",
            "or give it more memory",
        );
    });
}

#[test]
fn inserts_past_the_cache() {
    on_both(|version| {
        let server = server(version, &[]);
        thread::scope(|scope| {
            let examined = scope.spawn(|| examine_growth(&["--vm", &server.url()]));
            let mut batch = 0;
            while !examined.is_finished() {
                // Every series is new.
                let text: String = (0..2000).map(|i| format!("m{{i=\"{batch}-{i}\"}} 1\n")).collect();
                server
                    .send("POST", "/api/v1/import/prometheus", &[], text.as_bytes())
                    .unwrap();
                batch += 1;
            }
            examined.join().unwrap().with(
                "caches",
                "warning",
                "many inserts are slow",
                "rows in the last",
                "series are new all the time",
            );
        });
    });
}

#[test]
fn a_cache_that_is_too_small() {
    on_both(|version| {
        let server = server(version, &[]);
        let metrics = server.get("/metrics").unwrap().text();
        let cache = "{type=\"indexdb/dataBlocks\"}";
        for name in ["size_bytes", "size_max_bytes", "requests_total", "misses_total"] {
            let name = format!("vm_cache_{name}{cache}");
            assert!(metrics.contains(&name), "{version} has no {name}");
        }
        let url = saying(&server, |metrics| {
            let of =
                |name: &str, value: u64| format!("vm_cache_{name}{{type=\"indexdb/dataBlocks\"}} {value}");
            [
                ("size_bytes", 99_000),
                ("size_max_bytes", 100_000),
                ("requests_total", 5_000),
                ("misses_total", 2_500),
            ]
            .into_iter()
            .fold(metrics.to_owned(), |metrics, (name, value)| {
                let series = of(name, value);
                let without_value = series.rsplit_once(' ').unwrap().0.to_owned();
                replaced(&metrics, &without_value, &series)
            })
        });
        examine(&["--vm", &url]).finds(&["caches"]).exits(3).with(
            "caches",
            "warning",
            "the cache indexdb/dataBlocks is full and misses often",
            "2500 of 5000 requests missed",
            "-memory.allowedPercent",
        );
    });
}

#[test]
fn file_descriptors_that_run_out() {
    on_both(|version| {
        let server = bare(version, "ulimit -n 100;");
        let connections: Vec<TcpStream> = (0..80)
            .map_while(|_| TcpStream::connect(server.address()).ok())
            .collect();
        thread::sleep(Duration::from_millis(300));
        examine(&["--vm", &server.url()]).with(
            "open_files",
            "warning",
            "nearly has as many files open as it may",
            "of 100 file descriptors",
            "LimitNOFILE",
        );
        drop(connections);
    });
}

#[test]
fn a_query_that_does_not_end() {
    let server = server(
        Version::Newest,
        &[
            "-search.maxQueryDuration=60s",
            "-search.maxPointsPerTimeseries=1000000",
        ],
    );
    let times: Vec<String> = (0..700)
        .map(|i| (4_996_000_000_i64 + i * 100_000).to_string())
        .collect();
    let values = vec!["1"; times.len()].join(",");
    let line = format!(
        "{{\"metric\":{{\"__name__\":\"m\"}},\"values\":[{values}],\"timestamps\":[{}]}}\n",
        times.join(",")
    );
    server.import_json(&line).unwrap();
    let query = "/api/v1/query_range?query=quantile_over_time(0.5,(m%2Brand(1))[60m:1s])&start=5000000&end=5060000&step=1&nocache=1";
    // Whoever asked goes away; the server goes on.
    let mut asking = TcpStream::connect(server.address()).unwrap();
    write!(asking, "GET {query} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    thread::sleep(Duration::from_millis(10_500));
    examine(&["--vm", &server.url()]).with(
        "running_queries",
        "warning",
        "s: quantile_over_time(0.5,(m",
        "/api/v1/status/active_queries",
        "-search.maxQueryDuration",
    );
    drop(asking);
}
