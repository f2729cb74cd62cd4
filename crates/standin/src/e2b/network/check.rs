//! What the provider refuses in `network`: types, then meaning (contract 1.6).

use std::net::IpAddr;

use serde_json::{Map, Value};

use crate::e2b::body::mismatch;
use crate::e2b::error::ControlError;

/// Everything, in `denyOut` (`ALL_TRAFFIC` of the SDKs).
const ALL_TRAFFIC: &str = "0.0.0.0/0";

const DOMAINS_NEED_DENY_ALL: &str = "When specifying allowed domains in allow out, you must \
                                     include 'ALL_TRAFFIC' in deny out to block all other traffic.";

const RULE_DOMAINS_MAX: usize = 10;
const RULE_DOMAIN_BYTES_MAX: usize = 128;
const TRANSFORMS_MAX: usize = 1;
const HEADERS_MAX: usize = 20;
const HEADER_NAME_BYTES_MAX: usize = 64;
const HEADER_VALUE_BYTES_MAX: usize = 2048;

/// The types of the schema; `at` is the pointer of the object with its slash.
pub(super) fn types(members: &Map<String, Value>, at: &str) -> Result<(), ControlError> {
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        let pointer = format!("{at}{name}");
        match name.as_str() {
            "allowPublicTraffic" if !value.is_boolean() => {
                return Err(mismatch(&pointer, "value must be a boolean"));
            }
            "maskRequestHost" if !value.is_string() => {
                return Err(mismatch(&pointer, "value must be a string"));
            }
            "allowOut" | "denyOut" | "dnsServers" => {
                each(value, &pointer, Value::is_string, "value must be a string")?;
            }
            "httpsPorts" => each(value, &pointer, Value::is_u64, "value must be an integer")?,
            "egressProxy" => {
                let address = value.get("address");
                if !address.is_some_and(Value::is_string) {
                    let what = "property \"address\" is missing";
                    return Err(mismatch(&pointer, what));
                }
            }
            "rules" if !value.is_object() => {
                return Err(mismatch(&pointer, "value must be an object"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn each(
    value: &Value,
    pointer: &str,
    fits: impl Fn(&Value) -> bool,
    what: &str,
) -> Result<(), ControlError> {
    let Some(items) = value.as_array() else {
        return Err(mismatch(pointer, "value must be an array"));
    };
    match items.iter().position(|item| !fits(item)) {
        Some(index) => Err(mismatch(&format!("{pointer}/{index}"), what)),
        None => Ok(()),
    }
}

/// What the handler refuses, in its order.
pub(super) fn meaning(settings: &Map<String, Value>) -> Result<(), ControlError> {
    if let Some(mask) = settings.get("maskRequestHost").and_then(Value::as_str) {
        check_mask(mask)?;
    }
    let allowed = texts(settings, "allowOut");
    let denied = texts(settings, "denyOut");
    if let Some(bad) = denied.iter().find(|entry| !is_address(entry)) {
        return Err(refuse(format!("invalid denied CIDR {bad}")));
    }
    // What looks like an address and is none is refused as one; the rest are domains.
    let looks_like_address = |entry: &&&str| {
        entry.contains('/')
            || entry.contains(':')
            || entry
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    let mut addresses = allowed.iter().filter(looks_like_address);
    if let Some(bad) = addresses.find(|entry| !is_address(entry)) {
        return Err(refuse(format!("invalid allowed address {bad}")));
    }
    let has_domain = allowed.iter().any(|entry| !looks_like_address(&entry));
    if has_domain && !denied.contains(&ALL_TRAFFIC) {
        return Err(refuse(DOMAINS_NEED_DENY_ALL));
    }
    match settings.get("rules").and_then(Value::as_object) {
        Some(rules) => check_rules(rules),
        None => Ok(()),
    }
}

fn texts<'value>(settings: &'value Map<String, Value>, name: &str) -> Vec<&'value str> {
    let items = settings.get(name).and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn refuse(text: impl Into<String>) -> ControlError {
    ControlError::bad_request(text)
}

/// An address or a CIDR; `0.0.0.0` alone is unspecified and refused.
fn is_address(entry: &str) -> bool {
    if let Some((address, bits)) = entry.split_once('/') {
        let most = match address.parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => 32,
            Ok(IpAddr::V6(_)) => 128,
            Err(_) => return false,
        };
        return bits.parse::<u8>().is_ok_and(|bits| bits <= most);
    }
    let address = entry.parse::<IpAddr>();
    address.is_ok_and(|address| !address.is_unspecified())
}

fn check_mask(mask: &str) -> Result<(), ControlError> {
    let host = mask.rsplit_once(':').map_or(mask, |(host, _)| host);
    if !host.is_ascii() {
        return Err(refuse(format!(
            "mask request host '{host}' is not ASCII. Please use ASCII characters only."
        )));
    }
    let fits = axum::http::HeaderValue::from_str(mask).is_ok()
        && !host.contains([':', ' ', '/', '@'])
        && !mask.is_empty();
    if fits {
        return Ok(());
    }
    Err(refuse(format!("mask request host is not valid: {mask}")))
}

fn check_rules(rules: &Map<String, Value>) -> Result<(), ControlError> {
    if rules.len() > RULE_DOMAINS_MAX {
        return Err(refuse(format!(
            "Network rules can have at most {RULE_DOMAINS_MAX} domains."
        )));
    }
    for (domain, transforms) in rules {
        check_rule_domain(domain)?;
        let Some(transforms) = transforms.as_array() else {
            let pointer = format!("network/rules/{domain}");
            return Err(mismatch(&pointer, "value must be an array"));
        };
        if transforms.len() > TRANSFORMS_MAX {
            return Err(refuse(format!(
                "Domain {domain:?} can have at most {TRANSFORMS_MAX} transform rule."
            )));
        }
        for transform in transforms {
            let headers = transform.pointer("/transform/headers");
            if let Some(headers) = headers.and_then(Value::as_object) {
                check_headers(domain, headers)?;
            }
        }
    }
    Ok(())
}

fn check_rule_domain(domain: &str) -> Result<(), ControlError> {
    if domain.is_empty() {
        return Err(refuse("Rule domain must not be empty."));
    }
    if domain.len() > RULE_DOMAIN_BYTES_MAX {
        return Err(refuse(format!(
            "Rule domain {domain:?} exceeds maximum length of {RULE_DOMAIN_BYTES_MAX} characters."
        )));
    }
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if domain.trim_end_matches('.').split('.').all(label) {
        return Ok(());
    }
    Err(refuse(format!(
        "Rule domain {domain:?} is not a valid domain name."
    )))
}

fn check_headers(domain: &str, headers: &Map<String, Value>) -> Result<(), ControlError> {
    if headers.len() > HEADERS_MAX {
        return Err(refuse(format!(
            "Domain {domain:?} can have at most {HEADERS_MAX} headers per rule."
        )));
    }
    for (name, value) in headers {
        let Some(value) = value.as_str() else {
            let pointer = format!("network/rules/{domain}/0/transform/headers/{name}");
            return Err(mismatch(&pointer, "value must be a string"));
        };
        let problem = if name.is_empty() {
            format!("Header name in rule for domain {domain:?} must not be empty.")
        } else if axum::http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            format!(
                "Header name {name:?} in rule for domain {domain:?} must not contain CR or LF \
                 characters."
            )
        } else if name.len() > HEADER_NAME_BYTES_MAX {
            format!(
                "Header name {name:?} in rule for domain {domain:?} exceeds maximum length of \
                 {HEADER_NAME_BYTES_MAX} characters."
            )
        } else if value.contains(['\r', '\n']) {
            format!(
                "Value for header {name:?} in rule for domain {domain:?} must not contain CR or \
                 LF characters."
            )
        } else if value.len() > HEADER_VALUE_BYTES_MAX {
            format!(
                "Value for header {name:?} in rule for domain {domain:?} exceeds maximum length \
                 of {HEADER_VALUE_BYTES_MAX} characters."
            )
        } else {
            continue;
        };
        return Err(refuse(problem));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(settings: &Value) -> String {
        let settings = settings.as_object().unwrap();
        let outcome = types(settings, "network/").and_then(|()| meaning(settings));
        outcome.err().map_or(String::new(), |error| error.message)
    }

    fn check(settings: &Value, expected: &str) {
        let message = refusal(settings);
        assert!(message.ends_with(expected), "{settings}: {message}");
        assert_eq!(
            message.is_empty(),
            expected.is_empty(),
            "{settings}: {message}"
        );
    }

    #[test]
    fn egress_and_ingress_are_refused_in_the_providers_words() {
        let all_denied = ["0.0.0.0/0"];
        for (settings, expected) in [
            (json!({}), ""),
            (
                json!({"denyOut": all_denied, "allowOut": ["a.b", "*.c.d", "1.2.3.4"]}),
                "",
            ),
            (json!({"allowOut": ["a.b"]}), DOMAINS_NEED_DENY_ALL),
            (json!({"denyOut": ["a.b"]}), "invalid denied CIDR a.b"),
            (
                json!({"denyOut": ["0.0.0.0"]}),
                "invalid denied CIDR 0.0.0.0",
            ),
            (
                json!({"denyOut": ["1.2.3.4/33"]}),
                "invalid denied CIDR 1.2.3.4/33",
            ),
            (
                json!({"allowOut": ["1.2.3"]}),
                "invalid allowed address 1.2.3",
            ),
            (
                json!({"allowOut": [1]}),
                "\"/network/allowOut/0\": value must be a string",
            ),
            (
                json!({"denyOut": "x"}),
                "\"/network/denyOut\": value must be an array",
            ),
            (
                json!({"allowPublicTraffic": "no"}),
                "value must be a boolean",
            ),
            (json!({"httpsPorts": ["x"]}), "value must be an integer"),
            (
                json!({"egressProxy": {}}),
                "property \"address\" is missing",
            ),
            (json!({"maskRequestHost": "localhost:${PORT}"}), ""),
            (
                json!({"maskRequestHost": "a b"}),
                "mask request host is not valid: a b",
            ),
        ] {
            check(&settings, expected);
        }
        let ascii = "mask request host 'é' is not ASCII. Please use ASCII characters only.";
        check(&json!({"maskRequestHost": "é"}), ascii);
    }

    #[test]
    fn rules_are_refused_in_the_providers_words() {
        let many = |count: usize| {
            let names = (0..count).map(|number| (format!("h{number}"), json!("v")));
            Value::Object(names.collect())
        };
        let empty = "Header name in rule for domain \"a.b\" must not be empty.";
        let breaks = "must not contain CR or LF characters.";
        for (headers, expected) in [
            (json!({"X-A": "v"}), ""),
            (
                many(21),
                "Domain \"a.b\" can have at most 20 headers per rule.",
            ),
            (json!({"": "v"}), empty),
            (json!({"a\n": "v"}), breaks),
            (json!({"X": "a\r"}), breaks),
            (
                json!({"X": "v".repeat(2049)}),
                "exceeds maximum length of 2048 characters.",
            ),
            (
                json!({"X".repeat(65): "v"}),
                "exceeds maximum length of 64 characters.",
            ),
        ] {
            check(
                &json!({"rules": {"a.b": [{"transform": {"headers": headers}}]}}),
                expected,
            );
        }
        for (rules, expected) in [
            (json!({"a b": []}), "is not a valid domain name."),
            (many(11), "Network rules can have at most 10 domains."),
            (
                json!({"a.b": [{}, {}]}),
                "can have at most 1 transform rule.",
            ),
        ] {
            check(&json!({"rules": rules}), expected);
        }
    }
}
