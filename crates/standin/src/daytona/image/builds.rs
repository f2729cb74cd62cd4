//! Builds by reference: identical ones are done once (contract 1.3).

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, watch};

use crate::daytona::image::builder::Builder;
use crate::daytona::image::{BuildLog, Image, Work};
use crate::daytona::tasks::Tasks;

/// Builds at work at once; more wait, and their state is `pending`.
const AT_ONCE: usize = 2;

/// Finished builds that are remembered.
const REMEMBERED_MAX: usize = 64;

/// How far a build is.
#[derive(Debug, Clone)]
pub(in crate::daytona) enum BuildState {
    Pending,
    Building,
    Done(Arc<Image>),
    Failed(String),
}

impl BuildState {
    /// Whether nothing more will happen.
    pub(in crate::daytona) const fn ended(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Failed(_))
    }
}

/// A build.
#[derive(Debug)]
pub(in crate::daytona) struct Build {
    pub(in crate::daytona) log: Arc<BuildLog>,
    state: watch::Sender<BuildState>,
}

impl Build {
    /// How far it is, now and whenever it goes on.
    pub(in crate::daytona) fn state(&self) -> watch::Receiver<BuildState> {
        self.state.subscribe()
    }
}

/// The builds of a stand-in.
#[derive(Debug)]
pub(in crate::daytona) struct Builds {
    by_reference: Mutex<IndexMap<String, Arc<Build>>>,
    places: Arc<Semaphore>,
    builder: Arc<Builder>,
    tasks: Tasks,
}

/// The reference of a build (contract 1.3).
pub(in crate::daytona) fn reference_of(dockerfile: &str, hashes: &[String]) -> String {
    let mut hashes = hashes.to_vec();
    hashes.sort();
    let digest = Sha256::digest(format!("{dockerfile}{}", hashes.concat()));
    let mut reference = "daytona-".to_owned();
    for byte in digest {
        // Writing to a string cannot fail.
        let _ = write!(reference, "{byte:02x}");
    }
    reference + ":daytona"
}

impl Builds {
    /// No builds yet; those to come are of this builder, and end with these tasks.
    pub(in crate::daytona) fn new(builder: Builder, tasks: Tasks) -> Self {
        Self {
            by_reference: Mutex::default(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            builder: Arc::new(builder),
            tasks,
        }
    }

    fn lock(&self) -> MutexGuard<'_, IndexMap<String, Arc<Build>>> {
        self.by_reference
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The build of a reference, begun now unless there is one that has not failed.
    pub(in crate::daytona) fn order(&self, work: Work) -> Arc<Build> {
        let reference = work.reference.as_str();
        let mut builds = self.lock();
        if let Some(build) = builds.get(reference)
            && !matches!(*build.state.borrow(), BuildState::Failed(_))
        {
            return Arc::clone(build);
        }
        let begun = Arc::new(Build {
            log: Arc::default(),
            state: watch::Sender::new(BuildState::Pending),
        });
        builds.shift_remove(reference);
        if builds.len() >= REMEMBERED_MAX {
            let old = builds
                .iter()
                .find(|(_, build)| build.state.borrow().ended());
            let old = old.map(|(reference, _)| reference.clone());
            old.and_then(|reference| builds.shift_remove(&reference));
        }
        builds.insert(reference.to_owned(), Arc::clone(&begun));
        drop(builds);
        let (builder, places, job) = (
            Arc::clone(&self.builder),
            Arc::clone(&self.places),
            Arc::clone(&begun),
        );
        // It ends by itself when the stand-in does, so that it is waited for until nothing is left.
        let stop = self.tasks.stop.clone();
        self.tasks.tracker.spawn(async move {
            let place = stop.run_until_cancelled(places.acquire_owned()).await;
            let Some(Ok(_place)) = place else {
                return;
            };
            job.state.send_replace(BuildState::Building);
            let built = builder.build(&work, &job.log, &stop).await;
            job.state.send_replace(match built {
                Ok(image) => BuildState::Done(Arc::new(image)),
                Err(reason) => BuildState::Failed(reason),
            });
        });
        begun
    }

    /// Removes what was built. Nothing may use it any more.
    pub(in crate::daytona) async fn remove_all(&self) {
        let all: Vec<Arc<Build>> = self.lock().drain(..).map(|(_, build)| build).collect();
        for build in all {
            let done = match &*build.state.borrow() {
                BuildState::Done(image) => image.built.clone(),
                _ => None,
            };
            if let Some(built) = done {
                built.remove().await;
            }
        }
    }

    /// The build of a reference, if there is one.
    pub(in crate::daytona) fn of(&self, reference: &str) -> Option<Arc<Build>> {
        self.lock().get(reference).cloned()
    }
}
