//! Which fixes there are, and which a stack has.

use std::collections::BTreeSet;

use cutover_base::fixes::Fixes;
use cutover_mcp::FIXES;

use crate::app::error::AppError;
use crate::call::{SideSpec, Stack, Surface};

/// Every fix that there is: the platform's and the MCP server's. A stack names those of both.
pub(crate) fn known() -> Vec<&'static str> {
    let all = cutover_platform::FIXES.into_iter().chain(FIXES);
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The MCP server of before, which has a direct mode and no fixes.
const DIRECT: &str = "lap-direct";

/// Whether this is the stack `lap-direct`, which only the MCP server has.
///
/// # Errors
/// When it has fixes.
pub(crate) fn is_direct(text: &str) -> Result<bool, AppError> {
    match text.strip_prefix(DIRECT) {
        Some("") => Ok(true),
        Some(fixes) if fixes.starts_with('+') => Err(AppError::usage(
            "--stack: `lap-direct` has no fixes; name them after `lap-337`",
        )),
        _ => Ok(false),
    }
}

/// The fixes of `lap-337`, `lap-337+Q10` or `unified`.
///
/// # Errors
/// A text that is no stack, and stacks that only a run has.
pub(crate) fn fixes(text: &str) -> Result<Fixes, AppError> {
    let wrong = |why: String| AppError::usage(format!("--stack: {why}"));
    let stack: Stack = text.parse().map_err(|error| wrong(format!("{error}")))?;
    check(&stack).map_err(wrong)?;
    match stack.base.as_str() {
        "lap-337" => Ok(Fixes::only(stack.fixes)),
        "unified" => Ok(Fixes::all()),
        other => Err(wrong(format!(
            "`{other}` cannot be served; lap-337, lap-337+Q10 (with this fix) or unified"
        ))),
    }
}

/// Whether a side can have its stack: the provider that it speaks to, and fixes that there are.
///
/// # Errors
/// Why it cannot.
pub(crate) fn check_side(spec: &SideSpec) -> Result<(), String> {
    let lacking = Surface::ALL.map(|surface| spec.stack.lacks(surface, spec.provider));
    // What has one surface is something.
    let lacking: Option<Vec<String>> = lacking.into_iter().collect();
    if let Some(why) = lacking.and_then(|all| all.into_iter().next()) {
        return Err(why);
    }
    check(&spec.stack)
}

/// Whether every fix that a stack names is one that there is.
fn check(stack: &Stack) -> Result<(), String> {
    if stack.fixes.is_empty() {
        return Ok(());
    }
    match stack.base.as_str() {
        "lap-337" => {}
        "unified" => {
            let why = "`unified` has every fix already; name fixes after `lap-337`";
            return Err(why.to_owned());
        }
        other => {
            return Err(format!(
                "`{other}` takes no fixes; name them after `lap-337`"
            ));
        }
    }
    let known = known();
    match stack.fixes.iter().find(|id| !known.contains(&id.as_str())) {
        None => Ok(()),
        Some(wrong) => Err(format!(
            "there is no fix `{}`; known: {}",
            wrong.escape_debug(),
            known.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_names_its_fixes() {
        assert_eq!(fixes("lap-337"), Ok(Fixes::none()));
        assert_eq!(fixes("unified"), Ok(Fixes::all()));
        let some = fixes("lap-337+Q10+Q11").unwrap();
        assert!(some.has("Q10") && some.has("Q11") && !some.has("Q12"));
    }

    #[test]
    fn the_server_of_before_has_no_fixes() {
        assert_eq!(is_direct("lap-direct"), Ok(true));
        for other in ["lap-337", "lap-337+Q10", "unified", "lap-directed", ""] {
            assert_eq!(is_direct(other), Ok(false), "{other}");
        }
        for text in ["lap-direct+Q10", "lap-direct+"] {
            let error = is_direct(text).unwrap_err().to_string();
            assert!(error.contains("has no fixes"), "{text}: {error}");
        }
    }

    #[test]
    fn what_cannot_be_served_is_told() {
        for (text, told) in [
            ("lap-338", "unknown stack `lap-338`"),
            ("lap-337+10", "no fix `10`; known: Q01, Q02"),
            ("lap-337+Q10+Q999", "no fix `Q999`"),
            ("lap-337+Q05x", "no fix `Q05x`"),
            ("unified+Q10", "has every fix already"),
            ("deployed", "`deployed` cannot be served"),
            ("lap-direct+Q10", "`lap-direct` takes no fixes"),
        ] {
            let error = fixes(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn a_side_has_fixes_that_somebody_has() {
        let check = |spec: &str| check_side(&spec.parse().unwrap());
        for spec in [
            "e2b",
            "e2b/lap-direct",
            "daytona/unified",
            "daytona@live/deployed",
            // One is the platform's, one the MCP server's.
            "e2b/lap-337+Q04+Q01",
        ] {
            assert_eq!(check(spec), Ok(()), "{spec}");
        }
        for (spec, told) in [
            (
                "e2b/lap-337+Q999",
                "there is no fix `Q999`; known: Q01, Q02, Q03",
            ),
            ("e2b/unified+Q04", "has every fix already"),
            ("e2b/deployed+Q04", "`deployed` takes no fixes"),
            ("daytona/lap-direct", "speaks to E2B only"),
        ] {
            let error = check(spec).unwrap_err();
            assert!(error.contains(told), "{spec}: {error}");
        }
    }
}
