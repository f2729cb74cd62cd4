//! Latency and availability as rows of text, for every report that shows tables.

use cutover_base::side::Side;

use crate::report::escape::one_line;
use crate::report::input::ReportInput;

/// Latency per verb, both sides beside each other. The first row names the columns.
pub(crate) fn latency(input: &ReportInput<'_>) -> Vec<Vec<String>> {
    let head = [
        "verb", "source n", "p50 ms", "p95 ms", "target n", "p50 ms", "p95 ms",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let mut verbs: Vec<_> = input.timing.iter().map(|row| row.verb.as_str()).collect();
    verbs.dedup();
    for verb in verbs {
        let mut row = vec![one_line(verb)];
        for side in Side::BOTH {
            let found = input
                .timing
                .iter()
                .find(|t| t.verb == verb && t.side == side);
            match found {
                Some(t) => row.extend([t.count, t.p50_ms, t.p95_ms].map(|n| n.to_string())),
                None => row.extend(["-", "-", "-"].map(str::to_owned)),
            }
        }
        rows.push(row);
    }
    rows
}

/// Availability per operation, both sides beside each other. The first row names the columns.
pub(crate) fn availability(input: &ReportInput<'_>) -> Vec<Vec<String>> {
    let head = [
        "operation",
        "source calls",
        "failed",
        "retries",
        "target calls",
        "failed",
        "retries",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let mut verbs: Vec<_> = input
        .availability
        .iter()
        .map(|row| row.verb.as_str())
        .collect();
    verbs.dedup();
    for verb in verbs {
        let mut row = vec![one_line(verb)];
        for side in Side::BOTH {
            let found = input
                .availability
                .iter()
                .find(|a| a.verb == verb && a.side == side);
            match found {
                Some(a) => {
                    let numbers = [a.calls, a.first_attempt_failures, a.retries];
                    row.extend(numbers.map(|n| n.to_string()));
                }
                None => row.extend(["-", "-", "-"].map(str::to_owned)),
            }
        }
        rows.push(row);
    }
    rows
}
