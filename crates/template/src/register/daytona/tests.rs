//! Plans of small folders, and hashes beside those of Daytona's own SDK.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::*;
use crate::audit::Level;
use crate::register::archive::{Packing, archive};
use crate::register::{BuildArguments, NoPlan};

fn settings() -> SnapshotSettings {
    SnapshotSettings {
        name: "litellm-8gb".to_owned(),
        sizes: Sizes {
            cpu: 2,
            memory: 8,
            disk: 10,
        },
        arguments: BuildArguments::default(),
        context_bytes_max: 1024 * 1024,
    }
}

/// The folder of which the SDKs' numbers are.
fn folder(dockerfile: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    fs::create_dir_all(at.join("bin/deep")).unwrap();
    fs::create_dir_all(at.join("bin/empty")).unwrap();
    for (file, text, mode) in [
        ("a.txt", "hello\n", 0o644),
        ("bin/run", "#!/bin/sh\n", 0o755),
        ("bin/deep/x", "x", 0o644),
        ("bin/also", "y", 0o600),
        ("my.Dockerfile", dockerfile, 0o644),
    ] {
        fs::write(at.join(file), text).unwrap();
        fs::set_permissions(at.join(file), fs::Permissions::from_mode(mode)).unwrap();
    }
    dir
}

fn findings(at: &Path) -> Vec<(usize, &'static str, Level)> {
    let Err(NoPlan::Findings(all)) = plan(at, &settings()) else {
        panic!("it should have findings");
    };
    all.iter().map(|it| (it.line, it.rule, it.level)).collect()
}

/// Made with the package `daytona` 0.226.1, `os.walk` made to sort by name:
/// `ObjectStorage._compute_hash_for_path_md5(None, "bin", "bin")` in the folder of [`folder`].
#[test]
fn hashes_are_those_of_the_sdk() {
    let dir = folder("FROM a\nCOPY a.txt bin /x/\nCOPY bin/empty /y/\n");
    let plan = plan(dir.path(), &settings()).unwrap();
    let hashes: Vec<(&str, &str)> = plan
        .contexts
        .iter()
        .map(|it| (it.path.as_str(), it.hash.as_str()))
        .collect();
    assert_eq!(
        hashes,
        [
            ("a.txt", "bbaf54e537cef99cbc417a632910d78e"),
            ("bin", "e0d0a4b6fae02f2834165f90ac517e1e"),
            ("bin/empty", "1e9187d21fb8a5cd372f45c838d857ea"),
        ]
    );
    let warned: Vec<&str> = plan.warnings.iter().map(|it| it.rule).collect();
    assert_eq!(warned, ["empty-folder", "empty-folder"]);
    assert_eq!(plan.contexts[1].amount.files, 3);
}

#[test]
fn a_tar_is_the_same_whenever_it_is_made() {
    let tar = || {
        let dir = folder("FROM a\nCOPY bin /x/\n");
        let made = plan(dir.path(), &settings()).unwrap();
        let mut made = archive(&made.contexts[0].taken, Packing::Plain).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut made.file, &mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, made.bytes);
        bytes
    };
    let bytes = tar();
    assert_eq!(bytes, tar());
    let mut read = tar::Archive::new(bytes.as_slice());
    let names: Vec<(String, u32)> = read
        .entries()
        .unwrap()
        .map(|it| {
            let it = it.unwrap();
            assert_eq!(it.header().mtime().unwrap(), 0);
            assert_eq!(it.header().uid().unwrap(), 0);
            let path = it.path().unwrap().display().to_string();
            (path, it.header().mode().unwrap())
        })
        .filter(|(path, _)| !path.ends_with('/'))
        .collect();
    let expected = [
        ("bin/also", 0o600),
        ("bin/deep/x", 0o644),
        ("bin/run", 0o755),
    ];
    assert_eq!(names, expected.map(|(path, mode)| (path.to_owned(), mode)));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let dir = folder(concat!(
        "FROM a AS b\nNONSENSE\nCOPY nowhere /x\nCOPY ../up /x\nADD a.txt /x\n",
        "ADD https://example.test/x /x\nRUN <<EOF\ntrue\nEOF\nCOPY bin /x\nCOPY --from=b /x /y\n",
        "COPY $UNKNOWN /x\nRUN --mount=type=cache,target=/c true\nCOPY <<EOF /z\nz\nEOF\nFROM b\nCOPY a.* /x/\n"
    ));
    symlink("run", dir.path().join("bin/link")).unwrap();
    symlink("/etc/passwd", dir.path().join("bin/out")).unwrap();
    let errors: Vec<(usize, &str)> = findings(dir.path())
        .into_iter()
        .filter(|(_, _, level)| *level == Level::Error)
        .map(|(line, rule, _)| (line, rule))
        .collect();
    assert_eq!(
        errors,
        [
            (2, "dockerfile"),
            (3, "missing-source"),
            (4, "missing-source"),
            (5, "add"),
            (7, "heredoc"),
            (10, "link"),
            (12, "variable"),
            (13, "mount"),
            (14, "heredoc"),
        ]
    );
}

#[test]
fn a_link_that_stays_inside_is_lost_and_therefore_refused() {
    let dir = folder("FROM a\nCOPY bin /x\n");
    symlink("run", dir.path().join("bin/link")).unwrap();
    let found = findings(dir.path());
    assert!(found.contains(&(2, "link", Level::Error)), "{found:?}");
}

#[test]
fn too_large_a_context_is_refused_with_the_limit() {
    let dir = folder("FROM a\nCOPY a.txt /x\nCOPY bin /y\n");
    let large = fs::File::create(dir.path().join("bin/large")).unwrap();
    large.set_len(2 * 1024 * 1024 * 1024).unwrap();
    let Err(NoPlan::Findings(all)) = plan(dir.path(), &settings()) else {
        panic!("it is too large");
    };
    let found = all.iter().find(|it| it.rule == "context-size").unwrap();
    assert_eq!(found.line, 3);
    assert!(
        found.message.contains("more than 1 MiB; most of it is bin"),
        "{}",
        found.message
    );
    assert!(found.help.contains("--max-context"));
}

#[test]
fn build_arguments_become_the_defaults() {
    let dir =
        folder("ARG BASE=a:1\nARG OTHER=x\nFROM $BASE\nARG OTHER DIR=bin\nCOPY $DIR/run /x\n");
    let given = |all: &[&str]| {
        let all: Vec<String> = all.iter().map(|it| (*it).to_owned()).collect();
        let arguments = BuildArguments::read(&all).unwrap();
        plan(
            dir.path(),
            &SnapshotSettings {
                arguments,
                ..settings()
            },
        )
    };
    let plan = given(&["BASE=b c", "DIR=bin/deep/.."]);
    assert!(
        matches!(plan, Err(NoPlan::Findings(_))),
        "it leaves the folder"
    );
    let plan = given(&["BASE=b \"c", "OTHER=y"]).unwrap();
    assert_eq!(
        plan.dockerfile_content,
        "ARG BASE=\"b \\\"c\"\nARG OTHER=y\nFROM $BASE\nARG OTHER=y DIR=bin\nCOPY $DIR/run /x\n"
    );
    assert_eq!(plan.contexts[0].path, "bin/run");
    let Err(NoPlan::Findings(all)) = given(&["NONE=1"]) else {
        panic!("no ARG takes it");
    };
    assert!(all[0].message.contains("--build-arg NONE"));
    assert!(BuildArguments::read(&["x".to_owned(), "1=2".to_owned()]).is_err());
}

#[test]
fn the_shipped_folder_has_nothing_against_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../daytona");
    let plan = plan(&root, &settings()).unwrap();
    assert_eq!(plan.warnings, []);
    assert_eq!(
        plan.dockerfile_content,
        fs::read_to_string(root.join("daytona.Dockerfile")).unwrap()
    );
    assert!(plan.contexts.len() > 10);
}

#[test]
fn a_name_that_daytona_refuses_is_told_before() {
    let dir = folder("FROM a\n");
    let named = |name: &str| {
        let name = name.to_owned();
        plan(dir.path(), &SnapshotSettings { name, ..settings() }).is_ok()
    };
    assert!(named("a/b:1.2-x"));
    for name in ["", "a b", "a//b", "a@sha256:0", "é"] {
        assert!(!named(name), "{name}");
    }
}
