//! What goes wrong once a run has begun is no mistake in usage: exit 2 says that nothing was
//! created.

use std::fs;

use crate::support::{check, exit_of, exit_within, newest_run, scenario};

#[test]
fn a_run_folder_that_is_removed_while_the_run_goes_on_is_exit_3() {
    for what in ["reports/2*", "reports", "reports/2*/events.ndjson"] {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path();
        // The engine `process` does not keep a command from what is around it.
        let gone = at.join(what).display().to_string();
        let text = format!("why: x\nsteps:\n  - execute: 'rm -rf {gone}'\n");
        scenario(at, "a/removes.yaml", &text);
        for gate in [&[][..], &["--gate"]] {
            let args = [&["run", "--engine", "process"][..], gate].concat();
            let said = check(
                at,
                &args,
                3,
                &["events.ndjson", "removed while the run went on"],
            );
            assert!(!said.contains("panicked"), "{said}");
        }
    }
}

#[test]
fn a_disk_that_fills_up_is_exit_3_wherever_it_does() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    // Long enough that the journal, then the reports, meet every bound below.
    let text = format!(
        "why: {}\nsteps:\n  - execute: 'head -c 20000 /dev/zero | tr \"\\0\" a'\n",
        "x".repeat(4000)
    );
    scenario(at, "a/long.yaml", &text);
    let args = ["run", "--engine", "process", "--jobs", "1"];
    let mut codes = Vec::new();
    for blocks in [0, 1, 9, 10, 12, 16, 24, 48, 64, 96, 128, 192, 100_000] {
        let (code, said) = exit_within(at, blocks, &args);
        let fits = code == 0 && said.contains("drift unchanged");
        assert!(fits || code == 3, "{blocks} blocks: {code}\n{said}");
        assert!(fits || said.contains("error: "), "{blocks}: {said}");
        assert!(!said.contains("panicked"), "{blocks}: {said}");
        codes.push(code);
    }
    assert_eq!(codes.first(), Some(&3), "{codes:?}");
    assert_eq!(codes.last(), Some(&0), "{codes:?}");
    let folders = fs::read_dir(at.join("reports")).unwrap().count();
    assert!(folders > 2, "each has its folder");
    // The last of them is whole; what is made of it meets the same disk.
    let whole = newest_run(at).to_str().unwrap().to_owned();
    let tried = ["try", "--engine", "process", "echo x"];
    for args in [&["report", &whole][..], &tried] {
        let (code, said) = exit_within(at, 1, args);
        assert_eq!(code, 3, "{args:?}: {said}");
    }
}

#[test]
fn a_clock_that_leaps_back_changes_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    for name in ["one", "two"] {
        let text = format!("why: x\nsteps:\n  - execute: 'echo {name}'\n");
        scenario(at, &format!("a/{name}.yaml"), &text);
    }
    let run = ["run", "--engine", "process", "--jobs", "1"];
    check(at, &run, 0, &["drift unchanged", "decision GO"]);
    let journal = newest_run(at).join("events.ndjson");
    let text = fs::read_to_string(&journal).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let year = |line: &str, year: &str| line.replace("\"202", &format!("\"{year}"));
    // Half of the run was written before the other half began, as the machine's clock has it.
    for (name, year_then) in [("back", "192"), ("forth", "212")] {
        let leapt: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(index, line)| {
                let is_late = index > lines.len() / 2;
                if is_late {
                    year(line, year_then)
                } else {
                    (*line).to_owned()
                }
            })
            .collect();
        fs::write(&journal, leapt.join("\n") + "\n").unwrap();
        let (code, said) = exit_of(at, &["gate", "--rehearsal"]);
        assert_eq!(code, 0, "{name}: {said}");
        check(at, &["report"], 0, &["drift unchanged"]);
    }
}

#[test]
fn a_run_that_cannot_begin_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    scenario(at, "a/one.yaml", "why: x\nsteps:\n  - execute: 'true'\n");
    fs::create_dir_all(at.join("reports/latest")).unwrap();
    check(at, &["run", "--engine", "process"], 2, &["latest"]);
    let names: Vec<_> = fs::read_dir(at.join("reports"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["latest"]);
}
