//! Plans of small folders, and steps and hashes beside those of E2B's own SDK.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::*;
use crate::audit::Level;
use crate::register::{BuildArguments, NoPlan};

fn settings() -> TemplateSettings {
    TemplateSettings {
        name: Some("t".to_owned()),
        context_bytes_max: 1024 * 1024,
        ..TemplateSettings::default()
    }
}

/// The folder of which the SDK's numbers are.
fn folder(dockerfile: &str, ignored: Option<&str>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    fs::create_dir_all(at.join("bin/deep")).unwrap();
    fs::create_dir_all(at.join("bin/empty")).unwrap();
    for folder in ["bin", "bin/deep", "bin/empty"] {
        fs::set_permissions(at.join(folder), fs::Permissions::from_mode(0o755)).unwrap();
    }
    for (file, text, mode) in [
        ("a.txt", "hello\n", 0o644),
        ("bin/run", "#!/bin/sh\n", 0o755),
        ("bin/deep/x", "x", 0o644),
        ("bin/also", "y", 0o600),
        ("e2b.Dockerfile", dockerfile, 0o644),
    ] {
        fs::write(at.join(file), text).unwrap();
        fs::set_permissions(at.join(file), fs::Permissions::from_mode(mode)).unwrap();
    }
    symlink("run", at.join("bin/link")).unwrap();
    if let Some(text) = ignored {
        fs::write(at.join(".dockerignore"), text).unwrap();
    }
    dir
}

fn errors(dockerfile: &str) -> Vec<(usize, &'static str)> {
    let dir = folder(dockerfile, None);
    let Err(NoPlan::Findings(all)) = plan(dir.path(), &settings()) else {
        panic!("it should have findings");
    };
    let all = all.iter().filter(|it| it.level == Level::Error);
    all.map(|it| (it.line, it.rule)).collect()
}

fn steps(plan: &TemplatePlan) -> Vec<(&str, Vec<&str>)> {
    let steps = plan.steps.iter();
    steps
        .map(|it| (it.kind, it.args.iter().map(String::as_str).collect()))
        .collect()
}

/// Made with the package `e2b` 2.63.0:
/// `calculate_files_hash("bin", "/opt/bin", folder, ignored, False, None)` of `e2b.template.utils`.
#[test]
fn hashes_are_those_of_the_sdk() {
    let text = "FROM a\nCOPY a.txt /a.txt\nCOPY bin /opt/bin\nCOPY *.txt /t/\n";
    let hashes = |ignored| {
        let dir = folder(text, ignored);
        let plan = plan(dir.path(), &settings()).unwrap();
        let all = plan.contexts.into_iter().map(|it| it.hash);
        all.collect::<Vec<String>>()
    };
    assert_eq!(
        hashes(None),
        [
            "ed7477d040e29e219a216338564a7ff320a3b7be97ee7fa976709849249d18f8",
            "7be218af71497e6714b20559f7b6e774e5a97b8ea8c17edf7430ab59735d0d9b",
            "85038a80fae5c0fefdc578613e1e0191de6d06fa746e5721f9d1543c169a266d",
        ]
    );
    assert_eq!(
        hashes(Some("bin/deep\n"))[1],
        "3408d0366b1081a7cc6a39419145793684de7dc56339fb03b17e95ee8fece5c7"
    );
}

/// The expected steps are those of the package `e2b` 2.63.0,
/// `Template(file_context_path=folder).from_dockerfile(text)`, but for `$A`, which it leaves to the
/// builder.
#[test]
fn steps_are_those_of_the_sdk_with_arguments_put_in() {
    let text = r#"ARG BASE=debian
FROM ${BASE}:12
RUN apt-get update \
    # c
    && apt-get install -y git
ARG A=1
ARG B
ENV C=$A D="x y"
COPY --chown=user:user --chmod=755 a.txt bin /opt/
WORKDIR /w
WORKDIR sub
RUN ["sh","-c","echo hi; x"]
RUN <<EOF
first
second
EOF
ENV PATH=/x:$PATH
ENTRYPOINT ["/bin/start","now"]
CMD sleep infinity
"#;
    let dir = folder(text, None);
    let plan = plan(dir.path(), &settings()).unwrap();
    assert_eq!(plan.from_image, "debian:12");
    assert_eq!(
        steps(&plan),
        [
            ("USER", vec!["root"]),
            ("WORKDIR", vec!["/"]),
            ("RUN", vec!["apt-get update     && apt-get install -y git"]),
            ("ENV", vec!["A", "1"]),
            ("ENV", vec!["B", ""]),
            ("ENV", vec!["C", "1", "D", "x y"]),
            ("COPY", vec!["a.txt", "/opt/", "user:user", "0755"]),
            ("COPY", vec!["bin", "/opt/", "user:user", "0755"]),
            ("WORKDIR", vec!["/w"]),
            ("WORKDIR", vec!["sub"]),
            ("RUN", vec!["sh -c 'echo hi; x'"]),
            ("RUN", vec!["first\nsecond\n"]),
            ("ENV", vec!["PATH", "/x:$PATH"]),
            ("USER", vec!["user"]),
        ]
    );
    assert_eq!(
        plan.steps[6].files_hash.as_deref(),
        Some("83e9bb25317b29e5c8add72f179d57dc4b9d151e8c1a6fb0dc7d5d3e58b2fccb")
    );
    assert_eq!(
        plan.start_cmd.as_deref(),
        Some("/bin/start now /bin/sh -c 'sleep infinity'")
    );
    assert_eq!(plan.ready_cmd.as_deref(), Some("sleep 20"));
}

#[test]
fn a_build_argument_reaches_from_and_what_is_declared_again() {
    let text = "ARG BASE=a\nARG V=1\nFROM $BASE\nARG V\nRUN echo $V\n";
    let dir = folder(text, None);
    let given = ["BASE=b:2".to_owned(), "V=3".to_owned()];
    let arguments = BuildArguments::read(&given).unwrap();
    let made = plan(
        dir.path(),
        &TemplateSettings {
            arguments,
            ..settings()
        },
    )
    .unwrap();
    assert_eq!(made.from_image, "b:2");
    let plain = plan(dir.path(), &settings()).unwrap();
    assert!(steps(&made).contains(&("ENV", vec!["V", "3"])));
    assert!(steps(&plain).contains(&("ENV", vec!["V", "1"])));
    assert!(!steps(&plain).contains(&("ENV", vec!["BASE", "a"])));
    assert_ne!(made.content_hash, plain.content_hash);
    assert_eq!(
        plain.content_hash,
        plan(dir.path(), &settings()).unwrap().content_hash
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = concat!(
        "FROM a AS b\nNONSENSE\nCOPY nowhere /x\nCOPY --from=b /x /y\nADD https://x.test/y /x\n",
        "ADD x.tar.gz /x\nCOPY --chmod=u+x a.txt /x\nSHELL [\"sh\"]\nENV A='$B'\nCOPY <<EOF /z\nz\nEOF\n",
        "WORKDIR $NOWHERE\nRUN --mount=type=secret,id=s true\nONBUILD RUN true\nCOPY --exclude=x bin /x\nFROM b\n"
    );
    assert_eq!(
        errors(text),
        [
            (2, "dockerfile"),
            (3, "missing-source"),
            (4, "stages"),
            (5, "add"),
            (6, "add"),
            (7, "chmod"),
            (8, "unsupported"),
            (9, "dollar"),
            (10, "heredoc"),
            (13, "variable"),
            (14, "mount"),
            (15, "unsupported"),
            (16, "flag"),
            (17, "stages"),
        ]
    );
    assert_eq!(errors("ARG X\nFROM $X\n"), [(2, "variable")]);
}

#[test]
fn names_tags_and_sizes_are_refused_in_e2b_s_words() {
    let dir = folder("FROM a\n", None);
    let told = |settings: TemplateSettings| {
        let Err(NoPlan::Findings(all)) = plan(dir.path(), &settings) else {
            panic!("it should be refused");
        };
        all.into_iter().map(|it| it.message).collect::<Vec<_>>()
    };
    let wrong = TemplateSettings {
        name: Some("A b".to_owned()),
        tags: vec!["x:y".to_owned()],
        cpu: Some(3),
        memory_mib: Some(127),
        ..settings()
    };
    assert_eq!(
        told(wrong),
        [
            "Invalid name: A b",
            "Invalid tag: x:y",
            "CPU count must be 1 or an even number",
            "Memory must be at least 128 MiB"
        ]
    );
    let unnamed = TemplateSettings {
        name: None,
        ..settings()
    };
    assert_eq!(told(unnamed), ["Name is required"]);
}

#[test]
fn the_shipped_folder_has_nothing_against_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2b");
    let settings = TemplateSettings {
        name: None,
        ..settings()
    };
    let plan = plan(&root, &settings).unwrap();
    assert_eq!(plan.warnings, []);
    assert_eq!(plan.name, "litellm-4gb");
    assert_eq!(plan.from_image, "debian:bookworm-20250520-slim");
    assert_eq!((plan.cpu, plan.memory_mib), (Some(8), Some(4096)));
    assert_eq!(plan.start_cmd.as_deref(), Some("/usr/local/bin/start-db"));
    assert!(plan.ready_cmd.unwrap().starts_with("pg_isready"));
}
