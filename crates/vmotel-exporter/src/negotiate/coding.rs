//! `Accept-Encoding`: the content coding.

use http::HeaderMap;

use super::{Coding, element, weight};

/// Chooses the coding: the acceptable one of the highest weight, of equal ones zstd before gzip before none.
///
/// Without `Accept-Encoding` the body stays as it is, as it does if nothing else is acceptable.
pub(crate) fn coding(headers: &HeaderMap, available: &[Coding]) -> Coding {
    let weights = Weights::read(headers);
    let mut best = (weights.of(Coding::Identity), Coding::Identity);
    for &coding in available {
        let weight = weights.of(coding);
        if weight > 0 && weight >= best.0 {
            best = (weight, coding);
        }
    }
    best.1
}

#[derive(Default)]
struct Weights {
    identity: Option<u16>,
    gzip: Option<u16>,
    zstd: Option<u16>,
    rest: Option<u16>,
}

impl Weights {
    fn read(headers: &HeaderMap) -> Self {
        let mut weights = Self::default();
        for header in headers.get_all(http::header::ACCEPT_ENCODING) {
            let Ok(header) = header.to_str() else { continue };
            for text in header.split(',') {
                let (name, parameters) = element(text);
                let slot = match name.to_ascii_lowercase().as_str() {
                    "identity" => &mut weights.identity,
                    "gzip" | "x-gzip" => &mut weights.gzip,
                    "zstd" => &mut weights.zstd,
                    "*" => &mut weights.rest,
                    _ => continue,
                };
                *slot = Some(weight(&parameters));
            }
        }
        weights
    }

    fn of(&self, coding: Coding) -> u16 {
        let named = match coding {
            // Acceptable even if it is not named, but less than what is.
            Coding::Identity => return self.identity.unwrap_or(0),
            Coding::Gzip => self.gzip,
            Coding::Zstd => self.zstd,
        };
        named.or(self.rest).unwrap_or(0)
    }
}
