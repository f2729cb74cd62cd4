//! Puts files of a context into the sandbox in which an image is built.

use futures_util::StreamExt as _;
use globset::{GlobBuilder, GlobMatcher};

use crate::daytona::image::context::{Context, ContextFile};
use crate::daytona::image::model::account;
use crate::daytona::image::recipe::Copying;
use crate::engine::{EngineError, EngineSandbox, FileKind, Identity};
use crate::shared::go_path;

/// Makes a folder with those above it; whether any was missing.
///
/// # Errors
/// What the sandbox says.
pub(super) async fn make_dirs(engine: &dyn EngineSandbox, path: &str) -> Result<bool, EngineError> {
    let mut made = false;
    let ends = path
        .match_indices('/')
        .map(|(at, _)| at)
        .skip(1)
        .chain([path.len()]);
    for end in ends.filter(|end| *end > 1) {
        match engine.make_dir(&path[..end], 0o755, &Identity::Root).await {
            Ok(()) => made = true,
            Err(error) if error.errno() == Some(libc::EEXIST) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(made)
}

/// Copies.
///
/// # Errors
/// In Docker's words where it has some.
pub(super) async fn copy(
    engine: &dyn EngineSandbox,
    context: &Context,
    copying: &Copying,
) -> Result<(), String> {
    let word = copying.word;
    let mut found = Vec::new();
    for source in &copying.sources {
        let matches = matches(context, source).map_err(|why| format!("{word} failed: {why}"))?;
        found.extend(matches);
    }
    let is_folder =
        copying.into_folder || found.len() > 1 || is_folder(engine, &copying.dest).await;
    let (uid, gid) = match &copying.owner {
        None => (0, 0),
        Some(owner) => match account(engine, owner).await? {
            (_, Identity::Root) => (0, 0),
            (_, Identity::User { uid, gid, .. }) => (uid, gid),
        },
    };
    for Found { root, files } in found {
        for file in files {
            let rest = file.path.strip_prefix(&root).unwrap_or(&file.path);
            let target = match rest.trim_start_matches('/') {
                "" if is_folder => go_path::join(&copying.dest, go_path::base(&file.path)),
                "" => copying.dest.clone(),
                rest => go_path::join(&copying.dest, rest),
            };
            let mode = copying.mode.unwrap_or(file.mode);
            let put = put(engine, context, file, &target, mode, (uid, gid)).await;
            put.map_err(|error| format!("{word} failed: {target}: {error}"))?;
        }
    }
    Ok(())
}

/// What a source names: a file, or a folder with the files in it.
struct Found<'context> {
    root: String,
    files: Vec<&'context ContextFile>,
}

fn matches<'context>(
    context: &'context Context,
    source: &str,
) -> Result<Vec<Found<'context>>, String> {
    let clean = go_path::clean(&format!("/{source}"));
    let clean = clean.trim_start_matches('/');
    if clean.contains(['*', '?', '[']) {
        let glob = GlobBuilder::new(clean).literal_separator(true).build();
        let glob = glob.map_err(|error| error.to_string())?.compile_matcher();
        let found = by_pattern(context, &glob);
        if found.is_empty() {
            return Err("no source files were specified".to_owned());
        }
        return Ok(found);
    }
    let is_below = |path: &str| {
        let rest = path.strip_prefix(clean);
        clean.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let files: Vec<&ContextFile> = context
        .files
        .iter()
        .filter(|file| is_below(&file.path))
        .collect();
    if files.is_empty() {
        return Err(format!(
            "file not found in build context or excluded by .dockerignore: stat {source}: file does not exist"
        ));
    }
    Ok(vec![Found {
        root: clean.to_owned(),
        files,
    }])
}

/// Files and folders whose whole path matches; what is in a folder comes with it.
fn by_pattern<'context>(context: &'context Context, glob: &GlobMatcher) -> Vec<Found<'context>> {
    let mut found: Vec<Found<'context>> = Vec::new();
    for file in &context.files {
        let ends = file.path.match_indices('/').map(|(at, _)| at);
        let ends = ends.chain([file.path.len()]);
        let Some(root) = ends
            .map(|end| &file.path[..end])
            .find(|root| glob.is_match(root))
        else {
            continue;
        };
        match found.iter_mut().find(|one| one.root == root) {
            Some(one) => one.files.push(file),
            None => found.push(Found {
                root: root.to_owned(),
                files: vec![file],
            }),
        }
    }
    found
}

async fn is_folder(engine: &dyn EngineSandbox, path: &str) -> bool {
    let stat = engine.stat(path, true, &Identity::Root).await;
    stat.is_ok_and(|stat| stat.kind == FileKind::Directory)
}

async fn put(
    engine: &dyn EngineSandbox,
    context: &Context,
    file: &ContextFile,
    target: &str,
    mode: u32,
    (uid, gid): (u32, u32),
) -> Result<(), EngineError> {
    make_dirs(engine, &go_path::dir(target)).await?;
    let mut writer = engine.write(target, &Identity::Root).await?;
    let mut bytes = std::pin::pin!(context.bytes(file));
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk.map_err(|error| EngineError::internal("read a build context", &error))?;
        writer.write(&chunk).await?;
    }
    writer.finish().await?;
    engine
        .set_owner(target, Some(uid), Some(gid), &Identity::Root)
        .await?;
    engine.set_mode(target, mode, &Identity::Root).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::process::ProcessEngine;
    use crate::engine::{Engine as _, Profile};

    #[tokio::test]
    async fn sources_are_found_as_docker_finds_them() {
        let context = Context::gather("FROM a\n", &[]).unwrap();
        let roots = |source: &str| {
            let found = matches(&context, source);
            found.map(|all| all.into_iter().map(|one| one.root).collect::<Vec<_>>())
        };
        assert_eq!(roots("./Dockerfile").unwrap(), ["Dockerfile"]);
        assert_eq!(roots("Docker*").unwrap(), ["Dockerfile"]);
        assert_eq!(roots(".").unwrap(), [""]);
        let missing = roots("none").unwrap_err();
        assert!(
            missing.ends_with("stat none: file does not exist"),
            "{missing}"
        );
        assert!(roots("*.py").unwrap_err().contains("no source files"));
        let engine = ProcessEngine::new()
            .create(&Profile::litellm("copy"))
            .await
            .unwrap();
        assert!(is_folder(&*engine, "/tmp").await);
        engine.destroy().await;
    }
}
