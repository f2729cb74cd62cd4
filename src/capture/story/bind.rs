//! Values of earlier answers in later calls: captured there, named here.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::pattern::pattern;
use super::token::{Token, is_whole, tokens};

/// Values of answers that are remembered: more are a listing, not ids.
const VALUES_MAX: usize = 100_000;

/// Values of one answer that are remembered.
const VALUES_OF_ANSWER_MAX: usize = 5000;

/// Where values came from, and how later calls name them.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    /// What calls said before any answer did: the agent's own words.
    own: BTreeSet<String>,
    /// Values, and the call in whose answer each stood first with the pattern that finds it there.
    from: BTreeMap<String, From>,
    /// The answers, from which patterns are made once a value is used.
    answers: BTreeMap<usize, String>,
    /// Captures by call: name and pattern.
    captures: BTreeMap<usize, IndexMap<String, String>>,
    count: usize,
}

#[derive(Debug)]
struct From {
    call: usize,
    /// Where it stands in the answer.
    start: usize,
    name: Option<String>,
    /// Whether the call is replayed, so that its answer is there.
    replayed: bool,
}

/// A text in which values have names, and values that cannot have one.
#[derive(Debug, Default)]
pub(super) struct Bound {
    pub(super) text: String,
    pub(super) lost: Vec<String>,
}

impl Bindings {
    /// Notes the answer of a call.
    pub(super) fn answered(&mut self, call: usize, text: &str, replayed: bool) {
        self.answers.insert(call, text.to_owned());
        for token in tokens(text, true).into_iter().take(VALUES_OF_ANSWER_MAX) {
            let had = self.from.get(token.text);
            // A number may have stood anywhere before; an id is what it was first.
            let is_number = token.text.bytes().all(|byte| byte.is_ascii_digit());
            let is_known = had.is_some_and(|had| !replayed || (had.replayed && !is_number));
            if self.own.contains(token.text) || is_known {
                continue;
            }
            if self.from.len() >= VALUES_MAX {
                return;
            }
            let from = From {
                call,
                start: token.start,
                name: None,
                replayed,
            };
            self.from.insert(token.text.to_owned(), from);
        }
    }

    /// Names the values in a call's text that came from answers, and leaves everything else as it
    /// is; `before` is the first call whose answer was not there yet.
    pub(super) fn bind(&mut self, text: &str, before: usize) -> Bound {
        let mut bound = Bound::default();
        let mut from = 0;
        for token in tokens(text, false) {
            if token.start < from || !is_whole(text, token.start, token.end()) {
                continue;
            }
            let Some(name) = self.name_of(token.text, before, &mut bound.lost) else {
                continue;
            };
            bound.text.push_str(&escaped(&text[from..token.start]));
            bound.text.push_str(&format_reference(&name));
            from = token.end();
        }
        bound.text.push_str(&escaped(&text[from..]));
        bound
    }

    fn name_of(&mut self, value: &str, before: usize, lost: &mut Vec<String>) -> Option<String> {
        let Some(from) = self.from.get_mut(value).filter(|from| from.call < before) else {
            self.own.insert(value.to_owned());
            return None;
        };
        if !from.replayed {
            // A home folder is there without the call that told it.
            if !value.starts_with('/') {
                lost.push(value.to_owned());
            }
            return None;
        }
        if let Some(name) = &from.name {
            return Some(name.clone());
        }
        let answer = self.answers.get(&from.call)?;
        let token = Token {
            text: value,
            start: from.start,
        };
        // What stands around it may be hidden, and is then no place to find it by.
        let pattern = pattern(answer, token).filter(|it| !it.contains("<secret"))?;
        self.count += 1;
        let name = format!("value_{}", self.count);
        from.name = Some(name.clone());
        let captures = self.captures.entry(from.call).or_default();
        captures.insert(name.clone(), pattern);
        Some(name)
    }

    /// What is captured of a call's answer: names and patterns.
    pub(super) fn captures(&self, call: usize) -> Option<&IndexMap<String, String>> {
        self.captures.get(&call)
    }
}

/// A reference in a scenario's text.
pub(super) fn format_reference(name: &str) -> String {
    format!("${{{{ {name} }}}}")
}

/// Text in which what looks like a reference is none.
pub(super) fn escaped(text: &str) -> String {
    text.replace("${{", "$${{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_gave_is_named_in_later_calls() {
        let mut bindings = Bindings::default();
        assert_eq!(bindings.bind("echo 20260101", 0).text, "echo 20260101");
        bindings.answered(0, "[1] 4242\n20260101\n", true);
        let bound = bindings.bind("kill 4242 && echo 20260101 ${{ x }}", 1);
        assert_eq!(bound.text, "kill ${{ value_1 }} && echo 20260101 $${{ x }}");
        assert_eq!(bindings.bind("wait 4242", 2).text, "wait ${{ value_1 }}");
        assert_eq!(bindings.captures(0).unwrap().len(), 1);
        // Process ids are short, and the last one that was told is meant.
        bindings.answered(3, "8 files", true);
        bindings.answered(4, "started as 8", true);
        assert_eq!(bindings.bind("kill -9 8", 5).text, "kill -9 ${{ value_2 }}");
        assert_eq!(bindings.captures(4).unwrap().len(), 1);
        assert_eq!(bindings.bind("head -n 8", 5).text, "head -n 8");
        // A call that ran at the same time did not know the answer.
        bindings.answered(5, "id 77aa88bb", true);
        assert_eq!(bindings.bind("x 77aa88bb", 5).text, "x 77aa88bb");
    }

    #[test]
    fn the_answer_of_a_call_that_is_held_back_gives_nothing() {
        let mut bindings = Bindings::default();
        bindings.answered(0, "pull/48151623", false);
        let bound = bindings.bind("echo 48151623", 1);
        assert_eq!(bound.text, "echo 48151623");
        assert_eq!(bound.lost, ["48151623"]);
    }
}
