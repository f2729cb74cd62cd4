//! What a build makes on its way: images without a name and without labels, which nobody could tell
//! to be cutover's. They are written down while they are made, so that a build which fails, or whose
//! process is killed, leaves none.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use cutover_base::clock::Clock;
use tempfile::TempDir;
use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error;
use testcontainers::bollard::models::ImageSummary;
use testcontainers::bollard::query_parameters::{
    ListImagesOptionsBuilder, RemoveImageOptionsBuilder,
};

use super::refusal::{answer, words};

/// The file in the folder of a build: when it began, then its layers.
const FILE: &str = "layers";

/// Characters by which the builder tells an id.
const ID_TOLD: usize = 12;

/// Layers of one build that are remembered; Docker has no more than half of it.
const LAYERS_MAX: usize = 256;

/// How long an image that is in use is waited for: a container that ends is removed in less.
const IN_USE_MAX: Duration = Duration::from_secs(10);

/// How often it is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The layers of one build.
#[derive(Debug)]
pub(super) struct Layers {
    /// Seconds since the epoch at which it began.
    since: i64,
    told: Vec<String>,
    /// Whether the next id is of something that was there before.
    theirs: bool,
    /// The folder and file that they are written to.
    written: Option<(TempDir, File)>,
}

impl Layers {
    /// Those of a build that begins, written down in a folder whose name begins so.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub(super) fn written(prefix: &str) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir()?;
        let mut file = File::create(folder.path().join(FILE))?;
        let mut layers = Self::unwritten();
        writeln!(file, "{}", layers.since)?;
        layers.written = Some((folder, file));
        Ok(layers)
    }

    /// As [`Self::written`], in memory only.
    pub(super) fn unwritten() -> Self {
        Self {
            // The daemon's clock is this machine's.
            since: Clock::new().now().as_second(),
            told: Vec::new(),
            theirs: false,
            written: None,
        }
    }

    /// Those that the folder of a dead process tells of; none if it is no build's.
    pub(super) fn of_folder(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join(FILE)).ok()?;
        let mut lines = text.lines();
        let mut layers = Self::unwritten();
        layers.since = lines.next()?.parse().ok()?;
        layers.told = lines
            .filter(|line| is_id(line))
            .take(LAYERS_MAX)
            .map(str::to_owned)
            .collect();
        Some(layers)
    }

    /// Takes note of a line of the log.
    pub(super) fn note(&mut self, line: &str) {
        if line.starts_with("Step ") {
            self.theirs = line.contains(" : FROM ");
        } else if line == " ---> Using cache" {
            self.theirs = true;
        } else if let Some(id) = line.strip_prefix(" ---> ").filter(|id| is_id(id))
            && !self.theirs
            && self.told.len() < LAYERS_MAX
        {
            self.told.push(id.to_owned());
            if let Some((_, file)) = &mut self.written {
                // Without it they stay only if this process is killed as well.
                let _ = writeln!(file, "{id}");
            }
        }
    }

    /// Removes those that nothing needs. What a line of the log claims is not enough: they must be
    /// without a name and made since the build began.
    ///
    /// # Errors
    /// What the daemon said.
    pub(super) async fn remove(&self, docker: &Docker) -> Result<(), Error> {
        if self.told.is_empty() {
            return Ok(());
        }
        let all = docker.list_images(Some(ListImagesOptionsBuilder::default().all(true).build()));
        let all = all.await?;
        for told in self.told.iter().rev() {
            if let Some(image) = all.iter().find(|image| self.is(image, told)) {
                remove(docker, &image.id, false).await?;
            }
        }
        Ok(())
    }

    fn is(&self, image: &ImageSummary, told: &str) -> bool {
        let id = image.id.strip_prefix("sha256:").unwrap_or(&image.id);
        id.starts_with(told) && image.created >= self.since && names(image).next().is_none()
    }
}

fn is_id(text: &str) -> bool {
    text.len() == ID_TOLD && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The names of an image.
pub(super) fn names(image: &ImageSummary) -> impl Iterator<Item = &str> {
    let names = image.repo_tags.iter().map(String::as_str);
    names.filter(|name| *name != "<none>:<none>")
}

/// Removes an image by its name or id, and returns when it is gone. One that others are made of
/// stays for them.
///
/// # Errors
/// What the daemon said.
pub(super) async fn remove(docker: &Docker, image: &str, force: bool) -> Result<(), Error> {
    let end = tokio::time::Instant::now() + IN_USE_MAX;
    loop {
        let options = RemoveImageOptionsBuilder::default();
        let options = options.force(force).build();
        let removed = docker.remove_image(image, Some(options), None).await;
        let Err(error) = removed else { return Ok(()) };
        match answer(&error).map(|(status, _)| status) {
            Some(404) => return Ok(()),
            Some(409) if words(&error).contains("dependent child") => return Ok(()),
            Some(409) if tokio::time::Instant::now() < end => {}
            _ => return Err(error),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: [&str; 12] = [
        "Step 1/4 : FROM debian",
        " ---> 111111111111",
        "Step 2/4 : RUN a",
        " ---> Using cache",
        " ---> 222222222222",
        "Step 3/4 : RUN b",
        " ---> Running in 333333333333",
        " ---> no id",
        "Removing intermediate container 333333333333",
        " ---> 444444444444",
        "Step 4/4 : COPY x /y",
        " ---> 555555555555",
    ];

    #[test]
    fn only_what_this_build_has_made_is_told_and_read_back() {
        let mut layers = Layers::written("cutover-test-layers-").unwrap();
        for line in LOG {
            layers.note(line);
        }
        let made = ["444444444444", "555555555555"];
        assert_eq!(layers.told, made);
        let folder = layers.written.as_ref().unwrap().0.path();
        let read = Layers::of_folder(folder).unwrap();
        assert_eq!(
            (read.since, read.told),
            (layers.since, made.map(str::to_owned).into())
        );
        assert!(Layers::of_folder(&folder.join("none")).is_none());
    }

    #[test]
    fn an_image_with_a_name_or_of_another_time_is_not_a_layer() {
        let mut layers = Layers::unwritten();
        layers.since = 100;
        let image = |id: &str, created, name: &str| ImageSummary {
            id: format!("sha256:{id}0000"),
            created,
            repo_tags: vec![name.to_owned()],
            ..ImageSummary::default()
        };
        let told = "444444444444";
        assert!(layers.is(&image(told, 100, "<none>:<none>"), told));
        assert!(!layers.is(&image(told, 99, "<none>:<none>"), told));
        assert!(!layers.is(&image(told, 100, "debian:12"), told));
        assert!(!layers.is(&image("555555555555", 100, "<none>:<none>"), told));
    }
}
