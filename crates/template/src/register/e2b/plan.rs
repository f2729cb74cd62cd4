//! From a folder to what E2B is asked for. Nothing is sent.

use std::path::Path;

use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::audit::{Finding, Level};
use crate::dockerfile::without_mistakes;
use crate::register::arguments::BuildArguments;
use crate::register::context::{Amount, Taken, check_size};
use crate::register::e2b::hash::hash;
use crate::register::e2b::rules;
use crate::register::e2b::steps::{Step, Translated, translate};
use crate::register::findings::Findings;
use crate::register::folder::Opened;
use crate::register::hex::hex;
use crate::register::ignored::Ignored;
use crate::register::no_plan::NoPlan;

/// What is waited for where a Dockerfile says what is started, and nobody what is ready; the SDK's.
const READY: &str = "sleep 20";

/// What the user asks for besides the folder; what is not said is what `e2b.toml` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateSettings {
    /// The template's name.
    pub name: Option<String>,
    /// Its tags; E2B's own default where there are none.
    pub tags: Vec<String>,
    /// Processors.
    pub cpu: Option<u64>,
    /// Memory in MiB.
    pub memory_mib: Option<u64>,
    /// Values for `ARG`s.
    pub arguments: BuildArguments,
    /// The most bytes that `COPY` may take in all.
    pub context_bytes_max: u64,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplatePlan {
    /// The template's name.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// The Dockerfile as the user would name it.
    pub dockerfile: String,
    /// Processors, if said.
    pub cpu: Option<u64>,
    /// Memory in MiB, if said.
    pub memory_mib: Option<u64>,
    /// The image that it is made from.
    pub from_image: String,
    /// The steps.
    pub steps: Vec<Step>,
    /// What is started before a template is saved.
    pub start_cmd: Option<String>,
    /// What must succeed before it is saved.
    pub ready_cmd: Option<String>,
    /// What `COPY` takes.
    pub contexts: Vec<Context>,
    /// A number over all that decides what the template is.
    pub content_hash: String,
    /// What is sent all the same.
    pub warnings: Vec<Finding>,
}

/// What one `COPY` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Context {
    /// The line of the Dockerfile.
    pub line: usize,
    /// Its source.
    pub path: String,
    /// Its name at E2B.
    pub hash: String,
    #[serde(flatten)]
    /// How much it is.
    pub amount: Amount,
    #[serde(skip)]
    pub(crate) taken: Taken,
}

/// Plans the template of a folder.
///
/// # Errors
/// All that is wrong with it.
pub fn plan(root: &Path, settings: &TemplateSettings) -> Result<TemplatePlan, NoPlan> {
    let opened = Opened::read(root).map_err(NoPlan::Folder)?;
    let toml = opened.toml.clone().unwrap_or_default();
    let mut findings = Findings::new(&opened.name, &opened.dockerfile);
    let name = settings
        .name
        .clone()
        .or(toml.template_name)
        .unwrap_or_default();
    let cpu = settings.cpu.or(toml.cpu_count);
    let memory_mib = settings.memory_mib.or(toml.memory_mb);
    rules::check_name(&name, &mut findings);
    rules::check_tags(&settings.tags, &mut findings);
    rules::check_sizes(cpu, memory_mib, &mut findings);
    let translated = translated(&opened, settings, &mut findings);
    let ready_cmd = toml.ready_cmd.or_else(|| {
        let is_dockerfile_s = toml.start_cmd.is_none() && translated.start.is_some();
        is_dockerfile_s.then(|| READY.to_owned())
    });
    let found = findings.sorted();
    if found.iter().any(|it| it.level == Level::Error) {
        return Err(NoPlan::Findings(found));
    }
    let Translated {
        from_image,
        mut steps,
        taken,
        start,
    } = translated;
    let mut contexts = Vec::new();
    for (at, taken) in taken {
        let context = context(&mut steps[at], taken).map_err(NoPlan::Folder)?;
        contexts.push(context);
    }
    let mut plan = TemplatePlan {
        name,
        tags: settings.tags.clone(),
        dockerfile: format!(
            "{}/{}",
            opened.name.trim_end_matches('/'),
            opened.dockerfile
        ),
        cpu,
        memory_mib,
        from_image,
        steps,
        start_cmd: toml.start_cmd.or(start),
        ready_cmd,
        contexts,
        content_hash: String::new(),
        warnings: found,
    };
    plan.content_hash = content_hash(&plan);
    Ok(plan)
}

fn translated(
    opened: &Opened,
    settings: &TemplateSettings,
    findings: &mut Findings<'_>,
) -> Translated {
    let (readable, mistakes) = without_mistakes(&opened.text);
    for mistake in mistakes {
        let help = "https://docs.docker.com/reference/dockerfile lists the instructions";
        findings.error(mistake.line, "dockerfile", mistake.value, help);
    }
    let ignored = opened.folder.text(".dockerignore").unwrap_or_default();
    let ignored = Ignored::read(&ignored).unwrap_or_else(|wrong| {
        for (line, why) in wrong {
            let message = format!(".dockerignore:{line}: {why}");
            findings.error(
                0,
                "dockerignore",
                message,
                "write a pattern as Docker reads it",
            );
        }
        Ignored::default()
    });
    let Some(text) = readable else {
        return Translated::default();
    };
    let translated = translate(opened, &text, &ignored, &settings.arguments, findings);
    let all: Vec<&Taken> = translated.taken.iter().map(|(_, taken)| taken).collect();
    check_size(&all, settings.context_bytes_max, findings);
    translated
}

fn context(step: &mut Step, taken: Taken) -> Result<Context, String> {
    let [source, destination, ..] = step.args.as_slice() else {
        return Err("a COPY without a destination".to_owned());
    };
    let hash = hash(&taken, source, destination).map_err(|error| error.to_string())?;
    let path = source.clone();
    step.files_hash = Some(hash.clone());
    Ok(Context {
        line: taken.line,
        path,
        hash,
        amount: taken.amount(),
        taken,
    })
}

/// The tag that says of a build what it was made of needs a number over that.
fn content_hash(plan: &TemplatePlan) -> String {
    let all = json!({
        "fromImage": plan.from_image,
        "steps": plan.steps,
        "startCmd": plan.start_cmd,
        "readyCmd": plan.ready_cmd,
        "cpuCount": plan.cpu,
        "memoryMB": plan.memory_mib,
    });
    hex(&Sha256::digest(all.to_string()))
}
