//! What is looked for: every form of every secret and provider tokens, shared by all clones.
//!
//! Two bytes tell where a form may begin. A bit for each pair says for most places of a text that
//! none does; only where one may are the forms compared.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::redact::beginning::Beginning;
use crate::redact::form::{Form, Found, forms};
use crate::redact::input::Input;
use crate::redact::token::{CONTEXT, Token, first_pairs, token};
use crate::secret::Secret;

/// Characters from which a value counts as a secret; shorter ones would hit ordinary text.
pub const SECRET_CHARS_MIN: usize = 8;

/// Characters from which one line of a longer secret, such as a private key, is one by itself.
const LINE_CHARS_MIN: usize = 20;

pub(super) struct Patterns {
    /// A bit for each pair of bytes with which something begins.
    begins: Vec<u64>,
    /// Whether something begins with this byte.
    first: [bool; 256],
    /// For each pair the number of its candidates.
    by_pair: Vec<u16>,
    /// What may begin with a pair, in the order of the secrets.
    candidates: Vec<Vec<Candidate>>,
    forms: Vec<(Form, Arc<str>)>,
    names: Vec<String>,
}

/// A form that begins with a pair of bytes.
struct Candidate {
    form: usize,
    beginning: Beginning,
}

/// A secret found in a text.
pub(super) struct Hit<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) placeholder: &'a str,
}

/// What a search comes to.
pub(super) enum Next<'a> {
    /// The first secret.
    Hit(Hit<'a>),
    /// No secret begins before this place, and what begins there is not known until more comes.
    More(usize),
    /// There is none.
    Nothing,
}

/// What stands for a token that is none of the known secrets.
const TOKEN: &str = "<secret:token>";

/// Names only: the forms would show the secrets themselves.
impl fmt::Debug for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl Patterns {
    /// The forms of these secrets; those under 8 characters are left out.
    pub(super) fn new(secrets: Vec<Secret>) -> Self {
        let mut patterns = Self {
            begins: vec![0; 1024],
            first: [false; 256],
            by_pair: vec![0; 1 << 16],
            candidates: vec![Vec::new()],
            forms: Vec::new(),
            names: Vec::new(),
        };
        for pair in first_pairs() {
            patterns.note(pair);
        }
        let mut had = BTreeSet::new();
        for secret in secrets {
            let placeholder: Arc<str> = format!("<secret:{}>", secret.name).into();
            for value in values(secret.expose()) {
                if !had.insert(value.to_owned()) {
                    continue;
                }
                for form in forms(value) {
                    let index = patterns.forms.len();
                    for (pair, beginning) in form.beginnings() {
                        let form = index;
                        patterns.note(pair);
                        patterns.of(pair).push(Candidate { form, beginning });
                    }
                    patterns.forms.push((form, Arc::clone(&placeholder)));
                }
            }
            patterns.names.push(secret.name);
        }
        patterns
    }

    fn note(&mut self, pair: [u8; 2]) {
        self.first[usize::from(pair[0])] = true;
        let key = usize::from(u16::from_be_bytes(pair));
        self.begins[key / 64] |= 1 << (key % 64);
    }

    fn of(&mut self, pair: [u8; 2]) -> &mut Vec<Candidate> {
        let number = &mut self.by_pair[usize::from(u16::from_be_bytes(pair))];
        if *number == 0 {
            // There are fewer pairs than numbers, the first of which is for none.
            *number = u16::try_from(self.candidates.len()).unwrap_or(0);
            self.candidates.push(Vec::new());
        }
        &mut self.candidates[usize::from(*number)]
    }

    /// The first secret that starts at `from` or later, the longest of those that start there.
    pub(super) fn next(&self, input: Input<'_>, from: usize) -> Next<'_> {
        let Some((&head, rest)) = input.bytes.get(from..).and_then(<[u8]>::split_first) else {
            return Next::Nothing;
        };
        let mut before = head;
        for (offset, &byte) in rest.iter().enumerate() {
            let key = usize::from(u16::from_be_bytes([before, byte]));
            if self.begins[key / 64] >> (key % 64) & 1 == 1 {
                match self.at(input, from + offset, [before, byte]) {
                    Next::Nothing => {}
                    found => return found,
                }
            }
            before = byte;
        }
        if !input.complete && self.first[usize::from(before)] {
            return Next::More(input.bytes.len() - 1);
        }
        Next::Nothing
    }

    /// What begins at a place, with these two bytes.
    fn at(&self, input: Input<'_>, start: usize, pair: [u8; 2]) -> Next<'_> {
        let mut best: Option<(usize, &str)> = None;
        let number = self.by_pair[usize::from(u16::from_be_bytes(pair))];
        let text = &input.bytes[start..];
        for candidate in &self.candidates[usize::from(number)] {
            if !candidate.beginning.can_be(text) {
                continue;
            }
            let (form, placeholder) = &self.forms[candidate.form];
            match form.at(input, start) {
                Found::No => {}
                Found::More => return Next::More(start),
                // Of equal ends the secret named first gives the placeholder.
                Found::Yes(end) if best.is_some_and(|(had, _)| had >= end) => {}
                Found::Yes(end) => best = Some((end, placeholder)),
            }
        }
        if first_pairs().all(|first| first != pair) {
            return best.map_or(Next::Nothing, |(end, placeholder)| {
                Next::Hit(Hit {
                    start,
                    end,
                    placeholder,
                })
            });
        }
        let context = &input.bytes[start.saturating_sub(CONTEXT)..start];
        match token(context, &input.bytes[start..], input.complete) {
            Token::No => {}
            Token::More => return Next::More(start),
            // A known secret may be the beginning of a token; then both are hidden.
            Token::Yes(length) => {
                let (end, placeholder) = best.unwrap_or((0, TOKEN));
                best = Some((end.max(start + length), placeholder));
            }
        }
        best.map_or(Next::Nothing, |(end, placeholder)| {
            Next::Hit(Hit {
                start,
                end,
                placeholder,
            })
        })
    }
}

/// What of a secret is hidden wherever it stands: the whole, the whole without white space around
/// it, and each longer line, as tools print files line by line. The frame of a key file is none.
fn values(secret: &str) -> Vec<&str> {
    let mut values = vec![secret];
    values.push(secret.trim());
    if secret.trim().contains('\n') {
        let lines = secret.lines().map(str::trim);
        values.extend(
            lines.filter(|line| {
                line.chars().count() >= LINE_CHARS_MIN && !line.starts_with("-----")
            }),
        );
    }
    values.retain(|value| value.chars().count() >= SECRET_CHARS_MIN);
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::token::PREFIXES;

    #[test]
    fn a_token_is_found_whatever_it_begins_with() {
        let patterns = Patterns::new(Vec::new());
        for prefix in PREFIXES {
            // So many digits are a token of every shape.
            let text = format!("key={prefix}{}", "0a".repeat(20));
            let input = Input {
                bytes: text.as_bytes(),
                complete: true,
            };
            let Next::Hit(hit) = patterns.next(input, 0) else {
                panic!("{prefix} is not found");
            };
            assert_eq!(
                (hit.start, hit.end, hit.placeholder),
                (4, text.len(), TOKEN)
            );
        }
    }
}
