//! What the builder says, as lines.
//!
//! The labels of cutover are steps of their own at the end of a build. They are left out, and the
//! others are counted without them, as whoever wrote the Dockerfile would.

use super::layers::Layers;
use crate::engine::LogSink;

/// Bytes of a line that has not ended yet; a longer one is told in parts.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// Makes lines of pieces, and notes the layers that they speak of.
pub(super) struct BuildLines {
    sink: LogSink,
    part: String,
    /// Steps at the end that are left out.
    ours: usize,
    /// The last step that began.
    step: usize,
    /// Whether that step is one of ours.
    quiet: bool,
    pub(super) layers: Layers,
}

/// The beginning of what the builder says once its steps are done.
const DONE: &str = "Successfully built ";

impl BuildLines {
    /// Lines for a sink, of a build whose last `ours` steps are cutover's.
    pub(super) fn new(sink: LogSink, layers: Layers, ours: usize) -> Self {
        Self {
            sink,
            part: String::new(),
            ours,
            step: 0,
            quiet: false,
            layers,
        }
    }

    /// Takes the next piece.
    pub(super) fn push(&mut self, piece: &str) {
        for line in piece.split_inclusive('\n') {
            self.part.push_str(line);
            if line.ends_with('\n') || self.part.len() > LINE_BYTES_MAX {
                self.end();
            }
        }
    }

    /// Ends the line that has begun, if one has.
    pub(super) fn end(&mut self) {
        let line = std::mem::take(&mut self.part);
        let line = line.trim_end_matches(['\n', '\r']);
        if !line.is_empty() {
            self.layers.note(line);
            self.tell(line);
        }
    }

    fn tell(&mut self, line: &str) {
        let next = step(line).filter(|(at, _, _)| *at == self.step + 1);
        if let Some((at, all, text)) = next {
            let all = all.saturating_sub(self.ours);
            self.step = at;
            self.quiet = at > all;
            if !self.quiet {
                (self.sink)(&format!("Step {at}/{all} : {text}"));
            }
            return;
        }
        self.quiet &= !line.starts_with(DONE);
        if !self.quiet {
            (self.sink)(line);
        }
    }
}

/// Which step of how many a line begins, and its text.
fn step(line: &str) -> Option<(usize, usize, &str)> {
    let (count, text) = line.strip_prefix("Step ")?.split_once(" : ")?;
    let (at, all) = count.split_once('/')?;
    Some((at.parse().ok()?, all.parse().ok()?, text))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn lines(ours: usize) -> (BuildLines, Arc<Mutex<Vec<String>>>) {
        let said = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&said);
        let sink: LogSink = Arc::new(move |line: &str| told.lock().unwrap().push(line.to_owned()));
        (BuildLines::new(sink, Layers::unwritten(), ours), said)
    }

    #[test]
    fn pieces_become_lines() {
        let (mut lines, said) = lines(0);
        let long = "x".repeat(LINE_BYTES_MAX + 1);
        for piece in ["Step 1/2 : FROM a", "\n", "one\r\ntwo\n\nth", "ree", &long] {
            lines.push(piece);
        }
        lines.push("end");
        lines.end();
        lines.end();
        let said = said.lock().unwrap().clone();
        let three = format!("three{long}");
        assert_eq!(said, ["Step 1/2 : FROM a", "one", "two", &three, "end"]);
    }

    #[test]
    fn our_steps_are_neither_told_nor_counted() {
        let (mut lines, said) = lines(2);
        lines.push("Step 1/4 : FROM a\n ---> 1\nStep 2/4 : RUN b\nStep 9/9 : said by it\n");
        lines.push("Step 3/4 : LABEL x=y\n ---> Running in 2\n ---> 3\n");
        lines.push("Step 4/4 : LABEL z=y\n ---> 4\nSuccessfully built 4\nSuccessfully tagged t\n");
        let said = said.lock().unwrap().clone();
        assert_eq!(
            said,
            [
                "Step 1/2 : FROM a",
                " ---> 1",
                "Step 2/2 : RUN b",
                "Step 9/9 : said by it",
                "Successfully built 4",
                "Successfully tagged t"
            ]
        );
    }
}
