//! An MCP client over lines, connected to a server in this process.

use std::collections::HashMap;

use cutover_js::{Object, Text, Value, json};
use cutover_mcp::{Settings, serve};
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf, duplex,
    split,
};
use tokio::task::JoinSet;

pub(crate) struct Client {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    write: WriteHalf<DuplexStream>,
    last: u32,
    /// Answers that came before anybody waited for them, by id.
    early: HashMap<u32, Value>,
    /// Ends with the client.
    server: JoinSet<()>,
}

impl Client {
    /// A client of a new server, and what that answered to `initialize`.
    pub(crate) async fn start(settings: Settings) -> (Self, Value) {
        let (ours, theirs) = duplex(64 * 1024);
        let (read, write) = split(theirs);
        let mut server = JoinSet::new();
        server.spawn(async move { serve(read, write, &settings).await });
        let (read, write) = split(ours);
        let mut client = Self {
            lines: BufReader::new(read).lines(),
            write,
            last: 0,
            early: HashMap::new(),
            server,
        };
        let params = r#"{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"replay","version":"1"}}"#;
        let params = json::parse(params.as_bytes()).unwrap();
        let answer = client.ask("initialize", Some(params)).await;
        client
            .line(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
            .await;
        (client, answer)
    }

    /// Hangs up, and waits until the server has ended by itself.
    pub(crate) async fn hang_up(self) {
        let Self {
            lines,
            write,
            mut server,
            ..
        } = self;
        drop((lines, write));
        server.join_next().await.unwrap().unwrap();
    }

    pub(crate) async fn line(&mut self, line: &str) {
        self.write.write_all(line.as_bytes()).await.unwrap();
        self.write.write_all(b"\n").await.unwrap();
    }

    /// Sends a request; its id.
    pub(crate) async fn send(&mut self, method: &str, params: Option<Value>) -> u32 {
        self.last += 1;
        let mut request = Object::new();
        request.insert("jsonrpc", Text::from("2.0"));
        request.insert("id", Value::Number(self.last.into()));
        request.insert("method", Text::from(method));
        if let Some(params) = params {
            request.insert("params", params);
        }
        self.line(&json::stringify(&request.into())).await;
        self.last
    }

    /// The answer to a request, without `jsonrpc` and `id`.
    pub(crate) async fn answer(&mut self, id: u32) -> Value {
        loop {
            if let Some(answer) = self.early.remove(&id) {
                return answer;
            }
            let line = self.lines.next_line().await.unwrap();
            let line = line.expect("the server answers");
            let Value::Object(mut answer) = json::parse(line.as_bytes()).unwrap() else {
                panic!("an answer is an object: {line}");
            };
            assert_eq!(
                answer.remove("jsonrpc"),
                Some(Value::from(Text::from("2.0")))
            );
            let Some(Value::Number(of)) = answer.remove("id") else {
                panic!("an answer has an id: {line}");
            };
            let of = (1..=self.last).find(|id| Value::from(*id) == Value::from(of));
            let of = of.expect("the id is one that was sent");
            assert!(
                self.early.insert(of, answer.into()).is_none(),
                "answered twice"
            );
        }
    }

    pub(crate) async fn ask(&mut self, method: &str, params: Option<Value>) -> Value {
        let id = self.send(method, params).await;
        self.answer(id).await
    }

    /// The answer to a request, or none where a later `ping` is answered before it.
    pub(crate) async fn ask_or_nothing(
        &mut self,
        method: &str,
        params: Option<Value>,
    ) -> Option<Value> {
        let id = self.send(method, params).await;
        self.ask("ping", None).await;
        self.early.remove(&id)
    }
}
