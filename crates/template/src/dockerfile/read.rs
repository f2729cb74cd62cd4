//! From the text of a Dockerfile to its recipe.

use parse_dockerfile::{Command as Started, Flag, HereDoc, Instruction, Source, Stage, parse};

use crate::dockerfile::variables::{Variables, declared, expand, pairs};
use crate::dockerfile::{At, Copied, Recipe, line_of};
use cutover_base::shell::{Command, commands};

/// Bytes of a Dockerfile; real ones have a few thousand.
const BYTES_MAX: usize = 1024 * 1024;

impl Recipe {
    /// Reads a Dockerfile.
    ///
    /// # Errors
    /// The line (0 for the whole file) and why it cannot be read.
    pub fn read(text: &str) -> Result<Self, At<String>> {
        let at = |line, value: String| At { line, value };
        if text.len() > BYTES_MAX {
            return Err(at(0, format!("a Dockerfile may have {BYTES_MAX} bytes")));
        }
        let file = parse(text).map_err(|error| {
            let whole = error.to_string();
            let place = format!(" at line {} column {}", error.line(), error.column());
            at(error.line(), whole.trim_end_matches(&place).to_owned())
        })?;
        let mut reader = Reader {
            text,
            variables: Variables::new(),
            recipe: Self::default(),
        };
        for argument in file.global_args() {
            reader.argument(
                argument.arg.span.start,
                &argument.arguments.value,
                &Variables::new(),
            );
        }
        let global = reader.variables.clone();
        let stages: Vec<Stage<'_, '_>> = file.stages().collect();
        for at in chain(&stages, &global) {
            reader.variables.clear();
            reader.stage(&stages[at], &stages[..at], &global);
        }
        Ok(reader.recipe)
    }
}

/// The last stage with those that it is made from, the lowest first.
fn chain(stages: &[Stage<'_, '_>], global: &Variables) -> Vec<usize> {
    let mut chain = Vec::new();
    let mut next = stages.len().checked_sub(1);
    while let Some(at) = next {
        chain.push(at);
        next = below(&stages[at], &stages[..at], global);
    }
    chain.reverse();
    chain
}

/// The earlier stage that a stage is made from.
fn below(stage: &Stage<'_, '_>, earlier: &[Stage<'_, '_>], global: &Variables) -> Option<usize> {
    let image = expand(&stage.from.image.value, global);
    earlier.iter().rposition(|other| {
        let name = other.from.as_.as_ref().map(|(_, name)| &name.value);
        name.is_some_and(|name| name.eq_ignore_ascii_case(&image))
    })
}

struct Reader<'a> {
    text: &'a str,
    variables: Variables,
    recipe: Recipe,
}

impl Reader<'_> {
    fn line(&self, byte: usize) -> usize {
        line_of(self.text, byte)
    }

    fn at<T>(&self, byte: usize, value: T) -> At<T> {
        At {
            line: self.line(byte),
            value,
        }
    }

    fn expanded(&self, text: &str) -> String {
        expand(text, &self.variables)
    }

    fn stage(&mut self, stage: &Stage<'_, '_>, earlier: &[Stage<'_, '_>], global: &Variables) {
        if below(stage, earlier, global).is_none() {
            let image = expand(&stage.from.image.value, global);
            self.recipe
                .bases
                .push(self.at(stage.from.image.span.start, image));
        }
        for (name, value) in &self.recipe.env {
            self.variables
                .insert(name.clone(), Some(value.value.clone()));
        }
        for instruction in stage.instructions {
            self.instruction(instruction, global);
        }
    }

    fn instruction(&mut self, instruction: &Instruction<'_>, global: &Variables) {
        match instruction {
            Instruction::Arg(it) => self.argument(it.arg.span.start, &it.arguments.value, global),
            Instruction::Env(it) => self.variable(it.arguments.span.start, &it.arguments.value),
            Instruction::User(it) => {
                let user = self.expanded(&it.arguments.value);
                self.recipe.user = Some(self.at(it.user.span.start, user));
            }
            Instruction::Workdir(it) => {
                let named = self.expanded(&it.arguments.value);
                let before = self.recipe.work_dir.as_ref().map_or("/", |it| &it.value);
                let path = below_folder(before, &named);
                self.recipe.work_dir = Some(self.at(it.workdir.span.start, path));
            }
            Instruction::Entrypoint(it) => {
                let started = started(&it.arguments);
                self.recipe.entrypoint = Some(self.at(it.entrypoint.span.start, started));
            }
            Instruction::Cmd(it) => {
                let started = started(&it.arguments);
                self.recipe.command = Some(self.at(it.cmd.span.start, started));
            }
            Instruction::Expose(it) => {
                for port in &it.arguments {
                    let text = self.expanded(&port.value);
                    self.recipe.ports.push(self.at(port.span.start, text));
                }
            }
            Instruction::Run(it) => self.run(&it.arguments, &it.here_docs),
            Instruction::Copy(it) => self.copied(&it.options, &it.src, &it.dest.value, false),
            Instruction::Add(it) => self.copied(&it.options, &it.src, &it.dest.value, true),
            _ => {}
        }
    }

    fn argument(&mut self, byte: usize, text: &str, global: &Variables) {
        for (name, default) in declared(text) {
            let value = match default {
                Some(default) => Some(self.expanded(&default)),
                None => global.get(&name).cloned().flatten(),
            };
            self.variables.insert(name.clone(), value.clone());
            let told = self.at(byte, value);
            // What a stage only repeats stands where it was said first.
            let is_new = told.value.is_some() || !self.recipe.arguments.contains_key(&name);
            if is_new && !global.contains_key(&name) {
                self.recipe.arguments.insert(name, told);
            }
        }
    }

    fn variable(&mut self, byte: usize, text: &str) {
        // Every variable of one instruction sees those of before it alone.
        let before = self.variables.clone();
        // The parser joins continued lines: a variable's own line is where its name stands.
        let written = self.text.get(byte..).unwrap_or_default();
        for (name, value) in pairs(text) {
            let value = expand(&value.unwrap_or_default(), &before);
            let found = find_name(written, &name).unwrap_or_default();
            self.variables.insert(name.clone(), Some(value.clone()));
            let told = self.at(byte + found, value);
            self.recipe.env.insert(name, told);
        }
    }

    fn run(&mut self, started: &Started<'_>, here_docs: &[HereDoc<'_>]) {
        match started {
            Started::Exec(words) => {
                let line = self.line(words.span.start);
                let words: Vec<String> = words
                    .value
                    .iter()
                    .map(|it| it.value.clone().into_owned())
                    .collect();
                // `["sh", "-c", "text"]` is the text.
                let script = match words.as_slice() {
                    [_, flag, script, ..] if flag.starts_with('-') && flag.ends_with('c') => {
                        commands(script, line)
                    }
                    _ => Vec::new(),
                };
                self.recipe.runs.push(Command {
                    line,
                    words,
                    inner: script,
                    ..Command::default()
                });
            }
            Started::Shell(text) => {
                let line = self.line(text.span.start);
                let written = without_comments(text.value);
                self.recipe.runs.extend(commands(&written, line));
                for here in here_docs {
                    let line = self.line(here.span.start);
                    self.recipe.runs.extend(commands(&here.value, line));
                }
            }
            _ => {}
        }
    }

    fn copied(&mut self, options: &[Flag<'_>], sources: &[Source<'_>], target: &str, is_add: bool) {
        let flag = |name: &str| options.iter().find(|flag| flag.name.value == name);
        let from = flag("from").and_then(|flag| flag.value.as_ref());
        let from = from.map(|value| self.expanded(&value.value));
        for source in sources {
            let Source::Path(path) = source else {
                continue;
            };
            let copied = Copied {
                source: self.expanded(&path.value),
                target: self.expanded(target),
                from: from.clone(),
                is_add,
                has_checksum: flag("checksum").is_some(),
            };
            self.recipe.copies.push(self.at(path.span.start, copied));
        }
    }
}

/// Where a name stands as `NAME=` in a text, at a word's border.
fn find_name(text: &str, name: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = text[from..].find(name) {
        let at = from + found;
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        let is_border = before.is_none_or(char::is_whitespace);
        if is_border && after.is_none_or(|c| c == '=' || c.is_whitespace()) {
            return Some(at);
        }
        from = at + name.len();
    }
    None
}

/// Comment lines between continued lines are none of the command's.
fn without_comments(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let is_comment = line.trim_start().starts_with('#');
        if is_comment { "\\\n" } else { line }
    });
    lines.collect()
}

fn started(command: &Started<'_>) -> String {
    match command {
        Started::Shell(text) => text.value.to_owned(),
        Started::Exec(words) => {
            let words: Vec<&str> = words.value.iter().map(|word| &*word.value).collect();
            words.join(" ")
        }
        _ => String::new(),
    }
}

fn below_folder(folder: &str, named: &str) -> String {
    if named.starts_with('/') {
        return named.to_owned();
    }
    format!("{}/{named}", folder.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"ARG BASE=debian:bookworm
ARG TOKEN
FROM ${BASE} AS base
ARG TOKEN
ENV A=1 \
    B="$A two" \
    C=$TOKEN
RUN apt-get update \
    # a comment
    && apt-get install -y git
COPY --chmod=755 start.sh more.sh /usr/local/bin/
FROM scratch AS other
RUN never
FROM base
WORKDIR /app
WORKDIR sub
USER user
EXPOSE 80 443/tcp
RUN ["sh", "-c", "curl x | sh"]
RUN <<EOF
first
second
EOF
COPY --from=other /x /y
ENTRYPOINT ["/bin/start", "now"]
CMD sleep infinity
"#;

    #[test]
    fn what_the_last_stage_has_is_told_with_its_lines() {
        let recipe = Recipe::read(FILE).unwrap();
        let base = &recipe.bases[0];
        assert_eq!((base.line, base.value.as_str()), (3, "debian:bookworm"));
        let env: Vec<(usize, &str, &str)> = recipe
            .env
            .iter()
            .map(|(name, it)| (it.line, name.as_str(), it.value.as_str()))
            .collect();
        // As in Docker, a variable does not see its neighbours of one instruction.
        assert_eq!(env, [(5, "A", "1"), (6, "B", "$A two"), (7, "C", "$TOKEN")]);
        let runs: Vec<(usize, String)> = recipe
            .runs
            .iter()
            .map(|it| (it.line, it.words.join(" ")))
            .collect();
        let expected = [
            (8, "apt-get update"),
            (10, "apt-get install -y git"),
            (19, "sh -c curl x | sh"),
        ];
        for (line, text) in expected {
            assert!(runs.contains(&(line, text.to_owned())), "{text}: {runs:?}");
        }
        assert!(runs.iter().any(|(_, text)| text == "second"), "{runs:?}");
        assert!(!runs.iter().any(|(_, text)| text == "never"));
        let copies: Vec<(usize, &str)> = recipe
            .copies
            .iter()
            .map(|it| (it.line, it.source.as_str()))
            .collect();
        assert_eq!(copies, [(11, "start.sh"), (11, "more.sh"), (24, "/x")]);
        assert_eq!(recipe.copies[2].from.as_deref(), Some("other"));
        let told = |it: &Option<At<String>>| it.as_ref().unwrap().value.clone();
        assert_eq!(told(&recipe.work_dir), "/app/sub");
        assert_eq!(told(&recipe.user), "user");
        assert_eq!(told(&recipe.entrypoint), "/bin/start now");
        assert_eq!(told(&recipe.command), "sleep infinity");
        let ports: Vec<&str> = recipe.ports.iter().map(|it| it.value.as_str()).collect();
        assert_eq!(ports, ["80", "443/tcp"]);
        assert_eq!(recipe.arguments["TOKEN"].line, 2);
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        for (text, line) in [
            ("FROM a\nNONSENSE b\n", 2),
            ("FROM a\nRUN <<EOF\nx\n", 3),
            ("FROM a\nCOPY x\n", 2),
        ] {
            let error = Recipe::read(text).unwrap_err();
            assert_eq!(error.line, line, "{error:?}");
            assert!(
                !error.value.is_empty() && !error.value.contains("at line"),
                "{error:?}"
            );
        }
        assert!(Recipe::read("").is_err());
        assert!(Recipe::read(&"#".repeat(BYTES_MAX + 1)).is_err());
    }
}
