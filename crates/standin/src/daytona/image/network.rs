//! Steps that need a network where there is none: they fail at once, and the reason is said.

use crate::daytona::image::words::Vars;

/// What makes programs give up instead of trying again for minutes.
const NO_RETRIES: [(&str, &str); 7] = [
    ("PIP_RETRIES", "0"),
    ("PIP_DEFAULT_TIMEOUT", "1"),
    ("UV_HTTP_RETRIES", "0"),
    ("UV_HTTP_TIMEOUT", "1"),
    ("npm_config_fetch_retries", "0"),
    ("CARGO_NET_RETRY", "0"),
    ("BUNDLE_RETRY", "0"),
];

/// By which programs say that they reached nobody.
const SAID: [&str; 17] = [
    // Without lists of packages `apt` does not even try.
    "Unable to read /etc/apt/sources.list",
    "Unable to acquire the dpkg frontend lock",
    "Temporary failure resolving",
    "Temporary failure in name resolution",
    "Name or service not known",
    "Network is unreachable",
    "network unreachable",
    "Could not resolve",
    "Could not connect",
    "Unable to locate package",
    "No matching distribution found",
    "Failed to establish a new connection",
    "dns error",
    "EAI_AGAIN",
    "ENOTFOUND",
    "ENETUNREACH",
    "unable to resolve",
];

/// The reason, as log and `errorReason` say it.
pub(super) const REASON: &str = "the build has no network, and nothing can be installed: the embedded engine builds without one \
     unless the operator gives it --allow-network; --engine docker builds in the image that FROM \
     names, with Docker's network";

/// Longest end of what was said that may begin such a sentence.
const END_BYTES: usize = 64;

/// Adds the settings that a Dockerfile does not make itself.
pub(super) fn give_up_at_once(env: &mut Vars) {
    for (name, value) in NO_RETRIES {
        env.entry(name.to_owned())
            .or_insert_with(|| value.to_owned());
    }
}

/// Listens to what steps say.
#[derive(Debug, Default)]
pub(super) struct Ear {
    end: Vec<u8>,
    /// Whether one said that it reached nobody.
    pub(super) heard: bool,
}

impl Ear {
    /// Hears some bytes.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        if self.heard {
            return;
        }
        self.end.extend_from_slice(bytes);
        let text = String::from_utf8_lossy(&self.end);
        self.heard = SAID.iter().any(|said| text.contains(said));
        let keep = self.end.len().saturating_sub(END_BYTES);
        self.end.drain(..keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reached_nobody_is_heard_over_the_edges_of_pieces() {
        for (pieces, expected) in [
            (
                ["W: Temporary fail", "ure resolving 'deb.debian.org'"],
                true,
            ),
            (["all is ", "well"], false),
        ] {
            let mut ear = Ear::default();
            for piece in pieces {
                ear.hear(piece.as_bytes());
            }
            assert_eq!(ear.heard, expected, "{pieces:?}");
        }
    }

    #[test]
    fn a_dockerfile_has_the_last_word() {
        let mut env = Vars::from([("PIP_RETRIES".to_owned(), "9".to_owned())]);
        give_up_at_once(&mut env);
        assert_eq!(env["PIP_RETRIES"], "9");
        assert_eq!(env["PIP_DEFAULT_TIMEOUT"], "1");
    }
}
