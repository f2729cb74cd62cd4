//! `cutover schema`: the JSON Schema of a format.

use crate::cli::args::SchemaArgs;
use crate::cli::exit::{OK, Outcome, Stop};
use crate::cli::output::print;

pub(crate) fn run(args: &SchemaArgs) -> Outcome {
    let schema = match args.format.as_str() {
        "scenario" => crate::scenario::schema(),
        "report" => crate::report::json::schema(),
        other => {
            return Err(Stop::usage(format!(
                "no schema for `{other}`; scenario or report"
            )));
        }
    };
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| Stop::unjudged(format!("the schema: {error}")))?;
    print(&format!("{text}\n"))?;
    Ok(OK)
}
