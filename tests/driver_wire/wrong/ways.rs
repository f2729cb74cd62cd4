//! The ways in which an answer can be wrong.

use super::payloads::{of_json, of_streams};

/// A wrong answer.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) name: String,
    pub(crate) answer: Answer,
}

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A whole answer: status, header lines, body. Status 0 is the status of success of the route.
    Whole(u16, String, Vec<u8>),
    /// These bytes, then the end.
    Raw(Vec<u8>),
    /// These bytes, then these again and again.
    Forever(Vec<u8>, Vec<u8>),
    /// Nothing, and the connection stays.
    Silence,
    /// Nothing, and the connection is closed before the request is read.
    Shut,
}

pub(super) const JSON: &str = "Content-Type: application/json\r\n";
pub(super) const STREAM: &str = "Content-Type: application/connect+json\r\n";
const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";
const TEXT: &str = "Content-Type: text/plain; charset=utf-8\r\n";

const OTHER_SERVICE: &str = r#"{"error":{"code":"NOT_FOUND","message":"no such route"}}"#;
const PORTAL: &str = "<!doctype html><html><title>Sign in to the network</title></html>";

pub(super) fn whole(
    name: impl Into<String>,
    status: u16,
    headers: &str,
    body: impl AsRef<[u8]>,
) -> Way {
    Way {
        name: name.into(),
        answer: Answer::Whole(status, headers.to_owned(), body.as_ref().to_vec()),
    }
}

fn raw(name: &str, bytes: impl AsRef<[u8]>) -> Way {
    Way {
        name: name.to_owned(),
        answer: Answer::Raw(bytes.as_ref().to_vec()),
    }
}

fn forever(name: &str, head: &str, again: impl AsRef<[u8]>) -> Way {
    Way {
        name: name.to_owned(),
        answer: Answer::Forever(head.as_bytes().to_vec(), again.as_ref().to_vec()),
    }
}

/// All ways. `elsewhere` is another server, to which a redirect leads.
pub(crate) fn all(elsewhere: &str) -> Vec<Way> {
    let mut ways = Vec::new();
    ways.extend(of_statuses());
    ways.extend(of_bodies());
    ways.extend(of_redirects(elsewhere));
    ways.extend(of_connections());
    ways.extend(of_json());
    ways.extend(of_streams());
    ways
}

fn of_statuses() -> Vec<Way> {
    let statuses = [
        400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 418, 421,
        422, 423, 424, 425, 426, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 507, 508,
        511, 520, 521, 522, 523, 524, 525, 526, 530, 599,
    ];
    let mut ways: Vec<Way> = statuses
        .into_iter()
        .map(|status| {
            let name = format!("{status} with JSON of another service");
            whole(name, status, JSON, OTHER_SERVICE)
        })
        .collect();
    for status in [200, 400, 403, 404, 413, 502, 503, 511] {
        ways.push(whole(format!("{status} with a page"), status, HTML, PORTAL));
    }
    for status in [400, 401, 403, 404, 408, 409, 410, 413, 500, 502, 503, 507] {
        ways.push(whole(format!("{status} without a body"), status, "", ""));
        let name = format!("{status} with a word");
        ways.push(whole(name, status, TEXT, "upstream request timeout"));
    }
    ways
}

fn of_bodies() -> Vec<Way> {
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff];
    let encoded = |how: &str| format!("{JSON}Content-Encoding: {how}\r\n");
    let file = |how: &str| {
        format!("Content-Disposition: inline; filename=f\r\nContent-Encoding: {how}\r\n")
    };
    vec![
        whole("success without a body", 0, "", ""),
        whole("success without a body that says JSON", 0, JSON, ""),
        whole("202 without a body", 202, "", ""),
        whole("204", 204, "", ""),
        whole("205", 205, "", ""),
        whole("206 with a part", 206, TEXT, "part"),
        whole(
            "207 with XML",
            207,
            "Content-Type: text/xml\r\n",
            "<d:multistatus/>",
        ),
        whole("success with a page", 0, HTML, PORTAL),
        whole("success with an error page that says JSON", 0, JSON, PORTAL),
        whole(
            "success with JSON of another service",
            0,
            JSON,
            OTHER_SERVICE,
        ),
        whole("success with a health check", 0, JSON, r#"{"status":"ok"}"#),
        whole(
            "success with JSON that says text",
            0,
            TEXT,
            r#"{"id":"i1"}"#,
        ),
        whole(
            "success with an image",
            0,
            "Content-Type: image/png\r\n",
            b"\x89PNG\r\n\x1a\n",
        ),
        whole(
            "success with bytes",
            0,
            "Content-Type: application/octet-stream\r\n",
            [0_u8, 159, 146, 150],
        ),
        whole("success with broken gzip", 0, &encoded("gzip"), gzip),
        whole("a file in broken gzip", 0, &file("gzip"), gzip),
        whole(
            "a file in broken deflate",
            0,
            &file("deflate"),
            [0x78_u8; 100],
        ),
        whole("a file in no deflate", 0, &file("deflate"), "as it is"),
        whole("a file in brotli", 0, &file("br"), [0x0b_u8, 0x02, 0x80]),
        whole(
            "success with a bomb of deflate",
            0,
            &encoded("deflate"),
            vec![0x78; 100_000],
        ),
        whole(
            "success with brotli",
            0,
            &encoded("br"),
            [0x0b_u8, 0x02, 0x80],
        ),
        whole(
            "success with zstd",
            0,
            &encoded("zstd"),
            [0x28_u8, 0xb5, 0x2f, 0xfd],
        ),
        whole(
            "a multipart answer of somebody else",
            0,
            "Content-Type: multipart/mixed; boundary=x\r\n",
            "--x\r\n\r\nhi\r\n--x--\r\n",
        ),
        whole(
            "a multipart answer that breaks off",
            0,
            "Content-Type: multipart/form-data; boundary=x\r\n",
            "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nhi",
        ),
    ]
}

fn of_redirects(elsewhere: &str) -> Vec<Way> {
    let mut ways = Vec::new();
    for status in [300, 301, 302, 303, 307, 308] {
        let headers = format!("Location: {elsewhere}/login\r\n");
        ways.push(whole(
            format!("{status} to elsewhere"),
            status,
            &headers,
            "",
        ));
    }
    ways.push(whole("302 to itself", 302, "Location: \r\n", ""));
    ways.push(whole("304", 304, "", ""));
    ways
}

fn of_connections() -> Vec<Way> {
    let head = "HTTP/1.1 200 OK\r\n";
    vec![
        Way {
            name: "silence".to_owned(),
            answer: Answer::Silence,
        },
        Way {
            name: "closed at once".to_owned(),
            answer: Answer::Shut,
        },
        raw("closed after the request", ""),
        raw("garbage", [0xff_u8, 0xfe, 0, 1, 2, 3, 13, 10, 13, 10]),
        raw("an answer of HTTP/0.9", "<html>hello</html>"),
        raw("a version that is not there", "HTTP/9.9 200 OK\r\n\r\n"),
        raw("another protocol", "SSH-2.0-OpenSSH_9.2\r\n"),
        raw("a status that is no number", "HTTP/1.1 abc OK\r\n\r\n"),
        raw("a status out of range", "HTTP/1.1 1000 OK\r\n\r\n"),
        raw("an alert of TLS", [0x15_u8, 3, 3, 0, 2, 2, 0x28]),
        raw(
            "a header without a colon",
            format!("{head}nonsense\r\n\r\n"),
        ),
        raw("a NUL in a header", format!("{head}A: b\0c\r\n\r\n")),
        raw(
            "headers that break off",
            format!("{head}Content-Type: appl"),
        ),
        raw(
            "a length that is no number",
            format!("{head}Content-Length: ten\r\n\r\n{{}}"),
        ),
        raw(
            "a length below zero",
            format!("{head}Content-Length: -1\r\n\r\n{{}}"),
        ),
        raw(
            "two lengths",
            format!("{head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{{}}"),
        ),
        raw(
            "a body shorter than its length",
            format!("{head}{JSON}Content-Length: 1000\r\n\r\n{{\"id\":\"i1\""),
        ),
        raw(
            "a chunk that breaks off",
            format!("{head}{JSON}Transfer-Encoding: chunked\r\n\r\nff\r\n{{\"id\""),
        ),
        raw(
            "a chunk without a size",
            format!("{head}{JSON}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n"),
        ),
        raw(
            "chunks without their end",
            format!("{head}{JSON}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n"),
        ),
        raw(
            "a stream that breaks off",
            format!("{head}{STREAM}Content-Length: 1000\r\n\r\n\0\0\0\0\x20{{\"event\""),
        ),
        forever("headers that drip", head, "X"),
        forever("headers without an end", head, "X-More: and more\r\n"),
        forever(
            "steps on the way without an end",
            "",
            "HTTP/1.1 102 Processing\r\n\r\n",
        ),
        forever(
            "a string without an end",
            &format!("{head}{JSON}\r\n{{\"result\":\""),
            "and so on ",
        ),
        forever("a page without an end", &format!("{head}{HTML}\r\n"), "<p>"),
        forever(
            "an error without an end",
            &format!("HTTP/1.1 500 No\r\n{TEXT}\r\n"),
            "and so on ",
        ),
        forever(
            "a file without an end",
            &format!("{head}Content-Disposition: inline; filename=f\r\n\r\n"),
            "and so on ",
        ),
        forever(
            "a stream without an end",
            &format!("{head}{STREAM}\r\n"),
            b"\0\0\0\0\x02{}",
        ),
    ]
}

/// How the names of ways begin in which a process starts before they go wrong.
pub(crate) const AFTER_START: &str = "after a start";
