use http::{HeaderMap, HeaderValue, header};

use super::{Coding, Format, coding, format};

fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::from_str(value).unwrap());
    headers
}

#[test]
fn formats() {
    assert_eq!(format(&HeaderMap::new()), Format::Text);
    let check = |accept: &str, expected| {
        assert_eq!(format(&headers(header::ACCEPT, accept)), expected, "{accept}");
    };
    // What VictoriaMetrics, Prometheus 2 and Prometheus 3 send.
    check("text/plain;version=0.0.4;q=1,*/*;q=0.1", Format::Text);
    check(
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
         text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        Format::OpenMetrics,
    );
    check(
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
         application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
         text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        Format::OpenMetricsUtf8,
    );
    check(
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3",
        Format::TextUtf8,
    );
    // Weights decide, then the order.
    check(
        "application/openmetrics-text;q=0.4, text/plain;q=0.5",
        Format::Text,
    );
    check(
        "text/plain;q=0.4, application/openmetrics-text; q=0.5",
        Format::OpenMetrics,
    );
    check("application/openmetrics-text, text/plain", Format::OpenMetrics);
    check("text/plain, application/openmetrics-text", Format::Text);
    check("application/openmetrics-text;q=0, text/plain;q=0.1", Format::Text);
    // Escaping schemes that are not served in full fall to underscores; unknown versions are not offered.
    check(
        "application/openmetrics-text;version=1.0.0;escaping=dots",
        Format::OpenMetrics,
    );
    check(
        "application/openmetrics-text;version=2.0.0, text/plain;q=0.1",
        Format::Text,
    );
    check(
        "application/openmetrics-text;version=\"1.0.0\"",
        Format::OpenMetrics,
    );
    check("Application/OpenMetrics-Text", Format::OpenMetrics);
    // A browser, curl, and nonsense.
    check(
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        Format::Text,
    );
    check("*/*", Format::Text);
    for odd in [
        "",
        ";;,,;=",
        "q=2",
        "application/json",
        "application/openmetrics-text;q=high",
        "text/plain;q=0",
    ] {
        check(odd, Format::Text);
    }
}

#[test]
fn codings() {
    let all = [Coding::Gzip, Coding::Zstd];
    assert_eq!(coding(&HeaderMap::new(), &all), Coding::Identity);
    let check = |accept: &str, expected| {
        assert_eq!(
            coding(&headers(header::ACCEPT_ENCODING, accept), &all),
            expected,
            "{accept}"
        );
    };
    check("gzip", Coding::Gzip);
    check("GZIP", Coding::Gzip);
    check("gzip, deflate, br", Coding::Gzip);
    check("gzip, zstd", Coding::Zstd);
    check("zstd;q=0.5, gzip;q=0.8", Coding::Gzip);
    check("gzip;q=0", Coding::Identity);
    check("gzip;q=0, *", Coding::Zstd);
    check("*;q=0.1, zstd;q=0", Coding::Gzip);
    check("identity, gzip;q=0.5", Coding::Identity);
    check("identity;q=0.5, gzip;q=0.5", Coding::Gzip);
    check("br, deflate", Coding::Identity);
    check("identity;q=0, *;q=0", Coding::Identity);
    check("", Coding::Identity);
    let gzip_only = coding(&headers(header::ACCEPT_ENCODING, "zstd, gzip"), &[Coding::Gzip]);
    assert_eq!(gzip_only, Coding::Gzip);
}
