//! JSON read as `@bufbuild/protobuf` reads it, with its words where it cannot.

use cutover_js::{Object, Text, Value, numbers};

/// Why JSON is no message.
pub(super) type Unreadable = Text;

/// A field of a message: what it is called in the description and on the wire.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) json_name: &'static str,
}

/// The members of a message.
pub(super) fn members<'a>(message: &str, json: &'a Value) -> Result<&'a Object, Unreadable> {
    json.as_object().ok_or_else(|| {
        let mut said = Text::from(format!("cannot decode message {message} from JSON: "));
        said.push_text(&shown(json));
        said
    })
}

/// The fields of a message that are set, in the order in which they stand. What nobody knows is
/// passed over.
pub(super) fn fields<'a>(
    message: &str,
    members: &'a Object,
    known: &'static [Field],
) -> Result<Vec<(&'static Field, &'a Value)>, Unreadable> {
    let mut found: Vec<(&Field, &Value)> = Vec::new();
    for (key, value) in members.iter() {
        let is_key = |it: &&Field| *key == it.name || *key == it.json_name;
        let Some(field) = known.iter().find(is_key) else {
            continue;
        };
        if found.iter().any(|(it, _)| it.name == field.name) {
            return Err(bad_field(message, field.name, "set multiple times"));
        }
        found.push((field, value));
    }
    Ok(found)
}

/// The one field of a choice that is set.
pub(super) fn chosen<'a>(
    choice: &str,
    set: Vec<(&'static Field, &'a Value)>,
) -> Result<Option<(&'static Field, &'a Value)>, Unreadable> {
    let mut set = set.into_iter();
    let first = set.next();
    if let (Some((first, _)), Some((second, _))) = (&first, set.next()) {
        return Err(Text::from(format!(
            "cannot decode oneof {choice} from JSON: oneof set multiple times by {} and {}",
            first.name, second.name
        )));
    }
    Ok(first)
}

pub(super) fn bad_field(message: &str, field: &str, why: &str) -> Unreadable {
    format!("cannot decode field {message}.{field} from JSON: {why}").into()
}

/// A field that has not what was expected of it.
pub(super) fn unexpected(message: &str, field: &str, what: &str, json: &Value) -> Unreadable {
    let mut said = bad_field(message, field, &format!("expected {what}, got "));
    said.push_text(&shown(json));
    said
}

/// A whole number from `least` to `most`, which may stand in a text.
pub(super) fn integer(
    (message, field): (&str, &str),
    kind: &str,
    (least, most): (f64, f64),
    json: &Value,
) -> Result<f64, Unreadable> {
    let number = match json {
        Value::Number(number) => Some(*number),
        Value::String(text) => text.as_str().and_then(|it| it.parse().ok()),
        _ => None,
    };
    let number = number.filter(|it: &f64| it.is_finite() && it.fract() == 0.0);
    let Some(number) = number else {
        return Err(unexpected(
            message,
            field,
            &format!("number ({kind})"),
            json,
        ));
    };
    if number < least || number > most {
        let why = format!("expected number ({kind}): {number:.0} out of range");
        return Err(bad_field(message, field, &why));
    }
    Ok(number)
}

fn shown(json: &Value) -> Text {
    match json {
        Value::Null => "null".into(),
        Value::Bool(it) => it.to_string().into(),
        Value::Number(it) => numbers::to_js_string(*it).into(),
        Value::Array(items) => format!("Array({})", items.len()).into(),
        Value::Object(_) => "object".into(),
        Value::String(text) if text.len() > 30 => "string".into(),
        Value::String(text) => {
            let mut shown = Text::from("\"");
            for (at, part) in text.split("\"").iter().enumerate() {
                if at > 0 {
                    shown.push_str("\\\"");
                }
                shown.push_text(part);
            }
            shown.push_str("\"");
            shown
        }
    }
}
