//! The program that a command comes to, behind those that only start it.

use cutover_base::shell::{Command, assignment};

/// Programs and words of a shell that run what stands behind them.
const STARTERS: [&str; 12] = [
    "sudo", "env", "exec", "command", "then", "do", "else", "if", "time", "nice", "!", "while",
];

/// The program and its words: `A=1 sudo -E curl x` is `curl x`.
pub(crate) fn started(command: &Command) -> &[String] {
    let mut words = command.run();
    while let [first, rest @ ..] = words {
        let is_of_starter = words.len() < command.run().len()
            && (first.starts_with('-') || assignment(first).is_some());
        if !STARTERS.contains(&base_name(first)) && !is_of_starter {
            break;
        }
        words = rest;
    }
    words
}

/// The program without its folder; empty for none.
pub(crate) fn program(command: &Command) -> &str {
    started(command).first().map_or("", |word| base_name(word))
}

fn base_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use cutover_base::shell::commands;

    use super::*;

    #[test]
    fn a_program_is_found_behind_what_only_starts_it() {
        for (text, wanted) in [
            ("sudo -E env A=b /usr/bin/curl x", "curl"),
            ("A=1 then exec sh", "sh"),
            ("-x", "-x"),
            ("A=1", ""),
        ] {
            assert_eq!(program(&commands(text, 1)[0]), wanted, "{text}");
        }
    }
}
