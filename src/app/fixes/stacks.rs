//! The sides of a stored run with fixes, where both can have them.

use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use crate::app::error::AppError;
use crate::app::fixes::search::Set;
use crate::call::Stack;
use crate::transcript::event::StoredSubject;

/// The stack whose fixes can be named.
const FIXABLE: &str = "lap-337";

/// The stack that has every fix.
const WHOLE: &str = "unified";

/// Both sides' stacks, to which fixes are added.
#[derive(Debug)]
pub(super) struct Stacks(BySide<Stack>);

impl Stacks {
    /// The stacks of a stored run.
    ///
    /// # Errors
    /// When a side cannot be repaired from here, with why.
    pub(super) fn of(run: &str, subjects: &BySide<StoredSubject>) -> Result<Self, AppError> {
        let stack = |side: Side| {
            let subject = &subjects[side];
            let refused = |why: &str| {
                AppError::usage(format!(
                    "{run} cannot be asked for fixes: its {side} is {}, {why}; fixes are of the \
                     reference platform before a stand-in, so take a run of such sides",
                    subject.spec()
                ))
            };
            if subject.lane != "standin" {
                return Err(refused("which cannot be repaired from here"));
            }
            let stack: Stack = subject
                .stack
                .parse()
                .map_err(|error| refused(&format!("an {error}")))?;
            if stack.base != FIXABLE && stack.base != WHOLE {
                return Err(refused("which takes no fixes"));
            }
            Ok(stack)
        };
        BySide::from_fn(stack).transpose().map(Self)
    }

    /// Whether both sides have this fix as they are.
    pub(super) fn have(&self, fix: &str) -> bool {
        let has = |stack: &Stack| {
            stack.base == WHOLE || stack.fixes.iter().any(|had| had.as_str() == fix)
        };
        self.0.iter().all(|(_, stack)| has(stack))
    }

    /// The stacks with these fixes besides their own.
    pub(super) fn with(&self, fixes: &Set) -> BySide<Stack> {
        self.0.as_ref().map(|stack| {
            let mut stack = stack.clone();
            if stack.base == FIXABLE {
                let new = fixes.iter().filter(|fix| !stack.fixes.contains(fix));
                let new: Vec<String> = new.cloned().collect();
                stack.fixes.extend(new);
            }
            stack
        })
    }

    /// The stacks with these fixes, as one where both are one.
    pub(super) fn text(&self, fixes: &Set) -> String {
        let BySide { source, target } = self.with(fixes);
        if source == target {
            format!("{source} on both sides")
        } else {
            format!("{source} on the source and {target} on the target")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stacks(source: [&str; 2], target: [&str; 2]) -> Result<Stacks, String> {
        let subject = |provider: &str, [lane, stack]: [&str; 2]| StoredSubject {
            provider: provider.to_owned(),
            lane: lane.to_owned(),
            stack: stack.to_owned(),
            ..StoredSubject::default()
        };
        let subjects = BySide {
            source: subject("e2b", source),
            target: subject("daytona", target),
        };
        Stacks::of("r", &subjects).map_err(|error| error.to_string())
    }

    fn set(ids: &[&str]) -> Set {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn fixes_are_added_to_those_that_a_side_has() {
        let plain = stacks(["standin", "lap-337"], ["standin", "lap-337"]).unwrap();
        assert_eq!(plain.text(&set(&[])), "lap-337 on both sides");
        assert_eq!(
            plain.text(&set(&["Q4", "Q1"])),
            "lap-337+Q1+Q4 on both sides"
        );
        let mixed = stacks(["standin", "lap-337+Q4"], ["standin", "unified"]).unwrap();
        assert_eq!(
            mixed.text(&set(&["Q1", "Q4"])),
            "lap-337+Q4+Q1 on the source and unified on the target"
        );
        assert!(mixed.have("Q4") && !mixed.have("Q1") && !plain.have("Q4"));
    }

    #[test]
    fn what_cannot_be_repaired_from_here_is_refused() {
        let good = ["standin", "lap-337"];
        for (side, told) in [
            (
                ["live", "lap-337"],
                "daytona@live/lap-337, which cannot be repaired from here",
            ),
            (["live", "deployed"], "cannot be repaired from here"),
            (
                ["recording=/a", "lap-337"],
                "daytona@recording=/a, which cannot",
            ),
            (["standin", "lap-direct"], "which takes no fixes"),
            (["standin", "lap-999"], "unknown stack `lap-999`"),
        ] {
            let why = stacks(good, side).unwrap_err();
            assert!(
                why.contains("its target is ") && why.contains(told),
                "{why}"
            );
        }
        assert!(
            stacks(["live", "lap-337"], good)
                .unwrap_err()
                .contains("its source is")
        );
    }
}
