//! Durations in the whole units of a wire, rounded up: no limit is shorter than what was asked for.

use std::time::Duration;

/// Whole seconds.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// Whole minutes.
pub(crate) fn whole_minutes(duration: Duration) -> u64 {
    whole_seconds(duration).div_ceil(60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_rounded_up() {
        for (millis, seconds, minutes) in [
            (0, 0, 0),
            (1, 1, 1),
            (1500, 2, 1),
            (59_001, 60, 1),
            (60_000, 60, 1),
            (60_001, 61, 2),
            (300_000, 300, 5),
        ] {
            let duration = Duration::from_millis(millis);
            assert_eq!(whole_seconds(duration), seconds, "{millis} ms");
            assert_eq!(whole_minutes(duration), minutes, "{millis} ms");
        }
    }
}
