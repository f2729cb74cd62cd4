//! What Daytona's builder takes of a Dockerfile, and what `COPY` needs of the folder.

use parse_dockerfile::{ArgInstruction, Flag, Instruction, Source, UnescapedString, parse};

use crate::dockerfile::{Variables, declared, expand, line_of, pairs};
use crate::register::arguments::BuildArguments;
use crate::register::context::{Taken, take};
use crate::register::findings::Findings;
use crate::register::folder::Opened;
use crate::register::ignored::Ignored;

const HEREDOC: &str = "put the lines into a script of the folder, COPY it and RUN it";

/// Tells a name that Daytona would refuse.
pub(crate) fn check_name(name: &str, findings: &mut Findings<'_>) {
    let (path, digest) = name
        .split_once("@sha256:")
        .map_or((name, None), |(path, digest)| (path, Some(digest)));
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_.-:".contains(c))
    };
    let is_digest = |text: &str| text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
    if !path.split('/').all(is_part) || !digest.is_none_or(is_digest) {
        let message = format!(
            "Invalid snapshot name format: `{name}`. May contain letters, digits, dots, colons, and dashes"
        );
        let help = "give another with --name or DAYTONA_SNAPSHOT_NAME";
        findings.error(0, "name", message, help);
    }
}

/// What `COPY` takes, in the order of its lines; what is wrong goes to the findings.
pub(crate) fn sources(
    opened: &Opened,
    text: &str,
    given: &BuildArguments,
    findings: &mut Findings<'_>,
) -> Vec<Taken> {
    if opened.folder.text(".dockerignore").is_some() {
        let message = "Daytona takes no notice of .dockerignore: all that COPY names is sent";
        findings.warning(0, "dockerignore", message, "name in COPY what is needed");
    }
    let Ok(file) = parse(text) else {
        return Vec::new();
    };
    let mut reader = Reader {
        opened,
        text,
        given,
        global: None,
        variables: Variables::new(),
        declared: Vec::new(),
        taken: Vec::new(),
    };
    for instruction in &file.instructions {
        reader.instruction(instruction, findings);
    }
    given.check_names(&reader.declared, findings);
    reader.taken
}

struct Reader<'a> {
    opened: &'a Opened,
    text: &'a str,
    given: &'a BuildArguments,
    /// The arguments before the first `FROM`, once that has come.
    global: Option<Variables>,
    /// What is known in this stage.
    variables: Variables,
    /// Names of all arguments.
    declared: Vec<String>,
    taken: Vec<Taken>,
}

impl Reader<'_> {
    fn instruction(&mut self, instruction: &Instruction<'_>, findings: &mut Findings<'_>) {
        match instruction {
            Instruction::From(_) => {
                let all = std::mem::take(&mut self.variables);
                self.global.get_or_insert(all);
            }
            Instruction::Arg(it) => self.argument(&it.arguments),
            Instruction::Env(it) => {
                let new: Vec<_> = pairs(&it.arguments.value)
                    .into_iter()
                    .map(|(name, value)| {
                        let value = value.map(|it| expand(&it, &self.variables));
                        (name, value)
                    })
                    .collect();
                self.variables.extend(new);
            }
            Instruction::Run(it) => {
                let line = line_of(self.text, it.run.span.start);
                if !it.here_docs.is_empty() {
                    let message = "Daytona's builder may not read a heredoc in RUN";
                    findings.error(line, "heredoc", message, HEREDOC);
                }
                if it.options.iter().any(|flag| flag.name.value == "mount") {
                    let message = "Daytona's builder may not know RUN --mount";
                    let help = "COPY what the command needs, and remove it in the same RUN";
                    findings.error(line, "mount", message, help);
                }
            }
            Instruction::Copy(it) => {
                self.copied(it.copy.span.start, &it.options, &it.src, findings);
            }
            Instruction::Add(it) => {
                let line = line_of(self.text, it.add.span.start);
                for source in &it.src {
                    self.added(line, source, findings);
                }
            }
            _ => {}
        }
    }

    fn argument(&mut self, arguments: &UnescapedString<'_>) {
        for (name, default) in declared(&arguments.value) {
            let given = self.given.get(&name).cloned();
            let own = default.map(|it| expand(&it, &self.variables));
            let above = || self.global.as_ref()?.get(&name).cloned().flatten();
            let value = given.or(own).or_else(above);
            self.declared.push(name.clone());
            self.variables.insert(name, value);
        }
    }

    fn copied(
        &mut self,
        start: usize,
        options: &[Flag<'_>],
        sources: &[Source<'_>],
        findings: &mut Findings<'_>,
    ) {
        let line = line_of(self.text, start);
        if options.iter().any(|flag| flag.name.value == "from") {
            return;
        }
        for source in sources {
            let Source::Path(path) = source else {
                let message = "Daytona's builder may not read a heredoc in COPY";
                let help = "put the text into a file of the folder and COPY that";
                findings.error(line, "heredoc", message, help);
                continue;
            };
            let line = line_of(self.text, path.span.start);
            let source = expand(&path.value, &self.variables);
            let all = Ignored::default();
            let taken = take(&self.opened.folder, &all, (line, &source), findings);
            self.taken.extend(taken);
        }
    }

    fn added(&self, line: usize, source: &Source<'_>, findings: &mut Findings<'_>) {
        let Source::Path(path) = source else {
            let help = "put the text into a file of the folder and COPY that";
            findings.error(line, "heredoc", "ADD of a heredoc is not sent", help);
            return;
        };
        let source = expand(&path.value, &self.variables);
        // What is downloaded needs nothing of the folder.
        if !source.contains("://") && !source.starts_with("git@") {
            let message =
                format!("ADD {source}: Daytona is sent what COPY names, and nothing of ADD");
            let help = "COPY it, and unpack an archive with RUN tar -x";
            findings.error(line, "add", message, help);
        }
    }
}

/// The text with the given values as the defaults of its `ARG`s: Daytona takes no build arguments.
pub(crate) fn with_arguments(text: &str, given: &BuildArguments) -> String {
    let Ok(file) = parse(text) else {
        return text.to_owned();
    };
    let mut out = text.to_owned();
    for instruction in file.instructions.iter().rev() {
        let Instruction::Arg(ArgInstruction { arguments, .. }) = instruction else {
            continue;
        };
        let all = declared(&arguments.value);
        if !all.iter().any(|(name, _)| given.get(name).is_some()) {
            continue;
        }
        let written: Vec<String> = all
            .into_iter()
            .map(|(name, default)| match (given.get(&name), default) {
                (Some(value), _) => format!("{name}={}", quoted(value)),
                (None, Some(default)) => format!("{name}={default}"),
                (None, None) => name,
            })
            .collect();
        out.replace_range(arguments.span.start..arguments.span.end, &written.join(" "));
    }
    out
}

fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._:@%+,-=".contains(c);
    if value.chars().all(is_plain) {
        return value.to_owned();
    }
    let mut out = String::from("\"");
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}
