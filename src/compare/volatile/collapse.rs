//! The replays of one side as one text, if nothing but volatile parts varies in them.

use crate::compare::volatile::form::{Form, Token, tokens};

/// Parts of one text that are looked at; a text with more is not of this kind, and looking would
/// take long.
const TOKENS_MAX: usize = 20_000;

/// One text for all replays of a side.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Collapsed<'t> {
    /// What stands around the parts that vary: one more than there are such parts.
    pub(super) around: Vec<Vec<u8>>,
    /// The parts that vary, each with its value in every replay.
    pub(super) parts: Vec<Part<'t>>,
}

/// A part that varies over the replays of a side.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'t> {
    pub(super) form: Form,
    pub(super) values: Vec<&'t [u8]>,
}

impl Collapsed<'_> {
    /// The text with the name of the form where a part varies.
    pub(super) fn text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for (index, around) in self.around.iter().enumerate() {
            text.extend_from_slice(around);
            if let Some(part) = self.parts.get(index) {
                text.extend_from_slice(format!("<{}>", part.form.rule()).as_bytes());
            }
        }
        text
    }
}

/// Collapses the replays of a side. `None` where something else than a volatile part varies.
pub(super) fn collapse<'t>(replays: &[&'t [u8]]) -> Option<Collapsed<'t>> {
    let (first, others) = replays.split_first()?;
    let all: Vec<Vec<Token<'t>>> = replays
        .iter()
        .map(|text| tokens(text).take(TOKENS_MAX).collect())
        .collect();
    let count = all.first().map_or(0, Vec::len);
    if all.iter().any(|tokens| tokens.len() != count) || count == TOKENS_MAX {
        return None;
    }
    // Between the parts the replays are equal.
    let gaps = gaps(first, &all[0]);
    for (text, tokens) in others.iter().zip(&all[1..]) {
        if self::gaps(text, tokens) != gaps {
            return None;
        }
    }
    let mut collapsed = Collapsed {
        around: vec![Vec::new()],
        parts: Vec::new(),
    };
    for (index, gap) in gaps.iter().enumerate() {
        append(&mut collapsed.around, gap);
        let Some(token) = all[0].get(index) else {
            continue;
        };
        let values: Vec<&[u8]> = all.iter().map(|tokens| tokens[index].text).collect();
        if values.iter().all(|value| *value == token.text) {
            append(&mut collapsed.around, token.text);
        } else if all.iter().all(|tokens| tokens[index].form == token.form) {
            let form = token.form;
            collapsed.parts.push(Part { form, values });
            collapsed.around.push(Vec::new());
        } else {
            return None;
        }
    }
    Some(collapsed)
}

/// What stands before, between and behind the tokens.
fn gaps<'t>(text: &'t [u8], tokens: &[Token<'_>]) -> Vec<&'t [u8]> {
    let mut gaps = Vec::with_capacity(tokens.len() + 1);
    let mut end = 0;
    for token in tokens {
        gaps.push(&text[end..token.start]);
        end = token.start + token.text.len();
    }
    gaps.push(&text[end..]);
    gaps
}

fn append(around: &mut [Vec<u8>], text: &[u8]) {
    if let Some(last) = around.last_mut() {
        last.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(replays: &[&str]) -> Option<String> {
        let replays: Vec<&[u8]> = replays.iter().map(|text| text.as_bytes()).collect();
        collapse(&replays).map(|one| String::from_utf8(one.text()).unwrap())
    }

    #[test]
    fn only_what_varies_is_replaced() {
        for (replays, expected) in [
            (
                ["a 0.01s\n", "a 0.02s\n", "a 0.03s\n"],
                Some("a <volatile/duration>s\n"),
            ),
            (
                ["deadbeef 0.01s", "deadbeef 0.02s", "deadbeef 0.01s"],
                Some("deadbeef <volatile/duration>s"),
            ),
            (["a", "a", "a"], Some("a")),
            (["a 1", "a 2", "a 3"], None),
            (["0.01s", "0.02s", "3f2a1b9"], None),
            (["0.01s x", "0.02s x", "0.03s y"], None),
        ] {
            assert_eq!(text(&replays).as_deref(), expected, "{replays:?}");
        }
    }
}
