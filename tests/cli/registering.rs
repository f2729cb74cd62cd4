//! `cutover snapshot build` and `cutover template build` as far as they go without a provider: plans, refusals,
//! and what is said of a provider that cannot be reached.

use std::fs;
use std::path::Path;

use super::support::{check, exit_of};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn shipped(name: &str) -> String {
    format!("{ROOT}/{name}")
}

#[test]
fn the_shipped_folders_are_planned_and_nothing_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let folder = shipped("daytona");
    check(
        at,
        &["snapshot", "build", &folder, "--plan"],
        0,
        &[
            "snapshot litellm-8gb: cpu 2, memory 8 GB, disk 10 GB",
            "files/bin (",
            "nothing was sent",
        ],
    );
    let folder = shipped("e2b");
    let base = ["--build-arg", "BASE_IMAGE=mine:1"];
    let said = check(
        at,
        &[&["template", "build", &folder, "--plan"], &base[..]].concat(),
        0,
        &[
            "template litellm-4gb: cpu 8, memory MiB 4096",
            "from image mine:1",
            "RUN bash /opt/template/setup/packages.sh",
            "start: /usr/local/bin/start-db",
            "nothing was sent",
        ],
    );
    assert!(!said.contains("warning"), "{said}");
    let json = check(
        at,
        &["template", "build", &folder, "--dry-run", "--json"],
        0,
        &[],
    );
    let answer: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(answer["format"], "cutover.registration/1");
    assert_eq!(
        answer["plan"]["from_image"],
        "debian:bookworm-20250520-slim"
    );
    assert_eq!(answer["plan"]["contexts"][0]["files"], 1);
}

fn broken(at: &Path, name: &str) {
    let folder = at.join(name);
    fs::create_dir(&folder).unwrap();
    let text = "FROM a:1\nNONSENSE\nCOPY nowhere /x\nADD x.tar /x\nRUN <<EOF cat\nx\nEOF\n";
    fs::write(folder.join("Dockerfile"), text).unwrap();
    if name == "e2b" {
        fs::write(
            folder.join("e2b.toml"),
            "template_name = \"t\"\ncpu_count = 3\n",
        )
        .unwrap();
    }
}

#[test]
fn everything_wrong_is_told_with_its_line_and_exits_2() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    broken(at, "daytona");
    broken(at, "e2b");
    check(
        at,
        &["snapshot", "build"],
        2,
        &[
            "error[dockerfile] daytona/Dockerfile:2: unknown instruction",
            "error[missing-source] daytona/Dockerfile:3: nowhere is not in the folder",
            "error[add] daytona/Dockerfile:4: ",
            "error[heredoc] daytona/Dockerfile:5: ",
            "4 errors; nothing was sent",
        ],
    );
    check(
        at,
        &["template", "build"],
        2,
        &[
            "error[size] e2b/Dockerfile: CPU count must be 1 or an even number",
            "error[dockerfile] e2b/Dockerfile:2: unknown instruction",
            "error[missing-source] e2b/Dockerfile:3: nowhere is not in the folder",
            "error[add] e2b/Dockerfile:4: ",
            "error[heredoc] e2b/Dockerfile:5: ",
            "5 errors; nothing was sent",
        ],
    );
    let (code, said) = exit_of(at, &["snapshot", "build", "--json"]);
    assert_eq!(code, 2);
    assert!(said.contains("\"rule\": \"missing-source\""), "{said}");
}

#[test]
fn usage_is_refused_before_anything_else() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    check(at, &["snapshot"], 2, &["Usage"]);
    check(at, &["snapshot", "build"], 2, &["cannot read daytona"]);
    check(at, &["template", "build", "none"], 2, &["cannot read none"]);
    let folder = shipped("daytona");
    check(
        at,
        &["snapshot", "build", &folder],
        2,
        &["DAYTONA_API_KEY is not set"],
    );
    check(
        at,
        &["snapshot", "build", &folder, "--build-arg", "x"],
        2,
        &["NAME=VALUE"],
    );
    check(
        at,
        &["snapshot", "build", &folder, "--cpu", "0"],
        2,
        &["a whole number above 0"],
    );
    check(
        at,
        &["snapshot", "build", &folder, "--name", "a b"],
        2,
        &["Invalid snapshot name format"],
    );
    check(
        at,
        &["snapshot", "build", &folder, "--max-minutes", "0"],
        2,
        &["--max-minutes"],
    );
    check(
        at,
        &["template", "build", &shipped("e2b")],
        2,
        &["E2B_API_KEY is not set"],
    );
}
