//! Who pushes: `job` and `instance`, so that two replicas never write the same series.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
};

use crate::Config;

const INSTANCE: &str = "service.instance.id";
const NAMESPACE: &str = "service.namespace";

/// Makes sure that the resource has a `service.instance.id`: the one given, else `POD_NAME` or `HOSTNAME` with the process's id, else a
/// UUID (version 4) that is drawn now.
pub(crate) fn identify(config: &mut Config, lookup: impl Fn(&str) -> Option<String>) {
    if attribute(config, INSTANCE).is_some() {
        return;
    }
    let name = ["POD_NAME", "HOSTNAME"].into_iter().find_map(|variable| {
        let name = lookup(variable)?.trim().to_owned();
        (!name.is_empty()).then_some(name)
    });
    let id = match name {
        Some(name) => format!("{name}-{}", std::process::id()),
        None => uuid(),
    };
    config.resource_attributes.retain(|(key, _)| key != INSTANCE);
    config.resource_attributes.push((INSTANCE.to_owned(), id));
}

/// Returns `job` and `instance` by the rules of the specification ("Prometheus and OpenMetrics compatibility", resource attributes).
pub(crate) fn labels(config: &Config) -> Vec<(String, String)> {
    let job = match attribute(config, NAMESPACE) {
        Some(namespace) => format!("{namespace}/{}", config.service_name),
        None => config.service_name.clone(),
    };
    let mut labels = vec![("job".to_owned(), job)];
    labels.extend(attribute(config, INSTANCE).map(|id| ("instance".to_owned(), id.to_owned())));
    labels
}

fn attribute<'a>(config: &'a Config, wanted: &str) -> Option<&'a str> {
    let found = config.resource_attributes.iter().rfind(|(key, _)| key == wanted);
    found
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

/// Returns the arguments that have the server add the labels to each series.
#[cfg(feature = "push")]
pub(crate) fn arguments(labels: &[(String, String)]) -> String {
    let argument = |(name, value): &(String, String)| format!("extra_label={name}%3D{}", encoded(value));
    labels.iter().map(argument).collect::<Vec<_>>().join("&")
}

#[cfg(feature = "push")]
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;

    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Draws a UUID of version 4: two hashes under keys that the system drew.
fn uuid() -> String {
    let draw = || RandomState::new().build_hasher().finish();
    let bits = (u128::from(draw()) << 64) | u128::from(draw());
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | (4 << 76) | (2 << 62);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(given: Option<&str>, variables: &[(&str, &str)]) -> String {
        let mut config = Config::default();
        let given = given.map(|id| (INSTANCE.to_owned(), id.to_owned()));
        config.resource_attributes.extend(given);
        identify(&mut config, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        labels(&config)[1].1.clone()
    }

    #[test]
    fn from_the_resource_then_the_pod_then_the_host_then_at_random() {
        let pid = std::process::id();
        let both = [("POD_NAME", "shop-1"), ("HOSTNAME", "web")];
        assert_eq!(instance(Some("a"), &both), "a");
        assert_eq!(instance(Some(""), &both), format!("shop-1-{pid}"));
        assert_eq!(instance(None, &both[1..]), format!("web-{pid}"));
        let drawn = instance(None, &[("HOSTNAME", " ")]);
        assert_eq!((drawn.len(), &drawn[14..15]), (36, "4"), "{drawn}");
        assert!(["8", "9", "a", "b"].contains(&&drawn[19..20]), "{drawn}");
        assert_ne!(drawn, instance(None, &[]));
    }

    #[test]
    fn the_job_has_the_namespace() {
        let mut config = Config {
            service_name: "shop".to_owned(),
            ..Config::default()
        };
        assert_eq!(labels(&config), [("job".to_owned(), "shop".to_owned())]);
        config
            .resource_attributes
            .push((NAMESPACE.to_owned(), "eu".to_owned()));
        assert_eq!(labels(&config)[0].1, "eu/shop");
    }

    #[test]
    #[cfg(feature = "push")]
    fn arguments_are_escaped() {
        let labels = [("job".to_owned(), "a b&c=ä".to_owned())];
        assert_eq!(arguments(&labels), "extra_label=job%3Da%20b%26c%3D%C3%A4");
    }
}
