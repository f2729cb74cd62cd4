//! `/files` (contract 4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Made, World, answer};

async fn put(world: &World, made: &Made, query: &str, body: &str) -> (u16, Value) {
    let request = world
        .inside(Method::POST, made, &format!("/files{query}"))
        .header("Content-Type", "application/octet-stream")
        .body(body.to_owned());
    answer(request).await
}

fn part(name: &str, body: &str) -> Part {
    Part::text(body.to_owned()).file_name(name.to_owned())
}

#[tokio::test]
async fn a_raw_body_is_one_file() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let written = json!([{"path": "/home/user/a/b.txt", "name": "b.txt", "type": "file"}]);
    assert_eq!(
        put(&world, &made, "?path=a/b.txt", "one").await,
        (200, written)
    );
    put(&world, &made, "?path=~/a/b.txt", "2").await;
    let request = world.inside(Method::GET, &made, "/files?path=a/b.txt");
    let response = request.send().await.unwrap();
    let headers = response.headers().clone();
    for (name, value) in [
        ("content-type", "text/plain; charset=utf-8"),
        ("content-disposition", "inline; filename=b.txt"),
        ("content-length", "1"),
        ("accept-ranges", "bytes"),
        ("vary", "Accept-Encoding"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    assert!(headers["last-modified"].to_str().unwrap().ends_with(" GMT"));
    assert_eq!(
        response.text().await.unwrap(),
        "2",
        "truncated, not overwritten"
    );
    put(&world, &made, "?path=empty", "").await;
    let request = world.inside(Method::GET, &made, "/files?path=empty");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-length"], "0");
}

#[tokio::test]
async fn parts_keep_their_whole_names() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let post = async |query: &str, form: Form| {
        let request = world.inside(Method::POST, &made, &format!("/files{query}"));
        answer(request.multipart(form)).await
    };
    let form = Form::new()
        .part("file", part("/tmp/x/one", "1"))
        .text("other", "ignored")
        .part("file", part("two", "2"));
    let (status, written) = post("", form).await;
    let paths: Vec<&Value> = written
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["path"])
        .collect();
    assert_eq!(
        (status, paths),
        (200, vec![&json!("/tmp/x/one"), &json!("/home/user/two")])
    );
    let (_, named) = post("?path=/tmp/y", Form::new().part("file", part("z", "3"))).await;
    assert_eq!(named[0]["path"], "/tmp/y");
    assert_eq!(
        post("", Form::new().text("other", "x")).await,
        (200, json!([]))
    );
    let twice = Form::new()
        .part("file", part("same", "first"))
        .part("file", part("/home/user/same", "second"));
    let text = "you cannot upload multiple files to the same path '/home/user/same' in one upload \
                request, only the first specified file was uploaded";
    assert_eq!(
        post("", twice).await,
        (400, json!({"code": 400, "message": text}))
    );
    let first = world.inside(Method::GET, &made, "/files?path=same");
    assert_eq!(answer(first).await.1, json!("first"));
    let nameless = Form::new().part("file", Part::text("x"));
    let (status, refused) = post("", nameless).await;
    let text = refused["message"].as_str().unwrap();
    assert!(
        status == 400 && text.contains("filename not found"),
        "{text}"
    );
}

#[tokio::test]
async fn what_cannot_be_read_or_written_is_said() {
    let world = World::start().await;
    let made = world.sandbox().await;
    put(&world, &made, "?path=file", "x").await;
    let foreign = "failed to expand path '' for user 'user': cannot expand user-specific home dir";
    for (method, query, status, message) in [
        (
            Method::GET,
            "?path=/tmp/no",
            404,
            "path '/tmp/no' does not exist".to_owned(),
        ),
        (
            Method::GET,
            "",
            400,
            "path '/home/user' is a directory".to_owned(),
        ),
        (
            Method::GET,
            "?path=~a",
            400,
            format!("error expanding and resolving path '~a': {foreign}"),
        ),
        (
            Method::GET,
            "?path=/&username=no",
            401,
            "error looking up user 'no': user: unknown user no".to_owned(),
        ),
        (
            Method::GET,
            "?path=/&username=",
            401,
            "error looking up user '': user: unknown user ".to_owned(),
        ),
        (
            Method::POST,
            "",
            400,
            "path query parameter is required for raw body upload".to_owned(),
        ),
        (
            Method::POST,
            "?path=~a",
            400,
            format!("error resolving path: {foreign}"),
        ),
        (
            Method::POST,
            "?path=/tmp",
            400,
            "path is a directory: /tmp".to_owned(),
        ),
        (
            Method::POST,
            "?path=file/x",
            500,
            "error ensuring directories: path is a file: /home/user/file".to_owned(),
        ),
    ] {
        let request = world
            .inside(method.clone(), &made, &format!("/files{query}"))
            .header("Content-Type", "application/octet-stream")
            .body("x");
        let expected = (status, json!({"code": status, "message": message}));
        assert_eq!(answer(request).await, expected, "{method} {query}");
    }
}

#[tokio::test]
async fn an_upload_in_another_form_is_refused() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let post = || world.inside(Method::POST, &made, "/files?path=x").body("x");
    let (status, refused) = answer(post().header("Content-Type", "text/plain")).await;
    assert_eq!(status, 400);
    let text = "unsupported content type: text/plain, expected multipart/form-data or \
                application/octet-stream";
    assert_eq!(refused["message"], text);
    let (status, _) = answer(post().header("Content-Encoding", "br")).await;
    assert_eq!(status, 400);
    let bad = world.inside(Method::GET, &made, "/files?signature_expiration=x");
    assert_eq!(answer(bad).await.0, 400);
}

#[tokio::test]
async fn a_signature_opens_one_path_for_one_thing() {
    let world = World::start().await;
    let _other = world.sandbox().await;
    let made = world.sandbox().await;
    put(&world, &made, "?path=/tmp/s", "signed").await;
    let sign = |raw: String| {
        let signature = format!("v1_{}", STANDARD_NO_PAD.encode(Sha256::digest(raw)));
        signature.replace('+', "%2B").replace('/', "%2F")
    };
    let read = sign(format!("/tmp/s:read::{}", made.token));
    let get = async |query: String| {
        let url = format!("http://{}/files?{query}", world.standin.addr());
        answer(world.client.get(url)).await
    };
    // No routing header: the signature itself finds the sandbox.
    let found = get(format!("path=/tmp/s&signature={read}")).await;
    assert_eq!(found, (200, json!("signed")));
    assert_eq!(get(format!("path=/tmp/t&signature={read}")).await.0, 400);
    let named = async |query: &str| {
        let request = world.envd(Method::GET, &made.id, &format!("/files?{query}"));
        answer(request).await.1["message"].clone()
    };
    let wrong = named(&format!("path=/tmp/t&signature={read}")).await;
    assert_eq!(wrong, "invalid signature");
    let old = sign(format!("/tmp/s:read::{}:1000", made.token));
    let query = format!("path=/tmp/s&signature={old}&signature_expiration=1000");
    assert_eq!(named(&query).await, "signature is already expired");
    let request = world.envd(Method::GET, &made.id, "/files?path=/tmp/s");
    let (status, wrong) = answer(request.header("X-Access-Token", "no")).await;
    let text = "access token present in header but does not match";
    assert_eq!((status, &wrong["message"]), (401, &json!(text)));
}

#[tokio::test]
async fn a_range_is_a_part_of_the_file() {
    let world = World::start().await;
    let made = world.sandbox().await;
    put(&world, &made, "?path=digits", "0123456789").await;
    let get = async |range: &str| {
        let request = world.inside(Method::GET, &made, "/files?path=digits");
        let response = request.header("Range", range).send().await.unwrap();
        let status = response.status();
        let range = response.headers().get("content-range").cloned();
        let range = range.map(|it| it.to_str().unwrap().to_owned()).unwrap();
        (status, range, response.text().await.unwrap())
    };
    let part = (
        StatusCode::PARTIAL_CONTENT,
        "bytes 2-4/10".to_owned(),
        "234".to_owned(),
    );
    assert_eq!(get("bytes=2-4").await, part);
    let (status, range, _) = get("bytes=10-").await;
    assert_eq!((status.as_u16(), range.as_str()), (416, "bytes */10"));
}
