//! Images that an engine builds: what is in them, why there is none, and that nothing is left.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cutover_standin::engine::{
    BuildError, BuiltImage, DOCKER_IMAGE_DEFAULT, Engine, ImageOrder, Profile, sweep,
};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::containers::{ask, containers_of, owner_of, until_none_of};
use crate::owner::IMAGES_ARGUMENT;
use crate::place::{Case, DEADLINE, Place, bash, case, image, profile, run, settings, within};

pub(crate) const CASES: &[Case] = &[
    case!(who_has_no_images_says_so),
    case!(an_image_is_built_of_its_context, &["container"]),
    case!(a_failed_build_says_why_and_leaves_nothing, &["container"]),
    case!(a_build_ends_when_it_is_told_to, &["container"]),
    case!(a_build_that_nobody_awaits_is_ended, &["container"]),
    case!(a_dropped_image_is_removed, &["container"]),
    case!(a_killed_owner_leaves_no_image, &["container"]),
];

/// What every Dockerfile here begins with. Whoever is the image's user may not write everywhere.
fn from() -> String {
    format!(
        "FROM {}\nUSER root\n",
        image().as_deref().unwrap_or(DOCKER_IMAGE_DEFAULT)
    )
}

/// A build, with what it says.
struct Building {
    order: ImageOrder,
    stop: CancellationToken,
    said: mpsc::UnboundedReceiver<String>,
}

fn building(dockerfile: &str) -> Building {
    let mut context = tar::Builder::new(Vec::new());
    for (name, bytes) in [("Dockerfile", dockerfile), ("a/b", "copied\n")] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        context
            .append_data(&mut header, name, bytes.as_bytes())
            .unwrap();
    }
    let (sender, said) = mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let order = ImageOrder {
        context: Box::new(Cursor::new(context.into_inner().unwrap())),
        labels: HashMap::from([("own".to_owned(), "1".to_owned())]),
        log: Arc::new(move |line: &str| {
            let _ = sender.send(line.to_owned());
        }),
        time_max: DEADLINE,
        stop: stop.clone(),
    };
    Building { order, stop, said }
}

impl Building {
    /// Waits for a line that begins so.
    async fn until(&mut self, start: &str) -> String {
        loop {
            let line = within(self.said.recv()).await.expect("the log goes on");
            if line.starts_with(start) {
                return line;
            }
        }
    }
}

/// The ids of layers that lines tell.
fn layers(mut said: mpsc::UnboundedReceiver<String>) -> (Vec<String>, Vec<String>) {
    let lines: Vec<String> = std::iter::from_fn(|| said.try_recv().ok()).collect();
    let told = lines.iter().filter_map(|line| line.strip_prefix(" ---> "));
    let ids = told.filter(|id| id.len() == 12 && !id.contains(' '));
    // The first is the base.
    let ids = ids.skip(1).map(str::to_owned).collect();
    (lines, ids)
}

async fn is_there(image: &str) -> bool {
    ask(&format!("/images/{image}/json")).await["Id"].is_string()
}

async fn failure(place: &Place, order: ImageOrder) -> BuildError {
    within(place.engine.build_image(order)).await.unwrap_err()
}

async fn who_has_no_images_says_so(place: Place) {
    if place.has("container") {
        assert!(place.engine.builds_images());
        return;
    }
    assert!(!place.engine.builds_images());
    let error = failure(&place, building(&from()).order).await;
    assert!(matches!(error, BuildError::Engine(_)), "{error}");
}

async fn an_image_is_built_of_its_context(place: Place) {
    let mark = uuid::Uuid::new_v4();
    let text = format!(
        "{}COPY a /srv/a\nENV MARK={mark}\nRUN echo said; echo own > /usr/own\nWORKDIR /srv\nUSER 1000\nENTRYPOINT [\"x\"]\n",
        from()
    );
    let Building { order, said, .. } = building(&text);
    let built = within(place.engine.build_image(order)).await.unwrap();
    let facts = built.facts().clone();
    assert_eq!(facts.env["MARK"], mark.to_string());
    assert_eq!(facts.work_dir.as_deref(), Some("/srv"));
    assert_eq!(facts.user.as_deref(), Some("1000"));
    assert_eq!(facts.entrypoint, Some(vec!["x".to_owned()]));
    let (lines, _) = layers(said);
    for line in ["said", "Step 3/8 : COPY a /srv/a"] {
        assert!(lines.iter().any(|said| said == line), "{line}: {lines:?}");
    }
    assert!(
        !lines.iter().any(|line| line.contains("LABEL")),
        "{lines:?}"
    );
    let labels = ask(&format!("/images/{}/json", facts.name)).await["Config"]["Labels"].clone();
    assert_eq!(labels["own"], "1");
    assert_eq!(labels["cutover.pid"], std::process::id().to_string());
    let profile = Profile {
        image: Some(facts.name.clone()),
        ..profile("built")
    };
    let sandbox = place.sandbox_of(profile).await;
    let output = run(&*sandbox, bash("cat /srv/a/b /usr/own")).await;
    assert_eq!(output.stdout, "copied\nown\n");
    within(sandbox.destroy()).await;
    within(built.remove()).await;
    within(built.remove()).await;
    assert!(!is_there(&facts.name).await);
    let base = image().unwrap_or_else(|| DOCKER_IMAGE_DEFAULT.to_owned());
    assert!(is_there(&base).await);
}

async fn a_failed_build_says_why_and_leaves_nothing(place: Place) {
    let mark = uuid::Uuid::new_v4();
    for (rest, expected) in [
        (
            format!("RUN echo {mark} > /x\nRUN exit 3\n"),
            "returned a non-zero code: 3",
        ),
        (
            format!("RUN echo {mark} > /y\nCOPY none /z\n"),
            "COPY failed",
        ),
        ("NONSENSE a\n".to_owned(), "unknown instruction: NONSENSE"),
    ] {
        let Building { order, said, .. } = building(&(from() + &rest));
        let error = failure(&place, order).await;
        assert!(matches!(error, BuildError::Failed(_)), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        for layer in layers(said).1 {
            assert!(!is_there(&layer).await, "{layer}");
        }
    }
}

/// A build that is at its second step, which has no end, with the layer of its first.
fn hung() -> Building {
    let mark = uuid::Uuid::new_v4();
    let text = format!(
        "{}RUN echo {mark} > /x\nRUN echo begun; sleep 1000\n",
        from()
    );
    building(&text)
}

async fn a_build_ends_when_it_is_told_to(place: Place) {
    for early in [true, false] {
        let mut building = hung();
        if !early {
            // Time for the first step, however much else the machine does.
            building.order.time_max = Duration::from_secs(15);
        }
        let order = std::mem::replace(&mut building.order, self::building("").order);
        let layer = Mutex::new(String::new());
        let watch = async {
            building.until("Removing intermediate container").await;
            let told = building.until(" ---> ").await;
            layer.lock().unwrap().push_str(&told[6..]);
            building.until("begun").await;
            if early {
                building.stop.cancel();
            }
        };
        let (built, ()) = tokio::join!(place.engine.build_image(order), watch);
        match built.unwrap_err() {
            BuildError::Stopped => assert!(early),
            BuildError::TooLong(_) => assert!(!early),
            other => panic!("{other}"),
        }
        let layer = layer.into_inner().unwrap();
        assert_eq!(layer.len(), 12);
        assert!(!is_there(&layer).await, "{layer}");
    }
}

async fn a_build_that_nobody_awaits_is_ended(place: Place) {
    let mut building = hung();
    let order = std::mem::replace(&mut building.order, self::building("").order);
    let mut layer = String::new();
    tokio::select! {
        built = place.engine.build_image(order) => panic!("{built:?}"),
        () = async {
            building.until("Removing intermediate container").await;
            let told = building.until(" ---> ").await;
            layer.push_str(&told[6..]);
            building.until("begun").await;
        } => {}
    }
    within(async { while is_there(&layer).await {} }).await;
}

async fn a_dropped_image_is_removed(place: Place) {
    let Building { order, .. } = building(&(from() + "ENV DROPPED=1\n"));
    let built = within(place.engine.build_image(order)).await.unwrap();
    let name = built.facts().name.clone();
    drop(built);
    within(async { while is_there(&name).await {} }).await;
}

/// Owns an image and a build until it is killed.
pub(crate) async fn own(engine: &dyn Engine) {
    let Building { order, .. } = building(&(from() + "ENV OWNED=1\n"));
    let kept: Arc<dyn BuiltImage> = engine.build_image(order).await.unwrap();
    println!("{}", kept.facts().name);
    let mut building = hung();
    let order = std::mem::replace(&mut building.order, self::building("").order);
    let tell = async {
        building.until("Removing intermediate container").await;
        println!("{}", &building.until(" ---> ").await[6..]);
        building.until("begun").await;
        println!("up");
    };
    let (built, ()) = tokio::join!(engine.build_image(order), tell);
    panic!("{built:?}");
}

async fn a_killed_owner_leaves_no_image(place: Place) {
    let mut owner = owner_of(&place, &[IMAGES_ARGUMENT]);
    let pid = owner.id().unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let mut told = Vec::new();
    loop {
        let line = within(lines.next_line()).await.unwrap().expect("it lives");
        if line == "up" {
            break;
        }
        told.push(line);
    }
    assert_eq!(told.len(), 2, "{told:?}");
    owner.kill().await.unwrap();
    let end = tokio::time::Instant::now() + DEADLINE;
    loop {
        let (settings, temporary) = (settings(&place.helper), std::env::temp_dir());
        let swept = within(sweep(&settings.docker, &temporary)).await;
        for one in swept.unwrap() {
            assert_eq!(one.kept, None, "{one:?}");
        }
        let left = is_there(&told[0]).await || is_there(&told[1]).await;
        if !left {
            break;
        }
        assert!(tokio::time::Instant::now() < end, "still there: {told:?}");
    }
    until_none_of(pid).await;
    assert_eq!(containers_of(pid).await, [""; 0]);
}
