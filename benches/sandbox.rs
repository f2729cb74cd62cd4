//! How long a namespaces sandbox takes from create to its first output (budget: 6 ms), and to its
//! end.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first surprise"
)]

use std::path::Path;
use std::sync::Arc;

use cutover_standin::engine::{
    Engine, EngineSandbox, Identity, OutputMode, Profile, SpawnRequest, StdinMode, by_name,
};
use tokio::io::AsyncReadExt;
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

fn engine(runtime: &Runtime) -> Arc<dyn Engine> {
    let helper = Path::new(env!("CARGO_BIN_EXE_cutover"));
    runtime.block_on(by_name("namespaces", helper)).unwrap()
}

async fn first_output(sandbox: &dyn EngineSandbox) {
    let request = SpawnRequest {
        argv: ["/bin/bash", "-c", "echo up"].map(str::to_owned).into(),
        env: [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into(),
        cwd: "/home/user".to_owned(),
        identity: Identity::User {
            uid: 1000,
            gid: 1000,
            groups: vec![],
        },
        stdin: StdinMode::Closed,
        output: OutputMode::TwoPipes,
        new_group: true,
    };
    let mut process = sandbox.spawn(request).await.unwrap();
    assert!(process.stdout.read(&mut [0; 16]).await.unwrap() > 0);
}

/// The sandbox is destroyed outside the measured time.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn create_to_first_output(bencher: divan::Bencher<'_, '_>) {
    let runtime = Runtime::new().unwrap();
    let engine = engine(&runtime);
    let profile = Profile::litellm("bench");
    let made = std::cell::RefCell::new(None::<Arc<dyn EngineSandbox>>);
    bencher
        .with_inputs(|| {
            if let Some(last) = made.borrow_mut().take() {
                runtime.block_on(last.destroy());
            }
        })
        .bench_local_values(|()| {
            runtime.block_on(async {
                let sandbox = engine.create(&profile).await.unwrap();
                first_output(&*sandbox).await;
                *made.borrow_mut() = Some(sandbox);
            });
        });
}

/// One command in a sandbox that stands.
#[divan::bench(sample_count = 100, sample_size = 1)]
fn command_to_first_output(bencher: divan::Bencher<'_, '_>) {
    let runtime = Runtime::new().unwrap();
    let engine = engine(&runtime);
    let sandbox = runtime
        .block_on(engine.create(&Profile::litellm("bench")))
        .unwrap();
    bencher.bench_local(|| runtime.block_on(first_output(&*sandbox)));
    runtime.block_on(sandbox.destroy());
}
