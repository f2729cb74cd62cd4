//! What passes between the platform of a case and its providers, as evidence and as a judgement.

use std::sync::{Arc, Mutex, PoisonError};

use cutover_base::clock::Clock;
use cutover_base::redact::Redactor;
use cutover_sdk::{Answer, Exchange as Passed, Observer};

use crate::call::{Failure, Provider};
use crate::driver::CallContext;
use crate::driver::seen::{Meaning, Seen, broken, stream_failure};
use crate::transcript::exchange::{Exchange, ExchangeSink, NoSink};

/// Bytes of an error body that are kept as evidence.
const ERROR_BODY_BYTES: usize = 2048;

/// Hears every exchange. Clones share what was heard.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    heard: Arc<Mutex<Heard>>,
    clock: Clock,
}

#[derive(Debug)]
struct Heard {
    sink: Arc<dyn ExchangeSink>,
    redactor: Redactor,
    /// What went wrong since a call began.
    failures: Vec<Trouble>,
    /// Sandboxes whose machine the scenario has let fail.
    excused: Vec<String>,
    /// Whether a fault that the scenario asked for is in force: what it causes is an outcome.
    fault: bool,
}

/// A failure of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) provider: Provider,
    pub(super) sandbox: Option<String>,
    pub(super) failure: Failure,
    /// Whether it is one only if the sandbox runs.
    pub(super) doubtful: bool,
}

impl Watch {
    pub(super) fn new(clock: Clock) -> Self {
        let heard = Heard {
            sink: Arc::new(NoSink),
            redactor: Redactor::noop(),
            failures: Vec::new(),
            excused: Vec::new(),
            fault: false,
        };
        Self {
            heard: Arc::new(Mutex::new(heard)),
            clock,
        }
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What passes from here on belongs to this call.
    pub(super) fn begin(&self, cx: &CallContext) {
        let mut heard = self.heard();
        heard.sink = Arc::clone(&cx.exchanges);
        heard.redactor = cx.blobs.redactor().clone();
    }

    /// What went wrong since this was last asked.
    pub(super) fn take_failures(&self) -> Vec<Trouble> {
        std::mem::take(&mut self.heard().failures)
    }

    /// From here on, what goes wrong with this sandbox is an outcome.
    pub(super) fn excuse(&self, sandbox: &str) {
        self.heard().excused.push(sandbox.to_owned());
    }

    /// Says whether a fault is in force that the scenario asked for.
    pub(super) fn set_fault(&self, in_force: bool) {
        self.heard().fault = in_force;
    }
}

impl Observer for Watch {
    fn note(&self, passed: Passed) {
        let Some(provider) = Provider::ALL
            .into_iter()
            .find(|provider| provider.name() == passed.provider)
        else {
            return;
        };
        let mut heard = self.heard();
        let excused = |id: &String| heard.excused.contains(id);
        if !heard.fault
            && !passed.sandbox_id.as_ref().is_some_and(excused)
            && let Some((failure, doubtful)) = failure(provider, &passed)
        {
            let failure = Failure::new(failure.class, heard.redactor.text(&failure.message));
            heard.failures.push(Trouble {
                provider,
                sandbox: passed.sandbox_id.clone(),
                failure,
                doubtful,
            });
        }
        let exchange = evidence(provider, &passed, &heard.redactor, &self.clock);
        let sink = Arc::clone(&heard.sink);
        drop(heard);
        sink.record(exchange);
    }
}

/// The failure in an exchange, where the provider did not do its work; and whether only the control
/// plane can tell.
fn failure(provider: Provider, passed: &Passed) -> Option<(Failure, bool)> {
    let (failure, doubtful) = match &passed.answer {
        Answer::Whole { status, body } => {
            let seen = Seen {
                provider,
                operation: passed.operation,
                status: *status,
                body,
            };
            match seen.meaning() {
                Meaning::Done => return None,
                Meaning::Failed(failure) => (failure, false),
                Meaning::Doubtful(failure) => (failure, true),
            }
        }
        Answer::StreamError { code, message } => (stream_failure(code, message), false),
        // A sandbox that dies takes its connections with it.
        Answer::Broken { reason, .. } => (broken(reason), passed.sandbox_id.is_some()),
    };
    failure.class.is_error().then_some((failure, doubtful))
}

fn evidence(provider: Provider, passed: &Passed, redactor: &Redactor, clock: &Clock) -> Exchange {
    let took = jiff::SignedDuration::try_from(passed.took).unwrap_or_default();
    let now = clock.now();
    let (status, body, error) = match &passed.answer {
        Answer::Whole { status, body } => (Some(*status), Some(body), None),
        Answer::StreamError { code, message } => {
            (Some(200), None, Some(format!("{code}: {message}")))
        }
        Answer::Broken { status, reason } => (*status, None, Some(reason.clone())),
    };
    let shown = |body: &bytes::Bytes| {
        let begin = redactor.beginning(&body[..body.len().min(ERROR_BODY_BYTES)]);
        String::from_utf8_lossy(&begin).into_owned()
    };
    Exchange {
        at: now.checked_sub(took).unwrap_or(now),
        provider,
        operation: passed.operation.to_owned(),
        method: passed.method.to_owned(),
        url: redactor.text(&passed.url),
        attempt: 1,
        status,
        duration_ms: u64::try_from(passed.took.as_millis()).unwrap_or(u64::MAX),
        request_headers: Vec::new(),
        response_headers: Vec::new(),
        sandbox: passed.sandbox_id.clone(),
        request_bytes: 0,
        response_bytes: 0,
        error_body: body.filter(|it| !it.is_empty()).map(shown),
        error: error.map(|it| redactor.text(&it)),
    }
}
