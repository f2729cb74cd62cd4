//! Search in files, search by name, replace in files.

use axum::body::Body;
use globset::{GlobBuilder, GlobMatcher};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};

use crate::daytona::toolbox::error::{ToolError, go_error};
use crate::daytona::toolbox::fields::Fields;
use crate::daytona::toolbox::machine::Machine;
use crate::engine::{EngineError, FileKind};
use crate::shared::go_path;

/// A file with a NUL among these first bytes is binary and skipped.
const PROBE_BYTES: usize = 512;

/// The search in a file ends without a word at a longer line (Go's scanner).
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// Bytes of matches, or of one file to be changed, that are held in memory. The daemon has no
/// bound; the files of a sandbox have, and no search in earnest comes near.
const HELD_BYTES_MAX: usize = 64 << 20;

/// `GET /files/find?path=&pattern=`: lines that contain a text.
pub(super) async fn find(machine: &Machine) -> Result<Vec<Value>, ToolError> {
    let root = machine.required("path")?;
    let pattern = machine.required("pattern")?;
    let mut matches = Vec::new();
    let mut held = 0;
    for (path, kind) in walk(machine, &root).await? {
        if kind != FileKind::File {
            continue;
        }
        // A file that cannot be read is passed over, as the daemon does.
        let _ = find_in(machine, &path, pattern.as_bytes(), &mut matches, &mut held).await;
        if held > HELD_BYTES_MAX {
            let text = format!("more than {HELD_BYTES_MAX} bytes of matches");
            return Err(ToolError::not_implemented(&text));
        }
    }
    Ok(matches)
}

async fn find_in(
    machine: &Machine,
    path: &str,
    pattern: &[u8],
    matches: &mut Vec<Value>,
    held: &mut usize,
) -> Option<()> {
    let file = machine
        .engine()
        .read(&machine.resolve(path), machine.who())
        .await
        .ok()?;
    let mut lines = BufReader::with_capacity(PROBE_BYTES.max(8192), file.bytes);
    let probe = lines.fill_buf().await.ok()?;
    if probe.iter().take(PROBE_BYTES).any(|byte| *byte == 0) {
        return None;
    }
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let count = (&mut lines)
            .take(LINE_BYTES_MAX + 1)
            .read_until(b'\n', &mut line)
            .await
            .ok()?;
        if count == 0 || count as u64 > LINE_BYTES_MAX || *held > HELD_BYTES_MAX {
            break;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if contains(text, pattern) {
            *held += text.len() + path.len();
            let content = String::from_utf8_lossy(text);
            matches.push(json!({"file": path, "line": number, "content": content}));
        }
    }
    Some(())
}

fn contains(text: &[u8], pattern: &[u8]) -> bool {
    pattern.is_empty() || text.windows(pattern.len()).any(|window| window == pattern)
}

/// `GET /files/search?path=&pattern=`: names that match a shell pattern.
pub(super) async fn search(machine: &Machine) -> Result<Vec<String>, ToolError> {
    let root = machine.required("path")?;
    let pattern = machine.required("pattern")?;
    let Some(matcher) = matcher(&pattern) else {
        return Ok(Vec::new());
    };
    let found = walk(machine, &root).await?.into_iter();
    Ok(found
        .filter(|(path, _)| matcher.is_match(go_path::base(path)))
        .map(|(path, _)| path)
        .collect())
}

/// Go's patterns know `*`, `?` and classes; braces mean themselves.
fn matcher(pattern: &str) -> Option<GlobMatcher> {
    let plain: String = pattern
        .chars()
        .map(|c| match c {
            '{' => "[{]".to_owned(),
            '}' => "[}]".to_owned(),
            other => other.to_string(),
        })
        .collect();
    let glob = GlobBuilder::new(&plain)
        .literal_separator(true)
        .backslash_escape(true)
        .build();
    glob.ok().map(|glob| glob.compile_matcher())
}

/// The start and everything below it, each level in the order of names; links are not followed. A
/// start that is missing is empty.
async fn walk(machine: &Machine, root: &str) -> Result<Vec<(String, FileKind)>, ToolError> {
    let (engine, who) = (machine.engine(), machine.who());
    let first = match engine.stat(&machine.resolve(root), false, who).await {
        Ok(stat) => stat.kind,
        Err(EngineError::Gone) => return Err(ToolError::Dead),
        Err(_) => return Ok(Vec::new()),
    };
    let mut found = Vec::new();
    let mut open = vec![(root.to_owned(), first)];
    while let Some((path, kind)) = open.pop() {
        if kind == FileKind::Directory {
            // A folder that cannot be read has nothing to show.
            let below = engine
                .list(&machine.resolve(&path), who)
                .await
                .unwrap_or_default();
            let prefix = path.trim_end_matches('/').to_owned();
            let below = below.into_iter().rev();
            open.extend(below.map(|entry| (format!("{prefix}/{}", entry.name), entry.kind)));
        }
        found.push((path, kind));
    }
    Ok(found)
}

/// `POST /files/replace`: every occurrence of a text, in place.
pub(super) async fn replace(machine: &Machine, body: Body) -> Result<Vec<Value>, ToolError> {
    let wrong = |text: String| ToolError::bad(format!("invalid request body: {text}"));
    let fields = Fields::read("ReplaceRequest", body).await.map_err(wrong)?;
    let files = fields.list("files").map_err(wrong)?;
    let pattern = fields.required("pattern", "Pattern").map_err(wrong)?;
    let new = fields.text("newValue").map_err(wrong)?;
    if files.is_empty() {
        return Err(ToolError::bad("files are required"));
    }
    let mut results = Vec::with_capacity(files.len());
    for file in files {
        results.push(match replace_in(machine, &file, &pattern, &new).await {
            Ok(()) => json!({"file": file, "success": true}),
            Err(error) => json!({"file": file, "success": false, "error": error}),
        });
    }
    Ok(results)
}

async fn replace_in(
    machine: &Machine,
    asked: &str,
    pattern: &str,
    new: &str,
) -> Result<(), String> {
    let (engine, who) = (machine.engine(), machine.who());
    let path = machine.resolve(asked);
    let open = |error| go_error("open", asked, &error);
    let write = |error| go_error("write", asked, &error);
    let file = engine.read(&path, who).await.map_err(open)?;
    let mut bytes = Vec::new();
    let limit = HELD_BYTES_MAX as u64 + 1;
    file.bytes
        .take(limit)
        .read_to_end(&mut bytes)
        .await
        .map_err(|error| error.to_string())?;
    if bytes.len() > HELD_BYTES_MAX {
        return Err("the stand-in does not change files of this size".to_owned());
    }
    let changed = replaced(&bytes, pattern.as_bytes(), new.as_bytes());
    let mut file = engine.write(&path, who).await.map_err(open)?;
    file.write(&changed).await.map_err(write)?;
    file.finish().await.map_err(write)
}

fn replaced(bytes: &[u8], pattern: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if !pattern.is_empty() && bytes[at..].starts_with(pattern) {
            out.extend_from_slice(new);
            at += pattern.len();
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_as_go_reads_them() {
        let cases = [
            ("*.txt", "a.txt", true),
            ("*.txt", "a.txt.bak", false),
            ("?.rs", "a.rs", true),
            ("[ab]", "b", true),
            ("{a,b}", "a", false),
            ("{a}", "{a}", true),
            (r"\*", "*", true),
            (r"\*", "x", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(
                matcher(pattern).unwrap().is_match(name),
                expected,
                "{pattern} {name}"
            );
        }
        assert!(matcher("[").is_none());
    }

    #[test]
    fn texts_are_replaced_wherever_they_are() {
        assert_eq!(replaced(b"aXbXX", b"X", b"YY"), b"aYYbYYYY");
        assert_eq!(replaced(b"\xffab", b"ab", b""), b"\xff");
        assert!(contains(b"hello", b"ell") && !contains(b"hello", b"x"));
    }
}
