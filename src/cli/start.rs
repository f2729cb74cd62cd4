//! From arguments to a command to an exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::app::machine::{raise_limits, ready};
use crate::cli::args::{Cli, Command};
use crate::cli::context::Context;
use crate::cli::exit::{Outcome, Stop, USAGE, code};
use crate::cli::output::{hear_panics, hide, tell};
use crate::cli::{
    check, completions, doctor, explain, gate, init, list, man, merge, reap, report, run, schema,
    selftest, show, standin, try_one,
};

/// Runs the command that `args` name and gives its exit code. Never panics on bad input, and
/// never leaves the process by itself, so that everything opened is closed.
pub fn start(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are results; everything else is a mistake in usage, which repeats
            // what was typed.
            if !error.use_stderr() {
                let _nobody_listens = error.print();
                return code(0);
            }
            hide(Context::read(Vec::new()).environment.redactor());
            tell(error.render().to_string().trim_end());
            return code(USAGE);
        }
    };
    let typed = args
        .iter()
        .skip(1)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let context = Context::read(typed);
    hide(context.environment.redactor());
    hear_panics();
    match dispatch(cli.command, &context) {
        Ok(exit) => code(exit),
        Err(stop) => {
            let message = stop.message;
            // Problems with a place begin with the word already.
            let mark = if message.starts_with("error") {
                ""
            } else {
                "error: "
            };
            tell(&format!("{mark}{message}"));
            code(stop.code)
        }
    }
}

fn dispatch(command: Command, context: &Context) -> Outcome {
    raise_limits();
    if plays(&command) {
        ready(&context.environment)?;
    }
    match command {
        Command::Run(args) => block_on(run::run(&args, context)),
        Command::Try(args) => block_on(try_one::run(&args, context)),
        Command::Check(args) => check::run(&args),
        Command::List(args) => list::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Show(args) => show::run(&args, context),
        Command::Report(args) => report::run(&args, context),
        Command::Gate(args) => gate::run(&args),
        Command::Merge(args) => merge::run(&args, context),
        Command::Selftest(args) => block_on(selftest::run(&args, context)),
        Command::Standin(args) => block_on(standin::run(&args, context)),
        Command::Reap(args) => block_on(reap::run(&args, context)),
        Command::Doctor(args) => block_on(doctor::run(&args, context)),
        Command::Init(args) => init::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man => man::run(),
    }
}

/// Whether sandboxes will be made.
const fn plays(command: &Command) -> bool {
    matches!(
        command,
        Command::Run(_) | Command::Try(_) | Command::Selftest(_) | Command::Standin(_)
    )
}

fn block_on(future: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Stop::unjudged(format!("the runtime could not be started: {error}")))?;
    runtime.block_on(future)
}
