//! Reads a JSON object whose strings may be far larger than memory.
//!
//! Daytona answers a command with its whole output as one string. The decoder hands each piece of
//! a string on as it comes and holds nothing but the piece.

use std::io;

/// Names and plain values are short in every answer that is read this way.
const WORD_BYTES_MAX: usize = 1024;

/// Nesting of values that are skipped.
const DEPTH_MAX: u32 = 64;

/// Something at the top level of the object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Bytes of a string, or none when the string ends.
    Text(&'a str, Option<&'a [u8]>),
    /// A number, `true`, `false` or `null`, as written.
    Scalar(&'a str, &'a str),
}

/// Why an answer cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JsonError {
    /// It is not a JSON object.
    #[error("{0}")]
    Syntax(&'static str),
    /// What was read could not be kept.
    #[error(transparent)]
    Io(#[from] io::Error),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    FirstName,
    Name,
    Colon,
    Value,
    Text,
    Scalar,
    Skip {
        depth: u32,
        quoted: bool,
        escaped: bool,
    },
    Next,
    End,
}

/// The decoder. Feed it chunks, then ask it to `finish`.
#[derive(Debug)]
pub(crate) struct ObjectStream {
    at: At,
    in_name: bool,
    name: String,
    word: Vec<u8>,
    text: Unescape,
}

impl ObjectStream {
    pub(crate) fn new() -> Self {
        Self {
            at: At::Start,
            in_name: false,
            name: String::new(),
            word: Vec::new(),
            text: Unescape::default(),
        }
    }

    /// Reads a chunk and hands on what it holds.
    pub(crate) fn push(
        &mut self,
        chunk: &[u8],
        sink: &mut dyn FnMut(Piece<'_>) -> io::Result<()>,
    ) -> Result<(), JsonError> {
        let mut rest = chunk;
        while let Some(&byte) = rest.first() {
            rest = match self.at {
                At::Text => self.text_piece(rest, sink)?,
                At::Scalar if !matches!(byte, b',' | b'}' | b' ' | b'\t' | b'\r' | b'\n') => {
                    self.grow(byte)?;
                    &rest[1..]
                }
                At::Scalar => {
                    let word = std::mem::take(&mut self.word);
                    let word = String::from_utf8_lossy(&word);
                    sink(Piece::Scalar(&self.name, &word))?;
                    self.at = At::Next;
                    rest
                }
                At::Skip { .. } => {
                    self.skip(byte)?;
                    &rest[1..]
                }
                _ if byte.is_ascii_whitespace() => &rest[1..],
                _ => {
                    self.structure(byte)?;
                    &rest[1..]
                }
            };
        }
        Ok(())
    }

    /// Whether the object came to its end.
    pub(crate) fn finish(&self) -> Result<(), JsonError> {
        match self.at {
            At::End => Ok(()),
            At::Start => Err(JsonError::Syntax("the answer is empty")),
            _ => Err(JsonError::Syntax("the answer ends in the middle")),
        }
    }

    fn structure(&mut self, byte: u8) -> Result<(), JsonError> {
        self.at = match (self.at, byte) {
            (At::Start, b'{') => At::FirstName,
            (At::Start, _) => return Err(JsonError::Syntax("the answer is not a JSON object")),
            (At::FirstName | At::Next, b'}') => At::End,
            (At::FirstName | At::Name, b'"') => {
                self.in_name = true;
                self.word.clear();
                At::Text
            }
            (At::Colon, b':') => At::Value,
            (At::Value, b'"') => At::Text,
            (At::Value, b'{' | b'[') => At::Skip {
                depth: 1,
                quoted: false,
                escaped: false,
            },
            (At::Value, b',' | b'}' | b']' | b':') => {
                return Err(JsonError::Syntax("a value is missing"));
            }
            (At::Value, _) => {
                self.word.clear();
                self.grow(byte)?;
                At::Scalar
            }
            (At::Next, b',') => At::Name,
            (At::End, _) => return Err(JsonError::Syntax("there is more after the object")),
            _ => {
                return Err(JsonError::Syntax(
                    "a character that JSON does not allow here",
                ));
            }
        };
        Ok(())
    }

    /// Decodes a string up to its end or the chunk's. Gives what is left of the chunk.
    fn text_piece<'c>(
        &mut self,
        chunk: &'c [u8],
        sink: &mut dyn FnMut(Piece<'_>) -> io::Result<()>,
    ) -> Result<&'c [u8], JsonError> {
        let mut decoded = Vec::with_capacity(chunk.len());
        let ended = self.text.decode(chunk, &mut decoded)?;
        if self.in_name {
            self.word.extend_from_slice(&decoded);
            if self.word.len() > WORD_BYTES_MAX {
                return Err(JsonError::Syntax("a name is too long"));
            }
        } else if !decoded.is_empty() {
            sink(Piece::Text(&self.name, Some(&decoded)))?;
        }
        let Some(used) = ended else {
            return Ok(&[]);
        };
        if self.in_name {
            self.in_name = false;
            self.name = String::from_utf8_lossy(&std::mem::take(&mut self.word)).into_owned();
            self.at = At::Colon;
        } else {
            sink(Piece::Text(&self.name, None))?;
            self.at = At::Next;
        }
        Ok(&chunk[used..])
    }

    fn skip(&mut self, byte: u8) -> Result<(), JsonError> {
        let At::Skip {
            depth,
            quoted,
            escaped,
        } = self.at
        else {
            return Ok(());
        };
        let (depth, quoted, escaped) = match (quoted, byte) {
            (true, _) if escaped => (depth, true, false),
            (true, b'\\') => (depth, true, true),
            (_, b'"') => (depth, !quoted, false),
            (false, b'{' | b'[') => (depth + 1, false, false),
            (false, b'}' | b']') => (depth - 1, false, false),
            _ => (depth, quoted, false),
        };
        if depth > DEPTH_MAX {
            return Err(JsonError::Syntax("values are nested too deeply"));
        }
        self.at = if depth == 0 {
            At::Next
        } else {
            At::Skip {
                depth,
                quoted,
                escaped,
            }
        };
        Ok(())
    }

    fn grow(&mut self, byte: u8) -> Result<(), JsonError> {
        self.word.push(byte);
        if self.word.len() > WORD_BYTES_MAX {
            return Err(JsonError::Syntax("a plain value is too long"));
        }
        Ok(())
    }
}

/// Takes the escapes out of a JSON string, which may be cut anywhere.
#[derive(Debug, Default)]
struct Unescape {
    escape: Escape,
    /// The first half of a surrogate pair, waiting for the second.
    high: Option<u16>,
}

#[derive(Debug, Default, Clone, Copy)]
enum Escape {
    #[default]
    None,
    Begun,
    Hex {
        digits: u8,
        unit: u16,
    },
}

impl Unescape {
    /// Decodes bytes; gives how many belong to the string, its quote included, if it ended.
    fn decode(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<Option<usize>, JsonError> {
        let mut at = 0;
        while at < bytes.len() {
            match self.escape {
                Escape::None => {
                    let plain = bytes[at..]
                        .iter()
                        .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
                        .map_or(bytes.len(), |found| at + found);
                    if plain > at {
                        self.lone_high(out);
                        out.extend_from_slice(&bytes[at..plain]);
                        at = plain;
                        continue;
                    }
                    at += 1;
                    match bytes[at - 1] {
                        b'\\' => self.escape = Escape::Begun,
                        b'"' => {
                            self.lone_high(out);
                            return Ok(Some(at));
                        }
                        _ => {
                            return Err(JsonError::Syntax("a string has a bare control character"));
                        }
                    }
                }
                Escape::Begun => {
                    self.escape = Escape::None;
                    self.named(bytes[at], out)?;
                    at += 1;
                }
                Escape::Hex { digits, unit } => {
                    let digit = char::from(bytes[at])
                        .to_digit(16)
                        .and_then(|digit| u16::try_from(digit).ok())
                        .ok_or(JsonError::Syntax("a string has a broken \\u escape"))?;
                    let unit = unit << 4 | digit;
                    at += 1;
                    if digits == 3 {
                        self.escape = Escape::None;
                        self.unit(unit, out);
                    } else {
                        self.escape = Escape::Hex {
                            digits: digits + 1,
                            unit,
                        };
                    }
                }
            }
        }
        Ok(None)
    }

    fn named(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), JsonError> {
        let plain = match byte {
            b'u' => {
                self.escape = Escape::Hex { digits: 0, unit: 0 };
                return Ok(());
            }
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            _ => return Err(JsonError::Syntax("a string has an unknown escape")),
        };
        self.lone_high(out);
        out.push(plain);
        Ok(())
    }

    /// One UTF-16 unit of a `\u` escape. A half of a pair without the other is U+FFFD, as Go
    /// and JavaScript decoders read it.
    fn unit(&mut self, unit: u16, out: &mut Vec<u8>) {
        if let (Some(high), 0xdc00..=0xdfff) = (self.high, unit) {
            self.high = None;
            let code = 0x1_0000 + ((u32::from(high) & 0x3ff) << 10) + (u32::from(unit) & 0x3ff);
            push_char(code, out);
            return;
        }
        self.lone_high(out);
        if (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
        } else {
            push_char(u32::from(unit), out);
        }
    }

    fn lone_high(&mut self, out: &mut Vec<u8>) {
        if self.high.take().is_some() {
            push_char(0xfffd, out);
        }
    }
}

fn push_char(code: u32, out: &mut Vec<u8>) {
    let letter = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
#[path = "json_stream_tests.rs"]
mod tests;
