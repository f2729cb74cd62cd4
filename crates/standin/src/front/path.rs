//! The path of a request without what is secret in it.

use axum::http::Uri;
use cutover_base::redact::Redactor;
use percent_encoding::percent_decode_str;

/// Bytes of path and query that are kept; the rest is cut with `...`.
const PATH_BYTES_MAX: usize = 2048;

/// What stands in the place of a secret that the redactor does not know by its value.
const HIDDEN: &str = "<secret>";

/// A query parameter whose name holds one of these words has a secret for a value: signatures of
/// `/files`, preview and SSH tokens, keys.
const SECRET_WORDS: [&str; 8] = [
    "signature",
    "token",
    "key",
    "secret",
    "password",
    "passwd",
    "credential",
    "auth",
];

/// A parameter that sounds secret and is a time (E2B contract 4.4).
const NO_SECRETS: [&str; 1] = ["signature_expiration"];

/// Segments of a path behind which a token stands (Daytona contract 1.5).
const BEFORE_TOKEN: [&str; 1] = ["signed-preview-url"];

/// Path and query as they were sent, with secrets hidden, cut to a bounded length.
pub(crate) fn redacted(uri: &Uri, redactor: &Redactor) -> String {
    let mut text = String::new();
    let mut hide = false;
    for (index, segment) in uri.path().split('/').enumerate() {
        if index > 0 {
            text.push('/');
        }
        text.push_str(if hide { HIDDEN } else { segment });
        hide = BEFORE_TOKEN.contains(&segment);
    }
    if let Some(query) = uri.query() {
        text.push('?');
        let parameters: Vec<String> = query.split('&').map(parameter).collect();
        text.push_str(&parameters.join("&"));
    }
    let mut text = redactor.text(&text);
    if text.len() > PATH_BYTES_MAX {
        let mut cut = PATH_BYTES_MAX;
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        text.truncate(cut);
        text.push_str("...");
    }
    text
}

fn parameter(pair: &str) -> String {
    let Some((name, _)) = pair.split_once('=') else {
        return pair.to_owned();
    };
    let plain = percent_decode_str(name)
        .decode_utf8_lossy()
        .to_ascii_lowercase();
    let secret = SECRET_WORDS.iter().any(|word| plain.contains(word))
        && !NO_SECRETS.contains(&plain.as_str());
    if secret {
        format!("{name}={HIDDEN}")
    } else {
        pair.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use cutover_base::secret::Secret;

    use super::*;

    fn check(sent: &str, expected: &str) {
        let redactor = Redactor::new(vec![Secret::new("E2B_API_KEY", "e2b_0123456789abcdef")]);
        assert_eq!(redacted(&sent.parse().unwrap(), &redactor), expected);
    }

    #[test]
    fn secrets_of_a_path_are_hidden_and_the_rest_is_as_sent() {
        for (sent, expected) in [
            ("/v2/sandboxes", "/v2/sandboxes"),
            ("/v2/sandboxes?limit=2&x", "/v2/sandboxes?limit=2&x"),
            (
                "/files?path=a%20b&signature=v1_abc&signature_expiration=17&username=user",
                "/files?path=a%20b&signature=<secret>&signature_expiration=17&username=user",
            ),
            (
                "/x?DAYTONA_SANDBOX_AUTH_KEY=p&%74oken=q",
                "/x?DAYTONA_SANDBOX_AUTH_KEY=<secret>&%74oken=<secret>",
            ),
            (
                "/api/sandbox/i/ports/80/signed-preview-url/tok/expire",
                "/api/sandbox/i/ports/80/signed-preview-url/<secret>/expire",
            ),
            ("/x/e2b_0123456789abcdef/y", "/x/<secret:E2B_API_KEY>/y"),
            ("*", "*"),
        ] {
            check(sent, expected);
        }
    }

    #[test]
    fn a_long_path_is_cut() {
        let long = format!("/{}", "a".repeat(10_000));
        let kept = redacted(&long.parse().unwrap(), &Redactor::noop());
        assert_eq!(kept.len(), PATH_BYTES_MAX + 3);
        assert!(kept.ends_with("a..."));
    }
}
