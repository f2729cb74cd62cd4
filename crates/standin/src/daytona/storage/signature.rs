//! Signatures of AWS, version 4, of requests to S3.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::daytona::asked::Asked;

/// The name of the method, with which the header begins.
const METHOD: &str = "AWS4-HMAC-SHA256";

/// Bytes that the hash takes at a time.
const BLOCK: usize = 64;

/// What the header `Authorization` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signed<'request> {
    pub(super) key: &'request str,
    /// Day, region and service, with `aws4_request` at the end.
    scope: &'request str,
    headers: &'request str,
    signature: &'request str,
}

impl<'request> Signed<'request> {
    /// Reads the header; none when it is not of this method or lacks something.
    pub(super) fn read(header: &'request str) -> Option<Self> {
        let fields = header.strip_prefix(METHOD)?.split(',');
        let (mut credential, mut headers, mut signature) = (None, None, None);
        for field in fields {
            match field.trim().split_once('=')? {
                ("Credential", value) => credential = Some(value),
                ("SignedHeaders", value) => headers = Some(value),
                ("Signature", value) => signature = Some(value),
                _ => {}
            }
        }
        let (key, scope) = credential?.split_once('/')?;
        Some(Self {
            key,
            scope,
            headers: headers?,
            signature: signature?,
        })
    }

    /// Whether the request was signed with this secret.
    pub(super) fn is_of(&self, asked: &Asked, secret: &str) -> bool {
        let mut key = format!("AWS4{secret}").into_bytes();
        for part in self.scope.split('/') {
            key = hmac(&key, part.as_bytes());
        }
        let date = asked.header("x-amz-date").unwrap_or_default();
        let request = hex(&Sha256::digest(self.canonical(asked)));
        let text = format!("{METHOD}\n{date}\n{}\n{request}", self.scope);
        hex(&hmac(&key, text.as_bytes())) == self.signature
    }

    fn canonical(&self, asked: &Asked) -> String {
        let mut pairs: Vec<String> = asked
            .query
            .iter()
            .flat_map(|query| query.split('&'))
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let end = if pair.contains('=') { "" } else { "=" };
                format!("{pair}{end}")
            })
            .collect();
        pairs.sort();
        let mut text = format!("{}\n{}\n{}\n", asked.method, asked.path, pairs.join("&"));
        for name in self.headers.split(';') {
            let values = asked.headers.get_all(name).iter();
            let values: Vec<String> = values
                .map(|value| {
                    let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                    value.split_whitespace().collect::<Vec<_>>().join(" ")
                })
                .collect();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}:{}", values.join(","));
        }
        let payload = asked.header("x-amz-content-sha256").unwrap_or_default();
        text + "\n" + self.headers + "\n" + payload
    }
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text);
    let outer = Sha256::new().chain_update(padded(0x5c));
    outer.chain_update(inner.finalize()).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use axum::extract::Request;

    use super::*;

    /// The example `GET Bucket (List Objects)` of Amazon's own documentation.
    #[test]
    fn the_documented_example_is_valid() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let header = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
            SignedHeaders=host;x-amz-content-sha256;x-amz-date,\
            Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
        let request = Request::get("/?max-keys=2&prefix=J")
            .header("host", "examplebucket.s3.amazonaws.com")
            .header("x-amz-content-sha256", empty)
            .header("x-amz-date", "20130524T000000Z");
        let request = request.body(axum::body::Body::empty()).unwrap();
        let (asked, _) = Asked::new(request);
        let signed = Signed::read(header).unwrap();
        assert_eq!(signed.key, "AKIAIOSFODNN7EXAMPLE");
        assert!(signed.is_of(&asked, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"));
        assert!(!signed.is_of(&asked, "another"));
    }

    #[test]
    fn what_is_no_signature_is_none() {
        for header in [
            "",
            "Bearer x",
            "AWS4-HMAC-SHA256 Credential=a/b",
            "AWS4-HMAC-SHA256",
        ] {
            assert_eq!(Signed::read(header), None, "{header}");
        }
    }
}
