//! `cutover selftest`: whether the judge finds what is planted and raises nothing else; with
//! `--swap`, whether the ledger notices when the two stand-ins exchange their shells.

use std::collections::BTreeSet;

use crate::app::selftest::{JudgedPlant, SWAPPED_ENTRIES_MIN, Selftest};
use crate::cli::args::SelftestArgs;
use crate::cli::context::Context;
use crate::cli::exit::{DIFFERS, OK, Outcome, Stop};
use crate::cli::output::print;

pub(crate) async fn run(args: &SelftestArgs, context: &Context) -> Outcome {
    let selftest = Selftest::new(&args.engine, &context.environment).await?;
    if args.swap {
        swapped(&selftest).await
    } else {
        planted(&selftest).await
    }
}

async fn planted(selftest: &Selftest) -> Outcome {
    let (mut plants, mut wrong) = (0, 0);
    let say = |plant: &JudgedPlant| -> Result<(), Stop> {
        plants += 1;
        wrong += usize::from(!plant.fits);
        let mark = if plant.fits { "ok" } else { "WRONG" };
        let verdict = &plant.verdict;
        print(&format!(
            "{mark:>5}  {}: {} ({})\n",
            plant.name, verdict.verdict, verdict.reason
        ))
    };
    selftest.planted(say).await?;
    print(&format!("{plants} plants, {wrong} judged wrongly\n"))?;
    Ok(if wrong == 0 { OK } else { DIFFERS })
}

async fn swapped(selftest: &Selftest) -> Outcome {
    let noticed = selftest.swapped().await?;
    for (id, how) in &noticed {
        print(&format!("{id}: {how}\n"))?;
    }
    let entries: BTreeSet<&String> = noticed.iter().map(|(id, _)| id).collect();
    print(&format!(
        "{} entries reported stale or differing; at least {SWAPPED_ENTRIES_MIN} must be\n",
        entries.len()
    ))?;
    Ok(if entries.len() >= SWAPPED_ENTRIES_MIN {
        OK
    } else {
        DIFFERS
    })
}
