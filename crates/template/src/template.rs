//! A template: its Dockerfile, the provider's own file beside it, and what its sandboxes have.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::dockerfile::{At, Recipe};
use crate::e2b_toml::TemplateToml;
use crate::folder::Folder;
use crate::started::started;
use cutover_base::shell::{Command, assignment, commands};

/// Scripts that a build runs; more is not a template.
const SCRIPTS_MAX: usize = 200;

/// Whose template it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// E2B: it reads `e2b.toml`, and drops the image's variables at run time.
    E2b,
    /// Daytona.
    Daytona,
}

impl Provider {
    /// Its name as variables and files spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::E2b => "e2b",
            Self::Daytona => "daytona",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::E2b => Self::Daytona,
            Self::Daytona => Self::E2b,
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::E2b => "E2B",
            Self::Daytona => "Daytona",
        })
    }
}

/// What a sandbox is given; none where the template does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Resources {
    /// Processors.
    pub cpu: Option<u64>,
    /// Memory in MiB.
    pub memory_mib: Option<u64>,
    /// Disk in GiB.
    pub disk_gib: Option<u64>,
}

impl Resources {
    /// What the snapshot builder asks Daytona for where nothing is said.
    pub const SNAPSHOT: Self = Self {
        cpu: Some(2),
        memory_mib: Some(8 * 1024),
        disk_gib: Some(10),
    };
}

/// A template as its folder says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The folder as the user named it.
    pub name: String,
    /// Whose it is.
    pub provider: Provider,
    /// The Dockerfile's path in the folder.
    pub dockerfile: String,
    /// What the Dockerfile makes.
    pub recipe: Recipe,
    /// The commands of the build by the file they stand in: the Dockerfile's, and those of scripts from
    /// the folder that it runs.
    pub runs: Vec<(String, Vec<Command>)>,
    /// What `e2b.toml` says; nothing for Daytona.
    pub toml: TemplateToml,
    /// What a sandbox is given.
    pub resources: Resources,
    /// The files around it.
    pub folder: Folder,
}

impl Template {
    /// Reads a folder.
    ///
    /// # Errors
    /// Why it is no template, with file and line where there is one.
    pub fn read(root: &Path, resources: Option<Resources>) -> Result<Self, String> {
        let name = root.display().to_string();
        let folder = Folder::read(root)?;
        let toml = match folder.text("e2b.toml") {
            Some(text) => Some(TemplateToml::read(&text).map_err(|(line, message)| {
                format!("{}: {message}", place(&name, "e2b.toml", line))
            })?),
            None => None,
        };
        let dockerfile = dockerfile(&folder, toml.as_ref())
            .map_err(|why| format!("{name} is no template's folder: {why}"))?;
        let provider = provider(&dockerfile, root, toml.is_some());
        let text = folder.text(&dockerfile).ok_or_else(|| {
            format!("{name}/{dockerfile} is not a text of at most 1 MiB in UTF-8")
        })?;
        let recipe = Recipe::read(&text).map_err(|error| {
            format!("{}: {}", place(&name, &dockerfile, error.line), error.value)
        })?;
        let toml = toml.unwrap_or_default();
        let resources = resources.unwrap_or(match provider {
            Provider::E2b => Resources {
                cpu: toml.cpu_count,
                memory_mib: toml.memory_mb,
                disk_gib: None,
            },
            Provider::Daytona => Resources::SNAPSHOT,
        });
        let mut template = Self {
            name,
            provider,
            runs: vec![(dockerfile.clone(), recipe.runs.clone())],
            dockerfile,
            recipe,
            toml,
            resources,
            folder,
        };
        template.follow_scripts();
        Ok(template)
    }

    /// Adds the commands of scripts that the build runs, and of those that they run.
    fn follow_scripts(&mut self) {
        let files = self.files();
        let mut all = self.runs.clone();
        let mut next = 0;
        while let Some((_, runs)) = all.get(next) {
            let mut scripts = Vec::new();
            for command in runs {
                let word = match started(command) {
                    [shell, rest @ ..] if is_shell(shell) => {
                        rest.iter().find(|word| !word.starts_with('-'))
                    }
                    [program, ..] => Some(program),
                    [] => None,
                };
                let called = files.iter().find(|(_, target)| word == Some(target));
                scripts.extend(called.map(|(file, _)| (*file).to_owned()));
            }
            for file in scripts {
                if all.len() <= SCRIPTS_MAX && !all.iter().any(|(known, _)| *known == file) {
                    let text = self.folder.text(&file).unwrap_or_default();
                    all.push((file, commands(&text, 1)));
                }
            }
            next += 1;
        }
        self.runs = all;
    }

    /// The variables of a command in its sandboxes: on Daytona the image's; on E2B, which drops those,
    /// what files for `/etc/profile.d` export, and a file that is called `env`.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        let mut environment: BTreeMap<String, String> = match self.provider {
            Provider::E2b => BTreeMap::new(),
            Provider::Daytona => {
                let image = self.recipe.env.iter();
                image
                    .map(|(name, value)| (name.clone(), value.value.clone()))
                    .collect()
            }
        };
        if self.provider == Provider::E2b {
            for (file, target) in self.files() {
                let is_env = target.starts_with("/etc/profile.d/") || target.ends_with("/env");
                if !is_env {
                    continue;
                }
                let text = self.folder.text(file).unwrap_or_default();
                environment.extend(exported(&text));
            }
        }
        environment
    }

    /// Files that the image takes from the folder, with where they go.
    #[must_use]
    pub fn files(&self) -> Vec<(&str, String)> {
        let copies = self
            .recipe
            .copies
            .iter()
            .filter(|copied| copied.from.is_none());
        let files = copies.flat_map(|copied| {
            let taken = self.folder.taken(&copied.source);
            taken
                .into_iter()
                .map(|file| (file, target(&copied.target, &copied.source, file)))
        });
        files.collect()
    }

    /// What is started before a sandbox's first command.
    #[must_use]
    pub fn start(&self) -> Option<&str> {
        match self.provider {
            Provider::E2b => self.toml.start_cmd.as_deref(),
            Provider::Daytona => {
                let it = self
                    .recipe
                    .entrypoint
                    .as_ref()
                    .or(self.recipe.command.as_ref());
                it.map(|it| it.value.as_str())
            }
        }
    }

    /// What stands at a line of the Dockerfile, for a message.
    pub(crate) fn at<T>(&self, at: &At<T>) -> (String, usize) {
        (self.dockerfile.clone(), at.line)
    }
}

fn is_shell(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    matches!(name, "sh" | "bash" | "dash" | "." | "source")
}

fn place(folder: &str, file: &str, line: usize) -> String {
    let folder = folder.trim_end_matches('/');
    match line {
        0 => format!("{folder}/{file}"),
        line => format!("{folder}/{file}:{line}"),
    }
}

pub(crate) fn dockerfile(folder: &Folder, toml: Option<&TemplateToml>) -> Result<String, String> {
    if let Some(named) = toml.and_then(|toml| toml.dockerfile.as_deref()) {
        let named = named.trim_start_matches("./");
        let is_there = folder.files().any(|file| file == named);
        if is_there {
            return Ok(named.to_owned());
        }
        return Err(format!(
            "e2b.toml names the Dockerfile `{named}`, which is not there"
        ));
    }
    let is_dockerfile = |file: &&str| {
        !file.contains('/') && (*file == "Dockerfile" || file.ends_with(".Dockerfile"))
    };
    let found: Vec<&str> = folder.files().filter(is_dockerfile).collect();
    match found.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err("it has no `Dockerfile` and no `*.Dockerfile`".to_owned()),
        many => Err(format!("it has several Dockerfiles: {}", many.join(", "))),
    }
}

fn provider(dockerfile: &str, root: &Path, has_toml: bool) -> Provider {
    let folder = root
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase());
    let is_named = |text: &str, name: &str| text.to_lowercase().contains(name);
    let is_e2b = has_toml
        || is_named(dockerfile, "e2b")
        || folder.is_some_and(|name| name.contains("e2b")) && !is_named(dockerfile, "daytona");
    if is_e2b {
        Provider::E2b
    } else {
        Provider::Daytona
    }
}

/// Where a file goes whose source names it, or a folder or pattern that has it.
fn target(target: &str, source: &str, file: &str) -> String {
    let source = source.trim_start_matches("./").trim_matches('/');
    let is_folder = target.ends_with('/') || target.ends_with("/.");
    let inside = match file.strip_prefix(source) {
        Some(rest) if rest.starts_with('/') => rest.trim_start_matches('/'),
        Some("") if !is_folder => return target.to_owned(),
        _ if source.is_empty() || source == "." => file,
        _ => file.rsplit('/').next().unwrap_or(file),
    };
    format!(
        "{}/{inside}",
        target.trim_end_matches('.').trim_end_matches('/')
    )
}

/// `export NAME=value` and plain assignments of a shell file.
fn exported(text: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for command in commands(text, 1) {
        let exported = match command.run().split_first() {
            Some((program, rest)) if program == "export" => rest,
            Some(_) => &[],
            None => command.assignments(),
        };
        let pairs = exported.iter().filter_map(|word| assignment(word));
        all.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_file_goes_is_told_as_docker_does_it() {
        for (to, source, file, expected) in [
            (
                "/usr/local/bin/start-db",
                "start-db.sh",
                "start-db.sh",
                "/usr/local/bin/start-db",
            ),
            (
                "/usr/local/bin/",
                "start-db.sh",
                "start-db.sh",
                "/usr/local/bin/start-db.sh",
            ),
            ("/opt/", "scripts/*.sh", "scripts/a.sh", "/opt/a.sh"),
            ("/opt", "scripts/", "scripts/deep/a", "/opt/deep/a"),
            ("/opt/", ".", "x/y", "/opt/x/y"),
        ] {
            assert_eq!(target(to, source, file), expected, "{source}");
        }
    }

    #[test]
    fn what_a_profile_exports_is_told() {
        let text = "# comment\nexport A=1 B=\"x y\"\nC=2\necho D=3\n";
        let told = exported(text);
        let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["A", "B", "C"]);
    }

    #[test]
    fn a_folder_that_is_no_template_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let why = |files: &[(&str, &str)]| {
            for (file, text) in files {
                std::fs::write(dir.path().join(file), text).unwrap();
            }
            Template::read(dir.path(), None).unwrap_err()
        };
        assert!(why(&[]).contains("no `Dockerfile`"));
        assert!(why(&[("a.Dockerfile", "FROM a\nWHAT\n")]).contains("a.Dockerfile:2: "));
        assert!(why(&[("Dockerfile", "FROM a\n")]).contains("several Dockerfiles"));
        assert!(why(&[("e2b.toml", "dockerfile = \"x\"\n")]).contains("`x`, which is not there"));
        assert!(why(&[("e2b.toml", "\ncpu_count = -1\n")]).contains("e2b.toml:2: "));
    }
}
