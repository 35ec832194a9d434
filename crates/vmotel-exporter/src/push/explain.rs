//! Wrong addresses, and the right ones.

use vmotel_http::BaseUrl;

/// The path of OTLP at VictoriaMetrics, and its alias.
const OTLP: [&str; 2] = ["/opentelemetry/v1/metrics", "/opentelemetry/api/v1/push"];

/// Tells what is wrong with the base address of a single node or vmagent.
pub(super) fn base(base: &BaseUrl) -> Option<String> {
    let (origin, path) = parts(base);
    let known = ["/opentelemetry", "/v1/metrics", "/api/v1/write", "/api/v1/push"];
    if let Some(tenant) = tenant(path) {
        return Some(format!(
            "{path} is a path of a cluster, expected Target::cluster({origin:?}, {tenant:?})"
        ));
    }
    if let Some(at) = known.iter().find_map(|known| path.find(known)) {
        let right = &path[..at];
        return Some(format!(
            "the path is added to it, expected the base address {origin}{right}"
        ));
    }
    if port(base) == Some(8480) {
        return Some(format!(
            "8480 is the port of vminsert in a cluster, expected Target::cluster({origin:?}, \"0\")"
        ));
    }
    port_of_others(base)
}

/// Tells what is wrong with the base address of vminsert or with the tenant.
pub(super) fn cluster(base: &BaseUrl, tenant: &str) -> Option<String> {
    let (origin, path) = parts(base);
    let number = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u32>().is_ok()
    };
    let (account, project) = tenant.split_once(':').unwrap_or((tenant, "0"));
    if tenant != "multitenant" && !(number(account) && number(project)) {
        return Some(format!(
            "the tenant {tenant:?} is none, expected account or account:project (numbers up to 4294967295), or multitenant"
        ));
    }
    if let Some(at) = path.find("/insert") {
        let right = &path[..at];
        return Some(format!(
            "the path is added to it, expected the base address {origin}{right}"
        ));
    }
    if port(base) == Some(8428) {
        return Some(format!(
            "8428 is the port of a single node, expected Target::victoria({origin:?})"
        ));
    }
    port_of_others(base)
}

/// Tells what is wrong with a whole address for OTLP.
pub(super) fn otlp(base: &BaseUrl) -> Option<String> {
    let (origin, path) = parts(base);
    if let Some(text) = port_of_others(base) {
        return Some(text);
    }
    if path.ends_with("/api/v1/write") {
        return Some(format!(
            "{path} takes remote write, expected Target::prometheus or a path that takes otlp"
        ));
    }
    if path.ends_with("/v1/traces") || path.ends_with("/v1/logs") {
        return Some(format!(
            "{path} does not take metrics, expected a path that ends with /v1/metrics"
        ));
    }
    if port(base) == Some(8480) || tenant(path).is_some() {
        let right = tenant(path).is_some_and(|tenant| {
            OTLP.iter()
                .any(|otlp| path.ends_with(&format!("/insert/{tenant}{otlp}")))
        });
        let tenant = tenant(path).unwrap_or("0");
        return (!right).then(|| format!("vminsert takes otlp at {origin}/insert/{tenant}{} only", OTLP[0]));
    }
    if matches!(port(base), Some(8428 | 8429)) || path.contains("/opentelemetry") {
        let right =
            OTLP.iter().any(|otlp| path.ends_with(otlp)) && !path.contains("/prometheus/opentelemetry");
        return (!right).then(|| format!("VictoriaMetrics takes otlp at {origin}{} only", OTLP[0]));
    }
    path.is_empty()
        .then(|| format!("there is no path, expected {origin}/v1/metrics or whichever the receiver has"))
}

/// Tells what is wrong with a whole address for remote write.
pub(super) fn remote_write(base: &BaseUrl) -> Option<String> {
    let (origin, path) = parts(base);
    if let Some(text) = port_of_others(base) {
        return Some(text);
    }
    if path.ends_with("/v1/metrics") {
        return Some(format!(
            "{path} takes otlp, expected Target::otlp or a path that takes remote write"
        ));
    }
    let tenant = tenant(path);
    if (port(base) == Some(8480) || tenant.is_some()) && !path.contains("/prometheus/") {
        let tenant = tenant.unwrap_or("0");
        return Some(format!(
            "vminsert takes remote write at {origin}/insert/{tenant}/prometheus/api/v1/write only"
        ));
    }
    path.is_empty()
        .then(|| format!("there is no path, expected {origin}/api/v1/write"))
}

/// Returns true if the address is one that VictoriaMetrics or vmagent has.
pub(super) fn is_victoria(base: &BaseUrl) -> bool {
    let (_, path) = parts(base);
    OTLP.iter().any(|otlp| path.ends_with(otlp))
        || tenant(path).is_some()
        || matches!(port(base), Some(8428 | 8429 | 8480))
}

/// Tells the right addresses where an answer says that the path is wrong.
pub(super) fn answer(status: u16, body: &str, base: &BaseUrl) -> Option<String> {
    let of_path = matches!(status, 404 | 405)
        || (status == 400 && (body.contains("unsupported path") || body.contains("cannot parse accountID")));
    of_path.then(|| {
        let host = base.authority();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        format!(
            "the path is not served there: VictoriaMetrics and vmagent take otlp at http://{host}:8428{0} (vmagent: 8429, \
             Target::victoria), vminsert at http://{host}:8480/insert/TENANT{0} (Target::cluster), an OpenTelemetry collector \
             at http://{host}:4318/v1/metrics (Target::otlp)",
            OTLP[0]
        )
    })
}

fn port_of_others(base: &BaseUrl) -> Option<String> {
    match port(base)? {
        4317 => Some(
            "4317 is the port of otlp over grpc, expected the one for http/protobuf, mostly 4318".to_owned(),
        ),
        8481 => {
            Some("8481 is the port of vmselect, which only reads; expected vminsert, mostly 8480".to_owned())
        }
        8482 | 8400 | 8401 => Some("that is a port of vmstorage, expected vminsert, mostly 8480".to_owned()),
        8880 => Some("8880 is the port of vmalert, expected VictoriaMetrics, mostly 8428".to_owned()),
        _ => None,
    }
}

/// Returns scheme and authority, and the path.
fn parts(base: &BaseUrl) -> (String, &str) {
    let path = base.prefix();
    let whole = base.to_string();
    (whole[..whole.len() - path.len()].to_owned(), path)
}

fn port(base: &BaseUrl) -> Option<u16> {
    base.authority().rsplit_once(':')?.1.parse().ok()
}

/// Returns what stands behind `/insert/`.
fn tenant(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("/insert/")?;
    rest.split('/').next().filter(|tenant| !tenant.is_empty())
}

#[cfg(test)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table reads better without references"
)]
mod tests {
    use crate::{Compression, Push, Target};

    fn check(target: Target, expected: &str) {
        let push = Push::to(target.clone());
        match push.validate() {
            Ok(()) => assert_eq!(format!("{target:?}"), format!("Target({expected})")),
            Err(error) => {
                let text = error.to_string();
                assert!(
                    !expected.is_empty() && text.contains(expected),
                    "{text} lacks {expected}"
                );
                assert!(!text.contains("s3cret"), "{text}");
            }
        }
    }

    /// The paths are those that real servers of both versions took or refused.
    #[test]
    fn bases() {
        let otlp = "otlp with gzip to http://vm:8428/opentelemetry/v1/metrics";
        check(Target::victoria("http://vm:8428"), otlp);
        check(Target::victoria("http://vm:8428/"), otlp);
        check(Target::victoria("http://me:s3cret@vm:8428"), otlp);
        check(
            Target::victoria("http://vm:8428").remote_write(),
            "remote write with snappy to http://vm:8428/api/v1/write",
        );
        check(
            Target::victoria("https://gate/vm"),
            "otlp with gzip to https://gate/vm/opentelemetry/v1/metrics",
        );
        check(
            Target::victoria("http://vm:8429").with_compression(Compression::None),
            "otlp to http://vm:8429/opentelemetry/v1/metrics",
        );
        let base = "expected the base address http://vm:8428";
        for path in [
            "/opentelemetry",
            "/opentelemetry/v1/metrics/",
            "/api/v1/write",
            "/v1/metrics",
        ] {
            check(Target::victoria(format!("http://vm:8428{path}")), base);
        }
        check(
            Target::victoria("http://vm:8480"),
            "Target::cluster(\"http://vm:8480\", \"0\")",
        );
        check(
            Target::victoria("http://vm:8480/insert/42/opentelemetry"),
            "Target::cluster(\"http://vm:8480\", \"42\")",
        );
        check(Target::victoria("http://vm:4317"), "otlp over grpc");
        check(Target::victoria("http://vm:8481"), "vmselect");
        check(Target::victoria("vm:8428"), "expected http or https");
        check(Target::victoria("http://u:s3cret@vm:8428#x"), "fragment");
    }

    #[test]
    fn clusters() {
        check(
            Target::cluster("http://vm:8480", "42:7"),
            "otlp with gzip to http://vm:8480/insert/42:7/opentelemetry/v1/metrics",
        );
        check(
            Target::cluster("http://vm:8480", "multitenant").remote_write(),
            "remote write with snappy to http://vm:8480/insert/multitenant/prometheus/api/v1/write",
        );
        for tenant in ["", "abc", "1:2:3", "4294967296", "-1", "1:", "+1"] {
            check(Target::cluster("http://vm:8480", tenant), "the tenant");
        }
        check(
            Target::cluster("http://vm:8480/insert/0", "0"),
            "expected the base address http://vm:8480",
        );
        check(
            Target::cluster("http://vm:8428", "0"),
            "Target::victoria(\"http://vm:8428\")",
        );
    }

    #[test]
    fn whole_addresses() {
        let collector = "http://collector:4318/v1/metrics";
        check(Target::otlp(collector), &format!("otlp with gzip to {collector}"));
        check(
            Target::otlp("https://gate/x?key=s3cret"),
            "otlp with gzip to https://gate/x",
        );
        check(Target::otlp("http://collector:4318"), collector);
        check(
            Target::otlp("http://vm:8428/v1/metrics"),
            "http://vm:8428/opentelemetry/v1/metrics",
        );
        check(
            Target::otlp("http://vm:8480/insert/3/prometheus/opentelemetry/v1/metrics"),
            "http://vm:8480/insert/3/opentelemetry/v1/metrics",
        );
        check(Target::otlp("http://vm:8428/api/v1/write"), "remote write");
        check(Target::otlp("http://vm:4318/v1/traces"), "does not take metrics");
        check(
            Target::prometheus("http://p:9090/api/v1/write"),
            "remote write with snappy to http://p:9090/api/v1/write",
        );
        check(
            Target::prometheus("http://p:9090"),
            "expected http://p:9090/api/v1/write",
        );
        check(Target::prometheus("http://p:9090/v1/metrics"), "takes otlp");
        check(
            Target::prometheus("http://vm:8480/insert/0/api/v1/write"),
            "http://vm:8480/insert/0/prometheus/api/v1/write",
        );
        check(
            Target::otlp(collector).with_compression(Compression::Snappy),
            "expected none, gzip or zstd",
        );
        check(
            Target::victoria("http://vm:8428")
                .remote_write()
                .with_compression(Compression::Gzip),
            "snappy or zstd",
        );
    }
}
