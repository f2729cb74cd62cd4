//! Which engine a name means.

use std::path::Path;
use std::sync::Arc;

use super::namespaces::NamespacesEngine;
use super::process::ProcessEngine;
use super::{Engine, EngineError, EngineSettings};

/// As [`by_settings`], with everything ordinary; `helper` is this binary.
///
/// # Errors
/// As [`by_settings`].
pub async fn by_name(name: &str, helper: &Path) -> Result<Arc<dyn Engine>, EngineError> {
    by_settings(name, &EngineSettings::new(helper)).await
}

/// Makes the engine that `--engine` names: `auto`, `namespaces`, `docker` or `process`. `auto` is
/// Docker where images are named; else namespaces, and Docker where those are refused.
///
/// # Errors
/// [`EngineError::Refused`] with cause and cure when the engine cannot be used here or the name
/// is none.
pub async fn by_settings(
    name: &str,
    settings: &EngineSettings,
) -> Result<Arc<dyn Engine>, EngineError> {
    match name {
        "process" => Ok(Arc::new(ProcessEngine::new())),
        "namespaces" => namespaces(settings).await,
        "docker" => docker(settings).await,
        "auto" if !settings.docker.images.is_empty() => docker(settings).await,
        "auto" => match namespaces(settings).await {
            Err(EngineError::Refused { cause, cure }) => {
                let or_docker = docker(settings).await;
                or_docker.map_err(|error| both_refused(&cause, cure, &error))
            }
            other => other,
        },
        other => Err(EngineError::Refused {
            cause: format!("there is no engine `{other}`"),
            cure: "use one of auto, namespaces, docker, process".to_owned(),
        }),
    }
}

async fn namespaces(settings: &EngineSettings) -> Result<Arc<dyn Engine>, EngineError> {
    Ok(Arc::new(NamespacesEngine::probed(&settings.helper).await?))
}

/// Without sandboxes of namespaces the cure is still theirs: it needs nothing to be installed.
fn both_refused(cause: &str, cure: String, docker: &EngineError) -> EngineError {
    let docker = match docker {
        EngineError::Refused { cause, .. } => cause.clone(),
        other => other.to_string(),
    };
    EngineError::Refused {
        cause: format!("{cause}\n  and {docker}"),
        cure,
    }
}

#[cfg(feature = "docker")]
async fn docker(settings: &EngineSettings) -> Result<Arc<dyn Engine>, EngineError> {
    Ok(Arc::new(
        super::docker::DockerEngine::probed(settings).await?,
    ))
}

#[cfg(not(feature = "docker"))]
#[expect(clippy::unused_async, reason = "as where the engine is built in")]
async fn docker(_settings: &EngineSettings) -> Result<Arc<dyn Engine>, EngineError> {
    Err(EngineError::Refused {
        cause: "docker: this program was built without the Docker engine".to_owned(),
        cure: "build it with the engine (cargo install --path . --features docker), or use \
               --engine namespaces, or --engine process (no isolation)"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gets_neither_is_told_both_causes() {
        let docker = EngineError::Refused {
            cause: "docker: nobody listens".to_owned(),
            cure: "start it".to_owned(),
        };
        let both = both_refused("namespaces: no", "sysctl".to_owned(), &docker);
        let text = both.to_string();
        assert_eq!(
            text,
            "namespaces: no\n  and docker: nobody listens\n  cure: sysctl"
        );
    }

    #[tokio::test]
    async fn a_named_image_is_never_replaced_by_the_hosts_programs() {
        let mut settings = EngineSettings::new("/proc/self/exe");
        settings.docker.host = Some("tcp://192.0.2.1:2375".to_owned());
        settings.docker.images = vec![crate::engine::WantedImage {
            name: "x:1".to_owned(),
            programs: Vec::new(),
        }];
        let error = by_settings("auto", &settings)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("docker: "), "{error}");
    }
}
