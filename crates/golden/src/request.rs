//! Recorded requests, and answers as they are recorded.

use std::net::SocketAddr;

use cutover_js::{Object, Text, Value, json};

use crate::data::{member, text};
use crate::secrets::MASTER;
use crate::wire::{Heard, ask};

/// Sends a recorded request, and gives its answer as it is recorded.
pub async fn request(endpoint: SocketAddr, http: &Value) -> Value {
    let method = http.get("method").map_or_else(|| "POST".to_owned(), text);
    let body = match http.get("json") {
        Some(json) => Some(json::stringify(json)),
        None => http.get("body").map(text),
    };
    let mut head = format!("{method} {} HTTP/1.1\r\n", text(&member(http, "path")));
    let mut header = |name: &str, value: &str| {
        head.extend([name, ": ", value, "\r\n"]);
    };
    header("host", &endpoint.to_string());
    header("connection", "close");
    match http.get("auth") {
        Some(Value::Null) => {}
        Some(auth) => header("authorization", &text(auth)),
        None => header("authorization", &format!("Bearer {MASTER}")),
    }
    if body.is_some() && http.get("type") != Some(&Value::Null) {
        let kind = http
            .get("type")
            .map_or_else(|| "application/json".to_owned(), text);
        header("content-type", &kind);
    }
    for (name, value) in member(http, "headers")
        .as_object()
        .into_iter()
        .flat_map(Object::iter)
    {
        header(&name.to_string(), &text(value));
    }
    if let Some(body) = &body {
        header("content-length", &body.len().to_string());
    }
    let request = format!("{head}\r\n{}", body.unwrap_or_default());
    match ask(endpoint, request.as_bytes()).await {
        Ok(heard) => told(&heard),
        Err(error) => {
            let mut told = Object::new();
            told.insert("error", error.to_string());
            told.into()
        }
    }
}

fn told(heard: &Heard) -> Value {
    let mut told = Object::new();
    told.insert("status", heard.word(1).parse().unwrap_or(0.0));
    let kind = heard.header("content-type");
    told.insert("type", kind.map_or(Value::Null, Value::from));
    for name in ["location", "allow"] {
        if let Some(value) = heard.header(name) {
            told.insert(name, value);
        }
    }
    let body = if kind.is_some_and(|kind| kind.contains("html")) {
        "<html page>".to_owned()
    } else {
        String::from_utf8_lossy(&heard.body).into_owned()
    };
    told.insert("body", Text::from(body));
    told.into()
}
