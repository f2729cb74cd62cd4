//! A place in a text that is being read.

use super::error::{Fault, FaultKind};

/// Where the reader is: generalised UTF-8 and a place in it.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    pub(super) source: &'a [u8],
    pub(super) at: usize,
}

impl Cursor<'_> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    /// Passes over a byte, if it is this one.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    pub(super) const fn said(&self, words: &'static str) -> Fault {
        Fault {
            at: self.at,
            kind: FaultKind::Said(words),
        }
    }

    pub(super) const fn token(&self) -> Fault {
        Fault {
            at: self.at,
            kind: FaultKind::Token,
        }
    }

    pub(super) fn skip_white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }
}
