//! The address of the vault, as the proxy variables have it.

use cutover_js::url;

/// Writes the proxy's address: as it was set without a token; with one, the address as a URL
/// parser writes it, the user `x` and the token as password.
///
/// An address that can hold no password (`vault:14322`, which a URL parser takes for a scheme and
/// a path) stays without one.
pub(super) fn proxy_address(vault_url: &str, token: Option<&str>) -> String {
    match token {
        Some(token) => url::with_credentials(vault_url, "x", token),
        None => vault_url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_becomes_the_password_of_the_address() {
        for (vault, token, proxy) in [
            (
                "http://vault.example:14322",
                None,
                "http://vault.example:14322",
            ),
            (
                "http://vault.example:14322",
                Some("p@ss/w:rd"),
                "http://x:p%40ss%2Fw%3Ard@vault.example:14322/",
            ),
            (
                "http://vault.example:80/path?q=1",
                Some("t k%20é"),
                "http://x:t%20k%20%C3%A9@vault.example/path?q=1",
            ),
            (
                "https://a:b@vault.example",
                Some("t"),
                "https://x:t@vault.example/",
            ),
            ("vault:14322", Some("t"), "vault:14322"),
            (
                "HTTP://Vault.Example:8080",
                Some("t"),
                "http://x:t@vault.example:8080/",
            ),
        ] {
            assert_eq!(proxy_address(vault, token), proxy, "{vault} {token:?}");
        }
    }
}
