//! The Docker images of the sides.

use cutover_base::by_side::BySide;
use cutover_base::side::Side;
use cutover_standin::engine::{DOCKER_IMAGE_DEFAULT, WantedImage};

use crate::app::error::AppError;
use crate::app::side_settings::SideSettings;
use crate::call::{Provider, SideSpec};
use crate::stage::EngineChoice;

/// Whether the daemon could take it for the name of an image.
pub(super) fn is_name(image: &str) -> bool {
    !(image.is_empty() || image.starts_with('-') || image.contains(char::is_whitespace))
}

/// The image that each side was given, if that can be.
///
/// # Errors
/// When a side is no stand-in, or the engine that was asked for has no images.
pub(crate) fn side_images(
    settings: &SideSettings,
    choice: EngineChoice,
    standins: BySide<bool>,
) -> Result<BySide<Option<String>>, AppError> {
    for side in Side::BOTH {
        let Some(image) = &settings.images[side] else {
            continue;
        };
        let wrong = |why: &str| Err(AppError::usage(format!("--{side}-image {image}: {why}")));
        if !is_name(image) {
            return wrong("that is no name of an image");
        }
        if !standins[side] {
            return wrong("that side is no stand-in, so its sandboxes are the provider's");
        }
        if matches!(choice, EngineChoice::Namespaces | EngineChoice::Process) {
            return wrong("only --engine docker makes sandboxes of images");
        }
    }
    Ok(settings.images.clone())
}

/// What an engine must have for these sides; nothing where none has an image of its own.
pub(crate) fn wanted_images(
    specs: &BySide<SideSpec>,
    standins: BySide<bool>,
    images: &BySide<Option<String>>,
) -> Vec<WantedImage> {
    if images.iter().all(|(_, image)| image.is_none()) {
        return Vec::new();
    }
    let mut wanted: Vec<WantedImage> = Vec::new();
    for side in Side::BOTH.into_iter().filter(|side| standins[*side]) {
        let name = images[side].as_deref().unwrap_or(DOCKER_IMAGE_DEFAULT);
        let programs = programs(specs[side].provider);
        match wanted.iter_mut().find(|known| known.name == name) {
            Some(known) => known.programs.extend(programs),
            None => wanted.push(WantedImage {
                name: name.to_owned(),
                programs,
            }),
        }
    }
    wanted
}

/// By what a provider runs every command.
fn programs(provider: Provider) -> Vec<String> {
    match provider {
        Provider::E2b => vec!["/bin/bash".to_owned()],
        Provider::Daytona => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(source: Option<&str>, target: Option<&str>) -> BySide<Option<String>> {
        BySide { source, target }.map(|image| image.map(str::to_owned))
    }

    #[test]
    fn names_of_images_are_no_options_and_no_phrases() {
        for (text, fits) in [("a:1", true), ("", false), ("--rm", false), ("a b", false)] {
            assert_eq!(is_name(text), fits, "{text}");
        }
    }

    #[test]
    fn one_image_of_both_sides_is_wanted_once() {
        let specs = BySide {
            source: "e2b",
            target: "daytona",
        };
        let specs = specs.map(|spec| spec.parse::<SideSpec>().unwrap());
        let both = BySide {
            source: true,
            target: true,
        };
        let wanted = |images| {
            let all = wanted_images(&specs, both, &images);
            all.into_iter()
                .map(|image| (image.name, image.programs.len()))
                .collect::<Vec<_>>()
        };
        assert!(wanted(images(None, None)).is_empty());
        let one = ("x:1".to_owned(), 1);
        assert_eq!(wanted(images(Some("x:1"), Some("x:1"))), [one]);
        let two = [("x:1".to_owned(), 1), (DOCKER_IMAGE_DEFAULT.to_owned(), 0)];
        assert_eq!(wanted(images(Some("x:1"), None)), two);
    }
}
