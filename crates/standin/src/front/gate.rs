//! The front itself: what it counts, and the stand-in that its desk reaches.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use cutover_base::clock::Clock;
use cutover_base::redact::Redactor;
use cutover_base::secret::Secret;

use crate::fault::FaultSwitch;
use crate::front::wire::Wire;
use crate::request_log::RequestLog;
use crate::server::{Standin, StandinOptions};

/// The front of one stand-in.
#[derive(Debug)]
pub(crate) struct Front {
    /// The provider behind it.
    pub(crate) wire: Arc<dyn Wire>,
    /// The engine's name.
    pub(crate) engine: &'static str,
    /// The faults in force.
    pub(crate) faults: FaultSwitch,
    /// When it was started.
    pub(crate) began: Instant,
    /// Requests since the start or the last reset, those of the desk not counted.
    pub(crate) requests: AtomicU64,
    /// How many of them a fault hit.
    pub(crate) faults_hit: AtomicU64,
    /// The log, if there is one.
    pub(crate) log: Option<RequestLog>,
    /// Hides the key wherever it stands in a line.
    pub(crate) redactor: Redactor,
    /// The machine's own time, for the log.
    pub(crate) wall: Clock,
    /// Set when the stand-in stands.
    standin: OnceLock<Weak<dyn Standin>>,
}

impl Front {
    /// A front for a stand-in that is about to start with these options.
    pub(crate) fn new(wire: Arc<dyn Wire>, seen: &Seen) -> Arc<Self> {
        let key = Secret::new(wire.key_variable(), wire.key());
        let mut secrets = vec![key];
        secrets.extend(seen.log.iter().flat_map(RequestLog::secrets).cloned());
        Arc::new(Self {
            engine: seen.engine,
            faults: seen.faults.clone(),
            log: seen.log.clone(),
            wire,
            began: Instant::now(),
            requests: AtomicU64::new(0),
            faults_hit: AtomicU64::new(0),
            redactor: Redactor::new(secrets),
            wall: Clock::new(),
            standin: OnceLock::new(),
        })
    }

    /// Lets the desk reach the stand-in. It does not keep it alive.
    pub(crate) fn open(&self, standin: &Arc<dyn Standin>) {
        // It is opened once, by the function that made it.
        let _ = self.standin.set(Arc::downgrade(standin));
    }

    /// The stand-in, while it stands.
    pub(crate) fn standin(&self) -> Option<Arc<dyn Standin>> {
        self.standin.get()?.upgrade()
    }
}

/// What the front takes from the options before the stand-in consumes them.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    engine: &'static str,
    faults: FaultSwitch,
    log: Option<RequestLog>,
}

impl From<&StandinOptions> for Seen {
    fn from(options: &StandinOptions) -> Self {
        Self {
            engine: options.engine.name(),
            faults: options.faults.clone(),
            log: options.log.clone(),
        }
    }
}
