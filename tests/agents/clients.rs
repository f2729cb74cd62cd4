//! MCP clients of others: the official SDKs list our tools and use each of them, over the standard
//! streams and over HTTP.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use libtest_mimic::Completion;
use tokio::process::Command;
use tokio::runtime::Runtime;

use crate::place::{PATIENCE, Place, until};
use crate::platform::{MASTER_KEY, Platform};
use crate::required::without;
use crate::{Case, Outcome, case};

pub(crate) const CASES: &[Case] = &[
    case("the_python_sdk_uses_every_tool", python),
    case("the_npm_sdk_uses_every_tool", node),
];

/// What each client must tell, in this order, for each way to the server.
const TOLD: [&str; 6] = [
    "tools",
    "provision",
    "execute",
    "read_file",
    "upload_artifact",
    "errors",
];

fn python(runtime: &Runtime, place: &Place) -> Outcome {
    let program = |value: &OsString| value.clone();
    client(
        runtime,
        place,
        "CUTOVER_SDK_PYTHON",
        program,
        "mcp_py/client.py",
    )
}

fn node(runtime: &Runtime, place: &Place) -> Outcome {
    let program = |_: &OsString| "node".into();
    client(
        runtime,
        place,
        "CUTOVER_SDK_NODE_MODULES",
        program,
        "mcp_js/client.mjs",
    )
}

fn client(
    runtime: &Runtime,
    place: &Place,
    variable: &str,
    program: fn(&OsString) -> OsString,
    script: &str,
) -> Outcome {
    let Some(value) = std::env::var_os(variable).filter(|value| !value.is_empty()) else {
        let missing = format!("{variable} is not set; see tests/sdk/README.md");
        return without("sdk", missing);
    };
    let script: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/sdk")
        .join(script);
    runtime.block_on(async {
        let standin = place.standin("daytona").await;
        let platform = Platform::start("daytona", &standin).await;
        let session = platform.session().await;
        let mut command = Command::new(program(&value));
        command
            .arg(script)
            .env(variable, &value)
            .env("CUTOVER", env!("CARGO_BIN_EXE_cutover"))
            .env("LAP_BASE_URL", platform.base())
            .env("LAP_AUTH_TOKEN", MASTER_KEY)
            .env("SESSION", &session)
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output());
        let output = output.await.expect("the client comes to an end").unwrap();
        let (told, said) = (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8_lossy(&output.stderr),
        );
        let ways = ["streams", "http"].into_iter();
        let wanted = ways.flat_map(|way| TOLD.map(|what| format!("ok {way}.{what}\n")));
        assert_eq!(told, wanted.collect::<String>(), "{said}");
        assert!(output.status.success(), "{said}");
        assert_eq!(standin.sandboxes().len(), 2, "one for each way");
        platform.end(&session).await;
        until("no sandbox is left", || standin.sandboxes().is_empty()).await;
        standin.stop().await;
    });
    Ok(Completion::Completed)
}
