//! Codes of the Connect protocol.

use crate::call::FailureClass;

/// A code, as envd says it in a body or in the trailer of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Canceled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

/// Every code with its word and its status on a call that is no stream.
const CODES: [(Code, &str, u16); 16] = [
    (Code::Canceled, "canceled", 499),
    (Code::Unknown, "unknown", 500),
    (Code::InvalidArgument, "invalid_argument", 400),
    (Code::DeadlineExceeded, "deadline_exceeded", 504),
    (Code::NotFound, "not_found", 404),
    (Code::AlreadyExists, "already_exists", 409),
    (Code::PermissionDenied, "permission_denied", 403),
    (Code::ResourceExhausted, "resource_exhausted", 429),
    (Code::FailedPrecondition, "failed_precondition", 400),
    (Code::Aborted, "aborted", 409),
    (Code::OutOfRange, "out_of_range", 400),
    (Code::Unimplemented, "unimplemented", 501),
    (Code::Internal, "internal", 500),
    (Code::Unavailable, "unavailable", 503),
    (Code::DataLoss, "data_loss", 500),
    (Code::Unauthenticated, "unauthenticated", 401),
];

impl Code {
    /// The code of this word; `None` when the protocol has none of it.
    pub(super) fn of(word: &str) -> Option<Self> {
        let found = CODES.iter().find(|(_, known, _)| *known == word);
        found.map(|(code, _, _)| *code)
    }

    /// Whether a call that is no stream is answered with this status.
    pub(super) fn has_status(self, status: u16) -> bool {
        CODES
            .iter()
            .any(|(code, _, of)| *code == self && *of == status)
    }

    /// The class where the words explain nothing: always one that means that the work was not
    /// done.
    pub(super) const fn error(self) -> FailureClass {
        match self {
            Self::ResourceExhausted => FailureClass::RateLimited,
            Self::Unauthenticated | Self::PermissionDenied => FailureClass::Unauthorized,
            // "canceled": the sandbox is being paused or shut down under the call.
            Self::Unavailable | Self::Canceled | Self::DeadlineExceeded => {
                FailureClass::Unavailable
            }
            _ => FailureClass::Internal,
        }
    }
}
