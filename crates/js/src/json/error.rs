//! What V8 says of a text that is not JSON.

use crate::Text;

/// What is said of a token in a text up to this long quotes all of it, in code units.
const QUOTED_MAX: usize = 20;

/// How much is quoted on each side of a token in a longer text, in code units.
const AROUND: usize = 10;

/// A whole text that is not JSON but often taken for it: V8 names it without a token.
const OFTEN_MEANT: [&str; 4] = ["NaN", "Infinity", "undefined", "[object Object]"];

/// What `JSON.parse` throws; it displays as the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    message: Text,
    position: usize,
}

impl SyntaxError {
    /// The message. It can hold half a character, as V8 quotes by code units.
    pub const fn message(&self) -> &Text {
        &self.message
    }

    /// Where the text stops being JSON, in code units. Unlike the message it quotes nothing.
    pub const fn position(&self) -> usize {
        self.position
    }
}

/// Where a text stops being JSON, and what would have been right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    /// In bytes of the source.
    pub(super) at: usize,
    pub(super) kind: FaultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// V8 has these words for it.
    Said(&'static str),
    /// V8 only names what stands there.
    Token,
    /// Something stands behind the value.
    Behind,
}

/// V8's message for a fault in a source, which is generalised UTF-8 of the text.
pub(super) fn tell(fault: &Fault, source: &[u8], text: &Text) -> SyntaxError {
    let position = units_in(&source[..fault.at]);
    let message = match fault.kind {
        FaultKind::Said(words) => format!("{words} in JSON at position {position}").into(),
        FaultKind::Behind => {
            format!("Unexpected non-whitespace character after JSON at position {position}").into()
        }
        FaultKind::Token => match source.get(fault.at) {
            None => "Unexpected end of JSON input".into(),
            Some(b'0'..=b'9' | b'-') => {
                format!("Unexpected number in JSON at position {position}").into()
            }
            Some(b'"') => format!("Unexpected string in JSON at position {position}").into(),
            Some(_) => unexpected(position, text),
        },
    };
    SyntaxError { message, position }
}

/// How many code units generalised UTF-8 has: one per character, two for those of four bytes.
fn units_in(bytes: &[u8]) -> usize {
    let units = |byte: &u8| match byte {
        0x80..=0xbf => 0,
        0xf0.. => 2,
        _ => 1,
    };
    bytes.iter().map(units).sum()
}

fn unexpected(position: usize, text: &Text) -> Text {
    let is_not = Text::from("\" is not valid JSON");
    if OFTEN_MEANT.iter().any(|meant| *text == **meant) {
        return Text::concat([&"\"".into(), text, &is_not]);
    }
    let len = text.len();
    let (start, end) = if len <= QUOTED_MAX {
        (0, len)
    } else {
        (
            position.saturating_sub(AROUND),
            (position + AROUND).min(len),
        )
    };
    let before = if start > 0 || (len > QUOTED_MAX && position >= AROUND) {
        "..."
    } else {
        ""
    };
    let behind = if end < len { "..." } else { "" };
    let mut message = Text::from("Unexpected token '");
    message.push_text(&text.slice(position..position + 1));
    message.push_str(&format!("', {before}\""));
    message.push_text(&text.slice(start..end));
    message.push_str("\"");
    message.push_str(behind);
    message.push_str(" is not valid JSON");
    message
}
