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
        let mut read = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            match name.as_ref() {
                "path" => read.path = Some(value),
                "username" => read.username = Some(value),
                "signature" => read.signature = Some(value),
                "signature_expiration" => {
                    let seconds = value.parse().map_err(|_| {
                        format!(
                            "Invalid format for parameter signature_expiration: error binding \
                             string parameter: strconv.ParseInt: parsing \"{value}\": invalid \
                             syntax"
                        )
                    })?;
                    read.expiration = Some(seconds);
                }
                _ => {}
            }
        }
        Ok(read)
    }
}
