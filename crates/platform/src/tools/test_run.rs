//! The provider's test: makes a sandbox, measures it, ends it.

use std::sync::Arc;
use std::time::Duration;

use cutover_js::{Object, Text, Value};

use crate::failure::sentence;
use crate::inject::environment;
use crate::model::Agent;
use crate::platform::Platform;
use crate::provider::{SandboxProvider, Thrown};
use crate::settings::{Choice, Settings};

const MEASURE: &str = "nproc && free -m | grep '^Mem'";
const MEASURE_TIMEOUT: Duration = Duration::from_secs(30);

impl Platform {
    /// Tests the chosen provider. What went wrong is told in full, unlike everywhere else.
    pub(crate) async fn test_provider(&self, settings: &Settings) -> Result<Value, Text> {
        let Some(choice) = settings.choice else {
            return Ok(self.nothing_chosen());
        };
        let word = Text::from(choice.word());
        let Some(provider) = self.registry.chosen(choice) else {
            return Err(sentence("SANDBOX_CHOICE={} not in registry", &[&word]));
        };
        let agent = Agent::new("test".into());
        let begin = self.clock.now();
        let created = provider
            .create(&"test".into(), &agent, &environment(&agent, settings))
            .await;
        let created = created.map_err(|thrown| thrown.message)?;
        let took = self.clock.now().duration_since(begin).as_millis();
        let measured = self.measure(provider, &created.id).await?;
        let mut answer = Object::new();
        answer.insert("ok", true);
        answer.insert("provider", word);
        answer.insert("template", self.template(choice, settings, created.made_of));
        answer.insert("sandboxId", created.id);
        answer.insert("measured", measured);
        answer.insert("provisionMs", u32::try_from(took).unwrap_or(u32::MAX));
        Ok(answer.into())
    }

    fn nothing_chosen(&self) -> Value {
        // Q25: the original knows of one provider in this note.
        let note = if self.fixes.has("Q25") {
            "Set SANDBOX_CHOICE to e2b or daytona to use a provider"
        } else {
            "Set SANDBOX_CHOICE=e2b to use E2B provider"
        };
        let mut answer = Object::new();
        answer.insert("provider", "k8s (SANDBOX_CHOICE not set)");
        answer.insert("note", note);
        answer.into()
    }

    /// Q25: the original names E2B's template whatever the provider.
    fn template(&self, choice: Choice, settings: &Settings, made_of: Option<Text>) -> Value {
        if choice == Choice::E2b || !self.fixes.has("Q25") {
            return settings.e2b_template.clone().into();
        }
        let source = settings
            .daytona_image
            .as_ref()
            .or(settings.daytona_snapshot.as_ref());
        match (source, made_of) {
            (Some(source), _) => source.clone().into(),
            // Where none is set the provider takes its own, and mostly says which.
            (None, Some(made_of)) => made_of.into(),
            (None, None) => format!("{}'s default", choice.word()).into(),
        }
    }

    /// Measures a sandbox and ends it. Q25: in the original it stays when it cannot be measured.
    async fn measure(&self, provider: &Arc<dyn SandboxProvider>, id: &Text) -> Result<Value, Text> {
        let ran = provider.execute(id, &MEASURE.into(), MEASURE_TIMEOUT).await;
        let measured = ran.and_then(|ran| read_measures(ran.output.as_ref()));
        if !self.fixes.has("Q25") {
            let measured = measured.map_err(|thrown| thrown.message)?;
            // The original does not want to know how it ended.
            let _ = provider.terminate(id).await;
            return Ok(measured);
        }
        if let Err(thrown) = provider.terminate(id).await {
            let told = "sandbox {} could not be terminated: {}";
            return Err(sentence(told, &[id, &thrown.message]));
        }
        measured.map_err(|thrown| thrown.message)
    }
}

/// Reads what the command printed: the number of processors, and a line of `free`.
fn read_measures(output: Option<&Value>) -> Result<Value, Thrown> {
    let Some(Value::String(output)) = output else {
        return Err(Thrown::new("output.split is not a function"));
    };
    let output = output.trim().to_string();
    let mut lines = output.split('\n');
    let cpus = lines.next().map_or(Value::Null, leading_number);
    let memory = lines.next().and_then(|line| line.split_whitespace().nth(1));
    let mut measured = Object::new();
    measured.insert("cpuCount", cpus);
    measured.insert("memTotalMB", memory.map_or(Value::Null, leading_number));
    Ok(measured.into())
}

/// JavaScript's `parseInt`, where NaN becomes null as JSON has it.
fn leading_number(text: &str) -> Value {
    let text = text.trim_start();
    let end = text
        .find(|it: char| !it.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse::<f64>().map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use cutover_js::json;

    use super::*;

    #[test]
    fn measures_are_the_numbers_that_are_there() {
        for (output, wanted) in [
            ("8\nMem:  3936 1 2\n", r#"{"cpuCount":8,"memTotalMB":3936}"#),
            ("8", r#"{"cpuCount":8,"memTotalMB":null}"#),
            ("x\nMem:", r#"{"cpuCount":null,"memTotalMB":null}"#),
            ("", r#"{"cpuCount":null,"memTotalMB":null}"#),
        ] {
            let measured = read_measures(Some(&output.into())).unwrap();
            assert_eq!(json::stringify(&measured), wanted, "{output:?}");
        }
        assert!(read_measures(None).is_err());
        assert!(read_measures(Some(&Value::Null)).is_err());
    }
}
