//! The names that stand for a variable part.

/// A kind of variable part, and the name that stands for it in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Placeholder {
    Id,
    Uuid,
    Ulid,
    Ksuid,
    ObjectId,
    Hash,
    Token,
    Slug,
    Date,
    Year,
    Month,
    Day,
    Email,
    Ip,
    Mac,
    Host,
    Phone,
    Version,
    Size,
    Str,
    Key,
}

impl Placeholder {
    const ALL: [(&'static str, Self); 21] = [
        (":id", Self::Id),
        (":uuid", Self::Uuid),
        (":ulid", Self::Ulid),
        (":ksuid", Self::Ksuid),
        (":objectid", Self::ObjectId),
        (":hash", Self::Hash),
        (":token", Self::Token),
        (":slug", Self::Slug),
        (":date", Self::Date),
        (":year", Self::Year),
        (":month", Self::Month),
        (":day", Self::Day),
        (":email", Self::Email),
        (":ip", Self::Ip),
        (":mac", Self::Mac),
        (":host", Self::Host),
        (":phone", Self::Phone),
        (":version", Self::Version),
        (":size", Self::Size),
        (":str", Self::Str),
        (":key", Self::Key),
    ];

    /// Returns the name with its leading colon.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// Returns the placeholder that `text`, with its leading colon, is the name of.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(name, _)| name.as_bytes() == text)
            .map(|&(_, placeholder)| placeholder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_variants() {
        for (name, placeholder) in Placeholder::ALL {
            assert_eq!(placeholder.name(), name);
            assert_eq!(Placeholder::parse(name.as_bytes()), Some(placeholder));
        }
    }
}
