//! What time does to sandboxes: stopped when idle, archived or destroyed when stopped for long
//! (contract 7.1). All on the stand-in's clock, which can be advanced.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};

use crate::daytona::app::App;
use crate::daytona::life;
use crate::daytona::sandbox::{Sandbox, State};
use crate::shared::deadlines;

/// Fires every deadline as it comes, until the stand-in stops.
pub(super) async fn run(app: Arc<App>) {
    let fire = || {
        fire(&app);
        std::future::ready(first_due(&app))
    };
    let changed = &app.registry.changed;
    deadlines::run(&app.clock, changed, &app.tasks.stop, fire).await;
}

/// When the next thing happens. Holds no sandbox when it is done: one that is destroyed while the
/// timer sleeps must go.
fn first_due(app: &App) -> Option<Timestamp> {
    let all = app.registry.all();
    all.iter().filter_map(|sandbox| next(sandbox)).min()
}

/// Lets everything that is due happen.
fn fire(app: &Arc<App>) {
    let now = app.now();
    for sandbox in app.registry.all() {
        if next(&sandbox).is_some_and(|at| at <= now) {
            act(app, sandbox);
        }
    }
}

/// When something will happen to a sandbox if nobody uses it.
pub(super) fn next(sandbox: &Sandbox) -> Option<Timestamp> {
    let facts = sandbox.facts();
    let after = |at: Timestamp, minutes: i64| {
        at.saturating_add(SignedDuration::from_secs(minutes.saturating_mul(60)))
            .unwrap_or(Timestamp::MAX)
    };
    let idle = match (facts.state, facts.stopped_at) {
        // A request at work is activity until it ends, and its end looks here again.
        (State::Started, _) => (facts.auto_stop_min > 0
            && sandbox.in_use.load(Ordering::SeqCst) == 0)
            .then(|| after(facts.last_activity_at, facts.auto_stop_min)),
        (State::Stopped, Some(at)) => {
            let archive = (facts.auto_delete_min != 0).then_some(facts.auto_archive_min);
            let delete = (facts.auto_delete_min >= 0).then_some(facts.auto_delete_min);
            archive
                .into_iter()
                .chain(delete)
                .min()
                .map(|minutes| after(at, minutes))
        }
        (State::Archived, Some(at)) => {
            (facts.auto_delete_min >= 0).then(|| after(at, facts.auto_delete_min))
        }
        _ => None,
    };
    // A time to live ends in any state that lasts; a change under way is let finish.
    let ends = facts.destroy_at.filter(|_| !facts.state.in_transition());
    idle.into_iter().chain(ends).min()
}

fn act(app: &Arc<App>, sandbox: Arc<Sandbox>) {
    let now = app.now();
    let mut facts = sandbox.facts();
    let minutes = |since: Timestamp| now.duration_since(since).as_secs() / 60;
    if facts.destroy_at.is_some_and(|at| at <= now) {
        life::mark_destroying(&mut facts, now);
        drop(facts);
        let shared = Arc::clone(app);
        app.tasks
            .background(async move { life::finish_destroy(&shared, &sandbox).await });
        return;
    }
    match (facts.state, facts.stopped_at) {
        (State::Started, _) => {
            life::mark_stopping(&mut facts, now);
            drop(facts);
            let shared = Arc::clone(app);
            app.tasks
                .background(async move { life::finish_stop(&shared, &sandbox, false).await });
        }
        (State::Stopped | State::Archived, Some(since))
            if facts.auto_delete_min >= 0 && minutes(since) >= facts.auto_delete_min =>
        {
            life::mark_destroying(&mut facts, now);
            drop(facts);
            let shared = Arc::clone(app);
            app.tasks
                .background(async move { life::finish_destroy(&shared, &sandbox).await });
        }
        (State::Stopped, _) => {
            facts.state = State::Archived;
            facts.updated_at = now;
        }
        _ => {}
    }
}
