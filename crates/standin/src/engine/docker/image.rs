//! Images: looked at, pulled when they are missing, and held to be of this machine's kind.

use futures_util::StreamExt as _;
use testcontainers::bollard::Docker;
use testcontainers::bollard::auth::DockerCredentials;
use testcontainers::bollard::errors::Error;
use testcontainers::bollard::models::ImageInspect;
use testcontainers::bollard::query_parameters::CreateImageOptionsBuilder;

use super::kind::architecture;
use super::refusal::{answer, failed, refused, words};
use crate::engine::{EngineError, ImageFacts, ImageLogin};

/// What an image says of itself; it is pulled if it is not here.
///
/// # Errors
/// [`EngineError::Refused`] with cause and cure.
pub(super) async fn take(
    docker: &Docker,
    name: &str,
    never_pull: bool,
) -> Result<ImageFacts, EngineError> {
    take_as(docker, name, never_pull, None).await
}

/// As [`take`], by who may pull it.
///
/// # Errors
/// As [`take`].
pub(super) async fn take_as(
    docker: &Docker,
    name: &str,
    never_pull: bool,
    login: Option<&ImageLogin>,
) -> Result<ImageFacts, EngineError> {
    let found = match docker.inspect_image(name).await {
        Err(error) if is_missing(&error) && never_pull => {
            return Err(refused(
                format!("the image {name} is not here"),
                &format!("docker pull {name}, which a run does by itself"),
            ));
        }
        Err(error) if is_missing(&error) => {
            pull(docker, name, login).await?;
            docker.inspect_image(name).await
        }
        other => other,
    };
    match found {
        Ok(image) => facts(name, image),
        Err(error) if is_missing(&error) => Err(missing(name, &error)),
        Err(error) => Err(failed(&format!("look at the image {name}"), &error)),
    }
}

fn is_missing(error: &Error) -> bool {
    answer(error).is_some_and(|(status, _)| status == 404)
}

async fn pull(docker: &Docker, name: &str, login: Option<&ImageLogin>) -> Result<(), EngineError> {
    let login = login.map(|login| DockerCredentials {
        username: Some(login.user.clone()),
        password: Some(login.password.clone()),
        ..DockerCredentials::default()
    });
    let options = CreateImageOptionsBuilder::default();
    let options = options.from_image(&with_tag(name)).build();
    let mut told = std::pin::pin!(docker.create_image(Some(options), None, login));
    while let Some(progress) = told.next().await {
        progress.map_err(|error| missing(name, &error))?;
    }
    Ok(())
}

/// Without a tag the daemon would pull all there are.
fn with_tag(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    if last.contains([':', '@']) {
        name.to_owned()
    } else {
        format!("{name}:latest")
    }
}

fn missing(name: &str, error: &Error) -> EngineError {
    refused(
        format!(
            "the image {name} is not here and cannot be pulled: {}",
            words(error)
        ),
        &format!(
            "docker pull {name} (docker login first where it is private), or name an image of docker images with --source-image and --target-image"
        ),
    )
}

fn facts(name: &str, image: ImageInspect) -> Result<ImageFacts, EngineError> {
    let kind = image.architecture.unwrap_or_default();
    let system = image.os.unwrap_or_default();
    if system != "linux" || kind != architecture() {
        return Err(refused(
            format!(
                "{name} is an image for {system}/{kind}, and this machine is linux/{}",
                architecture()
            ),
            &format!("docker pull --platform linux/{} {name}", architecture()),
        ));
    }
    let config = image.config.unwrap_or_default();
    let env = config.env.unwrap_or_default();
    let pairs = env.iter().filter_map(|line| line.split_once('='));
    Ok(ImageFacts {
        name: name.to_owned(),
        env: pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        user: config.user.filter(|user| !user.is_empty()),
        work_dir: config.working_dir.filter(|folder| !folder.is_empty()),
        entrypoint: config.entrypoint.filter(|words| !words.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use testcontainers::bollard::models::ImageConfig;

    use super::*;

    #[test]
    fn a_name_without_a_tag_means_the_latest() {
        for (name, pulled) in [
            ("debian", "debian:latest"),
            ("debian:12", "debian:12"),
            ("host:5000/a/b", "host:5000/a/b:latest"),
            ("host:5000/a/b:c", "host:5000/a/b:c"),
            ("a@sha256:00", "a@sha256:00"),
        ] {
            assert_eq!(with_tag(name), pulled);
        }
    }

    fn image(kind: &str, config: ImageConfig) -> ImageInspect {
        ImageInspect {
            architecture: Some(kind.to_owned()),
            os: Some("linux".to_owned()),
            config: Some(config),
            ..ImageInspect::default()
        }
    }

    #[test]
    fn what_an_image_says_is_taken() {
        let config = ImageConfig {
            user: Some("app:staff".to_owned()),
            env: Some(vec![
                "A=b=c".to_owned(),
                "broken".to_owned(),
                "E=".to_owned(),
            ]),
            working_dir: Some("/srv".to_owned()),
            ..ImageConfig::default()
        };
        let found = facts("x", image(architecture(), config)).unwrap();
        let pairs = [("A", "b=c"), ("E", "")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(found.env, pairs.into());
        assert_eq!(found.user.as_deref(), Some("app:staff"));
        assert_eq!(found.work_dir.as_deref(), Some("/srv"));
        let plain = facts("x", image(architecture(), ImageConfig::default())).unwrap();
        assert_eq!((plain.user, plain.work_dir), (None, None));
    }

    #[test]
    fn an_image_of_another_architecture_is_refused() {
        let error = facts("x:1", image("mips", ImageConfig::default())).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("linux/mips"), "{error}");
        assert!(error.contains("docker pull --platform linux/"), "{error}");
    }
}
