//! Values as lines.

use std::borrow::Cow;
use std::io::Read;

use cutover_base::blob::Blob;
use serde_json::Value;

use crate::compare::verdict::Shown;

/// Longer values are compared, but no wide shape is tried on them.
pub(crate) const WIDE_BYTES_MAX: u64 = 1 << 20;

/// A text or a list as lines; each keeps its line end, so that a lost one is a difference.
#[derive(Debug)]
pub(super) struct Lines<'v> {
    text: Cow<'v, [u8]>,
    /// Of a list: where each element ends. Of a text: nothing, its line ends say it.
    ends: Option<Vec<usize>>,
}

impl<'v> Lines<'v> {
    /// `None` for what is too long, or cannot be read. What is absent has no lines; each element
    /// of a list is one, as compact JSON.
    pub(super) fn of(value: &'v Shown) -> Option<Self> {
        let text = |text| Self { text, ends: None };
        match value {
            Shown::Absent => Some(text(Cow::Borrowed(b""))),
            Shown::Bytes(blob) => bytes(blob).map(text),
            Shown::Json(Value::String(said)) => Some(text(Cow::Borrowed(said.as_bytes()))),
            Shown::Json(Value::Array(items)) => {
                let (mut all, mut ends) = (Vec::new(), Vec::new());
                for item in items {
                    serde_json::to_writer(&mut all, item).ok()?;
                    ends.push(all.len());
                }
                Some(Self {
                    text: Cow::Owned(all),
                    ends: Some(ends),
                })
            }
            Shown::Json(other) => Some(text(Cow::Owned(other.to_string().into_bytes()))),
        }
        .filter(|lines| lines.text.len() as u64 <= WIDE_BYTES_MAX)
    }

    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = &[u8]> + '_> {
        match &self.ends {
            None => Box::new(self.text.split_inclusive(|byte| *byte == b'\n')),
            Some(ends) => {
                let mut from = 0;
                Box::new(ends.iter().map(move |end| {
                    let line = &self.text[from..*end];
                    from = *end;
                    line
                }))
            }
        }
    }
}

/// How many lines a text has; `None` where it is too long to be looked at.
pub(crate) fn lines(blob: &Blob) -> Option<usize> {
    let text = bytes(blob)?;
    Some(text.split_inclusive(|byte| *byte == b'\n').count())
}

fn bytes(blob: &Blob) -> Option<Cow<'_, [u8]>> {
    if blob.len > WIDE_BYTES_MAX {
        return None;
    }
    if let Some(inline) = blob.inline() {
        return Some(Cow::Borrowed(inline));
    }
    let mut read = Vec::new();
    blob.open().ok()?.read_to_end(&mut read).ok()?;
    Some(Cow::Owned(read))
}
