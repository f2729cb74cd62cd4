//! Terminals as they are asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::daytona::boot::Info;
use crate::daytona::boot::{PTYS_MAX, Pty};
use crate::daytona::toolbox::fields::Fields;
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::pty::info::CELLS_MAX;
use crate::daytona::toolbox::pty::run;
use crate::daytona::toolbox::socket;

/// Subprotocol that carries the environment: JSON in base64url (contract 2.4).
const ENVS: &str = "X-Daytona-Pty-Envs~";

/// Why there is no terminal: these handlers answer `{"error": ...}` only (contract 2.3).
pub(super) type Refused = (StatusCode, String);

/// What is asked for.
#[derive(Debug)]
pub(super) struct Order {
    id: String,
    cwd: String,
    envs: BTreeMap<String, String>,
    cols: u32,
    rows: u32,
    lazy: bool,
}

/// The order in the body of `POST /process/pty`.
pub(super) async fn from_body(body: Body) -> Result<Order, Refused> {
    let wrong = |text: String| (StatusCode::BAD_REQUEST, text);
    let fields = Fields::read("PTYCreateRequest", body)
        .await
        .map_err(wrong)?;
    Ok(Order {
        id: fields.text("id").map_err(wrong)?,
        cwd: fields.text("cwd").map_err(wrong)?,
        envs: fields.texts("envs").map_err(wrong)?,
        cols: fields.number("cols").map_err(wrong)?.unwrap_or(80),
        rows: fields.number("rows").map_err(wrong)?.unwrap_or(24),
        lazy: fields.flag("lazyStart").map_err(wrong)?,
    })
}

/// The order in the query and the subprotocols of `/process/pty/create-connect`.
pub(super) fn from_query(machine: &Machine) -> Result<Order, Refused> {
    let text = |name: &str| machine.asked.param(name).unwrap_or_default();
    let cells = |name: &str, default: u32| {
        let given = machine.asked.param(name).filter(|text| !text.is_empty());
        let number = given.map_or(Ok(default), |text| text.parse());
        number.map_err(|_| (StatusCode::BAD_REQUEST, format!("invalid value for {name}")))
    };
    Ok(Order {
        id: text("id"),
        cwd: text("cwd"),
        envs: envs_of(&socket::offered(&machine.asked))?,
        cols: cells("cols", 80)?,
        rows: cells("rows", 24)?,
        lazy: false,
    })
}

fn envs_of(offered: &[String]) -> Result<BTreeMap<String, String>, Refused> {
    let mut tokens = offered.iter();
    let Some(encoded) = tokens.find_map(|token| token.strip_prefix(ENVS)) else {
        return Ok(BTreeMap::new());
    };
    let wrong = |what: &str, why: String| {
        let text = format!("failed to {what} PTY envs subprotocol: {why}");
        (StatusCode::BAD_REQUEST, text)
    };
    let decoded = URL_SAFE_NO_PAD.decode(encoded);
    let decoded = decoded.map_err(|error| wrong("decode", error.to_string()))?;
    serde_json::from_slice(&decoded).map_err(|error| wrong("unmarshal", error.to_string()))
}

/// Makes a terminal, and begins its shell unless that waits for a client.
pub(super) async fn make(machine: &Machine, order: Order) -> Result<Arc<Pty>, Refused> {
    check(&order)?;
    let memory = machine.sandbox.live.of(&machine.boot);
    let cells = |number: u32| u16::try_from(number).unwrap_or(CELLS_MAX);
    let mut envs = order.envs;
    if envs.get("TERM").is_none_or(String::is_empty) {
        envs.insert("TERM".to_owned(), "xterm-256color".to_owned());
    }
    let work_dir = &machine.sandbox.place.work_dir;
    let pty = Pty::new(Info {
        id: order.id.clone(),
        cwd: if order.cwd.is_empty() {
            work_dir.clone()
        } else {
            order.cwd
        },
        envs,
        cols: cells(order.cols),
        rows: cells(order.rows),
        created_at: machine.app.now(),
        active: false,
        lazy: order.lazy,
    });
    let failed = || {
        let text = "failed to start PTY session".to_owned();
        (StatusCode::INTERNAL_SERVER_ERROR, text)
    };
    {
        let mut all = memory.ptys.all();
        if all.contains_key(&order.id) {
            let text = format!("PTY session with ID '{}' already exists", order.id);
            return Err((StatusCode::CONFLICT, text));
        }
        if all.len() >= PTYS_MAX {
            return Err(failed());
        }
        all.insert(order.id, Arc::clone(&pty));
    }
    if !order.lazy
        && let Err(error) = run::begin(machine, &pty).await
    {
        tracing::debug!(%error, "the shell of a terminal did not start");
        memory.ptys.forget(&pty);
        return Err(failed());
    }
    Ok(pty)
}

fn check(order: &Order) -> Result<(), Refused> {
    let bad = |text: String| Err((StatusCode::BAD_REQUEST, text));
    if order.id.is_empty() {
        return bad("session ID is required".to_owned());
    }
    for (name, number) in [("cols", order.cols), ("rows", order.rows)] {
        if number > u32::from(CELLS_MAX) {
            return bad(format!(
                "invalid value for {name} - must be less than {CELLS_MAX}"
            ));
        }
    }
    let is_wrong = |name: &&String| name.is_empty() || name.contains(['=', '\0', '\n', '\r']);
    if let Some(name) = order.envs.keys().find(is_wrong) {
        return bad(format!(
            "env var name {name:?} must not contain '=', NUL, or newline"
        ));
    }
    if order.envs.values().any(|value| value.contains('\0')) {
        return bad("env var value must not contain NUL".to_owned());
    }
    Ok(())
}

/// A refusal as these handlers tell it.
pub(super) fn refuse(machine: &Machine, refused: Refused) -> Response {
    let (status, text) = refused;
    machine.json(status, json!({"error": text}))
}
