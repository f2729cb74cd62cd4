//! What every driver says of the states that a sandbox goes through.

use cutover::call::{Outcome, Provider, SandboxRequest};
use cutover::driver::{SandboxState, Suspend};

use super::bench::Bench;

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
