//! Registrations with what `COPY` names, against the stand-ins that build for real.

use std::fs;

use super::registered::{Standin, folder};

/// Files, folders and modes reach the image, whichever provider it is.
#[test]
fn what_copy_names_reaches_the_build() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let text = "FROM debian:12\nCOPY files /opt/files\nRUN echo said: $(cat /opt/files/word /opt/files/deep/more)\n";
    let files = [("files/word", "hello"), ("files/deep/more", "world")];
    folder(
        at,
        "daytona",
        &[&files[..], &[("Dockerfile", text)]].concat(),
    );
    folder(
        at,
        "e2b",
        &[
            &files[..],
            &[
                ("e2b.Dockerfile", text),
                ("e2b.toml", "template_name = \"t\"\n"),
            ],
        ]
        .concat(),
    );
    let daytona = Standin::start("daytona", at);
    let build = ["snapshot", "build", "--name", "s"];
    daytona.check(
        at,
        &build,
        0,
        &["files: uploading 10 bytes", "said: helloworld"],
    );
    daytona.check(at, &build, 0, &["nothing to do"]);
    let again = ["snapshot", "build", "--name", "s2"];
    daytona.check(at, &again, 0, &["files: already there"]);
    let e2b = Standin::start("e2b", at);
    let build = ["template", "build"];
    e2b.check(
        at,
        &build,
        0,
        &[
            "files: uploading 10 bytes",
            "said: helloworld",
            "E2B_TEMPLATE=t\n",
        ],
    );
    e2b.check(at, &build, 0, &["nothing to do"]);
    e2b.check(
        at,
        &["template", "build", "--tag", "v2"],
        0,
        &["is given the tag v2", "E2B_TEMPLATE=t:v2\n"],
    );
    e2b.check(
        at,
        &["template", "build", "--force"],
        0,
        &["files: already there", "is ready"],
    );
    fs::write(at.join("e2b/files/word"), "bye").unwrap();
    e2b.check(
        at,
        &build,
        0,
        &["files: uploading 8 bytes", "said: byeworld"],
    );
}

#[test]
fn a_template_whose_build_fails_exits_3_and_says_what_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    folder(
        at,
        "e2b",
        &[
            ("e2b.Dockerfile", "FROM debian:12\nRUN echo begin; false\n"),
            ("e2b.toml", "template_name = \"t\"\n"),
        ],
    );
    let e2b = Standin::start("e2b", at);
    e2b.check(
        at,
        &["template", "build"],
        3,
        &[
            "error: the build of t failed: ",
            "earlier builds are as they were",
            "curl -X DELETE",
        ],
    );
}
