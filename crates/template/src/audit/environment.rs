//! The platform's environment on the day of the switch, as a file of `NAME=value` lines says it.

use std::collections::BTreeMap;

use crate::audit::finding::{Finding, Level};
use cutover_base::shell::{assignment, commands};

/// Variables that the platform reads and refuses to start with when they are empty.
const NEVER_EMPTY: [&str; 16] = [
    "SANDBOX_CHOICE",
    "E2B_API_KEY",
    "E2B_TEMPLATE",
    "DAYTONA_API_KEY",
    "DAYTONA_API_URL",
    "DAYTONA_SNAPSHOT",
    "DAYTONA_IMAGE",
    "DAYTONA_MEMORY",
    "VAULT_URL",
    "VAULT_PROXY_TOKEN",
    "VAULT_CA_CRT",
    "EXECUTOR_SECRET",
    "ARTIFACT_STORAGE",
    "AWS_S3_BUCKET",
    "AWS_REGION",
    "AWS_S3_ENDPOINT",
];

/// What Daytona gives one sandbox at most, by the snapshot builder's variables.
const MOST: [(&str, u64, &str); 3] = [
    ("DAYTONA_CPU", 4, "processors"),
    ("DAYTONA_MEMORY_GB", 8, "GB of memory"),
    ("DAYTONA_DISK_GB", 10, "GB of disk"),
];

/// What would go wrong with these variables, by line. `file` is named in the findings.
#[must_use]
pub fn environment(file: &str, text: &str) -> Vec<Finding> {
    let mut lint = Lint {
        file,
        variables: BTreeMap::new(),
        findings: Vec::new(),
    };
    lint.read(text);
    lint.empty();
    lint.choice();
    lint.daytona();
    lint.amounts();
    lint.findings.sort_by_key(|it| (it.level, it.line, it.rule));
    lint.findings
}

struct Lint<'a> {
    file: &'a str,
    variables: BTreeMap<String, (usize, String)>,
    findings: Vec<Finding>,
}

impl Lint<'_> {
    fn tell(
        &mut self,
        level: Level,
        rule: &'static str,
        line: usize,
        message: String,
        help: &'static str,
    ) {
        self.findings.push(Finding {
            level,
            rule,
            template: String::new(),
            file: self.file.to_owned(),
            line,
            message,
            help,
        });
    }

    fn read(&mut self, text: &str) {
        for command in commands(text, 1) {
            let assigned = match command.run().split_first() {
                None => command.assignments(),
                Some((word, rest)) if word == "export" && command.assignments().is_empty() => rest,
                Some(_) => &[],
            };
            if assigned.is_empty() || assigned.iter().any(|word| assignment(word).is_none()) {
                let help = "each line is `NAME=value`, quoted where it has spaces";
                let what = "this line sets no variable".to_owned();
                self.tell(Level::Error, "not-a-variable", command.line, what, help);
            }
            for (name, value) in assigned.iter().filter_map(|word| assignment(word)) {
                let now = (command.line, value.to_owned());
                if let Some((line, _)) = self.variables.insert(name.to_owned(), now) {
                    let what = format!("{name} is set again; line {line} has no effect");
                    self.tell(
                        Level::Warning,
                        "twice",
                        command.line,
                        what,
                        "keep one of them",
                    );
                }
            }
        }
    }

    /// A variable's value where it is set and not empty.
    fn set(&self, name: &str) -> Option<(usize, &str)> {
        let (line, value) = self.variables.get(name)?;
        (!value.is_empty()).then_some((*line, value.as_str()))
    }

    fn empty(&mut self) {
        for name in NEVER_EMPTY {
            if let Some((line, value)) = self.variables.get(name)
                && value.is_empty()
            {
                let line = *line;
                let what = format!("{name} is empty: every route of the platform answers 500");
                let help = "leave the line out; empty is not the same as unset";
                self.tell(Level::Error, "empty", line, what, help);
            }
        }
    }

    fn choice(&mut self) {
        let Some((line, choice)) = self.set("SANDBOX_CHOICE") else {
            return;
        };
        let (key, choice) = match choice {
            "e2b" => ("E2B_API_KEY", choice.to_owned()),
            "daytona" => ("DAYTONA_API_KEY", choice.to_owned()),
            other => {
                let what = format!(
                    "SANDBOX_CHOICE={other} is no provider: every route of the platform answers 500"
                );
                self.tell(
                    Level::Error,
                    "unknown-choice",
                    line,
                    what,
                    "`e2b` or `daytona`",
                );
                return;
            }
        };
        if self.set(key).is_none() {
            let what = format!(
                "SANDBOX_CHOICE={choice} without {key}: the platform falls back to another backend without a word"
            );
            self.tell(
                Level::Error,
                "choice-without-key",
                line,
                what,
                "set the key of the chosen provider",
            );
        }
        if choice == "daytona" && self.set("E2B_API_KEY").is_none() {
            let what = "without E2B_API_KEY no agent gets the four sandbox tools: their mount hangs on the old key, and sandboxes of before are not reached".to_owned();
            let help = "keep the old key until the mount asks for LAP_BASE_URL and the last session of before has ended";
            self.tell(Level::Error, "tools-hang-on-the-old-key", line, what, help);
        }
    }

    fn daytona(&mut self) {
        let image = self.set("DAYTONA_IMAGE").map(|(line, _)| line);
        let snapshot = self.set("DAYTONA_SNAPSHOT").map(|(line, _)| line);
        let memory = self.set("DAYTONA_MEMORY").map(|(line, _)| line);
        if let (Some(line), Some(ignored)) = (image, snapshot) {
            let what =
                format!("DAYTONA_IMAGE wins, and the snapshot of line {ignored} is never used");
            self.tell(
                Level::Error,
                "image-over-snapshot",
                line,
                what,
                "leave DAYTONA_IMAGE out",
            );
        }
        if let (Some(line), None) = (memory, image) {
            let what = "DAYTONA_MEMORY with a snapshot: every provision is refused, resources belong to the snapshot".to_owned();
            self.tell(
                Level::Error,
                "memory-with-snapshot",
                line,
                what,
                "leave it out; give memory when the snapshot is built",
            );
        }
        let choice = self
            .set("SANDBOX_CHOICE")
            .filter(|(_, choice)| *choice == "daytona");
        if let (Some((line, _)), None, None) = (choice, image, snapshot) {
            let what = "neither DAYTONA_SNAPSHOT nor DAYTONA_IMAGE: agents get the provider's default snapshot, without the template's tools".to_owned();
            self.tell(
                Level::Warning,
                "no-snapshot",
                line,
                what,
                "name the snapshot that was built",
            );
        }
        if let Some((line, _)) = self.set("DAYTONA_MEMORY_GIB") {
            let what = "DAYTONA_MEMORY_GIB is read by an unmerged version alone".to_owned();
            let help = "DAYTONA_MEMORY_GB where the snapshot is built";
            self.tell(Level::Warning, "name-of-memory", line, what, help);
        }
    }

    fn amounts(&mut self) {
        for (name, most, what) in MOST {
            let Some((line, value)) = self.set(name) else {
                continue;
            };
            let value = value.to_owned();
            match value.parse::<u64>() {
                Ok(amount) if amount > 0 && amount <= most => {}
                Ok(amount) if amount > most => {
                    let told = format!("{name}={amount}: Daytona gives one sandbox {most} {what}");
                    self.tell(
                        Level::Error,
                        "over-the-limit",
                        line,
                        told,
                        "ask for less, or have the account's limit raised first",
                    );
                }
                _ => {
                    let told = format!("{name}={value} is no number of {what}");
                    self.tell(
                        Level::Error,
                        "no-number",
                        line,
                        told,
                        "a whole number from 1",
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(&'static str, usize)> {
        environment("env", text)
            .into_iter()
            .map(|it| (it.rule, it.line))
            .collect()
    }

    #[test]
    fn what_would_go_wrong_on_the_day_is_told_by_line() {
        for (text, expected) in [
            (
                "SANDBOX_CHOICE=daytona\nE2B_API_KEY=x\nDAYTONA_SNAPSHOT=s\n",
                vec![("choice-without-key", 1)],
            ),
            ("SANDBOX_CHOICE=\n", vec![("empty", 1)]),
            ("SANDBOX_CHOICE=Daytona\n", vec![("unknown-choice", 1)]),
            (
                "E2B_API_KEY=x\nDAYTONA_API_KEY=y\nSANDBOX_CHOICE=daytona\nDAYTONA_SNAPSHOT=s\nDAYTONA_IMAGE=i\n",
                vec![("image-over-snapshot", 5)],
            ),
            (
                "DAYTONA_SNAPSHOT=s\nDAYTONA_MEMORY=8\n",
                vec![("memory-with-snapshot", 2)],
            ),
            (
                "DAYTONA_API_KEY=y\nSANDBOX_CHOICE=daytona\nDAYTONA_SNAPSHOT=s\n",
                vec![("tools-hang-on-the-old-key", 2)],
            ),
            (
                "DAYTONA_DISK_GB=20\nDAYTONA_CPU=two\n",
                vec![("over-the-limit", 1), ("no-number", 2)],
            ),
            (
                "A=1\nA=2\nthis is not\n",
                vec![("not-a-variable", 3), ("twice", 2)],
            ),
            (
                "SANDBOX_CHOICE=daytona\nE2B_API_KEY=x\nDAYTONA_API_KEY=y\n",
                vec![("no-snapshot", 1)],
            ),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn a_finished_environment_has_no_finding() {
        let text = "# the platform\nSANDBOX_CHOICE=daytona\nexport E2B_API_KEY='x'\nDAYTONA_API_KEY=\"y z\"\n\
                    DAYTONA_SNAPSHOT=litellm-8gb\n\nDAYTONA_DISK_GB=10\n";
        assert_eq!(told(text), []);
        assert_eq!(told("SANDBOX_CHOICE=e2b\nE2B_API_KEY=x\n"), []);
        assert_eq!(told(""), []);
    }
}
