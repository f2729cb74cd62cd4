//! Packages and accounts that the commands of a Dockerfile install and make.

use std::collections::BTreeMap;

use crate::dockerfile::At;
use crate::started::{program, started};
use cutover_base::shell::{Command, everything};

/// Who brings packages, as its programs are called.
const MANAGERS: [(&str, &[&str], &[&str]); 6] = [
    ("apt", &["apt-get", "apt"], &["install"]),
    ("apk", &["apk"], &["add"]),
    ("pip", &["pip", "pip3"], &["install"]),
    ("uv", &["uv"], &["pip", "install"]),
    ("npm", &["npm"], &["install", "i"]),
    ("dnf", &["dnf", "yum", "microdnf"], &["install"]),
];

/// Options whose next word is theirs, not a package.
const WITH_VALUE: [&str; 14] = [
    "-t",
    "--target-release",
    "-o",
    "--option",
    "-i",
    "--index-url",
    "--extra-index-url",
    "--index",
    "-r",
    "--requirement",
    "--default-index",
    "--registry",
    "-c",
    "--constraint",
];

/// Packages by who brings them.
pub(crate) type Packages = BTreeMap<&'static str, Vec<At<String>>>;

/// Functions of scripts that do nothing but install what they are given.
const WRAPPERS: [&str; 2] = ["apt_install", "apt-install"];

/// What commands install.
pub(crate) fn packages(runs: &[Command]) -> Packages {
    let mut packages = Packages::new();
    for command in everything(runs) {
        if let Some((manager, names)) = installed(command) {
            let names = names.into_iter().map(|value| At {
                line: command.line,
                value,
            });
            packages.entry(manager).or_default().extend(names);
        }
    }
    packages
}

/// Accounts that commands make.
pub(crate) fn users(runs: &[Command]) -> Vec<At<String>> {
    let making = everything(runs)
        .into_iter()
        .filter(|it| matches!(program(it), "useradd" | "adduser"));
    let users = making.filter_map(|command| {
        let name = started(command).last()?;
        let is_name = !name.starts_with('-') && started(command).len() > 1;
        is_name.then(|| At {
            line: command.line,
            value: name.clone(),
        })
    });
    users.collect()
}

fn installed(command: &Command) -> Option<(&'static str, Vec<String>)> {
    let run = started(command);
    // `python3 -m pip install` is pip's.
    let is_module =
        program(command).starts_with("python") && run.get(1).is_some_and(|it| it == "-m");
    let run = if is_module { run.get(2..)? } else { run };
    let (program, rest) = run.split_first()?;
    let program = program.rsplit('/').next()?;
    if WRAPPERS.contains(&program) {
        let names: Vec<String> = rest
            .iter()
            .filter(|it| !it.starts_with('-'))
            .cloned()
            .collect();
        return (!names.is_empty()).then_some(("apt", names));
    }
    let (manager, _, verbs) = MANAGERS
        .iter()
        .find(|(_, programs, _)| programs.contains(&program))?;
    let mut names = Vec::new();
    let mut is_install = false;
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        if WITH_VALUE.contains(&word.as_str()) {
            words.next();
        } else if word.starts_with('-') {
        } else if !is_install {
            is_install = verbs.contains(&word.as_str());
            if !is_install {
                return None;
            }
        } else if !verbs.contains(&word.as_str()) {
            names.push(word.clone());
        }
    }
    // `npm install` without `-g` fills a folder, and says nothing of the image's tools.
    let is_of_image = *manager != "npm" || rest.iter().any(|it| it == "-g" || it == "--global");
    (is_install && is_of_image && !names.is_empty()).then_some((*manager, names))
}

/// A package's name without its version.
pub(crate) fn bare_name(manager: &str, package: &str) -> String {
    let cut = match manager {
        "npm" => package
            .char_indices()
            .skip(1)
            .find(|(_, c)| *c == '@')
            .map(|(at, _)| at),
        "apt" | "apk" | "dnf" => package.find(['=', '/']),
        _ => package.find(['=', '<', '>', '~', '!', ';', ' ']),
    };
    package[..cut.unwrap_or(package.len())].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cutover_base::shell::commands;

    #[test]
    fn packages_are_told_by_who_brings_them() {
        let text = "apt-get update && apt-get install -y --no-install-recommends -t stable git gh=2.92.0\n\
                    python3 -m pip install --index-url \"$I\" uv==0.5 'a[b]>=1'; uv pip install c\n\
                    npm install -g @x/y@1.2 z; npm install local; sudo pip3 install d; pip download e";
        let told = packages(&commands(text, 1));
        let names = |manager: &str| -> Vec<String> {
            told[manager]
                .iter()
                .map(|it| bare_name(manager, it))
                .collect()
        };
        assert_eq!(names("apt"), ["git", "gh"]);
        assert_eq!(names("pip"), ["uv", "a[b]", "d"]);
        assert_eq!(names("uv"), ["c"]);
        assert_eq!(names("npm"), ["@x/y", "z"]);
        assert_eq!(told["pip"][0].line, 2);
    }

    #[test]
    fn accounts_are_told() {
        let made = users(&commands(
            "useradd -m -s /bin/bash user && adduser --help; useradd",
            3,
        ));
        assert_eq!(
            made,
            [At {
                line: 3,
                value: "user".to_owned()
            }]
        );
    }
}
