//! The well-known formats of one segment. Every function judges decoded, printable ASCII text.

mod calendar;
mod identifier;
mod network;
mod version;

pub(crate) use calendar::{is_date, is_day, is_month, is_year, iso_date_prefix};
pub(crate) use identifier::{
    contains_uuid, is_base64_padded, is_digest, is_hash, is_issue_key, is_jwt, is_ksuid, is_object_id,
    is_size, is_ulid, is_uuid, is_uuid_text,
};
pub(crate) use network::{is_email, is_host, is_ip, is_mac, is_phone};
pub(crate) use version::{is_api_version, is_number, is_version, version_prefix};
