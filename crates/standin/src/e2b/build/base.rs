//! What a build begins with.

use std::collections::BTreeMap;

use crate::e2b::build::context::{Context, Key};
use crate::e2b::build::layers::Layer;
use crate::e2b::build::log::BuildLog;
use crate::e2b::build::product::{Contents, Start};
use crate::e2b::build::recipe::Base;
use crate::e2b::image::Image;
use crate::e2b::log::Level;
use crate::e2b::snapshots::Snapshot;
use crate::engine::{Engine, ImageFacts};
use crate::shared::Archive;

/// The step of the base, in the service's word.
pub(super) const STEP: &str = "base";

/// A base that is here.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) layer: Layer,
    pub(super) key: Key,
    /// What a template starts, which what is built of it starts too.
    pub(super) start: Option<Start>,
}

/// Brings the base here.
///
/// # Errors
/// In words: what is not there.
pub(super) async fn begin(
    engine: &dyn Engine,
    own_image: Option<&str>,
    base: &Base,
    log: &BuildLog,
) -> Result<Begun, String> {
    let from = format!("[base] FROM {}", base.shown());
    if let Base::Image {
        name,
        login,
        unused_login,
    } = base
    {
        let found = engine.fetch_image(name, login.as_ref()).await;
        let found = found.map_err(|error| error.to_string())?;
        let layer = of_image(engine, found, &from, *unused_login, log);
        return Ok(Begun {
            layer,
            key: Key::of_base(name),
            start: None,
        });
    }
    log.add(Level::Info, STEP, &from);
    let (layer, key, start) = match base {
        Base::Image { name, .. } | Base::BuiltIn(name) => {
            let facts = own_image.and_then(|image| engine.image(image));
            let layer = Layer {
                contents: Contents::default(),
                context: Context::new(facts.map(|facts| facts.env).unwrap_or_default()),
            };
            (layer, format!("built-in {name}"), None)
        }
        Base::Template(_, product) => {
            let layer = Layer {
                contents: product.contents.clone(),
                context: product.context.clone(),
            };
            (layer, product.build_id.clone(), product.start.clone())
        }
        Base::Snapshot(snapshot) => {
            let layer = of_snapshot(snapshot).await?;
            (layer, snapshot.build_id.clone(), None)
        }
    };
    let key = Key::of_base(&format!("build {key}"));
    Ok(Begun { layer, key, start })
}

/// What an image gives, or the one root that stands in for it.
fn of_image(
    engine: &dyn Engine,
    found: Option<ImageFacts>,
    from: &str,
    unused_login: Option<&str>,
    log: &BuildLog,
) -> Layer {
    let Some(facts) = found else {
        let text = format!(
            "{from}: not pulled, the engine `{}` has no images and its one root stands in for it; \
             the Docker engine takes the image itself",
            engine.name()
        );
        log.add(Level::Warn, STEP, text);
        return Layer {
            contents: Contents::default(),
            context: Context::new(BTreeMap::new()),
        };
    };
    log.add(Level::Info, STEP, from);
    if let Some(why) = unused_login {
        log.add(Level::Warn, STEP, format!("[base] {why}"));
    }
    let contents = Contents {
        image: Some(Image::Named(facts.name)),
        files: None,
    };
    Layer {
        contents,
        context: Context::new(facts.env),
    }
}

async fn of_snapshot(snapshot: &Snapshot) -> Result<Layer, String> {
    let files = snapshot.open().map_err(|error| error.to_string())?;
    let files = Archive::unnamed(files).await;
    let files = files.map_err(|error| format!("the snapshot cannot be read: {error}"))?;
    let named = || snapshot.image.clone().map(Image::Named);
    Ok(Layer {
        contents: Contents {
            image: snapshot.held.clone().or_else(named),
            files: Some(files.into()),
        },
        context: Context::of_template(&snapshot.defaults),
    })
}
