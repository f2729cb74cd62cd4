//! From arguments to a command to an exit code.

use std::ffi::OsString;
use std::panic::resume_unwind;
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use tokio::runtime::Runtime;

use crate::app::machine::{raise_limits, ready};
use crate::cli::args::{Cli, Command};
use crate::cli::context::Context;
use crate::cli::exit::{Outcome, Stop, USAGE, code};
use crate::cli::output::{hear_panics, hide, tell};
use crate::cli::{
    audit, check, completions, doctor, explain, fixes, gate, import, init, list, man, mcp, merge,
    platform, reap, record, report, run, schema, selftest, show, snapshot, standin, template,
    try_one,
};

/// Bytes of the stack on which a command works; what Linux usually gives a program.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Runs the command that `args` name and gives its exit code. Never panics on bad input, and
/// never leaves the process by itself, so that everything opened is closed.
pub fn start(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // The first thread has the stack that `ulimit -s` says, which may be too little to read arguments.
    thread::scope(|scope| {
        let work = thread::Builder::new()
            .name("main".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || started(&args));
        match work {
            Ok(work) => work.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => started(&args),
        }
    })
}

fn started(args: &[OsString]) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are results; everything else is a mistake in usage, which repeats
            // what was typed.
            if !error.use_stderr() {
                let _nobody_listens = error.print();
                return code(0);
            }
            let context = Context::read(Vec::new());
            hide(context.environment.redactor());
            if let Err(error) = context.environment.settings.checked() {
                tell(&error.to_string());
            }
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
    if stops_at_mistaken_settings(&command) {
        context.environment.settings.checked()?;
    }
    // What a recorded server inherits is what it would have without us.
    if !matches!(command, Command::Record(_)) {
        raise_limits();
    }
    if plays(&command) {
        ready(&context.environment)?;
    }
    match command {
        Command::Run(args) => block_on(|| run::run(&args, context)),
        Command::Try(args) => block_on(|| try_one::run(&args, context)),
        Command::Check(args) => check::run(&args, context),
        Command::List(args) => list::run(&args, context),
        Command::Explain(args) => explain::run(&args, context),
        Command::Show(args) => show::run(&args, context),
        Command::Report(args) => report::run(&args, context),
        Command::Gate(args) => gate::run(&args),
        Command::Fixes(args) => block_on(|| fixes::run(&args, context)),
        Command::Merge(args) => merge::run(&args, context),
        Command::Selftest(args) => block_on(|| selftest::run(&args, context)),
        Command::Standin(args) => block_on(|| standin::run(&args, context)),
        Command::Platform(args) => block_on(|| platform::run(&args, context)),
        Command::Mcp(args) => block_on_streams(|| mcp::run(&args, context)),
        Command::Import(args) => import::run(&args, context),
        Command::Record(args) => block_on_streams(|| record::run(&args, context)),
        Command::Reap(args) => block_on(|| reap::run(&args, context)),
        Command::Doctor(args) => block_on(|| doctor::run(&args, context)),
        Command::Audit(args) => block_on(|| audit::run(&args, context)),
        Command::Snapshot(args) => block_on(|| snapshot::run(&args, context)),
        Command::Template(args) => block_on(|| template::run(&args, context)),
        Command::Init(args) => init::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man => man::run(),
    }
}

/// Whether a mistake in `cutover.yaml` ends the command before it does anything: it may show or send
/// what the file declares as a secret, and without the file nobody could hide that.
const fn stops_at_mistaken_settings(command: &Command) -> bool {
    match command {
        Command::Run(_)
        | Command::Try(_)
        | Command::List(_)
        | Command::Explain(_)
        | Command::Show(_)
        | Command::Report(_)
        | Command::Gate(_)
        | Command::Fixes(_)
        | Command::Import(_)
        | Command::Merge(_)
        | Command::Record(_)
        | Command::Snapshot(_)
        | Command::Template(_)
        | Command::Selftest(_)
        | Command::Standin(_) => true,
        // They tell it themselves: beside what else is wrong, or as a warning, since sandboxes that
        // cost money must be deleted all the same.
        Command::Check(_) | Command::Doctor(_) | Command::Reap(_) => false,
        // They read nothing of the user's folder and show nothing of it.
        Command::Mcp(_)
        | Command::Platform(_)
        | Command::Audit(_)
        | Command::Init(_)
        | Command::Schema(_)
        | Command::Completions(_)
        | Command::Man => false,
    }
}

/// Whether sandboxes will be made.
const fn plays(command: &Command) -> bool {
    matches!(
        command,
        Command::Run(_)
            | Command::Try(_)
            | Command::Fixes(_)
            | Command::Selftest(_)
            | Command::Standin(_)
    )
}

/// The work is made here, and not by the caller, whose frame would hold all kinds of it at once.
fn block_on<F: Future<Output = Outcome>>(work: impl FnOnce() -> F) -> Outcome {
    runtime()?.block_on(work())
}

/// The same for what reads the standard input: nobody waits for a last line that does not come.
fn block_on_streams<F: Future<Output = Outcome>>(work: impl FnOnce() -> F) -> Outcome {
    let runtime = runtime()?;
    let outcome = runtime.block_on(work());
    runtime.shutdown_background();
    outcome
}

fn runtime() -> Result<Runtime, Stop> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Stop::unjudged(format!("the runtime could not be started: {error}")))
}
