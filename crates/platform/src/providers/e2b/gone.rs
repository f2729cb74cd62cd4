//! Whether a sandbox is gone, and what an agent is told then.

use cutover_js::Text;
use cutover_sdk::{Class as SdkClass, Error};

use super::account::{E2b, is_stopped, thrown};
use crate::provider::{Class, Thrown};

/// Quirks that come of looking for words in a message.
const BY_WORDS: [&str; 3] = ["Q52", "Q53", "Q54"];
/// The words.
const WORDS: [&str; 3] = ["404", "terminated", "doesn't exist"];

impl E2b {
    /// What becomes of a failed call: the text that the original hands on in place of an answer, or
    /// what is thrown. `also` are quirks of this kind of call that come of words, too.
    pub(super) async fn failed(
        &self,
        id: &Text,
        error: Error,
        also: &[&str],
    ) -> Result<Text, Thrown> {
        let by_status = self.repairs(&BY_WORDS) || self.repairs(also);
        let gone = if by_status {
            self.has_made_it_fail(id, &error).await
        } else {
            WORDS.iter().any(|word| error.message.contains(word))
        };
        if !gone {
            let class = match error.class {
                SdkClass::SandboxGone | SdkClass::Other => Class::Other,
                SdkClass::TimeLimit => Class::TimeLimit,
                SdkClass::NoSuchFile => Class::NoSuchFile,
                SdkClass::IsDirectory => Class::IsDirectory,
                SdkClass::PermissionDenied => Class::PermissionDenied,
            };
            return Err(thrown(error, class));
        }
        if self.fixes.has("Q15") {
            return Err(thrown(error, Class::SandboxGone));
        }
        let mut told = Text::from("error: sandbox expired — call provision to create a new one (");
        told.push_text(&error.message);
        told.push_str(")");
        Ok(told)
    }

    /// Whether a call failed because its sandbox is gone. The daemon's silence may have other
    /// reasons, so that E2B itself is asked, as `provision` asks it, too.
    async fn has_made_it_fail(&self, id: &Text, error: &Error) -> bool {
        match error.class {
            SdkClass::SandboxGone | SdkClass::Other => {
                // What cannot be found out is not held against the sandbox.
                self.is_gone(id).await.unwrap_or(false)
            }
            _ => false,
        }
    }

    /// Whether E2B has no such sandbox, or only one that does not run: nothing here wakes it.
    pub(super) async fn is_gone(&self, id: &Text) -> Result<bool, Error> {
        match self.account.info(id).await {
            Ok(info) => Ok(is_stopped(&info)),
            Err(error) if error.class == SdkClass::SandboxGone => Ok(true),
            Err(error) => Err(error),
        }
    }
}
