//! Reports: what a run came to, for people and for machines.
//!
//! Comes in: a stored run and the conclusion that `compare` drew from it, as a [`ReportInput`].
//! Goes out: `report.json`, `decision.json`, `junit.xml`, `summary.md`, `comment.md`,
//! `report.html`, the text for the terminal, and the last scan for secrets. Deliberately absent:
//! any decision; a report tells and never judges.

mod about;
#[cfg(test)]
mod cause_tests;
pub mod decision;
pub mod escape;
mod evidence;
mod failing;
#[cfg(test)]
mod fixture;
pub mod headline;
pub mod html;
pub mod input;
pub mod json;
mod json_quirks;
pub mod junit;
mod ledger;
mod lines;
mod long_line;
pub mod markdown;
pub mod model;
pub mod model_case;
pub mod model_step;
mod outcome;
mod painted;
pub mod prose;
pub mod render;
mod replays;
mod repro;
pub mod scan;
mod sides;
#[cfg(test)]
mod sides_tests;
mod standing;
#[cfg(test)]
mod standing_tests;
mod tables;
pub mod terminal;
mod terminal_cases;
mod terminal_page;
mod terminal_shown;
mod terminal_tried;
#[cfg(test)]
mod tests;
pub mod traffic;
mod values;

pub use input::{ReportInput, Resources, RunFacts};
pub use painted::Painted;
pub use render::{ReportError, write_all};
pub use scan::{Finding, scan, scan_files, withhold};
pub use terminal_shown::divergence;
pub use terminal_tried::whole_case;
