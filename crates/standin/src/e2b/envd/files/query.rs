//! The query of `/files`.

/// What the query says, percent-decoded and otherwise as it was sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FilesQuery {
    /// `path`.
    pub(crate) path: Option<String>,
    /// `username`.
    pub(crate) username: Option<String>,
    /// `signature`.
    pub(crate) signature: Option<String>,
    /// `signature_expiration`, unix seconds.
    pub(crate) expiration: Option<i64>,
}

impl FilesQuery {
    /// Reads a query; the error is the plain text of a 400.
    pub(crate) fn read(query: &str) -> Result<Self, String> {
        let mut expiration = None;
        let mut read = Self::default();
        // In the order of the API's description, which decides what is complained of first.
        for (name, slot) in [
            ("path", &mut read.path),
            ("username", &mut read.username),
            ("signature", &mut read.signature),
            ("signature_expiration", &mut expiration),
        ] {
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let mut values = pairs.filter(|(given, _)| given == name);
            *slot = values.next().map(|(_, value)| value.into_owned());
            if values.next().is_some() {
                return Err(malformed(
                    name,
                    &format!("multiple values for single value parameter '{name}'"),
                ));
            }
        }
        if let Some(text) = expiration {
            read.expiration = Some(seconds(&text)?);
        }
        Ok(read)
    }
}

fn seconds(text: &str) -> Result<i64, String> {
    text.parse().map_err(|error: std::num::ParseIntError| {
        let reason = match error.kind() {
            std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => {
                "value out of range"
            }
            _ => "invalid syntax",
        };
        malformed(
            "signature_expiration",
            &format!(
                "error binding string parameter: strconv.ParseInt: parsing {text:?}: {reason}"
            ),
        )
    })
}

fn malformed(name: &str, reason: &str) -> String {
    format!("Invalid format for parameter {name}: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_not_absent() {
        let read = FilesQuery::read("path=&username=a%2Bb+c&x=1&signature_expiration=-5").unwrap();
        let expected = FilesQuery {
            path: Some(String::new()),
            username: Some("a+b c".to_owned()),
            signature: None,
            expiration: Some(-5),
        };
        assert_eq!(read, expected);
        assert_eq!(FilesQuery::read(""), Ok(FilesQuery::default()));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (query, expected) in [
            (
                "signature_expiration=x",
                "Invalid format for parameter signature_expiration: error binding string \
                 parameter: strconv.ParseInt: parsing \"x\": invalid syntax",
            ),
            (
                "signature_expiration=99999999999999999999",
                "Invalid format for parameter signature_expiration: error binding string \
                 parameter: strconv.ParseInt: parsing \"99999999999999999999\": value out of range",
            ),
            (
                "path=a&path=b&signature_expiration=x",
                "Invalid format for parameter path: multiple values for single value parameter \
                 'path'",
            ),
        ] {
            assert_eq!(FilesQuery::read(query), Err(expected.to_owned()), "{query}");
        }
    }
}
