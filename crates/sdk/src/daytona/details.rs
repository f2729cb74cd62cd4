//! What only repairs ask for.

use cutover_js::{Text, Value};
use reqwest::Method;
use url::form_urlencoded;

use super::answer::{Failed, data, refusal};
use super::exchange::{Ask, Content};
use super::sandbox::Sandbox;
use crate::error::{Class, Error};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileDetails {
    /// Its size. What has no size of its own, a pipe for instance, says zero.
    pub bytes: u64,
    /// Whether it is a directory.
    pub is_directory: bool,
}

impl Sandbox {
    /// Looks at a file without reading it: `getFileDetails(path)`.
    ///
    /// # Errors
    /// What the SDK throws; by its status [`Class::NoSuchFile`], also where something in the path
    /// is no directory, or [`Class::PermissionDenied`].
    pub async fn file_details(&self, path: &Text) -> Result<FileDetails, Error> {
        let path = path.to_string_lossy();
        let query: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
        let ask = Ask {
            method: Method::GET,
            ..self.of_toolbox("stat", &format!("/files/info?path={query}"))
        };
        let told = self.daytona.value(ask).await.map_err(|failed| {
            let class = match failed.status {
                Some(400 | 404) => Class::NoSuchFile,
                Some(403) => Class::PermissionDenied,
                _ => Class::Other,
            };
            failed.about(class)
        })?;
        let (Some(Value::Number(size)), Some(Value::Bool(is_directory))) =
            (told.get("size"), told.get("isDir"))
        else {
            return Err(Error::new("the details of a file have no size"));
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a size that is none becomes the nearest that is one"
        )]
        let bytes = *size as u64;
        Ok(FileDetails {
            bytes,
            is_directory: *is_directory,
        })
    }

    /// The home directory of its user: `getUserHomeDir()`.
    ///
    /// # Errors
    /// What the SDK throws.
    pub async fn home(&self) -> Result<Text, Error> {
        let told = self.daytona.value(self.ask_for_home()).await?;
        match told.get("dir") {
            Some(Value::String(home)) if !home.is_empty() => Ok(home.clone()),
            _ => Err(Error::new("the sandbox tells no home directory")),
        }
    }

    /// Whether its toolbox answers. One whose daemon has died, or that is not there any more, is
    /// refused by the proxy before it.
    ///
    /// # Errors
    /// What the SDK throws where that tells nothing of the sandbox: too many requests, a proxy in
    /// trouble.
    pub async fn answers(&self) -> Result<bool, Error> {
        let reply = match self.daytona.exchange(self.ask_for_home()).await {
            Ok(reply) => reply,
            // Nobody could tell.
            Err(failed) => return Err(failed.error),
        };
        match reply.status {
            200 => Ok(data(&reply.body).get("dir").is_some()),
            400 | 401 | 404 | 502 => Ok(false),
            status => {
                let message = refusal(status, &reply.body);
                Err(Failed::answered(status, message).error)
            }
        }
    }

    fn ask_for_home(&self) -> Ask {
        Ask {
            method: Method::GET,
            content: Content::None,
            ..self.of_toolbox("info", "/user-home-dir")
        }
    }
}
