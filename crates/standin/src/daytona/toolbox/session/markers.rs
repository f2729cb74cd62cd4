//! The markers of a session's log (contract 2.4): which stream the bytes behind them belong to.

/// What one read of a log holds for whom.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pub(super) all: Vec<u8>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Finds the markers of a log: three bytes 1 before standard output, three bytes 2 before standard
/// error, wherever the reads cut them.
#[derive(Debug, Default)]
pub(super) struct Markers {
    /// The stream that is being read: none before the first marker.
    stream: Option<u8>,
    /// The byte of a marker that may have begun, and how many of it were seen.
    begun: (u8, usize),
}

impl Markers {
    /// Takes the next bytes; with `end` also what looked like the begin of a marker.
    pub(super) fn take(&mut self, bytes: &[u8], end: bool, pieces: &mut Pieces) {
        for &byte in bytes {
            let (marker, count) = self.begun;
            if count > 0 && byte == marker {
                self.begun.1 += 1;
                if self.begun.1 == 3 {
                    self.stream = Some(marker);
                    self.begun = (0, 0);
                }
                continue;
            }
            self.flush(pieces);
            if byte == 1 || byte == 2 {
                self.begun = (byte, 1);
            } else {
                self.emit(byte, pieces);
            }
        }
        if end {
            self.flush(pieces);
        }
    }

    /// What looked like a marker was none.
    fn flush(&mut self, pieces: &mut Pieces) {
        let (byte, count) = std::mem::take(&mut self.begun);
        for _ in 0..count {
            self.emit(byte, pieces);
        }
    }

    fn emit(&self, byte: u8, pieces: &mut Pieces) {
        pieces.all.push(byte);
        match self.stream {
            Some(1) => pieces.stdout.push(byte),
            Some(_) => pieces.stderr.push(byte),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found_wherever_they_are_cut() {
        let log = b"\x01\x01\x01out\n\x02\x02\x02err\x01\x02\n\x01\x01\x01\x01x\n\x02\x02";
        for cut in 1..=log.len() {
            let mut markers = Markers::default();
            let mut pieces = Pieces::default();
            for piece in log.chunks(cut) {
                markers.take(piece, false, &mut pieces);
            }
            markers.take(b"", true, &mut pieces);
            assert_eq!(pieces.stdout, b"out\n\x01x\n\x02\x02", "cut {cut}");
            assert_eq!(pieces.stderr, b"err\x01\x02\n", "cut {cut}");
            assert_eq!(
                pieces.all, b"out\nerr\x01\x02\n\x01x\n\x02\x02",
                "cut {cut}"
            );
        }
    }
}
