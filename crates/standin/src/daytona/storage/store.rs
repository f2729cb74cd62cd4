//! What the store keeps: credentials, objects, and uploads in parts.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use jiff::Timestamp;
use uuid::Uuid;

use crate::daytona::asked::Asked;
use crate::daytona::storage::access::{Access, REMEMBERED_MAX};
use crate::daytona::storage::object::{Object, Piece};
use crate::daytona::storage::signature::Signed;
use crate::daytona::storage::xml::StorageError;

/// The one bucket (contract 5.5).
pub(in crate::daytona) const BUCKET: &str = "daytona-volume-builds";

/// Its region, which newer SDKs require.
pub(in crate::daytona) const REGION: &str = "us-east-1";

/// MiB that one context may have: they are kept as long as the stand-in.
const OBJECT_MIB_MAX: u64 = 512;

/// MiB that all of them may have.
const ALL_MIB_MAX: u64 = 2048;

/// Uploads in parts that are under way; one that nobody ends goes when there are more.
const UPLOADS_MAX: usize = 64;

/// That an object, or all of them, would have too many bytes.
pub(super) fn too_large() -> StorageError {
    StorageError::bad(
        "EntityTooLarge",
        format!(
            "Your proposed upload exceeds the maximum allowed object size: the stand-in keeps \
             build contexts of at most {OBJECT_MIB_MAX} MiB each and {ALL_MIB_MAX} MiB together"
        ),
    )
}

/// An upload in parts.
#[derive(Debug)]
struct Upload {
    key: String,
    parts: BTreeMap<u16, Piece>,
}

impl Upload {
    fn len(&self) -> u64 {
        self.parts.values().map(|part| part.len).sum()
    }
}

#[derive(Default)]
struct Kept {
    access: IndexMap<String, Access>,
    objects: BTreeMap<String, Object>,
    uploads: IndexMap<String, Upload>,
}

impl Kept {
    fn len(&self) -> u64 {
        let objects: u64 = self.objects.values().map(Object::len).sum();
        let uploads: u64 = self.uploads.values().map(Upload::len).sum();
        objects + uploads
    }
}

/// The store of a stand-in.
pub(in crate::daytona) struct Storage {
    /// Whose keys there are.
    pub(super) organization: &'static str,
    kept: Mutex<Kept>,
}

impl Storage {
    /// An empty one, of an organisation.
    pub(in crate::daytona) fn new(organization: &'static str) -> Self {
        Self {
            organization,
            kept: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives new credentials.
    pub(in crate::daytona) fn give(&self, now: Timestamp) -> Access {
        let access = Access::new(now);
        let mut kept = self.lock();
        if kept.access.len() >= REMEMBERED_MAX {
            kept.access.shift_remove_index(0);
        }
        kept.access.insert(access.key.clone(), access.clone());
        access
    }

    /// Whether a request carries credentials that were given.
    pub(super) fn admit(&self, asked: &Asked, now: Timestamp) -> Result<(), StorageError> {
        let signed = asked.header("authorization").and_then(Signed::read);
        let signed = signed.ok_or_else(|| StorageError::denied("AccessDenied", "Access Denied"))?;
        let access = self.lock().access.get(signed.key).cloned();
        let access = access.ok_or_else(|| {
            StorageError::denied(
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            )
        })?;
        access.admit(asked, &signed, now)
    }

    /// The context that a hash names, if it was pushed.
    pub(in crate::daytona) fn context(&self, hash: &str) -> Option<Object> {
        self.object(&format!("{}/{hash}/context.tar", self.organization))
    }

    pub(super) fn object(&self, key: &str) -> Option<Object> {
        self.lock().objects.get(key).cloned()
    }

    /// The keys that begin so, with what they name, in order.
    pub(super) fn below(&self, prefix: &str) -> Vec<(String, Object)> {
        let kept = self.lock();
        let all = kept.objects.range(prefix.to_owned()..);
        all.take_while(|(key, _)| key.starts_with(prefix))
            .map(|(key, object)| (key.clone(), object.clone()))
            .collect()
    }

    /// Bytes that an upload may still have.
    pub(super) fn room(&self, upload: Option<&str>) -> u64 {
        let kept = self.lock();
        let all = (ALL_MIB_MAX << 20).saturating_sub(kept.len());
        let begun = upload.and_then(|id| kept.uploads.get(id));
        let begun = begun.map_or(0, Upload::len);
        all.min((OBJECT_MIB_MAX << 20).saturating_sub(begun))
    }

    /// Keeps an object.
    pub(super) fn put(&self, key: &str, object: Object) -> Result<(), StorageError> {
        let mut kept = self.lock();
        if kept.len() + object.len() > ALL_MIB_MAX << 20 {
            return Err(too_large());
        }
        kept.objects.insert(key.to_owned(), object);
        Ok(())
    }

    /// Begins an upload in parts; its id.
    pub(super) fn begin(&self, key: &str) -> String {
        let id = Uuid::new_v4().simple().to_string();
        let mut kept = self.lock();
        if kept.uploads.len() >= UPLOADS_MAX {
            kept.uploads.shift_remove_index(0);
        }
        let upload = Upload {
            key: key.to_owned(),
            parts: BTreeMap::new(),
        };
        kept.uploads.insert(id.clone(), upload);
        id
    }

    /// Adds a part.
    pub(super) fn add(
        &self,
        key: &str,
        id: &str,
        number: u16,
        part: Piece,
    ) -> Result<(), StorageError> {
        let mut kept = self.lock();
        let all = kept.len();
        let upload = kept.uploads.get_mut(id).filter(|upload| upload.key == key);
        let upload = upload.ok_or_else(no_upload)?;
        let of_one = upload.len() + part.len > OBJECT_MIB_MAX << 20;
        if of_one || all + part.len > ALL_MIB_MAX << 20 {
            return Err(too_large());
        }
        upload.parts.insert(number, part);
        Ok(())
    }

    /// Ends an upload: these parts, in order, are the object.
    pub(super) fn complete(
        &self,
        key: &str,
        id: &str,
        numbers: &[u16],
    ) -> Result<Object, StorageError> {
        let mut kept = self.lock();
        let upload = kept.uploads.get(id).filter(|upload| upload.key == key);
        let upload = upload.ok_or_else(no_upload)?;
        let parts: Option<Vec<Piece>> = numbers
            .iter()
            .map(|number| upload.parts.get(number).cloned())
            .collect();
        let parts = parts.filter(|parts| !parts.is_empty()).ok_or_else(|| {
            StorageError::bad(
                "InvalidPart",
                "One or more of the specified parts could not be found.",
            )
        })?;
        let object = Object::new(parts);
        kept.uploads.shift_remove(id);
        kept.objects.insert(key.to_owned(), object.clone());
        Ok(object)
    }

    /// Forgets an upload.
    pub(super) fn abort(&self, key: &str, id: &str) -> Result<(), StorageError> {
        let mut kept = self.lock();
        let there = kept.uploads.get(id).is_some_and(|upload| upload.key == key);
        if !there {
            return Err(no_upload());
        }
        kept.uploads.shift_remove(id);
        Ok(())
    }
}

fn no_upload() -> StorageError {
    StorageError::missing(
        "NoSuchUpload",
        "The specified multipart upload does not exist. The upload ID might be invalid, or the \
         multipart upload might have been aborted or completed.",
    )
}
