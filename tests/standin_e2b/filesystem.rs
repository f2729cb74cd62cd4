//! `filesystem.Filesystem` (contract 3.3).

use serde_json::{Value, json};

use crate::support::{Frames, Made, World, until};

async fn call(world: &World, made: &Made, method: &str, message: Value) -> (u16, Value) {
    let path = format!("filesystem.Filesystem/{method}");
    world.rpc(made, &path, message).await
}

async fn prepared() -> (World, Made) {
    let world = World::start().await;
    let made = world.sandbox().await;
    let script = "cd ~ && mkdir -p d/e/f && printf abc > d/file && : > d/empty && ln -s file d/link \
                  && ln -s nowhere d/dangling && ln -s d to-d && ln -s loop loop && chmod 640 d/file";
    let done = world.run(&made, script).await;
    assert_eq!(
        crate::support::end(&done)["status"],
        "exit status 0",
        "{done:?}"
    );
    (world, made)
}

fn names(list: &Value) -> Vec<&str> {
    let entries = list["entries"].as_array().unwrap().iter();
    entries.map(|it| it["path"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn facts_are_those_of_the_path_and_zero_values_are_left_out() {
    let (world, made) = prepared().await;
    let stat = async |path: &str| call(&world, &made, "Stat", json!({"path": path})).await.1;
    let file = stat("d/file").await["entry"].clone();
    for (name, value) in [
        ("name", json!("file")),
        ("type", json!("FILE_TYPE_FILE")),
        ("path", json!("/home/user/d/file")),
        ("size", json!("3")),
        ("mode", json!(0o640)),
        ("permissions", json!("-rw-r-----")),
        ("owner", json!("user")),
    ] {
        assert_eq!(file[name], value, "{name}");
    }
    let time = file["modifiedTime"].as_str().unwrap();
    assert!(time.parse::<jiff::Timestamp>().is_ok() && time.ends_with('Z'));
    let empty = stat("/home/user/d/../d/empty").await["entry"].clone();
    assert_eq!(empty["path"], "/home/user/d/../d/empty", "not cleaned");
    assert!(empty.get("size").is_none());
    let link = stat("~/d/link").await["entry"].clone();
    assert_eq!(link["type"], "FILE_TYPE_FILE");
    assert_eq!(link["symlinkTarget"], "/home/user/d/file");
    assert_eq!(link["permissions"], "Lrwxrwxrwx");
    assert_eq!((&link["mode"], &link["size"]), (&json!(0o640), &json!("4")));
    let dangling = stat("d/dangling").await["entry"].clone();
    assert!(dangling.get("type").is_none() && dangling.get("mode").is_none());
    assert_eq!(dangling["symlinkTarget"], "/home/user/d/dangling");
    assert_eq!(stat("").await["entry"]["path"], "/home/user");
}

#[tokio::test]
async fn a_list_walks_in_name_order_and_follows_only_its_root() {
    let (world, made) = prepared().await;
    let list = async |path: &str, depth: u32| {
        let message = json!({"path": path, "depth": depth});
        call(&world, &made, "ListDir", message).await.1
    };
    let flat = ["dangling", "e", "empty", "file", "link"];
    let expected: Vec<String> = flat.iter().map(|it| format!("/home/user/d/{it}")).collect();
    assert_eq!(names(&list("d", 0).await), expected);
    let through: Vec<String> = flat
        .iter()
        .map(|it| format!("/home/user/to-d/{it}"))
        .collect();
    assert_eq!(names(&list("to-d", 1).await), through);
    let deep = list("d", 3).await;
    assert_eq!(names(&deep)[1..3], ["/home/user/d/e", "/home/user/d/e/f"]);
    assert_eq!(
        list("d/e/f", 1).await,
        json!({}),
        "an empty list is left out"
    );
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_said_in_envds_words() {
    let (world, made) = prepared().await;
    let home = "/home/user";
    for (method, message, status, code, text) in [
        (
            "Stat",
            json!({"path": "x"}),
            404,
            "not_found",
            format!("file not found: lstat {home}/x: no such file or directory"),
        ),
        (
            "Stat",
            json!({"path": "d/file/x"}),
            500,
            "internal",
            format!("error getting file info: lstat {home}/d/file/x: not a directory"),
        ),
        (
            "Stat",
            json!({"path": "~root/x"}),
            400,
            "invalid_argument",
            "failed to expand path '' for user 'user': cannot expand user-specific home dir"
                .to_owned(),
        ),
        (
            "ListDir",
            json!({"path": "d/x/y"}),
            404,
            "not_found",
            format!("path not found: lstat {home}/d/x: no such file or directory"),
        ),
        (
            "ListDir",
            json!({"path": "d/file"}),
            400,
            "invalid_argument",
            format!("path is not a directory: {home}/d/file"),
        ),
        (
            "ListDir",
            json!({"path": "loop"}),
            400,
            "failed_precondition",
            format!("cyclic symlink or chain >255 links at \"{home}/loop\""),
        ),
    ] {
        let expected = (status, json!({"code": code, "message": text}));
        let seen = call(&world, &made, method, message).await;
        assert_eq!(seen, expected, "{method}");
    }
}

#[tokio::test]
async fn what_cannot_be_changed_is_said_in_envds_words() {
    let (world, made) = prepared().await;
    let home = "/home/user";
    for (method, message, status, code, text) in [
        (
            "MakeDir",
            json!({"path": "d"}),
            409,
            "already_exists",
            format!("directory already exists: {home}/d"),
        ),
        (
            "MakeDir",
            json!({"path": "d/file"}),
            400,
            "invalid_argument",
            format!("path already exists but it is not a directory: {home}/d/file"),
        ),
        (
            "MakeDir",
            json!({"path": "d/file/x"}),
            500,
            "internal",
            format!("error getting file info: stat {home}/d/file/x: not a directory"),
        ),
        (
            "Move",
            json!({"source": "x", "destination": "new/y"}),
            404,
            "not_found",
            format!(
                "source file not found: rename {home}/x {home}/new/y: no such file or directory"
            ),
        ),
        (
            "Move",
            json!({"source": "d/file", "destination": "d/e"}),
            500,
            "internal",
            format!("error renaming: rename {home}/d/file {home}/d/e: file exists"),
        ),
        (
            "Move",
            json!({"source": "d/e", "destination": "d/file/z"}),
            500,
            "internal",
            format!("path is a file: {home}/d/file"),
        ),
    ] {
        let expected = (status, json!({"code": code, "message": text}));
        assert_eq!(
            call(&world, &made, method, message).await,
            expected,
            "{method}"
        );
    }
    let made_on_the_way = call(&world, &made, "Stat", json!({"path": "new"})).await;
    assert_eq!(made_on_the_way.0, 200, "even if the source is missing");
}

#[tokio::test]
async fn directories_are_made_moved_and_removed() {
    let (world, made) = prepared().await;
    let (status, dir) = call(&world, &made, "MakeDir", json!({"path": "a/b"})).await;
    let entry = &dir["entry"];
    assert_eq!((status, &entry["permissions"]), (200, &json!("drwxr-xr-x")));
    assert_eq!(
        (&entry["owner"], &entry["type"]),
        (&json!("user"), &json!("FILE_TYPE_DIRECTORY"))
    );
    let to = json!({"source": "d/file", "destination": "a/b/c/file"});
    let (status, moved) = call(&world, &made, "Move", to).await;
    assert_eq!(
        (status, &moved["entry"]["path"]),
        (200, &json!("/home/user/a/b/c/file"))
    );
    let over = json!({"source": "d/empty", "destination": "a/b/c/file"});
    assert_eq!(
        call(&world, &made, "Move", over).await.0,
        200,
        "a file is replaced"
    );
    for _ in 0..2 {
        let removed = call(&world, &made, "Remove", json!({"path": "a"})).await;
        assert_eq!(removed, (200, json!({})));
    }
    assert_eq!(
        call(&world, &made, "Stat", json!({"path": "a"})).await.0,
        404
    );
}

#[tokio::test]
async fn a_watched_directory_tells_what_happens() {
    let (world, made) = prepared().await;
    let watch = json!({"path": "d", "includeEntry": true});
    let (status, created) = call(&world, &made, "CreateWatcher", watch.clone()).await;
    assert_eq!(status, 200, "{created}");
    let request = world.stream(&made, "filesystem.Filesystem/WatchDir", &watch);
    let mut frames = Frames::open(request).await;
    assert_eq!(frames.next().await, json!({"start": {}}));
    world.run(&made, "echo x > ~/d/new").await;
    let event = frames.next().await["filesystem"].clone();
    assert_eq!(
        (&event["name"], &event["type"]),
        (&json!("new"), &json!("EVENT_TYPE_CREATE"))
    );
    assert_eq!(event["entry"]["path"], "/home/user/d/new");
    let seen = std::sync::Mutex::new(Vec::new());
    until("the write is told", || async {
        let (_, told) = call(&world, &made, "GetWatcherEvents", created.clone()).await;
        let mut seen = seen.lock().unwrap();
        seen.extend(told["events"].as_array().cloned().unwrap_or_default());
        seen.iter()
            .any(|it| it["type"] == "EVENT_TYPE_WRITE" && it["name"] == "new")
    })
    .await;
    let removed = call(&world, &made, "RemoveWatcher", created.clone()).await;
    assert_eq!(removed, (200, json!({})));
    let text = format!(
        "watcher with id {} not found",
        created["watcherId"].as_str().unwrap()
    );
    let unknown = json!({"code": "not_found", "message": text});
    let again = call(&world, &made, "GetWatcherEvents", created).await;
    assert_eq!(again, (404, unknown));
    let file = call(&world, &made, "CreateWatcher", json!({"path": "d/file"})).await;
    let text = "path /home/user/d/file not a directory: %!w(<nil>)";
    let refused = json!({"code": "invalid_argument", "message": text});
    assert_eq!(file, (400, refused));
}
