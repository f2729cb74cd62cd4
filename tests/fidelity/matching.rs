//! Whether what came is what was wanted; placeholders are whole strings in angle brackets.

use std::sync::LazyLock;

use jiff::Timestamp;
use regex::Regex;
use serde_json::{Map, Value};

use crate::fill::plain;

/// The key of a list whose order does not matter.
const UNORDERED: &str = "<unordered>";

static GO_TIME: LazyLock<Regex> = LazyLock::new(|| {
    // `time.Time.String()`: 2026-01-02 03:04:05.678 +0000 UTC, perhaps with a monotonic part.
    let pattern = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,9})? [+-]\d{4} [A-Z+0-9-]+( m=\S+)?$";
    Regex::new(pattern).unwrap()
});
static UUID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$").unwrap()
});
static ID: LazyLock<Regex> = LazyLock::new(|| Regex::new("^i[a-z0-9]{20}$").unwrap());
static SHAPE: LazyLock<Regex> = LazyLock::new(|| Regex::new("^<[a-z][a-z-]*>$").unwrap());

/// Whether a wanted text means more than itself.
enum Wanted {
    Literal,
    Placeholder(fn(&str) -> bool),
    Any,
    Matches(Regex),
}

fn read(wanted: &str) -> Result<Wanted, String> {
    if let Some(pattern) = wanted.strip_prefix("<matches:") {
        let pattern = pattern
            .strip_suffix('>')
            .ok_or_else(|| format!("{wanted:?} has no end"))?;
        let anchored = format!(r"\A(?s:{pattern})\z");
        let regex = Regex::new(&anchored).map_err(|error| error.to_string())?;
        return Ok(Wanted::Matches(regex));
    }
    Ok(match wanted {
        "<any>" | "<absent-or-any>" => Wanted::Any,
        "<id>" => Wanted::Placeholder(|it| ID.is_match(it)),
        "<uuid>" => Wanted::Placeholder(|it| UUID.is_match(it)),
        "<time>" => Wanted::Placeholder(|it| it.parse::<Timestamp>().is_ok()),
        "<gotime>" => Wanted::Placeholder(|it| GO_TIME.is_match(it)),
        "<httpdate>" => Wanted::Placeholder(|it| httpdate::parse_http_date(it).is_ok()),
        "<int>" => Wanted::Placeholder(|it| it.parse::<i64>().is_ok()),
        "<number>" => Wanted::Placeholder(|it| it.parse::<f64>().is_ok_and(f64::is_finite)),
        "<string>" => Wanted::Placeholder(|_| true),
        "<token>" => Wanted::Placeholder(|it| !it.is_empty() && !it.contains(char::is_whitespace)),
        other if SHAPE.is_match(other) => return Err(format!("unknown placeholder {other:?}")),
        _ => Wanted::Literal,
    })
}

/// Why a text is not the wanted one.
pub(crate) fn text(wanted: &str, came: &str) -> Result<(), String> {
    let fits = match read(wanted)? {
        Wanted::Literal => wanted == came,
        Wanted::Placeholder(fits) => fits(came),
        Wanted::Any => true,
        Wanted::Matches(regex) => regex.is_match(came),
    };
    if fits {
        return Ok(());
    }
    Err(format!("wanted {wanted:?}, came {came:?}"))
}

/// Whether a wanted value may be missing altogether.
pub(crate) fn may_be_absent(wanted: &Value) -> bool {
    wanted.as_str() == Some("<absent-or-any>")
}

/// Why a value is not the wanted one; `at` is where it stands.
pub(crate) fn json(at: &str, wanted: &Value, came: &Value) -> Result<(), String> {
    let differ = || Err(format!("at {at}: wanted {wanted}, came {came}"));
    match (wanted, came) {
        (Value::String(pattern), _) => match (read(pattern)?, came) {
            (Wanted::Any, _) => Ok(()),
            (Wanted::Placeholder(_), Value::Number(number)) => {
                let integral = number.is_i64() || number.is_u64();
                match pattern.as_str() {
                    "<number>" => Ok(()),
                    "<int>" if integral => Ok(()),
                    _ => differ(),
                }
            }
            // A number is no text: `"3"` and `3` are different answers.
            (Wanted::Placeholder(_), Value::String(_))
                if pattern == "<int>" || pattern == "<number>" =>
            {
                differ()
            }
            (_, Value::String(came)) => {
                text(pattern, came).map_err(|why| format!("at {at}: {why}"))
            }
            _ => differ(),
        },
        (Value::Object(members), _) if members.contains_key(UNORDERED) => {
            unordered(at, members, came)
        }
        (Value::Object(wanted), Value::Object(came)) => object(at, wanted, came),
        (Value::Array(wanted), Value::Array(came)) => {
            for (index, (wanted, came)) in wanted.iter().zip(came).enumerate() {
                json(&format!("{at}[{index}]"), wanted, came)?;
            }
            let (want, have) = (wanted.len(), came.len());
            if want == have {
                return Ok(());
            }
            Err(format!("at {at}: wanted {want} items, came {have}"))
        }
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => Ok(()),
        _ if wanted == came => Ok(()),
        _ => differ(),
    }
}

fn object(at: &str, wanted: &Map<String, Value>, came: &Map<String, Value>) -> Result<(), String> {
    for (key, wanted) in wanted {
        match came.get(key) {
            Some(came) => json(&format!("{at}.{key}"), wanted, came)?,
            None if may_be_absent(wanted) => {}
            None => return Err(format!("at {at}: no `{key}`, wanted {wanted}")),
        }
    }
    match came.iter().find(|(key, _)| !wanted.contains_key(*key)) {
        Some((key, value)) => Err(format!("at {at}: `{key}` is there and not wanted: {value}")),
        None => Ok(()),
    }
}

fn unordered(at: &str, members: &Map<String, Value>, came: &Value) -> Result<(), String> {
    let (Some(Value::Array(wanted)), 1) = (members.get(UNORDERED), members.len()) else {
        return Err(format!(
            "at {at}: `{UNORDERED}` holds a list and stands alone"
        ));
    };
    let Value::Array(came) = came else {
        return Err(format!("at {at}: wanted a list, came {came}"));
    };
    if wanted.len() != came.len() {
        let (want, have) = (wanted.len(), came.len());
        return Err(format!("at {at}: wanted {want} items, came {have}"));
    }
    let mut free: Vec<usize> = (0..came.len()).collect();
    if assign(wanted, came, &mut free) {
        return Ok(());
    }
    let items = wanted.iter().map(plain).collect::<Vec<_>>().join(", ");
    Err(format!("at {at}: the items are not, in any order: {items}"))
}

/// Gives each wanted item one that came; backtracks, as a placeholder may take what another needs.
fn assign(wanted: &[Value], came: &[Value], free: &mut Vec<usize>) -> bool {
    let Some((first, others)) = wanted.split_first() else {
        return true;
    };
    for place in 0..free.len() {
        let index = free[place];
        if json("", first, &came[index]).is_ok() {
            free.remove(place);
            if assign(others, came, free) {
                return true;
            }
            free.insert(place, index);
        }
    }
    false
}
