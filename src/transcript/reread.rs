//! One transcript, read back from its lines in the journal.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::transcript::event::{Event, EventKind};
use crate::transcript::line::Span;
use crate::transcript::record::{Ending, Transcript};
use crate::transcript::store::restore_step;

/// The transcript of one side in one replay, or why it cannot be read.
/// `dir` is the run folder, in which large captures lie.
pub(crate) fn reread(
    journal: &File,
    dir: &Path,
    case: &str,
    lines: &[Span],
) -> Result<Transcript, String> {
    let mut transcript: Option<Transcript> = None;
    for line in lines {
        let mut bytes = vec![0; line.len];
        journal
            .read_exact_at(&mut bytes, line.start)
            .map_err(|error| error.to_string())?;
        let event: Event = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        let Some(side) = event.side.filter(|_| event.case.as_deref() == Some(case)) else {
            return Err(format!("a line is not of {case}"));
        };
        let whole = transcript.get_or_insert_with(|| Transcript {
            case: case.to_owned(),
            side,
            replay: event.replay.unwrap_or(1),
            started: event.at,
            ended: event.at,
            steps: Vec::new(),
            literals: Vec::new(),
            ending: Ending::Unverified,
        });
        whole.ended = event.at;
        match event.event {
            EventKind::Step(stored) => {
                let record = restore_step(event.step.as_deref().unwrap_or_default(), *stored, dir);
                let record = record.map_err(|error| error.to_string())?;
                if whole.steps.is_empty() {
                    whole.started = record.started;
                }
                whole.steps.push(record);
            }
            EventKind::SideEnded {
                started,
                ended,
                ending,
                literals,
            } => {
                whole.started = started;
                whole.ended = ended.unwrap_or(event.at);
                whole.ending = ending;
                whole.literals = literals;
            }
            _ => return Err(format!("a line is no part of what {case} did")),
        }
    }
    transcript.ok_or_else(|| format!("it holds nothing of {case}"))
}
