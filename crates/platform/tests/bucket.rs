//! Artifacts in a bucket that this project did not write: `moto`, an imitation of S3. It looks at no
//! signature; `endpoint/artifacts.rs` does.
//!
//! It runs in the Python that `CUTOVER_SDK_PYTHON` names. Without it the trial is ignored with the
//! reason, or fails when `CUTOVER_REQUIRE` contains `sdk`.

#![expect(
    clippy::disallowed_methods,
    reason = "a test is told by its environment where Python is"
)]

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};

use cutover_base::clock::Clock;
use cutover_platform::artifacts::{ArtifactStore, S3Artifacts, Stored, sanitised};
use cutover_platform::{Settings, Variables};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// Starts the imitation, tells its address and lives until its input ends.
const SERVER: &str = "\
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
print('http://%s:%d' % server.get_host_and_port(), flush=True)
sys.stdin.read()
";

fn main() -> ExitCode {
    let trial = Trial::ignorable_test("moto/keeps_and_hands_out", judge);
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

fn judge() -> Result<Completion, Failed> {
    let required = std::env::var("CUTOVER_REQUIRE").unwrap_or_default();
    let required = required.split(',').any(|word| word.trim() == "sdk");
    let python = std::env::var_os("CUTOVER_SDK_PYTHON").filter(|it| !it.is_empty());
    let Some(python) = python else {
        let missing = "CUTOVER_SDK_PYTHON is not set; see tests/sdk/README.md";
        return if required {
            Err(missing.into())
        } else {
            Ok(Completion::ignored_with(missing))
        };
    };
    let mut server = Command::new(python)
        .args(["-c", SERVER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // It notes every request there.
        .stderr(Stdio::null())
        .spawn()?;
    let judged = endpoint(&mut server).and_then(|endpoint| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(keeps_and_hands_out(&endpoint))
    });
    server.kill()?;
    server.wait()?;
    judged.map_err(|error| Failed::from(error.to_string()))?;
    Ok(Completion::Completed)
}

/// The address that the imitation tells.
fn endpoint(server: &mut Child) -> Result<String, Box<dyn Error>> {
    let told = server.stdout.take().ok_or("no output")?;
    let lines = BufReader::new(told).lines().map_while(Result::ok);
    let address = lines.into_iter().find(|line| line.starts_with("http://"));
    address.ok_or_else(|| "moto did not start; is `moto[s3,server]` installed?".into())
}

async fn keeps_and_hands_out(endpoint: &str) -> Result<(), Box<dyn Error>> {
    // Only the first of a process counts, and this is the only one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    client
        .put(format!("{endpoint}/bucket"))
        .send()
        .await?
        .error_for_status()?;
    let set = [
        ("MASTER_KEY", "sk-master"),
        ("DATABASE_URL", "file"),
        ("ARTIFACT_STORAGE", "s3"),
        ("AWS_S3_BUCKET", "bucket"),
        ("AWS_S3_ENDPOINT", endpoint),
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let set: Variables = set
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let store = S3Artifacts::new(&Settings::read(&set)?, client.clone())?.ok_or("no store")?;
    for (name, content) in [("a b+c&d='.txt", "hello"), ("é.txt", ""), ("..", "x")] {
        let name = sanitised(name);
        let content = bytes::Bytes::from_static(content.as_bytes());
        let stored = Stored {
            session_id: "s1",
            id: "u1",
            name: &name,
            mime_type: "text/plain",
            content: &content,
        };
        let url = store.put(&stored, Clock::new().now()).await?;
        let answer = client.get(&url).send().await?.error_for_status()?;
        let header = |it: &str| answer.headers().get(it).and_then(|it| it.to_str().ok());
        let disposition = format!("attachment; filename=\"{name}\"");
        if header("content-disposition") != Some(&disposition) {
            return Err(format!("{name}: {:?}", answer.headers()).into());
        }
        if header("content-type") != Some("text/plain") {
            return Err(format!("{name}: {:?}", answer.headers()).into());
        }
        if answer.bytes().await? != content {
            return Err(format!("{name}: another content").into());
        }
    }
    Ok(())
}
