//! Folders, permissions, deletions.

use crate::daytona::toolbox::error::{ToolError, go_error};
use crate::daytona::toolbox::machine::Machine;
use crate::engine::{EngineError, FileKind};

/// `POST /files/folder?path=&mode=`: with all levels above; an existing folder is fine.
pub(super) async fn make_folder(machine: &Machine) -> Result<(), ToolError> {
    let path = machine.resolve(&machine.required("path")?);
    let mode = match machine.asked.param("mode").filter(|mode| !mode.is_empty()) {
        None => 0o755,
        Some(text) => octal(&text).ok_or_else(|| ToolError::bad("invalid mode format"))?,
    };
    make_all(machine, &path, mode)
        .await
        .map_err(|(at, error)| match error {
            EngineError::Gone => ToolError::Dead,
            error => ToolError::bad(go_error("mkdir", &at, &error)),
        })
}

/// `mkdir -p`; an error comes with the path that it is about.
pub(in crate::daytona::toolbox) async fn make_all(
    machine: &Machine,
    path: &str,
    mode: u32,
) -> Result<(), (String, EngineError)> {
    let trimmed = path.trim_end_matches('/');
    let not_dir = || EngineError::Os {
        operation: "mkdir".to_owned(),
        errno: libc::ENOTDIR,
    };
    let slashes = trimmed
        .match_indices('/')
        .map(|(at, _)| at)
        .filter(|at| *at > 0);
    for end in slashes.chain([trimmed.len()]) {
        let level = &trimmed[..end];
        if level.is_empty() {
            continue;
        }
        match machine.engine().stat(level, true, machine.who()).await {
            Ok(stat) if stat.kind == FileKind::Directory => continue,
            Ok(_) => return Err((level.to_owned(), not_dir())),
            Err(EngineError::Gone) => return Err((level.to_owned(), EngineError::Gone)),
            Err(_) => {}
        }
        let made = machine.engine().make_dir(level, mode, machine.who()).await;
        match made {
            // Somebody else made it meanwhile.
            Err(error) if error.errno() == Some(libc::EEXIST) => {}
            Err(error) => return Err((level.to_owned(), error)),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// `DELETE /files?path=&recursive=`.
pub(super) async fn delete(machine: &Machine) -> Result<(), ToolError> {
    let path = machine.resolve(&machine.required("path")?);
    let recursive = machine.asked.param("recursive").as_deref() == Some("true");
    // The link is followed here, so a dangling one cannot be deleted.
    let stat = machine.engine().stat(&path, true, machine.who()).await;
    let stat = stat.map_err(|error| ToolError::of_file("stat", &path, &error))?;
    if stat.kind == FileKind::Directory && !recursive {
        let text = "cannot delete directory without recursive flag";
        return Err(ToolError::bad(text));
    }
    let removed = machine
        .engine()
        .remove(&path, recursive, machine.who())
        .await;
    removed.map_err(|error| match error {
        EngineError::Gone => ToolError::Dead,
        error => ToolError::bad(go_error("remove", &path, &error)),
    })
}

/// `POST /files/permissions?path=&owner=&group=&mode=`.
pub(super) async fn set_permissions(machine: &Machine) -> Result<(), ToolError> {
    let path = machine.resolve(&machine.required("path")?);
    let (engine, who) = (machine.engine(), machine.who());
    let found = engine.stat(&path, true, who).await;
    found.map_err(|error| ToolError::of_file("stat", &path, &error))?;
    let given = |name: &str| machine.asked.param(name).filter(|text| !text.is_empty());
    if let Some(text) = given("mode") {
        let mode = octal(&text).ok_or_else(|| ToolError::bad("invalid mode format"))?;
        let set = engine.set_mode(&path, mode & 0o777, who).await;
        set.map_err(|error| ToolError::bad(go_error("chmod", &path, &error)))?;
    }
    let (owner, group) = (given("owner"), given("group"));
    if owner.is_none() && group.is_none() {
        return Ok(());
    }
    let (uid, gid) = look_up(machine, owner, group).await?;
    let set = engine.set_owner(&path, uid, gid, who).await;
    set.map_err(|error| {
        let text = go_error("chown", &path, &error);
        ToolError::bad(format!("failed to change ownership: {text}"))
    })
}

/// Owner and group by number or name.
async fn look_up(
    machine: &Machine,
    owner: Option<String>,
    group: Option<String>,
) -> Result<(Option<u32>, Option<u32>), ToolError> {
    let accounts = machine.engine().accounts().await;
    let accounts = accounts.map_err(|_| ToolError::Dead)?;
    let uid = match owner {
        None => None,
        Some(name) => {
            let named = accounts.iter().find(|account| account.name == name);
            let id = name.parse().ok().or(named.map(|account| account.uid));
            Some(id.ok_or_else(|| ToolError::bad("user not found"))?)
        }
    };
    let gid = match group {
        None => None,
        Some(name) => {
            let of_group = |group: &Option<String>| group.as_deref() == Some(name.as_str());
            let named = accounts.iter().find(|account| of_group(&account.group));
            let id = name.parse().ok().or(named.map(|account| account.gid));
            Some(id.ok_or_else(|| ToolError::bad("group not found"))?)
        }
    };
    Ok((uid, gid))
}

fn octal(text: &str) -> Option<u32> {
    u32::from_str_radix(text, 8)
        .ok()
        .filter(|_| !text.starts_with('+'))
}

/// What is above a path.
pub(super) fn parent_of(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rfind('/') {
        None | Some(0) => "/",
        Some(at) => &trimmed[..at],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_and_parents() {
        assert_eq!(octal("755"), Some(0o755));
        assert_eq!(octal("0644"), Some(0o644));
        for bad in ["", "+7", "8", "-1", "u+x"] {
            assert_eq!(octal(bad), None, "{bad}");
        }
        for (path, parent) in [("/a/b", "/a"), ("/a/b/", "/a"), ("/a", "/"), ("/", "/")] {
            assert_eq!(parent_of(path), parent);
        }
    }
}
