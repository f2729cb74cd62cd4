//! Lines of a stream that comes in pieces.

/// Bytes of a line; what is longer comes as several.
const LINE_BYTES_MAX: usize = 16 * 1024;

/// What has come of a line that has not ended.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    /// The lines that end with these bytes.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for byte in bytes {
            if *byte != b'\n' {
                self.begun.push(*byte);
            }
            if *byte == b'\n' || self.begun.len() == LINE_BYTES_MAX {
                lines.push(self.line());
            }
        }
        lines
    }

    /// What came without an end.
    pub(crate) fn rest(mut self) -> Option<String> {
        (!self.begun.is_empty()).then(|| self.line())
    }

    fn line(&mut self) -> String {
        let bytes = std::mem::take(&mut self.begun);
        String::from_utf8_lossy(&bytes)
            .trim_end_matches('\r')
            .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_none_is_endless() {
        let mut lines = Lines::default();
        assert_eq!(lines.take(b"a\r\nb"), ["a"]);
        assert_eq!(lines.take(b"c\n\nd"), ["bc", ""]);
        assert_eq!(lines.take(&vec![b'x'; 3 * LINE_BYTES_MAX]).len(), 3);
        assert!(lines.rest().is_some());
    }
}
