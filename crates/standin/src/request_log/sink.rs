//! Where the lines of the request log go.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Bytes after which a log file is renamed to `NAME.1` (in place of an older one) and begun anew,
/// so that a stand-in that is left running fills no disk.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// A file, or standard output.
#[derive(Debug)]
pub struct LogSink {
    target: Target,
    /// The last line broke off in its middle, so that the next one must not be appended to it.
    torn: bool,
}

#[derive(Debug)]
enum Target {
    Stdout(io::Stdout),
    File {
        file: File,
        /// Set for a regular file, which is renamed when it is full.
        rotated: Option<Rotated>,
    },
}

#[derive(Debug)]
struct Rotated {
    path: PathBuf,
    bytes: u64,
    bytes_max: u64,
}

impl LogSink {
    /// Standard output.
    pub fn stdout() -> Self {
        Self {
            target: Target::Stdout(io::stdout()),
            torn: false,
        }
    }

    /// Appends to a file, which is made if it is not there, readable by its owner alone.
    ///
    /// # Errors
    /// When it cannot be opened for writing.
    pub fn file(path: &Path) -> io::Result<Self> {
        let file = open(path)?;
        let facts = file.metadata()?;
        let rotated = facts.is_file().then(|| Rotated {
            path: path.to_owned(),
            bytes: facts.len(),
            bytes_max: FILE_BYTES_MAX,
        });
        Ok(Self {
            target: Target::File { file, rotated },
            torn: false,
        })
    }

    /// Writes one line.
    pub(crate) fn write_line(&mut self, line: &str) -> io::Result<()> {
        let start = if self.torn { "\n" } else { "" };
        let text = format!("{start}{line}\n");
        let mut rest = text.as_bytes();
        let written = loop {
            if rest.is_empty() {
                break self.target.flush();
            }
            match self.target.write(rest) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        let sent = text.len() - rest.len();
        self.torn = (self.torn && sent == 0) || (sent > 0 && !rest.is_empty());
        self.target.grew(sent);
        written
    }
}

impl Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::File { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File { .. } => Ok(()),
        }
    }

    /// Begins a new file when the old one is full.
    fn grew(&mut self, sent: usize) {
        let Self::File {
            file,
            rotated: Some(rotated),
        } = self
        else {
            return;
        };
        rotated.bytes += u64::try_from(sent).unwrap_or(u64::MAX);
        if rotated.bytes < rotated.bytes_max {
            return;
        }
        let mut old = rotated.path.clone().into_os_string();
        old.push(".1");
        let renewed = std::fs::rename(&rotated.path, old).and_then(|()| open(&rotated.path));
        match renewed {
            Ok(new) => {
                *file = new;
                rotated.bytes = 0;
            }
            // A folder that allows no renaming: the file goes on, and is tried again much later.
            Err(_) => rotated.bytes_max += FILE_BYTES_MAX,
        }
    }
}

/// Without waiting: a pipe that nobody reads is an error at once, and a full one loses lines.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_full_file_is_renamed_and_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut sink = LogSink::file(&path).unwrap();
        let Target::File {
            rotated: Some(rotated),
            ..
        } = &mut sink.target
        else {
            panic!("a regular file");
        };
        rotated.bytes_max = 10;
        for line in ["one", "two", "three", "four"] {
            sink.write_line(line).unwrap();
        }
        let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(
            (text("log.1").as_str(), text("log").as_str()),
            ("one\ntwo\nthree\n", "four\n")
        );
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_cannot_be_opened_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(LogSink::file(folder.path()).is_err(), "a folder");
        assert!(LogSink::file(&folder.path().join("no/such")).is_err());
    }
}
