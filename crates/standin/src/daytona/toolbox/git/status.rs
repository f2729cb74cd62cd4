//! `GET /git/status?path=` (contract 2.6; `detached` and `upstream` as the newer client reads them).

use serde_json::{Value, json};

use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::git::run::Git;

/// The branch, how it stands to its upstream, and what has changed.
pub(super) async fn status(git: &Git<'_>) -> Result<Value, ToolError> {
    let arguments = [
        "status",
        "--porcelain=v2",
        "--branch",
        "-z",
        "--untracked-files=all",
    ];
    let said = git.run(&arguments).await?;
    Ok(read(&said.stdout))
}

fn read(porcelain: &[u8]) -> Value {
    let text = String::from_utf8_lossy(porcelain);
    let mut entries = text.split('\0').filter(|entry| !entry.is_empty());
    let (mut branch, mut upstream) = (String::new(), String::new());
    let (mut ahead, mut behind) = (0_u64, 0_u64);
    let mut files: Vec<Value> = Vec::new();
    while let Some(entry) = entries.next() {
        let (kind, rest) = entry.split_once(' ').unwrap_or((entry, ""));
        match kind {
            "#" => match rest.split_once(' ') {
                Some(("branch.head", name)) => name.clone_into(&mut branch),
                Some(("branch.upstream", name)) => name.clone_into(&mut upstream),
                Some(("branch.ab", counts)) => {
                    let mut counts = counts.split(' ').map(|n| n[1..].parse().unwrap_or(0));
                    ahead = counts.next().unwrap_or(0);
                    behind = counts.next().unwrap_or(0);
                }
                _ => {}
            },
            "?" => files.push(file(rest, "??", "")),
            // The name is behind seven, eight or nine fields; it may hold blanks itself.
            "1" => files.extend(changed(rest, 7, "")),
            "2" => {
                let before = entries.next().unwrap_or_default();
                files.extend(changed(rest, 8, before));
            }
            "u" => files.extend(changed(rest, 9, "")),
            _ => {}
        }
    }
    let detached = branch == "(detached)";
    let mut status = json!({
        "currentBranch": if detached { "HEAD" } else { &branch },
        "fileStatus": files,
        "ahead": ahead,
        "behind": behind,
        "branchPublished": !upstream.is_empty(),
        "detached": detached,
    });
    if let (false, Some(fields)) = (upstream.is_empty(), status.as_object_mut()) {
        fields.insert("upstream".to_owned(), upstream.into());
    }
    status
}

fn changed(rest: &str, fields: usize, before: &str) -> Option<Value> {
    let name = rest.splitn(fields + 1, ' ').nth(fields)?;
    Some(file(name, rest.get(..2)?, before))
}

fn file(name: &str, letters: &str, before: &str) -> Value {
    let mut words = letters.bytes().map(word);
    json!({
        "name": name,
        "extra": before,
        "staging": words.next(),
        "worktree": words.next(),
    })
}

const fn word(letter: u8) -> &'static str {
    match letter {
        b'?' => "Untracked",
        b'M' | b'T' => "Modified",
        b'A' => "Added",
        b'D' => "Deleted",
        b'R' => "Renamed",
        b'C' => "Copied",
        b'U' => "Updated but unmerged",
        _ => "Unmodified",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn porcelain_becomes_the_words_of_the_daemon() {
        let porcelain = "# branch.oid 1\0# branch.head main\0# branch.upstream origin/main\0\
                         # branch.ab +2 -1\0\
                         1 .M N... 100644 100644 100644 a b with blank\0\
                         1 A. N... 0 100644 100644 a b new\0\
                         2 R. N... 100644 100644 100644 a b R100 to\0from\0\
                         u UU N... 1 2 3 4 a b c torn\0? un tracked\0";
        let file = |name: &str, staging: &str, worktree: &str, extra: &str| json!({"name": name, "extra": extra, "staging": staging, "worktree": worktree});
        let unmerged = "Updated but unmerged";
        let expected = json!({
            "currentBranch": "main",
            "fileStatus": [
                file("with blank", "Unmodified", "Modified", ""),
                file("new", "Added", "Unmodified", ""),
                file("to", "Renamed", "Unmodified", "from"),
                file("torn", unmerged, unmerged, ""),
                file("un tracked", "Untracked", "Untracked", ""),
            ],
            "ahead": 2, "behind": 1, "branchPublished": true, "detached": false,
            "upstream": "origin/main",
        });
        assert_eq!(read(porcelain.as_bytes()), expected);
        let detached = read(b"# branch.oid 1\0# branch.head (detached)\0");
        assert_eq!(detached["currentBranch"], "HEAD");
        assert_eq!(detached["branchPublished"], false);
    }
}
