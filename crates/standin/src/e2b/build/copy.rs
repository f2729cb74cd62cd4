//! `COPY`: unpacked beside the files, made the owner's, then moved in (contract 7.2).

use std::collections::BTreeMap;

use crate::e2b::build::context::{Context, account};
use crate::e2b::build::shell::{self, Ended, Stream};
use crate::e2b::build::tarball::Unpacked;
use crate::engine::{EngineSandbox, Identity, OutputMode, SpawnRequest, StdinMode};

/// Source, destination, owner, mode; the tar is standard input. A file becomes exactly the
/// destination unless that ends in `/`; of a folder what it holds is merged.
const SCRIPT: &str = r#"set -eu
umask 022
stage=$(mktemp -d /tmp/.copy-XXXXXXXX)
trap 'rm -rf "$stage"' EXIT
tar -xof - -C "$stage"
source=$stage/$1 destination=$2 owner=$3 mode=$4
if [ ! -e "$source" ] && [ ! -L "$source" ]; then
  echo "the upload has no '$1'" >&2
  exit 1
fi
chown -hR "$owner" "$source"
[ -z "$mode" ] || [ -L "$source" ] || chmod -R "$mode" "$source"
if [ -d "$source" ] && [ ! -L "$source" ]; then
  [ -d "$destination" ] || { mkdir -p "$destination"; chown "$owner" "$destination"; }
  find "$source" -mindepth 1 -maxdepth 1 -exec cp -a {} "$destination/" \;
  exit 0
fi
case $destination in
  */) mkdir -p "$destination" ;;
  *) mkdir -p "$(dirname "$destination")" ;;
esac
mv -f "$source" "$destination"
"#;

/// What begins a pattern.
const PATTERN: [char; 4] = ['*', '?', '[', '{'];

/// What is to be copied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copy<'a> {
    pub(super) source: &'a str,
    pub(super) destination: &'a str,
    pub(super) owner: Option<&'a str>,
    pub(super) mode: Option<&'a str>,
}

/// Copies what was uploaded.
///
/// # Errors
/// In words.
pub(super) async fn copy(
    engine: &dyn EngineSandbox,
    copy: Copy<'_>,
    context: &Context,
    upload: &Unpacked,
) -> Result<(), String> {
    let owner = owner(engine, copy.owner.unwrap_or(&context.user)).await?;
    let destination = context.absolute(copy.destination);
    let argv = [
        "/bin/sh",
        "-c",
        SCRIPT,
        "copy",
        folder(copy.source),
        &destination,
        &owner,
        copy.mode.unwrap_or_default(),
    ];
    let request = SpawnRequest {
        argv: argv.map(str::to_owned).into(),
        env: root_environment(),
        cwd: "/".to_owned(),
        identity: Identity::Root,
        stdin: StdinMode::Pipe,
        output: OutputMode::TwoPipes,
        new_group: true,
    };
    let mut complaints = Vec::new();
    let said = |stream, line: &str| {
        if stream == Stream::Err && complaints.len() < 5 {
            complaints.push(line.to_owned());
        }
    };
    let ended = shell::run(engine, request, Some(upload.archive.reader()), said).await;
    match ended.map_err(|error| error.to_string())? {
        Ended::Code(0) => Ok(()),
        ended if complaints.is_empty() => Err(ended.words()),
        _ => Err(complaints.join("; ")),
    }
}

/// The environment of what is done as root on a build's behalf.
pub(super) fn root_environment() -> BTreeMap<String, String> {
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    [("PATH", path), ("HOME", "/root"), ("LC_ALL", "C")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// The part of a source before its first pattern.
fn folder(source: &str) -> &str {
    match source.find(PATTERN) {
        None => source,
        Some(at) => source[..at]
            .rsplit_once('/')
            .map_or(".", |(folder, _)| folder),
    }
}

/// `uid:gid` of an owner: an account, `account:group`, or numbers.
async fn owner(engine: &dyn EngineSandbox, text: &str) -> Result<String, String> {
    let (name, group) = match text.split_once(':') {
        Some((name, group)) => (name, Some(group)),
        None => (text, None),
    };
    let number = |text: &str| text.parse::<u32>().ok();
    let (uid, own) = match (number(name), account(engine, name).await) {
        (_, Ok(account)) => (account.uid, account.gid),
        (Some(uid), Err(_)) => (uid, uid),
        (None, Err(reason)) => return Err(reason),
    };
    let Some(group) = group else {
        return Ok(format!("{uid}:{own}"));
    };
    if let Some(gid) = number(group) {
        return Ok(format!("{uid}:{gid}"));
    }
    let accounts = engine.accounts().await.map_err(|error| error.to_string())?;
    let mut named = accounts
        .iter()
        .filter(|it| it.group.as_deref() == Some(group));
    let gid = named.next().map(|it| it.gid);
    let gid = gid.ok_or_else(|| format!("there is no group '{group}'"))?;
    Ok(format!("{uid}:{gid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_leaves_the_folder_before_it() {
        for (source, expected) in [
            ("a/b.txt", "a/b.txt"),
            (".", "."),
            ("*.txt", "."),
            ("a/*.txt", "a"),
            ("a/b[0-9]/c", "a"),
            ("a/b?", "a"),
        ] {
            assert_eq!(folder(source), expected, "{source}");
        }
    }
}
