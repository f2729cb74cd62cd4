//! Builds of templates, as tests ask for them.

use serde_json::{Value, json};

use crate::support::{Made, World, answer, end, output, until};

/// A hash of the right shape.
pub(crate) fn hash(number: u8) -> String {
    format!("{number:02x}").repeat(32)
}

/// A tar of paths and contents.
pub(crate) fn tar_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A build that was requested.
pub(crate) struct Asked {
    pub(crate) template: String,
    pub(crate) build: String,
}

impl World {
    pub(crate) async fn request(&self, body: Value) -> Asked {
        let (status, asked) = self.post("/v3/templates", body).await;
        assert_eq!(status, 202, "{asked}");
        Asked {
            template: asked["templateID"].as_str().unwrap().to_owned(),
            build: asked["buildID"].as_str().unwrap().to_owned(),
        }
    }

    pub(crate) async fn upload(&self, asked: &Asked, hash: &str, tar: Vec<u8>) -> (u16, Value) {
        let path = format!("/templates/{}/files/{hash}", asked.template);
        let (status, link) = self.get(&path).await;
        assert_eq!(status, 201, "{link}");
        let url = link["url"].as_str().unwrap();
        answer(self.client.put(url).body(tar)).await
    }

    pub(crate) async fn begin(&self, asked: &Asked, body: Value) -> (u16, Value) {
        let path = format!("/v2/templates/{}/builds/{}", asked.template, asked.build);
        self.post(&path, body).await
    }

    pub(crate) async fn status(&self, asked: &Asked) -> Value {
        let path = format!(
            "/templates/{}/builds/{}/status",
            asked.template, asked.build
        );
        let (status, answer) = self.get(&path).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Starts a build and waits for its end.
    pub(crate) async fn build(&self, asked: &Asked, body: Value) -> Value {
        let (status, refusal) = self.begin(asked, body).await;
        assert_eq!((status, &refusal), (202, &Value::Null));
        self.ended(asked).await
    }

    pub(crate) async fn ended(&self, asked: &Asked) -> Value {
        until("the build ends", async || {
            let status = self.status(asked).await;
            status["status"] == "ready" || status["status"] == "error"
        })
        .await;
        self.status(asked).await
    }

    /// Whether this machine has sandboxes in which templates are built.
    pub(crate) async fn builds_here(&self) -> bool {
        let asked = self.request(json!({"name": "probe"})).await;
        let ended = self.build(&asked, json!({"fromImage": "x"})).await;
        ended["status"] == "ready"
    }

    pub(crate) async fn says(&self, made: &Made, script: &str) -> String {
        let messages = self.run(made, script).await;
        let said = output(&messages, "stdout");
        assert_eq!(
            end(&messages)["status"],
            "exit status 0",
            "{script}: {said}"
        );
        said
    }
}

pub(crate) fn messages(status: &Value) -> Vec<String> {
    let entries = status["logEntries"].as_array().unwrap().iter();
    let text = |entry: &Value| entry["message"].as_str().unwrap().to_owned();
    entries.map(text).collect()
}

pub(crate) fn reason(status: &Value) -> &str {
    assert_eq!(status["status"], "error", "{status}");
    status["reason"]["message"].as_str().unwrap()
}

pub(crate) fn run(command: &str) -> Value {
    json!({"type": "RUN", "args": [command]})
}
