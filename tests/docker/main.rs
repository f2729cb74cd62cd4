//! Goal: what cutover does with Docker holds with a real daemon and real images. Method: the built
//! command, as a user runs it; afterwards the daemon is asked for what is left. The images are made by
//! `.ci/docker images`, whose variables name them; without a daemon or an image the tests are
//! ignored with the reason, and fail when `CUTOVER_REQUIRE` names `docker`.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

mod audit;
mod daemon;
mod replays;
#[path = "../common/required.rs"]
mod required;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use required::without;

/// A test; it is given the images that the variables name.
type Test = fn(&daemon::Images);

const TESTS: &[(&str, Test)] = &[
    ("audit_tells_what_differs_in_fact", audit::two_images),
    (
        "audit_of_a_missing_image_is_no_answer",
        audit::a_missing_image,
    ),
    ("the_core_scenarios_agree", replays::core),
    ("a_killed_run_leaves_nothing_to_reap_twice", replays::killed),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let images = daemon::images();
    let trials = TESTS.iter().map(|&(name, test)| {
        let images = images.clone();
        Trial::ignorable_test(name, move || match images {
            Err(why) => without("docker", why),
            Ok(images) => {
                test(&images);
                Ok(libtest_mimic::Completion::Completed)
            }
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
