//! What is looked for: one automaton over every form of every secret, shared by all clones.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, Input, MatchKind};

use crate::redact::encodings::encodings;
use crate::redact::token::{CONTEXT, PREFIXES, REACH, token_len};
use crate::secret::Secret;

/// Characters from which a value counts as a secret; shorter ones would hit ordinary text.
const SECRET_CHARS_MIN: usize = 8;

/// The automaton finds where a form may begin; the forms that begin so are then compared whole.
/// It is small whatever the secrets are, and quickly built.
pub(super) struct Patterns {
    automaton: AhoCorasick,
    /// For each head the forms that begin with it, the longest first; none for tokens.
    forms: Vec<Vec<Form>>,
    names: Vec<String>,
    reach: usize,
}

/// A form of a secret, and what stands in its place.
struct Form {
    bytes: Vec<u8>,
    placeholder: Arc<str>,
}

/// A secret found in a text.
pub(super) struct Hit<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) placeholder: &'a str,
}

/// Bytes by which the automaton finds a form: every form has as many, as a secret has 8 characters.
const HEAD_BYTES: usize = 8;

/// What stands for a token that is none of the known secrets.
const TOKEN: &str = "<secret:token>";

/// Names only: the automaton would show the secrets themselves.
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
        let mut heads: BTreeMap<Vec<u8>, Vec<Form>> = PREFIXES
            .map(|prefix| (prefix.as_bytes().to_vec(), Vec::new()))
            .into();
        let mut names = Vec::new();
        let mut reach = REACH;
        for secret in secrets {
            if secret.expose().chars().count() < SECRET_CHARS_MIN {
                continue;
            }
            let placeholder: Arc<str> = format!("<secret:{}>", secret.name).into();
            for bytes in encodings(secret.expose()) {
                reach = reach.max(bytes.len());
                let head = bytes[..bytes.len().min(HEAD_BYTES)].to_vec();
                heads.entry(head).or_default().push(Form {
                    bytes,
                    placeholder: Arc::clone(&placeholder),
                });
            }
            names.push(secret.name);
        }
        let automaton = automaton(heads.keys());
        let mut forms: Vec<Vec<Form>> = heads.into_values().collect();
        for forms in &mut forms {
            // The sort is stable: of equal values the secret named first gives the placeholder.
            forms.sort_by_key(|form| std::cmp::Reverse(form.bytes.len()));
        }
        Self {
            automaton,
            forms,
            names,
            reach,
        }
    }

    /// Bytes from the start of a secret that decide about it.
    pub(super) fn reach(&self) -> usize {
        self.reach
    }

    /// The first secret that starts at `from` or later, the longest of those that start there.
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<Hit<'_>> {
        let mut from = from;
        loop {
            let found = self.automaton.find(Input::new(text).range(from..))?;
            let start = found.start();
            let before = &text[start.saturating_sub(CONTEXT)..start];
            let rest = &text[start..];
            let token = token_len(before, rest).map(|length| start + length);
            let form = self.forms[found.pattern().as_usize()]
                .iter()
                .find(|form| rest.starts_with(&form.bytes));
            match (form, token) {
                (Some(form), token) => {
                    let end = start + form.bytes.len();
                    return Some(Hit {
                        start,
                        // A known secret may be the beginning of a token; then both are hidden.
                        end: token.map_or(end, |token| token.max(end)),
                        placeholder: &form.placeholder,
                    });
                }
                (None, Some(end)) => {
                    return Some(Hit {
                        start,
                        end,
                        placeholder: TOKEN,
                    });
                }
                (None, None) => from = start + 1,
            }
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "building fails only beyond two thousand million bytes of heads; to go on without redaction would be worse"
)]
fn automaton<'a>(heads: impl Iterator<Item = &'a Vec<u8>>) -> AhoCorasick {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(heads)
        .expect("the secrets of a run fit an automaton")
}
