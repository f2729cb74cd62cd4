//! What is judged, and by what.

use cutover_base::by_side::BySide;
use cutover_base::side::Side;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::call::Surface;
use crate::compare::ledger::Ledger;
use crate::compare::subjects::Subjects;
use crate::scenario::PlayedAt;
use crate::scenario::model::Scenario;
use crate::transcript::Transcript;

/// Everything that the judge looks at.
#[derive(Debug, Clone, Copy)]
pub struct CaseInput<'a> {
    /// The case, e.g. `provider/execute/nonzero-exit`.
    pub case_id: &'a str,
    /// Its scenario.
    pub scenario: &'a Scenario,
    /// Its surface.
    pub surface: Surface,
    /// Whether the run may not be judged without it.
    pub required: bool,
    /// What each side did, one transcript per replay.
    pub transcripts: BySide<&'a [Transcript]>,
    /// Who the sides are.
    pub subjects: &'a Subjects,
    /// What is known.
    pub ledger: &'a Ledger,
    /// When is judged, UTC: entries expire by its date.
    pub now: Timestamp,
}

impl CaseInput<'_> {
    /// Where the steps of a side were played.
    pub(super) fn at(&self, side: Side) -> PlayedAt {
        PlayedAt {
            surface: self.surface,
            side,
            with_platform: self.subjects.sides[side].stack.has_platform(),
        }
    }

    /// The date by which entries expire.
    pub(super) fn today(&self) -> Date {
        TimeZone::UTC.to_datetime(self.now).date()
    }
}
