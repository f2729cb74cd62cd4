//! Commands with fixes.

use cutover_base::fixes::Fixes;
use cutover_js::json;

use crate::bed::{Bed, INTERNAL, answer, error, fixes};
use crate::cloud::told;

const SHELL: &str = "exec /bin/bash --noprofile --norc";

/// Q31, Q38, Q39, Q40, Q41, Q42
#[tokio::test]
async fn every_command_is_run_by_the_same_shell() {
    for id in ["Q31", "Q38", "Q39", "Q40", "Q41", "Q42"] {
        let bed = Bed::ready(fixes(&[id])).await;
        bed.execute("echo 'a'").await;
        let wanted = format!(r"{SHELL} -c 'echo '\''a'\''' </dev/null 2>&1");
        assert_eq!(bed.cloud.commands(), [wanted]);
    }
}

#[tokio::test]
async fn a_long_command_comes_in_a_file() {
    let bed = Bed::ready(Fixes::all()).await;
    let long = format!("echo {}", "a".repeat(100 << 10));
    bed.execute(&long).await;
    let commands = bed.cloud.commands();
    let forms = bed.cloud.bodies("POST /toolbox/s1/files/bulk-upload");
    assert_eq!((commands.len(), forms.len()), (1, 1));
    assert!(commands[0].len() < 200, "{}", commands[0]);
    let path = commands[0].strip_prefix("exec 9<").unwrap();
    let path = path.split(' ').next().unwrap();
    assert!(forms[0].contains(&format!("\r\n\r\n{path}\r\n")));
    assert!(forms[0].contains(&format!("\r\n\r\n{long}\r\n--")));
}

/// Q27, Q28, Q29, Q30, Q34, Q35, Q36
#[tokio::test]
async fn how_a_command_ended_is_told_in_one_way() {
    let (plain, failed) = ("", r#","is_error":true"#);
    let each = [
        // code, output, with which fixes, told, and how
        ("0", r#"" a\n""#, "all", r#"" a\n""#, plain),
        ("3", r#"" a\n""#, "all", r#"" a\n[exit code 3]""#, failed),
        ("3", r#"" a""#, "all", r#"" a\n[exit code 3]""#, failed),
        ("3", r#""""#, "all", r#""[exit code 3]""#, failed),
        ("143", r#""""#, "all", r#""[exit code 143]""#, failed),
        (
            "-1",
            r#""a""#,
            "all",
            r#""a\n[killed by a signal]""#,
            failed,
        ),
        (
            "",
            r#"" a""#,
            "all",
            r#""a\n[exit code undefined]""#,
            failed,
        ),
        ("3", r#"" a\n""#, "Q27", r#""a\n\n[exit code 3]""#, failed),
        ("3", r#"" a\n""#, "Q28", r#""a\n\n[exit code 3]""#, failed),
        ("0", r#"" a\n""#, "Q27", r#"" a\n""#, plain),
        ("3", r#"" a\n""#, "Q29", r#"" a\n[exit code 3]""#, plain),
        ("3", r#"" a\n""#, "Q30", r#"" a\n[exit code 3]""#, plain),
        ("-1", r#"" a\n""#, "Q30", r#"" a\n[exit code -1]""#, plain),
        ("3", r#"" a\n""#, "Q34", r#""a\n\n[exit code 3]""#, plain),
        ("-1", r#""a""#, "Q34", r#""a\n[killed by a signal]""#, plain),
        ("-1", r#""a""#, "Q35", r#""a\n[killed by a signal]""#, plain),
        ("-1", r#""a""#, "Q36", r#""a\n[killed by a signal]""#, plain),
    ];
    for (code, output, with, wanted, how) in each {
        let fixes = match with {
            "all" => Fixes::all(),
            id => fixes(&[id]),
        };
        let bed = Bed::ready(fixes).await;
        bed.cloud.ends(code, output);
        let told = json::stringify(&bed.output("c").await);
        let wanted = format!(r#"{{"output":{wanted}{how}}}"#);
        assert_eq!(told, wanted, "{with}: {code} {output}");
    }
}

/// Q37
#[tokio::test]
async fn a_limit_of_time_is_told() {
    let late = told(
        408,
        r#"{"message":"request timeout: command execution timeout"}"#,
    );
    let stopped = error(504, "stopped after 300 s");
    let each = [
        (fixes(&["Q37"]), stopped.clone()),
        (fixes(&["Q52"]), answer(500, INTERNAL)),
        (Fixes::all(), stopped),
    ];
    for (fixes, wanted) in each {
        let bed = Bed::ready(fixes).await;
        bed.cloud.rule("POST", "/process/execute", late.clone());
        assert_eq!(bed.execute("c").await, wanted);
    }
}
