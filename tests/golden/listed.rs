//! Steps that differ from the recording, each with its reason.

/// The steps, by the beginning of their names. A step that is listed and the same is a failure.
pub(crate) const LISTED: &[(&str, &str)] = &[(
    "main-direct/198",
    "the stand-in of that day had its own words for a circle of links; today's has those of Go",
)];

/// More would say that the recording is not what is built after.
const LISTED_MAX: usize = 38;

pub(crate) fn is_listed(step: &str) -> bool {
    LISTED.iter().any(|(listed, _)| step.starts_with(listed))
}

pub(crate) fn check() -> Result<(), String> {
    if LISTED.len() > LISTED_MAX {
        return Err(format!("{} steps are listed", LISTED.len()));
    }
    let bare = LISTED.iter().find(|(_, reason)| reason.len() < 20);
    bare.map_or(Ok(()), |(step, _)| Err(format!("{step} has no reason")))
}
