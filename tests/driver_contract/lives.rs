//! How processes and sandboxes end that nobody ends: by a limit, by their time, or left behind.

use std::time::Duration;

use cutover::call::sandbox_call::{AtExpiry, Provision, StartBackground};
use cutover::call::{FailureClass, Provider};
use cutover::driver::{DriverError, Labels, SandboxState};

use super::bench::{Bench, class, text, write};

fn sleeps(timeout: Option<Duration>) -> StartBackground {
    StartBackground {
        cmd: "echo up; sleep 300".to_owned(),
        timeout,
        ..StartBackground::default()
    }
}

pub(crate) async fn a_process_that_is_left_behind_is_no_failure(b: &Bench) {
    let s = b.sandbox().await;
    let (d, cx) = (&b.driver, &b.cx);
    d.start_background(&s, &sleeps(None), cx).await.unwrap();
    d.destroy(&s, cx).await.unwrap();
    let exchanges = b.exchanges("start_background");
    assert!(!exchanges.is_empty());
    for exchange in exchanges {
        let status = exchange.status.unwrap_or_default();
        assert!((200..300).contains(&status), "{exchange:?}");
        assert_eq!(exchange.error, None);
    }
}

pub(crate) async fn a_process_that_its_limit_has_ended_is_known(b: &Bench) {
    let s = b.sandbox().await;
    let (d, cx) = (&b.driver, &b.cx);
    let limit = Some(Duration::from_secs(1));
    let started = d.start_background(&s, &sleeps(limit), cx).await;
    if b.provider == Provider::Daytona {
        assert!(matches!(started, Err(DriverError::Unsupported(_))));
        return;
    }
    let (limited, other) = (
        started.unwrap(),
        d.start_background(&s, &sleeps(None), cx).await.unwrap(),
    );
    assert_ne!(limited.id, other.id);
    let ended = d.wait_process(&s, &limited, cx).await;
    assert_eq!(class(ended), FailureClass::Timeout);
    assert_eq!(d.ended_by_limit(&s), [limited.id]);
}

pub(crate) async fn a_sandbox_whose_time_has_come_ends_as_it_was_asked_to(b: &Bench) {
    let (d, cx) = (&b.driver, &b.cx);
    for (at_expiry, ends) in [
        (None, [SandboxState::Gone, SandboxState::Stopped]),
        (Some(AtExpiry::Kill), [SandboxState::Gone; 2]),
    ] {
        let call = Provision {
            at_expiry,
            ..Provision::default()
        };
        let s = d.create(&call, &Labels::new(), cx).await.unwrap();
        d.write_file(&s, &write("kept", "here"), cx).await.unwrap();
        assert!(b.standin.expire(&s.id).await);
        let [of_e2b, of_daytona] = ends;
        let end = match b.provider {
            Provider::E2b => of_e2b,
            Provider::Daytona => of_daytona,
        };
        assert_eq!(d.state(&s, cx).await.unwrap(), end, "{at_expiry:?}");
        if end == SandboxState::Stopped {
            let stopped = d.read_file(&s, "kept", cx).await;
            assert_eq!(class(stopped), FailureClass::SandboxStopped);
            d.resume(&s, cx).await.unwrap();
            assert_eq!(text(&d.read_file(&s, "kept", cx).await.unwrap()), "here");
        } else {
            let gone = d.read_file(&s, "kept", cx).await;
            assert_eq!(class(gone), FailureClass::SandboxGone);
        }
    }
}
