//! Scenarios and ledger as a run keeps them: without the secrets that stand in their texts, though
//! what is sent still has them.

use std::sync::Arc;

use cutover_base::redact::Redactor;
use cutover_base::secret::Secret;

use crate::app::corpus::Corpus;
use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::files;
use crate::app::sides::Sides;
use crate::scenario::model::{Action, Scenario, Step};
use crate::scenario::parse_one;
use crate::transcript::event::StoredFile;

/// Makes what a run journals and judges by free of secrets: provider tokens that stand in
/// scenarios, ledger, profile and arguments become known secrets, every secret in a text gives way
/// to its placeholder, and scenarios get the secrets that they use by name.
///
/// # Errors
/// When a scenario uses a secret that is not declared, or holds one where a placeholder would make
/// it another scenario.
pub(crate) fn seal(
    corpus: &mut Corpus,
    profile: Option<&mut StoredFile>,
    sides: &mut Sides,
    environment: &Environment,
) -> Result<(), AppError> {
    let mut texts: Vec<&str> = corpus.scenarios.iter().map(|it| &*it.text).collect();
    texts.extend(corpus.scenarios.iter().map(|it| it.name.as_str()));
    texts.extend(corpus.ledger_files.iter().map(|file| file.text.as_str()));
    texts.extend(corpus.not_reproduced_file.iter().map(|file| &*file.text));
    texts.extend(profile.as_ref().map(|file| file.text.as_str()));
    texts.extend(environment.args.iter().map(String::as_str));
    let tokens = texts.iter().flat_map(|text| Redactor::tokens(text));
    sides.hide(tokens.collect());
    let redactor = &sides.redactor;
    let mut problems = Vec::new();
    for scenario in &mut corpus.scenarios {
        match sealed(scenario, redactor, &sides.declared) {
            Ok(Some(sealed)) => *scenario = Arc::new(sealed),
            Ok(None) => {}
            Err(why) => problems.push(why),
        }
    }
    if !problems.is_empty() {
        return Err(AppError::usage(problems.join("\nerror: ")));
    }
    let orphans = std::mem::take(&mut corpus.ledger.orphans);
    let files = corpus.ledger_files.iter_mut();
    for file in files.chain(&mut corpus.not_reproduced_file).chain(profile) {
        file.text = redactor.text(&file.text);
    }
    corpus.ledger = files::ledger(&corpus.ledger_files)?;
    corpus.not_reproduced = files::not_reproduced(corpus.not_reproduced_file.as_ref())?;
    corpus.ledger.orphans = orphans;
    Ok(())
}

/// A scenario without secrets in its text; `None` if it is as it was.
fn sealed(
    scenario: &Scenario,
    redactor: &Redactor,
    declared: &[Secret],
) -> Result<Option<Scenario>, String> {
    let mut secrets = scenario.secrets.clone();
    for (name, value) in &mut secrets {
        let found = declared.iter().find(|secret| secret.name == *name);
        let missing = || {
            format!(
                "{}: the secret `{name}` is not declared in cutover.yaml here",
                scenario.file.display()
            )
        };
        *value = Some(found.ok_or_else(missing)?.clone());
    }
    let text = redactor.text(&scenario.text);
    let name = redactor.text(&scenario.name);
    if *text == *scenario.text && name == scenario.name {
        let is_used = !secrets.is_empty();
        return Ok(is_used.then(|| Scenario {
            secrets,
            ..scenario.clone()
        }));
    }
    let refused_at = |line: usize| {
        let at = match line {
            0 => String::new(),
            line => format!(":{line}"),
        };
        format!(
            "{}{at}: a secret stands in it where a placeholder would make it another scenario; \
             declare it under `secrets:` in cutover.yaml and write `${{{{ secrets.NAME }}}}`",
            scenario.file.display()
        )
    };
    let refused = || refused_at(0);
    let read = parse_one(&name, &scenario.file, &text)
        .map_err(|problems| refused_at(problems.first().map_or(0, |problem| problem.line)))?;
    let steps = with_actions(read.steps, &scenario.steps).ok_or_else(refused)?;
    if read.matrix != scenario.matrix {
        return Err(refused());
    }
    Ok(Some(Scenario {
        file: redactor.text(&scenario.file.display().to_string()).into(),
        sha256: scenario.sha256.clone(),
        secrets,
        platform: scenario.platform.clone(),
        mcp: scenario.mcp.clone(),
        steps,
        ..read
    }))
}

/// These steps, doing what the others do; `None` if they are not the same steps.
fn with_actions(steps: Vec<Step>, doing: &[Step]) -> Option<Vec<Step>> {
    if steps.len() != doing.len() {
        return None;
    }
    let both = steps.into_iter().zip(doing);
    both.map(|(step, doing)| {
        let action = match (step.action, &doing.action) {
            (Action::Parallel(children), Action::Parallel(doing)) => {
                Action::Parallel(with_actions(children, doing)?)
            }
            (_, action) => action.clone(),
        };
        let is_same = step.id == doing.id && action.verb() == doing.action.verb();
        is_same.then_some(Step { action, ..step })
    })
    .collect()
}
