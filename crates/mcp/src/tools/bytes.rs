//! A file of a sandbox as base64: through the shell as the original, or through the platform's
//! file interface.

use cutover_js::{Object, Text, Value, json};

use super::{Tools, in_band};
use crate::answer::{Answer, text};
use crate::failure::Failure;
use crate::member;

/// The file's bytes as base64, or the answer to give instead.
///
/// The original runs `base64` in the sandbox, with the path in double quotes; the server of before
/// reads the file of a sandbox that it holds itself. Repaired, no shell sees the path and nothing but the file is sent: Q91 (`$` and backticks in a path), Q92 (output
/// of a profile), Q97 (a path like an option).
pub(super) async fn read(
    tools: &Tools,
    session: &Value,
    arguments: &Object,
) -> Result<Text, Answer> {
    if ["Q91", "Q92", "Q97"].iter().any(|id| tools.fixes.has(id)) {
        let read = through_files(tools, session, arguments).await;
        return read.map_err(|failure| failure.answer("upload_artifact"));
    }
    let path = shown(arguments.get("path"));
    let held = match &tools.direct {
        Some(direct) => direct.base64(arguments).await,
        None => None,
    };
    let content = match held {
        Some(content) => content,
        None => through_shell(tools, session, arguments).await,
    };
    let content = content.map_err(|failure| {
        let start = "upload_artifact error reading ";
        Answer::failed(text(&[&start, &path, &": ", failure.words()]))
    })?;
    if content.is_empty() && !tools.fixes.has("Q93") {
        let (start, end) = ("upload_artifact failed: ", " is empty or unreadable");
        return Err(Answer::failed(text(&[&start, &path, &end])));
    }
    Ok(content)
}

/// The path as JavaScript puts it into a text.
pub(super) fn shown(path: Option<&Value>) -> Text {
    path.map_or_else(|| Text::from("undefined"), Value::to_js_string)
}

async fn through_shell(
    tools: &Tools,
    session: &Value,
    arguments: &Object,
) -> Result<Text, Failure> {
    let path = arguments.get("path").map(json::stringify);
    let command = format!("base64 -w0 {}", path.as_deref().unwrap_or("undefined"));
    let mut body = member::body(arguments, &["sandbox_name"]);
    body.insert(Text::from("cmd"), command);
    let json = tools
        .platform
        .post(session, "/sandbox/execute", body)
        .await?;
    let Value::String(output) = member::or(&json, "output", "")? else {
        return Err(Failure::thrown(
            "(json.output ?? \"\").trim is not a function",
        ));
    };
    let content = output.trim();
    // Q89, Q90: words about a missing file or sandbox are no file.
    if (tools.fixes.has("Q89") || tools.fixes.has("Q90")) && !is_base64(&content) {
        return Err(Failure::Refused(content));
    }
    Ok(content)
}

/// Whether this is what `base64 -w0` prints.
fn is_base64(content: &Text) -> bool {
    let padding = ["==", "="].into_iter().find(|end| content.ends_with(end));
    let length = content.len() - padding.map_or(0, str::len);
    let in_alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    content.len().is_multiple_of(4)
        && content
            .as_str()
            .is_some_and(|text| text.as_bytes()[..length].iter().all(in_alphabet))
}

/// Asks the platform for the file itself: `encoding` is a member that only a platform knows that
/// gives bytes, and names in its answer.
async fn through_files(
    tools: &Tools,
    session: &Value,
    arguments: &Object,
) -> Result<Text, Failure> {
    let mut body = member::body(arguments, &["sandbox_name", "path"]);
    body.insert(Text::from("encoding"), Value::from("base64"));
    let json = tools
        .platform
        .post(session, "/sandbox/read-file", body)
        .await?;
    let encoding = member::of(&json, "encoding")?;
    match (encoding, member::of(&json, "content")?) {
        (Some(Value::String(encoding)), Some(Value::String(content)))
            if *encoding == "base64" && is_base64(content) =>
        {
            Ok(content.clone())
        }
        (_, Some(Value::String(words))) if in_band::failure(words) => {
            Err(Failure::Refused(words.clone()))
        }
        _ => Err(Failure::refused(
            "the platform does not give a file's bytes; it needs read-file with \
             \"encoding\": \"base64\"",
        )),
    }
}

#[cfg(test)]
mod tests {
    use cutover_js::base64;

    use super::*;

    #[test]
    fn only_what_base64_prints_is_base64() {
        for content in ["", "bw==", "AAAA", "ab+/", "QUI="] {
            assert!(is_base64(&Text::from(content)), "{content}");
            let decoded = base64::decode(&Text::from(content));
            assert_eq!(base64::decoded_len(&Text::from(content)), decoded.len());
        }
        for content in ["b", "bw=", "b===", "a b=", "error: x", "ab-_", "é==="] {
            assert!(!is_base64(&Text::from(content)), "{content}");
        }
    }
}
