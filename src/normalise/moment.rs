//! Whether a written time lies within the run.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

const SECOND_NS: i128 = 1_000_000_000;

/// How far outside of the harness's own clock a time still counts as within the run: the clock
/// of a cloud may be off by a second or so, and a time cut to whole seconds lies before it.
const SLACK_NS: i128 = 2 * SECOND_NS;

/// The time a transcript took, with slack on both ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    from_ns: i128,
    to_ns: i128,
    /// Dates of both ends in UTC: what a time without a date or a year is completed with.
    dates: [Date; 2],
}

/// A time as it was written; what was not written is `None`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Written {
    pub(super) year: Option<i16>,
    pub(super) month: Option<i8>,
    pub(super) day: Option<i8>,
    pub(super) hour: i8,
    pub(super) minute: i8,
    pub(super) second: i8,
    pub(super) nanosecond: i32,
    /// East of UTC.
    pub(super) offset_seconds: i32,
    /// The time stands for everything from itself to itself plus this.
    pub(super) precision_ns: i64,
}

impl Span {
    pub(super) fn of(started: Timestamp, ended: Timestamp) -> Self {
        let date = |at: Timestamp| TimeZone::UTC.to_datetime(at).date();
        Self {
            from_ns: started.as_nanosecond() - SLACK_NS,
            to_ns: ended.as_nanosecond() + SLACK_NS,
            dates: [date(started), date(ended)],
        }
    }

    pub(super) fn holds(&self, from_ns: i128, precision_ns: i64) -> bool {
        from_ns <= self.to_ns && from_ns + i128::from(precision_ns) > self.from_ns
    }

    /// Whether the time as written can lie within the span.
    pub(super) fn holds_written(&self, written: &Written) -> bool {
        self.dates.iter().any(|date| {
            let civil = DateTime::new(
                written.year.unwrap_or(date.year()),
                written.month.unwrap_or(date.month()),
                written.day.unwrap_or(date.day()),
                written.hour,
                written.minute,
                written.second,
                written.nanosecond,
            );
            let Ok(at) = civil.and_then(|civil| TimeZone::UTC.to_timestamp(civil)) else {
                return false;
            };
            let at = at.as_nanosecond() - i128::from(written.offset_seconds) * SECOND_NS;
            self.holds(at, written.precision_ns)
        })
    }
}
