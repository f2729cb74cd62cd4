//! What the README shows, as it shows it.

use std::fs;

use serde_json::Value;

use crate::Case;
use crate::place::Place;

pub(crate) const CASES: &[Case] = &[(
    "readme::the_profile_gives_go_with_limits_on_the_shipped_scenarios",
    profile,
)];

/// The first block of the README that begins with this line.
fn block(first: &str) -> String {
    let readme = include_str!("../../README.md");
    let begins = readme.find(&format!("\n{first}\n")).unwrap() + 1;
    let ends = begins + readme[begins..].find("\n```").unwrap();
    readme[begins..=ends].to_owned()
}

fn profile() {
    let place = Place::new();
    // A folder without scenarios of its own has the shipped ones.
    place.write(
        "bare/cutover.profile.yaml",
        &block("format: cutover.profile/1"),
    );
    let bare = place.path().join("bare");
    let ask = |args: &[&str]| {
        let output = place.cutover(args).current_dir(&bare).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), text)
    };
    let profile = ["--surface", "provider", "--profile", "cutover.profile.yaml"];
    let (code, said) = ask(&[&["run", "--gate", "--rehearsal"], &profile[..]].concat());
    assert!(
        said.contains("decision GO_WITH_LIMITS (scope rehearsal)"),
        "{said}"
    );
    assert_eq!(code, Some(0), "{said}");
    let text = fs::read_to_string(bare.join("reports/latest/report.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["drift"]["verdict"], "unchanged", "{said}");
    let (code, said) = ask(&["gate", "--rehearsal"]);
    assert_eq!(code, Some(0), "{said}");
    // A part that holds what is required is enough; one that does not is not.
    let part = |only: &str| {
        let plan = ["run", "--gate", "--rehearsal", "--only", only];
        ask(&[&plan[..], &profile].concat())
    };
    let (code, said) = part("provider/execute/**");
    assert_eq!(code, Some(3), "{said}");
    assert!(
        said.contains("that were not selected: provider/files/"),
        "{said}"
    );
}
