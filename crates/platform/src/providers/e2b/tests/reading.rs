//! Reading files.

use cutover_base::fixes::Fixes;
use cutover_js::Value;

use super::fake::{Fake, json_answer, only};
use crate::provider::{Class, SandboxProvider, Thrown};

fn own(path: &str, bytes: usize) -> String {
    format!(
        r#"{{"type":"FILE_TYPE_FILE","path":"{path}","size":"{bytes}","mode":420,"owner":"user"}}"#
    )
}

async fn read(fake: &Fake, path: &str) -> Result<Value, Thrown> {
    fake.e2b.read_file(&"abc".into(), &path.into()).await
}

async fn fetched(fake: &Fake, path: &str) -> Result<Vec<u8>, Thrown> {
    let read = fake.e2b.read_bytes(&"abc".into(), &path.into(), 5).await;
    read.map(Into::into)
}

#[tokio::test]
async fn without_fixes_all_is_as_in_the_original() {
    let fake = Fake::new(Fixes::none()).await;
    fake.put("~/f", "{}", b"\xef\xbb\xbfa\xff");
    assert_eq!(read(&fake, "~/f").await, Ok("a\u{fffd}".into()));
    assert_eq!(fake.calls(), ["info", "read ~/f"]);
    let thrown = read(&fake, "/nope").await.unwrap_err();
    assert_eq!(thrown.message, "no such thing");
    fake.state().info = json_answer(404, r#"{"message":"m"}"#);
    let expired = "error: sandbox expired — call provision to create a new one (404: m)";
    assert_eq!(read(&fake, "/f").await, Ok(expired.into()));
}

#[tokio::test]
async fn a_mark_at_the_beginning_is_kept() {
    let fake = Fake::new(only(&["Q61"])).await;
    fake.put("f", "{}", b"\xef\xbb\xbfa");
    assert_eq!(read(&fake, "f").await, Ok("\u{feff}a".into()));
}

#[tokio::test]
async fn the_size_is_looked_at_before_the_file_is_fetched() {
    let fake = Fake::new(Fixes::all()).await;
    fake.put("/fits", &own("/fits", 5), b"12345");
    fake.put("/large", &own("/large", 6), b"123456");
    // As files of the kernel do, and files that grow.
    fake.put("/grown", &own("/grown", 0), b"123456");
    assert_eq!(fetched(&fake, "/fits").await, Ok(b"12345".to_vec()));
    let extend = r#"extend {"timeout":3600}"#;
    let wanted = ["info", extend, "stat /fits", "read /fits"];
    assert_eq!(fake.calls(), wanted);
    let too_large = Class::TooLarge { bytes: 6 };
    assert_eq!(fetched(&fake, "/large").await.unwrap_err().class, too_large);
    assert_eq!(fake.calls(), ["info", extend, "stat /large"]);
    assert_eq!(fetched(&fake, "/grown").await.unwrap_err().class, too_large);
}

#[tokio::test]
async fn what_cannot_be_read_is_told_by_its_kind() {
    let fake = Fake::new(Fixes::all()).await;
    let secret = "/etc/shadow-that-nobody-has";
    let root = format!(
        r#"{{"type":"FILE_TYPE_FILE","path":"{secret}","size":"1","mode":384,"owner":"root"}}"#
    );
    fake.put("/d", r#"{"type":"FILE_TYPE_DIRECTORY","path":"/d"}"#, b"");
    fake.put("/link", r#"{"symlinkTarget":"/d","size":"2"}"#, b"");
    fake.put(secret, &root, b"s");
    for (path, class) in [
        ("/d", Class::IsDirectory),
        ("/link", Class::IsDirectory),
        ("/404", Class::NoSuchFile),
        // Whether it can be read is asked of a shell, to which there is no such file here.
        (secret, Class::PermissionDenied),
    ] {
        assert_eq!(fetched(&fake, path).await.unwrap_err().class, class);
        assert_eq!(read(&fake, path).await.unwrap_err().class, class, "{path}");
        assert!(!fake.calls().iter().any(|it| it.starts_with("read")));
    }
}

#[tokio::test]
async fn what_others_own_and_all_may_read_is_read() {
    let fake = Fake::new(Fixes::all()).await;
    let told =
        r#"{"type":"FILE_TYPE_FILE","path":"/proc/version","size":"0","mode":292,"owner":"root"}"#;
    fake.put("version", told, b"Linu");
    assert_eq!(fetched(&fake, "version").await, Ok(b"Linu".to_vec()));
    let asked = "run -c test -r '/proc/version'".to_owned();
    assert!(fake.calls().contains(&asked));
}

#[tokio::test]
async fn a_sandbox_that_is_gone_is_told() {
    let fake = Fake::new(Fixes::all()).await;
    for info in [
        json_answer(404, "{\"message\":\"m\"}"),
        json_answer(200, r#"{"state":"paused"}"#),
    ] {
        fake.state().info = info;
        let gone = Class::SandboxGone;
        assert_eq!(read(&fake, "/f").await.unwrap_err().class, gone);
        assert_eq!(fetched(&fake, "/f").await.unwrap_err().class, gone);
    }
}

#[tokio::test]
async fn words_in_a_path_do_not_end_a_sandbox_where_that_is_repaired() {
    let words = "error: sandbox expired — call provision to create a new one (404: no such thing)";
    for (fixes, came) in [
        (Fixes::none(), Ok(words.into())),
        (only(&["Q57"]), Err(Class::NoSuchFile)),
        (only(&["Q52"]), Err(Class::NoSuchFile)),
    ] {
        let fake = Fake::new(fixes).await;
        let read = read(&fake, "/tmp/404").await;
        assert_eq!(read.map_err(|it| it.class), came);
    }
}
