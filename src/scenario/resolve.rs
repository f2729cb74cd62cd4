//! An action with every reference replaced: the call that a driver takes.

use std::time::Duration;

use cutover_base::limits::EXECUTE_TIMEOUT_DEFAULT;

use crate::call::ProviderCall;
use crate::call::Verb;
use crate::call::provider_call::{
    Env, Execute, ListFiles, MoveFile, PathCall, ProcessCall, Provision, RemoveFile, SandboxCall,
    SendSignal, SendStdin, StartBackground, WriteFile,
};
use crate::scenario::data::DataError;
use crate::scenario::model::{Action, EnvTemplate};
use crate::scenario::template::{Bindings, Template, Unresolved};

/// Why an action is not a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A reference has no value: the step that would have captured it did not run.
    #[error(transparent)]
    Unresolved(#[from] Unresolved),
    /// The resolved size of random data is none.
    #[error("{0}")]
    Data(DataError),
    /// The verb is the harness's or the stage's own; no driver carries it out.
    #[error("`{0}` is not a call to a sandbox")]
    NotACall(Verb),
}

impl From<DataError> for ResolveError {
    fn from(error: DataError) -> Self {
        match error {
            DataError::Unresolved(unresolved) => Self::Unresolved(unresolved),
            size @ DataError::Size(_) => Self::Data(size),
        }
    }
}

/// The call of an action. `execute` without a `timeout` gets 60 s; a `provision` without one
/// keeps none, as the provider's own default is then asked for by the run.
///
/// # Errors
/// See [`ResolveError`].
pub fn provider_call(action: &Action, bindings: &Bindings) -> Result<ProviderCall, ResolveError> {
    let text = |template: &Template| template.resolve(bindings);
    let maybe = |template: &Option<Template>| template.as_ref().map(text).transpose();
    Ok(match action {
        Action::Provision {
            sandbox,
            env: variables,
            timeout,
        } => ProviderCall::Provision(Provision {
            sandbox: text(sandbox)?,
            env: env(variables, bindings)?,
            timeout: *timeout,
        }),
        Action::Execute {
            sandbox,
            cmd,
            cwd,
            env: variables,
            user,
            timeout,
            stdin,
        } => ProviderCall::Execute(Execute {
            sandbox: text(sandbox)?,
            cmd: text(cmd)?,
            cwd: maybe(cwd)?,
            env: env(variables, bindings)?,
            user: maybe(user)?,
            timeout: timeout_or_default(*timeout),
            stdin: stdin
                .as_ref()
                .map(|data| data.resolve(bindings))
                .transpose()?,
        }),
        Action::Terminate { sandbox } => ProviderCall::Terminate(SandboxCall {
            sandbox: text(sandbox)?,
        }),
        other => return process_call(other, bindings),
    })
}

fn process_call(action: &Action, bindings: &Bindings) -> Result<ProviderCall, ResolveError> {
    let text = |template: &Template| template.resolve(bindings);
    Ok(match action {
        Action::StartBackground {
            sandbox,
            process,
            cmd,
            cwd,
            env: variables,
        } => ProviderCall::StartBackground(StartBackground {
            sandbox: text(sandbox)?,
            process: process.clone(),
            cmd: text(cmd)?,
            cwd: cwd.as_ref().map(text).transpose()?,
            env: env(variables, bindings)?,
        }),
        Action::SendSignal {
            sandbox,
            process,
            signal,
        } => ProviderCall::SendSignal(SendSignal {
            sandbox: text(sandbox)?,
            process: process.clone(),
            signal: signal.clone(),
        }),
        Action::SendStdin {
            sandbox,
            process,
            data,
            close,
        } => ProviderCall::SendStdin(SendStdin {
            sandbox: text(sandbox)?,
            process: process.clone(),
            data: data.resolve(bindings)?,
            close: *close,
        }),
        Action::WaitProcess { sandbox, process } => ProviderCall::WaitProcess(ProcessCall {
            sandbox: text(sandbox)?,
            process: process.clone(),
        }),
        other => return file_call(other, bindings),
    })
}

fn file_call(action: &Action, bindings: &Bindings) -> Result<ProviderCall, ResolveError> {
    let text = |template: &Template| template.resolve(bindings);
    let at = |sandbox: &Template, path: &Template| -> Result<PathCall, Unresolved> {
        Ok(PathCall {
            sandbox: text(sandbox)?,
            path: text(path)?,
        })
    };
    Ok(match action {
        Action::ReadFile { sandbox, path } => ProviderCall::ReadFile(at(sandbox, path)?),
        Action::StatFile { sandbox, path } => ProviderCall::StatFile(at(sandbox, path)?),
        Action::MakeDir { sandbox, path } => ProviderCall::MakeDir(at(sandbox, path)?),
        Action::WriteFile {
            sandbox,
            path,
            data,
        } => ProviderCall::WriteFile(WriteFile {
            sandbox: text(sandbox)?,
            path: text(path)?,
            data: data.resolve(bindings)?,
        }),
        Action::ListFiles {
            sandbox,
            path,
            depth,
        } => ProviderCall::ListFiles(ListFiles {
            sandbox: text(sandbox)?,
            path: text(path)?,
            depth: *depth,
        }),
        Action::MoveFile { sandbox, from, to } => ProviderCall::MoveFile(MoveFile {
            sandbox: text(sandbox)?,
            from: text(from)?,
            to: text(to)?,
        }),
        Action::RemoveFile {
            sandbox,
            path,
            recursive,
        } => ProviderCall::RemoveFile(RemoveFile {
            sandbox: text(sandbox)?,
            path: text(path)?,
            recursive: *recursive,
        }),
        other => return Err(ResolveError::NotACall(other.verb())),
    })
}

fn env(variables: &EnvTemplate, bindings: &Bindings) -> Result<Env, Unresolved> {
    variables
        .iter()
        .map(|(name, value)| Ok((name.clone(), value.resolve(bindings)?)))
        .collect()
}

fn timeout_or_default(timeout: Option<Duration>) -> Duration {
    timeout.unwrap_or(EXECUTE_TIMEOUT_DEFAULT)
}

#[cfg(test)]
mod tests {
    use crate::scenario::load_embedded;

    use super::*;

    /// The calls of all steps of a scenario.
    fn calls(steps: &str) -> Vec<Result<ProviderCall, ResolveError>> {
        let text = format!("why: x\nmatrix: {{size: [2KiB]}}\nsteps:\n{steps}");
        let scenarios = load_embedded(&[("a/b", &text)]).unwrap();
        let bindings = Bindings::from([
            ("token".to_owned(), "t".to_owned()),
            ("matrix.size".to_owned(), "2KiB".to_owned()),
        ]);
        let steps = scenarios[0].steps.iter();
        steps
            .map(|step| provider_call(&step.action, &bindings))
            .collect()
    }

    #[test]
    fn references_are_replaced_and_defaults_are_filled_in() {
        let calls = calls(
            "  - {execute: ls, capture: {token: stdout}}\n  - execute: {cmd: 'a ${{ token }}', env: {A: '${{ token }}'}, stdin: '${{ token }}'}\n  - write_file: {path: /a, data: {random: {seed: 1, size: '${{ matrix.size }}'}}}\n",
        );
        assert!(matches!(&calls[0], Ok(ProviderCall::Provision(call)) if call.sandbox == "main"));
        let Ok(ProviderCall::Execute(call)) = &calls[2] else {
            panic!("{calls:?}");
        };
        assert_eq!((call.cmd.as_str(), call.env["A"].as_str()), ("a t", "t"));
        assert_eq!(call.timeout, EXECUTE_TIMEOUT_DEFAULT);
        assert_eq!(call.stdin.as_deref(), Some(&b"t"[..]));
        assert!(matches!(&calls[3], Ok(ProviderCall::WriteFile(call)) if call.data.len() == 2048));
    }

    #[test]
    fn what_is_no_call_says_so() {
        let calls = calls(
            "  - wait: 1\n  - {execute: ls, capture: {other: stdout}}\n  - execute: '${{ other }}'\n",
        );
        assert_eq!(calls[1], Err(ResolveError::NotACall(Verb::Wait)));
        let unresolved = Unresolved("other".to_owned());
        assert_eq!(calls[3], Err(ResolveError::Unresolved(unresolved)));
    }
}
