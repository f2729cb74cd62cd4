//! One exchange, noted when it has ended, however it ends.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::{Answer, Exchange, Observer};

/// How much of an error's body is told.
pub(super) const BODY_BYTES_MAX: usize = 64 << 10;

/// What is asked for, before anything came of it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) operation: &'static str,
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) sandbox_id: Option<String>,
}

/// An exchange that goes on. One that is dropped was given up.
#[derive(Debug)]
pub(super) struct Noted {
    observer: Arc<dyn Observer>,
    asked: Option<Asked>,
    began: Instant,
    status: Option<u16>,
}

impl Noted {
    pub(super) fn begin(observer: &Arc<dyn Observer>, asked: Asked) -> Self {
        Self {
            observer: Arc::clone(observer),
            asked: Some(asked),
            began: Instant::now(),
            status: None,
        }
    }

    /// The headers of the answer are there.
    pub(super) const fn answered(&mut self, status: u16) {
        self.status = Some(status);
    }

    /// All of the answer is there. The body is told if the status is none of success.
    pub(super) fn whole(&mut self, body: &[u8]) {
        let status = self.status.unwrap_or_default();
        let body = if (200..300).contains(&status) {
            Bytes::new()
        } else {
            Bytes::copy_from_slice(&body[..body.len().min(BODY_BYTES_MAX)])
        };
        self.end(Answer::Whole { status, body });
    }

    /// The stream ended with an error of its own.
    pub(super) fn stream_error(&mut self, code: &str, message: String) {
        let code = code.to_owned();
        self.end(Answer::StreamError { code, message });
    }

    /// It broke off.
    pub(super) fn broken(&mut self, reason: impl Into<String>) {
        let (status, reason) = (self.status, reason.into());
        self.end(Answer::Broken { status, reason });
    }

    fn end(&mut self, answer: Answer) {
        let Some(asked) = self.asked.take() else {
            return;
        };
        self.observer.note(Exchange {
            provider: "e2b",
            operation: asked.operation,
            method: asked.method,
            url: asked.url,
            sandbox_id: asked.sandbox_id,
            answer,
            took: self.began.elapsed(),
        });
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.broken("given up");
    }
}
