//! What the programs do that agents start: by the command's head and its first arguments.

use cutover_base::shell::assignment;

use super::reach::Effect;
use super::tables::{
    GOES_OUT, INTERPRETERS, NETWORK, OUTSIDE, OUTSIDE_WITH, READERS, SHELLS, STARTERS,
};
use super::{git, web};

/// A text inside a command that runs too.
pub(super) enum Text<'a> {
    /// A shell's.
    Shell(&'a str),
    /// Words that are a command.
    Words(&'a [String]),
    /// A program in another language.
    Code(&'a str),
}

/// The command that its starters start: `sudo env A=1 git push` is `git push`.
fn started(words: &[String]) -> &[String] {
    let mut rest = words;
    for _ in 0..16 {
        while let [first, tail @ ..] = rest {
            if assignment(first).is_none() {
                break;
            }
            rest = tail;
        }
        let [first, tail @ ..] = rest else {
            return rest;
        };
        let Some((_, plain, valued)) = STARTERS.iter().find(|(name, ..)| *name == base(first))
        else {
            return rest;
        };
        let (mut at, mut plain) = (0, *plain);
        while let Some(word) = tail.get(at) {
            if word.starts_with('-') {
                at += if valued.contains(&word.as_str()) {
                    2
                } else {
                    1
                };
            } else if assignment(word).is_some() {
                at += 1;
            } else if plain > 0 {
                plain -= 1;
                at += 1;
            } else {
                break;
            }
        }
        let behind = tail.get(at..).unwrap_or_default();
        // `env` alone lists the environment; `npx x` loads x and runs it.
        if behind.is_empty() {
            return rest;
        }
        rest = behind;
    }
    rest
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The effect of a command by its own words.
pub(super) fn effect(words: &[String]) -> Effect {
    let loads = words.iter().any(|word| matches!(base(word), "npx" | "uvx"));
    let at_least = if loads {
        Effect::network("npx")
    } else {
        Effect::reads()
    };
    let Some((head, arguments)) = started(words).split_first() else {
        return at_least;
    };
    if let Some(word) = words.iter().find(|word| word.starts_with("/dev/tcp/")) {
        return Effect::outside(word.clone());
    }
    at_least.max(of_head(base(head), arguments))
}

fn of_head(head: &str, arguments: &[String]) -> Effect {
    match head {
        "git" => return git::effect(arguments),
        "curl" => return web::curl(arguments),
        "wget" => return web::wget(arguments),
        "http" | "https" | "xh" => return web::httpie(head, arguments),
        "nc" | "ncat" | "netcat" | "socat" => return web::connection(head, arguments),
        "psql" | "mysql" | "mongo" | "mongosh" | "redis-cli" | "pg_dump" => {
            return web::database(head, arguments);
        }
        "rsync"
            if arguments
                .iter()
                .any(|it| it.contains(':') && !it.starts_with('-')) =>
        {
            return Effect::outside("rsync");
        }
        "rsync" => return Effect::changes(),
        _ => {}
    }
    let plain: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let has = |table: &[(&str, &[&str])]| {
        let (_, wanted) = table.iter().find(|(name, _)| *name == head)?;
        if wanted.is_empty() {
            return Some(head.to_owned());
        }
        // Options may have values, so that the verb is not always the first plain word.
        let found = plain.iter().take(3).find(|word| wanted.contains(word))?;
        Some(format!("{head} {found}"))
    };
    if OUTSIDE.contains(&head) && plain.first() != Some(&"version") {
        let first = plain.first().copied().unwrap_or_default();
        return Effect::outside(format!("{head} {first}").trim_end().to_owned());
    }
    if let Some(what) = has(OUTSIDE_WITH) {
        return Effect::outside(what);
    }
    if let Some(what) = goes_out(head, &plain) {
        return Effect::outside(what);
    }
    if let Some(what) = has(NETWORK) {
        return Effect::network(what);
    }
    if READERS.contains(&head) {
        return Effect::reads();
    }
    match head {
        "sed"
            if !arguments
                .iter()
                .any(|it| it.starts_with("-i") || it.starts_with("--in-place")) =>
        {
            Effect::reads()
        }
        "find"
            if !arguments
                .iter()
                .any(|it| it == "-delete" || it.starts_with("-exec")) =>
        {
            Effect::reads()
        }
        _ => Effect::changes(),
    }
}

/// A build's target or a package's script whose name says that it goes out.
fn goes_out(head: &str, plain: &[&str]) -> Option<String> {
    let is_script = |word: &&&str| {
        GOES_OUT
            .iter()
            .any(|out| word.split([':', '-', '_']).any(|it| it == *out))
    };
    let among: &[&str] = match head {
        "make" | "just" | "task" | "rake" | "fab" | "invoke" => plain,
        "npm" | "pnpm" | "yarn" | "bun" => {
            let run = plain
                .iter()
                .position(|word| matches!(*word, "run" | "npm" | "run-script"));
            run.map_or(plain, |at| &plain[at + 1..])
        }
        "python" | "python3" if plain.first() == Some(&"setup.py") => plain,
        "python" | "python3" => {
            let twine = plain.first() == Some(&"twine");
            return twine.then(|| "twine".to_owned());
        }
        _ => return None,
    };
    let found = among.iter().find(is_script)?;
    Some(format!("{head} {found}"))
}

/// Texts inside a command that run too.
pub(super) fn texts<'a>(words: &'a [String], input: &'a [String]) -> Vec<Text<'a>> {
    let words = started(words);
    let Some((head, arguments)) = words.split_first() else {
        return Vec::new();
    };
    let head = base(head);
    let mut texts = Vec::new();
    if SHELLS.contains(&head) {
        let is_c =
            |word: &String| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
        if let Some(at) = arguments.iter().position(is_c) {
            texts.extend(arguments.get(at + 1).map(|text| Text::Shell(text)));
        } else {
            texts.extend(input.iter().map(|text| Text::Shell(text)));
        }
    } else if INTERPRETERS.contains(&head) {
        let is_code =
            |word: &String| matches!(word.as_str(), "-c" | "-e" | "-p" | "--eval" | "-r" | "eval");
        if let Some(at) = arguments.iter().position(is_code) {
            texts.extend(arguments.get(at + 1).map(|text| Text::Code(text)));
        }
        texts.extend(input.iter().map(|text| Text::Code(text)));
    } else if head == "eval" {
        texts.push(Text::Words(arguments));
        texts.extend(arguments.iter().map(|text| Text::Shell(text)));
    } else if head == "find" {
        let is_exec = |word: &String| word.starts_with("-exec") || word.starts_with("-ok");
        if let Some(at) = arguments.iter().position(is_exec) {
            texts.push(Text::Words(&arguments[at + 1..]));
        }
    }
    texts
}

/// Whether the words of a command may name a file that it runs.
pub(super) fn runs_files(words: &[String]) -> bool {
    let words = started(words);
    let Some(head) = words.first() else {
        return false;
    };
    let name = base(head);
    head.contains('/')
        || SHELLS.contains(&name)
        || INTERPRETERS.contains(&name)
        || matches!(name, "." | "source" | "make")
}
