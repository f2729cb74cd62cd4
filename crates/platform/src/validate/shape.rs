//! Checks of single members.

use cutover_js::{Array, Object, Text, Value};

use super::issue::Issues;

/// Reads the members of a body and keeps what is wrong with them.
pub(super) struct Body<'a> {
    members: &'a Object,
    pub(super) issues: Issues,
}

/// Bounds of a string, in UTF-16 units, and what is said of one that is too short.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) units_min: u32,
    pub(super) units_max: u32,
    pub(super) too_short: Option<&'static str>,
}

impl Bounds {
    /// Anything but the empty string, of which this is said.
    pub(super) const fn required(too_short: &'static str) -> Self {
        Self {
            units_min: 1,
            units_max: u32::MAX,
            too_short: Some(too_short),
        }
    }

    /// So many units.
    pub(super) const fn units(units_min: u32, units_max: u32) -> Self {
        Self {
            units_min,
            units_max,
            too_short: None,
        }
    }
}

impl<'a> Body<'a> {
    /// Begins with a body, which must be an object.
    pub(super) fn new(body: &'a Value) -> Result<Self, Issues> {
        let Value::Object(members) = body else {
            let mut issues = Issues::new();
            wrong_type(&mut issues, None, "object", Some(body));
            return Err(issues);
        };
        Ok(Self {
            members,
            issues: Issues::new(),
        })
    }

    /// A string.
    pub(super) fn text(&mut self, name: &'static str, bounds: Bounds) -> Text {
        match self.members.get(name) {
            Some(Value::String(text)) => {
                self.check_units(name, text, bounds);
                text.clone()
            }
            other => {
                wrong_type(&mut self.issues, Some(name), "string", other);
                Text::new()
            }
        }
    }

    /// A string that may be missing. Null is not missing.
    pub(super) fn optional_text(&mut self, name: &'static str, bounds: Bounds) -> Option<Text> {
        self.members.get(name)?;
        Some(self.text(name, bounds))
    }

    /// Whether a member is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// A member as it is.
    pub(super) fn any(&self, name: &str) -> Value {
        self.members.get(name).cloned().unwrap_or(Value::Null)
    }

    fn check_units(&mut self, name: &'static str, text: &Text, bounds: Bounds) {
        let units = u32::try_from(text.len()).unwrap_or(u32::MAX);
        if units < bounds.units_min {
            let said = format!(
                "String must contain at least {} character(s)",
                bounds.units_min
            );
            let said = bounds.too_short.map_or(said, str::to_owned);
            self.bound(
                name,
                ("too_small", "minimum"),
                bounds.units_min.into(),
                "string",
                &said,
            );
        }
        if units > bounds.units_max {
            let said = format!(
                "String must contain at most {} character(s)",
                bounds.units_max
            );
            self.bound(
                name,
                ("too_big", "maximum"),
                bounds.units_max.into(),
                "string",
                &said,
            );
        }
    }

    /// A whole number within bounds.
    pub(super) fn whole(&mut self, name: &'static str, min: f64, max: f64) -> f64 {
        let number = match self.members.get(name) {
            Some(Value::Number(number)) => *number,
            other => {
                wrong_type(&mut self.issues, Some(name), "number", other);
                return 0.0;
            }
        };
        if number.fract() != 0.0 || !number.is_finite() {
            self.issues.add(
                Some(name),
                "Expected integer, received float",
                vec![
                    ("code", "invalid_type".into()),
                    ("expected", "integer".into()),
                    ("received", "float".into()),
                    ("message", Value::Null),
                    ("path", Value::Null),
                ],
            );
        }
        if number < min {
            let said = format!("Number must be greater than or equal to {min}");
            self.bound(name, ("too_small", "minimum"), min, "number", &said);
        }
        if number > max {
            let said = format!("Number must be less than or equal to {max}");
            self.bound(name, ("too_big", "maximum"), max, "number", &said);
        }
        number
    }

    fn bound(
        &mut self,
        name: &'static str,
        (code, which): (&'static str, &'static str),
        bound: f64,
        kind: &'static str,
        said: &str,
    ) {
        self.issues.add(
            Some(name),
            said,
            vec![
                ("code", code.into()),
                (which, bound.into()),
                ("type", kind.into()),
                ("inclusive", true.into()),
                ("exact", false.into()),
                ("message", Value::Null),
                ("path", Value::Null),
            ],
        );
    }

    /// One of a few words.
    pub(super) fn one_of(&mut self, name: &'static str, words: &[&'static str]) -> &'static str {
        let listed: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
        let listed = listed.join(" | ");
        let value = self.members.get(name);
        let Some(Value::String(text)) = value else {
            let received = value.map_or("undefined", Value::type_name);
            let said = match value {
                None => "Required".to_owned(),
                Some(_) => format!("Expected {listed}, received {received}"),
            };
            self.issues.add(
                Some(name),
                said,
                vec![
                    ("expected", listed.into()),
                    ("received", received.into()),
                    ("code", "invalid_type".into()),
                    ("path", Value::Null),
                    ("message", Value::Null),
                ],
            );
            return "";
        };
        if let Some(word) = words.iter().find(|word| *text == **word) {
            return word;
        }
        let mut said = Text::from(format!("Invalid enum value. Expected {listed}, received '"));
        said.push_text(text);
        said.push_str("'");
        let options = words
            .iter()
            .map(|word| Value::from(*word))
            .collect::<Vec<_>>();
        self.issues.add(
            Some(name),
            said,
            vec![
                ("received", text.clone().into()),
                ("code", "invalid_enum_value".into()),
                ("options", Value::Array(Array::from(options))),
                ("path", Value::Null),
                ("message", Value::Null),
            ],
        );
        ""
    }

    /// What was read, unless something was wrong.
    pub(super) fn finish<T>(self, read: T) -> Result<T, Issues> {
        if self.issues.is_empty() {
            Ok(read)
        } else {
            Err(self.issues)
        }
    }
}

fn wrong_type(
    issues: &mut Issues,
    path: Option<&'static str>,
    expected: &'static str,
    value: Option<&Value>,
) {
    let received = value.map_or("undefined", Value::type_name);
    let said = match value {
        None => "Required".to_owned(),
        Some(_) => format!("Expected {expected}, received {received}"),
    };
    issues.add(
        path,
        said,
        vec![
            ("code", "invalid_type".into()),
            ("expected", expected.into()),
            ("received", received.into()),
            ("path", Value::Null),
            ("message", Value::Null),
        ],
    );
}
