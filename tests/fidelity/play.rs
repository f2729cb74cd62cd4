//! Plays the exchanges of a file on a stand-in, in order; the first that does not fit ends it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use cutover_standin::fault::Fault;
use cutover_standin::server::Standin;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep, timeout};

use crate::answer::{self, Came};
use crate::fill::{self, Captures};
use crate::format::{Answer, Exchange, Recording};
use crate::wire::{self, Open};
use crate::{frames, socket};

/// How long one exchange may take; far more than any does.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often an answer is asked for again.
const POLL: Duration = Duration::from_millis(50);

/// A stand-in, what was captured from it, and connections that are held open.
struct Player {
    standin: Arc<dyn Standin>,
    captures: Captures,
    held: BTreeMap<String, Open>,
}

/// Plays a file. The error names the exchange, what was wanted and all that came.
pub(crate) async fn play(
    standin: Arc<dyn Standin>,
    file: &str,
    recording: &Recording,
) -> Result<(), String> {
    let addr = standin.addr();
    let captures = [
        ("key", standin.key().to_owned()),
        ("base", format!("http://{addr}")),
        ("host", addr.to_string()),
    ];
    let mut player = Player {
        standin,
        captures: captures
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .into(),
        held: BTreeMap::new(),
    };
    let mut outcome = Ok(());
    for exchange in &recording.exchanges {
        let named = |why: String| format!("{file}: {:?}: {why}", exchange.name);
        outcome = match timeout(PATIENCE, player.exchange(exchange)).await {
            Ok(outcome) => outcome.map_err(named),
            Err(_) => Err(named(format!("no answer in {} s", PATIENCE.as_secs()))),
        };
        if outcome.is_err() {
            break;
        }
    }
    player.held.clear();
    player.standin.stop().await;
    outcome
}

impl Player {
    async fn exchange(&mut self, exchange: &Exchange) -> Result<(), String> {
        if let Some(seconds) = exchange.advance {
            self.standin.clock().advance(Duration::from_secs(seconds));
        } else if let Some(id) = &exchange.kill {
            let id = fill::text(id, &self.captures)?;
            if !self.standin.kill(&id).await {
                return Err(format!("there is no sandbox {id:?} to kill"));
            }
        } else if let Some(name) = &exchange.drop {
            self.held
                .remove(name)
                .ok_or(format!("nothing is held as `{name}`"))?;
        } else if let Some(faults) = &exchange.faults {
            let faults = Fault::parse_list(faults).map_err(|error| error.to_string())?;
            self.standin.set_faults(faults);
        } else if let Some(digest) = &exchange.digest {
            let of = fill::text(&digest.of, &self.captures)?;
            let text = STANDARD_NO_PAD.encode(Sha256::digest(of));
            let text = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
            self.captures.insert(digest.name.clone(), json!(text));
        } else {
            let seconds = exchange.until.map_or(0, |until| until.seconds);
            let last = Instant::now() + Duration::from_secs(seconds);
            loop {
                match self.ask(exchange).await {
                    Err(_) if Instant::now() < last => sleep(POLL).await,
                    outcome => return outcome,
                }
            }
        }
        Ok(())
    }

    async fn ask(&mut self, exchange: &Exchange) -> Result<(), String> {
        if let Some(wanted) = &exchange.websocket {
            return socket::play(self.standin.addr(), wanted, &self.captures).await;
        }
        let wanted = exchange.answer.as_ref().ok_or("no answer")?;
        let mut open = match (&exchange.send, &exchange.rest_of) {
            (Some(request), _) => wire::send(self.standin.addr(), request, &self.captures).await?,
            (_, Some(name)) => self
                .held
                .remove(name)
                .ok_or(format!("nothing is held as `{name}`"))?,
            _ => return Err("nothing to ask".to_owned()),
        };
        let came = answer::read(&mut open, wanted, exchange.hold.is_some())
            .await
            .map_err(|why| format!("{why}\nwhat came: {}", open.head()))?;
        answer::check(&open, &came, wanted, &self.captures)
            .map_err(|why| mismatch(&why, wanted, &open, &came))?;
        for (name, from) in &exchange.capture {
            let value = answer::capture(&open, &came, from)
                .map_err(|why| mismatch(&why, wanted, &open, &came))?;
            self.captures.insert(name.clone(), value);
        }
        if let Some(name) = &exchange.hold {
            self.held.insert(name.clone(), open);
        }
        Ok(())
    }
}

/// What was wanted and what came, whole.
fn mismatch(why: &str, wanted: &Answer, open: &Open, came: &Came) -> String {
    let (head, body) = (open.head(), frames::escaped(&came.bytes));
    format!("{why}\nwanted: {wanted:?}\nwhat came: {head}\n\n{body}")
}
