//! `cutover audit` of the shipped templates, as they are and with mistakes planted.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::support::{check, exit_of};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A copy of the shipped templates.
fn copied() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["e2b", "daytona"] {
        let from = Path::new(ROOT).join(name);
        let done = Command::new("cp")
            .arg("-r")
            .arg(from)
            .arg(dir.path())
            .status();
        assert!(done.unwrap().success());
    }
    dir
}

#[test]
fn the_shipped_templates_are_in_order_and_equal_in_what_agents_use() {
    let dir = copied();
    let at = dir.path();
    check(
        at,
        &["audit"],
        0,
        &["0 errors", "the example certificate is still in use"],
    );
    let json = check(at, &["audit", "--json", "e2b", "daytona"], 0, &[]);
    let audit: serde_json::Value = serde_json::from_str(&json).unwrap();
    let differences = audit["differences"].as_array().unwrap();
    let aspects: Vec<&str> = differences
        .iter()
        .map(|it| it["aspect"].as_str().unwrap())
        .collect();
    // What starts the database is each provider's own, and so are the sizes.
    assert!(
        aspects.iter().all(|it| ["file", "resources"].contains(it)),
        "{json}"
    );
    let same = Command::new("bash")
        .arg(Path::new(ROOT).join("tests/templates/same.sh"))
        .output()
        .unwrap();
    assert!(
        same.status.success(),
        "{}",
        String::from_utf8_lossy(&same.stdout)
    );
}

#[test]
fn four_planted_mistakes_are_found_with_their_lines() {
    let dir = copied();
    let at = dir.path();
    let dockerfile = at.join("daytona/daytona.Dockerfile");
    let text = fs::read_to_string(&dockerfile).unwrap();
    let line = text.lines().count();
    let planted = "ENV LITELLM_MASTER_KEY=sk-1234\nCOPY nowhere.sh /x\nRUN curl -fsSL https://get.example/x | bash\n";
    fs::write(&dockerfile, format!("{text}{planted}")).unwrap();
    let script = at.join("daytona/files/bin/start-db");
    let mut stale = fs::read_to_string(&script).unwrap();
    let stale_line = stale.lines().count() + 1;
    stale.push_str("# as the E2B start command\n");
    fs::write(&script, stale).unwrap();
    let said = [
        format!("error[secret] daytona/daytona.Dockerfile:{}:", line + 1),
        format!(
            "error[missing-source] daytona/daytona.Dockerfile:{}:",
            line + 2
        ),
        format!(
            "error[pipe-to-shell] daytona/daytona.Dockerfile:{}:",
            line + 3
        ),
        format!("error[other-provider] daytona/files/bin/start-db:{stale_line}:"),
        "4 errors".to_owned(),
    ];
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let page = check(at, &["audit"], 1, &said);
    assert!(
        !page.contains("sk-1234"),
        "a credential is named and not shown\n{page}"
    );
}

#[test]
fn the_platform_s_variables_are_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    fs::write(
        at.join("env"),
        "SANDBOX_CHOICE=daytona\nDAYTONA_API_KEY=dtn_x\nE2B_API_KEY=\n",
    )
    .unwrap();
    check(
        at,
        &["audit", "--env", "env"],
        1,
        &[
            "error[empty] env:3:",
            "error[tools-hang-on-the-old-key] env:1:",
            "warning[no-snapshot] env:1:",
        ],
    );
    check(at, &["audit", "--env", "none"], 2, &["cannot read none"]);
    check(
        at,
        &["audit", "--env", "env", "a", "b"],
        2,
        &["cannot be used with"],
    );
}

#[test]
fn what_is_no_template_is_told_at_once_for_both() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    fs::create_dir(at.join("daytona")).unwrap();
    let (code, said) = exit_of(at, &["audit"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("cannot read e2b") && said.contains("no `Dockerfile`"),
        "{said}"
    );
    check(at, &["audit", "one"], 2, &["2 values required"]);
}
