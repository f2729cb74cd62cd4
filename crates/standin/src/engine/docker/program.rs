//! This binary with its loader and libraries: what a container must be shown for its init.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::process::Command;

use super::elf;
use crate::engine::EngineError;
use crate::engine::namespaces::HELPER_ARGUMENT;

/// The folder in which a container has them: of its own `/dev`, so that its root has none of them.
pub(super) const INSIDE: &str = "/dev/.cutover";

/// What is shown of this machine.
#[derive(Debug)]
pub(super) struct Program {
    /// Host path and path inside.
    pub(super) files: Vec<(PathBuf, String)>,
    /// The command line that starts init, but for the socket.
    pub(super) argv: Vec<String>,
    /// The folder of the copy of one that was replaced on disk.
    #[expect(dead_code, reason = "it is there until it is dropped")]
    copy: Option<TempDir>,
}

/// Finds what the helper needs. One that was replaced on disk is copied into a folder with a name
/// that begins like this.
///
/// # Errors
/// When it cannot be read.
pub(super) async fn find(helper: &Path, prefix: &str) -> Result<Program, EngineError> {
    let failed =
        |error: io::Error| EngineError::internal(&format!("read {}", helper.display()), &error);
    let file = File::open(helper).map_err(failed)?;
    let (path, copy) = on_disk(helper, &file, prefix).map_err(failed)?;
    let loader = elf::loader(&file).map_err(failed)?;
    let inside = format!("{INSIDE}/cutover");
    let mut files = vec![(path.clone(), inside.clone())];
    let mut argv = Vec::new();
    if let Some(loader) = loader {
        let libraries = format!("{INSIDE}/lib");
        let said = listed(&loader, &path).await?;
        files.extend(parse(&said).map(|(name, path)| (path, format!("{libraries}/{name}"))));
        files.push((PathBuf::from(loader), format!("{INSIDE}/loader")));
        argv.extend([
            format!("{INSIDE}/loader"),
            "--library-path".to_owned(),
            libraries,
        ]);
    }
    argv.extend([inside, HELPER_ARGUMENT.to_owned()]);
    for (path, _) in &mut files {
        // A link means another file to the daemon if it runs with another root.
        *path = fs::canonicalize(&*path).map_err(failed)?;
    }
    Ok(Program { files, argv, copy })
}

/// A path that leads to the very file.
fn on_disk(helper: &Path, file: &File, prefix: &str) -> io::Result<(PathBuf, Option<TempDir>)> {
    let path = fs::read_link(helper).unwrap_or_else(|_| helper.to_path_buf());
    let facts = file.metadata()?;
    let same =
        fs::metadata(&path).is_ok_and(|now| (now.dev(), now.ino()) == (facts.dev(), facts.ino()));
    if same {
        return Ok((path, None));
    }
    let folder = tempfile::Builder::new().prefix(prefix).tempdir()?;
    let copy = folder.path().join("cutover");
    io::copy(&mut &*file, &mut File::create(&copy)?)?;
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755))?;
    Ok((copy, Some(folder)))
}

/// What the loader would load, in its own words.
async fn listed(loader: &str, program: &Path) -> Result<String, EngineError> {
    let output = Command::new(loader)
        .arg("--list")
        .arg(program)
        .env_clear()
        .output()
        .await
        .map_err(|error| EngineError::internal(&format!("start {loader}"), &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(EngineError::Internal(format!(
            "{loader} lists no libraries: {}",
            said.trim()
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `name => /path (address)`; what has no path is the kernel's, or the loader itself.
fn parse(said: &str) -> impl Iterator<Item = (String, PathBuf)> {
    said.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once(" => ")?;
        let path = rest.rsplit_once(" (").map_or(rest, |(path, _)| path);
        let plain = !name.contains('/') && path.starts_with('/');
        plain.then(|| (name.to_owned(), PathBuf::from(path)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_read_from_the_loaders_words() {
        let said = "\tlinux-vdso.so.1 (0x00007ffd)\n\
                    \tlibc.so.6 => /lib/x86 64/libc.so.6 (0x00007f)\n\
                    \tlibgone.so => not found\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n\
                    \t/lib/ld-musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f)\n";
        let found: Vec<_> = parse(said).collect();
        let libc = (
            "libc.so.6".to_owned(),
            PathBuf::from("/lib/x86 64/libc.so.6"),
        );
        assert_eq!(found, [libc]);
    }

    #[tokio::test]
    async fn a_program_is_found_with_all_it_needs() {
        let this = std::env::current_exe().unwrap();
        for helper in [Path::new("/proc/self/exe"), &this] {
            let program = find(helper, "cutover-test-").await.unwrap();
            assert_eq!(program.files[0].0, fs::canonicalize(&this).unwrap());
            assert!(program.argv.contains(&HELPER_ARGUMENT.to_owned()));
            assert!(program.files.iter().all(|(path, _)| path.is_file()));
        }
    }

    #[tokio::test]
    async fn a_program_that_was_replaced_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let (program, link) = (folder.path().join("program"), folder.path().join("link"));
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        let file = File::open(&program).unwrap();
        std::os::unix::fs::symlink(&program, &link).unwrap();
        fs::remove_file(&program).unwrap();
        let (copy, kept) = on_disk(&link, &file, "cutover-test-").unwrap();
        assert!(copy.starts_with(kept.unwrap().keep()));
        assert_eq!(
            fs::metadata(&copy).unwrap().len(),
            file.metadata().unwrap().len()
        );
    }
}
