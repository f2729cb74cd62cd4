//! The tools, as far as E2B itself is asked.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cutover_js::{Object, Text, Value, numbers, utf8};
use cutover_sdk::Error;
use cutover_sdk::e2b::{Command, Decoding, E2b, RunError, Sandbox, Shell};

use super::account::DirectSettings;
use super::held::{Held, LIFETIME};
use crate::answer::{Answer, text};
use crate::failure::Failure;

/// How long a command may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(180);
/// UTF-16 units that `read_file` gives back.
const READ_UNITS_MAX: usize = 256 * 1024;
/// Bytes of which the base64 is as long as V8's longest string.
const UPLOAD_BYTES_MAX: usize = 0x1fff_ffe8 / 4 * 3;

/// The direct mode of one server. Dropped, it begins to end every sandbox.
#[derive(Debug)]
pub(crate) struct Direct {
    template: String,
    /// None without a key.
    held: Option<Arc<Held>>,
}

impl Drop for Direct {
    fn drop(&mut self) {
        self.begin_end();
    }
}

impl Direct {
    pub(crate) fn new(settings: &DirectSettings) -> Self {
        let held = settings.key.clone().map(|key| {
            let observer = Arc::clone(&settings.observer);
            let account = E2b::new(key, settings.places.clone(), observer);
            Arc::new(Held::new(account, settings.clone()))
        });
        Self {
            template: settings.template.clone(),
            held,
        }
    }

    /// Begins to end every sandbox, and keeps none that is made later.
    pub(crate) fn begin_end(&self) {
        self.held.iter().for_each(Held::begin_end);
    }

    /// Ends every sandbox.
    pub(crate) async fn end(&self) {
        if let Some(held) = &self.held {
            held.end().await;
        }
    }

    pub(crate) async fn provision(&self, arguments: &Object) -> Answer {
        let name = arguments.get("name");
        let made = match &self.held {
            None => Err(Failure::refused("E2B_API_KEY not set")),
            Some(held) => held.make(name).await.map_err(thrown),
        };
        match made {
            Ok(id) => Answer::said(Value::String(text(&[
                &"sandbox \"",
                &shown(name),
                &"\" ready (",
                &id,
                &", template ",
                &self.template.as_str(),
                &")",
            ]))),
            Err(failure) => failure.answer("provision"),
        }
    }

    pub(crate) async fn execute(&self, arguments: &Object) -> Answer {
        let ran = match self.sandbox(arguments) {
            Ok(held) => run(held, arguments.get("cmd")).await,
            Err(unknown) => Err(unknown),
        };
        ran.unwrap_or_else(|failure| failure.answer("execute"))
    }

    pub(crate) async fn read_file(&self, arguments: &Object) -> Answer {
        let read = match self.sandbox(arguments) {
            Ok(held) => read(held, arguments.get("path")).await,
            Err(unknown) => Err(unknown),
        };
        read.unwrap_or_else(|failure| failure.answer("read_file"))
    }

    /// A file of a sandbox that is held here, as base64; none where it is not held.
    pub(crate) async fn base64(&self, arguments: &Object) -> Option<Result<Text, Failure>> {
        let (held, sandbox) = self.sandbox(arguments).ok()?;
        let path = path(arguments.get("path"));
        let bytes = async {
            extend(held, &sandbox).await?;
            sandbox.read_bytes(&path, UPLOAD_BYTES_MAX).await
        };
        Some(match bytes.await.map_err(thrown) {
            Ok(Some(bytes)) => Ok(STANDARD.encode(bytes).into()),
            Ok(None) => Err(Failure::thrown(
                "Cannot create a string longer than 0x1fffffe8 characters",
            )),
            Err(failure) => Err(failure),
        })
    }

    fn sandbox(&self, arguments: &Object) -> Result<(&Held, Sandbox), Failure> {
        let name = arguments.get("sandbox_name");
        let held = self.held.as_deref();
        let found = held.and_then(|held| Some((held, held.find(name)?)));
        found.ok_or_else(|| {
            let (start, end) = ("no sandbox \"", "\" \u{2014} call provision first");
            Failure::Refused(text(&[&start, &shown(name), &end]))
        })
    }
}

/// Lets a sandbox live on, as before every call.
async fn extend(held: &Held, sandbox: &Sandbox) -> Result<(), Error> {
    held.account.set_timeout(sandbox.id(), LIFETIME).await
}

async fn run((held, sandbox): (&Held, Sandbox), line: Option<&Value>) -> Result<Answer, Failure> {
    extend(held, &sandbox).await.map_err(thrown)?;
    let Some(Value::String(line)) = line else {
        return Err(Failure::thrown(no_argument(line)));
    };
    let command = Command {
        line,
        timeout: COMMAND_TIMEOUT,
        shell: Shell::Login,
        decoding: Decoding::EachPiece,
    };
    // What was written before a failure that is no exit code is lost, as with the SDK.
    let ran = sandbox.run(command).await;
    let ran = ran.map_err(|RunError { error, .. }| thrown(error))?;
    let mut output = utf8::decode_keeping_bom(&ran.output.stdout);
    output.push_text(&utf8::decode_keeping_bom(&ran.output.stderr));
    match ran.exit_code {
        0 => Ok(Answer::said(Value::String(output))),
        _ if output.is_empty() => Err(Failure::Thrown(ran.error)),
        _ => Ok(Answer::failed(text(&[
            &output,
            &"\n[failed: ",
            &ran.error,
            &"]",
        ]))),
    }
}

async fn read((held, sandbox): (&Held, Sandbox), of: Option<&Value>) -> Result<Answer, Failure> {
    extend(held, &sandbox).await.map_err(thrown)?;
    let content = sandbox.read_text(&path(of)).await.map_err(thrown)?;
    match content {
        None => Err(Failure::thrown(
            "Cannot read properties of undefined (reading 'length')",
        )),
        Some(Value::String(content)) if content.len() > READ_UNITS_MAX => {
            Ok(Answer::failed(Text::from(format!(
                "error: file too large to return inline ({} bytes > {READ_UNITS_MAX}). Read a \
                 smaller slice or split it.",
                content.len()
            ))))
        }
        Some(content) => Ok(Answer::said(content)),
    }
}

fn thrown(error: Error) -> Failure {
    Failure::Thrown(error.message)
}

/// A value as JavaScript puts it into a text.
fn shown(value: Option<&Value>) -> Text {
    value.map_or_else(|| Text::from("undefined"), Value::to_js_string)
}

/// A path as it gets into the query of an address. What is not there and what is empty leave E2B
/// the same: the home.
fn path(path: Option<&Value>) -> Text {
    match path {
        None | Some(Value::Null | Value::Object(_)) => Text::new(),
        Some(path) => path.to_js_string(),
    }
}

/// What the SDK throws of a command that is no text.
fn no_argument(value: Option<&Value>) -> String {
    let value = match value {
        None => "undefined".to_owned(),
        Some(Value::Null) => "null".to_owned(),
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(Value::Number(number)) => numbers::to_js_string(*number),
        Some(Value::Array(items)) => format!("Array({})", items.len()),
        Some(Value::String(_) | Value::Object(_)) => "object".to_owned(),
    };
    format!(
        "13: [internal] cannot encode field process.ProcessConfig.args to JSON: expected \
         ReflectList (STRING), got {value}"
    )
}
