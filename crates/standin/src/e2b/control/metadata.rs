//! The `metadata` filter of a list: encoded twice by the SDKs (contract 1.8).

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::e2b::error::ControlError;

/// Reads the filter after the query itself was decoded once.
pub(crate) fn parse(filter: &str) -> Result<Vec<(String, String)>, ControlError> {
    filter
        .split('&')
        .map(|part| {
            let mut pieces = part.split('=');
            match (pieces.next(), pieces.next(), pieces.next()) {
                (Some(key), Some(value), None) => Ok((decode_twice(key), decode_twice(value))),
                _ => Err(ControlError::bad_request("Error parsing metadata")),
            }
        })
        .collect()
}

/// Whether a sandbox has every pair of the filter exactly.
pub(crate) fn fits(metadata: &BTreeMap<String, String>, filter: &[(String, String)]) -> bool {
    let has = |(key, value): &(String, String)| metadata.get(key) == Some(value);
    filter.iter().all(has)
}

fn decode_twice(text: &str) -> String {
    let once = percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned();
    percent_decode_str(&once).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_the_python_sdk_sends_is_read() {
        let decoded_once = percent_decode_str("a%252520b%3Dc%252520d")
            .decode_utf8_lossy()
            .into_owned();
        let pairs = parse(&decoded_once).unwrap();
        assert_eq!(pairs, [("a b".to_owned(), "c d".to_owned())]);
    }

    #[test]
    fn a_part_that_is_no_pair_is_refused() {
        for filter in ["a", "a=b=c", "a=b&c", ""] {
            let error = parse(filter).unwrap_err();
            assert_eq!(error.message, "Error parsing metadata", "{filter}");
        }
    }
}
