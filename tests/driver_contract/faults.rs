//! What every driver makes of its stand-in's bad day: a failure of the right class, never an
//! outcome that was not there.

use bytes::Bytes;
use cutover::call::FailureClass;

use super::bench::{Bench, class, class_of_death, command, output, text, write};

pub(crate) async fn a_5xx_is_unavailable_and_a_command_is_sent_once(b: &Bench) {
    let s = b.sandbox().await;
    b.fault("503");
    let result = b.driver.execute(&s, &command("true"), &b.cx).await;
    assert_eq!(class(result), FailureClass::Unavailable);
    assert_eq!(b.attempts("execute"), 1);
    let read = b.driver.read_file(&s, "/etc/hostname", &b.cx).await;
    assert_eq!(class(read), FailureClass::Unavailable);
    b.fault("500");
    let result = b.driver.execute(&s, &command("true"), &b.cx).await;
    assert!(class(result).is_error());
    b.fault("none");
    assert_eq!(b.run(&s, "true").await.exit_code, Some(0));
}

pub(crate) async fn a_429_is_waited_for_then_told(b: &Bench) {
    let s = b.sandbox().await;
    b.fault("429");
    let result = b.driver.execute(&s, &command("true"), &b.cx).await;
    assert_eq!(class(result), FailureClass::RateLimited);
    // Half of the requests: the next one is taken, so every call succeeds.
    b.fault("429:50%");
    for _ in 0..3 {
        assert_eq!(b.run(&s, "true").await.exit_code, Some(0));
    }
    b.fault("none");
}

pub(crate) async fn a_reset_is_unavailable(b: &Bench) {
    let s = b.sandbox().await;
    b.fault("reset");
    let result = b.driver.execute(&s, &command("true"), &b.cx).await;
    assert_eq!(class(result), FailureClass::Unavailable);
    assert_eq!(b.attempts("execute"), 1);
    b.fault("none");
}

pub(crate) async fn a_truncated_answer_is_no_outcome(b: &Bench) {
    let s = b.sandbox().await;
    let path = "/home/user/truncated";
    let content = Bytes::from(vec![b'y'; 200_000]);
    b.fault("truncate");
    let result = b.driver.execute(&s, &command("seq 1 50000"), &b.cx).await;
    assert!(class(result).is_error());
    b.fault("none");
    b.driver
        .write_file(&s, &write(path, content.clone()), &b.cx)
        .await
        .unwrap();
    b.fault("truncate");
    let read = b.driver.read_file(&s, path, &b.cx).await;
    assert!(class(read).is_error());
    b.fault("none");
}

pub(crate) async fn slow_and_late_answers_are_outcomes(b: &Bench) {
    let s = b.sandbox().await;
    for fault in ["slow", "latency:50ms"] {
        b.fault(fault);
        let reply = b.run(&s, "echo hi; exit 5").await;
        assert_eq!(
            (reply.exit_code, text(output(&reply)).as_str()),
            (Some(5), "hi\n"),
            "{fault}"
        );
    }
    b.fault("none");
}

pub(crate) async fn death_is_gone(b: &Bench) {
    let s = b.sandbox().await;
    b.fault("death");
    let result = b.driver.execute(&s, &command("true"), &b.cx).await;
    assert_eq!(class(result), class_of_death(b.provider));
    b.fault("none");
}
