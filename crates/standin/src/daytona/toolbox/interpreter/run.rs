//! One run of code in a context.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::daytona::boot::Context;
use crate::daytona::boot::Line;
use crate::daytona::boot::Worker;
use crate::daytona::life;
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::socket;
use crate::engine::SignalTarget;

/// Close code of a run that was too slow (read by the published clients).
const TIMED_OUT: u16 = 4008;

/// How long code may take to end after it was interrupted.
const GRACE: Duration = Duration::from_secs(2);

/// Messages that a client may lag behind before it is dropped, as in the daemon.
pub(super) const BEHIND_MAX: usize = 256;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) code: String,
    pub(super) envs: BTreeMap<String, String>,
    /// `None` is for ever.
    pub(super) timeout: Option<Duration>,
}

/// What goes to the client.
#[derive(Debug)]
pub(super) enum Told {
    /// A message.
    Said(Value),
    /// The end: close code and reason.
    End(u16, String),
}

/// Runs code behind what runs already, and tells what comes of it. It goes on to its end when the
/// client goes.
pub(super) async fn run(
    machine: &Machine,
    context: &Arc<Context>,
    job: Job,
    tell: mpsc::Sender<Told>,
) {
    let work = async {
        let mut held = context.worker.lock().await;
        if let Err(error) = context.ensure(machine, &mut held).await {
            return (socket::INTERNAL, error.text().to_owned());
        }
        let Some(worker) = held.as_mut() else {
            return (socket::INTERNAL, String::new());
        };
        let (code, reason) = follow(machine, worker, &job, &tell).await;
        if !worker.is_alive() {
            *held = None;
            context.is_dead();
        }
        (code, reason.to_owned())
    };
    let ended = context.deleted.run_until_cancelled(work).await;
    let (code, reason) =
        ended.unwrap_or_else(|| (socket::GOING_AWAY, "context shutdown".to_owned()));
    // The client may be gone, or too slow to be told: the channel's end says the same.
    let _ = tell.send(Told::End(code, reason)).await;
}

/// Follows a run to its end; the close code and its reason.
async fn follow(
    machine: &Machine,
    worker: &mut Worker,
    job: &Job,
    tell: &mpsc::Sender<Told>,
) -> (u16, &'static str) {
    const GONE: (u16, &str) = (socket::GOING_AWAY, "worker process ended");
    let order = json!({"code": job.code, "envs": job.envs});
    let mut slow = false;
    let mut deadline = job.timeout.map(|timeout| Instant::now() + timeout);
    let mut interrupted = false;
    if worker.order(&order).await.is_err() {
        return GONE;
    }
    loop {
        let line = tokio::select! {
            line = worker.lines.next() => line,
            () = at(deadline) => {
                if interrupted {
                    life::kill_group(&machine.sandbox, worker.pid).await;
                    // Whatever it says now belongs to nobody, so its end is waited for.
                    let _ = worker.exit.wait_for(Option::is_some).await;
                    return (TIMED_OUT, "");
                }
                interrupted = true;
                deadline = Some(Instant::now() + GRACE);
                let target = SignalTarget::Process(worker.pid);
                // One that is gone says so at its pipe.
                let _ = machine.engine().signal(target, libc::SIGINT).await;
                continue;
            }
        };
        let (said, end) = match line {
            Ok(Some(Line::Said(said))) => (said, None),
            Ok(Some(Line::Done { interrupted, said })) => (said, Some(interrupted)),
            Ok(None) => {
                let _ = worker.exit.wait_for(Option::is_some).await;
                return GONE;
            }
            Err(_) => {
                life::kill_group(&machine.sandbox, worker.pid).await;
                let _ = worker.exit.wait_for(Option::is_some).await;
                return GONE;
            }
        };
        // A client that is gone is told nothing, and one that is too slow nothing more.
        let full = matches!(
            tell.try_send(Told::Said(said)),
            Err(mpsc::error::TrySendError::Full(_))
        );
        slow |= full;
        match end {
            None => {}
            Some(_) if slow => return (socket::POLICY, "slow consumer"),
            Some(true) => return (TIMED_OUT, ""),
            Some(false) => return (socket::NORMAL, ""),
        }
    }
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
