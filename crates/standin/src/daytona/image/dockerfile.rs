//! Reads a Dockerfile into a recipe, before anything runs.

use parse_dockerfile::{Stage, parse};

use crate::daytona::image::Image;
use crate::daytona::image::recipe::Recipe;
use crate::daytona::image::steps::Reader;
use crate::daytona::image::words::{Vars, declare, expand};

/// Bytes of a Dockerfile; real ones have a few thousand.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// Instructions of a Dockerfile: Docker has no more layers than half of that.
const STEPS_MAX: usize = 256;

/// Stages that may stand on each other; deeper ones are a riddle, not a Dockerfile.
const STAGES_MAX: usize = 32;

impl Recipe {
    /// Reads a Dockerfile.
    ///
    /// # Errors
    /// Why it cannot be built: a mistake in it, or something the stand-in has not.
    pub(in crate::daytona) fn read(text: &str, reference: &str) -> Result<Self, String> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(format!("a Dockerfile may have {TEXT_BYTES_MAX} bytes"));
        }
        let file = parse(text).map_err(|error| format!("dockerfile parse error: {error}"))?;
        if file.instructions.len() > STEPS_MAX {
            return Err(format!("an image may have {STEPS_MAX} steps"));
        }
        let mut global = Vars::new();
        for arg in file.global_args() {
            declare(&arg.arguments.value, &mut global, &Vars::new())?;
        }
        let stages: Vec<Stage<'_, '_>> = file.stages().collect();
        let mut reader = Reader::new(Self {
            steps: Vec::new(),
            image: Image::pulled(reference),
        });
        for stage in chain(&stages, &global)? {
            reader.stage(text, stage, &global)?;
        }
        Ok(reader.into_recipe())
    }
}

/// The last stage with those it stands on, the lowest first; others would not be built either.
fn chain<'a, 'f, 's>(
    stages: &'s [Stage<'a, 'f>],
    global: &Vars,
) -> Result<Vec<&'s Stage<'a, 'f>>, String> {
    let mut chain = Vec::new();
    let mut end = stages.len();
    while let Some(stage) = stages[..end].last() {
        chain.push(stage);
        let image = expand(&stage.from.image.value, global)?;
        let below = stages[..end - 1].iter().rposition(|other| {
            let name = other.from.as_.as_ref().map(|(_, name)| &name.value);
            name.is_some_and(|name| name.eq_ignore_ascii_case(&image))
        });
        match below {
            Some(at) if chain.len() < STAGES_MAX => end = at + 1,
            _ => break,
        }
    }
    chain.reverse();
    Ok(chain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daytona::image::recipe::Action;
    use crate::daytona::image::steps::PATH;

    fn runs(recipe: &Recipe) -> Vec<(&str, &str, &str)> {
        let steps = recipe.steps.iter();
        let runs = steps.filter_map(|step| match &step.action {
            Action::Run {
                argv, dir, user, ..
            } => Some((argv.last().unwrap().as_str(), dir.as_str(), user.as_str())),
            _ => None,
        });
        runs.collect()
    }

    #[test]
    fn settings_apply_to_what_comes_after_them() {
        let text = "ARG V=3\nFROM alpine:$V AS base\nARG V\nENV A=\"x $V\" PATH=/opt/bin:$PATH\nRUN one\n\
                    WORKDIR /app\nWORKDIR sub/../deep\nUSER user\nRUN two \\\n  # a comment\n  && three\n\
                    FROM scratch\nRUN unused\nFROM base\nLABEL a=b\nEXPOSE 80\nENTRYPOINT [\"a\", \"b\"]\n\
                    RUN [\"four\"]\nRUN <<EOF\nfive\nsix\nEOF\n";
        let recipe = Recipe::read(text, "r").unwrap();
        let expected = [
            ("one", "/", "root"),
            ("two   && three", "/app/deep", "user"),
            ("four", "/app/deep", "user"),
            ("five\nsix\n", "/app/deep", "user"),
        ];
        assert_eq!(runs(&recipe), expected);
        let image = recipe.image;
        assert_eq!(image.env["A"], "x 3");
        assert_eq!(image.env["PATH"], format!("/opt/bin:{PATH}"));
        assert_eq!(image.work_dir.as_deref(), Some("/app/deep"));
        assert_eq!(image.entrypoint, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(
            recipe.steps[0].action,
            Action::StandIn("alpine:3".to_owned())
        );
    }

    #[test]
    fn what_grows_without_end_is_refused() {
        let doubling = "ENV A=$A$A\n".repeat(40);
        let declared = "ARG A=$A$A\n".repeat(40);
        let many = "RUN x\n".repeat(1000);
        let long = format!("RUN {}\n", "x".repeat(TEXT_BYTES_MAX));
        for (body, expected) in [
            (format!("ENV A=xxxxxxxx\n{doubling}"), "variables"),
            (format!("ARG A=xxxxxxxx\n{declared}"), "variables"),
            (many, "steps"),
            (long, "bytes"),
        ] {
            let error = Recipe::read(&format!("FROM a\n{body}"), "r").unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_built_says_why() {
        let cases = [
            ("", "dockerfile parse error"),
            ("RUN x\n", "dockerfile parse error"),
            ("FROM a\nNONSENSE b\n", "dockerfile parse error"),
            (
                "FROM a\nCOPY --from=b x /y\n",
                "COPY --from=b x /y: the embedded engine builds one stage after the other",
            ),
            (
                "FROM a\nCOPY a b /y\n",
                "COPY a b /y: When using COPY with more than one source file, the destination must be a directory and end with a /",
            ),
            ("FROM a\nCOPY --chmod=9 a /y\n", "--chmod=9"),
            ("FROM a\nCOPY <<EOF /y\nx\nEOF\n", "heredoc"),
            (
                "FROM a\nADD http://x /y\n",
                "ADD http://x /y: the embedded engine fetches nothing",
            ),
            ("FROM a\nADD x.tar.gz /y\n", "unpacks no archives"),
            ("FROM a\nENV A=${B\n", "syntax error: missing '}'"),
            (
                "FROM a\nRUN --mount=type=secret,id=x y\n",
                "RUN --mount=type=secret,id=x",
            ),
            ("FROM $NONE\n", "base name"),
        ];
        for (text, expected) in cases {
            let error = Recipe::read(text, "r").unwrap_err();
            assert!(error.contains(expected), "{text:?}: {error}");
        }
    }
}
