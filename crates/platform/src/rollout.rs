//! What a stack with every fix has beyond the original: new sessions parted between providers, and
//! labels by which sandboxes are found.

use sha2::{Digest, Sha256};

use crate::settings::{Choice, Variables};
use cutover_js::Text;

/// How sandboxes are given out. A stack that lacks a fix does as the original.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rollout {
    /// Which sessions go to which provider, if not all to the chosen one.
    pub split: Option<Split>,
    /// What the endpoint is part of: `staging`. Sandboxes are labelled with it.
    pub environment: Option<String>,
}

/// A share of the sessions that goes to another provider than the chosen one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// The provider.
    pub to: Choice,
    /// Of a hundred sessions, so many.
    pub percent: u8,
}

impl Rollout {
    /// Reads `SANDBOX_SPLIT` (`daytona=25`) and `SANDBOX_ENVIRONMENT`.
    ///
    /// # Errors
    /// When the split is none.
    pub fn read(variables: &Variables) -> Result<Self, String> {
        let filled = |name: &str| variables.get(name).filter(|it| !it.is_empty());
        let split = match filled("SANDBOX_SPLIT") {
            None => None,
            Some(text) => Some(Split::read(text).ok_or_else(|| {
                format!(
                    "SANDBOX_SPLIT is `{}`; it takes a provider and how many of a hundred new \
                     sessions it gets, such as daytona=25",
                    text.escape_debug()
                )
            })?),
        };
        Ok(Self {
            split,
            environment: filled("SANDBOX_ENVIRONMENT").cloned(),
        })
    }
}

impl Split {
    fn read(text: &str) -> Option<Self> {
        let (name, share) = text.split_once('=')?;
        let to = [Choice::E2b, Choice::Daytona];
        let to = to.into_iter().find(|it| it.word() == name)?;
        let percent = share.parse().ok().filter(|it| *it <= 100)?;
        Some(Self { to, percent })
    }

    /// The provider of a session that has no sandbox yet: always the same for the same session.
    pub(crate) fn choice(self, session_id: &Text, otherwise: Choice) -> Choice {
        let digest = Sha256::digest(session_id.to_string_lossy().as_bytes());
        let place = digest
            .iter()
            .take(8)
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        if place % 100 < u64::from(self.percent) {
            self.to
        } else {
            otherwise
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(split: &str) -> Result<Rollout, String> {
        let set = ("SANDBOX_SPLIT".to_owned(), split.to_owned());
        Rollout::read(&Variables::from([set]))
    }

    #[test]
    fn a_split_is_a_provider_and_a_share() {
        let split = read("daytona=25").unwrap().split.unwrap();
        assert_eq!((split.to, split.percent), (Choice::Daytona, 25));
        assert_eq!(read("").unwrap(), Rollout::default());
        for wrong in [
            "daytona",
            "daytona=",
            "daytona=101",
            "daytona=-1",
            "aws=5",
            "=5",
            "e2b=5%",
        ] {
            assert!(read(wrong).unwrap_err().contains("daytona=25"), "{wrong}");
        }
    }

    #[test]
    fn sessions_are_parted_by_their_ids_alone() {
        let split = |percent| Split {
            to: Choice::Daytona,
            percent,
        };
        let of = |percent, id: u32| split(percent).choice(&id.to_string().into(), Choice::E2b);
        let went = |percent| {
            (0..1000)
                .filter(|id| of(percent, *id) == Choice::Daytona)
                .count()
        };
        assert_eq!((went(0), went(100)), (0, 1000));
        assert!((200..300).contains(&went(25)), "{}", went(25));
        // Whoever went over stays there when the share grows.
        assert!((0..1000).all(|id| of(25, id) == Choice::E2b || of(50, id) == Choice::Daytona));
    }
}
