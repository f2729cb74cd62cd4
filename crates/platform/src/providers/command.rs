//! One shell for every command, whichever provider runs it.
//!
//! The originals start different shells: one reads the profile of a login and keeps its input open,
//! the other is given the command as its input. Here either starts the same bash in its place,
//! without profiles, with an empty input, and with both streams in one pipe, so that what is
//! printed stands in the order in which it was printed.

use cutover_base::fixes::Fixes;
use cutover_js::Text;

/// The quirks that one shell for all repairs.
pub const FIXES: &[&str] = &["Q31", "Q38", "Q39", "Q40", "Q41", "Q42"];

/// How much of a command line may be the command. The kernel takes 128 KiB in one argument, and the
/// providers put theirs around it.
const LINE_BYTES_MAX: usize = 96 << 10;

const BASH: &str = "exec /bin/bash --noprofile --norc";
const STREAMS: &str = "</dev/null 2>&1";

/// A command, ready to be sent to a provider's shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// A line to be run.
    Line(Text),
    /// A line to be run once a file is there.
    File {
        /// Where the file has to be: a name that nobody guesses, outside the home.
        path: String,
        /// What has to be in it.
        content: String,
        /// The line. It removes the file before anything of the command runs.
        line: Text,
    },
}

impl Command {
    /// Makes the command that is sent for what an agent wrote.
    pub(super) fn new(cmd: &Text, fixes: &Fixes) -> Self {
        if !FIXES.iter().any(|id| fixes.has(id)) {
            return Self::Line(cmd.clone());
        }
        let cmd = cmd.to_string_lossy();
        let quoted = quoted(&cmd);
        if quoted.len() <= LINE_BYTES_MAX {
            return Self::Line(format!("{BASH} -c {quoted} {STREAMS}").into());
        }
        let path = format!("/tmp/.command-{}", uuid::Uuid::new_v4());
        // Read through a descriptor: the file is gone whatever becomes of the command, and what
        // bash says of its lines does not hold a name that is new each time.
        let line = format!("exec 9<{path} && rm -f {path} && {BASH} /dev/fd/9 {STREAMS}");
        Self::File {
            path,
            content: cmd.into_owned(),
            line: line.into(),
        }
    }
}

/// A text as one word of any shell.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::{Output, Stdio};

    use super::*;

    fn line(cmd: &str) -> Text {
        match Command::new(&cmd.into(), &Fixes::all()) {
            Command::Line(line) => line,
            Command::File { path, .. } => panic!("a file at {path}"),
        }
    }

    /// Runs a line as a provider does, with an input that has something in it.
    fn run(shell: &str, line: &Text) -> Output {
        let input = Stdio::from(std::fs::File::open("/proc/version").unwrap());
        std::process::Command::new(shell)
            .args(["-c", &line.to_string_lossy()])
            .stdin(input)
            .output()
            .unwrap()
    }

    #[test]
    fn without_fixes_a_command_stays_as_it_is() {
        let cmd = Text::from_units(&[0xd800, 0x27]);
        let made = Command::new(&cmd, &Fixes::none());
        assert_eq!(made, Command::Line(cmd));
    }

    #[test]
    fn each_of_the_quirks_asks_for_the_shell() {
        for id in FIXES {
            let made = Command::new(&"a".into(), &Fixes::only([(*id).to_owned()]));
            let wanted = "exec /bin/bash --noprofile --norc -c 'a' </dev/null 2>&1";
            assert_eq!(made, Command::Line(wanted.into()), "{id}");
        }
    }

    #[test]
    fn whatever_is_quoted_reaches_bash_as_it_was() {
        for cmd in [
            "echo 'it'\\''s' \"$0\"",
            "printf '%s\\n' '' \\' '\"' '`id`' '$HOME' '!' '\\'",
            "cat; echo after",
            "   ",
            "",
            "#",
            "cat <<'E'\n'é'\nE",
            "'",
        ] {
            let plain = std::process::Command::new("/bin/bash")
                .args(["--noprofile", "--norc", "-c", cmd])
                .stdin(Stdio::null())
                .output()
                .unwrap();
            for shell in ["/bin/bash", "/bin/sh"] {
                let sent = run(shell, &line(cmd));
                let all = [plain.stdout.as_slice(), &plain.stderr].concat();
                assert_eq!(String::from_utf8(sent.stdout), String::from_utf8(all));
                assert_eq!(sent.status.code(), plain.status.code(), "{shell} {cmd}");
            }
        }
    }

    #[test]
    fn both_streams_are_in_order() {
        let sent = run("/bin/sh", &line("echo a; echo b >&2; echo c"));
        assert_eq!(
            (sent.stdout.as_slice(), sent.stderr.len()),
            (&b"a\nb\nc\n"[..], 0)
        );
    }

    #[test]
    fn a_long_command_comes_from_a_file_that_is_gone_when_it_runs() {
        // Every quote takes four bytes in a line.
        let many = "'".repeat(LINE_BYTES_MAX / 4);
        let cmd = format!("ls -a /tmp; cat; echo $0; echo \"{many}\" | wc -c; echo e >&2; exit 3");
        let made = Command::new(&cmd.as_str().into(), &Fixes::all());
        let Command::File {
            path,
            content,
            line,
        } = made
        else {
            panic!("a line");
        };
        assert_eq!(content, cmd);
        for shell in ["/bin/bash", "/bin/sh"] {
            std::fs::write(&path, &content).unwrap();
            let sent = run(shell, &line);
            let said = String::from_utf8(sent.stdout).unwrap();
            let wanted = format!("/dev/fd/9\n{}\ne\n", many.len() + 1);
            assert!(said.ends_with(&wanted), "{said}");
            assert!(!said.contains(&path) && !path.is_empty());
            let name = path.strip_prefix("/tmp/").unwrap();
            assert!(!said.lines().any(|it| it == name), "{said}");
            assert_eq!(sent.status.code(), Some(3));
        }
        assert!(!std::path::Path::new(&path).exists());
    }

    #[test]
    fn a_command_at_the_limit_still_is_a_line() {
        let fits = "a".repeat(LINE_BYTES_MAX - 2);
        assert!(line(&fits).len() > LINE_BYTES_MAX);
        let one_more = Command::new(&format!("{fits}a").as_str().into(), &Fixes::all());
        assert!(matches!(one_more, Command::File { .. }));
    }
}
