//! A file's content as it comes: packed by gzip or deflate, or as it is.

use std::io::{self, Write};

use cutover_base::blob::{Blob, BlobWriter};
use flate2::write::GzDecoder;
use flate2::{Decompress, FlushDecompress, Status};

/// Bytes of an inflated body that are kept at a time.
const PIECE_BYTES: usize = 32 * 1024;

/// Takes the pieces of a body and keeps what was packed in it.
#[derive(Debug)]
pub(crate) enum Unpacking {
    /// The body is the content.
    Plain(Box<BlobWriter>),
    /// The body is one member of gzip.
    Gzip(Box<GzDecoder<Kept>>),
    /// The body is one stream of deflate.
    Deflate(Box<Inflating>),
}

/// Why a piece was not taken.
#[derive(Debug)]
pub(crate) enum UnpackError {
    /// What came is not what its coding says.
    Broken(String),
    /// What came out could not be kept.
    Unkept(io::Error),
}

/// Where unpacked bytes go; an error of its own is told apart from one of the coding.
#[derive(Debug)]
pub(crate) struct Kept {
    blob: BlobWriter,
    failed: Option<io::Error>,
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.blob.push(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(error) => {
                self.failed = Some(error);
                Err(io::ErrorKind::Other.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Unpacking {
    /// Of a body whose `content-encoding` is this; `None` for a coding that was not asked for.
    pub(crate) fn of(coding: &str, blob: BlobWriter) -> Option<Self> {
        match coding.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Self::Plain(Box::new(blob))),
            "gzip" => {
                let kept = Kept { blob, failed: None };
                Some(Self::Gzip(Box::new(GzDecoder::new(kept))))
            }
            "deflate" => Some(Self::Deflate(Box::new(Inflating {
                blob,
                decoder: None,
                ended: false,
            }))),
            _ => None,
        }
    }

    /// Takes a piece of the body.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), UnpackError> {
        match self {
            Self::Plain(blob) => blob.push(bytes).map_err(UnpackError::Unkept),
            Self::Gzip(decoder) => {
                let taken = decoder.write_all(bytes);
                taken.map_err(|error| told(&error, decoder.get_mut()))
            }
            Self::Deflate(inflating) => inflating.push(bytes),
        }
    }

    /// The content of a body that came whole.
    pub(crate) fn finish(self) -> Result<Blob, UnpackError> {
        let blob = match self {
            Self::Plain(blob) => *blob,
            Self::Gzip(mut decoder) => {
                if let Err(error) = decoder.try_finish() {
                    return Err(told(&error, decoder.get_mut()));
                }
                // It is finished, so this writes nothing.
                let kept = decoder.finish().map_err(UnpackError::Unkept)?;
                kept.blob
            }
            Self::Deflate(inflating) => inflating.finish()?,
        };
        blob.finish().map_err(UnpackError::Unkept)
    }
}

/// Unpacks zlib's format, which is what the coding `deflate` means, or what is in its frame alone,
/// which some servers send: the first byte tells which.
#[derive(Debug)]
pub(crate) struct Inflating {
    blob: BlobWriter,
    /// From the first byte on.
    decoder: Option<Decompress>,
    /// Whether the packed bytes have come to their end.
    ended: bool,
}

impl Inflating {
    fn push(&mut self, mut bytes: &[u8]) -> Result<(), UnpackError> {
        let Some(first) = bytes.first() else {
            return Ok(());
        };
        // The low half of zlib's first byte is the number of its only method.
        let is_framed = first & 0x0f == 8;
        let new = || Decompress::new(is_framed);
        let decoder = self.decoder.get_or_insert_with(new);
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        loop {
            if self.ended {
                return match bytes {
                    [] => Ok(()),
                    _ => Err(broken("more comes behind its end")),
                };
            }
            piece.clear();
            let before = decoder.total_in();
            let status = decoder
                .decompress_vec(bytes, &mut piece, FlushDecompress::None)
                .map_err(broken)?;
            self.blob.push(&piece).map_err(UnpackError::Unkept)?;
            let read = usize::try_from(decoder.total_in() - before).unwrap_or(bytes.len());
            bytes = &bytes[read..];
            self.ended = status == Status::StreamEnd;
            // What did not fit into a full piece comes with the next one.
            let may_have_more = piece.len() == piece.capacity();
            match (self.ended, bytes) {
                (false, []) if !may_have_more => return Ok(()),
                (false, [_, ..]) if read == 0 && piece.is_empty() => {
                    return Err(broken("it does not go on"));
                }
                _ => {}
            }
        }
    }

    fn finish(self) -> Result<BlobWriter, UnpackError> {
        if self.ended {
            Ok(self.blob)
        } else {
            Err(broken("its end is missing"))
        }
    }
}

fn broken(why: impl std::fmt::Display) -> UnpackError {
    UnpackError::Broken(format!("the file's deflate is broken: {why}"))
}

fn told(error: &io::Error, kept: &mut Kept) -> UnpackError {
    match kept.failed.take() {
        Some(failed) => UnpackError::Unkept(failed),
        None => UnpackError::Broken(format!("the file's gzip is broken: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use cutover_base::blob::BlobStore;
    use cutover_base::redact::Redactor;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn unpacked(coding: &str, pieces: &[&[u8]]) -> Result<Vec<u8>, String> {
        let dir = tempfile::tempdir().unwrap();
        let store = BlobStore::new(dir.path().to_owned(), Redactor::noop());
        let mut unpacking = Unpacking::of(coding, store.writer()).ok_or("no such coding")?;
        for piece in pieces {
            unpacking
                .push(piece)
                .map_err(|error| format!("{error:?}"))?;
        }
        let blob = unpacking.finish().map_err(|error| format!("{error:?}"))?;
        let mut content = Vec::new();
        io::Read::read_to_end(&mut blob.open().unwrap(), &mut content).unwrap();
        Ok(content)
    }

    fn packed(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    /// With zlib's frame and without.
    fn deflated(content: &[u8]) -> [Vec<u8>; 2] {
        let mut framed = ZlibEncoder::new(Vec::new(), Compression::fast());
        framed.write_all(content).unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(content).unwrap();
        [framed.finish().unwrap(), bare.finish().unwrap()]
    }

    #[test]
    fn what_was_packed_comes_out_however_it_is_cut() {
        let content: Vec<u8> = (0..200_000_u32)
            .flat_map(|n| n.wrapping_mul(n).to_le_bytes())
            .collect();
        let body = packed(&content);
        for cut in [0, 1, 5, 11, body.len() / 2, body.len() - 1, body.len()] {
            let pieces = [&body[..cut], &body[cut..]];
            assert_eq!(unpacked("gzip", &pieces).unwrap(), content, "{cut}");
        }
        assert_eq!(unpacked("GZIP", &[&packed(b"")]).unwrap(), b"");
        assert_eq!(unpacked("", &[b"as", b" is"]).unwrap(), b"as is");
    }

    #[test]
    fn what_is_no_gzip_or_not_all_of_it_is_no_content() {
        let body = packed(b"some content that is long enough to be cut");
        let mut wrong = body.clone();
        let last = wrong.len() - 6;
        wrong[last] ^= 1;
        for (what, pieces) in [
            ("plain", vec![&b"plain text, no gzip"[..]]),
            ("nothing", vec![]),
            ("cut in the header", vec![&body[..4]]),
            ("cut in the middle", vec![&body[..20]]),
            ("cut in the check sum", vec![&body[..body.len() - 1]]),
            ("wrong check sum", vec![&wrong[..]]),
            ("more behind it", vec![&body[..], b"more"]),
        ] {
            let error = unpacked("gzip", &pieces).unwrap_err();
            assert!(error.contains("Broken"), "{what}: {error}");
        }
        assert!(unpacked("br", &[]).is_err());
    }

    #[test]
    fn what_was_deflated_comes_out_however_it_is_cut() {
        let content: Vec<u8> = (0..200_000_u32)
            .flat_map(|n| n.wrapping_mul(n).to_le_bytes())
            .collect();
        for body in deflated(&content) {
            for cut in [0, 1, 5, 11, body.len() / 2, body.len() - 1, body.len()] {
                let pieces = [&body[..cut], &body[cut..]];
                assert_eq!(unpacked("deflate", &pieces).unwrap(), content, "{cut}");
            }
        }
        // Far more comes out of a piece than goes in.
        let zeros = vec![0; 3 * PIECE_BYTES];
        for body in deflated(&zeros) {
            assert_eq!(unpacked("Deflate", &[&body]).unwrap(), zeros);
        }
        for body in deflated(b"") {
            assert_eq!(unpacked("deflate", &[&body]).unwrap(), b"");
        }
    }

    #[test]
    fn what_is_no_deflate_or_not_all_of_it_is_no_content() {
        let [framed, bare] = deflated(b"some content that is long enough to be cut");
        let mut wrong = framed.clone();
        let last = wrong.len() - 1;
        wrong[last] ^= 1;
        for (what, pieces) in [
            ("plain", vec![&b"plain text, no deflate"[..]]),
            ("nothing", vec![]),
            ("an empty piece", vec![&b""[..]]),
            ("cut in the header", vec![&framed[..1]]),
            ("cut in the middle", vec![&framed[..20]]),
            ("cut in the check sum", vec![&framed[..last]]),
            ("wrong check sum", vec![&wrong[..]]),
            ("more behind it", vec![&framed[..], b"more"]),
            ("cut without a frame", vec![&bare[..bare.len() - 1]]),
            ("more behind it without a frame", vec![&bare[..], b"more"]),
        ] {
            let error = unpacked("deflate", &pieces).unwrap_err();
            assert!(error.contains("Broken"), "{what}: {error}");
        }
    }
}
