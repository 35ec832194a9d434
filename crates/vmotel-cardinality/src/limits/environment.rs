//! The environment variables.

use super::LimitsConfig;
use crate::{Fold, error::LimitsError};

const PREFIX: &str = "VMOTEL_CARDINALITY_";
const BUCKETS: &str = "VMOTEL_CARDINALITY_BUCKETS";
const SEED: &str = "VMOTEL_CARDINALITY_SEED";
const FOLD_NAME: &str = "VMOTEL_CARDINALITY_FOLD_NAME";
const DRY_RUN: &str = "VMOTEL_CARDINALITY_DRY_RUN";

/// A variable that holds a number.
struct Number {
    name: &'static str,
    range: std::ops::RangeInclusive<usize>,
    expected: &'static str,
    field: fn(&mut LimitsConfig) -> &mut usize,
}

const NUMBERS: &[Number] = &[
    Number {
        name: "VMOTEL_CARDINALITY_PER_LABEL",
        range: 1..=1_000_000,
        expected: "1 to 1000000",
        field: |config| &mut config.labels.per_label,
    },
    Number {
        name: "VMOTEL_CARDINALITY_PER_METRIC",
        range: 1..=1_000_000,
        expected: "1 to 1000000",
        field: |config| &mut config.labels.per_metric,
    },
    Number {
        name: "VMOTEL_CARDINALITY_TOTAL",
        range: 1..=10_000_000,
        expected: "1 to 10000000",
        field: |config| &mut config.labels.total,
    },
    Number {
        name: "VMOTEL_CARDINALITY_VALUE_LENGTH",
        range: 24..=usize::MAX,
        expected: "24 or more",
        field: |config| &mut config.labels.value_length,
    },
    Number {
        name: "VMOTEL_CARDINALITY_PATHS_PER_PARENT",
        range: 8..=usize::MAX,
        expected: "8 or more",
        field: |config| &mut config.paths.per_parent,
    },
    Number {
        name: "VMOTEL_CARDINALITY_PATHS",
        range: 8..=usize::MAX,
        expected: "8 or more",
        field: |config| &mut config.paths.max_templates,
    },
];

/// Refuses names that only look like variables of this crate.
pub(super) fn check_names(names: impl Iterator<Item = String>) -> Result<(), LimitsError> {
    let known = |name: &str| {
        [BUCKETS, SEED, FOLD_NAME, DRY_RUN].contains(&name)
            || NUMBERS.iter().any(|number| number.name == name)
    };
    match names
        .filter(|name| name.starts_with(PREFIX))
        .find(|name| !known(name))
    {
        Some(name) => Err(LimitsError::Unknown { name }),
        None => Ok(()),
    }
}

/// Overlays `config`; empty values count as unset.
pub(super) fn overlay(
    config: &mut LimitsConfig,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<(), LimitsError> {
    let get = |name: &str| {
        lookup(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    let refused = |variable, value: &str, expected| LimitsError::Environment {
        variable,
        value: value.chars().take(200).collect(),
        expected,
    };
    for number in NUMBERS {
        if let Some(value) = get(number.name) {
            let parsed = value.parse().ok().filter(|parsed| number.range.contains(parsed));
            *(number.field)(config) = parsed.ok_or_else(|| refused(number.name, &value, number.expected))?;
        }
    }
    if let Some(value) = get(FOLD_NAME) {
        if value.chars().count() > 64 {
            return Err(refused(FOLD_NAME, &value, "1 to 64 characters"));
        }
        config.labels.fold_name = value;
    }
    if let Some(value) = get(DRY_RUN) {
        config.labels.dry_run = match value.to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            _ => return Err(refused(DRY_RUN, &value, "true or false")),
        };
    }
    let seed = match get(SEED) {
        None => None,
        Some(value) => {
            let mut seed = [0; 16];
            // The seed is a secret, so the error does not show it.
            hex::decode_to_slice(&value, &mut seed)
                .map_err(|_| refused(SEED, "(not shown)", "32 hexadecimal digits"))?;
            Some(seed)
        }
    };
    if let Some(value) = get(BUCKETS) {
        let count = value
            .parse()
            .ok()
            .filter(|count| (1..=4_096).contains(count))
            .ok_or_else(|| refused(BUCKETS, &value, "1 to 4096"))?;
        let seed = seed.ok_or_else(|| refused(SEED, "", "32 hexadecimal digits where there are buckets"))?;
        config.labels.fold = Fold::Buckets { count, seed };
    }
    Ok(())
}
