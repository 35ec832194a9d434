//! Errors that the server puts behind what it has already sent.

use serde::Deserialize;

use super::carry::Failure;
use crate::Error;
use crate::error::Cut;

/// How such an error begins.
pub(super) const BEGIN: &[u8] = b"{\"status\":\"error\"";
/// It is not longer than this.
const MAX: usize = 64 * 1024;

#[derive(Deserialize)]
struct Wire {
    error: String,
}

/// What came where the grammar allows nothing, as long as it may still become an error of the server.
#[derive(Debug, Default)]
pub(super) struct Late(Option<Failure>);

impl Late {
    /// Takes a failure; returns it as an error unless it may be the beginning of an error of the server.
    pub(super) fn begin(
        &mut self,
        endpoint: &'static str,
        seen: (u64, u64),
        failure: Failure,
    ) -> Result<(), Error> {
        self.0 = Some(failure);
        self.check(endpoint, seen)
    }

    /// Takes all of the input if there was a failure; returns whether there was.
    pub(super) fn take(
        &mut self,
        endpoint: &'static str,
        seen: (u64, u64),
        input: &mut &[u8],
    ) -> Result<bool, Error> {
        let Some(failure) = &mut self.0 else {
            return Ok(false);
        };
        failure.text.extend_from_slice(input);
        *input = &[];
        self.check(endpoint, seen)?;
        Ok(true)
    }

    /// Returns the failure at the end of the input.
    pub(super) fn finish(&mut self, endpoint: &'static str) -> Result<(), Error> {
        self.0
            .take()
            .map_or(Ok(()), |failure| Err(decode(endpoint, &failure)))
    }

    fn check(&mut self, endpoint: &'static str, (series, samples): (u64, u64)) -> Result<(), Error> {
        let Some(failure) = &self.0 else {
            return Ok(());
        };
        let text = failure.text.as_slice();
        let may_be = text.starts_with(BEGIN) || BEGIN.starts_with(text);
        let late = serde_json::Deserializer::from_slice(text)
            .into_iter::<Wire>()
            .next();
        match late {
            Some(Ok(late)) if may_be => Err(Error::Truncated {
                endpoint,
                series,
                samples,
                cause: Cut::Server(late.error),
            }),
            Some(Err(error)) if may_be && error.is_eof() && text.len() < MAX => Ok(()),
            _ => Err(decode(endpoint, failure)),
        }
    }
}

fn decode(endpoint: &'static str, failure: &Failure) -> Error {
    Error::Decode {
        endpoint,
        reason: format!("{} at byte {}", failure.what, failure.offset),
    }
}
