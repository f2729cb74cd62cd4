//! Listings of several levels, parts of files, single and large uploads, moves between file systems
//! (contract 2.5, 3.6), each against files that commands of the sandbox made or read back.

use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{World, answer};

/// When the file of the test was changed.
const DATE: &str = "Tue, 14 Nov 2023 22:13:20 GMT";

/// Headers of a request; status, body and `content-range` of its answer.
type Download = (
    &'static [(&'static str, &'static str)],
    u16,
    &'static str,
    Option<&'static str>,
);

async fn result(world: &World, id: &str, command: &str) -> String {
    let (_, body) = world.execute(id, json!({"command": command})).await;
    body["result"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn listings_go_as_deep_as_is_asked() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    result(
        &world,
        &id,
        "mkdir -p t/b/c/d; touch t/a t/b/x t/b/c/y; ln -s b t/z",
    )
    .await;
    let cases = [
        ("", "a b z"),
        ("&depth=1", "a b z"),
        ("&depth=2", "a b b/c b/x z"),
        ("&depth=9", "a b b/c b/c/d b/c/y b/x z"),
    ];
    for (query, expected) in cases {
        let route = format!("GET /toolbox/{id}/files?path=t{query}");
        let (status, entries) = world.call(&route, Value::Null).await;
        assert_eq!(status, 200);
        let entries = entries.as_array().unwrap();
        let paths: Vec<&str> = entries
            .iter()
            .map(|entry| {
                let name = entry["name"].as_str().unwrap();
                match entry.get("path") {
                    None => name,
                    Some(path) => path
                        .as_str()
                        .unwrap()
                        .strip_prefix("/home/user/t/")
                        .unwrap(),
                }
            })
            .collect();
        assert_eq!(paths.join(" "), expected, "{query}");
    }
    for depth in ["0", "-1", "x"] {
        let route = format!("GET /toolbox/{id}/files?path=t&depth={depth}");
        let (status, body) = world.call(&route, Value::Null).await;
        let message = "bad request: depth must be at least 1";
        assert_eq!((status, body["message"].as_str()), (400, Some(message)));
        let fields = ["statusCode", "code", "timestamp", "path", "method"];
        assert!(
            fields.iter().all(|field| body.get(field).is_some()),
            "{body}"
        );
    }
    world.standin.stop().await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "most of it is data")]
async fn parts_of_a_file_and_files_that_have_not_changed() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    result(
        &world,
        &id,
        "printf 0123456789 > 'a b'; touch -d @1700000000 'a b'; : > empty",
    )
    .await;
    let url = format!("/toolbox/{id}/files/download?path=a%20b");
    let cases: [Download; 14] = [
        (&[], 200, "0123456789", None),
        (&[("range", "bytes=2-4")], 206, "234", Some("bytes 2-4/10")),
        (&[("range", "bytes=-2")], 206, "89", Some("bytes 8-9/10")),
        (&[("range", "bytes=7-")], 206, "789", Some("bytes 7-9/10")),
        (&[("range", "bytes=-0")], 206, "", Some("bytes 10-9/10")),
        (&[("range", "bytes=+1-2")], 206, "12", Some("bytes 1-2/10")),
        (&[("range", "bytes=0-7,2-9")], 200, "0123456789", None),
        (
            &[("range", "bytes=10-")],
            416,
            "invalid range: failed to overlap\n",
            Some("bytes */10"),
        ),
        (&[("range", "x")], 416, "invalid range\n", None),
        (
            &[("range", "bytes=0-0"), ("if-range", DATE)],
            206,
            "0",
            Some("bytes 0-0/10"),
        ),
        (
            &[
                ("range", "bytes=0-0"),
                ("if-range", "Tue, 14 Nov 2023 22:13:19 GMT"),
            ],
            200,
            "0123456789",
            None,
        ),
        (&[("if-modified-since", DATE)], 304, "", None),
        (&[("if-none-match", "*")], 304, "", None),
        (
            &[("if-modified-since", "Tue, 14 Nov 2023 22:13:19 GMT")],
            200,
            "0123456789",
            None,
        ),
    ];
    for (headers, status, body, content_range) in cases {
        let mut request = world.request(Method::GET, &url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{headers:?}");
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(
            header("content-range").as_deref(),
            content_range,
            "{headers:?}"
        );
        if status != 416 {
            assert_eq!(header("last-modified").as_deref(), Some(DATE));
        }
        if status == 200 || status == 206 {
            assert_eq!(
                header("content-type").as_deref(),
                Some("application/octet-stream")
            );
            let name = Some("attachment; filename=a b");
            assert_eq!(header("content-disposition").as_deref(), name);
            assert_eq!(header("content-length"), Some(body.len().to_string()));
            assert_eq!(header("accept-ranges").as_deref(), Some("bytes"));
        }
        assert_eq!(response.text().await.unwrap(), body, "{headers:?}");
    }
    let url = format!("/toolbox/{id}/files/download?path=");
    for (path, status, body) in [
        ("empty", 200, json!(null)),
        (
            "none",
            404,
            json!("not found: stat /home/user/none: no such file or directory"),
        ),
        (".", 400, json!("bad request: path must be a file")),
        ("", 400, json!("bad request: path is required")),
    ] {
        let (got, said) = answer(world.request(Method::GET, &format!("{url}{path}"))).await;
        assert_eq!(
            (got, said.get("message").unwrap_or(&Value::Null)),
            (status, &body),
            "{path}"
        );
    }
    // There is no HEAD, and files of the kernel have no size but bytes.
    let head = world.request(Method::HEAD, &format!("{url}empty"));
    assert_eq!(head.send().await.unwrap().status(), 404);
    let (_, version) = answer(world.request(Method::GET, &format!("{url}/proc/version"))).await;
    assert!(version.as_str().unwrap().starts_with("Linux"));
    world.standin.stop().await;
}

#[tokio::test]
async fn several_parts_of_a_file_and_parts_of_nothing() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    result(&world, &id, "printf 0123456789 > digits; : > empty").await;
    let get = async |path: &str, range: &str| {
        let url = format!("/toolbox/{id}/files/download?path={path}");
        let request = world.request(Method::GET, &url).header("range", range);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        (status, headers, response.text().await.unwrap())
    };
    let (status, headers, body) = get("digits", "bytes=0-1, 8-").await;
    let kind = headers["content-type"].to_str().unwrap();
    let boundary = kind
        .strip_prefix("multipart/byteranges; boundary=")
        .unwrap();
    let part = |range: &str, text: &str| {
        format!(
            "--{boundary}\r\nContent-Range: bytes {range}/10\r\nContent-Type: \
             application/octet-stream\r\n\r\n{text}\r\n"
        )
    };
    let (one, two) = (part("0-1", "01"), part("8-9", "89"));
    assert_eq!(
        (status, body),
        (206, format!("{one}{two}--{boundary}--\r\n"))
    );
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=digits"
    );
    assert!(headers.get("content-range").is_none());
    for (range, status, content_range) in [
        ("bytes=0-", 200, None),
        ("bytes=-5", 206, Some("bytes 0--1/0")),
        ("bytes=x", 416, None),
    ] {
        let (got, headers, body) = get("empty", range).await;
        let told = headers.get("content-range");
        let told = told.map(|value| value.to_str().unwrap());
        assert_eq!((got, told), (status, content_range), "{range}");
        assert_eq!(body.is_empty(), status != 416, "{range}");
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn single_uploads_take_forms_and_bodies() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let url = |call: &str, path: &str| format!("/toolbox/{id}/files/{call}?path={path}");
    let form = || Form::new().part("file", Part::bytes(b"form\0".as_slice()).file_name("x"));
    let told = |path: &str, name: &str| json!({"name": name, "path": path, "type": "file"});
    let cases = [
        ("upload", "u/one", Value::Null),
        ("upload-v2", "u/two", told("u/two", "two")),
    ];
    for (call, path, expected) in cases {
        let request = world.request(Method::POST, &url(call, path));
        let sent = answer(request.multipart(form())).await;
        assert_eq!(sent, (200, expected.clone()), "{call}");
        let read = result(&world, &id, &format!("od -c {path} | head -1")).await;
        assert!(read.contains("f   o   r   m  \\0"), "{read}");
        let request = world.request(Method::POST, &url(call, path));
        let request = request.header("content-type", "application/octet-stream");
        assert_eq!(answer(request.body("raw")).await, (200, expected), "{call}");
        assert_eq!(result(&world, &id, &format!("cat {path}")).await, "raw");
    }
    let request = world.request(Method::POST, &url("upload", "u/x"));
    let other = Form::new().text("other", "x");
    let (status, body) = answer(request.multipart(other)).await;
    let message = "bad request: http: no such file";
    assert_eq!((status, body["message"].as_str()), (400, Some(message)));
    world.standin.stop().await;
}

#[tokio::test]
async fn broken_uploads_say_so_and_keep_what_was_whole() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let url = format!("/toolbox/{id}/files/bulk-upload");
    let whole = "--B\r\nContent-Disposition: form-data; name=\"files[0].path\"\r\n\r\na\r\n\
                 --B\r\nContent-Disposition: form-data; name=\"files[0].file\"; filename=\"x\"\r\n\
                 \r\nwhole\r\n";
    let broken = "--B\r\nContent-Disposition: form-data; name=\"files[1].path\"\r\n\r\nb\r\n\
                  --B\r\nContent-Disposition: form-data; name=\"files[1].file\"; filename=\"x\"\r\n\
                  \r\nhal";
    let request = world.request(Method::POST, &url);
    let request = request.header("content-type", "multipart/form-data; boundary=B");
    let (status, body) = answer(request.body(format!("{whole}{broken}"))).await;
    assert_eq!(status, 400, "{body}");
    assert_eq!(body["files"], json!([{"path": "a", "bytes": 5}]), "{body}");
    assert!(!body["errors"].as_array().unwrap().is_empty());
    assert_eq!(result(&world, &id, "cat a").await, "whole");
    // A client that goes in the middle of its upload takes nothing down.
    let pieces = stream::iter([whole, broken].map(|piece| std::io::Result::Ok(piece.to_owned())));
    let pieces = pieces.chain(stream::once(async {
        Err(std::io::ErrorKind::Other.into())
    }));
    let request = world.request(Method::POST, &url);
    let request = request.header("content-type", "multipart/form-data; boundary=B");
    assert!(
        request
            .body(reqwest::Body::wrap_stream(pieces))
            .send()
            .await
            .is_err()
    );
    assert_eq!(result(&world, &id, "echo alive").await, "alive\n");
    world.standin.stop().await;
}

#[tokio::test]
async fn large_files_pass_through_in_pieces() {
    const PIECES: usize = 96;
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let piece = || vec![b'x'; 1 << 20];
    let bytes = stream::iter((0..PIECES).map(move |_| std::io::Result::Ok(piece())));
    let part = Part::stream(reqwest::Body::wrap_stream(bytes)).file_name("x");
    let form = Form::new()
        .text("files[0].path", "big")
        .part("files[0].file", part);
    let request = world.request(Method::POST, &format!("/toolbox/{id}/files/bulk-upload"));
    let sent = answer(request.multipart(form)).await;
    let expected = json!({"files": [{"path": "big", "bytes": PIECES << 20}]});
    assert_eq!(sent, (200, expected));
    let paths = json!({"paths": ["big", "big"]});
    let request = world.request(Method::POST, &format!("/toolbox/{id}/files/bulk-download"));
    let mut received = request.json(&paths).send().await.unwrap().bytes_stream();
    let mut count = 0;
    while let Some(bytes) = received.next().await {
        count += bytes.unwrap().split(|byte| *byte == b'x').count() - 1;
    }
    // The part heads hold no `x` but those of `application/octet-stream` (none) and `filename`.
    assert_eq!(count, PIECES << 21);
    // One that is not taken to its end leaves nothing behind: the stop waits for every task.
    let request = world.request(Method::POST, &format!("/toolbox/{id}/files/bulk-download"));
    let mut left = request.json(&paths).send().await.unwrap().bytes_stream();
    assert!(left.next().await.unwrap().is_ok());
    drop(left);
    let stopped = tokio::time::timeout(crate::support::PATIENCE, world.standin.stop());
    assert!(stopped.await.is_ok());
}

#[tokio::test]
async fn moves_reach_other_file_systems_whole() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let made = "mkdir -p t/sub; echo deep > t/sub/f; chmod 640 t/sub/f; ln -s sub/f t/l; \
                ln -s none t/dangling; chmod 500 t/sub; echo one > file; \
                d=/dev/shm/moved-$$; mkdir -m 700 $d && echo $d";
    let folder = result(&world, &id, made).await.trim().to_owned();
    let shown = "cd \"$1\"; find . | sort; cat sub/f; stat -c %a sub sub/f; readlink l dangling";
    let shown = |at: &str| format!("set -- {at}\n{shown}");
    let before = result(&world, &id, &shown("t")).await;
    let renamed = |from: &str, to: &str| {
        format!("POST /toolbox/{id}/files/move?source={from}&destination={to}")
    };
    let moved = world
        .call(&renamed("t", &format!("{folder}/t")), Value::Null)
        .await;
    assert_eq!(moved, (200, Value::Null));
    let after = result(&world, &id, &shown(&format!("{folder}/t"))).await;
    assert_eq!(after, before);
    assert_eq!(result(&world, &id, "ls -d t 2>/dev/null").await, "");
    let moved = world
        .call(&renamed("file", &format!("{folder}/file")), Value::Null)
        .await;
    assert_eq!(moved.0, 200);
    // What cannot be copied stays where it is, and nothing of it appears.
    result(&world, &id, "mkdir p; echo x > p/a; mkfifo p/pipe").await;
    let (status, _) = world
        .call(&renamed("p", &format!("{folder}/p")), Value::Null)
        .await;
    let left = format!("ls p; ls {folder}; stat -c %d p {folder} | uniq | wc -l");
    let left = result(&world, &id, &left).await;
    let other_file_system = left.ends_with("2\n");
    assert_eq!(status, if other_file_system { 400 } else { 200 });
    if other_file_system {
        assert_eq!(left, "a\npipe\nfile\nt\n2\n");
    }
    result(
        &world,
        &id,
        &format!("chmod -R u+w {folder}; rm -r {folder}"),
    )
    .await;
    world.standin.stop().await;
}

#[tokio::test]
async fn no_path_leads_out_of_the_sandbox() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let mark = format!("mark-{id}");
    let made =
        format!("ln -s / root; ln -s /proc/1/root/etc out; ln -s loop loop; echo {mark} > f");
    result(&world, &id, &made).await;
    let get = |path: &str| format!("GET /toolbox/{id}/files/info?path={path}");
    let (status, info) = world.call(&get("root/home/user/f"), Value::Null).await;
    assert_eq!((status, &info["name"]), (200, &json!("f")), "{info}");
    for path in ["loop", "f/below", &"x/".repeat(3000)] {
        let (status, body) = world.call(&get(path), Value::Null).await;
        assert!(status == 400 || status == 404, "{path}: {status} {body}");
    }
    let climbing = "../".repeat(40);
    let (_, info) = world
        .call(&get(&format!("{climbing}home/user/f")), Value::Null)
        .await;
    assert_eq!(
        info["size"],
        mark.len() + 1,
        "a path cannot climb above the sandbox's root"
    );
    world.standin.stop().await;
}
