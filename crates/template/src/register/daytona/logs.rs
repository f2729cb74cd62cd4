//! The log of a build, line by line, while its snapshot's state is followed.

use reqwest::Response;
use tokio::sync::watch;
use tokio::time::timeout;
use url::Url;

use crate::register::connection::{Connection, told};
use crate::register::daytona::wire::LogAddress;
use crate::register::error::RegisterError;
use crate::register::lines::Lines;
use crate::register::progress::Progress;

/// What the other half knows of the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// It has not begun.
    Waits,
    Runs,
    Ended,
}

/// Passes on the log until the build has ended and no more of it comes. That a log cannot be had, or breaks
/// off, is told and ends nothing.
pub(crate) async fn follow(
    connection: &Connection,
    id: &str,
    mut build: watch::Receiver<Build>,
    progress: &Progress<'_>,
) {
    if build.wait_for(|it| *it != Build::Waits).await.is_err() {
        return;
    }
    let response = match open(connection, id).await {
        Ok(response) => response,
        // Of a build that has ended already there may be none.
        Err(_) if *build.borrow() == Build::Ended => return,
        Err(error) => {
            progress.warn(&format!(
                "the build's log cannot be had ({error}); its state is still followed"
            ));
            return;
        }
    };
    pass_on(connection, response, build, progress).await;
}

async fn open(connection: &Connection, id: &str) -> Result<Response, RegisterError> {
    let url = connection.url(&["snapshots", id, "build-logs-url"]);
    let what = "the log's address";
    let address: LogAddress = connection.get(what, url).await?.read(what)?;
    let mut url = Url::parse(&address.url)
        .map_err(|error| RegisterError::failed(format!("{what}: {error}")))?;
    url.query_pairs_mut().append_pair("follow", "true");
    let request = connection
        .client(&url)?
        .get(url)
        .headers(connection.headers.clone());
    let opened = timeout(connection.pace.answer, request.send()).await;
    let response = opened
        .map_err(|_| RegisterError::failed("no answer"))?
        .map_err(|error| RegisterError::failed(told(error)))?;
    let status = response.status();
    if !status.is_success() {
        return Err(RegisterError::failed(format!("HTTP {}", status.as_u16())));
    }
    Ok(response)
}

async fn pass_on(
    connection: &Connection,
    mut response: Response,
    mut build: watch::Receiver<Build>,
    progress: &Progress<'_>,
) {
    let mut lines = Lines::default();
    loop {
        let has_ended = *build.borrow_and_update() == Build::Ended;
        let next = if has_ended {
            match timeout(connection.pace.silence, response.chunk()).await {
                Ok(next) => next,
                Err(_) => break,
            }
        } else {
            tokio::select! {
                next = response.chunk() => next,
                changed = build.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => break,
                },
            }
        };
        match next {
            Ok(Some(chunk)) => {
                for line in lines.take(&chunk) {
                    progress.log(&line);
                }
            }
            Ok(None) => break,
            Err(error) => {
                progress.warn(&format!(
                    "the build's log broke off ({}); its state is still followed",
                    told(error)
                ));
                break;
            }
        }
    }
    if let Some(line) = lines.rest() {
        progress.log(&line);
    }
}
