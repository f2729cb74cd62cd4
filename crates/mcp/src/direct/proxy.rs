//! The address of the vault, as a sandbox has it for its proxy.

use cutover_js::url;

/// The address as it was set; with a token, as a URL parser writes it, with the user `x` and the
/// token as password. What is no URL stays as it was set.
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
            ("http://vault:14322", None, "http://vault:14322"),
            (
                "http://vault:14322",
                Some("p@ss/w:rd"),
                "http://x:p%40ss%2Fw%3Ard@vault:14322/",
            ),
            ("HTTPS://A:b@Vault", Some("t"), "https://x:t@vault/"),
            ("vault:14322", Some("t"), "vault:14322"),
            ("v", Some("t"), "v"),
        ] {
            assert_eq!(proxy_address(vault, token), proxy, "{vault} {token:?}");
        }
    }
}
