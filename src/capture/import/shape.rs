//! The shape of a call: what is the same in calls that differ in names and numbers only.

use cutover_base::shell::assignment;

use crate::capture::tool_use::ToolUse;

/// Characters of a shape.
const CHARS_MAX: usize = 80;

/// Programs whose first plain word says what they do.
const WITH_VERBS: [&str; 18] = [
    "apt", "apt-get", "bun", "cargo", "conda", "docker", "gh", "git", "go", "kubectl", "make",
    "npm", "pip", "pip3", "pnpm", "poetry", "uv", "yarn",
];

/// The shape of a call, such as `execute: git log -N | head`.
pub(crate) fn shape(call: &ToolUse) -> String {
    let shape = match call.tool.as_str() {
        "execute" => format!("execute: {}", command(call.text("cmd").unwrap_or_default())),
        "read_file" | "upload_artifact" => {
            let path = call.text("path").unwrap_or_default();
            format!("{}: {}", call.tool, path_shape(path))
        }
        other => other.chars().filter(|c| !c.is_control()).collect(),
    };
    let short: String = shape.chars().take(CHARS_MAX).collect();
    if short.len() < shape.len() {
        format!("{}...", short.trim_end())
    } else {
        short
    }
}

/// Commands by their heads, joined as they were.
fn command(text: &str) -> String {
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let more = text.lines().filter(|line| !line.trim().is_empty()).count() > 1;
    let mut shape = String::new();
    let mut rest = first.trim();
    loop {
        let end = rest.find(['|', ';', '&']).unwrap_or(rest.len());
        let (one, behind) = rest.split_at(end);
        shape.push_str(&simple(one));
        let length = behind.len() - behind.trim_start_matches(['|', ';', '&']).len();
        let (joint, next) = behind.split_at(length);
        if joint.is_empty() {
            break;
        }
        shape.push_str(if joint == ";" { "; " } else { " " });
        if joint != ";" {
            shape.push_str(joint);
            shape.push(' ');
        }
        rest = next.trim_start();
        if rest.is_empty() {
            break;
        }
    }
    let shape = shape.trim_end().to_owned();
    if more {
        format!("{shape} (and more lines)")
    } else {
        shape
    }
}

/// The head, what it is to do, and its options without their values.
fn simple(text: &str) -> String {
    let mut words = text
        .split_whitespace()
        .skip_while(|word| assignment(word).is_some())
        .peekable();
    let Some(head) = words.next() else {
        return String::new();
    };
    let head = head.rsplit('/').next().unwrap_or(head);
    let mut shape = vec![head.to_owned()];
    let mut verb = WITH_VERBS.contains(&head);
    for word in words {
        let last = shape.last().map(String::as_str);
        if word.starts_with('-') && word.len() > 1 {
            let name = word.split('=').next().unwrap_or(word);
            if name
                .trim_start_matches('-')
                .chars()
                .all(|c| c.is_ascii_digit())
            {
                shape.push("-N".to_owned());
            } else {
                shape.push(name.chars().take(20).collect());
            }
        } else if verb {
            verb = false;
            shape.push(
                word.chars()
                    .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
                    .collect(),
            );
        } else if last != Some("...") {
            shape.push("...".to_owned());
        }
    }
    shape.join(" ")
}

/// A path by where it lies and how it ends.
fn path_shape(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let ending = ending.filter(|it| it.len() <= 8 && it.chars().all(|c| c.is_ascii_alphanumeric()));
    let begin = if path.starts_with('/') { "/" } else { "" };
    match ending {
        Some(ending) => format!("{begin}... .{ending}"),
        None => format!("{begin}..."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::import::tools::ran;
    use crate::capture::tool_use::Answer;

    #[test]
    fn calls_of_one_kind_have_one_shape() {
        for (cmd, wanted) in [
            ("git log -5 --oneline", "execute: git log -N --oneline"),
            ("git log -17 --oneline", "execute: git log -N --oneline"),
            ("cat a.txt | head -n 3", "execute: cat ... | head -n ..."),
            (
                "cd /x && A=1 /usr/bin/python3 t.py",
                "execute: cd ... && python3 ...",
            ),
            ("", "execute:"),
            ("a;b", "execute: a; b"),
            ("ls\npwd", "execute: ls (and more lines)"),
        ] {
            assert_eq!(
                shape(&ran(cmd, Answer::Missing)).trim_end(),
                wanted,
                "{cmd}"
            );
        }
        let long = shape(&ran(&"word ".repeat(500), Answer::Missing));
        assert_eq!(long, "execute: word ...");
    }
}
