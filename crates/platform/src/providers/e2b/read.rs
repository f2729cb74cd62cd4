//! Reading a file.

use std::time::Duration;

use bytes::Bytes;
use cutover_js::{Text, Value, utf8};
use cutover_sdk::e2b::{Command, Decoding, FileInfo, FileKind, Sandbox, Shell};
use cutover_sdk::{Class as SdkClass, Error};

use super::account::{E2b, is_stopped};
use crate::provider::{Class, Thrown};
use crate::providers::command::quoted;

/// Quirks of files whose failures have words in them that stand for a sandbox that is gone.
const BY_WORDS: [&str; 2] = ["Q56", "Q57"];
/// The longest text of V8.
const TEXT_BYTES_MAX: u64 = 0x1fff_ffe8;
/// The user that commands run as.
const USER: &str = "user";
/// How long asking whether that user may read a file may take.
const ASK_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a file is not read.
enum Unread {
    /// What the SDK threw.
    Failed(Error),
    /// What was found out before.
    Known(Thrown),
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl E2b {
    /// Reads a file as a text.
    pub(super) async fn read(&self, id: &Text, path: &Text) -> Result<Value, Thrown> {
        match self.read_in(id, path).await {
            Ok(content) => content.ok_or_else(|| {
                // The caller asks for the length of nothing.
                Thrown::new("Cannot read properties of undefined (reading 'length')")
            }),
            Err(Unread::Known(thrown)) => Err(thrown),
            Err(Unread::Failed(error)) => {
                Ok(Value::String(self.failed(id, error, &BY_WORDS).await?))
            }
        }
    }

    async fn read_in(&self, id: &Text, path: &Text) -> Result<Option<Value>, Unread> {
        let sandbox = self.handle(id).await?;
        self.look(&sandbox, path).await?;
        // Q61: the original takes a byte order mark for none of the text.
        if self.fixes.has("Q61") {
            let content = bytes(&sandbox, path, TEXT_BYTES_MAX, 0).await?;
            return Ok(Some(utf8::decode_keeping_bom(&content).into()));
        }
        Ok(sandbox.read_text(path).await?)
    }

    /// Reads a file's bytes, if there are no more than so many.
    pub(super) async fn fetch(
        &self,
        id: &Text,
        path: &Text,
        bytes_max: u64,
    ) -> Result<Bytes, Thrown> {
        let read = async {
            let sandbox = self.handle(id).await?;
            let size = match sandbox.stat(path).await {
                Ok(info) => self.check(&sandbox, path, info).await?,
                Err(error) => unseen(error)?,
            };
            if size > bytes_max {
                return Err(too_large(size));
            }
            bytes(&sandbox, path, bytes_max, size).await
        };
        match read.await {
            Ok(content) => Ok(content),
            Err(Unread::Known(thrown)) => Err(thrown),
            Err(Unread::Failed(error)) => {
                // There is no place for a text in place of the content.
                let told = self.failed(id, error, &BY_WORDS).await?;
                Err(Thrown::of(Class::SandboxGone, told))
            }
        }
    }

    async fn handle(&self, id: &Text) -> Result<Sandbox, Unread> {
        let sandbox = self.connect(id).await?;
        // Q54: of a sandbox that does not run nothing comes but silence.
        if self.fixes.has("Q54") && is_stopped(sandbox.info()) {
            let words = "the sandbox does not run";
            return Err(Error::of(SdkClass::SandboxGone, words).into());
        }
        Ok(sandbox)
    }

    /// Looks at a file where something is told of it by a fix.
    async fn look(&self, sandbox: &Sandbox, path: &Text) -> Result<(), Unread> {
        if !self.repairs(&["Q58", "Q59"]) {
            return Ok(());
        }
        match sandbox.stat(path).await {
            Ok(info) => self.check(sandbox, path, info).await.map(|_| ()),
            Err(error) => unseen(error).map(|_| ()),
        }
    }

    /// Refuses what is no file for the user. Gives its size.
    async fn check(&self, sandbox: &Sandbox, path: &Text, info: FileInfo) -> Result<u64, Unread> {
        let info = match &info.target {
            // The link's own size says nothing. Where the target cannot be seen, reading will tell.
            Some(target) => match sandbox.stat(target).await {
                Ok(target) => target,
                Err(error) => return unseen(error),
            },
            None => info,
        };
        if info.kind == FileKind::Directory && self.fixes.has("Q58") {
            return Err(known(Class::IsDirectory, path));
        }
        // Q59: the daemon is root and reads what nobody else here may.
        if self.fixes.has("Q59") && !may_read(sandbox, &info).await {
            return Err(known(Class::PermissionDenied, path));
        }
        Ok(info.bytes)
    }
}

/// Reads a file. One that grew beyond the limit since it was looked at has at least a byte more.
async fn bytes(sandbox: &Sandbox, path: &Text, bytes_max: u64, size: u64) -> Result<Bytes, Unread> {
    let most = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    let read = sandbox.read_bytes(path, most).await?;
    read.ok_or_else(|| too_large(size.max(bytes_max.saturating_add(1))))
}

/// What it means that a file cannot be looked at: nothing is known of its size, and reading it will
/// tell the rest.
fn unseen(error: Error) -> Result<u64, Unread> {
    match error.class {
        SdkClass::NoSuchFile | SdkClass::SandboxGone => Err(error.into()),
        _ => Ok(0),
    }
}

/// Whether the user that commands run as may read a file. Its own mode does not tell of the
/// directories above, so that a shell is asked where it is not the user's own.
async fn may_read(sandbox: &Sandbox, info: &FileInfo) -> bool {
    if info.owner == USER && info.mode & 0o400 != 0 {
        return true;
    }
    let path = quoted(&info.path.to_string_lossy());
    let asked = sandbox
        .run(Command {
            line: &format!("test -r {path}").into(),
            timeout: ASK_TIMEOUT,
            shell: Shell::Plain,
            decoding: Decoding::Whole,
        })
        .await;
    // What cannot be found out is for the daemon to say.
    asked.map_or(true, |ran| ran.exit_code != 1)
}

fn known(class: Class, path: &Text) -> Unread {
    Unread::Known(Thrown::of(class, path.clone()))
}

fn too_large(bytes: u64) -> Unread {
    known(Class::TooLarge { bytes }, &Text::new())
}
