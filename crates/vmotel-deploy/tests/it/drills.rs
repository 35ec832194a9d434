use std::fmt::Write as _;

use vmotel_testkit::{Error, Sample, ServerConfig, Version, VictoriaMetrics, backup, restore};

/// The newest sample, in seconds.
const END: f64 = 1_750_000_000.0;
const QUERIES: [&str; 5] = [
    "count({__name__!=\"\"}) by (__name__)",
    "sum(increase(calls_total[1h])) by (code)",
    "histogram_quantile(0.9, sum(rate(call_duration_seconds_bucket[1h])) by (le))",
    "avg_over_time(rss_bytes[1h])",
    "calls_total offset 30m",
];

/// Two hours of three kinds of series, a sample every 15 seconds.
fn fill(server: &VictoriaMetrics) -> Result<(), Error> {
    let mut lines = String::new();
    let mut series = |labels: &str, value: &dyn Fn(u32) -> f64| {
        let (mut values, mut times) = (Vec::new(), Vec::new());
        for step in 0..480_u32 {
            values.push(value(step).to_string());
            times.push(format!("{:.0}", (END - f64::from(479 - step) * 15.0) * 1000.0));
        }
        let (values, times) = (values.join(","), times.join(","));
        writeln!(
            lines,
            "{{\"metric\":{{{labels}}},\"values\":[{values}],\"timestamps\":[{times}]}}"
        )
        .unwrap();
    };
    for instance in 0..20_u32 {
        let common = format!("\"job\":\"app\",\"instance\":\"i{instance}\"");
        for code in [200, 404, 500_u32] {
            let labels = format!("\"__name__\":\"calls_total\",\"code\":\"{code}\",{common}");
            series(&labels, &|step| f64::from(step * (instance + 1) + code));
        }
        for (le, share) in [("0.1", 0.5), ("1", 0.75), ("+Inf", 1.0)] {
            let labels = format!("\"__name__\":\"call_duration_seconds_bucket\",\"le\":\"{le}\",{common}");
            series(&labels, &|step| f64::from(step * 100) * share);
        }
        let labels = format!("\"__name__\":\"rss_bytes\",{common}");
        series(&labels, &|step| 1e8 + f64::from(step * step % 977) * 4096.5);
    }
    server.import_json(&lines)
}

/// All that is stored, and what queries make of it.
fn answers(server: &VictoriaMetrics) -> Result<(String, Vec<Vec<Sample>>), Error> {
    let stored = format!("{:?}", server.export("{__name__!=\"\"}")?);
    let queries = QUERIES.map(|query| server.query_at(query, END));
    Ok((stored, queries.into_iter().collect::<Result<_, _>>()?))
}

fn start(version: Version, dir: Option<tempfile::TempDir>) -> Result<VictoriaMetrics, Error> {
    VictoriaMetrics::start_with(ServerConfig {
        version,
        dir,
        ..ServerConfig::default()
    })
}

#[test]
fn lost_data_comes_back_from_a_backup() -> Result<(), Error> {
    for version in Version::BOTH {
        let server = start(version, None)?;
        fill(&server)?;
        let before = answers(&server)?;
        assert!(before.1.iter().all(|series| !series.is_empty()), "{:?}", before.1);
        let kept = tempfile::tempdir().unwrap();
        backup(version, &server, kept.path())?;
        server.import_text("written_after_the_backup 1\n")?;

        let data = server.data();
        let dir = server.kill()?;
        std::fs::remove_dir_all(&data).unwrap();
        let server = start(version, Some(dir))?;
        assert_eq!(server.query_at(QUERIES[0], END)?, [], "nothing was lost");

        let dir = server.stop()?;
        restore(version, kept.path(), &data)?;
        let server = start(version, Some(dir))?;
        assert_eq!(answers(&server)?, before, "{version}");
    }
    Ok(())
}

#[test]
fn an_upgrade_keeps_the_data() -> Result<(), Error> {
    let server = start(Version::Stable, None)?;
    fill(&server)?;
    let before = answers(&server)?;
    let server = start(Version::Newest, Some(server.stop()?))?;
    assert_eq!(answers(&server)?, before);
    // And it goes on.
    server.import_text("written_after_the_upgrade 1\n")?;
    assert_eq!(server.query("written_after_the_upgrade")?.len(), 1);
    Ok(())
}
