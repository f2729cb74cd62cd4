//! What every driver says of the states that a sandbox goes through.

use cutover::call::{FailureClass, Outcome, Provider, SandboxRequest};
use cutover::driver::{SandboxState, Suspend};

use super::bench::{Bench, class, output, text};

pub(crate) async fn a_state_is_told(b: &Bench) {
    let s = b.sandbox().await;
    let (d, cx) = (&b.driver, &b.cx);
    assert_eq!(d.state(&s, cx).await.unwrap(), SandboxState::Running);
    let (how, state) = match b.provider {
        Provider::E2b => (Suspend::Pause, SandboxState::Paused),
        Provider::Daytona => (Suspend::Stop, SandboxState::Stopped),
    };
    d.suspend(&s, how, cx).await.unwrap();
    assert_eq!(d.state(&s, cx).await.unwrap(), state);
    let asked = d.ask(&s, &SandboxRequest::State, cx).await.unwrap();
    let told = Outcome::default().with("state", state.name());
    assert_eq!(asked.unwrap(), told);
    d.destroy(&s, cx).await.unwrap();
    assert_eq!(d.state(&s, cx).await.unwrap(), SandboxState::Gone);
}

pub(crate) async fn a_resting_sandbox_goes_on(b: &Bench) {
    let s = b.sandbox().await;
    let (d, cx) = (&b.driver, &b.cx);
    b.run(&s, "echo kept >~/kept").await;
    let how = match b.provider {
        Provider::E2b => Suspend::Pause,
        Provider::Daytona => Suspend::Stop,
    };
    d.suspend(&s, how, cx).await.unwrap();
    let asked = d.ask(&s, &SandboxRequest::Resume, cx).await.unwrap();
    assert_eq!(asked.unwrap(), Outcome::default());
    assert_eq!(d.state(&s, cx).await.unwrap(), SandboxState::Running);
    let reply = b.run(&s, "cat ~/kept").await;
    assert_eq!(
        (reply.exit_code, text(output(&reply))),
        (Some(0), "kept\n".to_owned())
    );
    // One that runs goes on running.
    d.resume(&s, cx).await.unwrap();
    d.destroy(&s, cx).await.unwrap();
    assert_eq!(class(d.resume(&s, cx).await), FailureClass::SandboxGone);
}
