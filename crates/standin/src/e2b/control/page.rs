//! Pages of lists: query parameters, tokens, headers (contract 1.8).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use jiff::Timestamp;
use serde_json::Value;

use crate::e2b::error::ControlError;

/// Entries of a page, by default and at most.
pub(crate) const LIMIT_MAX: usize = 100;

/// The parameters of a query; the first of a name counts.
#[derive(Debug, Default)]
pub(crate) struct Pairs(Vec<(String, String)>);

/// A page, and the headers that come with it.
#[derive(Debug)]
pub(crate) struct Page {
    /// The entries.
    pub(crate) items: Value,
    /// `X-Next-Token`; `None` on the last page.
    pub(crate) next: Option<String>,
    /// `X-Total-Running`, when running sandboxes were asked for.
    pub(crate) total_running: Option<usize>,
}

/// Which end of time comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The oldest.
    Ascending,
    /// The newest.
    Descending,
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cursor {
    /// The time of its last entry.
    pub(crate) at: Timestamp,
    /// Its id.
    pub(crate) id: String,
}

impl Pairs {
    /// Reads a query.
    pub(crate) fn read(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// A parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut named = self.0.iter().filter(|(key, _)| key == name);
        named.next().map(|(_, value)| value.as_str())
    }

    /// An integer from 0, if it is there.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, ControlError> {
        match self.get(name).map(str::parse::<i64>) {
            None => Ok(None),
            Some(Ok(number)) if number >= 0 => Ok(Some(number)),
            Some(Ok(_)) => Err(refuse(name, "number must be at least 0")),
            Some(Err(_)) => Err(refuse(name, "value must be an integer")),
        }
    }
}

/// 400 of a parameter that the schema does not allow.
pub(crate) fn refuse(name: &str, what: &str) -> ControlError {
    ControlError::validation(&format!(
        "parameter \"{name}\" in query has an error: {what}"
    ))
}

/// `limit`, 1 to `most`, which is also its default.
pub(crate) fn limit(pairs: &Pairs, most: usize) -> Result<usize, ControlError> {
    match pairs.get("limit").map(str::parse::<usize>) {
        None => Ok(most),
        Some(Ok(0)) => Err(refuse("limit", "number must be at least 1")),
        Some(Ok(limit)) if limit <= most => Ok(limit),
        Some(Ok(_)) => Err(refuse("limit", &format!("number must be at most {most}"))),
        Some(Err(_)) => Err(refuse("limit", "value must be an integer")),
    }
}

/// `nextToken`, of the same order as the list that is asked for.
pub(crate) fn cursor(pairs: &Pairs, order: Order) -> Result<Option<Cursor>, ControlError> {
    let Some(text) = pairs.get("nextToken").filter(|token| !token.is_empty()) else {
        return Ok(None);
    };
    read_token(text, order).map(Some)
}

/// Sorts a list and cuts a page out of it.
pub(crate) fn cut<T>(
    mut found: Vec<T>,
    key: impl Fn(&T) -> Cursor,
    after: Option<&Cursor>,
    limit: usize,
    order: Order,
    view: impl Fn(&T) -> Value,
) -> Page {
    found.sort_by_key(&key);
    if order == Order::Descending {
        found.reverse();
    }
    if let Some(after) = after {
        found.retain(|item| match order {
            Order::Ascending => key(item) > *after,
            Order::Descending => key(item) < *after,
        });
    }
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more);
    Page {
        next: last.map(|item| token(&key(item), order)),
        total_running: None,
        items: found.iter().map(view).collect(),
    }
}

fn token(cursor: &Cursor, order: Order) -> String {
    let suffix = match order {
        Order::Ascending => "__asc",
        Order::Descending => "",
    };
    URL_SAFE.encode(format!("{}__{}{suffix}", cursor.at, cursor.id))
}

fn read_token(text: &str, order: Order) -> Result<Cursor, ControlError> {
    let parts = || {
        let decoded = String::from_utf8(URL_SAFE.decode(text).ok()?).ok()?;
        let mut parts = decoded.split("__");
        let at = parts.next()?.parse().ok()?;
        let id = parts.next()?.to_owned();
        let issued = match (parts.next(), parts.next()) {
            (None, None) => Order::Descending,
            (Some("asc"), None) => Order::Ascending,
            _ => return None,
        };
        (issued == order).then_some(Cursor { at, id })
    };
    parts().ok_or_else(|| ControlError::bad_request("Invalid next token"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_order_only() {
        let cursor = Cursor {
            at: "2026-01-02T03:04:05.123456789Z".parse().unwrap(),
            id: "iabc".to_owned(),
        };
        for order in [Order::Ascending, Order::Descending] {
            let text = token(&cursor, order);
            assert_eq!(read_token(&text, order).unwrap(), cursor);
        }
        let text = token(&cursor, Order::Ascending);
        for bad in [text.as_str(), "%%%", "AAAA"] {
            let error = read_token(bad, Order::Descending).unwrap_err();
            assert_eq!(error.message, "Invalid next token");
        }
    }

    #[test]
    fn a_limit_outside_the_schema_is_refused() {
        for (query, expected) in [
            ("", Ok(100)),
            ("limit=1", Ok(1)),
            ("limit=100&limit=x", Ok(100)),
            ("limit=0", Err("number must be at least 1")),
            ("limit=101", Err("number must be at most 100")),
            ("limit=x", Err("value must be an integer")),
            ("limit=-1", Err("value must be an integer")),
        ] {
            let limit = limit(&Pairs::read(query), LIMIT_MAX).map_err(|error| error.message);
            match expected {
                Ok(expected) => assert_eq!(limit, Ok(expected), "{query}"),
                Err(text) => assert!(limit.unwrap_err().ends_with(text), "{query}"),
            }
        }
    }
}
