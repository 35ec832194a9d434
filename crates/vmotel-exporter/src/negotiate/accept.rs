//! `Accept`: the format.

use http::HeaderMap;

use super::{Format, element, weight};

/// Chooses the format: the acceptable one of the highest weight, of equal ones that which stands first.
///
/// Without `Accept`, or if nothing acceptable is offered, it is the text format 0.0.4, as scrapers expect.
pub(crate) fn format(headers: &HeaderMap) -> Format {
    let mut best = (0, Format::default());
    for header in headers.get_all(http::header::ACCEPT) {
        let Ok(header) = header.to_str() else { continue };
        for text in header.split(',') {
            let (media, parameters) = element(text);
            let weight = weight(&parameters);
            if weight > best.0
                && let Some(format) = offered(media, &parameters)
            {
                best = (weight, format);
            }
        }
    }
    best.1
}

/// Returns the format that is served for a media type, if there is one.
fn offered(media: &str, parameters: &[(&str, &str)]) -> Option<Format> {
    let parameter = |name: &str| {
        parameters
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    };
    let utf8 = parameter("escaping") == Some("allow-utf-8");
    let version = parameter("version");
    match media.to_ascii_lowercase().as_str() {
        "application/openmetrics-text" => match version {
            Some("1.0.0") if utf8 => Some(Format::OpenMetricsUtf8),
            None | Some("1.0.0") => Some(Format::OpenMetrics),
            Some(_) => None,
        },
        "text/plain" => match version {
            Some("1.0.0") if utf8 => Some(Format::TextUtf8),
            None | Some("0.0.4") => Some(Format::Text),
            Some(_) => None,
        },
        "text/*" | "*/*" => Some(Format::Text),
        _ => None,
    }
}
