//! Words of a Dockerfile as a shell is given them.

use parse_dockerfile::{Command, HereDoc};

/// Words as one line of a shell, quoted as Python's `shlex.quote` does it, which the SDK uses.
pub(crate) fn shell_line<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.map(quoted).collect();
    quoted.join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\"'\"'"))
}

/// A command of several lines as one, as Docker reads it: without what joins them, and without comments
/// and empty lines between them.
pub(crate) fn joined(text: &str, escape: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut goes_on = false;
    for line in text.split_inclusive('\n') {
        let written = line.trim_end();
        if goes_on && (written.is_empty() || written.trim_start().starts_with('#')) {
            continue;
        }
        let part = written.strip_suffix(escape);
        out.push_str(part.unwrap_or(line));
        goes_on = part.is_some();
    }
    out.trim_end().to_owned()
}

/// The command of a `RUN`; none where a heredoc stands beside other words, which is not translated.
pub(crate) fn run(command: &Command<'_>, heredocs: &[HereDoc<'_>], escape: char) -> Option<String> {
    match (command, heredocs) {
        (Command::Exec(words), _) => Some(shell_line(words.value.iter().map(|word| &*word.value))),
        (Command::Shell(text), []) => Some(joined(text.value, escape)),
        (Command::Shell(text), [only]) if text.value.trim().is_empty() => {
            Some(if only.value.starts_with("#!") {
                script(&only.value)
            } else {
                only.value.to_string()
            })
        }
        _ => None,
    }
}

/// A heredoc that says who runs it: written to a file and started.
fn script(content: &str) -> String {
    let file = "/tmp/EOF";
    let mut end = "E2B_HEREDOC_EOF".to_owned();
    while content.contains(&end) {
        end.push('_');
    }
    let content = content.trim_end_matches('\n');
    format!(
        "cat <<'{end}' >{file}\n{content}\n{end}\nchmod +x {file} && {file}\nE2B_EXIT=$?; rm -f {file}; exit $E2B_EXIT"
    )
}

/// Whether a word has a `$` that stands for itself.
pub(crate) fn has_literal_dollar(text: &str) -> bool {
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('$', Some('\'')) => return true,
            ('\\', Some('"') | None) if chars.next() == Some('$') => return true,
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_as_docker_does_it() {
        for (text, expected) in [
            ("a \\\n    # c\n    && b", "a     && b"),
            ("a \\\n\n b\n", "a  b"),
            ("plain", "plain"),
        ] {
            assert_eq!(joined(text, '\\'), expected, "{text}");
        }
        assert_eq!(joined("a `\nb", '`'), "a b");
    }

    #[test]
    fn words_are_quoted_and_dollars_found() {
        let line = shell_line(["sh", "-c", "echo 'x'; y", ""].into_iter());
        assert_eq!(line, "sh -c 'echo '\"'\"'x'\"'\"'; y' ''");
        assert!(has_literal_dollar("'a $B'") && has_literal_dollar("\\$B"));
        assert!(!has_literal_dollar("\"a $B\" 'c' $D"));
    }
}
