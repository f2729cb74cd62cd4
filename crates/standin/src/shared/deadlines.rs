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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn it_fires_when_time_has_come_or_a_deadline_has_changed_until_it_is_told_to_stop() {
        let (clock, changed) = (Clock::new(), Notify::new());
        let stop = CancellationToken::new();
        let (fired, mut seen) = mpsc::unbounded_channel();
        let count = AtomicUsize::new(0);
        // One deadline in an hour, then none.
        let fire = || {
            let first = count.fetch_add(1, Ordering::SeqCst) == 0;
            let due = clock.now() + Duration::from_secs(3600);
            fired.send(first).unwrap();
            std::future::ready(first.then_some(due))
        };
        let look = async {
            assert_eq!(seen.recv().await, Some(true), "looked at when it begins");
            clock.advance(Duration::from_secs(3601));
            assert_eq!(seen.recv().await, Some(false), "the hour has passed");
            changed.notify_one();
            assert_eq!(seen.recv().await, Some(false), "there may be another one");
            stop.cancel();
        };
        tokio::join!(run(&clock, &changed, &stop, fire), look);
        assert_eq!(count.into_inner(), 3);
    }
}
