//! Bad days of providers: never parity, and never a verdict on what was not seen.

use crate::Case;
use crate::place::{PLAIN, Place, Ran};

pub(crate) const CASES: &[Case] = &[
    ("faults::a_failing_side_is_unjudged", || {
        for kind in ["503", "reset", "truncate", "429"] {
            for side in ["source", "target"] {
                unjudged(&[&format!("{side}={kind}")]);
            }
        }
    }),
    ("faults::failing_alike_is_not_parity", || {
        for kind in ["503", "reset", "truncate", "429"] {
            unjudged(&[&format!("source={kind}"), &format!("target={kind}")]);
        }
    }),
    ("faults::slow_answers_are_answers", || {
        for kind in ["latency:50ms", "slow"] {
            for sides in [
                &[format!("source={kind}")][..],
                &[format!("source={kind}"), format!("target={kind}")],
            ] {
                let sides: Vec<&str> = sides.iter().map(String::as_str).collect();
                let (place, ran) = run(&sides, &[PLAIN]);
                assert_eq!(ran.code, Some(0), "{sides:?}\n{}", ran.text);
                assert_eq!(place.case("case1")["verdict"], "identical");
            }
        }
    }),
    ("faults::five_failed_creates_stop_the_run", breaker),
];

fn run(faults: &[&str], cases: &[&str]) -> (Place, Ran) {
    let place = Place::with(cases);
    let mut args = vec!["run", "--jobs", "2"];
    for fault in faults {
        args.extend(["--fault", fault]);
    }
    let ran = place.run(&args);
    place.assert_clean();
    (place, ran)
}

fn unjudged(faults: &[&str]) {
    let (place, ran) = run(faults, &[PLAIN]);
    assert_eq!(ran.code, Some(3), "{faults:?}\n{}", ran.text);
    let report = place.report();
    assert_eq!(report["drift"]["verdict"], "unjudged", "{faults:?}");
    assert_eq!(report["decision"]["verdict"], "INCONCLUSIVE", "{faults:?}");
    assert_eq!(
        place.case("case1")["verdict"],
        "provider_error",
        "{faults:?}"
    );
}

fn breaker() {
    let (place, ran) = run(&["target=503"], &[PLAIN; 9]);
    assert_eq!(ran.code, Some(3), "{}", ran.text);
    let report = place.report();
    let stopped = report["run"]["stopped"].as_str().unwrap_or_default();
    assert!(stopped.contains("creates in a row failed"), "{stopped}");
    assert!(ran.text.contains("creates in a row failed"), "{}", ran.text);
    let cases = report["cases"].as_array().unwrap();
    let skipped = cases.iter().filter(|case| case["verdict"] == "skipped");
    assert!(skipped.count() >= 1, "{}", ran.text);
    place.assert_destroyed();
}
