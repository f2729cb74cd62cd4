//! Credentials for the store: given for an hour, held to be those that were given.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::daytona::asked::Asked;
use crate::daytona::storage::signature::Signed;
use crate::daytona::storage::xml::StorageError;

/// How long credentials last (contract 5.5).
const LIFE: SignedDuration = SignedDuration::from_hours(1);

/// Credentials that are remembered: expired ones too, so that they are told to be expired.
pub(super) const REMEMBERED_MAX: usize = 1024;

/// Temporary credentials.
#[derive(Clone)]
pub(in crate::daytona) struct Access {
    pub(in crate::daytona) key: String,
    pub(in crate::daytona) secret: String,
    pub(in crate::daytona) token: String,
    expires_at: Timestamp,
}

impl Access {
    /// New ones.
    pub(super) fn new(now: Timestamp) -> Self {
        let random = || Uuid::new_v4().simple().to_string();
        Self {
            key: format!(
                "ASIA{}",
                random().to_uppercase().get(..16).unwrap_or_default()
            ),
            secret: random() + &random(),
            token: random() + &random(),
            expires_at: now.checked_add(LIFE).unwrap_or(Timestamp::MAX),
        }
    }

    /// Whether a request may be made with them.
    ///
    /// # Errors
    /// S3's, in its words.
    pub(super) fn admit(
        &self,
        asked: &Asked,
        signed: &Signed<'_>,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        if asked.header("x-amz-security-token") != Some(&self.token) {
            return Err(StorageError::denied(
                "InvalidToken",
                "The provided token is malformed or otherwise invalid.",
            ));
        }
        if now >= self.expires_at {
            return Err(StorageError::denied(
                "ExpiredToken",
                "The provided token has expired.",
            ));
        }
        if !signed.is_of(asked, &self.secret) {
            return Err(StorageError::denied(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. \
                 Check your key and signing method.",
            ));
        }
        Ok(())
    }
}

/// What the credentials are limited to (contract 5.5).
///
/// # Errors
/// For any other key.
pub(super) fn own(organization: &str, key: &str) -> Result<(), StorageError> {
    let below = key.strip_prefix(organization);
    if below.is_some_and(|rest| rest.starts_with('/')) {
        return Ok(());
    }
    Err(StorageError::denied("AccessDenied", "Access Denied"))
}
