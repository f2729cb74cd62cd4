//! Files with fixes.

use cutover_base::fixes::Fixes;

use crate::bed::{Bed, INTERNAL, answer, error, fixes};
use crate::cloud::{part, told};

/// Q56, Q57
#[tokio::test]
async fn a_missing_file_is_one() {
    for fixes in [fixes(&["Q56"]), Fixes::all()] {
        let bed = Bed::ready(fixes).await;
        let wanted = error(404, "no such file: /tmp/404/deleted");
        assert_eq!(bed.read("/tmp/404/deleted").await, wanted);
    }
    let bed = Bed::ready(fixes(&["Q57"])).await;
    assert_eq!(bed.read("/not found").await, answer(500, INTERNAL));
}

/// Q58, Q59
#[tokio::test]
async fn why_a_file_cannot_be_read_is_told() {
    for (code, id, wanted) in [
        (
            r#"400,"code":"INVALID_FILE_PATH""#,
            "Q58",
            error(400, "is a directory: /a"),
        ),
        (
            r#"403,"code":"FILE_ACCESS_DENIED""#,
            "Q59",
            error(403, "permission denied: /a"),
        ),
    ] {
        let said = format!(r#"{{"statusCode":{code},"message":"x"}}"#);
        for fixes in [fixes(&[id]), Fixes::all()] {
            let bed = Bed::ready(fixes).await;
            let refused = part("error", "/a", said.as_bytes());
            bed.cloud.rule("POST", "/files/bulk-download", refused);
            assert_eq!(bed.read("/a").await, wanted);
        }
    }
    let bed = Bed::ready(Fixes::all()).await;
    bed.cloud
        .rule("GET", "path=%2Fa", told(200, r#"{"size":0,"isDir":true}"#));
    assert_eq!(bed.read("/a").await, error(400, "is a directory: /a"));
}

#[tokio::test]
async fn a_path_through_a_file_leads_to_none() {
    let bed = Bed::ready(Fixes::all()).await;
    let said = r#"{"statusCode":500,"code":"FILE_READ_FAILED","message":"not a directory"}"#;
    let refused = part("error", "/a/b", said.as_bytes());
    bed.cloud.rule("POST", "/files/bulk-download", refused);
    bed.cloud.rule("GET", "path=%2Fa%2Fb", told(400, ""));
    assert_eq!(bed.read("/a/b").await, error(404, "no such file: /a/b"));
}

/// Q60
#[tokio::test]
async fn relative_paths_lead_to_the_home() {
    for fixes in [fixes(&["Q60"]), Fixes::all()] {
        let bed = Bed::ready(fixes).await;
        bed.cloud.file("/home/u/a", b"here");
        for path in ["a", "~/a", "/home/u/a"] {
            assert_eq!(
                bed.read(path).await,
                answer(200, r#"{"content":"here"}"#),
                "{path}"
            );
        }
        bed.cloud.file("/home/u/~a", b"odd");
        assert_eq!(bed.read("~a").await, answer(200, r#"{"content":"odd"}"#));
    }
    let bed = Bed::ready(Fixes::none()).await;
    bed.cloud.file("a", b"by the daemon");
    assert_eq!(
        bed.read("a").await,
        answer(200, r#"{"content":"by the daemon"}"#)
    );
}

/// Q63, Q64
#[tokio::test]
async fn a_large_file_is_not_fetched() {
    let bed = Bed::ready(Fixes::all()).await;
    bed.cloud.file("/large", &vec![b'x'; 262_145]);
    bed.cloud.file("/fits", &vec![b'x'; 262_144]);
    let wanted = "/large is 262145 bytes, over 262144; read a part with execute";
    assert_eq!(bed.read("/large").await, error(413, wanted));
    let stat = "GET /toolbox/s1/files/info?path=%2Flarge";
    assert_eq!(bed.cloud.take_asked(), ["GET /api/sandbox/s1", stat]);
    assert_eq!(bed.read("/fits").await.0, 200);
    // What says that it has no size is read as far as it may go.
    bed.cloud.rule(
        "GET",
        "path=%2Flarge",
        told(200, r#"{"size":0,"isDir":false}"#),
    );
    assert_eq!(bed.read("/large").await, error(413, wanted));
    // Either of the two brings it.
    for id in ["Q63", "Q64"] {
        let bed = Bed::ready(Fixes::only([id.to_owned()])).await;
        bed.cloud.file("/large", &vec![b'x'; 262_145]);
        assert_eq!(bed.read("/large").await, error(413, wanted), "{id}");
    }
}

/// Q61, Q62
#[tokio::test]
async fn what_is_no_text_is_read_as_before() {
    let bed = Bed::ready(Fixes::all()).await;
    bed.cloud.file("/a", b"\xef\xbb\xbfa\xe2\x82b\xff");
    let content = r#"{"content":"XaYbY"}"#.replace('X', "\u{feff}").replace('Y', "\u{fffd}");
    assert_eq!(bed.read("/a").await, answer(200, &content));
}
