//! Deadlines on a stand-in's clock: what is due happens, and nothing is looked for before.

use cutover_base::clock::Clock;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Calls `fire` at every deadline, and whenever one may have come nearer (`changed`), until `stop`.
/// `fire` lets everything happen that is due, and gives the next deadline, if there is one.
pub(crate) async fn run<F, Fired>(
    clock: &Clock,
    changed: &Notify,
    stop: &CancellationToken,
    mut fire: F,
) where
    F: FnMut() -> Fired,
    Fired: Future<Output = Option<Timestamp>>,
{
    loop {
        let next = fire().await;
        let due = async {
            match next {
                Some(at) => clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = changed.notified() => {}
            () = due => {}
        }
    }
}
