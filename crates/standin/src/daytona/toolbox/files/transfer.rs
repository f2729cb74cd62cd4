//! `POST /files/move`, between file systems as well (contract 2.5).

use tokio::io::AsyncReadExt as _;

use crate::daytona::toolbox::error::{ToolError, go_error, go_reason};
use crate::daytona::toolbox::files::change::parent_of;
use crate::daytona::toolbox::machine::Machine;
use crate::engine::{EngineError, ExitStatus, FileKind, OutputMode, SpawnRequest, StdinMode};
use crate::shared::go_path;

const CHUNK_BYTES: usize = 64 * 1024;

/// Moves a file, link or folder; never onto or into something that exists.
pub(super) async fn rename(machine: &Machine) -> Result<(), ToolError> {
    let source = machine.resolve(&machine.required("source")?);
    let destination = machine.resolve(&machine.required("destination")?);
    let (engine, who) = (machine.engine(), machine.who());
    let found = engine.stat(&source, true, who).await;
    found.map_err(|error| ToolError::of_file("stat", &source, &error))?;
    let parent = parent_of(&destination);
    let above = engine.stat(parent, true, who).await;
    above.map_err(|error| ToolError::of_file("stat", parent, &error))?;
    if engine.stat(&destination, true, who).await.is_ok() {
        return Err(ToolError::conflict("destination already exists"));
    }
    let moved = match engine.rename(&source, &destination, who).await {
        Err(error) if error.errno() == Some(libc::EXDEV) => {
            carry_over(machine, &source, &destination).await
        }
        other => other,
    };
    moved.map_err(|error| match error {
        EngineError::Gone => ToolError::Dead,
        error => {
            let reason = go_reason(&error);
            ToolError::bad(format!("rename {source} {destination}: {reason}"))
        }
    })
}

/// Copies, and removes the source when all of it is there; what was copied of one that cannot be
/// copied whole is taken away again.
async fn carry_over(machine: &Machine, source: &str, destination: &str) -> Result<(), EngineError> {
    let (engine, who) = (machine.engine(), machine.who());
    if let Err(error) = copy(machine, source, destination).await {
        if let Err(left) = engine.remove(destination, true, who).await
            && left.errno() != Some(libc::ENOENT)
        {
            tracing::debug!(error = %go_error("remove", destination, &left), "half a copy is left");
        }
        return Err(error);
    }
    engine.remove(source, true, who).await
}

/// Copies files, folders and links with their modes, one after another, in bounded memory.
async fn copy(machine: &Machine, source: &str, destination: &str) -> Result<(), EngineError> {
    let (engine, who) = (machine.engine(), machine.who());
    let mut open = vec![(source.to_owned(), destination.to_owned())];
    // A folder gets its mode last: one that is read-only could not be filled.
    let mut folders: Vec<(String, u32)> = Vec::new();
    while let Some((from, to)) = open.pop() {
        let stat = engine.stat(&from, false, who).await?;
        match stat.kind {
            FileKind::Directory => {
                engine.make_dir(&to, 0o700, who).await?;
                folders.push((to.clone(), stat.mode));
                let entries = engine.list(&from, who).await?;
                let name =
                    |path: &str, name: &str| format!("{}/{name}", path.trim_end_matches('/'));
                let below = |entry: &str| (name(&from, entry), name(&to, entry));
                open.extend(entries.iter().map(|entry| below(&entry.name)));
            }
            FileKind::File => {
                copy_file(machine, &from, &to).await?;
                engine.set_mode(&to, stat.mode, who).await?;
            }
            FileKind::Symlink => {
                let target = stat.link_target.unwrap_or_default();
                link(machine, &target, &to).await?;
            }
            FileKind::Other => return Err(os("copy", libc::EINVAL)),
        }
    }
    for (folder, mode) in folders.into_iter().rev() {
        engine.set_mode(&folder, mode, who).await?;
    }
    Ok(())
}

async fn copy_file(machine: &Machine, from: &str, to: &str) -> Result<(), EngineError> {
    let (engine, who) = (machine.engine(), machine.who());
    let mut reader = engine.read(from, who).await?.bytes;
    let mut writer = engine.write(to, who).await?;
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let read = reader.read(&mut buffer).await;
        let count = read.map_err(|error| os("read", error.raw_os_error().unwrap_or(libc::EIO)))?;
        if count == 0 {
            return writer.finish().await;
        }
        writer.write(&buffer[..count]).await?;
    }
}

/// Engines make no links; the sandbox's own `ln` does, in the folder where the link belongs.
async fn link(machine: &Machine, target: &str, at: &str) -> Result<(), EngineError> {
    let name = format!("./{}", go_path::base(at));
    let argv = ["ln", "-s", "--", target, &name].map(str::to_owned);
    let request = SpawnRequest {
        argv: argv.to_vec(),
        env: machine.env(),
        cwd: parent_of(at).to_owned(),
        identity: machine.who().clone(),
        stdin: StdinMode::Closed,
        output: OutputMode::OnePipe,
        new_group: true,
    };
    let mut process = machine.engine().spawn(request).await?;
    let status = process.exit.wait_for(Option::is_some).await;
    match status.ok().and_then(|status| *status) {
        Some(ExitStatus::Code(0)) => Ok(()),
        Some(_) => Err(os("symlink", libc::EIO)),
        None => Err(EngineError::Gone),
    }
}

fn os(operation: &str, errno: i32) -> EngineError {
    EngineError::Os {
        operation: operation.to_owned(),
        errno,
    }
}
