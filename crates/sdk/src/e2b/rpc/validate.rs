//! Whether an answer is one of the protocol.

use cutover_js::Text;

use super::{Code, RpcError};

/// What kind of call it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::e2b) enum Kind {
    Unary,
    Stream,
}

/// What is wrong with an answer's status or content type.
pub(in crate::e2b) fn refusal(
    kind: Kind,
    status: u16,
    content_type: Option<&Text>,
) -> Option<RpcError> {
    if status != 200 {
        let words = format!("HTTP {status}");
        return Some(RpcError::new(Code::of_status(status), words));
    }
    let parsed = content_type.and_then(|it| parsed(&it.to_string_lossy()));
    let wanted = Parsed {
        is_stream: kind == Kind::Stream,
        is_binary: false,
    };
    if parsed == Some(wanted) {
        return None;
    }
    let code = if parsed.is_some() {
        Code::Internal
    } else {
        Code::Unknown
    };
    let mut words = Text::from("unsupported content type ");
    words.push_text(content_type.unwrap_or(&Text::from("null")));
    Some(RpcError::new(code, words))
}

/// Whether the body of a refused call is JSON that tells more.
pub(in crate::e2b) fn is_json(content_type: Option<&Text>) -> bool {
    content_type
        .and_then(|it| parsed(&it.to_string_lossy()))
        .is_some_and(|it| !it.is_binary)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parsed {
    is_stream: bool,
    is_binary: bool,
}

fn parsed(content_type: &str) -> Option<Parsed> {
    let lower = content_type.to_ascii_lowercase();
    let rest = lower.strip_prefix("application/")?;
    let (is_stream, rest) = match rest.strip_prefix("connect+") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let is_binary = match rest.split_once(';') {
        None if rest == "proto" => true,
        None if rest == "json" => false,
        Some(("json", charset)) => {
            let charset = charset.strip_prefix(' ').unwrap_or(charset);
            if !matches!(charset, "charset=utf-8" | "charset=utf8") {
                return None;
            }
            false
        }
        _ => return None,
    };
    Some(Parsed {
        is_stream,
        is_binary,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: Kind, content_type: &str) -> Option<String> {
        let content_type = Text::from(content_type);
        let refusal = refusal(kind, 200, Some(&content_type))?;
        Some(format!("{} {}", refusal.code as u8, refusal.words))
    }

    #[test]
    fn content_types_are_those_of_the_protocol() {
        for fits in [
            "application/connect+json",
            "application/connect+json; charset=utf-8",
            "application/connect+json;charset=UTF8",
            "APPLICATION/CONNECT+JSON",
        ] {
            assert_eq!(said(Kind::Stream, fits), None, "{fits}");
        }
        assert_eq!(said(Kind::Unary, "application/json"), None);
        for (other, code) in [
            ("application/connect+proto", 13),
            ("application/json", 13),
            ("text/html", 2),
            ("application/connect+json;  charset=utf-8", 2),
            ("application/connect+proto; charset=utf-8", 2),
        ] {
            let wanted = format!("{code} unsupported content type {other}");
            assert_eq!(said(Kind::Stream, other), Some(wanted));
        }
    }
}
