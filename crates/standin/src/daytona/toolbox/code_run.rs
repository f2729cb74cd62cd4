//! `POST /process/code-run`: code of a named language, and the charts that it drew (contract 2.4).
//!
//! Whether the language is there is not looked at; the shell says it in the output.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::daytona::toolbox::charts::Artifacts;
use crate::daytona::toolbox::env::is_env_name;
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::execute::{self, Ended, Order};
use crate::daytona::toolbox::fields::Fields;
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::output::{self, Part};

/// Code on its way to the language's program. The code itself is never a word of the shell; its
/// arguments are, since the daemon joins them with blanks and quotes nothing (contract 2.4).
fn script(language: &str, code: &str, argv: &[String]) -> Option<String> {
    // Node counts the dash for its own argument; the daemon takes it away.
    let of_node = || STANDARD.encode(format!("process.argv.splice(1, 1);\n{code}"));
    let argv = argv.join(" ");
    match language {
        "python" => {
            let code = STANDARD.encode(code);
            Some(format!(
                "printf '%s' '{code}' | base64 -d | python3 -u - {argv}"
            ))
        }
        "javascript" => {
            let code = of_node();
            Some(format!("printf '%s' '{code}' | base64 -d | node - {argv}"))
        }
        "typescript" => {
            let code = of_node();
            Some(format!(
                "_dtn_file=/tmp/dtn_$$.ts\n\
                 printf '%s' '{code}' | base64 -d >\"$_dtn_file\"\n\
                 npm_config_loglevel=error npx ts-node -T -O '{{\"module\":\"CommonJS\"}}' \
                 \"$_dtn_file\" {argv}\n\
                 _dtn_code=$?\n\
                 rm -f \"$_dtn_file\"\n\
                 exit $_dtn_code"
            ))
        }
        _ => None,
    }
}

/// Runs code to its end, or to its time limit.
pub(super) async fn run(machine: &Machine, body: Body) -> Result<Response, ToolError> {
    let order = read(body).await?;
    let (exit_code, output, charts) = match execute::run(machine, order).await? {
        Ended::NotStarted(result) => {
            let body = json!({"exitCode": -1, "result": result});
            return Ok(machine.json(StatusCode::OK, body));
        }
        Ended::With {
            exit_code,
            output,
            charts,
        } => (exit_code, output, charts),
    };
    let artifacts = if charts.is_empty() {
        String::new()
    } else {
        format!(",\"artifacts\":{}", json!({"charts": Value::Array(charts)}))
    };
    let parts = vec![
        Part::Text(format!("{{\"exitCode\":{exit_code},\"result\":")),
        output.into_part().await?,
        Part::Text(artifacts + "}"),
    ];
    output::answer(machine, parts).await
}

async fn read(body: Body) -> Result<Order, ToolError> {
    let fields = Fields::read("CodeRunRequest", body).await;
    let fields = fields.map_err(ToolError::body)?;
    let code = fields.required("code", "Code").map_err(ToolError::body)?;
    let language = fields
        .required("language", "Language")
        .map_err(ToolError::body)?;
    let argv = fields.list("argv").map_err(ToolError::body)?;
    let env: BTreeMap<String, String> = fields.texts("envs").map_err(ToolError::body)?;
    let timeout = fields.number("timeout").map_err(ToolError::body)?;
    let script = script(&language, &code, &argv)
        .ok_or_else(|| ToolError::bad(format!("unsupported language: {language}")))?;
    if let Some(name) = env.keys().find(|name| !is_env_name(name)) {
        let text = format!("invalid environment variable name: '{name}'");
        return Err(ToolError::bad(text));
    }
    Ok(Order::of_code(script, env, timeout, Artifacts::default()))
}
