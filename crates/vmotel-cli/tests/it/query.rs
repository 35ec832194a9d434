use vmotel_testkit::{FaultProxy, ServerConfig, Version, VictoriaMetrics};

use crate::{run, stderr, stdout, vmotel};

const T0: i64 = 1_700_000_000;

/// A server with a counter of two series, a sample a second for a minute.
fn server(version: Version) -> VictoriaMetrics {
    let server = VictoriaMetrics::start(version).unwrap();
    let lines: String = [("a", 1), ("b", 10)]
        .iter()
        .map(|(shop, step)| {
            let values: Vec<String> = (0..=60).map(|i| (i * step).to_string()).collect();
            let times: Vec<String> = (0..=60).map(|i| ((T0 + i) * 1000).to_string()).collect();
            format!(
                "{{\"metric\":{{\"__name__\":\"orders_total\",\"shop\":\"{shop}\"}},\"values\":[{}],\"timestamps\":[{}]}}\n",
                values.join(","),
                times.join(",")
            )
        })
        .collect();
    server.import_json(&lines).unwrap();
    server
}

fn lines(args: &[&str], server: &VictoriaMetrics) -> Vec<String> {
    let output = vmotel()
        .args(args)
        .args(["--url", &server.url()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    stdout(&output).lines().map(str::to_owned).collect()
}

#[test]
fn an_instant_query_in_every_form() {
    for version in Version::BOTH {
        let server = server(version);
        let query = ["query", "sort(orders_total)", "--time", "1700000030.5"];
        assert_eq!(
            lines(&query, &server),
            [
                "┌───────────────────────────────────────────────────────────┐",
                "│ series                   value   time                     │",
                "╞═══════════════════════════════════════════════════════════╡",
                "│ orders_total{shop=\"a\"}      30   2023-11-14T22:13:50.500Z │",
                "│ orders_total{shop=\"b\"}     300   2023-11-14T22:13:50.500Z │",
                "└───────────────────────────────────────────────────────────┘",
                "2 series",
            ]
        );
        assert_eq!(
            lines(&[&query[..], &["-o", "csv"]].concat(), &server),
            [
                "timestamp,value,__name__,shop",
                "1700000030500,30,orders_total,a",
                "1700000030500,300,orders_total,b"
            ]
        );
        assert_eq!(
            lines(&[&query[..], &["-o", "json"]].concat(), &server),
            [
                "[{\"metric\":{\"__name__\":\"orders_total\",\"shop\":\"a\"},\"values\":[[1700000030.5,30]]},",
                " {\"metric\":{\"__name__\":\"orders_total\",\"shop\":\"b\"},\"values\":[[1700000030.5,300]]}]",
            ]
        );
        assert_eq!(lines(&["query", "nothing"], &server), ["no series"]);
    }
}

#[test]
fn a_range_in_every_form() {
    for version in Version::BOTH {
        let server = server(version);
        let range = [
            "query",
            "orders_total",
            "--start",
            "2023-11-14T22:13:20Z",
            "--end",
            "1700000060",
            "--step",
            "1s",
            "--exact",
        ];
        let csv = lines(
            &[&range[..], &["-o", "csv", "--extra-label", "shop=b"]].concat(),
            &server,
        );
        assert_eq!(csv.len(), 1 + 61, "{csv:?}");
        assert_eq!(csv[61], "1700000060000,600,orders_total,b");
        let table = lines(&range, &server).join("\n");
        for part in [
            "points",
            "orders_total{shop=\"a\"}",
            "61",
            "2 series, 122 samples",
            "▁▁▂▂",
            "██",
        ] {
            assert!(table.contains(part), "{part} is not in {table}");
        }
        let chart = lines(&[&range[..], &["-o", "chart"]].concat(), &server);
        assert!(chart.iter().all(|line| line.chars().count() <= 100), "{chart:?}");
        assert!(chart.iter().any(|line| line.contains("600 ┤")), "{chart:?}");
        assert!(
            chart.iter().any(|line| line.contains("2023-11-14T22:13:20Z")),
            "{chart:?}"
        );
    }
}

#[test]
fn output_fits_narrow_terminals() {
    let server = server(Version::Stable);
    for width in ["30", "50"] {
        for form in ["table", "chart"] {
            let output = vmotel()
                .args([
                    "query",
                    "orders_total",
                    "--start",
                    "1700000000",
                    "--end",
                    "1700000060",
                    "-o",
                    form,
                    "--url",
                    &server.url(),
                ])
                .env("COLUMNS", width)
                .output()
                .unwrap();
            let columns: usize = width.parse().unwrap();
            for line in stdout(&output).lines() {
                assert!(line.chars().count() <= columns, "{form} at {width}: {line}");
            }
        }
    }
}

#[test]
fn colours_only_where_they_are_wanted() {
    let server = server(Version::Stable);
    let ask = |color: &str| {
        let args = [
            "query",
            "orders_total",
            "--start",
            "1700000000",
            "--end",
            "1700000060",
            "-o",
            "chart",
            "--color",
            color,
        ];
        lines(&args, &server).join("\n")
    };
    assert!(!ask("auto").contains('\x1b'), "a pipe gets none");
    assert!(ask("always").contains("\x1b[34m"));
}

#[test]
fn failures_say_what_and_where() {
    let server = server(Version::Newest);
    let fails = |args: &[&str]| {
        let output = run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", stdout(&output));
        stderr(&output)
    };
    let url = server.url();
    let said = fails(&["query", "rte(m)", "--url", &url]);
    assert!(
        said.contains("did you mean `rate`") && said.contains("422"),
        "{said}"
    );
    let said = fails(&["query", "up", "--tenant", "1:2", "--url", &url]);
    assert!(said.contains("/select/1:2/prometheus/api/v1/query"), "{said}");
    let said = fails(&["query", "up", "--url", "http://127.0.0.1:9"]);
    assert!(said.contains("could not connect to http://127.0.0.1:9"), "{said}");
    let slow = FaultProxy::start(server.address()).unwrap();
    slow.set(vmotel_testkit::Fault::BlackHole);
    let said = fails(&["query", "up", "--timeout", "300ms", "--url", &slow.url()]);
    assert!(
        said.contains("no complete answer") && said.contains("ms (stopped"),
        "{said}"
    );
}

#[test]
fn credentials_come_from_the_environment_and_files() {
    let flags = ["-httpAuth.username=me", "-httpAuth.password=s3cret"]
        .map(str::to_owned)
        .to_vec();
    let server = VictoriaMetrics::start_with(ServerConfig {
        flags,
        ..ServerConfig::default()
    })
    .unwrap();
    let url = server.url();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "s3cret\n").unwrap();
    let ask = |variables: &[(&str, &str)]| {
        let output = vmotel()
            .args(["query", "1", "--url", &url, "-o", "csv"])
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        assert!(!(stderr(&output) + &stdout(&output)).contains("s3cret"));
        output.status.code()
    };
    assert_eq!(ask(&[]), Some(1));
    assert_eq!(
        ask(&[("VMOTEL_USERNAME", "me"), ("VMOTEL_PASSWORD", "s3cret")]),
        Some(0)
    );
    let path = file.to_str().unwrap();
    assert_eq!(
        ask(&[("VMOTEL_USERNAME", "me"), ("VMOTEL_PASSWORD_FILE", path)]),
        Some(0)
    );
    assert_eq!(
        ask(&[("VMOTEL_USERNAME", "me"), ("VMOTEL_PASSWORD", "wrong")]),
        Some(1)
    );
    assert_eq!(ask(&[("VMOTEL_USERNAME", "me")]), Some(1));
    // Authorization by a file of headers.
    let headers = folder.path().join("headers");
    std::fs::write(&headers, "Authorization: Basic bWU6czNjcmV0\n").unwrap();
    assert_eq!(
        ask(&[("VMOTEL_HEADERS_FILE", headers.to_str().unwrap())]),
        Some(0)
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let server = server(Version::Stable);
    let script = format!(
        "'{}' query orders_total --start 1700000000 --end 1700000060 -o csv --url {} | head -n 1; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_vmotel"),
        server.url()
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}
