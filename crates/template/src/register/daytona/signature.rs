//! Signatures of AWS, version 4, in headers: what Daytona's own SDKs send to the object store.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::register::daytona::wire::PushAccess;
use crate::register::hex::hex;

const METHOD: &str = "AWS4-HMAC-SHA256";

/// What is signed of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a str,
    /// Without a query.
    pub(crate) url: &'a Url,
    /// The SHA-256 of its body, in hexadecimal digits.
    pub(crate) payload: &'a str,
    pub(crate) at: Timestamp,
}

/// The headers that prove that a request is of somebody who has the credentials.
pub(crate) fn headers(signed: Signed<'_>, access: &PushAccess) -> Vec<(&'static str, String)> {
    let time = signed.at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let host = match (signed.url.host_str(), signed.url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    };
    let mut headers = vec![
        ("host", host),
        ("x-amz-content-sha256", signed.payload.to_owned()),
        ("x-amz-date", time),
    ];
    if !access.session_token.is_empty() {
        headers.push(("x-amz-security-token", access.session_token.clone()));
    }
    let authorization = authorization(signed, &headers, access);
    // The client writes the host itself.
    headers.remove(0);
    headers.push(("authorization", authorization));
    headers
}

fn authorization(signed: Signed<'_>, headers: &[(&str, String)], access: &PushAccess) -> String {
    let day = signed.at.strftime("%Y%m%d").to_string();
    let time = signed.at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let region = access.region();
    let scope = format!("{day}/{region}/s3/aws4_request");
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let mut lines = String::new();
    for (name, value) in headers {
        for part in [name, ":", value, "\n"] {
            lines.push_str(part);
        }
    }
    let request = format!(
        "{}\n{}\n{}\n{lines}\n{names}\n{}",
        signed.method,
        signed.url.path(),
        signed.url.query().unwrap_or_default(),
        signed.payload
    );
    let request = hex(&Sha256::digest(request));
    let text = format!("{METHOD}\n{time}\n{scope}\n{request}");
    let mut key = format!("AWS4{}", access.secret).into_bytes();
    for part in [day.as_str(), region, "s3", "aws4_request"] {
        key = code(&key, part);
    }
    format!(
        "{METHOD} Credential={}/{scope},SignedHeaders={names},Signature={}",
        access.access_key,
        hex(&code(&key, &text))
    )
}

fn code(key: &[u8], text: &str) -> Vec<u8> {
    // A key of any length is one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example "GET Bucket (List Objects)" of Amazon's documentation of Signature Version 4 for S3.
    #[test]
    fn the_documented_example_has_the_documented_signature() {
        let access = PushAccess {
            access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: String::new(),
            storage_url: String::new(),
            organization_id: String::new(),
            bucket: String::new(),
            region: None,
        };
        let url =
            Url::parse("https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J").unwrap();
        let signed = Signed {
            method: "GET",
            url: &url,
            payload: &hex(&Sha256::digest("")),
            at: "2013-05-24T00:00:00Z".parse().unwrap(),
        };
        let headers = headers(signed, &access);
        let (_, authorization) = headers.last().unwrap();
        assert!(
            authorization.ends_with(
                "SignedHeaders=host;x-amz-content-sha256;x-amz-date,\
                 Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
            ),
            "{authorization}"
        );
    }
}
