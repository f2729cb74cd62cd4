//! Signed URLs, version 1 (contract 4.4), and who may use `/files` (4.1).

use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};

use crate::e2b::envd::files::query::FilesQuery;
use crate::e2b::error::PlainError;

/// What a signature allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// `GET`.
    Read,
    /// `POST`.
    Write,
}

/// The signature of a query.
pub(crate) fn sign(query: &FilesQuery, operation: Operation, token: &str) -> String {
    let path = query.path.as_deref().unwrap_or_default();
    let user = query.username.as_deref().unwrap_or_default();
    let word = match operation {
        Operation::Read => "read",
        Operation::Write => "write",
    };
    let mut raw = format!("{path}:{word}:{user}:{token}");
    if let Some(expiration) = query.expiration {
        raw.push(':');
        raw.push_str(&expiration.to_string());
    }
    format!("v1_{}", STANDARD_NO_PAD.encode(Sha256::digest(raw)))
}

/// Checks the token or the signature; `now` is in unix seconds.
pub(crate) fn check(
    query: &FilesQuery,
    operation: Operation,
    token: Option<&str>,
    headers: &HeaderMap,
    now: i64,
) -> Result<(), PlainError> {
    let refuse = |message| Err(PlainError::new(StatusCode::UNAUTHORIZED, message));
    let Some(token) = token else { return Ok(()) };
    if let Some(given) = headers.get("x-access-token").filter(|it| !it.is_empty()) {
        if given.as_bytes() == token.as_bytes() {
            return Ok(());
        }
        return refuse("access token present in header but does not match");
    }
    let Some(given) = &query.signature else {
        return refuse("missing signature query parameter");
    };
    if *given != sign(query, operation, token) {
        return refuse("invalid signature");
    }
    if query.expiration.is_some_and(|expiration| expiration < now) {
        return refuse("signature is already expired");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(path: &str) -> FilesQuery {
        FilesQuery {
            path: Some(path.to_owned()),
            ..FilesQuery::default()
        }
    }

    #[test]
    fn the_contracts_test_vector_holds() {
        assert_eq!(
            sign(&query("/tmp/a b"), Operation::Read, "tok"),
            "v1_aYnTea2bOHCvGHpk7sDGBlJHpJso0Kp5V2bOpfVpG8U"
        );
    }

    #[test]
    fn a_request_needs_the_token_or_a_valid_signature() {
        let refusal = |query: &FilesQuery, header: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(header) = header {
                headers.insert("x-access-token", header.parse().unwrap());
            }
            let outcome = check(query, Operation::Read, Some("tok"), &headers, 100);
            outcome.err().map(|error| error.message)
        };
        let plain = query("/a");
        let wrong = Some("access token present in header but does not match".to_owned());
        assert_eq!(refusal(&plain, Some("tok")), None);
        assert_eq!(refusal(&plain, Some("no")), wrong);
        let missing = Some("missing signature query parameter".to_owned());
        assert_eq!(refusal(&plain, None), missing);
        let mut signed = query("/a");
        signed.expiration = Some(100);
        signed.signature = Some(sign(&signed, Operation::Read, "tok"));
        assert_eq!(refusal(&signed, None), None);
        signed.expiration = Some(99);
        assert_eq!(refusal(&signed, None), Some("invalid signature".to_owned()));
        signed.signature = Some(sign(&signed, Operation::Read, "tok"));
        let expired = Some("signature is already expired".to_owned());
        assert_eq!(refusal(&signed, None), expired);
    }
}
