//! `cutover run --plan`: what a run would do and take, before anything is created.

use std::fmt::Write as _;

use cutover_base::side::Side;

use crate::app::planned::PlannedRun;
use crate::app::sides::Sides;
use crate::call::{Lane, Surface};
use crate::plan::{Plan, cost};
use crate::run::Replays;

/// The plan as text.
pub(crate) fn plan_text(planned: &PlannedRun) -> String {
    let (plan, sides) = (&planned.plan, &planned.sides);
    let jobs = planned.request.limits.jobs;
    let (count, at_least) = match planned.request.replays {
        Replays::Auto => (1, " at least (replays auto)"),
        Replays::Fixed(count) => (count, ""),
    };
    let runnable = plan
        .cases
        .iter()
        .filter(|case| case.unmet.is_empty())
        .count();
    let of = match planned.selection.left_out.len() {
        0 => String::new(),
        left_out => format!(" of {}", plan.cases.len() + left_out),
    };
    let mut text = format!(
        "{}{of} cases, {runnable} of them can run here\n",
        plan.cases.len()
    );
    for side in Side::BOTH {
        let _infallible = writeln!(
            text,
            "{side:<6} {}: {}",
            &sides.specs[side],
            side_text(plan, sides, side, count, jobs, at_least)
        );
    }
    for case in &plan.cases {
        let _infallible = write!(text, "  {}", case.id);
        if let (Some(limit), true) = (
            case.scenario.platform.execute_timeout,
            case.surface != Surface::Provider,
        ) {
            let _infallible = write!(text, "  a command may run {} s", limit.as_secs_f64());
        }
        if !case.unmet.is_empty() {
            let _infallible = write!(text, "  unsupported: requires {}", case.unmet.join(", "));
        }
        text.push('\n');
    }
    for (case, why) in &plan.skipped {
        let _infallible = writeln!(text, "  {case}  not selected: {why}");
    }
    text
}

fn side_text(
    plan: &Plan,
    sides: &Sides,
    side: Side,
    replays: u32,
    jobs: usize,
    at_least: &str,
) -> String {
    let spec = &sides.specs[side];
    let account = sides.accounts.of(spec.provider);
    let cost = cost(&plan.cases, replays, jobs, account);
    match spec.lane {
        Lane::Recording(_) => "0 creates: it was recorded".to_owned(),
        Lane::Standin => format!("{} creates{at_least}, on this machine", cost.creates),
        Lane::Live => {
            let minutes = cost.takes.as_secs().div_ceil(60);
            let price = match cost.price {
                Some(price) => format!("{price:.2} {}", account.currency),
                None => "its price unknown (`sandbox_hour` in cutover.yaml)".to_owned(),
            };
            format!(
                "{} creates{at_least}, about {minutes} min, {} at once, {} a second; about {:.1} \
                 sandbox hours, {price}",
                cost.creates,
                account.at_once,
                account.per_second,
                cost.sandbox_time.as_secs_f64() / 3600.0,
            )
        }
    }
}
