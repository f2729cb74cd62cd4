//! A hundred sandboxes at once, by ten clients at once.

use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::child::{Served, until};
use crate::client::{BOTH, Caller};
use crate::{Case, isolated};

pub(crate) const CASES: &[Case] = &[isolated("a_hundred_sandboxes_by_ten_clients", hundred)];

const CLIENTS: usize = 10;
const SANDBOXES_EACH: usize = 10;

/// Each client makes ten sandboxes, and all hundred stand before the first is used.
fn hundred(runtime: &Runtime, engine: &str) {
    let served = Served::start(&["both", "--engine", engine]);
    let (mounts, descriptors) = (served.mounts(), served.descriptors());
    runtime.block_on(async {
        for provider in BOTH {
            let watch = Caller::new(&served, provider);
            let all_stand = std::sync::Arc::new(tokio::sync::Barrier::new(CLIENTS + 1));
            let all_used = std::sync::Arc::new(tokio::sync::Barrier::new(CLIENTS + 1));
            let mut clients = JoinSet::new();
            for client in 0..CLIENTS {
                let caller = Caller::new(&served, provider);
                let (stand, used) = (all_stand.clone(), all_used.clone());
                clients.spawn(async move {
                    let mut made = Vec::new();
                    for _ in 0..SANDBOXES_EACH {
                        made.push(caller.create().await);
                    }
                    stand.wait().await;
                    for (index, sandbox) in made.iter().enumerate() {
                        let text = format!("{client}/{index}");
                        let path = "/home/user/note";
                        let sent = caller.upload(sandbox, path, text.clone().into());
                        let status = sent.send().await.unwrap().status();
                        assert!(status.is_success(), "{status}");
                        let seen = caller.execute(sandbox, &format!("cat {path}")).await;
                        assert_eq!(seen, text, "no other sandbox's file");
                        let script = format!("printf %s more >> {path}; chmod a+r {path}");
                        caller.execute(sandbox, &script).await;
                        let read = caller.read(sandbox, path).await;
                        assert_eq!(read.status(), 200);
                        assert_eq!(read.text().await.unwrap(), format!("{text}more"));
                    }
                    used.wait().await;
                    for sandbox in &made {
                        let status = caller.kill(sandbox).await;
                        assert!((200..300).contains(&status), "{status}");
                    }
                });
            }
            let counter = watch.clone();
            clients.spawn(async move {
                all_stand.wait().await;
                assert_eq!(counter.count().await, CLIENTS * SANDBOXES_EACH);
                all_used.wait().await;
            });
            // The first that fails ends the test; the others may be waiting for it.
            while let Some(ended) = clients.join_next().await {
                ended.unwrap();
            }
            let began = std::time::Instant::now();
            while watch.count().await > 0 {
                assert!(began.elapsed() < crate::child::PATIENCE, "{provider:?}");
            }
            until("no process is left", || served.children() == 0).await;
            assert_eq!(served.mounts(), mounts);
            // Connections of clients may still be closing; what a sandbox held may not stay.
            until("no descriptor of a sandbox is left", || {
                served.descriptors() < descriptors + CLIENTS * SANDBOXES_EACH / 2
            })
            .await;
        }
    });
    assert!(served.peak_kib() < 160 * 1024, "{} KiB", served.peak_kib());
    served.stop();
}
