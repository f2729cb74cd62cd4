//! Answers whose form is right and whose content is not: JSON and streams.

use super::ways::{AFTER_START, JSON, STREAM, Way, whole};

pub(super) fn of_json() -> Vec<Way> {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_object = format!("{}1{}", "{\"a\":".repeat(5000), "}".repeat(5000));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("null", b"null".to_vec()),
        ("a text", b"\"ok\"".to_vec()),
        ("a number", b"200".to_vec()),
        ("NaN", br#"{"exitCode":NaN,"result":"x","sandboxID":NaN,"id":NaN}"#.to_vec()),
        ("a list of values", br#"["i1","running"]"#.to_vec()),
        ("a list of empty objects", b"[{}]".to_vec()),
        ("a list of lists", b"[[]]".to_vec()),
        ("deep lists", deep.into_bytes()),
        ("deep objects", deep_object.into_bytes()),
        (
            "wrong types",
            br#"{"sandboxID":7,"id":7,"exitCode":"0","result":{},"entry":[],"entries":{},"items":{},"files":"x","cmdId":7}"#.to_vec(),
        ),
        (
            "keys that stand twice",
            br#"{"sandboxID":"i1","sandboxID":"i2","id":"i1","id":"i2","exitCode":0,"result":"a","result":"b","entry":{"name":"a","path":"/a"},"entry":{"name":"b","path":"/b"},"entries":[],"entries":[],"items":[],"items":[],"files":[],"files":[],"cmdId":"a","cmdId":"b"}"#.to_vec(),
        ),
        (
            "more behind it",
            br#"{"sandboxID":"i1","id":"i1","state":"started","exitCode":0,"result":"a","entry":{"name":"a","path":"/a"},"items":[],"cmdId":"c"} trailing"#.to_vec(),
        ),
        (
            "no end",
            br#"{"sandboxID":"i1","id":"i1","state":"started","exitCode":0,"result":"a","cmdId":"c""#.to_vec(),
        ),
        ("a mark of byte order", b"\xef\xbb\xbf{\"sandboxID\":\"i1\",\"id\":\"i1\",\"exitCode\":0,\"result\":\"\"}".to_vec()),
        ("UTF-16", "{\"id\":\"i1\"}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("bytes that are no UTF-8", b"{\"id\":\"\xff\xfe\",\"sandboxID\":\"\xff\"}".to_vec()),
        ("half a pair", br#"{"id":"\ud800","sandboxID":"\ud800","entry":{"name":"\ud800"}}"#.to_vec()),
        ("a number without an end", format!("{{\"exitCode\":{}}}", "9".repeat(10_000)).into_bytes()),
        ("another sandbox", br#"{"sandboxID":"i9","id":"","state":"running"}"#.to_vec()),
        ("a list with a sandbox without an id", br#"[{"sandboxID":""}]"#.to_vec()),
        ("a home without a name", br#"{"dir":"","entry":{"path":"/home/me"}}"#.to_vec()),
        ("a home that is nowhere", br#"{"dir":"home/me","entry":{"name":"me"}}"#.to_vec()),
        ("an error as a success", br#"{"statusCode":500,"code":500,"message":"An unexpected error occurred."}"#.to_vec()),
    ];
    let mut ways: Vec<Way> = bodies
        .into_iter()
        .map(|(name, body)| whole(format!("JSON: {name}"), 0, JSON, body))
        .collect();
    let again = format!("{JSON}X-Next-Token: again\r\n");
    let items = r#"{"items":[{"id":"i1","state":"started"}],"nextCursor":"again"}"#;
    for (form, body) in [("a list", r#"[{"sandboxID":"i1"}]"#), ("items", items)] {
        let name = format!("JSON: {form} that leads to itself");
        ways.push(whole(name, 0, &again, body));
    }
    ways
}

/// A stream of these frames: flags and payload.
fn frames(frames: &[(u8, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (flags, payload) in frames {
        out.push(*flags);
        out.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes());
        out.extend_from_slice(payload.as_bytes());
    }
    out
}

pub(super) fn of_streams() -> Vec<Way> {
    let start = r#"{"event":{"start":{"pid":7}}}"#;
    let end = r#"{"event":{"end":{"exited":true,"status":"exit status 0"}}}"#;
    let out = r#"{"event":{"data":{"stdout":"aGkK"}}}"#;
    let streams: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("half a head", vec![0, 0]),
        ("a length of 4 GiB", vec![0, 0xff, 0xff, 0xff, 0xff, b'{']),
        ("a compressed frame", frames(&[(1, start)])),
        ("flags of nobody", frames(&[(4, start)])),
        ("only a trailer", frames(&[(2, "{}")])),
        (
            "output before its start",
            frames(&[(0, out), (0, start), (0, end), (2, "{}")]),
        ),
        (
            "a start without a pid",
            frames(&[(0, r#"{"event":{"start":{}}}"#), (2, "{}")]),
        ),
        (
            "a code of nobody",
            frames(&[(2, r#"{"error":{"code":"gone_fishing","message":"no"}}"#)]),
        ),
        (
            "an error without a code",
            frames(&[(2, r#"{"error":{"message":"no"}}"#)]),
        ),
        (
            "a known code with words of another service",
            frames(&[(
                2,
                r#"{"error":{"code":"not_found","message":"no such route"}}"#,
            )]),
        ),
        ("an event that is no JSON", frames(&[(0, "boom")])),
        ("an event that is deep", frames(&[(0, &"[".repeat(50_000))])),
    ];
    let mut ways: Vec<Way> = streams
        .into_iter()
        .map(|(name, body)| whole(format!("stream: {name}"), 0, STREAM, body))
        .collect();
    // What goes wrong only after a start that is in order: a background process has begun then.
    for (name, body) in [
        (
            "a trailer that is no JSON",
            frames(&[(0, start), (2, "<html>")]),
        ),
        (
            "a trailer that is a list",
            frames(&[(0, start), (0, end), (2, "[null]")]),
        ),
        (
            "a failure of the service behind a start",
            frames(&[
                (0, start),
                (2, r#"{"error":{"code":"internal","message":"boom"}}"#),
            ]),
        ),
        ("no end of the process", frames(&[(0, start), (2, "{}")])),
        ("no trailer", frames(&[(0, start), (0, end)])),
        (
            "more after the end",
            frames(&[(0, start), (0, end), (0, out), (2, "{}")]),
        ),
        (
            "two ends",
            frames(&[(0, start), (0, end), (0, end), (2, "{}")]),
        ),
        (
            "an end that says nothing",
            frames(&[(0, start), (0, r#"{"event":{"end":{}}}"#), (2, "{}")]),
        ),
        (
            "output that is no base64",
            frames(&[
                (0, start),
                (0, r#"{"event":{"data":{"stdout":"%%"}}}"#),
                (2, "{}"),
            ]),
        ),
        ("bytes behind the trailer", {
            let mut body = frames(&[(0, start), (0, out), (2, "{}")]);
            body.extend_from_slice(b"more");
            body
        }),
    ] {
        ways.push(whole(format!("{AFTER_START}: {name}"), 0, STREAM, body));
    }
    ways
}
