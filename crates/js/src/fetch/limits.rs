//! How long and how much.

use std::time::Duration;

/// What a client waits for and takes in. The default is Node's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the connection to the last header of the answer: 300 s.
    pub headers: Duration,
    /// Between two pieces of the body: 300 s.
    pub body_idle: Duration,
    /// Size of a body, as it comes and decompressed: 512 MiB - 24, the longest string of V8.
    pub body_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(300),
            body_idle: Duration::from_secs(300),
            body_bytes_max: 0x1fff_ffe8,
        }
    }
}
