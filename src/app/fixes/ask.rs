//! From a stored run to the fixes that it wants.

use std::collections::{BTreeMap, BTreeSet};

use cutover_base::words::counted;

use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::files;
use crate::app::fixes::play::{Played, Player};
use crate::app::fixes::remaining::{is_in_reach, place, told};
use crate::app::fixes::request::FixesRequest;
use crate::app::fixes::search::{Found, Set, search};
use crate::app::fixes::stacks::Stacks;
use crate::app::fixes::told::{FIXES_FORMAT, FixTold, FixesTold, SetTold};
use crate::app::judged::Judged;
use crate::app::repairs::repair;
use crate::app::resume::said;
use crate::app::signals::{self, Signals};
use crate::app::stack;
use crate::compare::answer::DecisionVerdict;
use crate::compare::conclude::{Blocked, BlockedBy, blocked};
use crate::compare::ledger::Ledger;
use crate::transcript::StoredRun;
use crate::transcript::event::StoredSubject;

/// Fixes that a line of the progress names; more are counted.
const NAMED_MAX: usize = 8;

/// A place: case, step and field. What explains a difference there changes with the fixes.
type Place = (String, String, String);

/// Finds the fixes that the blockers of a run want, by replaying the blocked cases; `hear` is told of
/// each replay.
///
/// # Errors
/// When the run cannot be read, when a side of it cannot be repaired from here, and when a case cannot
/// be played or judged.
pub(crate) async fn fixes(
    request: &FixesRequest,
    environment: &Environment,
    hear: &dyn Fn(&str),
) -> Result<FixesTold, AppError> {
    let judged = Judged::read(&request.run, request.quirks.as_deref())?;
    let ledger = match &request.quirks {
        Some(path) => files::ledger(&[files::read(path)?])?,
        None => files::ledger(&judged.run.started.ledger)?,
    };
    let before = blocked(&judged.conclusion);
    let mut answer = unasked(&judged, before.len());
    if before.is_empty() {
        return Ok(answer);
    }
    let stacks = stacks(&judged.run)?;
    let known: BTreeSet<&str> = stack::known().into_iter().collect();
    let all = wanted(&before, &known, &stacks);
    let mut left = before.clone();
    if !all.is_empty() {
        let cases = before.iter().map(|blocked| blocked.case.clone());
        let cases: BTreeSet<String> = cases.filter(|case| !case.is_empty()).collect();
        let player = Player {
            stored: &judged.run,
            stacks: &stacks,
            cases: &cases,
            request,
            environment,
        };
        let others = known
            .iter()
            .filter(|id| !all.contains(**id) && !stacks.have(id));
        let others: Set = others.map(|&id| id.to_owned()).collect();
        let searched = replayed(&all, &others, &player, hear).await?;
        // What stands in every call is the provider's, and is judged over a whole run.
        left.retain(|blocked| blocked.case.is_empty());
        left.extend(searched.left().cloned());
        answer.set = Some(searched.told(&all, &stacks, &ledger));
        answer.cases = cases.into_iter().collect();
    }
    answer.remaining = told(&left, &before, &known, &ledger);
    Ok(answer)
}

/// What is told of a run before it is asked for anything.
fn unasked(judged: &Judged, places: usize) -> FixesTold {
    let started = &judged.run.started;
    let specs = started.subjects.as_ref().map(StoredSubject::spec);
    FixesTold {
        format: FIXES_FORMAT,
        run: started.run.clone(),
        source: specs.source,
        target: specs.target,
        was: judged.conclusion.decision.verdict,
        places,
        cases: Vec::new(),
        set: None,
        remaining: Vec::new(),
    }
}

/// The stacks of the run, where both sides and the MCP server can be repaired.
fn stacks(run: &StoredRun) -> Result<Stacks, AppError> {
    let started = &run.started;
    if said(&started.args, "--mcp").is_some() {
        return Err(AppError::usage(format!(
            "{} cannot be asked for fixes: its MCP server is not ours (--mcp), and cannot be repaired \
             from here",
            started.run
        )));
    }
    Stacks::of(&started.run, &started.subjects)
}

/// A search, and what came of each of its replays.
struct Searched {
    found: Found<Place>,
    replays: BTreeMap<Set, Played>,
}

/// Searches by replays, until a signal comes.
async fn replayed(
    named: &Set,
    others: &Set,
    player: &Player<'_>,
    hear: &dyn Fn(&str),
) -> Result<Searched, AppError> {
    let mut replays: BTreeMap<Set, Played> = BTreeMap::new();
    // A replay watches for itself; from here on a signal between two of them ends the search as well.
    let signals = Signals::watch()?;
    let found = search(named, others, async |set: &Set| {
        if let Some(number) = signals.received() {
            let name = signals::name(number);
            return Err(AppError::Interrupted { number, name });
        }
        let count = counted(player.cases.len(), "case");
        let with = if set.len() > NAMED_MAX {
            counted(set.len(), "fix")
        } else {
            player.stacks.text(set)
        };
        hear(&format!("replaying {count} with {with}"));
        let played = Box::pin(player.play(set)).await?;
        let places = played.blocked.iter().map(key).collect();
        replays.insert(set.clone(), played);
        Ok(places)
    })
    .await?;
    Ok(Searched { found, replays })
}

/// The fixes that the blockers' entries name, as far as there are such and a side lacks them.
fn wanted(before: &[Blocked], known: &BTreeSet<&str>, stacks: &Stacks) -> Set {
    let in_reach = before.iter().filter(|blocked| is_in_reach(blocked));
    let ids = in_reach.filter_map(|blocked| match &blocked.by {
        BlockedBy::Entry(id) if known.contains(&**id) && !stacks.have(id) => Some(id.clone()),
        _ => None,
    });
    ids.collect()
}

fn key(blocked: &Blocked) -> Place {
    let Blocked {
        case, step, field, ..
    } = blocked;
    (case.clone(), step.clone(), field.clone())
}

impl Searched {
    /// What blocks in the cases with the set that was found.
    fn left(&self) -> impl Iterator<Item = &Blocked> {
        let played = self.replays.get(&self.found.set).into_iter();
        let left = played.flat_map(|played| &played.blocked);
        left.filter(|blocked| !blocked.case.is_empty())
    }

    fn told(&self, all: &Set, stacks: &Stacks, ledger: &Ledger) -> SetTold {
        let Self { found, replays } = self;
        let played = replays.get(&found.set);
        let not_needed = all.difference(&found.set);
        SetTold {
            stack: stacks.text(&found.set),
            verdict: verdict(played),
            open: played.map(|played| played.open.clone()).unwrap_or_default(),
            replays: found.played,
            smallest: found.is_smallest,
            fixes: found
                .set
                .iter()
                .map(|id| self.fix(id, all, ledger))
                .collect(),
            not_needed: not_needed.map(|id| ledger.titled(id)).collect(),
        }
    }

    fn fix(&self, id: &str, named: &Set, ledger: &Ledger) -> FixTold {
        let Self { found, replays } = self;
        let mut fewer = found.set.clone();
        fewer.remove(id);
        let lacking = replays.get(&fewer);
        let removes = |blocked: &&Blocked| {
            let removed = found.removes.get(id);
            removed.is_some_and(|removed| removed.contains(&key(blocked)))
        };
        let blocked = lacking.into_iter().flat_map(|played| &played.blocked);
        let entry = ledger.get(id);
        FixTold {
            id: id.to_owned(),
            named: named.contains(id),
            title: entry.map(|entry| entry.title.clone()).unwrap_or_default(),
            change: entry.and_then(|entry| entry.fix.clone()),
            repair: repair(id).unwrap_or_default(),
            removes: blocked.filter(removes).map(place).collect(),
            without: verdict(lacking),
        }
    }
}

/// What a replay came to; without one it is not known.
fn verdict(played: Option<&Played>) -> DecisionVerdict {
    played.map_or(DecisionVerdict::Inconclusive, |played| played.verdict)
}
