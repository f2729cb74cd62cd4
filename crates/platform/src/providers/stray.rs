//! Sandboxes that a provider made although it never said so: the connection broke, or its answer did.

use std::future::Future;
use std::time::Duration;

use cutover_js::Text;
use cutover_sdk::Error;

/// How often one is looked for: a provider may still be at work on it.
const LOOKS: u32 = 3;
/// Between two looks.
const APART: Duration = Duration::from_secs(1);

/// Looks for the sandboxes of an attempt and ends them. Tells whether there were any and all have
/// ended: where none is found, one may come later.
pub(super) async fn ended<Found, Ended>(
    find: impl Fn() -> Found,
    end: impl Fn(Text) -> Ended,
) -> bool
where
    Found: Future<Output = Result<Vec<Text>, Error>>,
    Ended: Future<Output = bool>,
{
    for look in 0..LOOKS {
        if look > 0 {
            tokio::time::sleep(APART).await;
        }
        let Ok(found) = find().await else {
            continue;
        };
        if found.is_empty() {
            continue;
        }
        let mut all = true;
        for id in found {
            all &= end(id).await;
        }
        return all;
    }
    false
}
