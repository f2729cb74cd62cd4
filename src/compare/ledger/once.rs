//! A quirk is known in one way: the ledger has it, or a scenario checks that both sides are alike,
//! or no run shows it.

use std::sync::Arc;

use crate::compare::ledger::entry::Ledger;
use crate::compare::ledger::not_reproduced::NotReproduced;
use crate::scenario::Problem;
use crate::scenario::model::Scenario;
use crate::scenario::node::Position;

/// Every id that stands in a second place, told where it stands wrongly. `text` gives the source
/// line of what is not reproduced.
pub fn in_two_places(
    ledger: &Ledger,
    not_reproduced: &[NotReproduced],
    scenarios: &[Arc<Scenario>],
    text: &str,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for scenario in scenarios {
        for (id, line) in scenario.parity.iter().filter(|(id, _)| ledger.has(id)) {
            let message = format!(
                "{} is in the ledger, so it stands under `quirks` and not under `parity`",
                ledger.titled(id)
            );
            let (line, column) = (*line, 1);
            let file = scenario.file.display().to_string();
            let at = Position { line, column };
            problems.push(Problem::at(&file, &scenario.text, at, message));
        }
    }
    for one in not_reproduced {
        let mut checking = scenarios
            .iter()
            .filter(|scenario| scenario.parity.iter().any(|(id, _)| *id == one.id));
        let message = match (ledger.has(&one.id), checking.next()) {
            (true, _) => format!(
                "{} is in the ledger, so a run shows it",
                ledger.titled(&one.id)
            ),
            (false, Some(scenario)) => format!(
                "scenario `{}` checks `{}` under `parity`, so a run shows it",
                scenario.name, one.id
            ),
            (false, None) => continue,
        };
        let at = Position {
            line: one.line,
            column: one.column,
        };
        problems.push(Problem::at(&one.file, text, at, message));
    }
    problems
}

impl Ledger {
    fn has(&self, id: &str) -> bool {
        self.get(id).is_some()
    }
}
