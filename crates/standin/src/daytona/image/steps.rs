//! The instructions of a Dockerfile, one after the other.

use parse_dockerfile::{Command, Flag, HereDoc, Instruction, Source, Stage};

use crate::daytona::image::copying;
use crate::daytona::image::recipe::{Action, Recipe, Step};
use crate::daytona::image::words::{Vars, bounded, declare, expand, pairs, size};
use crate::shared::go_path;

/// Docker's default, for a step that sets none.
pub(super) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The state of a stage while it is read.
pub(super) struct Reader {
    args: Vars,
    shell: Vec<String>,
    recipe: Recipe,
}

impl Reader {
    /// A reader that goes on from this recipe.
    pub(super) fn new(recipe: Recipe) -> Self {
        Self {
            args: Vars::new(),
            shell: ["/bin/sh", "-c"].map(str::to_owned).to_vec(),
            recipe,
        }
    }

    /// What was read.
    pub(super) fn into_recipe(self) -> Recipe {
        self.recipe
    }

    /// Reads a stage.
    ///
    /// # Errors
    /// Why it cannot be built.
    pub(super) fn stage(
        &mut self,
        text: &str,
        stage: &Stage<'_, '_>,
        global: &Vars,
    ) -> Result<(), String> {
        self.args = Vars::new();
        let image = expand(&stage.from.image.value, global)?;
        if image.is_empty() {
            return Err("base name (${...}) should not be blank".to_owned());
        }
        let line = span_text(text, stage.from.from.span.start, stage.from.image.span.end);
        self.push(line, Action::StandIn(image));
        for instruction in stage.instructions {
            self.instruction(text, instruction, global)?;
            bounded(size(&self.args) + size(&self.recipe.image.env))?;
        }
        Ok(())
    }

    fn push(&mut self, text: String, action: Action) {
        self.recipe.steps.push(Step { text, action });
    }

    /// What may be put in for `$NAME`: ENV before ARG.
    fn vars(&self) -> Vars {
        let mut vars = self.args.clone();
        vars.entry("PATH".to_owned())
            .or_insert_with(|| PATH.to_owned());
        vars.extend(self.recipe.image.env.clone());
        vars
    }

    fn instruction(
        &mut self,
        text: &str,
        instruction: &Instruction<'_>,
        global: &Vars,
    ) -> Result<(), String> {
        let vars = self.vars();
        match instruction {
            Instruction::Run(run) => {
                refuse_mounts(&run.options)?;
                let argv = self.argv(&run.arguments, &run.here_docs)?;
                let mut env = vars;
                env.remove("HOME");
                let image = &self.recipe.image;
                let action = Action::Run {
                    argv,
                    env,
                    dir: image.work_dir.clone().unwrap_or_else(|| "/".to_owned()),
                    user: image.user.clone(),
                };
                self.push(format!("RUN {}", shown(&run.arguments)), action);
            }
            Instruction::Env(env) => {
                let pairs = pairs(&env.arguments.value, &vars)?;
                self.recipe.image.env.extend(pairs);
                self.push(format!("ENV {}", env.arguments.value), Action::Note);
            }
            Instruction::Arg(arg) => {
                declare(&arg.arguments.value, &mut self.args, global)?;
                self.push(format!("ARG {}", arg.arguments.value), Action::Note);
            }
            Instruction::Workdir(dir) => {
                let dir = expand(&dir.arguments.value, &vars)?;
                let dir = joined(self.recipe.image.work_dir.as_deref().unwrap_or("/"), &dir);
                self.recipe.image.work_dir = Some(dir.clone());
                self.push(format!("WORKDIR {dir}"), Action::MakeDir(dir));
            }
            Instruction::User(user) => {
                let user = expand(&user.arguments.value, &vars)?;
                self.push(format!("USER {user}"), Action::Note);
                self.recipe.image.user = user;
            }
            Instruction::Entrypoint(entry) => {
                let argv = self.argv(&entry.arguments, &[])?;
                self.recipe.image.entrypoint = Some(argv);
                self.push(
                    format!("ENTRYPOINT {}", shown(&entry.arguments)),
                    Action::Note,
                );
            }
            Instruction::Shell(shell) => {
                let words = shell.arguments.iter();
                self.shell = words.map(|word| word.value.to_string()).collect();
                self.push(format!("SHELL {:?}", self.shell), Action::Note);
            }
            Instruction::Copy(copy) => {
                let line = span_text(text, copy.copy.span.start, copy.dest.span.end);
                self.copy("COPY", &copy.options, &copy.src, &copy.dest.value, line)?;
            }
            Instruction::Add(add) => {
                let line = span_text(text, add.add.span.start, add.dest.span.end);
                self.copy("ADD", &add.options, &add.src, &add.dest.value, line)?;
            }
            other => self.push(noted(text, other), Action::Note),
        }
        Ok(())
    }

    fn copy(
        &mut self,
        word: &'static str,
        options: &[Flag<'_>],
        sources: &[Source<'_>],
        dest: &str,
        line: String,
    ) -> Result<(), String> {
        let dir = self.recipe.image.work_dir.as_deref().unwrap_or("/");
        let copying = copying::read(word, options, sources, dest, dir, &self.vars());
        let copying = copying.map_err(|why| format!("{line}: {why}"))?;
        self.push(line, Action::Copy(copying));
        Ok(())
    }

    fn argv(&self, command: &Command<'_>, docs: &[HereDoc<'_>]) -> Result<Vec<String>, String> {
        let script = match (command, docs) {
            (Command::Exec(words), _) => {
                return Ok(words
                    .value
                    .iter()
                    .map(|word| word.value.to_string())
                    .collect());
            }
            (Command::Shell(line), []) => one_line(line.value),
            // The parser has taken the `<<WORD`; what is left is the program that reads it.
            (Command::Shell(line), [doc]) if line.value.trim().is_empty() => doc.value.to_string(),
            (Command::Shell(line), _) => {
                return Err(format!(
                    "RUN {}: the stand-in runs a heredoc only as a script of its own",
                    line.value
                ));
            }
            _ => return Err("a form of command that the stand-in does not know".to_owned()),
        };
        let mut argv = self.shell.clone();
        argv.push(script);
        Ok(argv)
    }
}

/// A path that Docker resolves against the WORKDIR before.
fn joined(base: &str, path: &str) -> String {
    if path.starts_with('/') {
        go_path::clean(path)
    } else {
        go_path::join(base, path)
    }
}

/// Lines that a backslash joins are one; comments and empty lines between them are none.
fn one_line(text: &str) -> String {
    let mut out = String::new();
    let mut joining = false;
    for line in text.lines() {
        let bare = line.trim();
        if joining && (bare.is_empty() || bare.starts_with('#')) {
            continue;
        }
        let line = line.trim_end();
        joining = line.ends_with('\\');
        out.push_str(line.strip_suffix('\\').unwrap_or(line));
        if !joining {
            out.push('\n');
        }
    }
    out.trim_end().to_owned()
}

fn shown(command: &Command<'_>) -> String {
    match command {
        Command::Shell(line) => one_line(line.value),
        Command::Exec(words) => {
            let words: Vec<&str> = words.value.iter().map(|word| word.value.as_ref()).collect();
            format!("{words:?}")
        }
        _ => String::new(),
    }
}

fn span_text(text: &str, from: usize, to: usize) -> String {
    one_line(text.get(from..to).unwrap_or_default())
}

/// A cache is only faster; every other mount brings something in that is not there.
fn refuse_mounts(options: &[Flag<'_>]) -> Result<(), String> {
    for option in options {
        let value = option
            .value
            .as_ref()
            .map_or("", |value| value.value.as_ref());
        let harmless = value.contains("type=cache") || value.contains("type=tmpfs");
        if option.name.value == "mount" && !harmless {
            return Err(format!(
                "RUN --mount={value}: the stand-in does not implement it"
            ));
        }
    }
    Ok(())
}

/// A line that changes nothing here, as it was written.
fn noted(text: &str, instruction: &Instruction<'_>) -> String {
    let (start, word) = match instruction {
        Instruction::Cmd(line) => (line.cmd.span.start, "CMD"),
        Instruction::Expose(line) => (line.expose.span.start, "EXPOSE"),
        Instruction::Label(line) => (line.label.span.start, "LABEL"),
        Instruction::Healthcheck(line) => (line.healthcheck.span.start, "HEALTHCHECK"),
        Instruction::Maintainer(line) => (line.maintainer.span.start, "MAINTAINER"),
        Instruction::Onbuild(line) => (line.onbuild.span.start, "ONBUILD"),
        Instruction::Stopsignal(line) => (line.stopsignal.span.start, "STOPSIGNAL"),
        Instruction::Volume(line) => (line.volume.span.start, "VOLUME"),
        _ => return "an instruction without effect here".to_owned(),
    };
    let line = text.get(start..).and_then(|rest| rest.lines().next());
    line.unwrap_or(word).trim_end().to_owned()
}
