//! From the JSON of small answers to typed data; no IO.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{Answer, Completeness, Error, Trace};

#[derive(Deserialize)]
struct Wire<T> {
    status: String,
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
    data: Option<T>,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    infos: Vec<String>,
    trace: Option<Trace>,
}

/// Reads an answer that holds a list in `data`.
pub(crate) fn list<T: DeserializeOwned>(
    endpoint: &'static str,
    body: &[u8],
) -> Result<Answer<Vec<T>>, Error> {
    let (data, wire) = with_data::<Vec<T>>(endpoint, body)?;
    Ok(Answer {
        data,
        completeness: if wire.is_partial {
            Completeness::Partial
        } else {
            Completeness::Complete
        },
        warnings: wire.warnings,
        infos: wire.infos,
        trace: wire.trace,
        ..Answer::default()
    })
}

/// Reads an answer that holds its content in `data`; its `status` is `success`, or `ok` for running queries.
pub(crate) fn data<T: DeserializeOwned>(endpoint: &'static str, body: &[u8]) -> Result<T, Error> {
    with_data(endpoint, body).map(|(data, _)| data)
}

/// Reads an answer that holds its content at its top.
pub(crate) fn bare<T: DeserializeOwned>(endpoint: &'static str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|e| Error::Decode {
        endpoint,
        reason: e.to_string(),
    })
}

fn with_data<T: DeserializeOwned>(endpoint: &'static str, body: &[u8]) -> Result<(T, Wire<T>), Error> {
    let mut wire: Wire<T> = bare(endpoint, body)?;
    match wire.data.take() {
        Some(data) if wire.status == "success" || wire.status == "ok" => Ok((data, wire)),
        _ if wire.status == "error" => Err(Error::said(String::new(), wire.error)),
        _ => Err(Error::Decode {
            endpoint,
            reason: format!("the status is {:?}, expected \"success\" with data", wire.status),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let body =
            br#"{"status":"success","isPartial":true,"data":["a","b"],"warnings":["w"],"infos":["i"]}"#;
        let answer = list::<String>("labels", body).unwrap();
        assert_eq!(
            (answer.data.len(), answer.completeness),
            (2, Completeness::Partial)
        );
        assert_eq!(
            (answer.warnings.clone(), answer.infos.clone()),
            (vec!["w".to_owned()], vec!["i".to_owned()])
        );
        assert!(matches!(answer.complete(), Err(Error::Partial)));
        for body in [
            &b""[..],
            b"OK",
            br#"{"status":"success"}"#,
            br#"{"status":"odd","data":[]}"#,
        ] {
            assert!(matches!(
                list::<String>("labels", body),
                Err(Error::Decode { .. })
            ));
        }
        let said = list::<String>("labels", br#"{"status":"error","error":"why"}"#);
        assert!(matches!(said, Err(Error::Refused { message, .. }) if message == "why"));
    }
}
