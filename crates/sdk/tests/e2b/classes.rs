//! What an error is about is known by status and code, whatever the words say.

use std::sync::Arc;

use cutover_sdk::{Class, Ignore};

use super::server::Server;
use super::{account, answer, command, envelope, sandbox};

fn said(status: u16) -> Vec<u8> {
    let words = br#"{"message":"404 terminated doesn't exist"}"#;
    answer(status, "application/json", words)
}

#[tokio::test]
async fn of_the_control_plane() {
    for (status, class) in [
        (404, Class::SandboxGone),
        (401, Class::Other),
        (500, Class::Other),
        (502, Class::Other),
    ] {
        let server = Server::start(vec![said(status); 3]).await;
        let account = account(&server, Arc::new(Ignore));
        let id = "abc".into();
        let hour = std::time::Duration::from_secs(1);
        let errors = [
            account.info(&id).await.map(|_| ()).unwrap_err(),
            account.kill(&id).await.map(|_| ()).unwrap_err(),
            account.set_timeout(&id, hour).await.unwrap_err(),
        ];
        assert_eq!(errors.map(|it| it.class), [class; 3], "{status}");
    }
    let empty =
        b"HTTP/1.1 404 X\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    let server = Server::start(vec![empty.to_vec()]).await;
    let info = account(&server, Arc::new(Ignore)).info(&"abc".into()).await;
    assert_eq!(info.unwrap_err().class, Class::SandboxGone);
}

#[tokio::test]
async fn of_files() {
    for (status, class) in [
        (404, Class::NoSuchFile),
        (403, Class::PermissionDenied),
        (502, Class::SandboxGone),
        (400, Class::Other),
        (500, Class::Other),
    ] {
        let (_server, sandbox) = sandbox(&[said(status), said(status)]).await;
        let path = "/x".into();
        let text = sandbox.read_text(&path).await.unwrap_err();
        let bytes = sandbox.read_bytes(&path, 9).await.unwrap_err();
        assert_eq!([text.class, bytes.class], [class; 2], "{status}");
    }
}

#[tokio::test]
async fn of_commands() {
    for (code, before, after) in [
        ("unavailable", Class::SandboxGone, Class::SandboxGone),
        ("deadline_exceeded", Class::TimeLimit, Class::TimeLimit),
        ("not_found", Class::Other, Class::Other),
        ("unknown", Class::Other, Class::Other),
    ] {
        let start = envelope(0, r#"{"event":{"start":{}}}"#);
        let end = format!(r#"{{"error":{{"code":"{code}","message":"404"}}}}"#);
        let end = envelope(2, &end);
        for (frames, class) in [(end.clone(), before), ([start, end].concat(), after)] {
            let stream = answer(200, "application/connect+json", &frames);
            let (_server, sandbox) = sandbox(&[stream]).await;
            let failed = sandbox.run(command(&"x".into())).await.unwrap_err();
            assert_eq!(failed.error.class, class, "{code}");
        }
    }
    let (_server, sandbox) = sandbox(&[said(502)]).await;
    let failed = sandbox.run(command(&"x".into())).await.unwrap_err();
    assert_eq!(failed.error.class, Class::SandboxGone);
}

#[tokio::test]
async fn of_looking_at_files() {
    for (status, code, class) in [
        (404, "not_found", Class::NoSuchFile),
        (403, "permission_denied", Class::PermissionDenied),
        (503, "unavailable", Class::SandboxGone),
        (500, "internal", Class::Other),
    ] {
        let body = format!(r#"{{"code":"{code}","message":"m"}}"#);
        let refused = answer(status, "application/json", body.as_bytes());
        let (_server, sandbox) = sandbox(&[refused]).await;
        let error = sandbox.stat(&"/x".into()).await.unwrap_err();
        assert_eq!(error.class, class, "{code}");
    }
}
