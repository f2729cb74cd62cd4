//! The runner's own tests: a check that cannot fail is a defect.

use indexmap::IndexMap;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::fill::{self, Captures};
use crate::format::{Exchange, Frame, Part, Recording, Row, Table};
use crate::{answer, coverage, frames, matching, multipart};

/// All of them.
pub(crate) fn trials() -> Vec<Trial> {
    let units: [(&str, fn()); 8] = [
        (
            "placeholders take their kind and nothing else",
            placeholders,
        ),
        ("JSON is exact", exact),
        ("order matters unless said", order),
        ("a mismatch says where and what", mismatch),
        ("captures are put in with their type", captures),
        ("headers are compared", headers),
        ("envelopes and forms are read as they are written", bodies),
        ("a row in no exchange is missing", rows),
    ];
    let trial = |(name, unit): (&str, fn())| {
        Trial::test(format!("runner/{name}"), move || {
            unit();
            Ok(())
        })
    };
    let mut trials: Vec<Trial> = units.map(trial).into();
    trials.push(trial(("a file that checks nothing is refused", ill_formed)));
    trials
}

fn fits(wanted: &Value, came: &Value) -> bool {
    matching::json("$", wanted, came).is_ok()
}

fn placeholders() {
    for (wanted, good, bad) in [
        (
            "<id>",
            json!("iabcdefghij0123456789"),
            json!("abcdefghij01234567890"),
        ),
        ("<id>", json!("i0000000000abcdefghij"), json!("i000")),
        (
            "<uuid>",
            json!("5e2a9f5e-6a3f-4a52-9a61-0f1b1a7c0001"),
            json!("5E2A9F5E6A3F4A529A610F1B1A7C0001"),
        ),
        (
            "<time>",
            json!("2026-01-02T03:04:05.6Z"),
            json!("2026-01-02"),
        ),
        (
            "<gotime>",
            json!("2026-01-02 03:04:05.678 +0000 UTC"),
            json!("2026-01-02T03:04:05Z"),
        ),
        (
            "<httpdate>",
            json!("Fri, 02 Jan 2026 03:04:05 GMT"),
            json!("2026-01-02T03:04:05Z"),
        ),
        ("<int>", json!(3), json!(3.5)),
        ("<int>", json!(-3), json!("3")),
        ("<number>", json!(3.5), json!("3.5")),
        ("<string>", json!(""), json!(0)),
        ("<token>", json!("a-b"), json!("")),
        ("<token>", json!("x"), json!("a b")),
        ("<matches:a+>", json!("aa"), json!("aab")),
        ("<matches:a|b>", json!("b"), json!("ab")),
        ("plain", json!("plain"), json!("plain ")),
        (
            "invalid input type <nil>",
            json!("invalid input type <nil>"),
            json!("x"),
        ),
    ] {
        assert!(fits(&json!(wanted), &good), "{wanted} {good}");
        assert!(!fits(&json!(wanted), &bad), "{wanted} {bad}");
    }
    for anything in [json!(null), json!(1), json!("x"), json!({"a": []})] {
        assert!(fits(&json!("<any>"), &anything));
    }
    assert!(matching::text("<int>", "12").is_ok());
    assert!(matching::text("<int>", "12 s").is_err());
    let unknown = matching::text("<uid>", "x").unwrap_err();
    assert!(unknown.contains("unknown placeholder"), "{unknown}");
    assert!(matching::text("<matches:(>", "(").is_err());
}

fn exact() {
    for (wanted, good, bad) in [
        (json!({"a": 1}), json!({"a": 1}), json!({"a": 1, "b": null})),
        (json!({"a": 1}), json!({"a": 1.0}), json!({})),
        (json!({"a": null}), json!({"a": null}), json!({})),
        (json!({"a": "<any>"}), json!({"a": null}), json!({})),
        (json!({"a": "<absent-or-any>"}), json!({}), json!({"b": 1})),
        (json!({"a": "<absent-or-any>"}), json!({"a": 2}), json!([])),
        (json!([1, 2]), json!([1, 2]), json!([1, 2, 3])),
        (json!([1, 2]), json!([1, 2]), json!([1])),
        (json!([]), json!([]), json!({})),
        (json!(true), json!(true), json!("true")),
        (json!(1), json!(1), json!("1")),
    ] {
        assert!(fits(&wanted, &good), "{wanted} {good}");
        assert!(!fits(&wanted, &bad), "{wanted} {bad}");
    }
}

fn order() {
    let came = json!([{"a": 1}, {"a": 2}]);
    assert!(!fits(&json!([{"a": 2}, {"a": 1}]), &came));
    let unordered = |items: Value| json!({"<unordered>": items});
    assert!(fits(&unordered(json!([{"a": 2}, {"a": 1}])), &came));
    assert!(!fits(&unordered(json!([{"a": 2}, {"a": 2}])), &came));
    assert!(!fits(&unordered(json!([{"a": 2}])), &came));
    // The first may take what the second needs.
    assert!(fits(&unordered(json!([{"a": "<int>"}, {"a": 1}])), &came));
    assert!(!fits(&json!({"<unordered>": [], "a": 1}), &json!([])));
}

fn mismatch() {
    let wanted = json!({"a": [{"b": "<uuid>"}]});
    let why = matching::json("$", &wanted, &json!({"a": [{"b": "x"}]})).unwrap_err();
    assert_eq!(why, r#"at $.a[0].b: wanted "<uuid>", came "x""#);
    let why = matching::json("$", &wanted, &json!({"a": [], "c": 1})).unwrap_err();
    assert_eq!(why, "at $.a: wanted 1 items, came 0");
    let why = matching::json("$", &json!({}), &json!({"c": [1]})).unwrap_err();
    assert_eq!(why, "at $: `c` is there and not wanted: [1]");
    assert_eq!(frames::escaped(b"a\"\n\xff"), r#"a\"\n\xff"#);
}

fn captures() {
    let captures: Captures = [("pid", json!(7)), ("id", json!("i.1"))]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
    let filled = fill::json(&json!({"a": "${pid}", "b": ["${id}!"]}), &captures).unwrap();
    assert_eq!(filled, json!({"a": 7, "b": ["i.1!"]}));
    let text = |pattern: &str| fill::text(pattern, &captures);
    assert_eq!(text("/x/${id}/${pid}").unwrap(), "/x/i.1/7");
    assert_eq!(text("$${HOME}").unwrap(), "${HOME}");
    assert_eq!(text("<matches:${id}.>").unwrap(), r"<matches:i\.1.>");
    assert!(text("${nope}").unwrap_err().contains("`nope`"));
    assert!(text("${open").is_err());
}

fn headers() {
    let mut came = axum::http::HeaderMap::new();
    came.insert("content-type", "text/plain".parse().unwrap());
    came.append("vary", "a".parse().unwrap());
    came.append("vary", "b".parse().unwrap());
    for (name, wanted, good) in [
        ("Content-Type", json!("text/plain"), true),
        ("content-type", json!("text/html"), false),
        ("content-type", Value::Null, false),
        ("vary", json!("a, b"), true),
        ("etag", Value::Null, true),
        ("etag", json!("<any>"), false),
        ("etag", json!("<absent-or-any>"), true),
    ] {
        let all = IndexMap::from([(name.to_owned(), wanted.clone())]);
        let fits = answer::headers(&came, &all, &Captures::new());
        assert_eq!(fits.is_ok(), good, "{name} {wanted}");
    }
}

fn bodies() {
    let frame = Frame {
        flags: 2,
        json: Some(json!({"a": "${b}"})),
        text: None,
    };
    let captures = Captures::from([("b".to_owned(), json!(1))]);
    let mut bytes = frames::encode(&[frame], &captures).unwrap();
    assert_eq!(bytes[..5], [2, 0, 0, 0, 7]);
    bytes.push(0);
    let taken = frames::take(&mut bytes).unwrap();
    assert_eq!(taken, Some(json!({"flags": 2, "json": {"a": 1}})));
    assert_eq!(frames::take(&mut bytes).unwrap(), None);
    assert_eq!(bytes, [0]);

    let part = Part {
        name: "file".to_owned(),
        filename: Some("/a".to_owned()),
        media: Some("x/y".to_owned()),
        text: "1\r\n2".to_owned(),
    };
    let form = multipart::encode(&[part], "B", &captures).unwrap();
    let disposition = "form-data; name=\"file\"; filename=\"/a\"";
    let parts = json!([{
        "headers": {"content-disposition": disposition, "content-type": "x/y"},
        "text": "1\r\n2",
    }]);
    assert_eq!(multipart::decode(&form, "B"), Ok(parts));
    assert!(multipart::decode(&form, "C").is_err());
    assert!(multipart::decode(&form[..form.len() - 4], "B").is_err());
    let kind = "multipart/form-data; boundary=\"a b\"; x=y";
    assert_eq!(multipart::boundary(kind), Some("a b"));
}

fn recording(exchanges: &str) -> Recording {
    let text = format!("why: w\nsource: s\nexchanges:\n{exchanges}");
    cutover::scenario::yaml::from_str(&text).unwrap()
}

fn ill_formed() {
    let check = |text: &str| recording(text).exchanges[0].check();
    let good = "- {name: a, send: {method: GET, path: /}, answer: {status: 204, empty: true}}";
    assert_eq!(check(good), Ok(()));
    for bad in [
        "- {name: a, send: {method: GET, path: /}}",
        "- {name: a, send: {method: GET, path: /}, answer: {status: 204}}",
        "- {name: a, send: {method: GET, path: /}, answer: {empty: true}}",
        "- {name: a, send: {method: GET, path: /}, answer: {status: 200, text: a, json: 1}}",
        "- {name: a, send: {method: GET, path: /}, answer: {status: 204, empty: false}}",
        "- {name: a, advance: 3, kill: b}",
        "- {name: a, advance: 3, answer: {status: 204, empty: true}}",
        "- {name: a, rest_of: b, answer: {status: 200, frames: []}}",
        "- {advance: 3}",
        "- {name: a}",
    ] {
        assert!(check(bad).is_err(), "{bad}");
    }
    let misspelt = cutover::scenario::yaml::from_str::<Exchange>("{name: a, advances: 3}");
    assert!(misspelt.is_err());
}

fn rows() {
    let shown = |row: &str, status: u16| {
        let answer = format!("{{status: {status}, empty: true}}");
        format!("- {{name: a, row: {row}, send: {{method: GET, path: /}}, answer: {answer}}}\n")
    };
    let row = |name: &str| Row {
        name: name.to_owned(),
        ..Row::default()
    };
    let missing = |rows: Vec<Row>, exchanges: &str| {
        let source = "s".to_owned();
        let files = [("f".to_owned(), recording(exchanges))];
        coverage::missing(&Table { source, rows }, &files)
    };
    let get = shown("GET /a", 200);
    let none: [String; 0] = [];
    assert_eq!(missing(vec![row("GET /a")], &get), none);
    let lacking = missing(vec![row("GET /a"), row("GET /b")], &get);
    assert_eq!(lacking, ["GET /b: no exchange shows its success"]);
    let unknown = missing(vec![row("GET /a")], &(get.clone() + &shown("GET /c", 200)));
    assert_eq!(unknown, ["f: \"GET /c\" is no row of rows.yaml"]);
    let twice = missing(vec![row("GET /a"), row("GET /a")], &get);
    assert_eq!(twice, ["a row stands twice in rows.yaml"]);

    let mut unsupported = row("GET /a");
    unsupported.unsupported = Some("no volumes".to_owned());
    assert_eq!(missing(vec![unsupported.clone()], &get).len(), 1);
    assert_eq!(missing(vec![unsupported], &shown("GET /a", 501)), none);

    let mut answers = row("GET /a");
    answers.answers = vec![200, 404, 503];
    assert_eq!(missing(vec![answers.clone()], &get).len(), 2);
    answers.unreachable = IndexMap::from([(503, "no capacity".to_owned())]);
    let both = get + &shown("GET /a", 404);
    assert_eq!(missing(vec![answers.clone()], &both), none);
    let mut refuses = row("GET /a");
    refuses.answers = vec![200, 404];
    refuses.unreachable = IndexMap::from([(200, "containers do not fork".to_owned())]);
    let refused = shown("GET /a", 404);
    assert_eq!(missing(vec![refuses.clone()], &refused), none);
    assert_eq!(
        missing(vec![refuses, row("GET /b")], &shown("GET /b", 200)).len(),
        2
    );
    let contradicts = missing(vec![answers], &(both + &shown("GET /a", 503)));
    assert_eq!(contradicts, ["GET /a: 503 is shown, and said unreachable"]);
}
