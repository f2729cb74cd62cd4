//! What is in one built image.

use std::collections::BTreeMap;

/// The script that says what is in an image, for `/bin/sh` as root inside of it.
pub const SURVEY: &str = include_str!("survey.sh");

/// The last line of a survey that went to its end.
const DONE: (&str, &str) = ("survey", "done");

/// Facts that are taken; an image with more is no image of ours.
const FACTS_MAX: usize = 200_000;

/// What the configuration of an image says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Configuration {
    /// Its ENV.
    pub env: BTreeMap<String, String>,
    /// Its USER.
    pub user: Option<String>,
    /// Its WORKDIR.
    pub work_dir: Option<String>,
    /// Its ENTRYPOINT.
    pub entrypoint: Option<Vec<String>>,
}

/// A built image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Its name.
    pub name: String,
    /// What its configuration says.
    pub configuration: Configuration,
    /// What the survey said, by aspect and name; what was said twice of one name, with commas.
    pub(super) facts: BTreeMap<(String, String), String>,
}

/// Why a survey says nothing that could be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SurveyError {
    /// It did not come to its end.
    #[error("what is in the image was not told to the end")]
    Cut,
    /// It said more than anybody would compare.
    #[error("the image has more than {FACTS_MAX} facts")]
    TooMuch,
}

impl Built {
    /// Reads what [`SURVEY`] printed.
    ///
    /// # Errors
    /// When it did not come to its end, or there is too much of it.
    pub fn read(
        name: &str,
        configuration: Configuration,
        survey: &[u8],
    ) -> Result<Self, SurveyError> {
        let text = String::from_utf8_lossy(survey);
        let mut facts: BTreeMap<(String, String), String> = BTreeMap::new();
        let mut is_whole = false;
        for line in text.lines() {
            let mut parts = line.splitn(3, '\t');
            let (Some(aspect), Some(name)) = (parts.next(), parts.next()) else {
                continue;
            };
            let value = parts.next().unwrap_or_default();
            if (aspect, name) == DONE {
                is_whole = true;
                continue;
            }
            if facts.len() >= FACTS_MAX {
                return Err(SurveyError::TooMuch);
            }
            let known = facts.entry((aspect.to_owned(), name.to_owned()));
            known
                .and_modify(|known| {
                    // The first of several programs of a name is the one that runs.
                    if aspect != "program" && known != value {
                        *known = format!("{known}, {value}");
                    }
                })
                .or_insert_with(|| value.to_owned());
        }
        if !is_whole {
            return Err(SurveyError::Cut);
        }
        Ok(Self {
            name: name.to_owned(),
            configuration,
            facts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(survey: &str) -> Result<Built, SurveyError> {
        Built::read("x:1", Configuration::default(), survey.as_bytes())
    }

    #[test]
    fn facts_are_read_by_aspect_and_name() {
        let built = read(
            "package apt\tgit\t1:2.39\nprogram\tpip\t/opt/bin\nprogram\tpip\t/usr/bin\npackage npm\tx\t1\npackage npm\tx\t2\nnoise\nsurvey\tdone\t1\n",
        );
        let facts = built.unwrap().facts;
        let of = |aspect: &str, name: &str| {
            facts
                .get(&(aspect.to_owned(), name.to_owned()))
                .map(String::as_str)
        };
        assert_eq!(of("package apt", "git"), Some("1:2.39"));
        assert_eq!(of("program", "pip"), Some("/opt/bin"));
        assert_eq!(of("package npm", "x"), Some("1, 2"));
        assert_eq!(facts.len(), 3);
    }

    #[test]
    fn a_survey_that_was_cut_is_none() {
        assert_eq!(read("package apt\tgit\t1\n"), Err(SurveyError::Cut));
        assert_eq!(read(""), Err(SurveyError::Cut));
    }
}
