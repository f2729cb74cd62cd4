//! Progress on stderr: a bar on a terminal, a line per finding elsewhere.

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::context::{Context, tell};
use crate::compare::verdict::Verdict;
use crate::run::{Progress, ProgressEvent};

/// The bar, if there is one, and what feeds it.
pub(crate) struct ProgressLine {
    bar: Option<ProgressBar>,
    shown: bool,
}

impl ProgressLine {
    /// Progress of this many cases.
    pub(crate) fn new(context: &Context, cases: usize, shown: bool) -> Self {
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}");
        let bar = (shown && context.progress_bar).then(|| {
            let bar = ProgressBar::new(cases as u64);
            match style {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        Self { bar, shown }
    }

    /// What `run` reports to.
    pub(crate) fn sink(&self) -> Progress {
        let (bar, shown) = (self.bar.clone(), self.shown);
        Arc::new(move |event| match event {
            ProgressEvent::Started { case } => {
                if let Some(bar) = &bar {
                    bar.set_message(case);
                }
            }
            ProgressEvent::Judged {
                case,
                verdict,
                reason,
            } => {
                if let Some(bar) = &bar {
                    bar.inc(1);
                }
                let quiet = matches!(
                    verdict,
                    Verdict::Identical | Verdict::Equivalent | Verdict::KnownDivergence
                );
                if shown && !quiet {
                    let line = format!("{verdict:>18}  {case}: {reason}");
                    match &bar {
                        Some(bar) => bar.println(line),
                        None => tell(&line),
                    }
                }
            }
        })
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
