//! `upload_artifact`: a file of a sandbox, stored durably.

use cutover_js::{Object, Text, Value, base64, json};

use super::{Tools, bytes, mime};
use crate::answer::{Answer, text};
use crate::failure::{Escaped, Failure};
use crate::member;
use crate::session::Tool;

const NAME: &str = "upload_artifact";

/// The most bytes that the platform takes.
const BYTES_MAX: usize = 100 * 1024 * 1024;

pub(super) async fn call(tools: &Tools, arguments: &Object) -> Result<Answer, Escaped> {
    let session = match tools.session(Tool::Upload, arguments) {
        Ok(session) => session,
        Err(missing) => return Ok(missing.answer(NAME)),
    };
    let path = arguments.get("path");
    let name = name(arguments.get("name"), path)?;
    let content = match bytes::read(tools, &session, arguments).await {
        Ok(content) => content,
        Err(answer) => return Ok(answer),
    };
    let stored = store(tools, &session, name, content, path).await;
    Ok(stored.map_or_else(|failure| failure.answer(NAME), Answer::said))
}

/// The artifact's name: the one given, else the path's last part, else a word.
fn name(name: Option<&Value>, path: Option<&Value>) -> Result<Value, Escaped> {
    if let Some(name) = name.filter(|name| name.is_truthy()) {
        return Ok(name.clone());
    }
    let last = match path {
        Some(Value::String(path)) => path.split("/").pop().unwrap_or_default(),
        None | Some(Value::Null) => {
            let path = if path.is_some() { "null" } else { "undefined" };
            let words = format!("Cannot read properties of {path} (reading 'split')");
            return Err(Escaped(words));
        }
        Some(_) => return Err(Escaped("path.split is not a function".to_owned())),
    };
    let named = if last.is_empty() {
        Text::from("artifact")
    } else {
        last
    };
    Ok(Value::String(named))
}

/// Sends the artifact; its address, or all of the answer that has none.
async fn store(
    tools: &Tools,
    session: &Value,
    name: Value,
    content: Text,
    path: Option<&Value>,
) -> Result<Value, Failure> {
    let Value::String(text_name) = &name else {
        return Err(Failure::thrown("p.split is not a function"));
    };
    let size = base64::decoded_len(&content);
    // Q94: the platform refuses these in words that reach the agent as `[object Object]`.
    if tools.fixes.has("Q94") {
        fits(size, path)?;
    }
    let mime = mime::of(text_name, tools.fixes.has("Q96"));
    let mut body = Object::new();
    body.insert(Text::from("name"), name);
    if let Some(mime) = mime {
        body.insert(Text::from("mime_type"), mime);
    }
    body.insert(Text::from("content"), Value::String(content));
    #[expect(
        clippy::cast_precision_loss,
        reason = "a size in memory is exact as a number"
    )]
    body.insert(Text::from("size"), Value::Number(size as f64));
    let json = tools.platform.post(session, "/artifacts", body).await?;
    let url = member::of(&json, "url")?.cloned();
    Ok(url.unwrap_or_else(|| Value::from(json::stringify(&json))))
}

/// Refuses what the platform would refuse.
fn fits(size: usize, path: Option<&Value>) -> Result<(), Failure> {
    if size <= BYTES_MAX {
        return Ok(());
    }
    let words = format!(" is {size} bytes, over {BYTES_MAX}");
    let words = text(&[&bytes::shown(path), &words.as_str()]);
    Err(Failure::Refused(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(given: Option<&str>, path: Option<&str>) -> Result<Value, Escaped> {
        let [given, path] = [given, path].map(|text| text.map(Value::from));
        name(given.as_ref(), path.as_ref())
    }

    #[test]
    fn the_name_is_the_one_given_or_the_paths_last_part() {
        for (given, path, expected) in [
            (Some("n"), Some("/a/b"), "n"),
            (Some("n"), None, "n"),
            (Some(""), Some("/a/b"), "b"),
            (None, Some("b"), "b"),
            (None, Some("/a/"), "artifact"),
            (None, Some(""), "artifact"),
        ] {
            assert_eq!(
                named(given, path),
                Ok(Value::from(expected)),
                "{given:?} {path:?}"
            );
        }
        let words = "Cannot read properties of undefined (reading 'split')";
        assert_eq!(named(None, None), Err(Escaped(words.to_owned())));
    }

    #[test]
    fn a_file_over_the_limit_is_told_with_its_size() {
        let path = Value::from("/big");
        assert_eq!(fits(BYTES_MAX, Some(&path)), Ok(()));
        assert_eq!(
            fits(BYTES_MAX + 1, Some(&path)),
            Err(Failure::refused("/big is 104857601 bytes, over 104857600"))
        );
    }
}
