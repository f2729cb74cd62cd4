//! All mistakes of a Dockerfile at once: its parser stops at the first.

use parse_dockerfile::parse;

use crate::dockerfile::At;

/// Mistakes that are told of one file.
const MISTAKES_MAX: usize = 20;

/// Bytes of a Dockerfile; real ones have a few thousand.
const BYTES_MAX: usize = 1024 * 1024;

/// The text with every instruction that cannot be read taken out, and what was wrong with these. Lines stay
/// where they are. A text that cannot be read at all is none.
pub(crate) fn without_mistakes(text: &str) -> (Option<String>, Vec<At<String>>) {
    let mut mistakes: Vec<At<String>> = Vec::new();
    if text.len() > BYTES_MAX {
        let value = format!("a Dockerfile may have {BYTES_MAX} bytes");
        return (None, vec![At { line: 0, value }]);
    }
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    inner_heredocs(&mut lines, &mut mistakes);
    loop {
        let rest = lines.concat();
        let Err(error) = parse(&rest) else {
            return (Some(rest), mistakes);
        };
        let line = error.line();
        let place = format!(" at line {line} column {}", error.column());
        let whole = error.to_string();
        let value = whole.trim_end_matches(&place).to_owned();
        let is_known = mistakes.iter().any(|it| it.line == line);
        if !is_known {
            mistakes.push(At { line, value });
        }
        if is_known || mistakes.len() == MISTAKES_MAX || !blank(&mut lines, line) {
            return (None, mistakes);
        }
    }
}

/// The parser knows a heredoc only where it is all of an instruction. In a command its lines would be read as
/// instructions, so that they are told and taken out.
fn inner_heredocs(lines: &mut [&str], mistakes: &mut Vec<At<String>>) {
    let mut at = 0;
    while at < lines.len() {
        let first = at;
        while lines[at].trim_end().ends_with('\\') && at + 1 < lines.len() {
            at += 1;
        }
        at += 1;
        let Some(name) = inner_heredoc(&lines[first..at].concat()) else {
            continue;
        };
        let Some(end) = (at..lines.len()).find(|it| lines[*it].trim() == name) else {
            continue;
        };
        let value = format!(
            "a heredoc (<<{name}) within a command cannot be read: put the lines into a script of the folder"
        );
        mistakes.push(At {
            line: first + 1,
            value,
        });
        lines[first..=end].fill("\n");
        at = end + 1;
    }
}

/// The name of a heredoc that stands behind other words of a `RUN`.
fn inner_heredoc(instruction: &str) -> Option<String> {
    let (keyword, rest) = instruction.trim_start().split_once(char::is_whitespace)?;
    if !keyword.eq_ignore_ascii_case("run") || rest.trim_start().starts_with("<<") {
        return None;
    }
    let (_, behind) = rest.split_once("<<")?;
    let behind = behind
        .trim_start_matches('-')
        .trim_start_matches(['\'', '"']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name: String = behind.chars().take_while(|c| is_name(*c)).collect();
    let is_word = name.starts_with(|c: char| !c.is_ascii_digit());
    is_word.then_some(name)
}

/// Empties the instruction that has this line; false where there is none to empty.
fn blank(lines: &mut [&str], line: usize) -> bool {
    let Some(mut first) = line.checked_sub(1).filter(|at| *at < lines.len()) else {
        return false;
    };
    let goes_on = |line: &str| line.trim_end().ends_with('\\');
    while first > 0 && goes_on(lines[first - 1]) {
        first -= 1;
    }
    let mut last = first;
    while goes_on(lines[last]) && last + 1 < lines.len() {
        last += 1;
    }
    let had_text = lines[first..=last].iter().any(|it| !it.trim().is_empty());
    lines[first..=last].fill("\n");
    had_text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_that_cannot_be_read_is_told() {
        let text = "FROM a\nNONSENSE b \\\n  more\nRUN true\nCOPY x\nWHAT\nUSER u\n";
        let (rest, mistakes) = without_mistakes(text);
        let lines: Vec<usize> = mistakes.iter().map(|it| it.line).collect();
        assert_eq!(lines, [2, 5, 6], "{mistakes:?}");
        assert_eq!(rest.unwrap(), "FROM a\n\n\nRUN true\n\n\nUSER u\n");
    }

    #[test]
    fn the_lines_of_a_heredoc_are_no_instructions() {
        let text = "FROM a\nRUN cat <<'EOF' >/x\nUSER root\nEOF\nRUN echo $((1<<2)) <<<x\nRUN <<B\ntrue\nB\n";
        let (rest, mistakes) = without_mistakes(text);
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert_eq!(mistakes[0].line, 2);
        assert!(!rest.unwrap().contains("USER root"));
    }

    #[test]
    fn what_cannot_be_read_at_all_ends() {
        for text in ["", "RUN x\n", "FROM a\nRUN <<EOF\nx\n", "\u{0}", "FROM"] {
            let (rest, mistakes) = without_mistakes(text);
            assert!(rest.is_some() || !mistakes.is_empty(), "{text:?}");
        }
        let many = "WHAT\n".repeat(1000);
        assert_eq!(without_mistakes(&many).1.len(), MISTAKES_MAX);
        assert!(without_mistakes(&"#".repeat(BYTES_MAX + 1)).0.is_none());
    }
}
