//! An object: bytes in files without names, which vanish with it.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

/// What was uploaded at once.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) file: Arc<File>,
    pub(super) len: u64,
    /// The hash of its bytes, in hexadecimal digits.
    pub(super) hash: String,
}

/// An object.
#[derive(Debug, Clone)]
pub(in crate::daytona) struct Object {
    pieces: Vec<Piece>,
}

impl Object {
    /// Of pieces in their order.
    pub(super) fn new(pieces: Vec<Piece>) -> Self {
        Self { pieces }
    }

    /// Bytes.
    pub(super) fn len(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.len).sum()
    }

    /// What tells it from others.
    pub(super) fn tag(&self) -> String {
        let first = self.pieces.first().map_or("", |piece| &piece.hash);
        let count = self.pieces.len();
        format!("\"{}-{count}\"", first.get(..32).unwrap_or_default())
    }

    /// Its bytes from the start. Reading blocks.
    pub(in crate::daytona) fn read(&self) -> impl Read + use<> {
        Reader {
            pieces: self.pieces.clone(),
            at: 0,
        }
    }
}

struct Reader {
    /// Those that are not read to the end, the first at `at`.
    pieces: Vec<Piece>,
    at: u64,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(piece) = self.pieces.first() {
            let read = piece.file.read_at(buffer, self.at)?;
            if read > 0 || buffer.is_empty() {
                self.at += read as u64;
                return Ok(read);
            }
            self.pieces.remove(0);
            self.at = 0;
        }
        Ok(0)
    }
}
