//! Compressed bodies, as leniently as undici reads them.

use std::io::{self, Read};

use super::{FetchError, brotli};

/// How gzip begins, with the only method there is.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// How many codings one answer may name.
const CODINGS_MAX: usize = 5;

/// A coding of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
}

/// The codings that a header names, in the order of their removal. None at all if one of them is
/// not known: the body is then given as it came.
pub(super) fn of(header: &str) -> Result<Vec<Coding>, FetchError> {
    let header = header.to_lowercase();
    let names: Vec<_> = if header.is_empty() {
        Vec::new()
    } else {
        header.split(',').collect()
    };
    if names.len() > CODINGS_MAX {
        let said = format!("{} codings, over {CODINGS_MAX}", names.len());
        return Err(FetchError::failed(said));
    }
    let codings = names.iter().rev().map(|name| match name.trim() {
        "gzip" | "x-gzip" => Some(Coding::Gzip),
        "deflate" => Some(Coding::Deflate),
        "br" => Some(Coding::Brotli),
        _ => None,
    });
    Ok(codings.collect::<Option<_>>().unwrap_or_default())
}

/// The body without its codings. One that just ends too early is given as far as it goes.
pub(super) fn decode(
    mut body: Vec<u8>,
    codings: &[Coding],
    bytes_max: usize,
) -> Result<Vec<u8>, FetchError> {
    if body.is_empty() {
        return Ok(body);
    }
    for coding in codings {
        let source = body.as_slice();
        body = match coding {
            Coding::Gzip => members(source, bytes_max),
            Coding::Deflate if source.first().is_some_and(|first| first & 15 == 8) => {
                read(flate2::bufread::ZlibDecoder::new(source), bytes_max)
            }
            Coding::Deflate => read(flate2::bufread::DeflateDecoder::new(source), bytes_max),
            Coding::Brotli => brotli::decode(source, bytes_max),
        }?;
    }
    Ok(body)
}

/// Gzip members one after another; behind the last there may be anything that begins with a zero.
fn members(mut source: &[u8], bytes_max: usize) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    loop {
        let begun = MAGIC.len().min(source.len());
        if source[..begun] != MAGIC[..begun] {
            return Err(FetchError::terminated("incorrect header check"));
        }
        let mut member = flate2::bufread::GzDecoder::new(source);
        body.append(&mut read(&mut member, bytes_max - body.len())?);
        source = member.into_inner();
        if source.first().is_none_or(|first| *first == 0) {
            return Ok(body);
        }
    }
}

fn read(mut from: impl Read, bytes_max: usize) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(body),
            Ok(count) if body.len() + count > bytes_max => return Err(FetchError::TooLong),
            Ok(count) => body.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(body),
            Err(error) => return Err(FetchError::terminated(error)),
        }
    }
}
