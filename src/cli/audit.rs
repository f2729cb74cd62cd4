//! `cutover audit`: two templates or two built images beside each other, and the platform's variables.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use cutover_base::words::counted;
use cutover_template::{
    Audit, Difference, Finding, Level, Template, audit, audit_images, environment,
};

use crate::app::built_images::built;
use crate::cli::context::Context;
use crate::cli::exit::{DIFFERS, OK, Outcome, Stop};
use crate::cli::findings::{json, list};
use crate::cli::output::print;
use crate::report::escape::one_line;

/// The templates of this project, where no folder is named.
const SHIPPED: [&str; 2] = ["e2b", "daytona"];

/// Characters of a value that are shown in the table; JSON has all of it.
const SHOWN_CHARS_MAX: usize = 48;

/// Exit code 1 when there is a finding of level `error`; differences alone are none.
#[derive(Debug, Clone, Args)]
pub(crate) struct AuditArgs {
    /// The two templates' folders; `e2b` and `daytona` if not said
    #[arg(num_args = 2, value_names = ["DIR", "DIR"])]
    pub(crate) templates: Vec<PathBuf>,
    /// Look at a file of the platform's variables instead, as they will be on the day of the switch
    #[arg(long, value_name = "FILE", conflicts_with = "templates")]
    pub(crate) env: Option<PathBuf>,
    /// Compare two built images instead, by what is found inside of a container of each (Docker)
    #[arg(long, num_args = 2, value_names = ["IMAGE", "IMAGE"], conflicts_with_all = ["templates", "env"])]
    pub(crate) image: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) async fn run(args: &AuditArgs, context: &Context) -> Outcome {
    let (text, findings) = match (&args.env, args.image.as_slice()) {
        (Some(file), _) => of_environment(file, args.json)?,
        (None, [first, second]) => {
            let built = built(&[first.clone(), second.clone()], &context.environment).await?;
            told(audit_images(built.each_ref()), args.json)?
        }
        (None, _) => of_templates(&args.templates, args.json)?,
    };
    print(&text)?;
    let is_error = findings.iter().any(|it| it.level == Level::Error);
    Ok(if is_error { DIFFERS } else { OK })
}

fn of_templates(named: &[PathBuf], as_json: bool) -> Result<(String, Vec<Finding>), Stop> {
    let folders = match named {
        [first, second] => [first.clone(), second.clone()],
        _ => SHIPPED.map(PathBuf::from),
    };
    // Both are read before anything is said, so that one call tells of all that cannot be read.
    let read = folders.map(|folder| Template::read(&folder, None));
    let pair = match &read {
        [Ok(first), Ok(second)] => [first, second],
        several => {
            let wrong = several.iter().filter_map(|it| it.as_ref().err());
            let wrong: Vec<&str> = wrong.map(String::as_str).collect();
            return Err(Stop::usage(wrong.join("\n")));
        }
    };
    told(audit(pair), as_json)
}

fn told(audit: Audit, as_json: bool) -> Result<(String, Vec<Finding>), Stop> {
    let text = if as_json { json(&audit)? } else { page(&audit) };
    Ok((text, audit.findings))
}

fn of_environment(file: &Path, as_json: bool) -> Result<(String, Vec<Finding>), Stop> {
    let shown = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| Stop::usage(format!("cannot read {shown}: {error}")))?;
    let findings = environment(&shown.to_string(), &text);
    let text = if as_json {
        json(&serde_json::json!({ "format": "cutover.audit/1", "findings": findings }))?
    } else {
        format!("{}{}\n", list(&findings), summary(&findings, None))
    };
    Ok((text, findings))
}

/// Differences, findings, and the sum of both last.
fn page(audit: &Audit) -> String {
    let mut text = String::new();
    let mut aspect = "";
    for difference in &audit.differences {
        if difference.aspect != aspect {
            aspect = &difference.aspect;
            let _infallible = writeln!(text, "{}", one_line(aspect));
        }
        text.push_str(&row(difference, &audit.templates));
    }
    if !audit.differences.is_empty() {
        text.push('\n');
    }
    text.push_str(&list(&audit.findings));
    let summary = summary(&audit.findings, Some(audit.differences.len()));
    let _infallible = writeln!(text, "{summary}");
    text
}

fn row(difference: &Difference, templates: &[String; 2]) -> String {
    let name = one_line(&difference.name);
    match &difference.values {
        [Some(first), Some(second)] => {
            format!("  {name}: {} | {}\n", shown(first), shown(second))
        }
        [Some(only), None] => format!("  {name}: only in {}: {}\n", templates[0], shown(only)),
        [None, Some(only)] => format!("  {name}: only in {}: {}\n", templates[1], shown(only)),
        [None, None] => String::new(),
    }
}

fn shown(value: &str) -> String {
    let line = one_line(value);
    match line.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    }
}

fn summary(findings: &[Finding], differences: Option<usize>) -> String {
    let count = |level| findings.iter().filter(|it| it.level == level).count();
    let told = [
        differences.map(|count| counted(count, "difference")),
        Some(counted(count(Level::Error), "error")),
        Some(counted(count(Level::Warning), "warning")),
    ];
    let told: Vec<String> = told.into_iter().flatten().collect();
    told.join(", ")
}
