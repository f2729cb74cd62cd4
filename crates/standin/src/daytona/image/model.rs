//! An image: what a sandbox is made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::{BuiltImage, EngineSandbox, Identity, ImageFacts};
use crate::shared::Archive;

/// The internal reference of the built-in image, which `DAYTONA_SANDBOX_SNAPSHOT` shows
/// (contract 3.1).
pub(in crate::daytona) const BUILT_IN_REF: &str = "cutover/standin-litellm:1";

/// An image.
#[derive(Debug, Clone)]
pub(in crate::daytona) struct Image {
    /// Its internal reference.
    pub(in crate::daytona) reference: String,
    /// Its ENV, on top of the built-in root's.
    pub(in crate::daytona) env: BTreeMap<String, String>,
    /// Its USER, as written: a name or id, with or without a group.
    pub(in crate::daytona) user: String,
    /// Its WORKDIR; without one things run in the user's home (contract 3.1).
    pub(in crate::daytona) work_dir: Option<String>,
    /// Its ENTRYPOINT.
    pub(in crate::daytona) entrypoint: Option<Vec<String>>,
    /// Its files, when they are not those of the built-in root.
    pub(in crate::daytona) files: Option<Arc<Archive>>,
    /// The engine's own image that it is, if it built one.
    pub(in crate::daytona) built: Option<Arc<dyn BuiltImage>>,
}

impl Image {
    /// The built-in image: user `user`, home and work dir `/home/user`.
    pub(in crate::daytona) fn built_in() -> Self {
        Self {
            reference: BUILT_IN_REF.to_owned(),
            env: BTreeMap::new(),
            user: "user".to_owned(),
            work_dir: None,
            entrypoint: None,
            files: None,
            built: None,
        }
    }

    /// The built-in image, or what stands for it: Docker's image with its USER and WORKDIR. Its ENV
    /// is every sandbox's (`Machine::env`), as builds begin with it as well.
    pub(in crate::daytona) fn general(stands_for_it: Option<&ImageFacts>) -> Self {
        let Some(facts) = stands_for_it else {
            return Self::built_in();
        };
        Self {
            user: facts.user.clone().unwrap_or_else(|| "root".to_owned()),
            work_dir: facts.work_dir.clone(),
            entrypoint: facts.entrypoint.clone(),
            ..Self::built_in()
        }
    }

    /// The built-in root under the name of an image that was asked for: what an image without a
    /// USER is, root (contract 3.1).
    pub(in crate::daytona) fn pulled(reference: &str) -> Self {
        Self {
            reference: reference.to_owned(),
            user: "root".to_owned(),
            ..Self::built_in()
        }
    }

    /// What the environment of its sandboxes has beyond that of the built-in image.
    pub(in crate::daytona) fn process_env(&self) -> BTreeMap<String, String> {
        let mut env = self.env.clone();
        if self.reference != BUILT_IN_REF {
            let own = (
                "DAYTONA_SANDBOX_SNAPSHOT".to_owned(),
                self.reference.clone(),
            );
            env.extend([own]);
        }
        env
    }
}

/// Where and as whom things run in a sandbox.
#[derive(Debug, Clone)]
pub(in crate::daytona) struct Place {
    pub(in crate::daytona) home: String,
    pub(in crate::daytona) work_dir: String,
    pub(in crate::daytona) identity: Identity,
}

/// Where and as whom an image's processes run, as the accounts of a sandbox of it say: the daemon
/// and everything it starts runs as the image's user (contract 3.1).
///
/// # Errors
/// When there is no such account, in Docker's words.
pub(in crate::daytona) async fn place_of(
    engine: &dyn EngineSandbox,
    image: &Image,
) -> Result<Place, String> {
    let (home, identity) = account(engine, &image.user).await?;
    let work_dir = image.work_dir.clone().unwrap_or_else(|| home.clone());
    Ok(Place {
        home,
        work_dir,
        identity,
    })
}

/// Home and rights of a USER.
pub(super) async fn account(
    engine: &dyn EngineSandbox,
    user: &str,
) -> Result<(String, Identity), String> {
    let (name, group) = user.split_once(':').unwrap_or((user, ""));
    if matches!(name, "root" | "0") && matches!(group, "" | "root" | "0") {
        return Ok(("/root".to_owned(), Identity::Root));
    }
    let accounts = engine.accounts().await.map_err(|error| error.to_string())?;
    let gid_of = |group: &str| {
        let named = |one: &&crate::engine::Account| one.group.as_deref() == Some(group);
        group
            .parse()
            .ok()
            .or_else(|| accounts.iter().find(named).map(|one| one.gid))
    };
    let gid = match group {
        "" => None,
        group => Some(gid_of(group).ok_or_else(|| {
            format!("unable to find group {group}: no matching entries in group file")
        })?),
    };
    let number: Option<u32> = name.parse().ok();
    let found = accounts
        .iter()
        .find(|account| account.name == name || Some(account.uid) == number);
    match (found, number) {
        (Some(account), _) => Ok((
            account.home.clone(),
            Identity::User {
                uid: account.uid,
                gid: gid.unwrap_or(account.gid),
                groups: account.groups.clone(),
            },
        )),
        (None, Some(uid)) => Ok((
            "/".to_owned(),
            Identity::User {
                uid,
                gid: gid.unwrap_or(0),
                groups: Vec::new(),
            },
        )),
        (None, None) => Err(format!(
            "unable to find user {name}: no matching entries in passwd file"
        )),
    }
}
