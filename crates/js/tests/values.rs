//! Values in general: what holds for all of them, tried on many (proptest), and values that are
//! nested deeper than any stack.

use cutover_js::{Object, Text, Value, json};
use proptest::prelude::*;

const DEPTH: usize = 100_000;

/// Strings of which many have surrogates without a partner.
fn text() -> impl Strategy<Value = Text> {
    let unit = prop_oneof![0_u16..0x80, 0xd800_u16..0xe000, any::<u16>()];
    prop::collection::vec(unit, 0..12).prop_map(|units| Text::from_units(&units))
}

fn number() -> impl Strategy<Value = f64> {
    let finite = any::<f64>().prop_filter("JSON has no others", |number| number.is_finite());
    // Of -0 only 0 is left when it is written.
    prop_oneof![finite, (-1000..1000).prop_map(f64::from)].prop_map(|number| number + 0.0)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        let key = prop_oneof![text(), (0_u32..20).prop_map(|key| key.to_string().into())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..6)
                .prop_map(|members| members.into_iter().collect::<Object>().into()),
        ]
    })
}

/// Whether another reader of JSON has the same value. Its numbers may be off by the last bit.
fn same(value: &Value, other: &serde_json::Value) -> bool {
    match (value, other) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(value), serde_json::Value::Bool(other)) => value == other,
        (Value::Number(value), serde_json::Value::Number(other)) => {
            let close = |other: f64| (value - other).abs() <= value.abs() * f64::EPSILON;
            other.as_f64().is_some_and(close)
        }
        (Value::String(value), serde_json::Value::String(other)) => *value == other.as_str(),
        (Value::Array(value), serde_json::Value::Array(other)) => {
            value.len() == other.len() && value.iter().zip(other).all(|(v, o)| same(v, o))
        }
        (Value::Object(value), serde_json::Value::Object(other)) => {
            let member = |(key, value): (&Text, &Value)| {
                key.as_str()
                    .and_then(|key| other.get(key))
                    .is_some_and(|other| same(value, other))
            };
            value.len() == other.len() && value.iter().all(member)
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(value in value()) {
        let written = json::stringify(&value);
        prop_assert_eq!(json::parse(written.as_bytes()).unwrap(), value);
    }

    #[test]
    fn another_reader_reads_the_same(value in value()) {
        let written = json::stringify(&value);
        match serde_json::from_str(&written) {
            Ok(read) => prop_assert!(same(&value, &read), "{}", written),
            // The other has no strings with half a character.
            Err(error) => prop_assert!(written.contains("\\ud"), "{error} {written}"),
        }
    }

    #[test]
    fn what_another_reader_accepts_is_accepted_and_nothing_else(
        text in "[\\[\\]{}:,\"\\\\ a0-9.eEtrunlsf+-]{0,12}",
    ) {
        let there = serde_json::from_str::<serde_json::Value>(&text);
        match (json::parse(text.as_bytes()), there) {
            (Ok(here), Ok(there)) => prop_assert!(same(&here, &there)),
            (Err(_), Err(_)) => {}
            // The other refuses numbers beyond all floats.
            (Ok(_), Err(error)) => prop_assert!(error.to_string().contains("out of range")),
            (Err(error), Ok(_)) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Err(error) = json::parse(&bytes) {
            prop_assert!(error.to_string().contains("JSON"));
        }
    }
}

#[test]
fn depth_is_bounded_by_memory_only() {
    for (open, middle, close) in [
        ("[", "1", "]"),
        ("{\"a\":", "1", "}"),
        ("[{\"a\":[", "", "]}]"),
    ] {
        let text = [open.repeat(DEPTH), middle.to_owned(), close.repeat(DEPTH)].concat();
        let value = json::parse(text.as_bytes()).unwrap();
        assert_eq!(json::stringify(&value), text);
        assert!(value == value.clone());
        assert!(!format!("{value:?}").is_empty());
        let left = value.to_js_string();
        assert!(left == middle || left == "[object Object]");
        let unclosed = [open.repeat(DEPTH), "x".to_owned()].concat();
        assert!(json::parse(unclosed.as_bytes()).is_err());
    }
}
