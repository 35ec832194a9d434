//! The JSON schema of the values.

use crate::Deployment;

/// Returns the JSON schema of a file of values: its keys, their types, what they mean.
///
/// # Examples
/// ```
/// let schema = vmotel_deploy::schema();
/// assert!(schema.contains("\"replication_factor\""));
/// ```
#[must_use]
pub fn schema() -> String {
    let schema = schemars::schema_for!(Deployment);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Every key that the defaults have, and no key that they have not.
    #[test]
    fn keys_are_those_of_the_values() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        check(
            &schema,
            &schema,
            &serde_json::to_value(Deployment::default()).unwrap(),
            "",
        );
    }

    fn check(root: &Value, schema: &Value, value: &Value, place: &str) {
        let schema = match schema["$ref"].as_str() {
            Some(name) => root.pointer(name.trim_start_matches('#')).unwrap(),
            None => schema,
        };
        let (Some(keys), Some(known)) = (value.as_object(), schema["properties"].as_object()) else {
            return;
        };
        assert_eq!(
            schema["additionalProperties"],
            Value::Bool(false),
            "{place} takes unknown keys"
        );
        assert!(keys.keys().eq(known.keys()), "{place}: {keys:?}");
        for (key, value) in keys {
            let place = format!("{place}.{key}");
            assert!(known[key]["description"].is_string(), "{place} is not explained");
            check(root, &known[key], value, &place);
        }
    }
}
