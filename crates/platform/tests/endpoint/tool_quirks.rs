//! What commands and reads come to without fixes, and what each fix changes.
//!
//! Each test shows the original's way first, then the repaired one, on the same fake provider.

use crate::support::bed::{Bed, READY, fixes, told};
use cutover_base::fixes::Fixes;
use cutover_platform::provider::{Class, Executed, Thrown};

#[tokio::test]
async fn a_command_that_failed_says_so_beside_its_output() {
    let bed = Bed::new(Fixes::all()).await;
    bed.provision("main").await;
    bed.e2b.next_executed(Ok(Executed {
        output: Some("out\n\n[exit code 3]".into()),
        failed: true,
    }));
    let wanted = r#"{"output":"out\n\n[exit code 3]","is_error":true}"#;
    assert_eq!(bed.execute("main", "x").await, told(200, wanted));
    bed.e2b.next_executed(Ok(Executed {
        output: None,
        failed: false,
    }));
    assert_eq!(bed.execute("main", "x").await, told(200, "{}"));
    bed.e2b
        .next(Err(Thrown::of(Class::TimeLimit, "stopped after 300 s")));
    let wanted = r#"{"error":"stopped after 300 s"}"#;
    assert_eq!(bed.execute("main", "x").await, told(504, wanted));
}

/// Q56, Q58, Q59, Q63
#[tokio::test]
async fn what_hinders_a_read_is_told() {
    let bed = Bed::new(Fixes::all()).await;
    bed.provision("main").await;
    bed.e2b.file("/bom", b"\xef\xbb\xbfa\xffb");
    bed.e2b.file("/most", &vec![b'a'; 262_144]);
    bed.e2b.file("/more", "é".repeat(131_073).as_bytes());
    let content = "{\"content\":\"\u{feff}a\u{fffd}b\"}";
    assert_eq!(bed.read_file("main", "/bom").await, told(200, content));
    assert_eq!(bed.read_file("main", "/most").await.0, 200);
    let more = r#"{"error":"/more is 262146 bytes, over 262144; read a part with execute"}"#;
    assert_eq!(bed.read_file("main", "/more").await, told(413, more));
    let none = r#"{"error":"no such file: /none"}"#;
    assert_eq!(bed.read_file("main", "/none").await, told(404, none));

    let bed = Bed::new(Fixes::none()).await;
    bed.provision("main").await;
    bed.e2b.file("/more", "é".repeat(131_073).as_bytes());
    assert_eq!(
        bed.read_file("main", "/more").await.0,
        200,
        "131073 UTF-16 units"
    );
}

/// Q89, Q91, Q92, Q97
#[tokio::test]
async fn the_bytes_of_a_file_come_without_a_command() {
    let body = r#"{"sandbox_name":"main","path":"/x","encoding":"base64"}"#;
    let bed = Bed::new(Fixes::none()).await;
    bed.provision("main").await;
    bed.e2b.file("/x", b"text");
    let text = r#"{"content":"text"}"#;
    assert_eq!(
        bed.session("/sandbox/read-file", body).await,
        told(200, text)
    );

    let bed = Bed::new(Fixes::all()).await;
    let read = async |path: &str| {
        bed.session("/sandbox/read-file", &body.replace("/x", path))
            .await
    };
    let unknown = r#"{"error":"sandbox 'main' is not provisioned; call provision first"}"#;
    assert_eq!(read("/x").await, told(404, unknown));
    bed.provision("main").await;
    let none = r#"{"error":"no such file: /x"}"#;
    assert_eq!(read("/x").await, told(404, none));
    bed.e2b.file("/x", b"a\xff\0b");
    bed.e2b.file("/empty", b"");
    bed.e2b.file("/large", &vec![0; 262_145]);
    assert_eq!(
        read("/x").await,
        told(200, r#"{"content":"Yf8AYg==","encoding":"base64"}"#)
    );
    assert_eq!(
        read("/empty").await,
        told(200, r#"{"content":"","encoding":"base64"}"#)
    );
    assert_eq!(read("/large").await.0, 200);
    let odd = body.replace("base64", "hex");
    assert_eq!(bed.session("/sandbox/read-file", &odd).await.0, 400);
}

#[tokio::test]
async fn without_a_provider_there_is_an_executor_or_nothing() {
    let bed = Bed::with(Fixes::none(), &[], &[]).await;
    let (status, body) = bed.provision("main").await;
    assert!(
        status == 501 && body.contains("LOCAL_EXECUTOR_URL"),
        "{body}"
    );
    let local = [
        ("LOCAL_SANDBOX_URL", "http://127.0.0.1:9//"),
        ("LOCAL_EXECUTOR_URL", ""),
    ];
    let bed = Bed::with(fixes(&[]), &local, &[]).await;
    assert_eq!(bed.provision("main").await, told(200, READY));
    assert_eq!(
        bed.execute("main", "x").await,
        told(200, r#"{"output":"fetch failed"}"#)
    );
    let bed = Bed::with(fixes(&["Q15"]), &local, &[]).await;
    bed.provision("main").await;
    let wanted = r#"{"error":"the executor did not answer: fetch failed"}"#;
    assert_eq!(bed.execute("main", "x").await, told(502, wanted));
}
