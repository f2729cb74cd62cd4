//! Files (contract 2.5, 3.6).

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{World, answer};

#[tokio::test]
async fn uploads_take_paths_before_files_in_any_order() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let url = format!("/toolbox/{id}/files/bulk-upload");
    let file = |text: &'static str| Part::bytes(text.as_bytes()).file_name("ignored");
    let form = Form::new()
        .text("files[1].path", " d/one ")
        .text("files[0].path", "/home/user/zero")
        .part("files[0].file", file("0"))
        .part("files[1].file", file("11"));
    let (status, body) = answer(world.request(Method::POST, &url).multipart(form)).await;
    let expected = json!({"files": [
        {"path": "/home/user/zero", "bytes": 1}, {"path": "d/one", "bytes": 2},
    ]});
    assert_eq!((status, body), (200, expected));
    let form = Form::new()
        .part("files[0].file", file("early"))
        .text("files[0].path", "late")
        .text("files[1].path", "zero/below")
        .part("files[1].file", file("x"));
    let (status, body) = answer(world.request(Method::POST, &url).multipart(form)).await;
    let expected = json!({"errors": [
        "file[0]: missing .path metadata",
        "zero/below: mkdir zero: mkdir zero: not a directory",
    ], "files": null});
    assert_eq!((status, body), (400, expected));
    let (status, body) = world.call(&format!("POST {url}"), json!({})).await;
    assert_eq!(
        (status, body),
        (400, json!({"errors": ["invalid multipart form"]}))
    );
    world.standin.stop().await;
}

#[tokio::test]
async fn downloads_come_in_parts() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let made = json!({"command": "printf 'a\\000\\377' > 'a b'; mkdir d"});
    world.execute(&id, made).await;
    let url = format!("/toolbox/{id}/files/bulk-download");
    let request = world.request(Method::POST, &url);
    let response = request
        .json(&json!({"paths": ["a b", "d", "none", ""]}))
        .send()
        .await
        .unwrap();
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(kind, "multipart/form-data; boundary=DAYTONA-FILE-BOUNDARY");
    let body = response.bytes().await.unwrap();
    let first = b"--DAYTONA-FILE-BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"; \
                  filename=\"a b\"; filename*=utf-8''a%20b\r\nContent-Length: 3\r\nContent-Type: \
                  application/octet-stream\r\n\r\na\0\xff\r\n--DAYTONA-FILE-BOUNDARY\r\n";
    assert!(
        body.starts_with(first),
        "{}",
        String::from_utf8_lossy(&body)
    );
    assert!(body.ends_with(b"\r\n--DAYTONA-FILE-BOUNDARY--\r\n"));
    let text = String::from_utf8_lossy(&body);
    for message in [
        "invalid file path: path points to a directory: d",
        "file not found: none",
        "invalid file path: path is empty",
    ] {
        assert!(
            text.contains(&format!("\"message\":\"{message}\"")),
            "{message}: {text}"
        );
    }
    let whole = "request body must be {\"paths\": [ ... ]} and non-empty";
    for body in [json!({}), json!({"paths": []}), json!([1])] {
        assert_eq!(
            world.call(&format!("POST {url}"), body).await,
            (400, json!({"error": whole}))
        );
    }
    let url = format!("/toolbox/{id}/files/download?path=a%20b");
    let raw = world.request(Method::GET, &url).send().await.unwrap();
    assert!(raw.headers().contains_key("last-modified"));
    assert_eq!(raw.bytes().await.unwrap().as_ref(), b"a\0\xff");
    world.standin.stop().await;
}

#[tokio::test]
async fn facts_follow_links() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let made = json!({"command": "mkdir -p t/d; ln -s d t/l; ln -s none t/dangling; echo x > t/f; touch t/.dot"});
    world.execute(&id, made).await;
    let list = format!("GET /toolbox/{id}/files?path=t");
    let (_, entries) = world.call(&list, Value::Null).await;
    let shown: Vec<_> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["name"].as_str().unwrap(),
                entry["isDir"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [(".dot", false), ("d", true), ("f", false), ("l", true)]
    );
    world.standin.stop().await;
}

#[tokio::test]
async fn refusals_name_the_path_and_the_reason() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let made = "mkdir -p t/d; ln -s d t/l; ln -s none t/dangling; echo x > t/f";
    world.execute(&id, json!({"command": made})).await;
    let cases = [
        (
            "GET",
            "files/info?path=t/dangling",
            404,
            "not found: stat /home/user/t/dangling: no such file or directory",
        ),
        (
            "DELETE",
            "files?path=t/dangling",
            404,
            "not found: stat /home/user/t/dangling: no such file or directory",
        ),
        (
            "DELETE",
            "files?path=t&recursive=1",
            400,
            "bad request: cannot delete directory without recursive flag",
        ),
        (
            "GET",
            "files?path=t/f",
            400,
            "bad request: readdirent /home/user/t/f: not a directory",
        ),
        (
            "POST",
            "files/move?source=t/f&destination=none/f",
            404,
            "not found: stat /home/user/none: no such file or directory",
        ),
        (
            "POST",
            "files/move?source=t/f&destination=t/d",
            409,
            "conflict: destination already exists",
        ),
        (
            "POST",
            "files/permissions?path=t/f&mode=9",
            400,
            "bad request: invalid mode format",
        ),
        (
            "POST",
            "files/permissions?path=t/f&owner=nobody-here",
            400,
            "bad request: user not found",
        ),
        ("GET", "files/info", 400, "bad request: path is required"),
    ];
    for (method, path, status, message) in cases {
        let (got, body) = world
            .call(&format!("{method} /toolbox/{id}/{path}"), Value::Null)
            .await;
        assert_eq!(
            (got, body["message"].as_str()),
            (status, Some(message)),
            "{method} {path}"
        );
    }
    let (status, _) = world
        .call(&format!("DELETE /toolbox/{id}/files?path=t/l"), Value::Null)
        .await;
    assert_eq!(status, 400, "a link to a folder counts as one");
    world.standin.stop().await;
}
