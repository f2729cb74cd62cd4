//! From a Dockerfile to the steps of E2B's builder, as its SDK translates them (contract 7.3), but with
//! the values of `ARG` put in.

use parse_dockerfile::{
    Command, Dockerfile, Flag, Instruction, RunInstruction, Source, UnescapedString, parse,
};
use serde::Serialize;

use crate::dockerfile::{Variables, declared, expand, line_of, pairs};
use crate::register::arguments::BuildArguments;
use crate::register::context::{Taken, take};
use crate::register::e2b::copy::{copy_flags, is_archive};
use crate::register::e2b::unsupported::{check_dollar, mounts, unsupported};
use crate::register::e2b::words::{joined, run, shell_line};
use crate::register::findings::Findings;
use crate::register::folder::Opened;
use crate::register::ignored::Ignored;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// `RUN`, `COPY`, `ENV`, `WORKDIR` or `USER`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its arguments, by kind.
    pub args: Vec<String>,
    /// Whether it is built again whatever is known of it.
    pub force: bool,
    /// The name of the files of a `COPY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_hash: Option<String>,
}

impl Step {
    fn new(kind: &'static str, args: Vec<String>) -> Self {
        Self {
            kind,
            args,
            force: false,
            files_hash: None,
        }
    }
}

/// What a Dockerfile comes to.
#[derive(Debug, Default)]
pub(crate) struct Translated {
    pub(crate) from_image: String,
    pub(crate) steps: Vec<Step>,
    /// What each `COPY` takes, by the step's number.
    pub(crate) taken: Vec<(usize, Taken)>,
    /// What `ENTRYPOINT` and `CMD` start.
    pub(crate) start: Option<String>,
}

/// Translates; what is wrong goes to the findings.
pub(crate) fn translate(
    opened: &Opened,
    text: &str,
    ignored: &Ignored,
    given: &BuildArguments,
    findings: &mut Findings<'_>,
) -> Translated {
    let Ok(file) = parse(text) else {
        return Translated::default();
    };
    let mut translator = Translator {
        opened,
        text,
        ignored,
        given,
        escape: file
            .parser_directives
            .escape
            .as_ref()
            .map_or('\\', |it| it.value.value),
        global: Variables::new(),
        variables: Variables::new(),
        declared: Vec::new(),
        has_from: false,
        has_user: false,
        has_work_dir: false,
        entrypoint: None,
        command: None,
        out: Translated::default(),
    };
    translator.file(&file, findings);
    given.check_names(&translator.declared, findings);
    translator.out
}

struct Translator<'a> {
    opened: &'a Opened,
    text: &'a str,
    ignored: &'a Ignored,
    given: &'a BuildArguments,
    escape: char,
    /// The arguments before `FROM`.
    global: Variables,
    variables: Variables,
    declared: Vec<String>,
    has_from: bool,
    has_user: bool,
    has_work_dir: bool,
    entrypoint: Option<(bool, Vec<String>)>,
    command: Option<(bool, Vec<String>)>,
    out: Translated,
}

impl Translator<'_> {
    fn file(&mut self, file: &Dockerfile<'_>, findings: &mut Findings<'_>) {
        for instruction in &file.instructions {
            self.instruction(instruction, findings);
        }
        if !self.has_user {
            self.step("USER", vec!["user".to_owned()]);
        }
        if !self.has_work_dir {
            self.step("WORKDIR", vec!["/home/user".to_owned()]);
        }
        self.out.start = self.start();
    }

    fn step(&mut self, kind: &'static str, args: Vec<String>) {
        self.out.steps.push(Step::new(kind, args));
    }

    fn line(&self, byte: usize) -> usize {
        line_of(self.text, byte)
    }

    fn instruction(&mut self, instruction: &Instruction<'_>, findings: &mut Findings<'_>) {
        match instruction {
            Instruction::From(it) => self.from(&it.image, findings),
            Instruction::Arg(it) => self.argument(&it.arguments, findings),
            Instruction::Env(it) => self.environment(&it.arguments, findings),
            Instruction::Run(it) => self.run(it, findings),
            Instruction::Copy(it) => {
                self.copied(
                    it.copy.span.start,
                    &it.options,
                    &it.src,
                    &it.dest,
                    "COPY",
                    findings,
                );
            }
            Instruction::Add(it) => {
                self.copied(
                    it.add.span.start,
                    &it.options,
                    &it.src,
                    &it.dest,
                    "ADD",
                    findings,
                );
            }
            Instruction::User(it) => {
                self.has_user = true;
                if let Some(user) = self.known(&it.arguments, findings) {
                    self.step("USER", vec![user]);
                }
            }
            Instruction::Workdir(it) => {
                self.has_work_dir = true;
                if let Some(path) = self.known(&it.arguments, findings) {
                    self.step("WORKDIR", vec![path]);
                }
            }
            Instruction::Cmd(it) => self.command = Some(started(&it.arguments, self.escape)),
            Instruction::Entrypoint(it) => {
                self.entrypoint = Some(started(&it.arguments, self.escape));
            }
            other => unsupported(other, self.text, findings),
        }
    }

    fn run(&mut self, it: &RunInstruction<'_>, findings: &mut Findings<'_>) {
        let line = self.line(it.run.span.start);
        mounts(&it.options, line, findings);
        if let Some(command) = run(&it.arguments, &it.here_docs, self.escape) {
            self.step("RUN", vec![command]);
            return;
        }
        let message = "a heredoc beside other words of a RUN is not translated";
        let help = "put the lines into a script of the folder, COPY it and RUN it";
        findings.error(line, "heredoc", message, help);
    }

    fn from(&mut self, image: &UnescapedString<'_>, findings: &mut Findings<'_>) {
        let line = self.line(image.span.start);
        if self.has_from {
            let message = "E2B takes one FROM and no stages";
            let help =
                "do in one stage what the image needs, and remove in the same RUN what it does not";
            findings.error(line, "stages", message, help);
            return;
        }
        self.has_from = true;
        self.out.from_image = expand(&image.value, &self.variables);
        self.global = std::mem::take(&mut self.variables);
        if self.out.from_image.contains('$') || self.out.from_image.is_empty() {
            let message = format!("FROM {} has a variable without a value", image.value);
            let help = "give the ARG before FROM a default, or a value with --build-arg NAME=VALUE";
            findings.error(line, "variable", message, help);
        }
        self.step("USER", vec!["root".to_owned()]);
        self.step("WORKDIR", vec!["/".to_owned()]);
    }

    fn argument(&mut self, arguments: &UnescapedString<'_>, findings: &mut Findings<'_>) {
        let line = self.line(arguments.span.start);
        let mut step = Vec::new();
        for (name, default) in declared(&arguments.value) {
            self.declared.push(name.clone());
            let given = self.given.get(&name).cloned();
            check_dollar(
                line,
                given.is_none().then_some(default.as_deref()).flatten(),
                findings,
            );
            if given.as_ref().is_some_and(|it| it.contains('$')) {
                let message =
                    format!("--build-arg {name}: E2B's builder would take its $ for a variable");
                findings.error(line, "dollar", message, "give a value without $");
            }
            let own = default.map(|it| expand(&it, &self.variables));
            let value = given
                .or(own)
                .or_else(|| self.global.get(&name).cloned().flatten());
            self.variables.insert(name.clone(), value.clone());
            step.extend([name, value.unwrap_or_default()]);
        }
        // What stands before `FROM` is known to `FROM` alone.
        if self.has_from && !step.is_empty() {
            self.out.steps.push(Step::new("ENV", step));
        }
    }

    fn environment(&mut self, arguments: &UnescapedString<'_>, findings: &mut Findings<'_>) {
        let line = self.line(arguments.span.start);
        let mut new = Vec::new();
        for (name, value) in pairs(&arguments.value) {
            check_dollar(line, value.as_deref(), findings);
            let value = value.map(|it| expand(&it, &self.variables));
            new.push((name, value.unwrap_or_default()));
        }
        let args = new
            .iter()
            .flat_map(|(name, value)| [name.clone(), value.clone()]);
        let step = Step::new("ENV", args.collect());
        self.out.steps.push(step);
        let known = new.into_iter().map(|(name, value)| (name, Some(value)));
        self.variables.extend(known);
    }

    fn known(&self, text: &UnescapedString<'_>, findings: &mut Findings<'_>) -> Option<String> {
        let value = expand(text.value.trim(), &self.variables);
        if !value.contains('$') {
            return Some(value);
        }
        let message = format!("{value} has a variable without a value");
        let help = "give it one with ENV, ARG or --build-arg NAME=VALUE";
        findings.error(self.line(text.span.start), "variable", message, help);
        None
    }

    fn copied(
        &mut self,
        start: usize,
        options: &[Flag<'_>],
        sources: &[Source<'_>],
        destination: &UnescapedString<'_>,
        name: &str,
        findings: &mut Findings<'_>,
    ) {
        let line = self.line(start);
        let Some([user, mode]) = copy_flags(options, &self.variables, (line, name), findings)
        else {
            return;
        };
        let Some(destination) = self.known(destination, findings) else {
            return;
        };
        for source in sources {
            let Source::Path(path) = source else {
                let message = format!("{name} of a heredoc is not translated");
                let help = "put the text into a file of the folder and COPY that";
                findings.error(line, "heredoc", message, help);
                continue;
            };
            let line = self.line(path.span.start);
            let source = expand(&path.value, &self.variables);
            if name == "ADD" && (source.contains("://") || source.starts_with("git@")) {
                let message = format!("E2B does not download {source}");
                let help = "download it with RUN curl, and check its sum there";
                findings.error(line, "add", message, help);
                continue;
            }
            if name == "ADD" && is_archive(&source) {
                let message = format!("E2B copies {source} and does not unpack it");
                let help = "COPY it, and unpack it with RUN tar -x";
                findings.error(line, "add", message, help);
                continue;
            }
            let Some(taken) = take(&self.opened.folder, self.ignored, (line, &source), findings)
            else {
                continue;
            };
            self.out.taken.push((self.out.steps.len(), taken));
            let source = source.trim_start_matches('/').to_owned();
            let source = if source.is_empty() {
                ".".to_owned()
            } else {
                source
            };
            self.step(
                "COPY",
                vec![source, destination.clone(), user.clone(), mode.clone()],
            );
        }
    }

    /// `ENTRYPOINT` and `CMD` together, by Docker's rules.
    fn start(&self) -> Option<String> {
        let words = |words: &[String]| shell_line(words.iter().map(String::as_str));
        let start = match (&self.entrypoint, &self.command) {
            (Some((false, line)), _) => line.concat(),
            (Some((true, own)), Some((true, more))) => words(&[own.as_slice(), more].concat()),
            (Some((true, own)), Some((false, line))) => {
                let shell = ["/bin/sh".to_owned(), "-c".to_owned(), line.concat()];
                words(&[own.as_slice(), &shell].concat())
            }
            (Some((true, all)), None) | (None, Some((true, all))) => words(all),
            (None, Some((false, line))) => line.concat(),
            (None, None) => return None,
        };
        Some(start).filter(|it| !it.trim().is_empty())
    }
}

/// Whether it is a list of words, and these or the line.
fn started(command: &Command<'_>, escape: char) -> (bool, Vec<String>) {
    match command {
        Command::Exec(words) => {
            let words = words.value.iter().map(|word| word.value.to_string());
            (true, words.collect())
        }
        Command::Shell(text) => (false, vec![joined(text.value, escape)]),
        _ => (false, Vec::new()),
    }
}
