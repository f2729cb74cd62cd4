//! The steps of a start request, as they are on the wire (contract 7.2).

use serde_json::Value;

use crate::e2b::build::{Step, StepKind};
use crate::e2b::control::build::files::is_hash;

/// Steps of one build.
const STEPS_MAX: usize = 1000;

/// Reads all steps, and tells all that is wrong with them.
pub(super) fn read(value: Option<&Value>) -> Result<Vec<Step>, String> {
    let steps = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(steps)) => steps,
        Some(_) => return Err("steps: value must be an array".to_owned()),
    };
    if steps.len() > STEPS_MAX {
        return Err(format!("steps: there are more than {STEPS_MAX}"));
    }
    let mut read = Vec::new();
    let mut problems = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        match one(step) {
            Ok(step) => read.push(step),
            Err(problem) => problems.push(format!("step {}: {problem}", at + 1)),
        }
    }
    if problems.is_empty() {
        Ok(read)
    } else {
        Err(problems.join("; "))
    }
}

fn one(value: &Value) -> Result<Step, String> {
    let kind = match value.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        _ => return Err("`type` must be a string".to_owned()),
    };
    let args = match value.get("args") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(args)) => args
            .iter()
            .map(Value::as_str)
            .collect::<Option<Vec<_>>>()
            .ok_or("`args` must be strings")?,
        Some(_) => return Err("`args` must be an array of strings".to_owned()),
    };
    if args.iter().any(|arg| arg.contains('\0')) {
        return Err("`args` must not hold a NUL".to_owned());
    }
    let force = match value.get("force") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(force)) => *force,
        Some(_) => return Err("`force` must be a boolean".to_owned()),
    };
    let hash = match value.get("filesHash") {
        None | Some(Value::Null) => None,
        Some(Value::String(hash)) => Some(hash.as_str()),
        Some(_) => return Err("`filesHash` must be a string".to_owned()),
    };
    let kind = match kind {
        "RUN" => run(&args),
        "COPY" => copy(&args, hash),
        "ENV" => env(&args),
        "WORKDIR" => work_dir(&args),
        "USER" => user(&args),
        other => Err(format!(
            "unknown type `{}`: use RUN, COPY, ENV, WORKDIR or USER",
            other.escape_debug()
        )),
    }?;
    Ok(Step { kind, force })
}

/// An argument that says something.
fn said(args: &[&str], at: usize) -> Option<String> {
    let arg = args.get(at).filter(|arg| !arg.is_empty())?;
    Some((*arg).to_owned())
}

fn run(args: &[&str]) -> Result<StepKind, String> {
    let command = said(args, 0).ok_or("RUN needs a command")?;
    let user = said(args, 1);
    Ok(StepKind::Run { command, user })
}

fn copy(args: &[&str], hash: Option<&str>) -> Result<StepKind, String> {
    let (Some(source), Some(destination)) = (said(args, 0), said(args, 1)) else {
        return Err("COPY needs a source and a destination".to_owned());
    };
    if source.starts_with('/') || source.split('/').any(|part| part == "..") {
        let source = source.escape_debug();
        return Err(format!(
            "COPY: the source `{source}` is not inside the context"
        ));
    }
    let hash = hash.ok_or("COPY needs `filesHash`")?;
    if !is_hash(hash) {
        return Err("COPY: `filesHash` must be 64 hex digits in lower case".to_owned());
    }
    let mode = said(args, 3);
    let octal = |mode: &String| {
        (1..=5).contains(&mode.len()) && mode.bytes().all(|byte| (b'0'..=b'7').contains(&byte))
    };
    if let Some(mode) = mode.as_ref().filter(|mode| !octal(mode)) {
        let mode = mode.escape_debug();
        return Err(format!("COPY: the mode `{mode}` must be octal, like 0755"));
    }
    let source = source.trim_start_matches("./");
    let source = if source.is_empty() { "." } else { source };
    Ok(StepKind::Copy {
        source: source.trim_end_matches('/').to_owned(),
        destination,
        owner: said(args, 2),
        mode,
        hash: hash.to_owned(),
    })
}

fn env(args: &[&str]) -> Result<StepKind, String> {
    if args.is_empty() || !args.len().is_multiple_of(2) {
        let count = args.len();
        return Err(format!(
            "ENV needs pairs of name and value, not {count} arguments"
        ));
    }
    let mut pairs = Vec::new();
    for pair in args.chunks(2) {
        if pair[0].is_empty() || pair[0].contains('=') {
            let name = pair[0].escape_debug();
            return Err(format!("ENV: `{name}` is no name of a variable"));
        }
        pairs.push((pair[0].to_owned(), pair[1].to_owned()));
    }
    Ok(StepKind::Env(pairs))
}

fn work_dir(args: &[&str]) -> Result<StepKind, String> {
    let path = said(args, 0).ok_or("WORKDIR needs a path")?;
    Ok(StepKind::WorkDir(path))
}

fn user(args: &[&str]) -> Result<StepKind, String> {
    let name = said(args, 0).ok_or("USER needs a name")?;
    if name.starts_with('-') || name.contains([':', '/', '\n', ' ']) {
        return Err(format!(
            "USER: `{}` is no name of a user",
            name.escape_debug()
        ));
    }
    let sudo = args.get(1) == Some(&"true");
    Ok(StepKind::User { name, sudo })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let hash = "a".repeat(64);
        let steps = json!([
            {"type": "RUN", "args": ["true"]},
            {"type": "FOO", "args": []},
            {"type": "RUN", "args": []},
            {"type": "COPY", "args": ["a", "b"]},
            {"type": "COPY", "args": ["a", "b"], "filesHash": "XYZ"},
            {"type": "COPY", "args": ["../a", "b"], "filesHash": hash},
            {"type": "COPY", "args": ["a", "b", "", "9"], "filesHash": hash},
            {"type": "ENV", "args": ["A"]},
            {"type": "ENV", "args": ["A=B", "c"]},
            {"type": "WORKDIR"},
            {"type": "USER", "args": ["-x"]},
            {"args": []},
            {"type": "RUN", "args": [1]},
            {"type": "RUN", "args": ["true"], "force": 1},
        ]);
        let text = read(Some(&steps)).unwrap_err();
        for expected in [
            "step 2: unknown type `FOO`: use RUN, COPY, ENV, WORKDIR or USER",
            "step 3: RUN needs a command",
            "step 4: COPY needs `filesHash`",
            "step 5: COPY: `filesHash` must be 64 hex digits",
            "step 6: COPY: the source `../a` is not inside the context",
            "step 7: COPY: the mode `9` must be octal",
            "step 8: ENV needs pairs",
            "step 9: ENV: `A=B` is no name of a variable",
            "step 10: WORKDIR needs a path",
            "step 11: USER: `-x` is no name of a user",
            "step 12: `type` must be a string",
            "step 13: `args` must be strings",
            "step 14: `force` must be a boolean",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert!(!text.contains("step 1:"), "{text}");
    }

    #[test]
    fn steps_are_read_as_the_sdk_writes_them() {
        let hash = "0123456789abcdef".repeat(4);
        let steps = json!([
            {"type": "COPY", "args": ["./a/", "b", "", ""], "filesHash": hash, "forceUpload": null},
            {"type": "RUN", "args": ["x", "root"], "force": true},
            {"type": "USER", "args": ["me", "true"]},
        ]);
        let steps = read(Some(&steps)).unwrap();
        let StepKind::Copy { source, mode, .. } = &steps[0].kind else {
            panic!("{steps:?}");
        };
        assert_eq!((source.as_str(), mode), ("a", &None));
        assert!(steps[1].force);
        let sudo = StepKind::User {
            name: "me".to_owned(),
            sudo: true,
        };
        assert_eq!(steps[2].kind, sudo);
        assert_eq!(read(None), Ok(Vec::new()));
    }
}
