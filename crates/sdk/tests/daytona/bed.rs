//! A server with a script, and the SDK before it.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use cutover_base::secret::Secret;
use cutover_js::{Text, Value, json};
use cutover_sdk::daytona::{Config, Create, Daytona, Finals, Source};
use cutover_sdk::{Exchange, Observer};
use golden::{Answer, Heard, Server};
use indexmap::IndexMap;

/// Keeps every exchange.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Vec<Exchange>>);

impl Observer for Ledger {
    fn note(&self, exchange: Exchange) {
        self.0.lock().unwrap().push(exchange);
    }
}

impl Ledger {
    pub(crate) fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// A server that answers in order, the last answer again and again.
pub(crate) struct Bed {
    pub(crate) server: Server,
    pub(crate) ledger: Arc<Ledger>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Bed {
    /// Starts one. `${server}` in an answer is its address.
    pub(crate) async fn start(answers: Vec<Answer>) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let address = Arc::new(OnceLock::<String>::new());
        let (held, known) = (Arc::clone(&heard), Arc::clone(&address));
        let server = Server::start(move |request| {
            let mut heard: std::sync::MutexGuard<'_, Vec<Heard>> = held.lock().unwrap();
            let answer = answers[heard.len().min(answers.len() - 1)].clone();
            heard.push(request);
            filled(answer, known.get().unwrap())
        })
        .await;
        address.set(format!("http://{}", server.address)).unwrap();
        Self {
            server,
            ledger: Arc::default(),
            heard,
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.server.address)
    }

    pub(crate) fn sdk(&self) -> Daytona {
        self.sdk_at(&format!("{}/api", self.address()))
    }

    pub(crate) fn sdk_at(&self, api_url: &str) -> Daytona {
        Daytona::new(Config {
            api_key: Secret::new("DAYTONA_API_KEY", "dtn_key"),
            api_url: Some(api_url.to_owned()),
            observer: self.ledger.clone(),
        })
    }

    pub(crate) fn take_heard(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

fn filled(answer: Answer, address: &str) -> Answer {
    let fill = |text: &str| text.replace("${server}", address);
    let fill_headers = |headers: Vec<(String, String)>| {
        let filled = headers.into_iter();
        filled.map(|(name, value)| (name, fill(&value))).collect()
    };
    let fill_body = |body: Vec<u8>| match String::from_utf8(body) {
        Ok(text) => fill(&text).into_bytes(),
        Err(error) => error.into_bytes(),
    };
    match answer {
        Answer::Whole {
            status,
            headers,
            body,
        } => Answer::Whole {
            status,
            headers: fill_headers(headers),
            body: fill_body(body),
        },
        Answer::Cut {
            status,
            headers,
            body,
        } => Answer::Cut {
            status,
            headers: fill_headers(headers),
            body: fill_body(body),
        },
        Answer::Dropped => Answer::Dropped,
    }
}

/// An answer in JSON.
pub(crate) fn told(status: u16, body: &str) -> Answer {
    typed(status, "application/json", body)
}

/// An answer of a type.
pub(crate) fn typed(status: u16, kind: &str, body: &str) -> Answer {
    Answer::Whole {
        status,
        headers: vec![("content-type".to_owned(), kind.to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

/// A sandbox that has a state.
pub(crate) fn sandbox(state: &str) -> Answer {
    told(
        200,
        &format!(r#"{{"id":"s1","state":"{state}","toolboxProxyUrl":"${{server}}/toolbox"}}"#),
    )
}

/// The answer of a bulk download with one part.
pub(crate) fn part(field: &str, path: &str, kind: &str, content: &str) -> Answer {
    typed(
        200,
        "multipart/form-data; boundary=B",
        &format!(
            "--B\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{path}\"\r\n\
             Content-Type: {kind}\r\n\r\n{content}\r\n--B--\r\n"
        ),
    )
}

/// What is wanted where nothing else is.
pub(crate) fn wanted() -> Create {
    Create {
        source: Source::Default,
        env: IndexMap::new(),
        labels: IndexMap::new(),
        auto_stop_interval: 0,
        timeout: Duration::from_secs(20),
        finals: Finals::Sdk,
    }
}

pub(crate) fn member(value: &Value, name: &str) -> Option<String> {
    value.get(name).map(|it| it.to_js_string().to_string())
}

pub(crate) fn parsed(line: &str) -> Value {
    json::parse_text(&Text::from(line)).unwrap()
}
