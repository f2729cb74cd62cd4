//! `cutover init`: writes the shipped scenarios and ledger into a folder, and overwrites nothing.

use std::fs;
use std::path::Path;

use crate::cli::args::InitArgs;
use crate::cli::context::print;
use crate::cli::corpus::SHIPPED;
use crate::cli::exit::{OK, Outcome, Stop};

pub(crate) fn run(args: &InitArgs) -> Outcome {
    let dir = args.dir.join("scenarios");
    if dir.exists() {
        return Err(Stop::usage(format!(
            "`{}` is already there; nothing was written",
            dir.display()
        )));
    }
    let written = write_all(&dir)
        .map_err(|error| Stop::usage(format!("`{}` cannot be written: {error}", dir.display())))?;
    print(&format!("{written} files written to {}\n", dir.display()))?;
    Ok(OK)
}

fn write_all(dir: &Path) -> std::io::Result<usize> {
    let mut written = 0;
    let mut folders = vec![&SHIPPED];
    while let Some(folder) = folders.pop() {
        fs::create_dir_all(dir.join(folder.path()))?;
        for file in folder.files() {
            fs::write(dir.join(file.path()), file.contents())?;
            written += 1;
        }
        folders.extend(folder.dirs());
    }
    Ok(written)
}
