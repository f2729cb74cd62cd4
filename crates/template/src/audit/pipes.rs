//! What comes from the network and is run at once, whatever it is that day.

use crate::audit::finding::{Finding, Level};
use crate::started::program;
use crate::template::Template;
use cutover_base::shell::{Command, everything};

const RULE: (Level, &str) = (Level::Error, "pipe-to-shell");
const HELP: &str = "download a named version, compare its checksum, then run it; or take a package";

const DOWNLOADERS: [&str; 4] = ["curl", "wget", "fetch", "aria2c"];

const INTERPRETERS: [&str; 14] = [
    "sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "python", "python3", "node", "perl", "ruby",
    "source", "eval",
];

pub(super) fn findings(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, runs) in &template.runs {
        for (line, from, into) in lines(runs) {
            let what = format!("what `{from}` brings is run by `{into}` unseen");
            let place = (file.clone(), line);
            findings.push(Finding::new(RULE, template, place, what, HELP));
        }
    }
    findings
}

/// Lines where a download reaches an interpreter: by a pipe, or from inside its words.
fn lines(runs: &[Command]) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    let mut downloads = None;
    for command in runs {
        let name = program(command);
        let is_interpreter = is_interpreter(name);
        if let (Some(from), true) = (&downloads, is_interpreter) {
            found.push((command.line, String::clone(from), name.to_owned()));
        }
        let mut inside = everything(&command.inner).into_iter();
        let inner = inside.find(|it| DOWNLOADERS.contains(&program(it)));
        if let (Some(inner), true) = (inner, is_interpreter) {
            found.push((command.line, program(inner).to_owned(), name.to_owned()));
        } else {
            found.extend(lines(&command.inner));
        }
        downloads = match (command.is_piped, DOWNLOADERS.contains(&name)) {
            (true, true) => Some(name.to_owned()),
            (true, false) => downloads,
            (false, _) => None,
        };
    }
    found
}

fn is_interpreter(program: &str) -> bool {
    let bare = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    program == "." || INTERPRETERS.contains(&program) || INTERPRETERS.contains(&bare)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cutover_base::shell::commands;

    #[test]
    fn a_download_that_is_run_is_found_however_it_is_written() {
        for text in [
            "curl -fsSL https://x | sh",
            "wget -qO- x | sudo -E bash -",
            "curl x | tee log | python3.12",
            "bash -c \"$(curl -fsSL x)\"",
            "bash <(curl x)",
            "eval `curl x`",
            ". <(wget -O- x)",
            "A=$(curl x | sh)",
        ] {
            assert_eq!(lines(&commands(text, 1)).len(), 1, "{text}");
        }
        for text in [
            "curl -o f x && sh f",
            "curl x | tar xz",
            "curl x; echo y | sh",
            "V=$(curl x); echo $V",
            "curl x || sh fallback",
        ] {
            assert_eq!(lines(&commands(text, 1)), [], "{text}");
        }
    }
}
