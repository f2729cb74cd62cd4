//! Binary protobuf to and from JSON values.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::schema::{Field, Kind, Schema};

/// Wire types.
const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const LENGTH: u32 = 2;
const FIXED32: u32 = 5;

const INVALID: &str = "proto: cannot parse invalid wire-format data";

/// Reads a message; unknown fields are passed over. The error is Go's.
pub(super) fn read(mut bytes: &[u8], schema: &Schema) -> Result<Map<String, Value>, String> {
    let mut message = Map::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let number = u32::try_from(tag >> 3).map_err(|_| INVALID)?;
        let wire = u32::try_from(tag & 7).unwrap_or(u32::MAX);
        let payload = payload(&mut bytes, wire)?;
        let Some(field) = schema.iter().find(|field| field.number == number) else {
            continue;
        };
        let Some(value) = value(field.kind, &payload, message.get(field.name))? else {
            // Another wire type than the field's: unknown as well.
            continue;
        };
        if field.one_of {
            for other in schema.iter().filter(|other| other.one_of) {
                message.remove(other.name);
            }
        }
        if field.repeated {
            let list = message.entry(field.name).or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(value);
            }
        } else {
            message.insert(field.name.to_owned(), value);
        }
    }
    Ok(message)
}

enum Payload<'bytes> {
    Number(u64),
    Bytes(&'bytes [u8]),
    Other,
}

fn payload<'bytes>(bytes: &mut &'bytes [u8], wire: u32) -> Result<Payload<'bytes>, String> {
    let length = match wire {
        VARINT => return Ok(Payload::Number(varint(bytes)?)),
        FIXED64 => 8,
        FIXED32 => 4,
        LENGTH => usize::try_from(varint(bytes)?).map_err(|_| INVALID)?,
        _ => return Err(INVALID.to_owned()),
    };
    let (payload, rest) = bytes.split_at_checked(length).ok_or(INVALID)?;
    *bytes = rest;
    Ok(if wire == LENGTH {
        Payload::Bytes(payload)
    } else {
        Payload::Other
    })
}

fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut number = 0_u64;
    for at in 0..10_u32 {
        let (first, rest) = bytes.split_first().ok_or(INVALID)?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << (7 * at);
        if first & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(INVALID.to_owned())
}

fn value(
    kind: Kind,
    payload: &Payload<'_>,
    before: Option<&Value>,
) -> Result<Option<Value>, String> {
    Ok(Some(match (kind, payload) {
        (Kind::Text, Payload::Bytes(bytes)) => json!(text(bytes)?),
        (Kind::Bytes, Payload::Bytes(bytes)) => json!(STANDARD.encode(bytes)),
        (Kind::Bool, Payload::Number(number)) => json!(*number != 0),
        (Kind::Uint32 | Kind::Enum(_), Payload::Number(number)) => {
            json!(u32::try_from(number & u64::from(u32::MAX)).unwrap_or(0))
        }
        (Kind::Sint32, Payload::Number(number)) => {
            let half = i64::try_from(number >> 1).unwrap_or(0);
            json!(if number & 1 == 0 { half } else { -half - 1 })
        }
        (Kind::Int64, Payload::Number(number)) => json!(number.cast_signed().to_string()),
        (Kind::Message(schema), Payload::Bytes(bytes)) => Value::Object(read(bytes, schema)?),
        (Kind::Map, Payload::Bytes(bytes)) => {
            let entry = read(bytes, MAP_ENTRY)?;
            let part = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
            let mut map = before.cloned().unwrap_or_else(|| json!({}));
            map[part("key")] = json!(part("value"));
            map
        }
        // Another wire type, or a timestamp, which no request has.
        _ => return Ok(None),
    }))
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "proto: string field contains invalid UTF-8".to_owned())
}

const MAP_ENTRY: &Schema = &[
    Field {
        number: 1,
        name: "key",
        kind: Kind::Text,
        repeated: false,
        one_of: false,
    },
    Field {
        number: 2,
        name: "value",
        kind: Kind::Text,
        repeated: false,
        one_of: false,
    },
];

/// Writes a message; members that the schema does not have, or not so, are left out.
pub(super) fn write(message: &Value, schema: &Schema) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in schema {
        match message.get(field.name) {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) if field.repeated => {
                for item in items {
                    put(&mut bytes, field, item);
                }
            }
            Some(value) => put(&mut bytes, field, value),
        }
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, field: &Field, value: &Value) {
    let number = |number: u64| (VARINT, number, None);
    let block = |block: Vec<u8>| (LENGTH, block.len() as u64, Some(block));
    let (wire, head, rest) = match field.kind {
        Kind::Text => block(value.as_str().unwrap_or_default().as_bytes().to_vec()),
        Kind::Bytes => {
            let text = value.as_str().unwrap_or_default();
            block(STANDARD.decode(text).unwrap_or_default())
        }
        Kind::Bool => number(u64::from(value.as_bool().unwrap_or(false))),
        Kind::Uint32 => number(value.as_u64().unwrap_or(0)),
        Kind::Sint32 => {
            let signed = value.as_i64().unwrap_or(0);
            number(((signed << 1) ^ (signed >> 63)).cast_unsigned())
        }
        Kind::Int64 => {
            let parsed = value.as_str().and_then(|text| text.parse::<i64>().ok());
            number(parsed.or(value.as_i64()).unwrap_or(0).cast_unsigned())
        }
        Kind::Enum(names) => {
            let named = names.iter().find(|(name, _)| value == name);
            number(named.map_or(0, |(_, number)| u64::from(*number)))
        }
        Kind::Message(schema) => block(write(value, schema)),
        Kind::Timestamp => block(timestamp(value.as_str().unwrap_or_default())),
        Kind::Map => {
            for (key, value) in value.as_object().into_iter().flatten() {
                let entry = write(&json!({"key": key, "value": value}), MAP_ENTRY);
                put_varint(bytes, u64::from(field.number << 3 | LENGTH));
                put_varint(bytes, entry.len() as u64);
                bytes.extend_from_slice(&entry);
            }
            return;
        }
    };
    put_varint(bytes, u64::from(field.number << 3 | wire));
    put_varint(bytes, head);
    bytes.extend(rest.into_iter().flatten());
}

fn put_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or(0));
}

/// Seconds and nanoseconds; zero ones are left out.
fn timestamp(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let at = text.parse::<Timestamp>().unwrap_or(Timestamp::UNIX_EPOCH);
    let (mut seconds, mut nanoseconds) = (at.as_second(), i64::from(at.subsec_nanosecond()));
    if nanoseconds < 0 {
        (seconds, nanoseconds) = (seconds - 1, nanoseconds + 1_000_000_000);
    }
    for (number, part) in [(1_u64, seconds), (2, nanoseconds)] {
        if part != 0 {
            put_varint(&mut bytes, number << 3);
            put_varint(&mut bytes, part.cast_unsigned());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::e2b::envd::codec::schema;

    #[test]
    fn a_request_is_read_by_its_numbers() {
        let (start, _) = schema::of("/process.Process/Start");
        // By hand after the encoding's description, with an unknown field 9.
        let bytes = b"\x0a\x14\x0a\x01a\x12\x01b\x12\x01c\x1a\x06\x0a\x01k\x12\x01v\x22\x01/\
                      \x12\x06\x0a\x04\x08\x50\x10\x18\x1a\x01t\x20\x00\x4a\x01x";
        let expected = json!({
            "process": {"cmd": "a", "args": ["b", "c"], "envs": {"k": "v"}, "cwd": "/"},
            "pty": {"size": {"cols": 80, "rows": 24}},
            "tag": "t",
            "stdin": false,
        });
        assert_eq!(read(bytes, start).map(Value::Object), Ok(expected));
        let (input, _) = schema::of("/process.Process/SendInput");
        // Of a `oneof` the last one counts.
        let bytes = b"\x0a\x06\x08\x07\x12\x02hi\x12\x04\x0a\x02\xff\x00";
        let expected = json!({"process": {"tag": "hi"}, "input": {"stdin": "/wA="}});
        assert_eq!(read(bytes, input).map(Value::Object), Ok(expected));
        let (signal, _) = schema::of("/process.Process/SendSignal");
        let read_signal = read(b"\x0a\x03\x08\xac\x02\x10\x0f", signal);
        let expected = json!({"process": {"pid": 300}, "signal": 15});
        assert_eq!(read_signal.map(Value::Object), Ok(expected));
    }

    #[test]
    fn hostile_bytes_are_refused() {
        let (start, _) = schema::of("/process.Process/Start");
        for bytes in [
            &b"\x0a"[..],
            b"\x0a\x05a",
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x0b",
            b"\x1a\x01\xff",
        ] {
            assert!(read(bytes, start).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn an_answer_is_written_by_its_numbers() {
        let (_, events) = schema::of("/process.Process/Start");
        let end = json!({"event": {"end": {"exitCode": -1, "status": "signal: killed"}}});
        let expected = b"\x0a\x14\x1a\x12\x08\x01\x1a\x0esignal: killed";
        assert_eq!(write(&end, events), expected);
        let data = json!({"event": {"data": {"stdout": "aGk="}}});
        assert_eq!(write(&data, events), b"\x0a\x06\x12\x04\x0a\x02hi");
        let keepalive = json!({"event": {"keepalive": {}}});
        assert_eq!(write(&keepalive, events), b"\x0a\x02\x22\x00");
        let (_, entry) = schema::of("/filesystem.Filesystem/Stat");
        let stat = json!({"entry": {"name": "n", "type": "FILE_TYPE_DIRECTORY", "size": "300",
            "modifiedTime": "1970-01-01T00:00:02.000000003Z", "metadata": {"a": "b"}}});
        let expected = b"\x0a\x16\x0a\x01n\x10\x02\x20\xac\x02\x4a\x04\x08\x02\x10\x03\x5a\x06\
                         \x0a\x01a\x12\x01b";
        assert_eq!(write(&stat, entry), expected);
        let (_, list) = schema::of("/process.Process/List");
        let processes = json!({"processes": [{"pid": 1}, {"pid": 2}]});
        assert_eq!(write(&processes, list), b"\x0a\x02\x10\x01\x0a\x02\x10\x02");
    }
}
