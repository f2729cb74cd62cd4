//! Progress on stderr: a bar on a terminal, a line per finding elsewhere.

use std::sync::{Arc, OnceLock};

use indicatif::{ProgressBar, ProgressStyle};

use crate::app::observe::Observer;
use crate::cli::context::Context;
use crate::cli::output::{for_bar, tell};
use crate::compare::verdict::Verdict;
use crate::run::ProgressEvent;

/// Shows what a run tells.
pub(crate) struct ProgressLine {
    /// Whether there is a terminal for a bar.
    wants_bar: bool,
    /// There once the cases are counted.
    bar: OnceLock<ProgressBar>,
}

impl ProgressLine {
    /// Progress of a run that has not begun.
    pub(crate) fn shared(context: &Context) -> Arc<dyn Observer> {
        Arc::new(Self {
            wants_bar: context.progress_bar,
            bar: OnceLock::new(),
        })
    }
}

impl Observer for ProgressLine {
    fn begins(&self, cases: usize) {
        if !self.wants_bar {
            return;
        }
        self.bar.get_or_init(|| {
            let bar = ProgressBar::new(cases as u64);
            match ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}") {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
    }

    fn hears(&self, event: ProgressEvent) {
        let bar = self.bar.get();
        match event {
            ProgressEvent::Started { case } => {
                if let Some(bar) = bar {
                    bar.set_message(for_bar(&case));
                }
            }
            ProgressEvent::Judged {
                case,
                verdict,
                reason,
            } => {
                if let Some(bar) = bar {
                    bar.inc(1);
                }
                let quiet = matches!(
                    verdict,
                    Verdict::Identical | Verdict::Equivalent | Verdict::KnownDivergence
                );
                if !quiet {
                    let line = format!("{verdict:>18}  {case}: {reason}");
                    match bar {
                        Some(bar) => bar.println(for_bar(&line)),
                        None => tell(&line),
                    }
                }
            }
        }
    }

    fn ends(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }

    fn warns(&self, text: &str) {
        tell(text);
    }
}
