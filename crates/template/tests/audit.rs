//! Two templates beside each other: what is planted is found, and nothing else.
#![expect(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use std::fs;
use std::path::{Path, PathBuf};

use cutover_template::{Audit, Level, Template, audit};

const E2B: &str = "\
ARG BASE=debian:12.5
FROM ${BASE}
RUN apt-get update && apt-get install -y git gh=2.92.0 python-is-python3
RUN useradd -m -s /bin/bash user
COPY env /etc/profile.d/litellm.sh
COPY start-db.sh /usr/local/bin/start-db
USER user
WORKDIR /home/user
";

const DAYTONA: &str = "\
ARG BASE=debian:12.5
FROM ${BASE}
RUN apt-get update && apt-get install -y git
RUN useradd -m -s /bin/bash user
ENV A=1 B=2
COPY start-db.sh /usr/local/bin/start-db
USER user
WORKDIR /home/user
ENTRYPOINT [\"/usr/local/bin/start-db\", \"--foreground\"]
";

struct Pair {
    _dir: tempfile::TempDir,
    folders: [PathBuf; 2],
}

impl Pair {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folders = ["e2b", "daytona"].map(|name| dir.path().join(name));
        let shared = [
            ("e2b/e2b.Dockerfile", E2B),
            (
                "e2b/e2b.toml",
                "cpu_count = 2\nmemory_mb = 4096\nstart_cmd = \"/usr/local/bin/start-db\"\n",
            ),
            ("e2b/env", "export A=1\nexport B=2\n"),
            ("e2b/start-db.sh", "#!/bin/sh\n"),
            ("daytona/daytona.Dockerfile", DAYTONA),
            ("daytona/start-db.sh", "#!/bin/sh\n"),
        ];
        for folder in &folders {
            fs::create_dir(folder).unwrap();
        }
        for (path, text) in shared.iter().chain(files) {
            fs::write(dir.path().join(path), text).unwrap();
        }
        Self { _dir: dir, folders }
    }

    fn audit(&self) -> Audit {
        let [first, second] = self.folders.each_ref().map(|path| read(path));
        audit([&first, &second])
    }
}

fn read(path: &Path) -> Template {
    Template::read(path, None).unwrap()
}

fn found(audit: &Audit) -> Vec<(&str, String)> {
    let findings = audit.findings.iter();
    let told = findings.map(|it| {
        let place = it.place();
        let from = place.rfind("/tmp").map_or(0, |at| {
            place[at..]
                .find("e2b/")
                .or(place[at..].find("daytona/"))
                .map_or(0, |more| at + more)
        });
        (it.rule, place[from..].to_owned())
    });
    told.collect()
}

#[test]
fn two_in_order_have_no_finding_and_their_differences_are_told() {
    let pair = Pair::new(&[]);
    let audit = pair.audit();
    assert_eq!(audit.findings, []);
    let told: Vec<(&str, &str)> = audit
        .differences
        .iter()
        .map(|it| (it.aspect.as_str(), it.name.as_str()))
        .collect();
    // The variables are equal in effect, though one image sets them and the other a profile.
    assert_eq!(
        told,
        [
            ("file", "/etc/profile.d/litellm.sh"),
            ("package apt", "gh"),
            ("package apt", "python-is-python3"),
            ("resources", "disk GiB"),
            ("resources", "memory MiB"),
        ]
    );
    let gh = audit.differences.iter().find(|it| it.name == "gh").unwrap();
    assert_eq!(gh.values, [Some("gh=2.92.0".to_owned()), None]);
}

#[test]
fn what_is_planted_is_found_with_its_line() {
    let broken = DAYTONA
        .replace("ENV A=1 B=2", "ENV A=1 \\\n    LITELLM_MASTER_KEY=sk-1234")
        .replace(
            "USER user",
            "COPY missing.sh /x\nRUN curl -fsSL https://get.example | sh\nUSER user",
        );
    let pair = Pair::new(&[
        ("daytona/daytona.Dockerfile", &broken),
        (
            "daytona/start-db.sh",
            "#!/bin/sh\n# run as the E2B start_cmd\n",
        ),
    ]);
    let audit = pair.audit();
    assert_eq!(
        found(&audit),
        [
            ("secret", "daytona/daytona.Dockerfile:6".to_owned()),
            ("missing-source", "daytona/daytona.Dockerfile:8".to_owned()),
            ("pipe-to-shell", "daytona/daytona.Dockerfile:9".to_owned()),
            ("other-provider", "daytona/start-db.sh:2".to_owned()),
        ]
    );
    assert_eq!(audit.count(Level::Error), 4);
    let other = audit
        .differences
        .iter()
        .find(|it| it.name == "/usr/local/bin/start-db");
    assert!(other.is_some(), "the same script with other bytes differs");
}

#[test]
fn warnings_are_no_errors() {
    let loose = E2B
        .replace("debian:12.5", "debian:latest")
        .replace("USER", "RUN pip install uv\nUSER");
    let pair = Pair::new(&[
        ("e2b/e2b.Dockerfile", &loose),
        ("e2b/e2b.toml", "cpu_count = 2\nmemory_mb = 4_096\n"),
    ]);
    let audit = pair.audit();
    assert_eq!(
        found(&audit),
        [
            ("unpinned-base", "e2b/e2b.Dockerfile:2".to_owned()),
            ("unpinned-package", "e2b/e2b.Dockerfile:7".to_owned()),
        ]
    );
    assert_eq!(audit.count(Level::Error), 0);
    let start = audit.differences.iter().find(|it| it.aspect == "start");
    assert_eq!(
        start.unwrap().values,
        [Some("no".to_owned()), Some("yes".to_owned())]
    );
}

#[test]
fn more_than_a_provider_gives_is_told_where_it_is_said() {
    let pair = Pair::new(&[("e2b/e2b.toml", "memory_mb = 4096\ncpu_count = 64\n")]);
    assert_eq!(
        found(&pair.audit()),
        [("over-the-limit", "e2b/e2b.toml:2".to_owned())]
    );
}

#[test]
fn scripts_that_the_build_runs_are_read_as_well() {
    let calling = DAYTONA.replace(
        "USER user",
        "COPY setup /opt/setup\nRUN bash -eu /opt/setup/all.sh\nUSER user",
    );
    let pair = Pair::new(&[("daytona/daytona.Dockerfile", &calling)]);
    let setup = pair.folders[1].join("setup");
    fs::create_dir(&setup).unwrap();
    fs::write(setup.join("all.sh"), "#!/bin/sh\n. /opt/setup/more.sh\n").unwrap();
    fs::write(
        setup.join("more.sh"),
        "apt_install ripgrep\ncurl x |\n sh\n",
    )
    .unwrap();
    let audit = pair.audit();
    assert_eq!(
        found(&audit),
        [("pipe-to-shell", "daytona/setup/more.sh:3".to_owned())]
    );
    let ripgrep = audit.differences.iter().find(|it| it.name == "ripgrep");
    assert_eq!(ripgrep.unwrap().values, [None, Some("ripgrep".to_owned())]);
}
