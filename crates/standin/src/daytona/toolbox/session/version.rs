//! What the client's version changes (contract 3.5).

use crate::daytona::asked::Asked;
use crate::daytona::toolbox::session::markers::Pieces;
use crate::daytona::toolbox::socket;

/// Who takes the two streams of a log apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demux {
    /// Nobody: the streams come as one, without markers.
    Combined,
    /// The client: the log comes raw, with its markers.
    Client,
    /// The server: `stdout` and `stderr` are filled.
    Server,
}

impl Demux {
    /// As the headers of a request say.
    pub(super) fn of(asked: &Asked) -> Self {
        let split = asked.header("x-daytona-split-output") == Some("true");
        let offered = socket::offered(asked);
        let mut subprotocols = offered.iter();
        let subprotocol = subprotocols.find_map(|token| token.strip_prefix(socket::SDK_VERSION));
        let Some(version) = asked.header("x-daytona-sdk-version").or(subprotocol) else {
            return if split { Self::Client } else { Self::Combined };
        };
        match parse(version) {
            None => Self::Client,
            // Development builds call themselves 0.0.0 with a suffix.
            Some((0, 0, _)) if version.contains("dev") => Self::Server,
            Some(version) if version < (0, 27, 0) => Self::Combined,
            Some(version) if version < (0, 167, 0) => Self::Client,
            Some(_) => Self::Server,
        }
    }

    /// What of a log's bytes a client gets that wants one text: without markers, or as they are.
    pub(super) fn whole<'a>(self, bytes: &'a [u8], pieces: &'a Pieces) -> &'a [u8] {
        match self {
            Self::Combined => &pieces.all,
            Self::Client | Self::Server => bytes,
        }
    }
}

fn parse(version: &str) -> Option<(u32, u32, u32)> {
    let core = version.trim_start_matches('v').split(['-', '+']).next()?;
    let mut parts = core.split('.').map(str::parse);
    let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let patch = parts.next().unwrap_or(Ok(0)).ok()?;
    Some((major, minor, patch))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;

    use super::*;

    #[test]
    fn the_version_decides_who_takes_the_log_apart() {
        let cases = [
            (None, false, Demux::Combined),
            (None, true, Demux::Client),
            (Some("0.26.9"), false, Demux::Combined),
            (Some("0.27.0"), false, Demux::Client),
            (Some("0.166.9"), false, Demux::Client),
            (Some("0.167.0"), false, Demux::Server),
            (Some("0.226.1"), false, Demux::Server),
            (Some("v1.0.0"), false, Demux::Server),
            (Some("0.0.0-dev"), false, Demux::Server),
            (Some("nonsense"), false, Demux::Client),
        ];
        for (version, split, expected) in cases {
            let mut request = Request::builder().uri("/");
            if let Some(version) = version {
                request = request.header("X-Daytona-SDK-Version", version);
            }
            if split {
                request = request.header("X-Daytona-Split-Output", "true");
            }
            let (asked, _) = Asked::new(request.body(Body::empty()).unwrap());
            assert_eq!(Demux::of(&asked), expected, "{version:?} {split}");
        }
    }
}
