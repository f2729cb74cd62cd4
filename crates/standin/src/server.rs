//! What the two stand-ins share: options, the running server, and its control.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use cutover_base::clock::Clock;
use jiff::Timestamp;

use crate::engine::{Engine, EngineError, MEMORY_BYTES_DEFAULT};
use crate::fault::{Fault, FaultSwitch, Planted, Tamper};
use crate::request_log::RequestLog;

/// What a stand-in is started with.
#[derive(Debug, Clone)]
pub struct StandinOptions {
    /// What runs its sandboxes.
    pub engine: Arc<dyn Engine>,
    /// Its time; advance it to let sandboxes expire.
    pub clock: Clock,
    /// Port on loopback; 0 takes a free one.
    pub port: u16,
    /// The key it accepts; `None` makes one of the provider's shape.
    pub key: Option<String>,
    /// Faults from the start.
    pub faults: FaultSwitch,
    /// Plants differences.
    pub tamper: Option<Arc<dyn Tamper>>,
    /// Take the other provider's way of running a command (self-test of the judge): E2B gets the
    /// script on standard input, Daytona runs `bash -l -c`.
    pub swap_shell: bool,
    /// Whether sandboxes may reach the host's network.
    pub allow_network: bool,
    /// Memory of one sandbox, in bytes, where the engine limits it.
    pub memory_bytes_max: u64,
    /// The image of its sandboxes, where the engine has images; `None` is the built-in one.
    pub image: Option<String>,
    /// Folder in which its snapshots outlive it; with `None` they go with it, even when it is
    /// killed.
    pub state_dir: Option<PathBuf>,
    /// Where a line about every request goes.
    pub log: Option<RequestLog>,
}

impl StandinOptions {
    /// Options with everything ordinary.
    pub fn new(engine: Arc<dyn Engine>) -> Self {
        Self {
            engine,
            clock: Clock::new(),
            port: 0,
            key: None,
            faults: FaultSwitch::default(),
            tamper: None,
            swap_shell: false,
            allow_network: false,
            memory_bytes_max: MEMORY_BYTES_DEFAULT,
            image: None,
            state_dir: None,
            log: None,
        }
    }
}

/// A running stand-in. Dropping it stops the server and destroys every sandbox; awaiting
/// [`Standin::stop`] does so and returns when nothing is left.
#[async_trait]
pub trait Standin: Send + Sync + std::fmt::Debug {
    /// Where it listens.
    fn addr(&self) -> SocketAddr;

    /// The key it accepts.
    fn key(&self) -> &str;

    /// `NAME=value` settings that point the provider's official SDKs (and our driver) at it.
    fn env(&self) -> Vec<(String, String)>;

    /// Its clock.
    fn clock(&self) -> &Clock;

    /// Replaces the faults in force.
    fn set_faults(&self, faults: Vec<Fault>);

    /// What the faults that it was started with have done so far.
    fn planted(&self) -> Planted;

    /// Ids of the sandboxes that exist now.
    fn sandboxes(&self) -> Vec<String>;

    /// What is to be told of each of them.
    fn facts(&self) -> Vec<SandboxFacts>;

    /// Lets a sandbox die as if its machine had failed. False when there is none.
    async fn kill(&self, sandbox: &str) -> bool;

    /// Ends a sandbox's lifetime as if its time had come. False when there is none.
    async fn expire(&self, sandbox: &str) -> bool;

    /// Destroys every sandbox, dead ones too, and gives their number; the server goes on.
    async fn clear(&self) -> usize;

    /// Stops the server and destroys every sandbox.
    async fn stop(&self);
}

/// A sandbox as the stand-in's operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxFacts {
    /// Its id.
    pub id: String,
    /// Its name, where the provider has names.
    pub name: Option<String>,
    /// Its state, in the provider's word; `dead` when its machine has failed.
    pub state: &'static str,
    /// When it was made, on the stand-in's clock.
    pub created_at: Timestamp,
    /// When time will end, pause, stop, archive or destroy it if nobody uses it; `None` never.
    pub deadline: Option<Timestamp>,
}

/// Why a stand-in did not start.
#[derive(Debug, thiserror::Error)]
pub enum StandinError {
    /// Its port could not be bound.
    #[error("bind 127.0.0.1:{port} failed")]
    Bind {
        /// The port asked for.
        port: u16,
        /// What the operating system said.
        source: io::Error,
    },
    /// Its engine cannot be used.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
