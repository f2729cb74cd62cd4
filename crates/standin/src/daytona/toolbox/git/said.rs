//! The answer of one run of git.

/// What git said.
#[derive(Debug)]
pub(super) struct Said {
    /// Its exit code; -1 when it was killed.
    pub(super) code: i32,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: String,
}

impl Said {
    /// Standard output without the line end.
    pub(super) fn line(&self) -> String {
        let text = String::from_utf8_lossy(&self.stdout);
        text.trim_end_matches('\n').to_owned()
    }
}
